//! Each rule by the smallest document that has its mistake.

use std::collections::BTreeSet;

use zt_core::policy::Policy;
use zt_core::validate::{Kind, Severity, ValidateOptions, rules, validate};

use Kind::{Boundary, Endpoint, Identity, Rcp, Resource, Scp, Session, Trust};

/// Code, kind, document (or a statement), pointer.
const EXAMPLES: &[(&str, Kind, &str, &str)] = &[
    (
        "missing-version",
        Identity,
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#,
        "",
    ),
    (
        "old-version",
        Identity,
        r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#,
        "/Version",
    ),
    ("no-statement", Identity, r#"{"Version":"2012-10-17","Statement":[]}"#, "/Statement"),
    (
        "id-not-allowed",
        Session,
        r#"{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#,
        "/Id",
    ),
    (
        "statement-id",
        Identity,
        r#"{"Id":"x","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement/Id",
    ),
    (
        "sid-characters",
        Identity,
        r#"{"Sid":"two words","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement/Sid",
    ),
    (
        "duplicate-sid",
        Scp,
        r#"[{"Sid":"A","Effect":"Deny","Action":"s3:GetObject","Resource":"*"},{"Sid":"A","Effect":"Deny","Action":"s3:PutObject","Resource":"*"}]"#,
        "/Statement/1/Sid",
    ),
    (
        "empty-sid",
        Identity,
        r#"{"Sid":"","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement/Sid",
    ),
    (
        "characters",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/日"}"#,
        "/Statement",
    ),
    (
        "nested-list",
        Identity,
        r#"{"Effect":"Allow","Action":[["s3:GetObject"]],"Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "empty-list",
        Identity,
        r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "empty-list",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":[]}}}"#,
        "/Statement/Condition/StringEquals/aws:PrincipalOrgID",
    ),
    (
        "empty-condition",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{}}"#,
        "/Statement/Condition",
    ),
    ("missing-element", Identity, r#"{"Effect":"Allow","Action":"s3:GetObject"}"#, "/Statement"),
    (
        "missing-element",
        Resource,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement",
    ),
    ("missing-element", Boundary, r#"{"Effect":"Allow","Resource":"*"}"#, "/Statement"),
    (
        "conflicting-elements",
        Identity,
        r#"{"Effect":"Deny","Action":"s3:GetObject","NotAction":"s3:PutObject","Resource":"*"}"#,
        "/Statement/NotAction",
    ),
    (
        "element-not-allowed",
        Identity,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement/Principal",
    ),
    (
        "element-not-allowed",
        Trust,
        r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole","Resource":"*"}"#,
        "/Statement/Resource",
    ),
    (
        "rcp-allow",
        Rcp,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#,
        "/Statement/Effect",
    ),
    (
        "rcp-principal",
        Rcp,
        r#"{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}"#,
        "/Statement/Principal",
    ),
    (
        "rcp-action",
        Rcp,
        r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "rcp-action",
        Rcp,
        r#"{"Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*"}"#,
        "/Statement/NotAction",
    ),
    (
        "rcp-service",
        Rcp,
        r#"{"Effect":"Deny","Principal":"*","Action":"ec2:*","Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "scp-old-grammar",
        Scp,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#,
        "/Statement/Resource",
    ),
    (
        "malformed-action",
        Identity,
        r#"{"Effect":"Allow","Action":["s3:GetObject","s3.PutObject"],"Resource":"*"}"#,
        "/Statement/Action/1",
    ),
    (
        "malformed-action",
        Identity,
        r#"{"Effect":"Allow","Action":"s*:GetObject","Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "unknown-service",
        Identity,
        r#"{"Effect":"Allow","Action":"dynamdb:GetItem","Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "unknown-action",
        Endpoint,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObjct","Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "pattern-without-action",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:Gte*","Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "redundant-action",
        Identity,
        r#"{"Effect":"Allow","Action":["s3:GetObject","s3:Get*"],"Resource":"*"}"#,
        "/Statement/Action/0",
    ),
    (
        "redundant-resource",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b/k"]}"#,
        "/Statement/Resource/1",
    ),
    (
        "allow-not-action",
        Identity,
        r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#,
        "/Statement/NotAction",
    ),
    (
        "allow-not-resource",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::b/*"}"#,
        "/Statement/NotResource",
    ),
    (
        "allow-not-principal",
        Resource,
        r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement/NotPrincipal",
    ),
    (
        "deny-not-principal",
        Resource,
        r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement/NotPrincipal",
    ),
    (
        "malformed-resource",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"bucket/*"}"#,
        "/Statement/Resource",
    ),
    (
        "short-arn",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3*"}"#,
        "/Statement/Resource",
    ),
    (
        "unknown-partition",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:asw:s3:::b/*"}"#,
        "/Statement/Resource",
    ),
    (
        "malformed-account",
        Identity,
        r#"{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:ACCOUNT:q"}"#,
        "/Statement/Resource",
    ),
    (
        "variable-in-arn-prefix",
        Identity,
        r#"{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:q"}"#,
        "/Statement/Resource",
    ),
    (
        "action-without-resource",
        Identity,
        r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b/*"}"#,
        "/Statement/Action/1",
    ),
    (
        "action-needs-all-resources",
        Identity,
        r#"{"Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:ListBucket"],"Resource":"arn:aws:s3:::b"}"#,
        "/Statement/Action/0",
    ),
    (
        "resource-without-action",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}"#,
        "/Statement/Resource/0",
    ),
    (
        "malformed-principal",
        Resource,
        r#"{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement/Principal/AWS",
    ),
    (
        "wildcard-in-principal",
        Resource,
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/App*"},"Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement/Principal/AWS",
    ),
    (
        "group-principal",
        Resource,
        r#"{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:group/g"]},"Action":"s3:GetObject","Resource":"*"}"#,
        "/Statement/Principal/AWS/1",
    ),
    (
        "malformed-service-principal",
        Trust,
        r#"{"Effect":"Allow","Principal":{"Service":"lambda"},"Action":"sts:AssumeRole"}"#,
        "/Statement/Principal/Service",
    ),
    (
        "public-principal",
        Resource,
        r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
        "/Statement/Principal/AWS",
    ),
    (
        "public-principal",
        Resource,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}}"#,
        "/Statement/Principal",
    ),
    (
        "confused-deputy",
        Resource,
        r#"{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}"#,
        "/Statement/Principal/Service",
    ),
    (
        "cross-account-trust",
        Trust,
        r#"{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}"#,
        "/Statement/Principal/AWS",
    ),
    (
        "trust-action",
        Trust,
        r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":["sts:AssumeRole","s3:GetObject"]}"#,
        "/Statement/Action/1",
    ),
    (
        "trust-action-mismatch",
        Trust,
        r#"{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRole"}"#,
        "/Statement/Action",
    ),
    (
        "federated-without-audience",
        Trust,
        r#"{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"accounts.google.com:sub":"1"}}}"#,
        "/Statement/Principal/Federated",
    ),
    (
        "federated-without-subject",
        Trust,
        r#"{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"accounts.google.com:aud":"1"}}}"#,
        "/Statement/Principal/Federated",
    ),
    (
        "wild-subject",
        Trust,
        r#"{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}}}"#,
        "/Statement/Condition/StringLike/token.actions.githubusercontent.com:sub",
    ),
    (
        "unknown-operator",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEqual":{"aws:PrincipalOrgID":"o-1"}}}"#,
        "/Statement/Condition/StringEqual",
    ),
    (
        "operator-spelling",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"stringEquals":{"aws:PrincipalOrgID":"o-1"}}}"#,
        "/Statement/Condition/stringEquals",
    ),
    (
        "unknown-key",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincpalOrgID":"o-1"}}}"#,
        "/Statement/Condition/StringEquals/aws:PrincpalOrgID",
    ),
    (
        "key-not-applicable",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:prefix":"a"}}}"#,
        "/Statement/Condition/StringEquals/s3:prefix",
    ),
    (
        "operator-type",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:SourceIp":"203.0.113.1"}}}"#,
        "/Statement/Condition/StringEquals/aws:SourceIp",
    ),
    (
        "malformed-value",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"tomorrow"}}}"#,
        "/Statement/Condition/DateLessThan/aws:CurrentTime",
    ),
    (
        "malformed-value",
        Identity,
        r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"NotIpAddress":{"aws:VpcSourceIp":["10.0.0.0/8","10.0.0.0/33"]}}}"#,
        "/Statement/Condition/NotIpAddress/aws:VpcSourceIp/1",
    ),
    (
        "year-or-seconds",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2030"}}}"#,
        "/Statement/Condition/DateLessThan/aws:CurrentTime",
    ),
    (
        "host-bits",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:VpcSourceIp":"10.0.0.7/24"}}}"#,
        "/Statement/Condition/IpAddress/aws:VpcSourceIp",
    ),
    (
        "range-without-prefix",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:VpcSourceIp":"2001:db8::1"}}}"#,
        "/Statement/Condition/IpAddress/aws:VpcSourceIp",
    ),
    (
        "date-in-past",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2025-12-31"}}}"#,
        "/Statement/Condition/DateLessThan/aws:CurrentTime",
    ),
    (
        "wildcard-in-equals",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"a*"}}}"#,
        "/Statement/Condition/StringEquals/aws:PrincipalTag~1team",
    ),
    (
        "multivalued-without-set",
        Identity,
        r#"{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"StringEquals":{"aws:TagKeys":"a"}}}"#,
        "/Statement/Condition/StringEquals/aws:TagKeys",
    ),
    (
        "set-on-single-value",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:PrincipalOrgID":"o-1"}}}"#,
        "/Statement/Condition/ForAnyValue:StringEquals/aws:PrincipalOrgID",
    ),
    (
        "for-all-values-in-allow",
        Identity,
        r#"{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}}"#,
        "/Statement/Condition/ForAllValues:StringEquals/aws:TagKeys",
    ),
    (
        "always-null",
        Identity,
        r#"{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"Null":{"aws:TagKeys":["true","false"]}}}"#,
        "/Statement/Condition/Null/aws:TagKeys",
    ),
    (
        "set-on-null",
        Identity,
        r#"{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"ForAnyValue:Null":{"aws:TagKeys":"false"}}}"#,
        "/Statement/Condition/ForAnyValue:Null/aws:TagKeys",
    ),
    (
        "variable-under-old-version",
        Identity,
        r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/*"}}"#,
        "/Statement/Resource",
    ),
    (
        "variable-not-taken",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:VpcSourceIp":"${aws:SourceIp}"}}}"#,
        "/Statement/Condition/IpAddress/aws:VpcSourceIp",
    ),
    (
        "unknown-variable",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:usrname}/*"}"#,
        "/Statement/Resource",
    ),
    (
        "multivalued-variable",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:TagKeys}/*"}"#,
        "/Statement/Resource",
    ),
    (
        "variable-default-form",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username,'x'}/*"}"#,
        "/Statement/Resource",
    ),
    (
        "mfa-deny-without-if-exists",
        Identity,
        r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}"#,
        "/Statement/Condition/Bool/aws:MultiFactorAuthPresent",
    ),
    (
        "mfa-allow-if-exists",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}}"#,
        "/Statement/Condition/BoolIfExists/aws:MultiFactorAuthPresent",
    ),
    (
        "ipv4-only-deny",
        Identity,
        r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}"#,
        "/Statement/Condition/NotIpAddress/aws:SourceIp",
    ),
    (
        "source-ip-misses-endpoints",
        Identity,
        r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}}}"#,
        "/Statement/Condition/NotIpAddress/aws:SourceIp",
    ),
    (
        "source-ip-breaks-services",
        Identity,
        r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}}}"#,
        "/Statement/Condition/NotIpAddress/aws:SourceIp",
    ),
    (
        "region-deny-global",
        Scp,
        r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-central-1"}}}"#,
        "/Statement/Condition/StringNotEquals/aws:RequestedRegion",
    ),
    (
        "forgeable-key",
        Resource,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"StringLike":{"aws:Referer":"https://us.example/*"}}}"#,
        "/Statement/Condition/StringLike/aws:Referer",
    ),
    (
        "allow-is-no-guardrail",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}"#,
        "/Statement/Condition/IpAddress/aws:SourceIp",
    ),
    (
        "full-access",
        Identity,
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "pass-role-any",
        Identity,
        r#"{"Effect":"Allow","Action":["ec2:RunInstances","iam:PassRole"],"Resource":"*"}"#,
        "/Statement/Action/1",
    ),
    (
        "privilege-escalation",
        Identity,
        r#"[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"},{"Effect":"Allow","Action":["ec2:RunInstances"],"Resource":"*"}]"#,
        "/Statement/1/Action/0",
    ),
    (
        "key-policy-locks-out",
        Resource,
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/App"},"Action":["kms:Decrypt"],"Resource":"*"}"#,
        "",
    ),
    (
        "key-policy-delegates-use",
        Resource,
        r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}"#,
        "/Statement/Action",
    ),
    (
        "never-applies",
        Identity,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2031-01-01"},"DateLessThan":{"aws:CurrentTime":"2030-01-01"}}}"#,
        "/Statement",
    ),
    (
        "never-applies",
        Identity,
        r#"{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"Null":{"aws:username":"true"},"StringEquals":{"aws:username":"a"}}}"#,
        "/Statement",
    ),
    (
        "statement-covered",
        Identity,
        r#"[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]"#,
        "/Statement/1",
    ),
    (
        "allow-denied",
        Identity,
        r#"[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"}]"#,
        "/Statement/0",
    ),
];

fn options() -> ValidateOptions {
    ValidateOptions::default().now("2026-06-01T00:00:00Z".parse().unwrap())
}

pub(crate) fn documents() -> Vec<(&'static str, Kind, Policy, &'static str)> {
    EXAMPLES
        .iter()
        .map(|(code, kind, text, pointer)| {
            let text = if text.contains("\"Statement\"") {
                (*text).to_owned()
            } else {
                format!(r#"{{"Version":"2012-10-17","Statement":{text}}}"#)
            };
            let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            (*code, *kind, policy, *pointer)
        })
        .collect()
}

#[test]
fn every_rule_finds_its_example() {
    for (code, kind, policy, pointer) in documents() {
        let findings = validate(&policy, kind, &options());
        let found = findings.iter().any(|own| own.code() == code && own.pointer() == pointer);
        assert!(found, "{code} at {pointer} of {policy}: {findings:#?}");
    }
}

/// Rules whose documents are too long for the table, or stand in the tests of the article.
const ELSEWHERE: [&str; 6] = [
    "policy-too-large",
    "policy-too-large-to-manage",
    "queue-policy-limits",
    "mfa-exemption-for-others",
    "mfa-nobody-enrols",
    "mfa-get-device",
];

#[test]
fn every_rule_has_an_example() {
    let with: BTreeSet<&str> = EXAMPLES.iter().map(|(code, ..)| *code).chain(ELSEWHERE).collect();
    let all: BTreeSet<&str> = rules().iter().map(|rule| rule.code()).collect();
    assert_eq!(with, all);
}

#[test]
fn sizes_are_counted_by_kind() {
    let document = |principal: &str, action: &str, length: usize| {
        let name = "x".repeat(length);
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{principal}"Action":"{action}","Resource":"arn:aws:s3:::{name}"}}]}}"#
        );
        let policy = Policy::parse(&text).unwrap();
        (policy.to_json().len(), policy)
    };
    let severity = |policy: &Policy, kind| {
        let findings = validate(policy, kind, &ValidateOptions::default());
        findings
            .iter()
            .find(|own| own.code().starts_with("policy-too-large"))
            .map(|own| (own.code(), own.severity()))
    };
    let who = r#""Principal":{"AWS":"111122223333"},"#;
    for (kind, limit, principal, action) in [
        (Kind::Boundary, 6_144, "", "s3:GetObject"),
        (Kind::Session, 2_048, "", "s3:GetObject"),
        (Kind::Trust, 4_096, who, "sts:AssumeRole"),
        (Kind::Scp, 5_120, "", "s3:GetObject"),
        (Kind::Rcp, 5_120, who, "s3:GetObject"),
        (Kind::Endpoint, 20_480, who, "s3:GetObject"),
        (Kind::Resource, 20_480, who, "s3:GetObject"),
        (Kind::Resource, 32_768, who, "kms:Decrypt"),
        (Kind::Resource, 8_192, who, "sqs:SendMessage"),
    ] {
        let (empty, _) = document(principal, action, 0);
        let (size, fits) = document(principal, action, limit - empty);
        assert_eq!(size, limit);
        let raised = (kind == Kind::Trust).then_some(("policy-too-large", Severity::Warning));
        assert_eq!(severity(&fits, kind), raised, "{kind:?}");
        let (_, over) = document(principal, action, limit - empty + 1);
        assert_eq!(severity(&over, kind), Some(("policy-too-large", Severity::Error)), "{kind:?}");
    }
    let (_, large) = document("", "s3:GetObject", 6_200);
    assert_eq!(
        severity(&large, Kind::Identity),
        Some(("policy-too-large-to-manage", Severity::Warning))
    );
    let (_, larger) = document("", "s3:GetObject", 10_300);
    assert_eq!(severity(&larger, Kind::Identity), Some(("policy-too-large", Severity::Warning)));
    let (empty, _) = document(who, "sts:AssumeRole", 0);
    let (_, most) = document(who, "sts:AssumeRole", 2_048 - empty);
    assert_eq!(severity(&most, Kind::Trust), None);
    // Over only by what IAM may not count.
    let (_, spaced) = document("", "s3:GetObject", 6_100);
    let spaced = Policy::parse(&spaced.to_json().replace("xxxxxx", "x     ")).unwrap();
    assert_eq!(severity(&spaced, Kind::Boundary), Some(("policy-too-large", Severity::Warning)));
    let limit = zt_core::rewrite::SizeLimit::ManagedPolicy;
    let findings = validate(&large, Kind::Identity, &ValidateOptions::default().size_limit(limit));
    assert!(
        findings
            .iter()
            .any(|own| own.code() == "policy-too-large" && own.severity() == Severity::Error)
    );
}

#[test]
fn queues_take_few_of_everything() {
    let statement = r#"{"Effect":"Allow","Principal":{"AWS":["111122223333","222233334444","333344445555"]},"Action":"sqs:SendMessage","Resource":"*"}"#;
    let many = vec![statement; 21].join(",");
    let policy =
        Policy::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{many}]}}"#)).unwrap();
    let findings = validate(&policy, Kind::Resource, &ValidateOptions::default());
    assert_eq!(findings.iter().filter(|own| own.code() == "queue-policy-limits").count(), 2);
}

#[test]
fn our_own_account_is_no_stranger() {
    let (.., policy, _) =
        documents().into_iter().find(|own| own.0 == "cross-account-trust").unwrap();
    let found = |options: ValidateOptions| {
        validate(&policy, Kind::Trust, &options)
            .iter()
            .any(|own| own.code() == "cross-account-trust")
    };
    assert!(found(ValidateOptions::default()));
    assert!(found(ValidateOptions::default().account_id("111122223333")));
    assert!(!found(ValidateOptions::default().account_id("444455556666")));
}

fn codes(kind: Kind, statement: &str) -> Vec<(&'static str, String, Option<String>)> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
    let policy = Policy::parse(&text).unwrap();
    validate(&policy, kind, &ValidateOptions::default())
        .into_iter()
        .map(|own| {
            let suggestion = own.suggestion().map(ToString::to_string);
            (own.code(), own.pointer().to_owned(), suggestion)
        })
        .collect()
}

/// Whatever another principal of the statement uses stays.
#[test]
fn an_action_that_others_use_is_not_replaced() {
    let statement = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/R","Federated":"arn:aws:iam::111122223333:saml-provider/P"},"Action":"sts:AssumeRoleWithSAML"}"#;
    let append = r#"add "sts:AssumeRole""#.to_owned();
    assert!(codes(Trust, statement).contains(&(
        "trust-action-mismatch",
        "/Statement/Action".to_owned(),
        Some(append)
    )));
    let alone = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/R"},"Action":["sts:AssumeRoleWithSAML"]}"#;
    let replace = r#"replace it with "sts:AssumeRole""#.to_owned();
    assert!(codes(Trust, alone).contains(&(
        "trust-action-mismatch",
        "/Statement/Action/0".to_owned(),
        Some(replace)
    )));
}

/// Another service's action of the same name is mentioned, and not put in its place.
#[test]
fn an_action_is_not_mended_into_another_service() {
    let statement = r#"{"Effect":"Allow","Action":"s3:DescribeInstances","Resource":"*"}"#;
    let found = codes(Identity, statement);
    assert!(
        found.iter().any(|(code, _, edit)| *code == "unknown-action" && edit.is_none()),
        "{found:?}"
    );
}

/// "All roles" of one account is as much as "all roles".
#[test]
fn everybody_of_an_account_is_everybody() {
    for (statement, code) in [
        (
            r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/*"}"#,
            "pass-role-any",
        ),
        (
            r#"{"Effect":"Allow","Action":["iam:PutUserPolicy"],"Resource":"arn:aws:iam::123456789012:user/*"}"#,
            "privilege-escalation",
        ),
        (
            r#"[{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}},{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]"#,
            "privilege-escalation",
        ),
    ] {
        let found = codes(Identity, statement);
        assert!(found.iter().any(|own| own.0 == code), "{code}: {found:?}");
    }
    for statement in [
        r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/App*"}"#,
        r#"{"Effect":"Allow","Action":["iam:CreateAccessKey"],"Resource":"arn:aws:iam::123456789012:user/${aws:username}"}"#,
    ] {
        assert_eq!(codes(Identity, statement), [], "{statement}");
    }
}

#[test]
fn good_policies_have_no_findings() {
    for (kind, text) in [
        // A request with a tag has keys of tags.
        (
            Identity,
            r#"{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":"team"}}}"#,
        ),
        // The S3 User Guide writes it so.
        (
            Identity,
            r#"{"Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:GetBucketLocation"],"Resource":"arn:aws:s3:::*"}"#,
        ),
        (
            Identity,
            r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"}"#,
        ),
        (
            Identity,
            r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":"${aws:username}/*"}}}"#,
        ),
        (
            Identity,
            r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/App","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}"#,
        ),
        (
            Resource,
            r#"{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-central-1:111122223333:q","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-central-1:111122223333:t"}}}"#,
        ),
        (
            Trust,
            r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
        ),
        (
            Scp,
            r#"{"Sid":"DenyLeave","Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"}"#,
        ),
        (
            Rcp,
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"}}}"#,
        ),
        (
            Endpoint,
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}"#,
        ),
    ] {
        let policy =
            Policy::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#)).unwrap();
        let findings = validate(&policy, kind, &options());
        assert!(findings.is_empty(), "{text}: {findings:#?}");
    }
}
