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

/// Each of these would take hours if every value, text and statement were tried with every other.
#[test]
fn what_is_not_known_among_very_much_ends() {
    let decide = |statements: serde_json::Value| {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let policy = Policy::parse(&document.to_string()).unwrap();
        let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
        let request =
            Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::bucket/a/b/c/d/e/f/g/h/i/j/k")
                .with("k", ContextValue::Unknown)
                .with("l", ContextValue::Unknown);
        let decision = evaluator.evaluate(&request);
        assert_eq!(decision.outcome(), Outcome::Unknown, "{decision}");
        assert!(!decision.unknown_keys().is_empty());
        assert!(decision.to_string().len() < 10_000);
    };
    let texts = |prefix: &str, count: u32| -> Vec<String> {
        (0..count).map(|at| format!("{prefix}{at}")).collect()
    };
    let allow = |condition: serde_json::Value| json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
    // One key compared with very many values, alone and in sets.
    decide(allow(json!({"StringEquals": {"k": texts("v", 50_000)}})));
    decide(allow(json!({"ForAnyValue:StringLike": {"k": texts("*v", 5_000)}})));
    decide(allow(json!({"NumericEquals": {"k": texts("", 20_000)}})));
    // Very many statements about two keys.
    let each =
        |at: u32| allow(json!({"StringEquals": {"k": format!("v{at}"), "l": format!("w{at}")}}));
    decide((0..5_000).map(each).collect());
    // A variable in very many resources.
    let each = |at: u32| json!({"Effect": "Allow", "Action": "*", "Resource": format!("arn:aws:s3:::bucket/${{k}}/{at}/${{l}}*")});
    decide(
        (0..2_000)
            .map(each)
            .chain([json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${k}*"})])
            .collect(),
    );
}

#[test]
fn very_many_policies_are_explained() {
    let policy = Policy::parse(r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::x"}}"#).unwrap();
    let evaluator = Evaluator::builder().identity(vec![&policy; 50_000]).build().unwrap();
    let decision = evaluator.evaluate(&Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::y"));
    assert_eq!(decision.reasons().len(), 50_001);
    assert!(decision.to_string().len() < 5_000);
}

#[test]
fn very_many_keys_are_taken() {
    let keys = || (0..50_000).map(|at| (format!("k{}", at * 7_919 % 50_000), "v"));
    let at_once = Request::new(ALICE, "s3:GetObject", "*").with_all(keys());
    assert_eq!(at_once.context("K49999"), Some(&"v".into()));
    assert_eq!(at_once.context("k50000"), None);
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
