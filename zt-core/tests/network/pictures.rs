//! Pictures, byte for byte. Write them anew with `ZT_WRITE=1 cargo test --release -p zt-core --test network pictures`.

use std::path::Path;

use zt_core::network::{Endpoint, Segmentation, SegmentationBuilder, Traffic};

fn large() -> Segmentation {
    SegmentationBuilder::standard("shop")
        .cidr("10.20.0.0/16")
        .zones(["a", "b", "c"])
        .nat(true)
        .endpoint(Endpoint::gateway("s3"))
        .endpoint(Endpoint::interface("secretsmanager"))
        .range("office", "203.0.113.0/24".parse().unwrap())
        .allow("office", "web", Traffic::tcp(8443))
        .allow("app", "s3", Traffic::tcp(443))
        .allow("app", "secretsmanager", Traffic::tcp(443))
        .allow("app", "internet", Traffic::tcp(443))
        .allow("web", "app", Traffic::udp(8125))
        .allow("db", "app", Traffic::tcp(9999))
        .build()
        .unwrap()
}

fn same(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/network").join(name);
    if std::env::var_os("ZT_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(found, expected, "{name} differs");
}

#[test]
fn of_the_standard_segmentation() {
    let shop = Segmentation::standard("shop").unwrap();
    same("standard.mmd", &shop.to_mermaid());
    same("standard.svg", &shop.to_svg());
    same("standard.txt", &shop.to_text());
}

#[test]
fn of_one_with_everything() {
    let shop = large();
    same("large.mmd", &shop.to_mermaid());
    same("large.svg", &shop.to_svg());
    same("large.txt", &shop.to_string());
}

#[test]
fn the_same_description_gives_the_same_bytes() {
    assert_eq!(large().to_svg(), large().to_svg());
    assert_eq!(large().to_mermaid(), large().to_mermaid());
}
