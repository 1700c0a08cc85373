//! How fast real policies are read, checked and printed: the whole corpus, one core, beside peers.
//!
//! `cargo run --release --package zt-benches --bin bench-validate [-- --peers FILE]`; `benches/peers/policy/lint/run.sh` measures
//! the peers first. Fails when the corpus takes a second or more, or less than 100 times parliament's rate is reached.
#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;
use zt_core::policy::{Policy, Statement};
use zt_core::validate::{Kind, ValidateOptions, validate};

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    document: &'a RawValue,
}

/// Every document, in the order of the files' names.
fn corpus() -> Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../zt-core/tests/data/policy/corpus");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut all = Vec::new();
    for path in files {
        for line in fs::read_to_string(&path)?.lines() {
            let line: Line<'_> = serde_json::from_str(line)?;
            all.push(line.document.get().to_owned());
        }
    }
    Ok(all)
}

/// With principals: a trust policy when every action assumes a role, otherwise a resource's.
fn kind(policy: &Policy) -> Kind {
    let names_principals = |own: &Statement| {
        own.principal_element().is_some() || own.not_principal_element().is_some()
    };
    let assumes = |own: &Statement| {
        own.action_element().is_some_and(|list| {
            list.iter().all(|action| action.as_str().to_ascii_lowercase().starts_with("sts:"))
        })
    };
    match policy.statements() {
        all if !all.iter().any(names_principals) => Kind::Identity,
        all if all.iter().all(assumes) => Kind::Trust,
        _ => Kind::Resource,
    }
}

/// Seconds of the fastest of some rounds.
fn best(mut job: impl FnMut()) -> f64 {
    const ROUNDS: usize = 7;
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        job();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

fn report(what: &str, documents: usize, seconds: f64) {
    let count = documents as f64;
    println!(
        "{what:38} {:>10.1} us a document {:>12.0} documents/s {:>9.3} s in all",
        seconds / count * 1e6,
        count / seconds,
        seconds
    );
}

fn main() -> Result<()> {
    let texts = corpus()?;
    let policies: Vec<Policy> =
        texts.iter().map(|text| Policy::parse(text)).collect::<Result<_, _>>()?;
    let documents: Vec<(&Policy, Kind)> =
        policies.iter().map(|policy| (policy, kind(policy))).collect();
    let options = ValidateOptions::default();
    let parse = best(|| {
        for text in &texts {
            black_box(Policy::parse(black_box(text)).ok());
        }
    });
    let check = best(|| {
        for (policy, kind) in &documents {
            black_box(validate(black_box(policy), *kind, &options));
        }
    });
    let print = best(|| {
        for (policy, _) in &documents {
            black_box(black_box(policy).to_json());
        }
    });
    let findings: usize =
        documents.iter().map(|(policy, kind)| validate(policy, *kind, &options).len()).sum();
    println!("{} documents, {findings} findings, one core", texts.len());
    report("zt-core: parse", texts.len(), parse);
    report("zt-core: validate", texts.len(), check);
    report("zt-core: print", texts.len(), print);
    report("zt-core: parse and validate", texts.len(), parse + check);
    ensure!(check < 1.0, "validating the corpus takes {check:.3} s, the limit is 1 s");

    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some("--peers") {
        return Ok(());
    }
    let path = arguments.next().context("`--peers` takes a file")?;
    for line in fs::read_to_string(&path)?.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, version, documents, failed, seconds] = fields.as_slice() else {
            continue;
        };
        let (documents, seconds): (usize, f64) = (documents.parse()?, seconds.parse()?);
        ensure!(documents == texts.len(), "{name} read {documents} documents");
        let times = seconds / (parse + check);
        report(&format!("{name} {version}, {failed} not taken"), documents, seconds);
        println!("{:38} {times:>10.0} times the rate of {name}: parsed and checked", "zt-core:");
        ensure!(*name != "parliament" || times >= 100.0, "less than 100 times {name}'s rate");
    }
    Ok(())
}
