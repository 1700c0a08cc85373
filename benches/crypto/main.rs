//! One table: the envelope encryption of `zt-crypto` against the hardware's limits, and against the
//! bindings and the peers when their results are given (`--peers FILE`, made by
//! `benches/peers/run.sh`). Names of sections print only those: `frames`, `messages`, `signed`,
//! `files`.
//!
//! Every figure is the best of several runs, and what is compared runs in turns: other work on the
//! machine slows a run down and never speeds it up.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod files;
mod frames;
mod limits;
mod messages;
mod peers;
mod signed;
mod timing;

use std::num::NonZeroUsize;

use anyhow::{Context, Result};
use zt_crypto::{AlgorithmSuite, Backend, Client, EncryptionContext, Offline, RawAesKeyring};

use crate::peers::Peers;

const MIB: usize = 1 << 20;

const USAGE: &str =
    "usage: bench-crypto [--peers FILE] [frames] [messages] [signed] [files] (all when none)";

type AesClient = Client<RawAesKeyring, Offline>;

fn main() -> Result<()> {
    let mut peers = Peers::default();
    let mut sections = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--peers" => peers = Peers::read(args.next().context(USAGE)?.as_ref())?,
            "frames" | "messages" | "signed" | "files" => sections.push(arg),
            _ => anyhow::bail!(USAGE),
        }
    }
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|section| section == name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{}; cores: {cores}; default backend: {}", cpu(), Backend::fastest());
    if wanted("frames") {
        frames::table(cores, &peers)?;
    }
    if wanted("messages") {
        messages::table(&peers)?;
    }
    if wanted("signed") {
        signed::table(cores)?;
    }
    if wanted("files") {
        files::table()?;
    }
    Ok(())
}

fn client(frame_length: usize, threads: usize, suite: AlgorithmSuite) -> Result<AesClient> {
    Ok(Client::builder(RawAesKeyring::new("bench", "k", &[7; 32])?)
        .frame_length(u32::try_from(frame_length)?)
        .threads(NonZeroUsize::new(threads).context("no threads")?)
        .algorithm_suite(suite)
        .build()?)
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "a"), ("purpose", "bench")])
}

fn label(bytes: usize) -> String {
    if bytes < MIB { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

/// The CPU's name and which of the instructions that matter here it has (Linux, x86-64).
fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim())
    };
    let flags: Vec<&str> = field("flags").unwrap_or_default().split(' ').collect();
    let known = ["aes", "pclmulqdq", "sha_ni", "avx2", "vaes", "vpclmulqdq", "avx512f"];
    let known: Vec<&str> = known.into_iter().filter(|flag| flags.contains(flag)).collect();
    let (family, model) = (field("cpu family"), field("model\t"));
    format!(
        "{}, family {} model {}, {}",
        field("model name").unwrap_or(std::env::consts::ARCH),
        family.unwrap_or("?"),
        model.unwrap_or("?"),
        known.join(" ")
    )
}
