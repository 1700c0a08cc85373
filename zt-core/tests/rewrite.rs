//! Rewriting changes no decision: random policies and requests through the evaluator.
#![cfg(test)]

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use serde::Deserialize;
use serde_json::value::RawValue;
use zt_core::evaluate::{ContextValue, Evaluator, Outcome, Request};
use zt_core::policy::Policy;
use zt_core::rewrite::{
    Equivalence, SizeLimit, SplitError, equivalent, minimize, normalize, split,
};

// Few names that overlap in many ways, so that random policies cover, merge and contradict.
const ACTIONS: &[&str] = &[
    "*",
    "*:*",
    "s3:*",
    "s3:Get*",
    "S3:get*",
    "s3:GetObject",
    "s3:getobject",
    "s3:Get?bject",
    "s3:PutObject",
    "s3:Put*",
    "s3:*Object",
    "iam:PassRole",
    "iam:*",
    "sts:AssumeRole",
];
const ASKED: &[&str] = &[
    "s3:GetObject",
    "S3:GETOBJECT",
    "s3:PutObject",
    "s3:GetBucket",
    "iam:PassRole",
    "iam:GetUser",
    "sts:AssumeRole",
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::b/k*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b/?",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::b/${aws:username}",
    "arn:aws:s3:::b/${*}",
    "arn:aws:s3*",
    "arn:*:s3:::b/*",
    "arn:aws:iam::111122223333:role/r",
    "arn:aws:s3:::b/${aws:PrincipalTag/t, 'k'}",
];
const TARGETS: &[&str] = &[
    "*",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::b/k2",
    "arn:aws:s3:::alice/x",
    "arn:aws:s3:::b/alice",
    "arn:aws:s3:::b/*",
    "arn:aws-cn:s3:::b/k",
    "arn:aws:iam::111122223333:role/r",
    "arn:aws:kms:eu:111122223333:key/k",
];
const PRINCIPALS: &[&str] = &[
    r#""*""#,
    r#"{"AWS":"*"}"#,
    r#"{"AWS":"111122223333"}"#,
    r#"{"AWS":["arn:aws:iam::111122223333:root"]}"#,
    r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#,
    r#"{"AWS":["arn:aws:iam::111122223333:role/r","arn:aws:iam::111122223333:user/alice"]}"#,
    r#"{"Service":"s3.amazonaws.com","AWS":"arn:aws:sts::111122223333:assumed-role/r/s"}"#,
    r#"{"Service":["s3.amazonaws.com"]}"#,
];
const CALLERS: &[&str] = &[
    "*",
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:role/r",
    "arn:aws:sts::111122223333:assumed-role/r/s",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:user/eve",
];
const TESTS: &[(&str, &str, &[&str])] = &[
    ("StringEquals", "aws:PrincipalTag/t", &["a", "k", "${aws:username}"]),
    ("stringequals", "AWS:principaltag/t", &["a", "k"]),
    ("StringNotEquals", "aws:PrincipalTag/t", &["a", "k"]),
    ("StringNotEqualsIfExists", "aws:PrincipalTag/t", &["a", "k"]),
    ("StringEqualsIfExists", "aws:PrincipalTag/t", &["a", "k"]),
    ("StringLike", "aws:PrincipalTag/t", &["a", "a*", "*", "k?", "${aws:username}*"]),
    ("StringNotLike", "aws:PrincipalTag/t", &["a", "a*", "k*"]),
    ("ForAllValues:StringEquals", "aws:TagKeys", &["a", "b", "c"]),
    ("ForAnyValue:StringLike", "aws:TagKeys", &["a", "a*", "b"]),
    ("ForAnyValue:StringNotEquals", "aws:TagKeys", &["a", "b"]),
    ("ForAllValues:StringNotLike", "aws:TagKeys", &["a*", "a", "b"]),
    ("IpAddress", "aws:SourceIp", &["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"]),
    ("NotIpAddress", "aws:sourceip", &["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "junk"]),
    ("Bool", "aws:SecureTransport", &["true", "false", "True"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", &["false"]),
    ("Null", "aws:TagKeys", &["true", "false"]),
    ("DateLessThan", "aws:CurrentTime", &["2026-01-01", "2027-01-01T00:00:00Z"]),
    ("DateGreaterThanEquals", "aws:CurrentTime", &["2026-01-01", "1767225600"]),
    ("NumericLessThan", "s3:max-keys", &["5", "10"]),
    (
        "ArnLike",
        "aws:SourceArn",
        &["arn:aws:s3:::b*", "arn:aws:s3:::b", "arn:aws:*:*:*:*", "junk*"],
    ),
    ("ArnNotEquals", "aws:SourceArn", &["arn:aws:s3:::b*", "arn:aws:s3:::b"]),
    ("StringMatches", "aws:Unknown", &["x"]),
];
const FACTS: &[(&str, &[&str])] = &[
    ("aws:PrincipalTag/t", &["a", "ab", "k", "kk", "alice"]),
    ("aws:TagKeys", &["a", "a,b", "", "c", "ab"]),
    ("aws:SourceIp", &["10.0.0.1", "10.1.2.3", "192.0.2.1", "2001:db8::1"]),
    ("aws:SecureTransport", &["true", "false"]),
    ("aws:MultiFactorAuthPresent", &["true", "false"]),
    ("aws:CurrentTime", &["2025-06-01", "2026-01-01T00:00:00Z", "2026-06-01", "2028-01-01"]),
    ("s3:max-keys", &["3", "7", "10", "x"]),
    ("aws:SourceArn", &["arn:aws:s3:::b", "arn:aws:s3:::bb", "arn:aws:sns:eu:1:t", "junk"]),
    ("aws:username", &["alice", "k"]),
];

fn list(values: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    subsequence(values, 1..=most).prop_shuffle().prop_map(|values| {
        let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        match quoted.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(",")),
        }
    })
}

fn condition() -> impl Strategy<Value = String> {
    subsequence((0..TESTS.len()).collect::<Vec<_>>(), 0..=2)
        .prop_flat_map(|picked| {
            picked
                .into_iter()
                .map(|at| {
                    let (operator, key, values) = TESTS[at];
                    list(values, values.len()).prop_map(move |values| (operator, key, values))
                })
                .collect::<Vec<_>>()
        })
        .prop_map(|tests| {
            let tests: Vec<String> = tests
                .into_iter()
                .map(|(operator, key, values)| format!("{operator:?}:{{{key:?}:{values}}}"))
                .collect();
            tests.join(",")
        })
}

fn statement(principals: bool) -> impl Strategy<Value = String> {
    (
        select(&["Allow", "Allow", "Deny"][..]),
        select(&["Action", "Action", "Action", "NotAction"][..]),
        list(ACTIONS, 4),
        select(&["Resource", "Resource", "Resource", "NotResource"][..]),
        list(RESOURCES, 4),
        select(&["Principal", "Principal", "Principal", "NotPrincipal"][..]),
        select(PRINCIPALS),
        condition(),
        any::<bool>(),
    )
        .prop_map(move |(effect, action, actions, resource, resources, principal, who, tests, sid)| {
            let principal =
                if principals { format!("{principal:?}:{who},") } else { String::new() };
            let condition =
                if tests.is_empty() { String::new() } else { format!(r#","Condition":{{{tests}}}"#) };
            let sid = if sid { r#""Sid":"Name","# } else { "" };
            format!(
                r#"{{{sid}{resource:?}:{resources},"Effect":"{effect}",{principal}{action:?}:{actions}{condition}}}"#
            )
        })
}

fn policy(principals: bool) -> impl Strategy<Value = Policy> {
    (vec(statement(principals), 1..5), select(&["2012-10-17", "2012-10-17", "2008-10-17"][..]))
        .prop_map(|(statements, version)| {
            let text =
                format!(r#"{{"Statement":[{}],"Version":"{version}"}}"#, statements.join(","));
            Policy::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
        })
}

fn request() -> impl Strategy<Value = Request> {
    let facts: Vec<_> = FACTS
        .iter()
        .map(|(key, values)| {
            (0..values.len() + 3).prop_map(move |at| {
                let value = match values.get(at) {
                    Some(value) if *key == "aws:TagKeys" => {
                        let all = value.split(',').filter(|tag| !tag.is_empty());
                        ContextValue::from(all.collect::<Vec<_>>())
                    }
                    Some(value) => ContextValue::from(*value),
                    None if at == values.len() => ContextValue::Unknown,
                    None => return None,
                };
                Some((*key, value))
            })
        })
        .collect();
    (select(CALLERS), select(ASKED), select(TARGETS), facts).prop_map(
        |(principal, action, resource, facts)| {
            Request::new(principal, action, resource).with_all(facts.into_iter().flatten())
        },
    )
}

/// The outcomes of requests against a policy, as a principal's and as a resource's.
fn outcomes(policies: &[Policy], requests: &[Request]) -> Vec<(Outcome, Option<Outcome>)> {
    let identity = Evaluator::builder().identity(policies).build().unwrap();
    let resource = match policies {
        [only] => {
            let all =
                Policy::parse(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
                    .unwrap();
            Some(Evaluator::builder().identity([&all]).resource(Some(only)).build().unwrap())
        }
        _ => None,
    };
    requests
        .iter()
        .map(|request| {
            (identity.outcome(request), resource.as_ref().map(|own| own.outcome(request)))
        })
        .collect()
}

fn check<S: Strategy>(
    cases: u32,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&strategy, test).unwrap();
}

fn policies() -> impl Strategy<Value = Policy> {
    any::<bool>().prop_flat_map(policy)
}

#[test]
fn normalizing_and_minimizing_change_no_decision() {
    check(10_000, (policies(), vec(request(), 12)), |(policy, requests)| {
        let expected = outcomes(std::slice::from_ref(&policy), &requests);
        for (name, other) in [("normal", normalize(&policy)), ("minimal", minimize(&policy))] {
            let found = outcomes(std::slice::from_ref(&other), &requests);
            for ((request, expected), found) in requests.iter().zip(&expected).zip(found) {
                prop_assert_eq!(
                    *expected,
                    found,
                    "{} {} of {}: {:?}",
                    name,
                    other,
                    policy,
                    request
                );
            }
        }
        Ok(())
    });
}

#[test]
fn forms_are_stable_and_print_what_they_parse() {
    check(2_000, policies(), |policy| {
        prop_assert_eq!(&Policy::parse(&policy.to_json()).unwrap(), &policy);
        prop_assert_eq!(&Policy::parse(&policy.to_json_pretty(3)).unwrap(), &policy);
        let normal = normalize(&policy);
        prop_assert_eq!(&normalize(&normal), &normal);
        prop_assert_eq!(&Policy::parse(&normal.to_json()).unwrap(), &normal);
        let short = minimize(&policy);
        prop_assert_eq!(&minimize(&short), &short);
        prop_assert_eq!(&normalize(&short), &short);
        prop_assert!(short.to_json().len() <= normal.to_json().len());
        prop_assert_eq!(equivalent(&policy, &short).as_bool(), Some(true));
        prop_assert_eq!(equivalent(&policy, &normal).as_bool(), Some(true));
        Ok(())
    });
}

#[test]
fn equivalence_is_never_a_guess() {
    let told_apart = std::cell::Cell::new(0);
    check(2_000, (policies(), policies(), vec(request(), 12)), |(a, b, requests)| {
        match equivalent(&a, &b) {
            Equivalence::Equal => {
                let one = outcomes(std::slice::from_ref(&a), &requests);
                prop_assert_eq!(one, outcomes(std::slice::from_ref(&b), &requests));
            }
            Equivalence::Different(request) => {
                // Both as what one of them must be.
                let has_principal = |policy: &Policy| {
                    policy.statements().iter().any(|s| {
                        s.principal_element().is_some() || s.not_principal_element().is_some()
                    })
                };
                let of_resource = has_principal(&a) || has_principal(&b);
                let decide = |policy: &Policy| {
                    let builder = Evaluator::builder();
                    let builder = if of_resource {
                        builder.resource(Some(policy))
                    } else {
                        builder.identity([policy])
                    };
                    builder.build().unwrap().outcome(&request)
                };
                told_apart.set(told_apart.get() + 1);
                prop_assert_ne!(decide(&a), decide(&b), "{} {}: {:?}", a, b, request);
            }
            Equivalence::Undecided => {}
        }
        Ok(())
    });
    assert!(told_apart.get() > 500, "only {} were told apart", told_apart.get());
}

#[test]
fn split_policies_decide_as_one() {
    check(60, (vec(statement(false), 60..120), vec(request(), 12)), |(statements, requests)| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        let policy = Policy::parse(&text).unwrap();
        let parts = split(&policy, SizeLimit::Scp).unwrap();
        prop_assert!(parts.iter().all(|part| SizeLimit::Scp.size_of(part) <= 5120));
        let whole = outcomes(std::slice::from_ref(&policy), &requests);
        let split = outcomes(&parts, &requests);
        for (one, two) in whole.iter().zip(&split) {
            prop_assert_eq!(one.0, two.0);
        }
        Ok(())
    });
}

#[test]
fn long_statements_are_divided_and_single_policies_are_not() {
    let long: Vec<String> =
        (0..300).map(|at| format!(r#""arn:aws:s3:::a-rather-long-bucket-name-{at}/*""#)).collect();
    let statement = format!(
        r#"{{"Sid":"S","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":[{}]}}"#,
        long.join(",")
    );
    let policy =
        Policy::parse(&format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#)).unwrap();
    let parts = split(&policy, SizeLimit::ManagedPolicy).unwrap();
    assert!(parts.len() >= 3);
    let read = |key: usize| {
        let resource = format!("arn:aws:s3:::a-rather-long-bucket-name-{key}/k");
        Request::new("arn:aws:iam::111122223333:user/a", "s3:GetObject", resource)
    };
    let evaluator = Evaluator::builder().identity(&parts).build().unwrap();
    assert!((0..300).all(|key| evaluator.evaluate(&read(key)).is_allowed()));
    assert!(!evaluator.evaluate(&read(300)).is_allowed());

    assert!(matches!(split(&policy, SizeLimit::TrustPolicy), Err(SplitError::NotSplittable(_))));
    let huge = "x".repeat(7000);
    let statement =
        format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::{huge}"}}"#);
    let policy = Policy::parse(&format!(r#"{{"Statement":{statement}}}"#)).unwrap();
    let Err(SplitError::TooLarge(error)) = split(&policy, SizeLimit::ManagedPolicy) else {
        panic!()
    };
    assert_eq!(error.statement(), 0);
    let fits = Policy::parse(r#"{"Statement":[]}"#).unwrap();
    assert_eq!(split(&fits, SizeLimit::TrustPolicy).unwrap(), [fits]);
}

#[test]
fn merging_examples() {
    for (long, short) in [
        // Covered by another statement.
        (
            r#"[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]"#,
            r#"[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]"#,
        ),
        // One list differs.
        (
            r#"[{"Effect":"Deny","Action":"s3:B","Resource":"*"},{"Effect":"Deny","Action":["s3:A"],"Resource":["*"]}]"#,
            r#"[{"Effect":"Deny","Action":["s3:A","s3:B"],"Resource":"*"}]"#,
        ),
        // Two lists differ; exceptions are never joined.
        (
            r#"[{"Effect":"Deny","NotAction":"s3:A","Resource":"*"},{"Effect":"Deny","NotAction":"s3:B","Resource":"*"}]"#,
            r#"[{"Effect":"Deny","NotAction":"s3:A","Resource":"*"},{"Effect":"Deny","NotAction":"s3:B","Resource":"*"}]"#,
        ),
        // A narrower exception covers a wider one.
        (
            r#"[{"Effect":"Deny","NotAction":"s3:*","Resource":"*"},{"Effect":"Deny","NotAction":"s3:Get*","Resource":"*"}]"#,
            r#"[{"Effect":"Deny","NotAction":"s3:Get*","Resource":"*"}]"#,
        ),
        (
            r#"[{"Effect":"Allow","Principal":{"AWS":"a"},"Action":"s3:A","Resource":"*"},{"Effect":"Allow","Principal":{"Service":"s","AWS":["b"]},"Action":"s3:A","Resource":"*"}]"#,
            r#"[{"Effect":"Allow","Principal":{"AWS":["a","b"],"Service":"s"},"Action":"s3:A","Resource":"*"}]"#,
        ),
    ] {
        let policy =
            Policy::parse(&format!(r#"{{"Version":"2012-10-17","Statement":{long}}}"#)).unwrap();
        let expected = format!(r#"{{"Version":"2012-10-17","Statement":{short}}}"#);
        assert_eq!(policy.minimize().to_json(), expected);
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    name: String,
    #[serde(borrow)]
    document: &'a RawValue,
}

#[test]
fn the_corpus_gets_shorter_and_stays_equal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/policy/corpus");
    let (mut before, mut after, mut count) = (0, 0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let line: Line<'_> = serde_json::from_str(line).unwrap();
            let policy = Policy::parse(line.document.get()).unwrap();
            let (normal, short) = (policy.normalize(), policy.minimize());
            assert_eq!(normal.normalize(), normal, "{}", line.name);
            assert_eq!(short.minimize(), short, "{}", line.name);
            assert_eq!(equivalent(&policy, &short).as_bool(), Some(true), "{}", line.name);
            before += normal.to_json().len();
            after += short.to_json().len();
            count += 1;
        }
    }
    assert_eq!(count, 2143);
    assert!(after * 100 < before * 98, "{after} of {before}");
    println!("{after} of {before} bytes");
}
