//! crates.io `aws-esdk`, AWS's Encryption SDK for Rust.
//!
//! `bench` prints lines for `bench-crypto --peers`: name, length, frame length, seconds to encrypt,
//! to decrypt. `interop` has each side open what the other sealed: every suite, and every raw
//! keyring that both have.

mod bench;
mod interop;
mod peer;

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    // The peer wants a runtime with threads; one thread does the work.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.context("a runtime")?;
    match std::env::args().nth(1).as_deref() {
        Some("bench") => runtime.block_on(bench::run()),
        Some("interop") => runtime.block_on(interop::run()),
        _ => bail!("usage: zt-peer-esdk bench | interop"),
    }
}
