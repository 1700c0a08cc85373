//! Customer managed keys: what is valid, what is proven, and the article's mistakes.
#![cfg(test)]

use serde_json::json;
use zt_core::evaluate::{Evaluator, Request};
use zt_core::keys::*;
use zt_core::policy::{Policy, Principal, Statement};

const ADMIN: &str = "arn:aws:iam::111122223333:role/security/KeyAdmin";
const APP: &str = "arn:aws:iam::111122223333:role/App";
const BACKUP: &str = "arn:aws:iam::111122223333:user/Backup";
const PARTNER: &str = "arn:aws:iam::444455556666:role/Partner";

fn key() -> CustomerManagedKeyBuilder {
    CustomerManagedKey::builder("orders", "111122223333", "eu-central-1").administrators([ADMIN])
}

fn whole() -> CustomerManagedKeyBuilder {
    key().users([APP, PARTNER]).service_users([BACKUP], ["s3", "rds.eu-central-1.amazonaws.com"])
}

fn refused(builder: CustomerManagedKeyBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

#[test]
fn what_is_proven_is_said() {
    let key = whole().build().unwrap();
    let said = key.proof().statements().join("\n");
    for part in [
        "`arn:aws:iam::111122223333:role/security/KeyAdmin` administers the key",
        "`arn:aws:iam::111122223333:role/App` uses the key, and cannot administer it",
        "`arn:aws:iam::111122223333:user/Backup` uses the key through s3.eu-central-1.amazonaws.com, rds.eu-central-1.amazonaws.com only",
        "No other user or role, of this account or another, can use or administer the key",
        "the owner is not locked out",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(key.proof().decisions() > 200);
    assert!(!key.limits().is_empty());
}

/// Decides for itself, apart from the proof.
#[test]
fn the_policy_does_what_the_proof_says() {
    let policy = whole().build().unwrap().policy().clone();
    let all = Policy::new([Statement::allow(None).actions(["kms:*"]).any_resource()]).unwrap();
    let evaluator = Evaluator::builder().identity([&all]).resource(Some(&policy)).build().unwrap();
    let arn = "arn:aws:kms:eu-central-1:111122223333:key/k";
    let may = |who: &str, action: &str, via: Option<&str>| {
        let request = Request::new(who, action, arn);
        let request = if who.contains("KeyAdmin") { request.role_arn(ADMIN) } else { request };
        let request =
            via.into_iter().fold(request, |request, via| request.with("kms:ViaService", via));
        evaluator.evaluate(&request).is_allowed()
    };
    let admin = "arn:aws:sts::111122223333:assumed-role/KeyAdmin/s";
    let app = "arn:aws:sts::111122223333:assumed-role/App/s";
    assert!(may(admin, "kms:ScheduleKeyDeletion", None) && !may(admin, "kms:Decrypt", None));
    assert!(may(app, "kms:Decrypt", None) && !may(app, "kms:PutKeyPolicy", None));
    assert!(may(BACKUP, "kms:Decrypt", Some("s3.eu-central-1.amazonaws.com")));
    assert!(
        !may(BACKUP, "kms:Decrypt", None)
            && !may(BACKUP, "kms:Decrypt", Some("s3.eu-west-1.amazonaws.com"))
    );
    assert!(!may("arn:aws:iam::111122223333:user/mallory", "kms:Decrypt", None));
}

// --- the article's mistakes -------------------------------------------------------------------

#[test]
fn article_bug_root_statement_gives_the_key_to_identity_policies() {
    let usual =
        Statement::allow("Enable IAM User Permissions".split(' ').collect::<String>().as_str())
            .principal(Principal::aws("arn:aws:iam::111122223333:root"))
            .actions(["kms:*"])
            .any_resource();
    let error = refused(whole().statement(usual));
    // The named administrators are denied use; everybody else of the account is not.
    assert!(error.starts_with("key policy: `"), "{error}");
    assert!(error.contains("must not be allowed `kms:"), "{error}");
}

#[test]
fn statements_that_break_the_separation_are_refused() {
    let allow = |who: &str, action: &str| {
        Statement::allow("Extra").principal(Principal::aws(who)).actions([action]).any_resource()
    };
    for (who, action) in [
        ("arn:aws:iam::111122223333:role/Other", "kms:PutKeyPolicy"),
        (APP, "kms:PutKeyPolicy"),
        (APP, "kms:CreateGrant"),
        (BACKUP, "kms:Decrypt"),
        ("arn:aws:iam::111122223333:role/Other", "kms:Decrypt"),
    ] {
        let error = refused(whole().statement(allow(who, action)));
        assert!(
            error.starts_with(&format!("key policy: `{who}` must not be allowed `{action}`")),
            "{error}"
        );
    }
    let anyone = Statement::allow("Extra")
        .principal(Principal::Anyone)
        .actions(["kms:Decrypt"])
        .any_resource();
    assert!(refused(whole().statement(anyone.clone())).contains("`kms:Decrypt`"));
    // Not even under some circumstances.
    let sometimes = anyone.when(zt_core::policy::keys::aws::secure_transport().is(true));
    assert!(refused(whole().statement(sometimes)).contains("`kms:Decrypt`"));
    // A statement that only denies more than the roles is refused where it takes a role away.
    let deny = Statement::deny("Extra")
        .principal(Principal::Anyone)
        .actions(["kms:PutKeyPolicy"])
        .any_resource();
    assert!(refused(whole().statement(deny)).contains("should be allowed `kms:PutKeyPolicy`"));
}

#[test]
fn article_bug_literal_account_in_the_principal() {
    for wrong in [
        "arn:aws:iam::ACCOUNT:role/EncryptionRole",
        "EncryptionRole",
        "*",
        "arn:aws:iam::111122223333:root",
    ] {
        assert!(key().users([wrong]).build().is_err(), "{wrong}");
    }
    assert!(
        CustomerManagedKey::builder("d", "ACCOUNT", "eu-central-1")
            .administrators([ADMIN])
            .build()
            .is_err()
    );
}

#[test]
fn article_bug_via_service_denies_envelope_encryption() {
    // Who calls KMS itself is a user; who uses it through services is another.
    let policy = whole().build().unwrap().policy().clone();
    let find = |sid: &str| {
        policy.statements().iter().find(|statement| statement.sid() == Some(sid)).unwrap()
    };
    assert!(find("AllowUse").condition_element().is_none());
    assert!(find("AllowUseThroughServices").condition_element().is_some());
}

#[test]
fn article_bug_region_and_partition_are_fixed() {
    let china = |arn: &str| arn.replace("arn:aws:", "arn:aws-cn:");
    let key = CustomerManagedKey::builder("d", "111122223333", "cn-north-1")
        .partition("aws-cn")
        .administrators([china(ADMIN)])
        .service_users([china(APP)], ["s3"])
        .build()
        .unwrap();
    assert!(key.policy().to_json().contains("s3.cn-north-1.amazonaws.com.cn"));
    let error = refused(key_through("s3.us-east-1.amazonaws.com"));
    assert_eq!(
        error,
        "service: expected a service of the key's Region, such as s3.eu-central-1.amazonaws.com, found `s3.us-east-1.amazonaws.com`"
    );
    for wrong in ["", "Frankfurt", "eu-central", "eu_central_1"] {
        assert!(
            CustomerManagedKey::builder("d", "111122223333", wrong)
                .administrators([ADMIN])
                .build()
                .is_err(),
            "{wrong}"
        );
    }
}

fn key_through(service: &str) -> CustomerManagedKeyBuilder {
    key().service_users([BACKUP], [service])
}

#[test]
fn article_bug_key_usage_with_a_spec_that_is_not_for_it() {
    for (usage, spec) in [
        ("SIGN_VERIFY", "SYMMETRIC_DEFAULT"),
        ("GENERATE_VERIFY_MAC", "SYMMETRIC_DEFAULT"),
        ("ENCRYPT_DECRYPT", "ECC_NIST_P256"),
        ("KEY_AGREEMENT", "RSA_2048"),
        ("SIGN", "RSA_2048"),
    ] {
        assert!(KeyType::parse(usage, spec).is_err(), "{usage} {spec}");
    }
    assert_eq!(
        KeyType::parse("GENERATE_VERIFY_MAC", "SYMMETRIC_DEFAULT").unwrap_err().to_string(),
        "key spec: expected one for GENERATE_VERIFY_MAC: HMAC_224, HMAC_256, HMAC_384, HMAC_512, found `SYMMETRIC_DEFAULT`"
    );
    let all: Vec<KeyType> = KeyType::all().collect();
    assert_eq!(all.len(), 25);
    for key_type in all {
        assert_eq!(KeyType::parse(key_type.usage(), key_type.spec()).unwrap(), key_type);
        let built = key().users([APP]).key_type(key_type).build();
        if key_type.spec() == "SM2" {
            assert!(built.is_err(), "SM2 is for China");
            continue;
        }
        let built = built.unwrap();
        let input = built.create_input();
        assert_eq!(
            (input["KeyUsage"].as_str(), input["KeySpec"].as_str()),
            (Some(key_type.usage()), Some(key_type.spec()))
        );
        assert_eq!(built.rotation_input(&json!("k")).is_some(), key_type.is_symmetric_encryption());
    }
}

#[test]
fn article_bug_alias_is_never_created() {
    let key = whole().alias("alias/my-app-key").build().unwrap();
    assert_eq!(
        key.alias_inputs(&json!("id")),
        [json!({"AliasName": "alias/my-app-key", "TargetKeyId": "id"})]
    );
    for wrong in [
        "my-app-key",
        "alias/",
        "alias/aws/s3",
        "alias/a b",
        "alias/naïve",
        &format!("alias/{}", "x".repeat(251)),
    ] {
        assert!(whole().alias(wrong).build().is_err(), "{wrong}");
    }
}

#[test]
fn article_bug_lockout_safety_check() {
    assert_eq!(
        whole().build().unwrap().create_input()["BypassPolicyLockoutSafetyCheck"],
        json!(false)
    );
    assert!(
        CustomerManagedKey::builder("d", "111122223333", "eu-central-1").build().is_err(),
        "nobody administers"
    );
    let deny = Statement::deny("Extra")
        .principal(Principal::aws("arn:aws:iam::111122223333:root"))
        .actions(["kms:*"])
        .any_resource();
    assert!(whole().statement(deny).build().is_err(), "the owner is locked out");
}

// --- the rest ---------------------------------------------------------------------------------

#[test]
fn encryption_context_is_asked_for() {
    let key = key().users([APP]).encryption_context("tenant", "a").build().unwrap();
    let evaluator = Evaluator::builder().resource(Some(key.policy())).build().unwrap();
    let decrypt = |tenant: Option<&str>| {
        let request = Request::new(
            "arn:aws:sts::111122223333:assumed-role/App/s",
            "kms:Decrypt",
            "arn:aws:kms:eu-central-1:111122223333:key/k",
        );
        let request = tenant
            .into_iter()
            .fold(request, |request, value| request.with("kms:EncryptionContext:tenant", value));
        evaluator.evaluate(&request).is_allowed()
    };
    assert!(decrypt(Some("a")) && !decrypt(Some("b")) && !decrypt(None));
    for (name, value) in
        [("tenant", "*"), ("", "a"), ("tenant", "${aws:username}"), ("t\u{e9}nant", "a")]
    {
        assert!(whole().encryption_context(name, value).build().is_err(), "{name}={value}");
    }
    assert!(
        self::key()
            .key_type(KeyType::GenerateVerifyMac(MacSpec::Hmac256))
            .encryption_context("a", "b")
            .build()
            .is_err()
    );
}

#[test]
fn settings_are_checked() {
    let input =
        whole().multi_region(["eu-west-1"]).tag("team", "shop").rotation_days(90).build().unwrap();
    assert_eq!(input.create_input()["MultiRegion"], json!(true));
    assert_eq!(input.create_input()["Tags"], json!([{"TagKey": "team", "TagValue": "shop"}]));
    assert_eq!(
        input.rotation_input(&json!("k")),
        Some(json!({"KeyId": "k", "RotationPeriodInDays": 90}))
    );
    assert_eq!(input.replica_inputs(&json!("k"))[0]["ReplicaRegion"], "eu-west-1");
    assert!(
        whole().build().unwrap().rotation_input(&json!("k")).unwrap()["RotationPeriodInDays"]
            == 365
    );
    assert_eq!(whole().without_rotation().build().unwrap().rotation_input(&json!("k")), None);
    for wrong in [
        whole().rotation_days(89),
        whole().rotation_days(2_561),
        whole().rotation_days(365).without_rotation(),
        key().key_type(KeyType::GenerateVerifyMac(MacSpec::Hmac256)).rotation_days(365),
        key().key_type(KeyType::SignVerify(SigningSpec::Rsa2048)).service_users([BACKUP], ["s3"]),
        whole().multi_region(["eu-central-1"]),
        whole().multi_region(["eu-west-1", "eu-west-1"]),
        whole().tag("aws:x", "y"),
        whole().tag("a", "b").tag("a", "c"),
        whole().tag("", "b"),
        whole().users([ADMIN]),
        CustomerManagedKey::builder("x".repeat(8193), "111122223333", "eu-central-1")
            .administrators([ADMIN]),
    ] {
        assert!(wrong.clone().build().is_err(), "{wrong:?}");
    }
    whole().require_mfa_to_destroy(true).build().unwrap();
}

#[test]
fn deletion_waits() {
    for days in [0, 6, 31] {
        assert!(KeyDeletion::after_days(days).is_err(), "{days}");
    }
    assert_eq!(
        KeyDeletion::after_days(7).unwrap().input(&json!("k")),
        json!({"KeyId": "k", "PendingWindowInDays": 7})
    );
}
