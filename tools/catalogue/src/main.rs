//! Writes what is generated from the catalogue of AWS services:
//! `cargo run --release -p zt-catalogue -- path/to/catalogue.json`.
#![forbid(unsafe_code)]

mod keys;
mod node;
mod python;
mod source;
mod table;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::keys::Keys;
use crate::source::Catalogue;

/// Writes the files that are generated from the catalogue of AWS services.
#[derive(Parser)]
struct Arguments {
    /// `catalogue.json`, or the same with `.gz`.
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../zt-core/tests/data/policy/catalogue.json.gz"))]
    source: PathBuf,
    /// Write nothing; fail when a file is not what would be written.
    #[arg(long)]
    check: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let catalogue = Catalogue::open(&arguments.source)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let keys = Keys::of(&catalogue)?;
    let mut files = vec![
        ("zt-core/src/catalog/catalogue.bin".to_owned(), table::encode(&catalogue)?),
        ("zt-core/src/policy/keys/services.rs".to_owned(), keys.rust()?.into_bytes()),
        ("zt-python/python/zt/actions.pyi".to_owned(), python::actions(&catalogue)?.into_bytes()),
        ("zt-node/src/api/action-names.ts".to_owned(), node::actions(&catalogue)?.into_bytes()),
        ("zt-node/src/api/service-keys.ts".to_owned(), node::keys(&keys)?.into_bytes()),
    ];
    for (name, text) in python::keys(&keys)? {
        files.push((format!("zt-python/python/zt/policy/keys/{name}"), text.into_bytes()));
    }
    for (name, contents) in files {
        let path = root.join(&name);
        if arguments.check {
            let found = fs::read(&path).with_context(|| format!("cannot read `{name}`"))?;
            ensure!(found == contents, "`{name}` is out of date: run without `--check`");
        } else {
            fs::write(&path, contents).with_context(|| format!("cannot write `{name}`"))?;
        }
    }
    Ok(())
}
