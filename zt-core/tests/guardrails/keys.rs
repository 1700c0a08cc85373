//! Key policies.

use zt_core::evaluate::{Evaluator, Outcome, Request};
use zt_core::guardrails::{KEY_ADMINISTRATION, KEY_USE, kms_key_policy};
use zt_core::policy::{Policy, Statement};

#[test]
fn administering_and_using_a_key_are_apart() {
    let key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let policy = kms_key_policy("111122223333")
        .administrators([role("Admin")])
        .users([role("App"), "arn:aws:iam::444455556666:role/Partner".to_owned()])
        .service_users([role("Backup")], ["s3.eu-central-1.amazonaws.com"])
        .build()
        .unwrap();
    // Everybody's own policy allows everything of KMS.
    let all = Policy::new([Statement::allow(None).actions(["kms:*"]).any_resource()]).unwrap();
    let evaluator = Evaluator::builder().identity([&all]).resource(Some(&policy)).build().unwrap();
    let may = |principal: &str, action: &str, via: Option<&str>, grant: bool| {
        let mut request = Request::new(principal, action, key);
        if let Some(via) = via {
            request = request.with("kms:ViaService", via);
        }
        if grant {
            request = request.with("kms:GrantIsForAWSResource", true);
        }
        evaluator.evaluate(&request).is_allowed()
    };
    let session = |name: &str| format!("arn:aws:sts::111122223333:assumed-role/{name}/s");
    let uses = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"];
    let root = "arn:aws:iam::111122223333:root";
    for action in KEY_ADMINISTRATION {
        assert!(may(&session("Admin"), action, None, false), "{action}");
        assert!(may(root, action, None, false), "{action}: the owner is locked out");
        for other in ["App", "Backup", "Somebody"] {
            let shared = *action == "kms:DescribeKey" && other == "App";
            assert_eq!(may(&session(other), action, None, false), shared, "{other} {action}");
        }
    }
    for action in uses {
        assert!(may(&session("App"), action, None, false), "{action}");
        assert!(may("arn:aws:iam::444455556666:role/Partner", action, None, false), "{action}");
        for other in ["Admin", "Backup", "Somebody"] {
            assert!(!may(&session(other), action, None, false), "{other} {action}");
        }
        let s3 = Some("s3.eu-central-1.amazonaws.com");
        assert!(may(&session("Backup"), action, s3, false), "{action}");
        assert!(!may(&session("Backup"), action, Some("s3.us-east-1.amazonaws.com"), false));
        assert!(!may(&session("Admin"), action, s3, false));
        assert!(!may(root, action, None, false), "the root user administers and does not use");
    }
    assert!(KEY_USE.iter().all(|action| may(&session("App"), action, None, false)));
    let s3 = Some("s3.eu-central-1.amazonaws.com");
    assert!(may(&session("Backup"), "kms:CreateGrant", s3, true));
    assert!(!may(&session("Backup"), "kms:CreateGrant", s3, false));
    assert!(!may(&session("Admin"), "kms:CreateGrant", s3, true));
    assert!(!may("arn:aws:iam::444455556666:role/Stranger", "kms:Decrypt", None, false));
    assert!(policy.to_json().len() <= 32 * 1024);
}

#[test]
fn key_policies_refuse_what_would_not_work() {
    let admin = "arn:aws:iam::111122223333:role/Admin";
    let good = || kms_key_policy("111122223333").administrators([admin]);
    assert!(good().build().is_ok());
    assert!(kms_key_policy("111122223333").build().is_err(), "nobody administers");
    for (says, policy) in [
        ("administrator", good().administrators(["arn:aws:iam::ACCOUNT:role/EncryptionRole"])),
        ("administrator", good().administrators(["arn:aws:iam::111122223333:role/*"])),
        ("user", good().users([admin])),
        ("user", good().users(["arn:aws:iam::111122223333:root"])),
        ("services", good().service_users(["arn:aws:iam::111122223333:role/B"], [""; 0])),
        ("service", good().service_users(["arn:aws:iam::111122223333:role/B"], ["s3"])),
        ("partition", good().partition("gcp")),
    ] {
        let error = policy.build().unwrap_err().to_string();
        assert!(error.starts_with(says), "{error}");
    }
}

#[test]
fn destroying_a_key_can_take_a_second_factor() {
    let admin = "arn:aws:iam::111122223333:user/admin";
    let policy = kms_key_policy("111122223333")
        .administrators([admin])
        .require_mfa_to_destroy(true)
        .build()
        .unwrap();
    let evaluator = Evaluator::builder().resource(Some(&policy)).build().unwrap();
    let key = "arn:aws:kms:eu-central-1:111122223333:key/k";
    let destroy = Request::new(admin, "kms:ScheduleKeyDeletion", key);
    assert_eq!(evaluator.evaluate(&destroy).outcome(), Outcome::ExplicitDeny);
    assert!(evaluator.evaluate(&destroy.with("aws:MultiFactorAuthPresent", true)).is_allowed());
    let describe = Request::new(admin, "kms:DescribeKey", key);
    assert!(evaluator.evaluate(&describe).is_allowed());
}
