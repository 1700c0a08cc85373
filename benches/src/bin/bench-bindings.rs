//! What decisions cost through Python and Node, beside what they cost in Rust: one run, one core, one table.
//!
//! `cargo run --release --package zt-benches --bin bench-bindings -- PYTHON NODE [SCRIPTS]`: the interpreters that have the packages.
//! Each script is given the same policies; it makes the same requests.
#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use std::collections::HashMap;
use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use zt_core::evaluate::{Evaluator, Request};
use zt_core::policy::Policy;

/// Requests in a batch.
const SIZE: usize = 10_000;

/// The article's conditional access, and `statements - 1` like it for other buckets.
fn document(statements: usize) -> String {
    let one = |at: usize| {
        let bucket = if at == 0 { "sensitive-data".to_owned() } else { format!("bucket-{at}") };
        json!({
            "Effect": if at > 0 && at.is_multiple_of(10) { "Deny" } else { "Allow" },
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": format!("arn:aws:s3:::{bucket}/*"),
            "Condition": {
                "IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]},
                "StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]},
                "Bool": {"aws:SecureTransport": "true", "aws:MultiFactorAuthPresent": "true"},
            },
        })
    };
    let statements: Vec<_> = (0..statements).map(one).collect();
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// One of many: half of them are allowed.
fn request(number: usize) -> Request {
    let bucket = if number.is_multiple_of(2) { "sensitive-data" } else { "elsewhere" };
    let resource = format!("arn:aws:s3:::{bucket}/report-{number}");
    Request::new("arn:aws:iam::111122223333:user/alice", "s3:GetObject", resource)
        .with("aws:SourceIp", "203.0.113.7")
        .with("aws:RequestedRegion", "us-east-1")
        .with("aws:SecureTransport", true)
        .with("aws:MultiFactorAuthPresent", true)
}

/// Nanoseconds for each request, of the fastest of fifteen rounds.
fn fastest(mut job: impl FnMut()) -> f64 {
    let times = (0..15).map(|_| {
        let start = Instant::now();
        job();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min) / SIZE as f64 * 1e9
}

fn rust(documents: &[String]) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    for document in documents {
        let policy = Policy::parse(document)?;
        let statements = policy.statements().len();
        let evaluator = Evaluator::builder().identity([&policy]).build()?;
        let requests: Vec<Request> = (0..SIZE).map(request).collect();
        let allowed = || {
            let all = evaluator.evaluate_many(black_box(&requests));
            all.iter().filter(|decision| decision.is_allowed()).count()
        };
        if allowed() != SIZE / 2 {
            bail!("half of the requests are allowed");
        }
        let mut row = |what: &str, nanoseconds: f64| {
            rows.push(json!({"what": what, "statements": statements, "nanoseconds": nanoseconds}));
        };
        row("evaluate_many", fastest(|| drop(black_box(evaluator.evaluate_many(&requests)))));
        row(
            "evaluate_many, and .allowed of each",
            fastest(|| {
                black_box(allowed());
            }),
        );
        row(
            "evaluate, one by one",
            fastest(|| {
                let one = |request| evaluator.evaluate(black_box(request));
                drop(black_box(requests.iter().map(one).collect::<Vec<_>>()));
            }),
        );
        row(
            "requests made",
            fastest(|| drop(black_box((0..SIZE).map(request).collect::<Vec<_>>()))),
        );
    }
    Ok(rows)
}

fn other(interpreter: &str, script: &str, documents: &[String]) -> anyhow::Result<Vec<Value>> {
    let mut child = Command::new(interpreter)
        .args([script, &SIZE.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {interpreter}"))?;
    let mut input = child.stdin.take().context("no standard input")?;
    for document in documents {
        writeln!(input, "{document}")?;
    }
    drop(input);
    let done = child.wait_with_output()?;
    if !done.status.success() {
        bail!("{script} failed");
    }
    let lines = String::from_utf8(done.stdout)?;
    lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [python, node, rest @ ..] = arguments.as_slice() else {
        bail!("usage: bench-bindings PYTHON NODE [FOLDER]");
    };
    let folder = rest.first().map_or("benches/bindings", String::as_str);
    let documents = [1, 100].map(document);
    let mut limits = HashMap::new();
    let languages = [
        ("Rust", rust(&documents)?),
        ("Python", other(python, &format!("{folder}/policy.py"), &documents)?),
        ("Node", other(node, &format!("{folder}/policy.mjs"), &documents)?),
    ];
    println!("a batch of {SIZE} requests, one core; times Rust: how much longer than in Rust\n");
    println!("{:8} {:>10}  {:36} {:>9} {:>11}", "", "statements", "", "each", "times Rust");
    for (language, rows) in &languages {
        for row in rows {
            let what = row["what"].as_str().context("what")?;
            let statements = row["statements"].as_u64().context("statements")?;
            let nanoseconds = row["nanoseconds"].as_f64().context("nanoseconds")?;
            let limit = *limits.entry((what.to_owned(), statements)).or_insert(nanoseconds);
            let times = nanoseconds / limit;
            println!(
                "{language:8} {statements:>10}  {what:36} {nanoseconds:>6.0} ns {times:>11.2}"
            );
        }
    }
    Ok(())
}
