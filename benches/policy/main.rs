//! How fast policies are decided, read and printed: one run, one core, policies compiled outside the loop. Peers stand
//! beside when their results are given (`--peers FILE`, made by `benches/peers/policy/run.sh`).
//!
//! `cargo run --release --package zt-benches --bin bench-policy [--json] [--peers FILE | --inputs FILE]`
#![expect(clippy::print_stdout, reason = "a program that prints its results")]
#![expect(unsafe_code, reason = "a global allocator, which counts")]

mod inputs;
mod peers;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::json;
use zt_core::evaluate::Evaluator;
use zt_core::policy::Policy;

use crate::inputs::{CASES, document};
use crate::peers::Row;

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and memory comes from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as `dealloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One line of the report.
struct Line {
    what: String,
    nanoseconds: f64,
    allocations: f64,
}

/// Times a job: warm up, then the fastest of five rounds.
fn measure(what: impl Into<String>, mut job: impl FnMut()) -> Line {
    const ROUND: Duration = Duration::from_millis(200);
    let mut rounds = 1_u32;
    loop {
        let start = Instant::now();
        (0..rounds).for_each(|_| job());
        if start.elapsed() >= ROUND / 4 {
            break;
        }
        rounds = rounds.saturating_mul(2);
    }
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let best = (0..5).map(|_| {
        let start = Instant::now();
        (0..rounds).for_each(|_| job());
        start.elapsed().as_secs_f64() / f64::from(rounds)
    });
    let seconds = best.fold(f64::INFINITY, f64::min);
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    Line {
        what: what.into(),
        nanoseconds: seconds * 1e9,
        allocations: allocations as f64 / f64::from(rounds) / 5.0,
    }
}

/// How many statements there are, how many decisions a second are asked for, and how many times the best peer.
const SIZES: [(usize, f64, f64); 2] = [(1, 3e6, 5.0), (100, 1e6, 50.0)];

/// At this many statements a decision may take three times as long as at 100.
const MANY: usize = 10_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *words {
        ["--inputs", file] => {
            let sizes = SIZES.map(|(statements, ..)| statements);
            std::fs::write(file, inputs::for_peers(&sizes)?.to_string())?;
            Ok(())
        }
        [] => report(false, &[]),
        ["--json"] => report(true, &[]),
        ["--peers", file] => report(false, &peers::read(Path::new(file))?),
        _ => bail!("usage: bench-policy [--json] [--peers FILE | --inputs FILE]"),
    }
}

fn report(as_json: bool, peers: &[Row]) -> Result<()> {
    let mut lines = Vec::new();
    for statements in SIZES.map(|(statements, ..)| statements).into_iter().chain([MANY]) {
        decisions(statements, &mut lines)?;
        if statements < MANY {
            documents(statements, &mut lines)?;
        }
    }
    for Line { what, nanoseconds, allocations } in &lines {
        if as_json {
            println!(
                "{}",
                json!({"what": what, "nanoseconds": nanoseconds, "allocations": allocations})
            );
        } else {
            println!(
                "{what:55} {nanoseconds:>12.0} ns {:>12.0} /s {allocations:>8.1} allocations",
                1e9 / nanoseconds
            );
        }
    }
    if !as_json {
        asked(&lines, peers);
    }
    let on_the_path = |line: &&Line| line.is_decision();
    let allocating = lines.iter().filter(on_the_path).find(|line| line.allocations > 0.0);
    ensure!(allocating.is_none(), "a decision allocated");
    Ok(())
}

/// Decisions with the request made before, and with its making.
fn decisions(statements: usize, lines: &mut Vec<Line>) -> Result<()> {
    let policy = Policy::parse(&document(statements))?;
    let evaluator = Evaluator::builder().identity([&policy]).build()?;
    for case in &CASES {
        let (title, request) = (case.title(statements), case.request());
        let outcome = evaluator.outcome(&request);
        ensure!(outcome == case.outcome, "{title}: {outcome}");
        lines.push(measure(format!("evaluate, {title}"), || {
            black_box(evaluator.evaluate(black_box(&request)));
        }));
        lines.push(measure(format!("evaluate, {title}{INSIDE}"), || {
            black_box(evaluator.evaluate(&black_box(case).request()));
        }));
        if statements == 1 {
            lines.push(measure(format!("evaluate and explain, {title}"), || {
                black_box(evaluator.evaluate(black_box(&request)).to_string());
            }));
        }
    }
    Ok(())
}

const INSIDE: &str = ", request made inside";

fn documents(statements: usize, lines: &mut Vec<Line>) -> Result<()> {
    let text = document(statements);
    let policy = Policy::parse(&text)?;
    lines.push(measure(format!("parse, {statements} statements"), || {
        black_box(Policy::parse(black_box(&text)).ok());
    }));
    lines.push(measure(format!("print, {statements} statements"), || {
        black_box(black_box(&policy).to_json());
    }));
    lines.push(measure(format!("compile, {statements} statements"), || {
        black_box(Evaluator::builder().identity([black_box(&policy)]).build().ok());
    }));
    Ok(())
}

/// What is asked for, and what it is.
fn asked(lines: &[Line], peers: &[Row]) {
    let time = |what: &str| {
        let found = lines.iter().find(|line| line.what == format!("evaluate, {what}"));
        found.map_or(f64::NAN, |line| line.nanoseconds)
    };
    let verdict = |kept: bool| if kept { "" } else { "  MISSED" };
    println!();
    for (statements, least, times) in SIZES {
        for case in &CASES {
            let title = case.title(statements);
            let own = time(&title);
            let rate = 1e3 / own;
            println!(
                "{title:25} {rate:>8.2} million a second, asked {}{}",
                least / 1e6,
                verdict(rate * 1e6 >= least)
            );
            let mut rows: Vec<&Row> = peers.iter().filter(|row| row.what == title).collect();
            rows.sort_by(|one, other| one.nanoseconds.total_cmp(&other.nanoseconds));
            let best = rows.iter().position(|row| row.compared);
            for (at, row) in rows.iter().enumerate() {
                let ratio = row.nanoseconds / own;
                print!("    {:45} {:>10.0} ns {ratio:>8.1} times", row.who, row.nanoseconds);
                if Some(at) == best {
                    print!(", asked {times} of the best peer{}", verdict(ratio >= times));
                }
                println!();
            }
        }
    }
    for case in &CASES {
        let ratio = time(&case.title(MANY)) / time(&case.title(100));
        let title = case.title(MANY);
        println!(
            "{title:25} {ratio:>8.2} times as long as 100, asked at most 3{}",
            verdict(ratio <= 3.0)
        );
    }
}

impl Line {
    /// Whether this is a decision and nothing else.
    fn is_decision(&self) -> bool {
        self.what.starts_with("evaluate, ") && !self.what.ends_with(INSIDE)
    }
}
