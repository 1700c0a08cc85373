//! What one small document cannot show: sizes, options, suggestions beside others, and documents that are right.

use zt_core::policy::Policy;
use zt_core::validate::{Kind, Severity, ValidateOptions, validate};

use Kind::{Endpoint, Identity, Rcp, Resource, Scp, Trust};

use super::examples::{documents, options};

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
    let tests: Vec<String> = (0..11).map(|at| format!(r#""aws:PrincipalTag/t{at}":"x""#)).collect();
    let statement = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*","Condition":{{"StringEquals":{{{}}}}}}}]}}"#,
        tests.join(",")
    );
    let policy = Policy::parse(&statement).unwrap();
    let findings = validate(&policy, Kind::Resource, &ValidateOptions::default());
    assert_eq!(findings.iter().filter(|own| own.code() == "queue-policy-limits").count(), 1);
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
