//! What the explanations say, gate by gate: `data/policy/explanations.txt` has every sentence, to be read.
//! `ZT_UPDATE=1` writes it anew.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};
use zt_core::evaluate::{Choice, ContextValue, Evaluator, Request, choices};
use zt_core::policy::{Policy, Principal};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/s1";
const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/bob";
const KEY: &str = "arn:aws:kms:us-east-1:444455556666:key/1";
const OWN_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1";
const OBJECT: &str = "arn:aws:s3:::bucket/key";

/// The policies of a scenario as JSON: lists of statements.
fn evaluator(policies: &Value) -> Evaluator {
    let one = |statements: &Value| {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        Policy::parse(&document.to_string()).unwrap()
    };
    let named = |kind: &str| -> Vec<(String, Policy)> {
        let all = policies[kind].as_object();
        all.into_iter().flatten().map(|(name, value)| (name.clone(), one(value))).collect()
    };
    let levels = |kind: &str| -> Vec<Vec<(String, Policy)>> {
        let levels = policies[kind].as_array();
        let level = |level: &Value| {
            let all = level.as_object().unwrap().iter();
            all.map(|(name, value)| (name.clone(), one(value))).collect()
        };
        levels.into_iter().flatten().map(level).collect()
    };
    let single = |kind: &str| policies.get(kind).map(one);
    Evaluator::builder()
        .identity(&named("identity"))
        .resource(&single("resource"))
        .scps(&levels("scps"))
        .rcps(&levels("rcps"))
        .boundaries(&named("boundary"))
        .session(&named("session"))
        .endpoint(&single("endpoint"))
        .build()
        .unwrap()
}

fn get(principal: impl Into<Principal>) -> Request {
    Request::new(principal, "s3:GetObject", OBJECT).with("aws:RequestedRegion", "eu-west-1")
}

fn decrypt(principal: &str, key: &str) -> Request {
    Request::new(principal, "kms:Decrypt", key)
}

fn allow(action: &str) -> Value {
    json!({"Sid": "Allow", "Effect": "Allow", "Action": action, "Resource": "*"})
}

fn allow_to(principal: &Value) -> Value {
    json!({"Sid": "Share", "Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"})
}

fn only_if(effect: &str, condition: Value) -> Value {
    let sid = if effect == "Allow" { "AllowIf" } else { "DenyIf" };
    json!({"Sid": sid, "Effect": effect, "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition})
}

fn scenarios() -> Vec<(&'static str, Value, Request)> {
    let office = json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
    let mfa = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    let everything = json!({"admin": [allow("*")]});
    let outside = || get(ALICE).with("aws:SourceIp", "192.0.2.7");
    let somewhere = || get(ALICE).with("aws:SourceIp", ContextValue::Unknown);
    let mut all = vec![
        ("allowed by an identity policy", json!({"identity": everything}), get(ALICE)),
        ("allowed as root", json!({}), get("111122223333")),
        ("nothing at all", json!({}), get(ALICE)),
        ("another action only", json!({"identity": {"ops": [allow("ec2:*")]}}), get(ALICE)),
        (
            "another resource only",
            json!({"identity": {"reader": [{"Sid": "Logs", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::logs/*"}]}}),
            get(ALICE),
        ),
        (
            "identity: a condition fails",
            json!({"identity": {"office": [only_if("Allow", office.clone())]}}),
            outside(),
        ),
        (
            "identity: a condition's key is absent",
            json!({"identity": {"office": [only_if("Allow", office.clone())]}}),
            get(ALICE),
        ),
        (
            "identity: denied for lack of MFA",
            json!({"identity": {"admin": [allow("*")], "mfa": [only_if("Deny", mfa.clone())]}}),
            get(ALICE),
        ),
        (
            "identity: denied without condition",
            json!({"identity": {"admin": [allow("*")], "freeze": [{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}]}}),
            get(ALICE),
        ),
        (
            "identity: an allow depends",
            json!({"identity": {"office": [only_if("Allow", office.clone())]}}),
            somewhere(),
        ),
        (
            "identity: a denial depends",
            json!({"identity": {"admin": [allow("*")], "mfa": [only_if("Deny", mfa.clone())]}}),
            get(ALICE).with("aws:MultiFactorAuthPresent", ContextValue::Unknown),
        ),
        (
            "denied in any case, only how depends",
            json!({"identity": {"mfa": [only_if("Deny", mfa.clone())]}}),
            get(ALICE).with("aws:MultiFactorAuthPresent", ContextValue::Unknown),
        ),
        (
            "allowed, whatever is not known",
            json!({"identity": {"office": [only_if("Allow", json!({"Null": {"aws:SourceIp": "false"}})), only_if("Allow", json!({"Null": {"aws:SourceIp": "true"}}))]}}),
            somewhere(),
        ),
        (
            "it depends, since a value need not be an address",
            json!({"identity": {"office": [only_if("Allow", json!({"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}})), only_if("Allow", json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))]}}),
            somewhere(),
        ),
        (
            "denied, whatever is not known",
            json!({"identity": {"office": [only_if("Allow", office.clone())]}, "boundary": {"dev": [allow("ec2:*")]}}),
            somewhere(),
        ),
        (
            "resource: names the user",
            json!({"resource": [allow_to(&json!({"AWS": ALICE}))]}),
            get(ALICE),
        ),
        (
            "resource: names only the account",
            json!({"resource": [allow_to(&json!({"AWS": "111122223333"}))]}),
            get(ALICE),
        ),
        (
            "resource: names somebody else",
            json!({"resource": [allow_to(&json!({"AWS": "arn:aws:iam::111122223333:user/carol"}))]}),
            get(ALICE),
        ),
        (
            "resource: denies",
            json!({"identity": everything, "resource": [only_if("Deny", json!({"Bool": {"aws:SecureTransport": "false"}}))]}),
            get(ALICE).with("aws:SecureTransport", false),
        ),
        (
            "resource: a role is named, its boundary does not allow",
            json!({"resource": [allow_to(&json!({"AWS": ROLE}))], "boundary": {"dev": [allow("ec2:*")]}}),
            get(SESSION),
        ),
        (
            "resource: `*` under a boundary that does not allow",
            json!({"resource": [allow_to(&json!("*"))], "boundary": {"dev": [allow("ec2:*")]}}),
            get(ALICE),
        ),
        (
            "resource: an unknown id",
            json!({"resource": [allow_to(&json!({"AWS": "AROAEXAMPLE"}))]}),
            get(SESSION).with("aws:userid", ContextValue::Unknown),
        ),
        ("key: no key policy given", json!({"identity": everything}), decrypt(ALICE, OWN_KEY)),
        (
            "key: the key policy does not leave it to IAM",
            json!({"identity": everything, "resource": [allow_to(&json!({"AWS": "arn:aws:iam::111122223333:user/carol"}))]}),
            decrypt(ALICE, OWN_KEY),
        ),
        (
            "key: the key policy leaves it to IAM, which says nothing",
            json!({"resource": [allow_to(&json!({"AWS": "111122223333"}))]}),
            decrypt(ALICE, OWN_KEY),
        ),
        (
            "key: of another account, identity side missing",
            json!({"resource": [allow_to(&json!({"AWS": "111122223333"}))]}),
            decrypt(ALICE, KEY),
        ),
        (
            "trust: the trust policy names a service only",
            json!({"identity": everything, "resource": [allow_to(&json!({"Service": "ec2.amazonaws.com"}))]}),
            Request::new(ALICE, "sts:AssumeRole", ROLE),
        ),
        (
            "across accounts: resource side missing",
            json!({"identity": everything}),
            get(ALICE).resource_account("444455556666"),
        ),
        (
            "across accounts: identity side missing",
            json!({"resource": [allow_to(&json!({"AWS": ALICE}))]}),
            get(ALICE).resource_account("444455556666"),
        ),
        ("across accounts: both missing", json!({}), get(ALICE).resource_account("444455556666")),
        (
            "across accounts: resource side depends",
            json!({"identity": everything, "resource": [only_if("Allow", office.clone())]}),
            somewhere().resource_account("444455556666"),
        ),
        (
            "SCP: one level does not allow",
            json!({"identity": everything, "scps": [{"p-FullAWSAccess": [allow("*")]}, {"p-compute": [allow("ec2:*")], "p-iam": [allow("iam:*")]}]}),
            get(ALICE),
        ),
        (
            "SCP: the only level does not allow",
            json!({"identity": everything, "scps": [{"p-1": [allow("ec2:*")]}]}),
            get(ALICE),
        ),
        (
            "SCP: a level is empty",
            json!({"identity": everything, "scps": [{"p-FullAWSAccess": [allow("*")]}, {}]}),
            get(ALICE),
        ),
        (
            "SCP: denies a Region",
            json!({"identity": everything, "scps": [{"p-FullAWSAccess": [allow("*")], "p-regions": [only_if("Deny", json!({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}}))]}]}),
            get(ALICE),
        ),
        (
            "SCP: the allow depends",
            json!({"identity": everything, "scps": [{"p-1": [only_if("Allow", office.clone())]}]}),
            somewhere(),
        ),
        (
            "RCP: denies strangers",
            json!({"identity": everything, "resource": [allow_to(&json!("*"))], "rcps": [{"p-perimeter": [only_if("Deny", json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}))]}]}),
            get(ALICE).resource_account("444455556666").with("aws:PrincipalOrgID", "o-2"),
        ),
        (
            "RCP: the denial depends",
            json!({"identity": everything, "rcps": [{"p-perimeter": [only_if("Deny", json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}))]}]}),
            get(ALICE).with("aws:PrincipalOrgID", ContextValue::Unknown),
        ),
        (
            "endpoint: does not allow",
            json!({"identity": everything, "endpoint": [{"Sid": "Logs", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:s3:::logs/*"}]}),
            get(ALICE),
        ),
        (
            "endpoint: denies",
            json!({"identity": everything, "endpoint": [allow_to(&json!("*")), only_if("Deny", json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}))]}),
            get(ALICE),
        ),
        (
            "boundary: does not allow",
            json!({"identity": everything, "boundary": {"dev": [allow("ec2:*"), only_if("Allow", office.clone())]}}),
            outside(),
        ),
        (
            "boundary: denies",
            json!({"identity": everything, "boundary": {"dev": [allow("*"), only_if("Deny", json!({"DateGreaterThan": {"aws:CurrentTime": "2025-12-31T23:59:59Z"}}))]}}),
            get(ALICE).with("aws:CurrentTime", "2026-02-01T00:00:00Z"),
        ),
        (
            "boundary: the allow depends",
            json!({"identity": everything, "boundary": {"dev": [only_if("Allow", office.clone())]}}),
            somewhere(),
        ),
        (
            "boundary: a list is denied for one of its values",
            json!({"identity": everything, "boundary": {"dev": [allow("*"), only_if("Deny", json!({"ForAnyValue:StringNotLike": {"aws:TagKeys": ["team", "stage-*"]}}))]}}),
            get(ALICE).with("aws:TagKeys", ["team", "owner"]),
        ),
        (
            "boundary: the address is denied",
            json!({"identity": everything, "boundary": {"dev": [allow("*"), only_if("Deny", json!({"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}})), only_if("Deny", json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/28"}}))]}}),
            outside(),
        ),
        (
            "session: does not allow",
            json!({"identity": everything, "session": {"scoped": [allow("ec2:*")]}}),
            get(SESSION),
        ),
        (
            "session: denies",
            json!({"identity": everything, "session": {"scoped": [allow("*"), {"Sid": "NoData", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}]}}),
            get(SESSION),
        ),
        ("session: a federated user without one", json!({"identity": everything}), get(FEDERATED)),
        (
            "several gates closed at once",
            json!({"identity": {"ops": [allow("ec2:*")]}, "boundary": {"dev": [allow("ec2:*")]}, "scps": [{"p-1": [allow("ec2:*")]}]}),
            get(ALICE),
        ),
        (
            "a service that is not named",
            json!({"resource": [allow_to(&json!({"Service": "sqs.amazonaws.com"}))]}),
            get(Principal::service("sns.amazonaws.com")),
        ),
        ("anonymous, no resource policy", json!({}), get("*")),
    ];
    for (name, condition, key, value) in [
        (
            "condition: too late",
            json!({"DateLessThan": {"aws:CurrentTime": "2025-12-31T23:59:59Z"}}),
            "aws:CurrentTime",
            Some(ContextValue::from("2026-02-01T00:00:00Z")),
        ),
        (
            "condition: too much",
            json!({"NumericLessThanEquals": {"s3:max-keys": "10"}}),
            "s3:max-keys",
            Some(ContextValue::from("100")),
        ),
        (
            "condition: not a number",
            json!({"NumericLessThanEquals": {"s3:max-keys": "10"}}),
            "s3:max-keys",
            Some(ContextValue::from("many")),
        ),
        (
            "condition: must be absent",
            json!({"Null": {"t:k": "true"}}),
            "t:k",
            Some(ContextValue::from("x")),
        ),
        ("condition: must be present", json!({"Null": {"t:k": "false"}}), "t:k", None),
        (
            "condition: a list with one too many",
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]}}),
            "aws:TagKeys",
            Some(ContextValue::from(["team", "owner"])),
        ),
        (
            "condition: a list without the one",
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}),
            "aws:PrincipalOrgPaths",
            Some(ContextValue::from(["o-2/r-1/"])),
        ),
        (
            "condition: several values, no set operator",
            json!({"StringEquals": {"aws:TagKeys": "team"}}),
            "aws:TagKeys",
            Some(ContextValue::from(["team", "owner"])),
        ),
        (
            "condition: a variable without value",
            json!({"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}}),
            "aws:ResourceTag/owner",
            Some(ContextValue::from("alice")),
        ),
        (
            "condition: another case",
            json!({"StringEquals": {"aws:PrincipalTag/team": "Red"}}),
            "aws:PrincipalTag/team",
            Some(ContextValue::from("red")),
        ),
        (
            "condition: an ARN of another account",
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}),
            "aws:SourceArn",
            Some(ContextValue::from("arn:aws:sns:eu-west-1:999999999999:topic")),
        ),
    ] {
        let request = match value {
            Some(value) => get(ALICE).with(key, value),
            None => get(ALICE),
        };
        all.push((name, json!({"identity": {"p": [only_if("Allow", condition)]}}), request));
    }
    all
}

#[test]
fn every_sentence_is_as_it_was_read() {
    let mut text = String::new();
    for (name, policies, request) in scenarios() {
        let decision = evaluator(&policies).evaluate(&request);
        writeln!(text, "# {name}\n{decision}").unwrap();
        for reason in decision.reasons() {
            let of = [reason.policy(), reason.statement()].map(Option::unwrap_or_default);
            writeln!(text, "  {} [{}] {}", reason.policy_type(), of.join("/"), reason.text())
                .unwrap();
        }
        text.push('\n');
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/policy/explanations.txt");
    if std::env::var_os("ZT_UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(path).unwrap());
}

/// A statement, a request, and the choice that the explanation must name.
fn choices_made() -> Vec<(&'static str, Value, Request)> {
    let one =
        |id, statement: Value, request| (id, json!({"identity": {"p": [statement]}}), request);
    let when = |id, condition: Value, key: &str, value: ContextValue| {
        one(id, only_if("Allow", condition), get(ALICE).with(key, value))
    };
    let mut both = allow("s3:*");
    both["NotAction"] = json!("ec2:*");
    let lists =
        json!({"Effect": "Deny", "NotPrincipal": {"AWS": ROLE}, "Action": "*", "Resource": "*"});
    vec![
        when(
            "variable-default-spacing",
            json!({"StringEquals": {"t:k": "${t:x,'a'}"}}),
            "t:k",
            "a".into(),
        ),
        one(
            "short-resource-pattern",
            json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3*"}),
            get(ALICE),
        ),
        one(
            "unresolved-not-resource",
            json!({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::${t:absent}"}),
            get(ALICE),
        ),
        one("both-forms", both, get(ALICE)),
        one("missing-element", json!({"Effect": "Deny", "Action": "*"}), get(ALICE)),
        (
            "anyone-is-direct",
            json!({"resource": [allow_to(&json!("*"))], "boundary": {"p": [allow("ec2:*")]}}),
            get(ALICE),
        ),
        (
            "unreadable-policy-value",
            json!({"identity": {"p": [allow("*")]}, "scps": [{"p": [only_if("Allow", json!({"ArnNotLike": {"t:k": "*"}}))]}]}),
            get(ALICE).with("t:k", OBJECT),
        ),
        (
            "unreadable-policy-value",
            json!({"identity": {"p": [allow("*")]}, "boundary": {"a": [allow("*")], "b": [only_if("Allow", json!({"ArnNotLike": {"t:k": "*"}}))]}}),
            get(ALICE).with("t:k", OBJECT),
        ),
        (
            "not-principal-any-form",
            json!({"identity": {"p": [allow("*")]}, "resource": [lists]}),
            get(SESSION),
        ),
        (
            "service-linked-by-name",
            json!({"identity": {"p": [allow("*")]}, "scps": [{}]}),
            get("arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s"),
        ),
        one("unknown-operator", only_if("Deny", json!({"StringEqualz": {"t:k": "a"}})), get(ALICE)),
        when(
            "several-values-without-set-operator",
            json!({"StringEquals": {"t:k": "a"}}),
            "t:k",
            ["a"].into(),
        ),
        when(
            "several-values-without-set-operator",
            json!({"StringEquals": {"t:k": "a"}}),
            "t:k",
            ["a", "b"].into(),
        ),
        one(
            "for-any-value-if-exists",
            only_if("Allow", json!({"ForAnyValue:StringEqualsIfExists": {"t:k": "a"}})),
            get(ALICE),
        ),
        when(
            "empty-list-is-null",
            json!({"Null": {"t:k": "true"}}),
            "t:k",
            ContextValue::Many(Vec::new()),
        ),
        when("unreadable-policy-value", json!({"ArnNotLike": {"t:k": "*"}}), "t:k", OBJECT.into()),
        when(
            "unreadable-request-value",
            json!({"IpAddress": {"t:k": "10.0.0.0/8"}}),
            "t:k",
            "here".into(),
        ),
        (
            "unreadable-request-value",
            json!({"identity": {"p": [allow("*"), only_if("Deny", json!({"NumericGreaterThan": {"t:k": "5"}}))]}}),
            get(ALICE).with("t:k", "many"),
        ),
        when("number-spelling", json!({"NumericEquals": {"t:k": "5"}}), "t:k", " 5".into()),
        when("number-spelling", json!({"NumericEquals": {"t:k": "5"}}), "t:k", "5e0".into()),
        when(
            "four-digits-are-a-year",
            json!({"DateLessThan": {"t:k": "2020"}}),
            "t:k",
            "2019-06-01".into(),
        ),
        when(
            "ipv6-without-prefix",
            json!({"IpAddress": {"t:k": "2001:db8::1"}}),
            "t:k",
            "2001:db8::1".into(),
        ),
        when("host-bits", json!({"IpAddress": {"t:k": "10.0.0.7/24"}}), "t:k", "10.0.0.1".into()),
        when(
            "case-beyond-ascii",
            json!({"StringEqualsIgnoreCase": {"t:k": "\u{c9}"}}),
            "t:k",
            "\u{e9}".into(),
        ),
    ]
}

#[test]
fn a_choice_that_took_part_is_named() {
    let named = |evaluator: &Evaluator, request: &Request| -> Vec<&'static str> {
        let decision = evaluator.evaluate(request);
        let choices = decision.reasons().iter().flat_map(|reason| reason.choices().to_vec());
        choices.map(Choice::id).collect()
    };
    // What something else allows as well takes no part.
    let beside = json!({"identity": {"p": [allow("*")]}, "scps": [{"a": [allow("*")], "b": [only_if("Allow", json!({"ArnNotLike": {"t:k": "*"}}))]}]});
    assert_eq!(named(&evaluator(&beside), &get(ALICE).with("t:k", OBJECT)), [""; 0]);
    let mut seen = BTreeSet::new();
    for (id, policies, request) in choices_made() {
        let evaluator = evaluator(&policies);
        assert!(
            named(&evaluator, &request).contains(&id),
            "{id}: {}",
            evaluator.evaluate(&request)
        );
        assert!(evaluator.evaluate(&request).to_string().contains(id), "{id}");
        seen.insert(id);
    }
    let old = json!({"Version": "2008-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${*}*",
    }});
    let old = Policy::parse(&old.to_string()).unwrap();
    let evaluator = Evaluator::builder().identity([&old]).build().unwrap();
    let request = Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::${}/key");
    assert_eq!(named(&evaluator, &request), ["old-version-escapes"]);
    seen.insert("old-version-escapes");
    let all: BTreeSet<&str> = choices().iter().map(Choice::id).collect();
    // The one that is about what a request leaves out.
    let silent: Vec<&&str> = all.difference(&seen).collect();
    assert_eq!(silent, [&"resource-account-not-given"]);
}

/// Every sentence of a denial names what to look at: no empty quotes, no doubled words.
#[test]
fn sentences_are_well_formed() {
    for (name, policies, request) in scenarios() {
        let sentence = evaluator(&policies).evaluate(&request).to_string();
        assert!(!sentence.contains("``") && !sentence.contains("  "), "{name}: {sentence}");
        assert!(!sentence.ends_with(['.', ':', ';', ' ']), "{name}: {sentence}");
    }
}
