//! Writes what plans know of AWS's APIs, from the models that botocore carries:
//! `cargo run --release -p zt-api-model -- path/to/site-packages/botocore`.
#![forbid(unsafe_code)]

mod model;
mod operations;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;

/// Writes the table of operations that plans are checked against.
#[derive(Parser)]
struct Arguments {
    /// The folder of the Python package botocore.
    botocore: PathBuf,
    /// Write nothing; fail when the table is not what would be written.
    #[arg(long)]
    check: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut table = table::Table::new(&model::version(&arguments.botocore)?);
    for (service, operations) in operations::OPERATIONS {
        table.add(service, operations, &model::open(&arguments.botocore, service)?)?;
    }
    let name = "zt-core/src/plan/api/operations.txt";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    if arguments.check {
        let found = fs::read_to_string(&path).with_context(|| format!("cannot read `{name}`"))?;
        ensure!(found == table.text, "`{name}` is out of date: run without `--check`");
    } else {
        fs::write(&path, table.text).with_context(|| format!("cannot write `{name}`"))?;
    }
    Ok(())
}
