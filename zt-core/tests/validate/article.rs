//! The article's own policies, and the mistakes in them.

use zt_core::guardrails::{kms_key_policy, require_mfa, restrict_access, trust};
use zt_core::policy::Policy;
use zt_core::validate::{Finding, Kind, ValidateOptions, validate};

fn found(text: &str, kind: Kind) -> Vec<Finding> {
    let options = ValidateOptions::default().now("2026-11-25T00:00:00Z".parse().unwrap());
    validate(&Policy::parse(text).unwrap(), kind, &options)
}

fn expect(text: &str, kind: Kind, expected: &[(&str, &str)]) {
    let findings = found(text, kind);
    for (code, pointer) in expected {
        let has = findings.iter().any(|own| own.code() == *code && own.pointer() == *pointer);
        assert!(has, "{code} at {pointer} in {findings:#?}");
    }
}

#[test]
fn the_mfa_policy() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllExceptMFAAuthenticated","Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser","iam:ListMFADevices","iam:ListVirtualMFADevices","iam:ResyncMFADevice","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
    expect(
        text,
        Kind::Identity,
        &[
            ("mfa-nobody-enrols", "/Statement/0"),
            ("mfa-exemption-for-others", "/Statement/0/NotAction"),
            ("mfa-get-device", "/Statement/0/NotAction"),
        ],
    );
}

#[test]
fn the_conditional_policy() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::sensitive-data/*","Condition":{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","198.51.100.0/24"]},"DateGreaterThan":{"aws:CurrentTime":"2025-01-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2025-12-31T23:59:59Z"},"StringEquals":{"aws:RequestedRegion":["us-east-1","us-west-2"]},"Bool":{"aws:SecureTransport":"true","aws:MultiFactorAuthPresent":"true"}}}]}"#;
    expect(
        text,
        Kind::Identity,
        &[
            ("date-in-past", "/Statement/0/Condition/DateLessThan/aws:CurrentTime"),
            ("source-ip-misses-endpoints", "/Statement/0/Condition/IpAddress/aws:SourceIp"),
            ("source-ip-breaks-services", "/Statement/0/Condition/IpAddress/aws:SourceIp"),
            ("allow-is-no-guardrail", "/Statement/0/Condition/IpAddress/aws:SourceIp"),
        ],
    );
}

#[test]
fn the_key_policy() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},{"Sid":"Allow use of the key for encryption","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::ACCOUNT:role/EncryptionRole"},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":["s3.us-east-1.amazonaws.com","rds.us-east-1.amazonaws.com"]}}}]}"#;
    expect(
        text,
        Kind::Resource,
        &[
            ("key-policy-delegates-use", "/Statement/0/Action"),
            ("malformed-account", "/Statement/1/Principal/AWS"),
        ],
    );
}

#[test]
fn the_trust_policy_and_what_it_may_be_asked_for() {
    // The external id is there: it is for third parties, and the article never hands it out, but that is not in the document.
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"USER_ARN"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}"#;
    expect(trust, Kind::Trust, &[("malformed-principal", "/Statement/0/Principal/AWS")]);
    let anything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*:*","Resource":"*"}]}"#;
    expect(anything, Kind::Identity, &[("full-access", "/Statement/0/Action")]);
    let iam = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#;
    expect(
        iam,
        Kind::Identity,
        &[
            ("privilege-escalation", "/Statement/0/Action"),
            ("pass-role-any", "/Statement/0/Action"),
        ],
    );
}

#[test]
fn our_own_guardrails_have_no_findings() {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let key = kms_key_policy("111122223333")
        .administrators([role("Admin")])
        .users([role("App")])
        .service_users([role("Backup")], ["s3.eu-central-1.amazonaws.com"]);
    let access = restrict_access()
        .source_ips(["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()])
        .source_vpces(["vpce-0123456789abcdef0"])
        .regions(["eu-central-1"])
        .require_tls(true);
    // Its Allow has a way in for each network, and is told only that an Allow is no guardrail.
    let allow = access.clone().actions(["s3:GetObject"]).allow().unwrap();
    let findings = validate(&allow, Kind::Identity, &ValidateOptions::default());
    assert!(findings.iter().all(|own| own.code() == "allow-is-no-guardrail"), "{findings:#?}");
    let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    for (policy, kind) in [
        (require_mfa().build(), Kind::Identity),
        (require_mfa().password_change(true).max_age(3600).build(), Kind::Identity),
        (key.build(), Kind::Resource),
        (access.deny(), Kind::Identity),
        (access.deny(), Kind::Scp),
        (trust::service("lambda.amazonaws.com", "111122223333").unwrap().build(), Kind::Trust),
        (trust::principal(&role("App")).unwrap().build(), Kind::Trust),
        (trust::third_party("444455556666", "7f3c9a52").unwrap().build(), Kind::Trust),
        (
            trust::oidc(provider, "sts.amazonaws.com", ["repo:us/app:*"]).unwrap().build(),
            Kind::Trust,
        ),
    ] {
        let policy = policy.unwrap();
        let findings = validate(&policy, kind, &ValidateOptions::default());
        assert!(findings.is_empty(), "{policy}: {findings:#?}");
    }
}
