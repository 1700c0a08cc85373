//! The worked examples of the rules in the IAM User Guide (*Condition operators*, *Variables and tags*, *Multivalued
//! context keys*, *Policy evaluation logic*), by number.
#![cfg(test)]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use zt_core::evaluate::{ContextValue, Evaluator, Outcome, Request};
use zt_core::policy::{Policy, Principal};

/// Example, operator, key, values of the policy, values of the request (`null`: absent), whether the condition holds.
type Row = (u8, &'static str, &'static str, Value, &'static [(&'static str, Value)], bool);

fn conditions() -> Vec<Row> {
    let user = "${aws:username}";
    rows(1, "StringEquals", json!("x"), [(json!(null), false)])
        .into_iter()
        .chain(rows(2, "StringNotEquals", json!("x"), [(json!(null), true)]))
        .chain(rows(
            3,
            "StringNotEquals",
            json!(["a", "b"]),
            [(json!("a"), false), (json!("c"), true)],
        ))
        .chain(rows(
            4,
            "StringEqualsIfExists",
            json!("x"),
            [(json!(null), true), (json!("y"), false)],
        ))
        .chain(rows(5, "StringNotEqualsIfExists", json!("x"), [(json!(null), true)]))
        .chain(rows(6, "NumericLessThan", json!("10"), [(json!(null), false)]))
        .chain(rows(7, "NumericNotEquals", json!("5"), [(json!(null), true)]))
        .chain(rows(8, "NotIpAddress", json!("10.0.0.0/8"), [(json!(null), true)]))
        .chain(rows(9, "Null", json!("true"), [(json!(null), true), (json!("x"), false)]))
        .chain(rows(10, "Null", json!("false"), [(json!(null), false), (json!("x"), true)]))
        .chain(rows(
            11,
            "ForAllValues:StringEquals",
            json!(["a", "b"]),
            [
                (json!(["a"]), true),
                (json!(["a", "b"]), true),
                (json!(["a", "c"]), false),
                (json!([]), true),
                (json!(null), true),
            ],
        ))
        .chain(rows(
            12,
            "ForAnyValue:StringEquals",
            json!(["a", "b"]),
            [
                (json!(["c"]), false),
                (json!(["a", "c"]), true),
                (json!([]), false),
                (json!(null), false),
            ],
        ))
        .chain(rows(
            13,
            "ForAnyValue:StringNotEquals",
            json!(["a", "b"]),
            [(json!(["a"]), false), (json!(["a", "c"]), true), (json!(null), false)],
        ))
        .chain(rows(
            14,
            "ForAllValues:StringNotEquals",
            json!(["a", "b"]),
            [(json!(["a", "c"]), false), (json!(["c", "d"]), true), (json!(null), true)],
        ))
        .chain(rows(
            15,
            "StringLike",
            json!("a*"),
            [(json!("a"), true), (json!("abc"), true), (json!("Abc"), false)],
        ))
        .chain(rows(16, "StringLike", json!("?"), [(json!(""), false), (json!("x"), true)]))
        .chain(rows(17, "StringEquals", json!("a*"), [(json!("abc"), false), (json!("a*"), true)]))
        .chain(rows(
            18,
            "StringLike",
            json!("a${*}b"),
            [(json!("a*b"), true), (json!("axb"), false)],
        ))
        .chain(rows(19, "StringEquals", json!("a${*}b"), [(json!("a*b"), true)]))
        .chain(rows_with(20, "StringEquals", user, "aws:username", [("alice", "alice", true)]))
        .chain(rows(20, "StringEquals", json!(user), [(json!("alice"), false)]))
        .chain(rows(21, "StringNotEquals", json!(user), [(json!("alice"), true)]))
        .chain(rows(
            22,
            "StringEquals",
            json!("${aws:PrincipalTag/t, 'none'}"),
            [(json!("none"), true)],
        ))
        .chain(rows_with(
            23,
            "StringLike",
            "${aws:PrincipalTag/t}",
            "aws:PrincipalTag/t",
            [("blue", "b*", false), ("b*", "b*", true)],
        ))
        .chain(rows(
            27,
            "ArnLike",
            json!("arn:aws:sns:*:111122223333:*"),
            [(json!("arn:aws:sns:us-east-1:111122223333:t"), true)],
        ))
        .chain(rows(
            28,
            "ArnEquals",
            json!("arn:aws:sns:*:*:t*"),
            [(json!("arn:aws:sns:us-east-1:111122223333:topic"), true)],
        ))
        .chain(rows(
            29,
            "ArnLike",
            json!("arn:aws:someservice:*:111122223333:finance/*"),
            [(json!(SPANNING), false)],
        ))
        .chain(rows(
            29,
            "StringLike",
            json!("arn:aws:someservice:*:111122223333:finance/*"),
            [(json!(SPANNING), true)],
        ))
        .chain(rows(
            30,
            "DateGreaterThan",
            json!("2020-01-01T00:00:00Z"),
            [(json!("2020-01-01T01:00:00+01:00"), false), (json!("2020-01-01T00:00:01Z"), true)],
        ))
        .chain(rows(31, "DateEquals", json!("2020-01-01T00:00:00Z"), [(json!("1577836800"), true)]))
        .chain(rows(32, "DateEquals", json!("2020-01-01"), [(json!("2020-01-01T00:00:00Z"), true)]))
        .chain(rows(
            33,
            "IpAddress",
            json!("0.0.0.0/0"),
            [(json!("192.0.2.1"), true), (json!("2001:db8::1"), false)],
        ))
        .chain(rows(
            34,
            "IpAddress",
            json!("203.0.113.0/24"),
            [(json!("203.0.113.255"), true), (json!("203.0.114.0"), false)],
        ))
        .chain(rows(35, "IpAddress", json!("2001:DB8::/32"), [(json!("2001:db8:0:0::1"), true)]))
        .chain(rows(36, "NotIpAddress", json!("10.0.0.1"), [(json!("2001:db8::1"), true)]))
        .chain(rows(37, "Bool", json!("false"), [(json!(null), false)]))
        .chain(rows(37, "BoolIfExists", json!("false"), [(json!(null), true)]))
        .chain(rows(38, "BinaryEquals", json!("AAEC"), [(json!("AAEC"), true)]))
        .collect()
}

const SPANNING: &str =
    "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";

fn rows<const N: usize>(
    number: u8,
    operator: &'static str,
    values: Value,
    cases: [(Value, bool); N],
) -> Vec<Row> {
    cases
        .into_iter()
        .map(|(own, holds)| (number, operator, "k", values.clone(), leak([("k", own)]), holds))
        .collect()
}

fn rows_with<const N: usize>(
    number: u8,
    operator: &'static str,
    value: &str,
    other: &'static str,
    cases: [(&str, &str, bool); N],
) -> Vec<Row> {
    cases
        .into_iter()
        .map(|(own, of_other, holds)| {
            let context = leak([("k", json!(own)), (other, json!(of_other))]);
            (number, operator, "k", json!(value), context, holds)
        })
        .collect()
}

fn leak<const N: usize>(context: [(&'static str, Value); N]) -> &'static [(&'static str, Value)] {
    Vec::leak(Vec::from(context))
}

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/s1";
const OBJECT: &str = "arn:aws:s3:::bkt/key";

fn policy(statements: Value) -> Policy {
    policy_of("2012-10-17", statements)
}

fn policy_of(version: &str, statements: Value) -> Policy {
    Policy::parse(&json!({"Version": version, "Statement": statements}).to_string()).unwrap()
}

/// Whether an Allow with the condition applies.
fn holds(
    version: &str,
    operator: &str,
    key: &str,
    values: &Value,
    context: &[(&str, Value)],
) -> bool {
    let policy = policy_of(
        version,
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {key: values}}}),
    );
    let context = context.iter().filter_map(|(key, value)| {
        let value = match value {
            Value::Null => return None,
            Value::Array(all) => {
                let texts = all.iter().map(|one| one.as_str().unwrap().to_owned());
                ContextValue::Many(texts.collect())
            }
            one => ContextValue::from(one.as_str().unwrap()),
        };
        Some((*key, value))
    });
    let request = Request::new(ALICE, "s3:GetObject", OBJECT).with_all(context);
    Evaluator::builder().identity([&policy]).build().unwrap().evaluate(&request).is_allowed()
}

#[test]
fn examples_1_to_23_and_27_to_38_conditions() {
    let mut numbers = BTreeSet::new();
    for (number, operator, key, values, context, expected) in conditions() {
        numbers.insert(number);
        assert_eq!(
            holds("2012-10-17", operator, key, &values, context),
            expected,
            "{number}: {operator} {key} {values} {context:?}"
        );
    }
    let expected: BTreeSet<u8> = (1..=23).chain(27..=38).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn example_24_the_old_version_has_no_variables() {
    let under = |own: &str| {
        let context = [("k", json!(own)), ("aws:username", json!("alice"))];
        holds("2008-10-17", "StringEquals", "k", &json!("${aws:username}"), &context)
    };
    assert!(under("${aws:username}"));
    assert!(!under("alice"));
}

fn home(username: Option<&str>, resource: &str) -> Outcome {
    let policy = policy(json!(
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::bkt/${aws:username}/*"}
    ));
    let mut request = Request::new(ALICE, "s3:GetObject", resource);
    if let Some(name) = username {
        request = request.with("aws:username", name);
    }
    Evaluator::builder().identity([&policy]).build().unwrap().outcome(&request)
}

#[test]
fn example_25_a_variable_without_value_matches_no_resource() {
    for resource in
        ["arn:aws:s3:::bkt/alice/x", "arn:aws:s3:::bkt//x", "arn:aws:s3:::bkt/${aws:username}/x"]
    {
        assert_eq!(home(None, resource), Outcome::ImplicitDeny, "{resource}");
    }
    assert_eq!(home(Some("alice"), "arn:aws:s3:::bkt/alice/x"), Outcome::Allowed);
}

#[test]
fn example_26_a_star_in_a_value_is_a_star() {
    assert_eq!(home(Some("*"), "arn:aws:s3:::bkt/alice/x"), Outcome::ImplicitDeny);
    assert_eq!(home(Some("*"), "arn:aws:s3:::bkt/*/x"), Outcome::Allowed);
}

#[test]
fn example_39_actions_ignore_case() {
    let policy = policy(json!({"Effect": "Allow", "Action": "S3:getobject", "Resource": "*"}));
    let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
    assert!(evaluator.evaluate(&Request::new(ALICE, "s3:GetObject", OBJECT)).is_allowed());
}

#[test]
fn example_40_not_action_denies_all_others() {
    let policy = policy(json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"},
    ]));
    let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
    let outcome = |action: &str| evaluator.outcome(&Request::new(ALICE, action, "*"));
    assert_eq!(outcome("s3:GetObject"), Outcome::ExplicitDeny);
    assert_eq!(outcome("iam:GetUser"), Outcome::Allowed);
}

fn allow(action: &str) -> Policy {
    policy(json!({"Effect": "Allow", "Action": action, "Resource": "*"}))
}

/// A resource policy that allows everything to one principal.
fn allow_to(principal: Value) -> Policy {
    policy(json!({"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}))
}

fn get(principal: &str) -> Request {
    Request::new(principal, "s3:GetObject", OBJECT).resource_account("111122223333")
}

#[test]
fn example_41_every_level_of_scps_must_allow() {
    let all = allow("*");
    let levels = [[allow("*")], [allow("ec2:*")]];
    let evaluator = Evaluator::builder().identity([&all]).scps(&levels).build().unwrap();
    assert_eq!(evaluator.outcome(&get(ALICE)), Outcome::ImplicitDeny);
    assert_eq!(evaluator.outcome(&Request::new(ALICE, "ec2:RunInstances", "*")), Outcome::Allowed);
}

#[test]
fn example_42_a_boundary_must_allow() {
    let (all, other) = (allow("*"), allow("ec2:*"));
    let evaluator = Evaluator::builder().identity([&all]).boundaries([&other]).build().unwrap();
    assert_eq!(evaluator.outcome(&get(ALICE)), Outcome::ImplicitDeny);
}

/// A bucket policy alone, under a boundary that lacks the action.
fn named_under_boundary(named: &str, caller: &str) -> Outcome {
    let (bucket, boundary) = (allow_to(json!({"AWS": named})), allow("ec2:*"));
    let evaluator = Evaluator::builder().resource(&bucket).boundaries([&boundary]).build().unwrap();
    evaluator.outcome(&get(caller))
}

#[test]
fn example_43_a_user_that_is_named_is_not_limited_by_its_boundary() {
    assert_eq!(named_under_boundary(ALICE, ALICE), Outcome::Allowed);
}

#[test]
fn example_44_a_role_that_is_named_is_limited_by_its_boundary() {
    assert_eq!(named_under_boundary(ROLE, SESSION), Outcome::ImplicitDeny);
}

#[test]
fn example_45_a_session_that_is_named_is_not() {
    assert_eq!(named_under_boundary(SESSION, SESSION), Outcome::Allowed);
}

#[test]
fn example_46_across_accounts_both_sides_must_allow() {
    let (identity, bucket) = (allow("*"), allow_to(json!({"AWS": ALICE})));
    let request = get(ALICE).resource_account("444455556666");
    let only_identity = Evaluator::builder().identity([&identity]).build().unwrap();
    let only_resource = Evaluator::builder().resource(&bucket).build().unwrap();
    let both = Evaluator::builder().identity([&identity]).resource(&bucket).build().unwrap();
    assert_eq!(only_identity.outcome(&request), Outcome::ImplicitDeny);
    assert_eq!(only_resource.outcome(&request), Outcome::ImplicitDeny);
    assert_eq!(both.outcome(&request), Outcome::Allowed);
}

#[test]
fn example_47_naming_the_account_only_delegates() {
    for own in ["arn:aws:iam::111122223333:root", "111122223333"] {
        let (bucket, identity) = (allow_to(json!({"AWS": own})), allow("s3:*"));
        let alone = Evaluator::builder().resource(&bucket).build().unwrap();
        assert_eq!(alone.outcome(&get(ALICE)), Outcome::ImplicitDeny);
        let both = Evaluator::builder().resource(&bucket).identity([&identity]).build().unwrap();
        assert_eq!(both.outcome(&get(ALICE)), Outcome::Allowed);
    }
}

#[test]
fn example_48_a_key_policy_must_allow() {
    let (all, silent) =
        (allow("*"), allow_to(json!({"AWS": "arn:aws:iam::111122223333:user/bob"})));
    let request = Request::new(ALICE, "kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/1");
    let evaluator = Evaluator::builder().identity([&all]).resource(&silent).build().unwrap();
    assert_eq!(evaluator.outcome(&request), Outcome::ImplicitDeny);
    let delegating = allow_to(json!({"AWS": "111122223333"}));
    let evaluator = Evaluator::builder().identity([&all]).resource(&delegating).build().unwrap();
    assert_eq!(evaluator.outcome(&request), Outcome::Allowed);
}

#[test]
fn example_49_a_trust_policy_must_allow() {
    let (all, silent) =
        (allow("sts:AssumeRole"), allow_to(json!({"Service": "ec2.amazonaws.com"})));
    let request = Request::new(ALICE, "sts:AssumeRole", ROLE);
    let evaluator = Evaluator::builder().identity([&all]).resource(&silent).build().unwrap();
    assert_eq!(evaluator.outcome(&request), Outcome::ImplicitDeny);
    let naming = allow_to(json!({"AWS": ALICE}));
    let evaluator = Evaluator::builder().resource(&naming).build().unwrap();
    assert_eq!(evaluator.outcome(&request), Outcome::Allowed);
}

#[test]
fn example_50_a_federated_user_without_session_policy_has_nothing() {
    let (all, read) = (allow("*"), allow("s3:Get*"));
    let request = get("arn:aws:sts::111122223333:federated-user/bob");
    let without = Evaluator::builder().identity([&all]).build().unwrap();
    assert_eq!(without.outcome(&request), Outcome::ImplicitDeny);
    let with = Evaluator::builder().identity([&all]).session([&read]).build().unwrap();
    assert_eq!(with.outcome(&request), Outcome::Allowed);
}

#[test]
fn example_51_denials_win_in_any_order() {
    let (allow, deny) = (
        json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        json!({"Effect": "Deny", "Action": "*", "Resource": "*"}),
    );
    for statements in [json!([allow, deny]), json!([deny, allow])] {
        let policy = policy(statements);
        let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
        assert_eq!(evaluator.outcome(&get(ALICE)), Outcome::ExplicitDeny);
    }
}

#[test]
fn example_52_all_operators_must_hold() {
    for effect in ["Allow", "Deny"] {
        let policy = policy(json!({
            "Effect": effect, "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"k": "x"}, "Bool": {"aws:SecureTransport": "true"}},
        }));
        let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
        let request = get(ALICE).with("k", "x").with("aws:SecureTransport", false);
        assert_eq!(evaluator.outcome(&request), Outcome::ImplicitDeny, "{effect}");
    }
}

#[test]
fn example_53_not_principal_excepts_whoever_it_lists_in_any_form() {
    // AWS leaves this open; the choice is `not-principal-any-form`.
    let identity = allow("*");
    for (listed, outcome) in [
        (SESSION, Outcome::Allowed),
        (ROLE, Outcome::Allowed),
        ("111122223333", Outcome::Allowed),
        (ALICE, Outcome::ExplicitDeny),
    ] {
        let bucket = policy(json!({
            "Effect": "Deny", "NotPrincipal": {"AWS": listed}, "Action": "*", "Resource": "*",
        }));
        let evaluator =
            Evaluator::builder().identity([&identity]).resource(&bucket).build().unwrap();
        assert_eq!(evaluator.outcome(&get(SESSION)), outcome, "{listed}");
    }
}

#[test]
fn example_54_rcps_of_the_resource_bind_everyone() {
    let stranger = "arn:aws:iam::999999999999:user/mallory";
    let (all, bucket) = (allow("*"), allow_to(json!({"AWS": stranger})));
    let rcp = [[policy(json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
    }))]];
    let evaluator =
        Evaluator::builder().identity([&all]).resource(&bucket).rcps(&rcp).build().unwrap();
    let request = get(stranger).with("aws:PrincipalOrgID", "o-2");
    assert_eq!(evaluator.outcome(&request), Outcome::ExplicitDeny);
}

#[test]
fn example_55_scps_are_those_of_the_caller() {
    // The caller of the API gives the levels of the principal's account, so those of the resource's never enter. A
    // caller without an account of its own (a service) is not bound by any.
    let scps = [[allow("ec2:*")]];
    let bucket = allow_to(json!({"Service": "logging.s3.amazonaws.com"}));
    let evaluator = Evaluator::builder().resource(&bucket).scps(&scps).build().unwrap();
    let service =
        Request::new(Principal::service("logging.s3.amazonaws.com"), "s3:PutObject", OBJECT)
            .resource_account("111122223333");
    assert_eq!(evaluator.outcome(&service), Outcome::Allowed);
    let own = allow_to(json!({"AWS": ALICE}));
    let evaluator = Evaluator::builder().resource(&own).scps(&scps).build().unwrap();
    assert_eq!(evaluator.outcome(&get(ALICE)), Outcome::ImplicitDeny);
}
