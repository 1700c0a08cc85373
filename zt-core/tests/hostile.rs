//! Input that means harm: nothing panics, nothing overflows the stack, nothing grows faster than its input.
#![cfg(test)]

use proptest::prelude::*;
use serde_json::json;
use zt_core::evaluate::{ContextValue, Evaluator, Outcome, Request};
use zt_core::policy::Policy;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

fn allow(action: &str, resource: &str, pattern: &str) -> Policy {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow", "Action": action, "Resource": resource,
            "Condition": {"StringLike": {"k": pattern}},
        },
    });
    Policy::parse(&document.to_string()).unwrap()
}

#[test]
fn many_stars_in_every_place() {
    // Trying every star again would take more steps than there are atoms.
    let stars = "*a".repeat(2_000);
    let long = "a".repeat(20_000);
    let policy =
        allow(&format!("s3:{stars}b"), &format!("arn:aws:s3:::{stars}b"), &format!("{stars}b"));
    let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
    let request = |end: &str| {
        Request::new(ALICE, format!("s3:{long}{end}"), format!("arn:aws:s3:::{long}{end}"))
            .with("k", format!("{long}{end}"))
    };
    assert_eq!(evaluator.outcome(&request("c")), Outcome::ImplicitDeny);
    assert_eq!(evaluator.outcome(&request("b")), Outcome::Allowed);
}

#[test]
fn deep_json_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        for text in [deep.clone(), format!("{{\"Statement\":{deep}}}"), open.repeat(100_000)] {
            assert!(Policy::parse(&text).is_err());
        }
    }
}

#[test]
fn huge_lists_are_decided_and_explained() {
    let many: Vec<String> = (0..50_000).map(|at| format!("value-{at}")).collect();
    let document = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": (0..20_000).map(|at| format!("s3:Action{at}")).collect::<Vec<_>>(),
            "Resource": (0..20_000).map(|at| format!("arn:aws:s3:::b{at}/*")).collect::<Vec<_>>(),
            "Condition": {"ForAnyValue:StringEquals": {"k": many}},
        },
    });
    let policy = Policy::parse(&document.to_string()).unwrap();
    let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
    let request = Request::new(ALICE, "s3:Action19999", "arn:aws:s3:::b19999/x");
    assert_eq!(evaluator.outcome(&request.clone().with("k", ["value-49999"])), Outcome::Allowed);
    let denied = evaluator.evaluate(&request.with("k", ["other"]));
    assert_eq!(denied.outcome(), Outcome::ImplicitDeny);
    // An explanation lists some and counts the rest.
    assert!(denied.to_string().len() < 1_000, "{denied}");
}

#[test]
fn many_unknown_keys_end() {
    let tests: serde_json::Map<_, _> =
        (0..30).map(|at| (format!("k{at}"), json!(["a*b*c*", "*d*", "x?y"]))).collect();
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": tests}},
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringNotLike": tests}},
        ],
    });
    let policy = Policy::parse(&document.to_string()).unwrap();
    let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
    let request = Request::new(ALICE, "s3:GetObject", "*")
        .with_all((0..30).map(|at| (format!("k{at}"), ContextValue::Unknown)));
    let decision = evaluator.evaluate(&request);
    assert_eq!(decision.outcome(), Outcome::Unknown);
    assert!(!decision.unknown_keys().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_anywhere_is_decided(
        action in "\\PC*", resource in "\\PC*", pattern in "\\PC*", key in "\\PC*", value in any::<String>(),
        principal in "\\PC*", unknown in any::<bool>(),
    ) {
        let document = json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow", "Action": action, "Resource": resource,
                "Condition": {"StringLike": {&key: &pattern}, "ArnLike": {&key: &pattern}},
            },
        });
        if let Ok(policy) = Policy::parse(&document.to_string()) {
            let evaluator = Evaluator::builder()
                .identity([&policy])
                .resource(&policy)
                .build()
                .unwrap();
            let value = if unknown { ContextValue::Unknown } else { value.into() };
            let request = Request::new(principal, action, resource).with(&key, value);
            prop_assert!(!evaluator.evaluate(&request).to_string().is_empty());
        }
    }
}
