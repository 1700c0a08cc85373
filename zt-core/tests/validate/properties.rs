//! What holds for every document.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use zt_core::policy::Policy;
use zt_core::validate::{Edit, Finding, Kind, Severity, Suggestion, ValidateOptions, validate};

use super::documents::corpus;
use super::examples;

fn options() -> ValidateOptions {
    ValidateOptions::default().now("2026-06-01T00:00:00Z".parse().unwrap())
}

/// Makes every suggested edit on its own. Each must remove the very finding that it comes with, wherever its place is then, and
/// bring no error.
fn check_suggestions(policy: &Policy, kind: Kind) -> usize {
    let findings = validate(policy, kind, &options());
    let errors = |findings: &[Finding]| {
        findings.iter().filter(|own| own.severity() == Severity::Error).count()
    };
    let mut made = 0;
    for (at, finding) in findings.iter().enumerate() {
        let Some(suggestion) = finding.suggestion() else { continue };
        made += 1;
        let mended = suggestion
            .apply(policy)
            .unwrap_or_else(|error| panic!("{finding} in {policy}: {error}"));
        let after = validate(&mended, kind, &options());
        if let Some(place) = moved(finding.pointer(), suggestion) {
            let same =
                |own: &Finding, pointer: &str| own.code() == finding.code() && pointer == place;
            // Others of the code can be at the place before and after; only this one must go.
            let others = findings.iter().enumerate().filter(|(other, own)| {
                *other != at && moved(own.pointer(), suggestion).is_some_and(|to| same(own, &to))
            });
            let left = after.iter().filter(|own| same(own, own.pointer())).count();
            assert!(left <= others.count(), "{finding} in {policy}: {mended}");
        }
        let count = |all: &[Finding]| all.iter().filter(|own| own.code() == finding.code()).count();
        assert!(count(&after) < count(&findings), "{finding} in {policy}: {mended}");
        assert!(errors(&after) <= errors(&findings), "{finding} in {policy}: {mended}: {after:#?}");
    }
    made
}

/// Where a place is after an edit; nothing when the edit takes it out.
fn moved(pointer: &str, suggestion: &Suggestion) -> Option<String> {
    let place = suggestion.pointer();
    let inside = |rest: &str| rest.is_empty() || rest.starts_with('/');
    match suggestion.edit() {
        Edit::Remove => {
            if pointer.strip_prefix(place).is_some_and(inside) {
                return None;
            }
            let (list, gone) = place.rsplit_once('/')?;
            let shifted = pointer.strip_prefix(list).and_then(|rest| {
                let rest = rest.strip_prefix('/')?;
                let (index, tail) = rest.split_once('/').map_or((rest, ""), |(i, t)| (i, t));
                let (index, gone): (usize, usize) = (index.parse().ok()?, gone.parse().ok()?);
                let tail = if tail.is_empty() { String::new() } else { format!("/{tail}") };
                (index > gone).then(|| format!("{list}/{}{tail}", index - 1))
            });
            Some(shifted.unwrap_or_else(|| pointer.to_owned()))
        }
        Edit::Rename(to) => {
            let rest = pointer.strip_prefix(place).filter(|rest| inside(rest));
            let parent = place.rsplit_once('/')?.0;
            Some(rest.map_or_else(|| pointer.to_owned(), |rest| format!("{parent}/{to}{rest}")))
        }
        Edit::MoveTo(to) => {
            let rest = pointer.strip_prefix(place).filter(|rest| inside(rest));
            let (operator, key) = place.rsplit_once('/')?;
            let block = operator.rsplit_once('/')?.0;
            Some(
                rest.map_or_else(|| pointer.to_owned(), |rest| format!("{block}/{to}/{key}{rest}")),
            )
        }
        _ => Some(pointer.to_owned()),
    }
}

#[test]
fn applying_a_suggestion_removes_its_finding() {
    let mut made = 0;
    for (_, kind, policy, _) in examples::documents() {
        made += check_suggestions(&policy, kind);
    }
    assert!(made >= 30, "{made}");
    for document in corpus() {
        if document.policy.to_json().len() < 4_000 {
            made += check_suggestions(&document.policy, document.kind);
        }
    }
    println!("{made} suggestions");
    assert!(made > 400, "{made}");
}

#[test]
fn pointers_point_into_the_document() {
    for document in corpus().iter().step_by(5) {
        let value: Value = serde_json::from_str(&document.policy.to_json()).unwrap();
        for finding in validate(&document.policy, document.kind, &options()) {
            assert!(value.pointer(finding.pointer()).is_some(), "{finding} in {}", document.name);
            let message = finding.message();
            assert!(!message.contains('\n') && !message.ends_with('.'), "{finding}");
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(
            &[
                "*",
                "*:*",
                "s3:*",
                "s3:Get*",
                "S3:GetObjct",
                "iam:PassRole",
                "sts:AssumeRole",
                "kms:*",
                ":",
                "::",
                "a:b:c",
                "arn:aws:s3:::b/*",
                "arn:aws:s3",
                "arn:::::",
                "arn:aws:iam::111122223333:root",
                "arn:aws:iam::1:role/*",
                "${aws:username}",
                "${aws:username, 'x'}",
                "${",
                "${}",
                "${*}",
                "true",
                "10.0.0.7/8",
                "2001:db8::1",
                "2026",
                "2026-01-01",
                "-1",
                "é",
                "日",
                "",
                "`x`",
                "sns.amazonaws.com",
                "111122223333",
                "repo:*",
            ][..]
        )
        .prop_map(str::to_owned),
        ".{0,12}",
        "[a-z]{1,4}:[A-Za-z*?]{0,8}",
        "arn:[a-z*]{0,3}:[a-z0-9*?]{0,4}:[a-z*]{0,3}:[0-9*]{0,12}:[a-z/*?${}:]{0,9}",
    ]
}

fn texts() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        vec(text().prop_map(Value::from), 0..4).prop_map(Value::from),
        vec(text().prop_map(|text| json!([text])), 0..3).prop_map(Value::from),
    ]
}

const NAMES: &[&str] = &[
    "Sid",
    "Id",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn statement() -> impl Strategy<Value = Value> {
    let operators = select(
        &[
            "StringEquals",
            "stringlike",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringNotLikeIfExists",
            "Bool",
            "BoolIfExists",
            "Null",
            "ForAnyValue:Null",
            "IpAddress",
            "NotIpAddress",
            "DateLessThan",
            "DateGreaterThan",
            "NumericEquals",
            "ArnLike",
            "BinaryEquals",
            "StringEqal",
            "",
            "IfExists",
            "ForAllValues:",
        ][..],
    );
    let keys = prop_oneof![
        select(
            &[
                "aws:SourceIp",
                "aws:MultiFactorAuthPresent",
                "aws:TagKeys",
                "aws:CurrentTime",
                "aws:RequestedRegion",
                "aws:PrincipalTag/x",
                "s3:prefix",
                "kms:ViaService",
                "ec2:ResourceTag/a/b",
                "aws:SourcIp",
                "aws:Referer",
                "a.b:sub",
                "",
                ":",
                "aws:",
                "aws:PrincipalTag/",
                "sts:ExternalId",
            ][..]
        )
        .prop_map(str::to_owned),
        text(),
    ];
    let test = (operators, keys, texts());
    let element = (
        select(NAMES),
        texts(),
        text(),
        vec(test, 0..4),
        select(&["AWS", "Service", "Federated", "CanonicalUser"][..]),
    );
    (select(&["Allow", "Deny"][..]), vec(element, 0..7)).prop_map(|(effect, elements)| {
        let mut statement = Map::new();
        statement.insert("Effect".into(), json!(effect));
        for (name, texts, text, tests, kind) in elements {
            let value = match name {
                "Sid" | "Id" => json!(text),
                "Principal" | "NotPrincipal" if text.len() % 3 == 0 => texts,
                "Principal" | "NotPrincipal" => json!({kind: texts}),
                "Condition" => {
                    let mut block = Map::new();
                    for (operator, key, values) in tests {
                        let keys = block.entry(operator).or_insert_with(|| json!({}));
                        keys[key] = values;
                    }
                    Value::Object(block)
                }
                _ => texts,
            };
            statement.insert(name.into(), value);
        }
        Value::Object(statement)
    })
}

#[test]
fn no_document_is_too_odd() {
    let document = (
        select(&[None, Some("2012-10-17"), Some("2008-10-17")][..]),
        vec(statement(), 0..4),
        any::<bool>(),
    );
    let config = Config { cases: 3_000, failure_persistence: None, ..Config::default() };
    let test = |(version, mut statements, bare): (Option<&str>, Vec<Value>, bool)| {
        let statement = if bare && statements.len() == 1 {
            statements.remove(0)
        } else {
            Value::Array(statements)
        };
        let mut document = json!({"Statement": statement});
        if let Some(version) = version {
            document["Version"] = json!(version);
        }
        let policy = Policy::parse(&document.to_string()).unwrap();
        for kind in Kind::ALL {
            for finding in validate(&policy, *kind, &options()) {
                prop_assert!(
                    document.pointer(finding.pointer()).is_some(),
                    "{} in {}",
                    finding,
                    document
                );
                prop_assert!(!finding.message().contains('\n'), "{}", finding);
                if let Some(suggestion) = finding.suggestion() {
                    prop_assert!(suggestion.apply(&policy).is_ok(), "{} in {}", finding, document);
                }
            }
        }
        let _ = (policy.normalize(), policy.minimize());
        Ok(())
    };
    TestRunner::new(config).run(&document, test).unwrap();
}
