//! Checks a policy, mends it, guards it, and shows who may do what.

#![expect(clippy::print_stdout, reason = "an example that shows its result")]
use zt_core::evaluate::{AccessMatrix, Evaluator};
use zt_core::guardrails::restrict_access;
use zt_core::policy::{Policy, Statement};
use zt_core::validate::{Kind, ValidateOptions, validate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `action!("s3:GetObjct")` would not compile.
    let actions = ["s3:GetObjct", "s3:PutObject"];
    let reports =
        Statement::allow("Reports").actions(actions).resources(["arn:aws:s3:::reports/*"]);
    let mut policy = Policy::new([reports])?;
    for finding in validate(&policy, Kind::Identity, &ValidateOptions::default()) {
        println!("{finding}");
        if let Some(suggestion) = finding.suggestion() {
            policy = suggestion.apply(&policy)?;
        }
    }

    let office =
        restrict_access().actions(["s3:PutObject"]).source_ips(["203.0.113.0/24".parse()?]);
    let deny = office.deny()?;
    if let Some(limit) = office.limits().get(2) {
        println!("does not cover: {limit}");
    }

    let alice = "arn:aws:iam::111122223333:user/alice";
    let free = Evaluator::builder().identity([&policy]).build()?;
    let guarded = Evaluator::builder().identity([&policy, &deny]).build()?;
    let matrix = AccessMatrix::builder()
        .principal("alice", alice, &free)
        .principal("alice, guarded", alice, &guarded)
        .actions(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
        .resources(["arn:aws:s3:::reports/q1"])
        .with("aws:SourceIp", "198.51.100.7")
        .build();
    print!("{matrix}");
    Ok(())
}
