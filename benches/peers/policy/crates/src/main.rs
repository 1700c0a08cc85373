//! Rows for `bench-policy`: its policies, decided by `cedar-policy` and `iam-rs`.
//!
//! `cargo run --release -- INPUTS`

mod cedar;
mod iam;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Set {
    policy: Value,
    requests: Vec<Request>,
}

#[derive(Deserialize)]
struct Request {
    what: String,
    principal: String,
    action: String,
    resource: String,
    context: Map<String, Value>,
    allowed: bool,
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("usage: zt-policy-peers INPUTS")?;
    let sets: Vec<Set> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    for set in &sets {
        for request in &set.requests {
            row("cedar-policy 4.14.1", request, cedar::decider(set, request)?)?;
            row("iam-rs 0.8.0", request, iam::decider(set, request)?)?;
        }
    }
    Ok(())
}

/// Checks what is decided, measures, and prints.
fn row(who: &str, request: &Request, mut decide: impl FnMut() -> Result<bool>) -> Result<()> {
    ensure!(decide()? == request.allowed, "{who}: {} is decided otherwise", request.what);
    let nanoseconds = fastest(|| {
        let _ = std::hint::black_box(decide());
    });
    println!("{}", json!({"who": who, "what": request.what, "nanoseconds": nanoseconds}));
    Ok(())
}

/// Nanoseconds a call in the fastest of five rounds, after warming up.
fn fastest(mut job: impl FnMut()) -> f64 {
    const ROUND: Duration = Duration::from_millis(200);
    let mut calls = 1_u32;
    loop {
        let start = Instant::now();
        (0..calls).for_each(|_| job());
        if start.elapsed() >= ROUND / 4 {
            break;
        }
        calls = calls.saturating_mul(2);
    }
    let rounds = (0..5).map(|_| {
        let start = Instant::now();
        (0..calls).for_each(|_| job());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
    });
    rounds.fold(f64::INFINITY, f64::min)
}

/// One text or a list of them.
fn texts(value: &Value) -> Result<Vec<&str>> {
    match value {
        Value::String(one) => Ok(vec![one]),
        Value::Array(all) => all.iter().map(|one| one.as_str().context("no text")).collect(),
        other => anyhow::bail!("neither text nor list: {other}"),
    }
}
