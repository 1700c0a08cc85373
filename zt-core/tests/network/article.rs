//! The mistakes of the article's network class, each with the test that it cannot happen here.

use ipnet::IpNet;
use zt_core::network::{RulePeer, Segmentation, SegmentationBuilder, Tier, Traffic, allocate};

fn shop() -> Segmentation {
    Segmentation::standard("shop").unwrap()
}

#[test]
fn the_article_refers_to_groups_by_name_and_in_another_vpc() {
    let shop = shop();
    let network = shop.network();
    assert_eq!(network.vpcs.len(), 1);
    assert!(network.subnets.iter().all(|subnet| subnet.vpc == network.vpcs[0].id));
    for group in network.groups.iter().filter(|group| group.id != "anybody") {
        for rule in group.ingress.iter().chain(&group.egress) {
            match &rule.peer {
                RulePeer::Group(id) => assert!(network.groups.iter().any(|group| group.id == *id)),
                // Between tiers there are no addresses in rules: only the internet's.
                RulePeer::Range(range) => {
                    assert_eq!((group.id.as_str(), range.prefix_len()), ("web", 0))
                }
                RulePeer::PrefixList(_) => panic!("{rule:?}"),
            }
        }
    }
    assert_eq!(shop.reachable("web", "app").unwrap().works().to_string(), "tcp 8080");
    assert_eq!(shop.reachable("app", "db").unwrap().works().to_string(), "tcp 5432");
}

#[test]
fn the_article_always_uses_10_0_0_0_16() {
    let (shop, bank) = (shop(), Segmentation::standard("bank").unwrap());
    let (a, b) = (shop.layout().vpc(), bank.layout().vpc());
    assert!(!a.contains(&b) && !b.contains(&a));
    let error = SegmentationBuilder::standard("shop")
        .cidr(a.to_string())
        .avoid("bank", a)
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("does not overlap"));
    assert_eq!(allocate("shop", 19, &[]).unwrap(), a);
}

#[test]
fn the_article_leaves_the_default_egress_rule() {
    let shop = shop();
    for tier in ["web", "app", "db"] {
        let reach = shop.reachable(tier, "internet").unwrap();
        assert!(!reach.is_reachable(), "{reach}");
    }
    let db = shop.network().groups.iter().find(|group| group.id == "db").unwrap();
    assert!(db.egress.is_empty());
}

#[test]
fn the_article_leaves_the_vpcs_own_group_and_acl_open() {
    let shop = shop();
    let network = shop.network();
    let group = network.groups.iter().find(|group| group.id == "default").unwrap();
    assert!(group.ingress.is_empty() && group.egress.is_empty());
    let acl = network.acls.iter().find(|acl| acl.id == "default").unwrap();
    assert!(acl.entries.is_empty());
    // And an observed network whose own group is open is a violation.
    let mut observed = network.clone();
    let open = network.groups.iter().find(|group| group.id == "anybody").unwrap().clone();
    for group in observed.groups.iter_mut().filter(|group| group.id == "db") {
        group.ingress.extend(open.ingress.clone());
    }
    let violations = shop.check(observed).unwrap();
    assert!(
        violations
            .iter()
            .any(|it| it.from() == "any other interface in the VPC" && it.to() == "db"),
        "{violations:?}"
    );
}

#[test]
fn the_article_lets_port_80_in() {
    let reach = shop().reachable("internet", "web").unwrap();
    assert_eq!(reach.works().to_string(), "tcp 443");
    assert!(!shop().explain("internet", "web", Traffic::tcp(80)).unwrap().is_delivered());
}

#[test]
fn the_article_has_no_subnets_and_no_routes() {
    let shop = shop();
    assert_eq!(shop.layout().subnets().len(), 6);
    let network = shop.network();
    let table =
        |id: &str| network.route_tables.iter().find(|table| table.id == id).unwrap().routes.len();
    assert_eq!((table("web"), table("app"), table("db"), table("default")), (2, 1, 1, 1));
}

#[test]
fn the_article_says_nothing_of_ipv6() {
    let shop = shop();
    let network = shop.network();
    let of_four = |range: &IpNet| matches!(range, IpNet::V4(_));
    assert!(network.vpcs.iter().flat_map(|vpc| &vpc.ranges).all(of_four));
    assert!(network.subnets.iter().flat_map(|subnet| &subnet.ranges).all(of_four));
    // Nothing of it goes, whatever has an address one day.
    for group in network.groups.iter().filter(|group| group.id != "anybody") {
        for rule in group.ingress.iter().chain(&group.egress) {
            assert!(!matches!(rule.peer, RulePeer::Range(IpNet::V6(_))), "{rule:?}");
        }
    }
    for acl in &network.acls {
        assert!(acl.entries.iter().all(|entry| of_four(&entry.range) || !entry.allow), "{acl:?}");
    }
}

#[test]
fn the_article_gives_an_unknown_tier_an_empty_group() {
    let error = SegmentationBuilder::standard("shop")
        .allow("app", "cache", Traffic::tcp(6379))
        .build()
        .unwrap_err();
    assert_eq!(error.place(), Some("flow app -> cache"));
    // A tier without flows is no mistake, and it reaches nobody.
    let shop = SegmentationBuilder::standard("shop").tier(Tier::new("cache")).build().unwrap();
    for other in ["web", "app", "db", "internet"] {
        assert!(!shop.reachable(other, "cache").unwrap().is_reachable());
        assert!(!shop.reachable("cache", other).unwrap().is_reachable());
    }
}

#[test]
fn the_article_cannot_have_groups_that_refer_to_each_other() {
    let shop = SegmentationBuilder::standard("shop")
        .allow("app", "web", Traffic::tcp(9443))
        .build()
        .unwrap();
    assert_eq!(shop.reachable("web", "app").unwrap().works().to_string(), "tcp 8080");
    assert_eq!(shop.reachable("app", "web").unwrap().works().to_string(), "tcp 9443");
}

#[test]
fn the_article_opens_ports_to_everybody_that_are_not_public() {
    for port in [22, 3389, 5432] {
        assert!(
            SegmentationBuilder::standard("shop")
                .allow("internet", "web", Traffic::tcp(port))
                .build()
                .is_err()
        );
    }
    assert!(
        SegmentationBuilder::standard("shop")
            .allow("internet", "app", Traffic::tcp(443))
            .build()
            .is_err()
    );
}
