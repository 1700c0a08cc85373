//! The article's two policies: built, printed, and decided.
#![cfg(test)]

use std::net::Ipv4Addr;

use zt_core::action;
use zt_core::evaluate::{Evaluator, Outcome, Request};
use zt_core::policy::keys::{DateTime, IpRange, aws};
use zt_core::policy::{Policy, Statement};

const MFA: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "DenyAllExceptMFAAuthenticated",
      "Effect": "Deny",
      "NotAction": [
        "iam:CreateVirtualMFADevice",
        "iam:EnableMFADevice",
        "iam:GetUser",
        "iam:ListMFADevices",
        "iam:ListVirtualMFADevices",
        "iam:ResyncMFADevice",
        "sts:GetSessionToken"
      ],
      "Resource": "*",
      "Condition": {
        "BoolIfExists": {
          "aws:MultiFactorAuthPresent": "false"
        }
      }
    }
  ]
}"#;

const CONDITIONAL: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:PutObject"
      ],
      "Resource": "arn:aws:s3:::sensitive-data/*",
      "Condition": {
        "IpAddress": {
          "aws:SourceIp": [
            "203.0.113.0/24",
            "198.51.100.0/24"
          ]
        },
        "DateGreaterThan": {
          "aws:CurrentTime": "2025-01-01T00:00:00Z"
        },
        "DateLessThan": {
          "aws:CurrentTime": "2025-12-31T23:59:59Z"
        },
        "StringEquals": {
          "aws:RequestedRegion": [
            "us-east-1",
            "us-west-2"
          ]
        },
        "Bool": {
          "aws:SecureTransport": "true",
          "aws:MultiFactorAuthPresent": "true"
        }
      }
    }
  ]
}"#;

fn mfa() -> Policy {
    Policy::builder()
        .statement(
            Statement::deny("DenyAllExceptMFAAuthenticated")
                .not_actions([
                    action!("iam:CreateVirtualMFADevice"),
                    action!("iam:EnableMFADevice"),
                    action!("iam:GetUser"),
                    action!("iam:ListMFADevices"),
                    action!("iam:ListVirtualMFADevices"),
                    action!("iam:ResyncMFADevice"),
                    action!("sts:GetSessionToken"),
                ])
                .any_resource()
                .when(aws::multi_factor_auth_present().if_exists().is(false)),
        )
        .build()
        .unwrap()
}

fn conditional() -> Policy {
    let offices: [IpRange; 2] =
        ["203.0.113.0/24", "198.51.100.0/24"].map(|range| range.parse().unwrap());
    let start: DateTime = "2025-01-01T00:00:00Z".parse().unwrap();
    let end: jiff::Timestamp = "2025-12-31T23:59:59Z".parse().unwrap();
    Policy::new([Statement::allow(None)
        .actions(["s3:GetObject", "s3:PutObject"])
        .resources(["arn:aws:s3:::sensitive-data/*"])
        .when(aws::source_ip().is_in(offices))
        .when(aws::current_time().after(start))
        .when(aws::current_time().before(end))
        .when(aws::requested_region().is_in(["us-east-1", "us-west-2"]))
        .when(aws::secure_transport().is(true))
        .when(aws::multi_factor_auth_present().is(true))])
    .unwrap()
}

#[test]
fn built_policies_print_as_in_the_article() {
    assert_eq!(mfa().to_json_pretty(2), MFA);
    assert_eq!(conditional().to_json_pretty(2), CONDITIONAL);
    assert_eq!(Policy::parse(MFA).unwrap(), mfa());
    assert_eq!(Policy::parse(CONDITIONAL).unwrap(), conditional());
}

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

#[test]
fn mfa_decision_table() {
    let everything = Policy::new([Statement::allow(None).actions(["*"]).any_resource()]).unwrap();
    let alone = Evaluator::builder().identity([&mfa()]).build().unwrap();
    let with_allow = Evaluator::builder().identity([&everything, &mfa()]).build().unwrap();
    let request = |action: &str| Request::new(ALICE, action, "*");

    // Not exempt: denied unless a second factor was proved.
    for (request, outcome, alone_outcome) in [
        (
            request("s3:GetObject").with("aws:MultiFactorAuthPresent", true),
            Outcome::Allowed,
            Outcome::ImplicitDeny,
        ),
        (
            request("s3:GetObject").with("aws:MultiFactorAuthPresent", false),
            Outcome::ExplicitDeny,
            Outcome::ExplicitDeny,
        ),
        (request("s3:GetObject"), Outcome::ExplicitDeny, Outcome::ExplicitDeny),
    ] {
        assert_eq!(with_allow.evaluate(&request).outcome(), outcome, "{request:?}");
        assert_eq!(alone.evaluate(&request).outcome(), alone_outcome, "{request:?}");
    }
    // Exempt, in any case of letters.
    for action in [
        "iam:CreateVirtualMFADevice",
        "iam:EnableMFADevice",
        "iam:GetUser",
        "iam:ListMFADevices",
        "iam:ListVirtualMFADevices",
        "iam:ResyncMFADevice",
        "sts:GetSessionToken",
        "STS:getsessiontoken",
    ] {
        let request = request(action).with("aws:MultiFactorAuthPresent", false);
        assert_eq!(with_allow.evaluate(&request).outcome(), Outcome::Allowed, "{action}");
        assert_eq!(alone.evaluate(&request).outcome(), Outcome::ImplicitDeny, "{action}");
    }
    let denied = alone.evaluate(&request("s3:GetObject"));
    assert_eq!(
        denied.to_string(),
        "denied: identity policy #1, statement `DenyAllExceptMFAAuthenticated` denies `s3:GetObject`: \
         `aws:MultiFactorAuthPresent` is absent and BoolIfExists treats an absent key as a match"
    );
    let reason = &denied.reasons()[0];
    assert_eq!(reason.statement(), Some("DenyAllExceptMFAAuthenticated"));
}

#[test]
fn conditional_access_decision_table() {
    let evaluator = Evaluator::builder().identity([&conditional()]).build().unwrap();
    let good = || {
        Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::sensitive-data/report")
            .with("aws:SourceIp", std::net::IpAddr::from(Ipv4Addr::new(203, 0, 113, 7)))
            .with("aws:CurrentTime", "2025-06-01T12:00:00Z")
            .with("aws:RequestedRegion", "us-east-1")
            .with("aws:SecureTransport", true)
            .with("aws:MultiFactorAuthPresent", true)
    };
    let outcome = |request: &Request| evaluator.evaluate(request).outcome();
    for (key, value, allowed) in [
        ("aws:SourceIp", "203.0.113.255", true),
        ("aws:SourceIp", "198.51.100.0", true),
        ("aws:SourceIp", "203.0.114.0", false),
        ("aws:SourceIp", "192.0.2.7", false),
        ("aws:SourceIp", "2001:db8::1", false),
        ("aws:CurrentTime", "2025-01-01T00:00:00Z", false),
        ("aws:CurrentTime", "2025-01-01T00:00:01Z", true),
        ("aws:CurrentTime", "1750000000", true),
        ("aws:CurrentTime", "2025-12-31T23:59:58Z", true),
        ("aws:CurrentTime", "2025-12-31T23:59:59Z", false),
        ("aws:CurrentTime", "2026-11-24T00:00:00Z", false),
        ("aws:CurrentTime", "2025-01-01T00:30:00+01:00", false),
        ("aws:RequestedRegion", "us-west-2", true),
        ("aws:RequestedRegion", "eu-west-1", false),
        ("aws:RequestedRegion", "US-EAST-1", false),
        ("aws:SecureTransport", "false", false),
        ("aws:MultiFactorAuthPresent", "false", false),
    ] {
        let request = good().with(key, value);
        let expected = if allowed { Outcome::Allowed } else { Outcome::ImplicitDeny };
        assert_eq!(outcome(&request), expected, "{key} {value}");
    }
    assert_eq!(outcome(&good()), Outcome::Allowed);

    // Without a key, no operator of this policy holds: a request through a VPC endpoint has no `aws:SourceIp`.
    let keys: Vec<(String, String)> = good()
        .context_entries()
        .filter_map(|(name, value)| Some((name.to_owned(), value.values().first()?.clone())))
        .collect();
    for missing in [
        "aws:SourceIp",
        "aws:CurrentTime",
        "aws:RequestedRegion",
        "aws:SecureTransport",
        "aws:MultiFactorAuthPresent",
    ] {
        let request = Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::sensitive-data/report")
            .with_all(
                keys.iter()
                    .filter(|(name, _)| name != missing)
                    .map(|(name, value)| (name, value.as_str())),
            );
        assert_eq!(outcome(&request), Outcome::ImplicitDeny, "{missing}");
        let text = evaluator.evaluate(&request).to_string();
        assert!(text.contains(&format!("`{missing}` is absent")), "{text}");
    }

    let elsewhere = Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::other/report");
    assert_eq!(outcome(&elsewhere), Outcome::ImplicitDeny);
    let delete = Request::new(ALICE, "s3:DeleteObject", "arn:aws:s3:::sensitive-data/report");
    assert_eq!(evaluator.evaluate(&delete).to_string(), "denied: nothing allows `s3:DeleteObject`");
}
