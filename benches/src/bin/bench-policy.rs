//! How fast policies are decided, read and printed, and plans built: one run, one core, policies compiled outside the loop.
//!
//! `cargo run --release --package zt-benches --bin bench-policy [--json]`
#![expect(clippy::print_stdout, reason = "a program that prints its results")]
#![expect(unsafe_code, reason = "a global allocator, which counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use zt_core::evaluate::{Evaluator, Outcome, Request};
use zt_core::plan::{Call, Found, Plan, PlanError, Reference, Step, Value};
use zt_core::policy::Policy;

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

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

/// The article's conditional access, and `statements - 1` like it for other buckets, a tenth of them denying.
fn document(statements: usize) -> String {
    let one = |at: usize| {
        let (effect, bucket) = match at {
            0 => ("Allow", "sensitive-data".to_owned()),
            _ if at.is_multiple_of(10) => ("Deny", format!("bucket-{at}")),
            _ => ("Allow", format!("bucket-{at}")),
        };
        json!({
            "Effect": effect,
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

fn request(action: &str, resource: &str) -> Request {
    Request::new(ALICE, action, resource)
        .with("aws:SourceIp", "203.0.113.7")
        .with("aws:RequestedRegion", "us-east-1")
        .with("aws:SecureTransport", true)
        .with("aws:MultiFactorAuthPresent", true)
}

/// Roles, each with a policy of its own, a reference to the one before, a read that finds it, and an undo.
fn plan(steps: usize) -> Result<Plan, PlanError> {
    let mut plan = Plan::builder("bench", "many roles", "111122223333", "eu-central-1");
    for number in 0..steps {
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": format!("arn:aws:iam::111122223333:user/user-{number}")},
            }],
        });
        let trust = trust.to_string();
        let role = |operation: &str| {
            Call::new("iam", operation).with("RoleName", format!("role-{number}"))
        };
        let mut create = role("CreateRole")
            .with("AssumeRolePolicyDocument", trust.as_str())
            .with("Path", "/bench/");
        if let Some(before) = number.checked_sub(1) {
            let before = format!("s{before}.Role.Arn").parse::<Reference>()?;
            create = create.with("Tags", Value::tags([("before", before)]));
        }
        let found = Found::by(role("GetRole")).expect("Role.Path", "/bench/");
        plan = plan.step(
            Step::new(format!("s{number}"), "make a role", create)
                .found(found.output("Role", "Role"))
                .undo(role("DeleteRole")),
        );
    }
    plan.build()
}

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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let as_json = std::env::args().any(|argument| argument == "--json");
    let mut lines = Vec::new();
    for statements in [1, 100, 10_000] {
        let text = document(statements);
        let policy = Policy::parse(&text)?;
        let evaluator = Evaluator::builder().identity([&policy]).build()?;
        for (name, action, resource, outcome) in [
            ("allow", "s3:GetObject", "arn:aws:s3:::sensitive-data/report", Outcome::Allowed),
            ("deny", "s3:GetObject", "arn:aws:s3:::elsewhere/report", Outcome::ImplicitDeny),
        ] {
            let request_outside = request(action, resource);
            if evaluator.outcome(&request_outside) != outcome {
                return Err(format!("{name} of {statements} statements is not {outcome}").into());
            }
            lines.push(measure(format!("evaluate, {statements} statements, {name}"), || {
                black_box(evaluator.evaluate(black_box(&request_outside)));
            }));
            lines.push(measure(
                format!("evaluate, {statements} statements, {name}, request made inside"),
                || {
                    black_box(evaluator.evaluate(&request(black_box(action), resource)));
                },
            ));
        }
        if statements == 1 {
            let request = request("s3:GetObject", "arn:aws:s3:::elsewhere/report");
            lines.push(measure("evaluate and explain, 1 statement", || {
                black_box(evaluator.evaluate(black_box(&request)).to_string());
            }));
        }
        if statements <= 100 {
            lines.push(measure(format!("parse, {statements} statements"), || {
                black_box(Policy::parse(black_box(&text)).ok());
            }));
            lines.push(measure(format!("print, {statements} statements"), || {
                black_box(black_box(&policy).to_json());
            }));
            lines.push(measure(format!("compile, {statements} statements"), || {
                black_box(Evaluator::builder().identity([black_box(&policy)]).build().ok());
            }));
        }
    }
    let steps = 1000;
    let text = plan(steps)?.to_text();
    if text.matches("\n   Undo: ").count() != steps {
        return Err("a plan does not print its steps".into());
    }
    lines.push(measure(format!("build, check and print a plan, {steps} steps"), || {
        black_box(plan(black_box(steps)).map(|plan| plan.to_text()).ok());
    }));
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
    let on_the_path = lines
        .iter()
        .filter(|line| line.what.starts_with("evaluate, ") && !line.what.ends_with("inside"))
        .any(|line| line.allocations > 0.0);
    if on_the_path { Err("a decision allocated".into()) } else { Ok(()) }
}
