//! The guardrails, decided: each with the table of decisions that it promises.
#![cfg(test)]

use proptest::prelude::*;
use zt_core::evaluate::{Evaluator, Outcome, Request};
use zt_core::guardrails::{
    KEY_ADMINISTRATION, KEY_USE, OUTLIVING_ACTIONS, kms_key_policy, require_mfa, restrict_access,
    temporary_access, trust,
};
use zt_core::policy::keys::DateTime;
use zt_core::policy::{IpRange, Policy, Principal, Statement};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

fn everything() -> Policy {
    Policy::new([Statement::allow(None).actions(["*"]).any_resource()]).unwrap()
}

fn date(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn own(user: &str) -> String {
    format!("arn:aws:iam::111122223333:user/{user}")
}

#[test]
fn without_mfa_a_person_enrols_their_own_device_and_nothing_else() {
    let policy = require_mfa().build().unwrap();
    let alone = Evaluator::builder().identity([&policy]).build().unwrap();
    let all = everything();
    let with_all = Evaluator::builder().identity([&all, &policy]).build().unwrap();
    let device = "arn:aws:iam::111122223333:mfa/phone".to_owned();
    use Outcome::{Allowed, ExplicitDeny, ImplicitDeny};
    // action, resource, MFA, alone, beside a policy that allows everything
    let table = [
        ("iam:ListVirtualMFADevices", "*".to_owned(), None, Allowed, Allowed),
        ("iam:CreateVirtualMFADevice", device.clone(), None, Allowed, Allowed),
        ("iam:EnableMFADevice", own("alice"), None, Allowed, Allowed),
        ("iam:EnableMFADevice", own("alice"), Some(false), Allowed, Allowed),
        ("iam:EnableMFADevice", own("team/alice"), None, Allowed, Allowed),
        ("iam:GetMFADevice", own("alice"), None, Allowed, Allowed),
        ("iam:ResyncMFADevice", own("alice"), None, Allowed, Allowed),
        ("iam:GetUser", own("alice"), None, Allowed, Allowed),
        ("iam:EnableMFADevice", own("bob"), None, ExplicitDeny, ExplicitDeny),
        ("iam:EnableMFADevice", own("bob"), Some(false), ExplicitDeny, ExplicitDeny),
        ("iam:EnableMFADevice", own("bob"), Some(true), ImplicitDeny, Allowed),
        ("iam:ResyncMFADevice", own("bob"), None, ExplicitDeny, ExplicitDeny),
        ("iam:DeactivateMFADevice", own("alice"), None, ExplicitDeny, ExplicitDeny),
        ("iam:DeactivateMFADevice", own("alice"), Some(true), Allowed, Allowed),
        ("iam:DeactivateMFADevice", own("bob"), Some(true), ImplicitDeny, Allowed),
        ("iam:DeleteVirtualMFADevice", device.clone(), None, ExplicitDeny, ExplicitDeny),
        ("iam:DeleteVirtualMFADevice", device, Some(true), Allowed, Allowed),
        ("iam:ChangePassword", own("alice"), None, ExplicitDeny, ExplicitDeny),
        ("sts:GetSessionToken", "*".to_owned(), None, ImplicitDeny, Allowed),
        ("s3:GetObject", "arn:aws:s3:::b/k".to_owned(), None, ExplicitDeny, ExplicitDeny),
        ("s3:GetObject", "arn:aws:s3:::b/k".to_owned(), Some(false), ExplicitDeny, ExplicitDeny),
        ("s3:GetObject", "arn:aws:s3:::b/k".to_owned(), Some(true), ImplicitDeny, Allowed),
        ("iam:CreateAccessKey", own("alice"), None, ExplicitDeny, ExplicitDeny),
    ];
    for (action, resource, mfa, expected, expected_with_all) in table {
        let mut request = Request::new(ALICE, action, &resource).with("aws:username", "alice");
        if let Some(mfa) = mfa {
            request = request.with("aws:MultiFactorAuthPresent", mfa);
        }
        let say = format!("{action} on {resource}, MFA {mfa:?}");
        assert_eq!(alone.evaluate(&request).outcome(), expected, "{say}");
        assert_eq!(with_all.evaluate(&request).outcome(), expected_with_all, "{say}");
    }
}

#[test]
fn a_first_password_can_be_changed_where_asked_for() {
    let policy = require_mfa().password_change(true).build().unwrap();
    let all = everything();
    let evaluator = Evaluator::builder().identity([&all, &policy]).build().unwrap();
    let change = |user| {
        let request =
            Request::new(ALICE, "iam:ChangePassword", own(user)).with("aws:username", "alice");
        evaluator.evaluate(&request).outcome()
    };
    assert_eq!(change("alice"), Outcome::Allowed);
    assert_eq!(change("bob"), Outcome::ExplicitDeny);
    assert!(require_mfa().password_change(true).limits().len() > require_mfa().limits().len());
}

#[test]
fn an_old_second_factor_does_not_count() {
    let policy = require_mfa().max_age(3600).build().unwrap();
    let all = everything();
    let evaluator = Evaluator::builder().identity([&all, &policy]).build().unwrap();
    let read = |age: u32| {
        let request = Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::b/k")
            .with("aws:MultiFactorAuthPresent", true)
            .with("aws:MultiFactorAuthAge", age);
        evaluator.evaluate(&request).outcome()
    };
    assert_eq!(read(3600), Outcome::Allowed);
    assert_eq!(read(3601), Outcome::ExplicitDeny);
}

#[test]
fn the_mfa_policy_fits_a_managed_policy() {
    let longest = require_mfa().password_change(true).max_age(3600).build().unwrap();
    assert!(longest.to_json().len() <= 6144);
}

fn restricted() -> zt_core::guardrails::RestrictAccess {
    let ranges: [IpRange; 2] = ["203.0.113.0/24", "2001:db8::/32"].map(|r| r.parse().unwrap());
    restrict_access()
        .actions(["s3:GetObject", "s3:PutObject"])
        .resources(["arn:aws:s3:::sensitive-data/*"])
        .source_ips(ranges)
        .source_vpces(["vpce-0123456789abcdef0"])
        .principal_orgs(["o-a1b2c3d4e5"])
        .regions(["us-east-1", "us-west-2"])
        .not_before(date("2026-01-01T00:00:00Z"))
        .not_after(date("2027-01-01T00:00:00Z"))
        .require_tls(true)
        .require_mfa(true)
}

fn good() -> Vec<(&'static str, &'static str)> {
    vec![
        ("aws:SourceIp", "203.0.113.7"),
        ("aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        ("aws:RequestedRegion", "us-east-1"),
        ("aws:CurrentTime", "2026-06-01T00:00:00Z"),
        ("aws:SecureTransport", "true"),
        ("aws:MultiFactorAuthPresent", "true"),
    ]
}

fn read(context: &[(&str, &str)]) -> Request {
    Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::sensitive-data/report")
        .with_all(context.iter().copied())
}

#[test]
fn conditional_access_decision_table() {
    let allow = restricted().allow().unwrap();
    let deny = restricted().deny().unwrap();
    let all = everything();
    let allowing = Evaluator::builder().identity([&allow]).build().unwrap();
    let denying = Evaluator::builder().identity([&all, &deny]).build().unwrap();
    let cases: &[(&str, Option<&str>, bool, Option<&str>)] = &[
        ("aws:SourceIp", Some("203.0.113.255"), true, None),
        ("aws:SourceIp", Some("2001:db8::1"), true, None),
        ("aws:SourceIp", Some("2001:db9::1"), false, Some("DenyOtherNetworks")),
        ("aws:SourceIp", Some("198.51.100.1"), false, Some("DenyOtherNetworks")),
        ("aws:SourceIp", None, false, Some("DenyOtherNetworks")),
        ("aws:CurrentTime", Some("2025-12-31T23:59:59Z"), false, Some("DenyTooEarly")),
        ("aws:CurrentTime", Some("2026-01-01T00:00:00Z"), true, None),
        ("aws:CurrentTime", Some("2026-12-31T23:59:59Z"), true, None),
        ("aws:CurrentTime", Some("2027-01-01T00:00:00Z"), false, Some("DenyTooLate")),
        ("aws:CurrentTime", None, false, Some("DenyTooEarly")),
        ("aws:RequestedRegion", Some("us-west-2"), true, None),
        ("aws:RequestedRegion", Some("eu-west-1"), false, Some("DenyOtherRegions")),
        ("aws:RequestedRegion", None, false, Some("DenyOtherRegions")),
        ("aws:PrincipalOrgID", Some("o-zzzzzzzzzz"), false, Some("DenyOtherOrganisations")),
        ("aws:PrincipalOrgID", None, false, Some("DenyOtherOrganisations")),
        ("aws:SecureTransport", Some("false"), false, Some("DenyWithoutTls")),
        ("aws:SecureTransport", None, false, Some("DenyWithoutTls")),
        ("aws:MultiFactorAuthPresent", Some("false"), false, Some("DenyWithoutMfa")),
        ("aws:MultiFactorAuthPresent", None, false, Some("DenyWithoutMfa")),
    ];
    for (key, value, allowed, statement) in cases {
        let mut context = good();
        context.retain(|(name, _)| name != key);
        context.extend(value.map(|value| (*key, value)));
        let request = read(&context);
        assert_eq!(allowing.evaluate(&request).is_allowed(), *allowed, "{key} {value:?}");
        let decision = denying.evaluate(&request);
        assert_eq!(decision.is_allowed(), *allowed, "{key} {value:?}");
        if let Some(statement) = statement {
            assert_eq!(decision.outcome(), Outcome::ExplicitDeny);
            assert_eq!(decision.reasons()[0].statement(), Some(*statement), "{key} {value:?}");
        }
    }
    // Through the endpoint there is no address; through another one there is no way in.
    let mut context = good();
    context.retain(|(name, _)| *name != "aws:SourceIp");
    context.push(("aws:SourceVpce", "vpce-0123456789abcdef0"));
    assert!(allowing.evaluate(&read(&context)).is_allowed());
    assert!(denying.evaluate(&read(&context)).is_allowed());
    context.pop();
    context.push(("aws:SourceVpce", "vpce-99999999999999999"));
    assert!(!allowing.evaluate(&read(&context)).is_allowed());
    assert_eq!(denying.evaluate(&read(&context)).outcome(), Outcome::ExplicitDeny);
    // A service on the caller's behalf is exempt from the network, and from nothing else.
    context.push(("aws:ViaAWSService", "true"));
    assert!(allowing.evaluate(&read(&context)).is_allowed());
    assert!(denying.evaluate(&read(&context)).is_allowed());
    // Other actions and resources are not this policy's business.
    let other = Request::new(ALICE, "s3:ListAllMyBuckets", "*");
    assert!(denying.evaluate(&other).is_allowed());
    assert!(!allowing.evaluate(&other).is_allowed());
}

#[test]
fn a_region_denial_of_everything_exempts_global_services() {
    let deny = restrict_access().regions(["eu-central-1"]).deny().unwrap();
    let all = everything();
    let evaluator = Evaluator::builder().identity([&all]).scps([[&all, &deny]]).build().unwrap();
    for (action, region, allowed) in [
        ("ec2:RunInstances", "eu-central-1", true),
        ("ec2:RunInstances", "us-east-1", false),
        ("iam:CreateRole", "us-east-1", true),
        ("organizations:ListAccounts", "us-east-1", true),
        ("cloudfront:GetDistribution", "us-east-1", true),
        ("kms:Decrypt", "us-east-1", false),
    ] {
        let request = Request::new(ALICE, action, "*").with("aws:RequestedRegion", region);
        assert_eq!(evaluator.evaluate(&request).is_allowed(), allowed, "{action} {region}");
    }
}

#[test]
fn an_organisation_perimeter_on_a_bucket_keeps_services() {
    let deny = restrict_access()
        .principals([Principal::Anyone])
        .resources(["arn:aws:s3:::b", "arn:aws:s3:::b/*"])
        .principal_orgs(["o-a1b2c3d4e5"])
        .deny()
        .unwrap();
    let evaluator =
        Evaluator::builder().identity([&everything()]).resource(Some(&deny)).build().unwrap();
    let put = |principal: Principal, org: Option<&str>| {
        let mut request = Request::new(principal, "s3:PutObject", "arn:aws:s3:::b/k");
        if let Some(org) = org {
            request = request.with("aws:PrincipalOrgID", org);
        }
        evaluator.evaluate(&request).outcome()
    };
    assert_eq!(put(ALICE.into(), Some("o-a1b2c3d4e5")), Outcome::Allowed);
    assert_eq!(put(ALICE.into(), Some("o-other")), Outcome::ExplicitDeny);
    assert_eq!(put(ALICE.into(), None), Outcome::ExplicitDeny);
    // Not denied here; allowing it is another statement's business.
    assert_eq!(put(Principal::service("logging.s3.amazonaws.com"), None), Outcome::ImplicitDeny);
}

proptest! {
    /// Deny is the twin of Allow: beside a policy that allows everything, it lets through what Allow allows and no more.
    #[test]
    fn deny_is_the_twin_of_allow(
        picks in proptest::collection::vec(0_usize..4, 10),
        used in proptest::collection::vec(any::<bool>(), 11),
    ) {
        let keys: [(&str, [&str; 3]); 10] = [
            ("aws:SourceIp", ["203.0.113.7", "2001:db8::7", "192.0.2.1"]),
            ("aws:SourceVpce", ["vpce-0123456789abcdef0", "vpce-1", "vpce-2"]),
            ("aws:PrincipalOrgID", ["o-a1b2c3d4e5", "o-b", "o-c"]),
            ("aws:RequestedRegion", ["us-east-1", "us-west-2", "eu-west-1"]),
            ("aws:CurrentTime", ["2026-06-01T00:00:00Z", "2027-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]),
            ("aws:SecureTransport", ["true", "true", "false"]),
            ("aws:MultiFactorAuthPresent", ["true", "true", "false"]),
            ("aws:ViaAWSService", ["true", "false", "false"]),
            ("aws:SourceVpc", ["vpc-0123456789abcdef0", "vpc-1", "vpc-2"]),
            ("aws:ResourceOrgID", ["o-a1b2c3d4e5", "o-a1b2c3d4e5", "o-c"]),
        ];
        let mut access = restrict_access().actions(["s3:GetObject"]);
        if used[0] { access = access.source_ips(["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]); }
        if used[1] { access = access.source_vpces(["vpce-0123456789abcdef0"]); }
        if used[2] { access = access.principal_orgs(["o-a1b2c3d4e5"]); }
        if used[3] { access = access.regions(["us-east-1", "us-west-2"]); }
        if used[4] { access = access.not_before(date("2026-01-01")); }
        if used[5] { access = access.not_after(date("2027-01-01")); }
        if used[6] { access = access.require_tls(true); }
        if used[7] { access = access.require_mfa(true); }
        access = access.via_aws_services(used[8]);
        if used[9] { access = access.source_vpcs(["vpc-0123456789abcdef0"]); }
        if used[10] { access = access.resource_orgs(["o-a1b2c3d4e5"]); }
        let mut request = Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::b/k");
        for ((key, values), pick) in keys.iter().zip(&picks) {
            if let Some(value) = values.get(*pick) {
                request = request.with(key, *value);
            }
        }
        match (access.allow(), access.deny()) {
            (Ok(allow), Ok(deny)) => {
                let all = everything();
                let allowing = Evaluator::builder().identity([&allow]).build().unwrap();
                let denying = Evaluator::builder().identity([&all, &deny]).build().unwrap();
                prop_assert_eq!(
                    allowing.evaluate(&request).is_allowed(),
                    denying.evaluate(&request).is_allowed(),
                    "{} {}", allow, deny
                );
            }
            (allow, deny) => {
                prop_assert!(!used[..8].contains(&true) && !used[9] && !used[10]);
                prop_assert!(allow.is_err() && deny.is_err());
            }
        }
    }
}

/// Every action of a few services, and what it can be asked for on.
fn anything() -> impl Strategy<Value = (String, String)> {
    let actions: Vec<String> = ["iam:*", "sts:*", "s3:*", "kms:*", "ec2:Describe*"]
        .iter()
        .flat_map(|pattern| zt_core::catalog::expand(pattern))
        .map(|action| action.to_string())
        .collect();
    let resources = [
        "*".to_owned(),
        own("alice"),
        own("team/alice"),
        own("bob"),
        own("alice/bob"),
        own("malice"),
        "arn:aws:iam::444455556666:user/alice".to_owned(),
        "arn:aws:iam::111122223333:mfa/phone".to_owned(),
        "arn:aws:iam::111122223333:role/alice".to_owned(),
        "arn:aws:s3:::b/alice".to_owned(),
    ];
    (proptest::sample::select(actions), proptest::sample::select(resources.to_vec()))
}

proptest! {
    /// Whatever else allows, without a second factor there is enrolment of one's own device and nothing more.
    #[test]
    fn without_mfa_nothing_but_own_enrolment(
        (action, resource) in anything(),
        mfa in proptest::option::of(Just(false)),
        password in any::<bool>(),
        age in proptest::option::of(1_u32..10_000),
    ) {
        let mut guardrail = require_mfa().password_change(password);
        if let Some(age) = age { guardrail = guardrail.max_age(age); }
        let policy = guardrail.build().unwrap();
        let evaluator = Evaluator::builder().identity([&everything(), &policy]).build().unwrap();
        let mut request = Request::new(ALICE, &action, &resource).with("aws:username", "alice");
        if let Some(mfa) = mfa { request = request.with("aws:MultiFactorAuthPresent", mfa); }
        let own_user = [
            "iam:EnableMFADevice", "iam:GetMFADevice", "iam:GetUser", "iam:ListMFADevices",
            "iam:ResyncMFADevice",
        ];
        let is_own = resource.ends_with(":user/alice") || resource.ends_with("/alice") && resource.contains(":user/");
        let left_open = match action.as_str() {
            "iam:CreateVirtualMFADevice" | "iam:ListVirtualMFADevices" | "sts:GetSessionToken" => true,
            "iam:GetAccountPasswordPolicy" => password,
            "iam:ChangePassword" => password && is_own,
            other => own_user.contains(&other) && is_own,
        };
        // Nobody in the other account has allowed anything, and no role here trusts alice.
        let elsewhere = resource.contains(":444455556666:")
            || action.starts_with("sts:") && resource.contains(":role/");
        let outcome = evaluator.outcome(&request);
        prop_assert_eq!(outcome == Outcome::Allowed, left_open && !elsewhere, "{} on {}: {:?}", action, resource, outcome);
        prop_assert!(left_open || outcome == Outcome::ExplicitDeny);
    }

    /// Whatever else allows: nothing before the start, nothing from the end on.
    #[test]
    fn temporary_access_is_nothing_outside_its_time(
        (action, resource) in anything(),
        second in -10_000_i64..20_000,
    ) {
        let start: jiff::Timestamp = "2026-06-01T11:00:00Z".parse().unwrap();
        let at = |second: i64| jiff::Timestamp::from_second(start.as_second() + second).unwrap();
        let text = |instant: jiff::Timestamp| instant.to_string();
        let read = Policy::new([
            Statement::allow(None).actions(["s3:*", "ec2:Describe*"]).any_resource(),
            Statement::deny(None).actions(["s3:DeleteBucket"]).any_resource(),
        ]).unwrap();
        let access = temporary_access(read.clone(), date(&text(at(10_000)))).not_before(date(&text(start)));
        let policy = access.build().unwrap();
        let session = "arn:aws:sts::111122223333:assumed-role/Temporary/alice";
        let open = Policy::new([
            Statement::allow(None).principal(session).actions(["*"]).any_resource(),
        ]).unwrap();
        let request = Request::new(session, &action, &resource).with("aws:CurrentTime", text(at(second)));
        let decide = |policies: &[&Policy], resource: Option<&Policy>| {
            Evaluator::builder().identity(policies.iter().copied()).resource(resource).build().unwrap().outcome(&request)
        };
        let inside = (0..10_000).contains(&second);
        let alone = decide(&[&policy], None);
        prop_assert_eq!(alone == Outcome::Allowed, inside && decide(&[&read], None) == Outcome::Allowed);
        if !inside {
            prop_assert_eq!(alone, Outcome::ExplicitDeny);
            prop_assert_eq!(decide(&[&everything(), &policy], None), Outcome::ExplicitDeny);
            prop_assert_eq!(decide(&[&policy], Some(&open)), Outcome::ExplicitDeny);
        }
    }

    /// No administrator uses the key, no user administers it, nobody else does either; whatever identity policies allow.
    #[test]
    fn nobody_both_administers_and_uses_a_key(
        action in proptest::sample::select(zt_core::catalog::expand("kms:*")),
        who in 0_usize..7,
        via in proptest::option::of(proptest::sample::select(vec!["s3.eu-central-1.amazonaws.com", "rds.eu-central-1.amazonaws.com"])),
        facts in proptest::collection::vec(proptest::option::of(any::<bool>()), 3),
        mfa in any::<bool>(),
    ) {
        let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
        let policy = kms_key_policy("111122223333")
            .administrators([role("Admin"), own("admin")])
            .users([role("App")])
            .service_users([role("Backup")], ["s3.eu-central-1.amazonaws.com"])
            .require_mfa_to_destroy(mfa)
            .build()
            .unwrap();
        let evaluator = Evaluator::builder().identity([&everything()]).resource(Some(&policy)).build().unwrap();
        let session = |name: &str| format!("arn:aws:sts::111122223333:assumed-role/{name}/s");
        let callers = [
            session("Admin"), own("admin"), session("App"), session("Backup"), session("Somebody"),
            own("somebody"), "arn:aws:iam::444455556666:role/App".to_owned(),
        ];
        let action = action.to_string();
        let key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let mut request = Request::new(callers[who].as_str(), &action, key);
        if let Some(via) = via { request = request.with("kms:ViaService", via); }
        let keys = ["kms:GrantIsForAWSResource", "aws:MultiFactorAuthPresent", "kms:BypassPolicyLockoutSafetyCheck"];
        for (key, fact) in keys.iter().zip(&facts) {
            if let Some(fact) = fact { request = request.with(key, *fact); }
        }
        let allowed = evaluator.evaluate(&request).is_allowed();
        let administers = KEY_ADMINISTRATION.contains(&action.as_str());
        let uses = KEY_USE.contains(&action.as_str());
        let through_s3 = via == Some("s3.eu-central-1.amazonaws.com");
        let grants = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"].contains(&action.as_str());
        let destroys = ["kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"].contains(&action.as_str());
        let expected = match who {
            0 | 1 => administers && (!mfa || !destroys || facts[1] == Some(true)),
            2 => uses,
            3 => through_s3 && (uses || grants && facts[0] == Some(true)),
            _ => false,
        };
        prop_assert_eq!(allowed, expected, "{} {}", callers[who], action);
    }
}

#[test]
fn temporary_access_ends_whatever_else_allows() {
    let read = Policy::new([Statement::allow("Read")
        .actions(["s3:GetObject"])
        .resources(["arn:aws:s3:::b/*"])])
    .unwrap();
    let access = temporary_access(read, date("2026-06-01T12:00:00Z"))
        .not_before(date("2026-06-01T11:00:00Z"));
    let policy = access.build().unwrap();
    let session = "arn:aws:sts::111122223333:assumed-role/Temporary/alice";
    // The policy of the bucket names the session itself.
    let bucket = Policy::new([Statement::allow(None)
        .principal(session)
        .actions(["s3:GetObject"])
        .resources(["arn:aws:s3:::b/*"])])
    .unwrap();
    let evaluator =
        Evaluator::builder().identity([&policy]).resource(Some(&bucket)).build().unwrap();
    let alone = Evaluator::builder().identity([&policy]).build().unwrap();
    for (time, allowed) in [
        ("2026-06-01T10:59:59Z", false),
        ("2026-06-01T11:00:00Z", true),
        ("2026-06-01T11:59:59Z", true),
        ("2026-06-01T12:00:00Z", false),
        ("2027-01-01T00:00:00Z", false),
    ] {
        let request =
            Request::new(session, "s3:GetObject", "arn:aws:s3:::b/k").with("aws:CurrentTime", time);
        assert_eq!(evaluator.evaluate(&request).is_allowed(), allowed, "{time}");
        assert_eq!(alone.evaluate(&request).is_allowed(), allowed, "{time}");
        if !allowed {
            assert_eq!(evaluator.evaluate(&request).outcome(), Outcome::ExplicitDeny, "{time}");
        }
    }
    let trust = access.trust(ALICE).unwrap().build().unwrap();
    let role = "arn:aws:iam::111122223333:role/Temporary";
    let evaluator = Evaluator::builder().resource(Some(&trust)).build().unwrap();
    for (time, allowed) in [("2026-06-01T11:30:00Z", true), ("2026-06-01T12:00:00Z", false)] {
        let request = Request::new(ALICE, "sts:AssumeRole", role).with("aws:CurrentTime", time);
        assert_eq!(evaluator.evaluate(&request).is_allowed(), allowed, "{time}");
    }
}

#[test]
fn what_outlives_a_grant_must_be_named() {
    let allow = |actions: &[&str]| {
        let statement = Statement::allow(None).actions(actions.to_vec()).any_resource();
        temporary_access(Policy::new([statement]).unwrap(), date("2030")).build()
    };
    for pattern in
        ["*", "*:*", "iam:*", "IAM:Pass*", "sts:Assume*", "sts:*", "kms:*", "kms:Create?rant"]
    {
        let error = allow(&["s3:GetObject", pattern]).unwrap_err();
        assert!(error.to_string().contains(&format!("found `{pattern}`")), "{error}");
    }
    for fine in ["iam:Get*", "s3:*", "kms:Decrypt", "sts:GetCallerIdentity"] {
        assert!(allow(&[fine]).is_ok(), "{fine}");
    }
    for named in OUTLIVING_ACTIONS {
        assert!(allow(&[named]).is_ok(), "{named}");
    }
    let except = Statement::allow(None).not_actions(["iam:PassRole"]).any_resource();
    assert!(temporary_access(Policy::new([except]).unwrap(), date("2030")).build().is_err());
    let of_a_bucket = Statement::allow(None).principal(ALICE).actions(["s3:Get*"]).any_resource();
    assert!(temporary_access(Policy::new([of_a_bucket]).unwrap(), date("2030")).build().is_err());
    let backwards = temporary_access(everything(), date("2030")).not_before(date("2031"));
    assert!(backwards.build().is_err());
}

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

#[test]
fn trust_tells_its_principals_from_others() {
    let role = "arn:aws:iam::111122223333:role/R";
    let decide = |policy: &Policy, principal: Principal, action: &str, context: &[(&str, &str)]| {
        // In another account the caller's own policy allows as well.
        let all = everything();
        let evaluator =
            Evaluator::builder().identity([&all]).resource(Some(policy)).build().unwrap();
        let request = Request::new(principal, action, role).with_all(context.iter().copied());
        evaluator.evaluate(&request).is_allowed()
    };
    let lambda = Principal::service("lambda.amazonaws.com");
    let policy = trust::service("lambda.amazonaws.com", "111122223333")
        .unwrap()
        .source_arn("arn:aws:lambda:*:111122223333:function:f")
        .unwrap()
        .build()
        .unwrap();
    let ours = ("aws:SourceAccount", "111122223333");
    let function = ("aws:SourceArn", "arn:aws:lambda:eu-central-1:111122223333:function:f");
    let other = ("aws:SourceArn", "arn:aws:lambda:eu-central-1:111122223333:function:g");
    assert!(decide(&policy, lambda.clone(), "sts:AssumeRole", &[ours, function]));
    assert!(!decide(&policy, lambda.clone(), "sts:AssumeRole", &[ours, other]));
    assert!(!decide(
        &policy,
        lambda.clone(),
        "sts:AssumeRole",
        &[("aws:SourceAccount", "444455556666"), function]
    ));
    assert!(!decide(&policy, lambda, "sts:AssumeRole", &[]));

    let partner = Principal::from("arn:aws:iam::444455556666:role/P");
    let policy = trust::third_party("444455556666", "7f3c9a52").unwrap().build().unwrap();
    let id = |id| [("sts:ExternalId", id)];
    assert!(decide(&policy, partner.clone(), "sts:AssumeRole", &id("7f3c9a52")));
    assert!(!decide(&policy, partner.clone(), "sts:AssumeRole", &id("7F3C9A52")));
    assert!(!decide(&policy, partner, "sts:AssumeRole", &[]));

    let host = "token.actions.githubusercontent.com";
    let provider = format!("arn:aws:iam::111122223333:oidc-provider/{host}");
    let policy = trust::oidc(&provider, "sts.amazonaws.com", ["repo:us/app:ref:refs/heads/*"])
        .unwrap()
        .build()
        .unwrap();
    let (aud, sub) = (format!("{host}:aud"), format!("{host}:sub"));
    let token = |audience, subject| [(aud.as_str(), audience), (sub.as_str(), subject)];
    let web = "sts:AssumeRoleWithWebIdentity";
    let federated = || Principal::federated(&provider);
    for (audience, subject, allowed) in [
        ("sts.amazonaws.com", "repo:us/app:ref:refs/heads/main", true),
        ("sts.amazonaws.com", "repo:them/app:ref:refs/heads/main", false),
        ("sts.amazonaws.com", "repo:us/app:pull_request", false),
        ("other", "repo:us/app:ref:refs/heads/main", false),
    ] {
        let context = token(audience, subject);
        assert_eq!(decide(&policy, federated(), web, &context), allowed, "{audience} {subject}");
    }
    assert!(!decide(&policy, federated(), web, &[(aud.as_str(), "sts.amazonaws.com")]));
    assert!(!decide(
        &policy,
        federated(),
        "sts:AssumeRole",
        &token("sts.amazonaws.com", "repo:us/app:ref:refs/heads/main")
    ));

    let policy =
        trust::principal(ALICE).unwrap().require_mfa().require_source_identity().build().unwrap();
    let mfa = ("aws:MultiFactorAuthPresent", "true");
    let who = ("sts:SourceIdentity", "alice");
    assert!(decide(&policy, ALICE.into(), "sts:AssumeRole", &[mfa, who]));
    assert!(decide(&policy, ALICE.into(), "sts:SetSourceIdentity", &[mfa, who]));
    assert!(!decide(&policy, ALICE.into(), "sts:AssumeRole", &[mfa]));
    assert!(!decide(&policy, ALICE.into(), "sts:AssumeRole", &[who]));
    assert!(!decide(&policy, own("bob").into(), "sts:AssumeRole", &[mfa, who]));
}

#[test]
fn trust_refuses_what_trusts_everybody() {
    let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    for subjects in [vec!["*"], vec!["repo:*"], vec!["repo:us/app:*", "*"], vec![]] {
        assert!(
            trust::oidc(provider, "sts.amazonaws.com", subjects.clone()).is_err(),
            "{subjects:?}"
        );
    }
    assert!(trust::oidc(provider, "*", ["repo:us/app:*"]).is_err());
    assert!(trust::oidc("token.actions.githubusercontent.com", "a", ["b"]).is_err());
    assert!(trust::third_party("444455556666", "x").is_err());
    assert!(trust::third_party("444455556666", "two words").is_err());
    assert!(trust::third_party("44445555666", "7f3c9a52").is_err());
    assert!(trust::service("lambda", "111122223333").is_err());
    assert!(trust::principal("arn:aws:iam::111122223333:root").is_err());
    assert!(trust::principal("arn:aws:iam::111122223333:role/*").is_err());
    assert!(trust::saml("arn:aws:iam::111122223333:saml-provider/ours").unwrap().build().is_ok());
}

#[test]
fn every_guardrail_says_what_it_does_not_cover() {
    let key = kms_key_policy("111122223333");
    let temporary = temporary_access(everything(), date("2030"));
    for limits in [
        require_mfa().limits(),
        restricted().limits(),
        key.limits(),
        temporary.limits(),
        trust::principal(ALICE).unwrap().limits(),
        trust::third_party("444455556666", "7f3c9a52").unwrap().limits(),
    ] {
        assert!(limits.len() >= 2);
        assert!(limits.iter().all(|sentence| sentence.ends_with('.')));
    }
    let v4 = restrict_access().source_ips(["203.0.113.0/24".parse().unwrap()]);
    assert!(v4.limits().iter().any(|sentence| sentence.contains("IPv6")));
}
