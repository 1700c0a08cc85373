//! Who makes requests, what follows from that, and which policies bind whom.
#![cfg(test)]

use serde_json::{Value, json};
use zt_core::evaluate::{Evaluator, Outcome, Request};
use zt_core::policy::{Policy, Principal};

const OWN: &str = "111122223333";
const BUCKET: &str = "arn:aws:s3:::bkt/key";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1";
const SERVICE_LINKED: &str = "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s";

fn policy(statement: Value) -> Policy {
    Policy::parse(&json!({"Version": "2012-10-17", "Statement": statement}).to_string()).unwrap()
}

fn allow() -> Policy {
    policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}))
}

fn allow_to(principal: Value) -> Policy {
    policy(json!({"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}))
}

fn deny_all() -> Policy {
    policy(json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}))
}

fn get(principal: impl Into<Principal>) -> Request {
    Request::new(principal, "s3:GetObject", BUCKET).resource_account(OWN)
}

#[test]
fn keys_follow_from_the_principal() {
    let arn = |rest: &str| format!("arn:aws:{rest}");
    let session = Principal::aws(arn("sts::111122223333:assumed-role/app/s1"));
    for (principal, role, kind, principal_arn, account, is_service) in [
        (Principal::from(OWN), None, "Account", arn("iam::111122223333:root"), OWN, "false"),
        (
            Principal::aws(arn("iam::111122223333:user/team/alice")),
            None,
            "User",
            arn("iam::111122223333:user/team/alice"),
            OWN,
            "false",
        ),
        (session.clone(), None, "AssumedRole", arn("iam::111122223333:role/app"), OWN, "false"),
        (
            session,
            Some(arn("iam::111122223333:role/path/app")),
            "AssumedRole",
            arn("iam::111122223333:role/path/app"),
            OWN,
            "false",
        ),
        (
            Principal::aws(arn("sts::111122223333:federated-user/bob")),
            None,
            "FederatedUser",
            arn("sts::111122223333:federated-user/bob"),
            OWN,
            "false",
        ),
        (Principal::Anyone, None, "Anonymous", String::new(), "", ""),
        (Principal::service("sns.amazonaws.com"), None, "", String::new(), "", "true"),
        (Principal::federated("accounts.google.com"), None, "", String::new(), "", ""),
        (Principal::canonical_user("79a5"), None, "", String::new(), "", ""),
    ] {
        let mut request = get(&principal);
        if let Some(role) = role {
            request = request.role_arn(role);
        }
        for (key, expected) in [
            ("aws:PrincipalType", kind),
            ("aws:PrincipalArn", &*principal_arn),
            ("aws:PrincipalAccount", account),
            ("aws:PrincipalIsAWSService", is_service),
            ("aws:ResourceAccount", OWN),
        ] {
            let expected = (!expected.is_empty()).then(|| expected.into());
            assert_eq!(request.context(key), expected.as_ref(), "{principal:?} {key}");
        }
    }
    let sns = get(Principal::service("sns.amazonaws.com"));
    assert_eq!(sns.context("aws:PrincipalServiceName"), Some(&"sns.amazonaws.com".into()));
}

#[test]
fn given_values_win_whenever_they_are_given() {
    let given = get("*").with("AWS:principalTYPE", "Mine").resource_account("999999999999");
    assert_eq!(given.context("aws:PrincipalType"), Some(&"Mine".into()));
    let given = given.with("aws:ResourceAccount", "222222222222").resource_account(OWN);
    assert_eq!(given.context("aws:ResourceAccount"), Some(&"222222222222".into()));
    assert_eq!(get(OWN).without_derived_keys().context_entries().count(), 0);
}

#[test]
fn root_may_do_everything_that_its_organisation_allows() {
    let nothing = Evaluator::builder().build().unwrap();
    assert_eq!(nothing.outcome(&get(OWN)), Outcome::Allowed);
    let other = policy(json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}));
    let bound = Evaluator::builder().scps([[&other]]).build().unwrap();
    assert_eq!(bound.outcome(&get(OWN)), Outcome::ImplicitDeny);
    // Another account's root needs that account's resource policy.
    assert_eq!(nothing.outcome(&get("444455556666")), Outcome::ImplicitDeny);
    // A key without a policy that allows is lost to root as well.
    let decrypt = Request::new(OWN, "kms:Decrypt", KEY);
    assert_eq!(nothing.outcome(&decrypt), Outcome::ImplicitDeny);
}

#[test]
fn callers_without_an_account_need_the_resource_policy() {
    for (principal, named) in [
        (Principal::service("sns.amazonaws.com"), json!({"Service": "sns.amazonaws.com"})),
        (Principal::federated("accounts.google.com"), json!({"Federated": "accounts.google.com"})),
        (Principal::canonical_user("79a5"), json!({"CanonicalUser": "79a5"})),
        (Principal::Anyone, json!("*")),
        (Principal::Anyone, json!({"AWS": "*"})),
    ] {
        let (named, identity) = (allow_to(named), allow());
        let alone = Evaluator::builder().identity([&identity]).build().unwrap();
        assert_eq!(alone.outcome(&get(&principal)), Outcome::ImplicitDeny, "{principal}");
        let with = Evaluator::builder().resource(&named).build().unwrap();
        assert_eq!(with.outcome(&get(&principal)), Outcome::Allowed, "{principal}");
    }
    let other = allow_to(json!({"Service": "sqs.amazonaws.com"}));
    let evaluator = Evaluator::builder().resource(&other).build().unwrap();
    let sns = get(Principal::service("sns.amazonaws.com"));
    assert_eq!(evaluator.outcome(&sns), Outcome::ImplicitDeny);
}

#[test]
fn a_federated_user_may_have_what_its_user_is_given() {
    let (user, session) =
        ("arn:aws:iam::111122223333:user/alice", "arn:aws:sts::111122223333:federated-user/bob");
    let to_user = allow_to(json!({"AWS": user}));
    let read = policy(json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}));
    let write = policy(json!({"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"}));
    let under = |boundary: Option<&Policy>, passed: Option<&Policy>, of: Option<&str>| {
        let evaluator = Evaluator::builder()
            .resource(&to_user)
            .boundaries(boundary)
            .session(passed)
            .build()
            .unwrap();
        let request = get(session);
        evaluator.outcome(&of.map_or(request.clone(), |of| request.user_arn(of)))
    };
    assert_eq!(under(None, Some(&read), Some(user)), Outcome::Allowed);
    // Boundary and session policies limit it, and it is nobody else's.
    for (boundary, passed, of) in [
        (None, None, Some(user)),
        (None, Some(&write), Some(user)),
        (Some(&write), Some(&read), Some(user)),
        (None, Some(&read), Some("arn:aws:iam::111122223333:user/carol")),
        (None, Some(&read), None),
    ] {
        assert_eq!(
            under(boundary, passed, of),
            Outcome::ImplicitDeny,
            "{boundary:?} {passed:?} {of:?}"
        );
    }
    // Named by its own ARN it needs neither.
    let to_session = allow_to(json!({"AWS": session}));
    let evaluator =
        Evaluator::builder().resource(&to_session).boundaries([&write]).build().unwrap();
    assert_eq!(evaluator.outcome(&get(session)), Outcome::Allowed);
    // For other principals there is no such user.
    let evaluator = Evaluator::builder().resource(&to_user).build().unwrap();
    let role = "arn:aws:sts::111122223333:assumed-role/app/s1";
    assert_eq!(evaluator.outcome(&get(role).user_arn(user)), Outcome::ImplicitDeny);
}

#[test]
fn organisations_do_not_bind_service_linked_roles() {
    let (identity, denial) = (allow(), deny_all());
    let evaluator = Evaluator::builder()
        .identity([&identity])
        .scps([[&denial]])
        .rcps([[&denial]])
        .build()
        .unwrap();
    assert_eq!(evaluator.outcome(&get(SERVICE_LINKED)), Outcome::Allowed);
    let ordinary = "arn:aws:sts::111122223333:assumed-role/app/s";
    assert_eq!(evaluator.outcome(&get(ordinary)), Outcome::ExplicitDeny);
}

#[test]
fn rcps_bind_services_but_not_the_retirement_of_grants() {
    let (open, denial) = (allow_to(json!("*")), deny_all());
    let evaluator = Evaluator::builder().resource(&open).rcps([[&denial]]).build().unwrap();
    assert_eq!(
        evaluator.outcome(&get(Principal::service("sns.amazonaws.com"))),
        Outcome::ExplicitDeny
    );
    let user = "arn:aws:iam::111122223333:user/alice";
    assert_eq!(evaluator.outcome(&Request::new(user, "kms:RetireGrant", KEY)), Outcome::Allowed);
    assert_eq!(evaluator.outcome(&Request::new(user, "kms:Decrypt", KEY)), Outcome::ExplicitDeny);
}

#[test]
fn an_endpoint_policy_must_allow_and_may_deny() {
    let user = "arn:aws:iam::111122223333:user/alice";
    let (identity, open, denial) = (allow(), allow_to(json!("*")), deny_all());
    let elsewhere = policy(json!({
        "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:s3:::other/*",
    }));
    for (endpoint, outcome) in [
        (&open, Outcome::Allowed),
        (&denial, Outcome::ExplicitDeny),
        (&elsewhere, Outcome::ImplicitDeny),
    ] {
        let evaluator =
            Evaluator::builder().identity([&identity]).endpoint(endpoint).build().unwrap();
        assert_eq!(evaluator.outcome(&get(user)), outcome);
    }
}

#[test]
fn unique_ids_name_users_and_roles() {
    let session = "arn:aws:sts::111122223333:assumed-role/app/s1";
    let bucket = allow_to(json!({"AWS": "AROAEXAMPLE"}));
    let evaluator = Evaluator::builder().resource(&bucket).build().unwrap();
    let with = |id: &str| evaluator.outcome(&get(session).with("aws:userid", id));
    assert_eq!(with("AROAEXAMPLE:s1"), Outcome::Allowed);
    assert_eq!(with("AROAOTHER:s1"), Outcome::ImplicitDeny);
    // Not knowing the id is not knowing the answer.
    let unknown = get(session).with("aws:userid", zt_core::evaluate::ContextValue::Unknown);
    let decision = evaluator.evaluate(&unknown);
    assert_eq!(decision.outcome(), Outcome::Unknown);
    assert_eq!(decision.unknown_keys(), ["aws:userid"]);
}

#[test]
fn a_kind_of_principal_is_no_other() {
    let name = "example.com";
    let callers = [
        ("AWS", Principal::aws(name)),
        ("Service", Principal::service(name)),
        ("Federated", Principal::federated(name)),
        ("CanonicalUser", Principal::canonical_user(name)),
    ];
    for (named, _) in &callers {
        let policy = allow_to(json!({*named: name}));
        let evaluator = Evaluator::builder().resource(&policy).build().unwrap();
        for (kind, caller) in &callers {
            let outcome = if kind == named { Outcome::Allowed } else { Outcome::ImplicitDeny };
            assert_eq!(evaluator.outcome(&get(caller)), outcome, "{named} {kind}");
        }
    }
}

#[test]
fn who_has_no_account_has_no_policies_of_its_own() {
    let (open, denial) = (allow_to(json!("*")), deny_all());
    let evaluator = Evaluator::builder()
        .identity([&denial])
        .boundaries([&denial])
        .session([&denial])
        .scps([[&denial]])
        .resource(&open)
        .build()
        .unwrap();
    for caller in [
        Principal::Anyone,
        Principal::service("sns.amazonaws.com"),
        Principal::federated("accounts.google.com"),
        Principal::canonical_user("79a5"),
    ] {
        let decision = evaluator.evaluate(&get(&caller));
        assert_eq!(decision.outcome(), Outcome::Allowed, "{caller}");
    }
    // Nor are they reasons where something else denies.
    let evaluator = Evaluator::builder().scps([[&denial]]).resource(&denial).build().unwrap();
    let decision = evaluator.evaluate(&get(Principal::Anyone));
    let kinds: Vec<&str> =
        decision.reasons().iter().map(|reason| reason.policy_type().name()).collect();
    assert_eq!(kinds, ["resource"]);
}

#[test]
fn each_boundary_and_each_level_must_allow() {
    let (everything, elsewhere) =
        (allow(), policy(json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})));
    let user = "arn:aws:iam::111122223333:user/alice";
    for order in [[&everything, &elsewhere], [&elsewhere, &everything]] {
        let builder = || Evaluator::builder().identity([&everything]);
        let bound = builder().boundaries(order).build().unwrap();
        assert_eq!(bound.outcome(&get(user)), Outcome::ImplicitDeny);
        let levels = builder().scps(order.map(|one| [one])).build().unwrap();
        assert_eq!(levels.outcome(&get(user)), Outcome::ImplicitDeny);
        // Of one level, or of session policies, one is enough.
        let level = builder().scps([order]).session(order).build().unwrap();
        assert_eq!(level.outcome(&get(user)), Outcome::Allowed);
    }
    // The first level that does not allow is named.
    let both = Evaluator::builder()
        .identity([&everything])
        .scps([[("a", &everything)], [("b", &elsewhere)], [("c", &elsewhere)]])
        .build()
        .unwrap();
    let sentence = both.evaluate(&get(user)).to_string();
    assert!(sentence.contains("`b` of level 2"), "{sentence}");
}

/// Only what a key policy or a trust policy is about needs it.
#[test]
fn other_actions_need_no_policy_of_the_key_or_role() {
    let identity = allow();
    let evaluator = Evaluator::builder().identity([&identity]).build().unwrap();
    let user = "arn:aws:iam::111122223333:user/alice";
    let role = "arn:aws:iam::111122223333:role/app";
    for (action, resource, outcome) in [
        ("iam:PassRole", role, Outcome::Allowed),
        ("iam:GetRole", role, Outcome::Allowed),
        ("sts:AssumeRole", role, Outcome::ImplicitDeny),
        ("sts:TagSession", role, Outcome::ImplicitDeny),
        ("sts:SetSourceIdentity", role, Outcome::ImplicitDeny),
        (
            "sts:GetFederationToken",
            "arn:aws:sts::111122223333:federated-user/bob",
            Outcome::Allowed,
        ),
        ("sts:GetCallerIdentity", "*", Outcome::Allowed),
        ("kms:Decrypt", KEY, Outcome::ImplicitDeny),
        ("tag:TagResources", KEY, Outcome::Allowed),
        ("kms:CreateAlias", "arn:aws:kms:us-east-1:111122223333:alias/a", Outcome::Allowed),
        ("kms:ListKeys", "*", Outcome::Allowed),
        (
            "kms:Decrypt",
            "arn:aws:payment-cryptography:us-east-1:111122223333:key/1",
            Outcome::Allowed,
        ),
    ] {
        let request = Request::new(user, action, resource);
        assert_eq!(evaluator.outcome(&request), outcome, "{action} on {resource}");
    }
}

#[test]
fn unique_ids_are_whole() {
    let (user, session) =
        ("arn:aws:iam::111122223333:user/alice", "arn:aws:sts::111122223333:assumed-role/app/s1");
    let decide = |named: &str, caller: &str, userid: &str| {
        let bucket = allow_to(json!({"AWS": named}));
        let evaluator = Evaluator::builder().resource(&bucket).build().unwrap();
        evaluator.outcome(&get(caller).with("aws:userid", userid))
    };
    assert_eq!(decide("AIDAEXAMPLE", user, "AIDAEXAMPLE"), Outcome::Allowed);
    assert_eq!(decide("AIDAEXAMPLE", user, "AIDAEXAMPLE2"), Outcome::ImplicitDeny);
    assert_eq!(decide("AROAEXAMPLE", session, "AROAEXAMPLE:s1"), Outcome::Allowed);
    assert_eq!(decide("AROAEX", session, "AROAEXAMPLE:s1"), Outcome::ImplicitDeny);
    // An ARN that names somebody else is no unique id, so that nothing depends on it.
    let bucket = allow_to(json!({"AWS": "arn:aws:iam::111122223333:user/carol"}));
    let evaluator = Evaluator::builder().resource(&bucket).build().unwrap();
    let unknown = get(user).with("aws:userid", zt_core::evaluate::ContextValue::Unknown);
    assert_eq!(evaluator.outcome(&unknown), Outcome::ImplicitDeny);
    // Only the root of IAM stands for its account.
    let odd = allow_to(json!({"AWS": "arn:aws:sts::111122223333:root"}));
    let identity = allow();
    let evaluator = Evaluator::builder().identity([&identity]).resource(&odd).build().unwrap();
    let decrypt = Request::new(user, "kms:Decrypt", KEY);
    assert_eq!(evaluator.outcome(&decrypt), Outcome::ImplicitDeny);
}

#[test]
fn service_linked_roles_are_known_by_their_path_or_name() {
    let (identity, denial) = (allow(), deny_all());
    let evaluator = Evaluator::builder().identity([&identity]).scps([[&denial]]).build().unwrap();
    let path = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/Custom";
    let session = "arn:aws:sts::111122223333:assumed-role/Custom/s";
    assert_eq!(evaluator.outcome(&get(path)), Outcome::Allowed);
    assert_eq!(evaluator.outcome(&get(session).role_arn(path)), Outcome::Allowed);
    assert_eq!(evaluator.outcome(&get(session)), Outcome::ExplicitDeny);
    assert_eq!(evaluator.outcome(&get(SERVICE_LINKED)), Outcome::Allowed);
    // Anybody may call a role so: the path, where it is known, decides.
    let own = "arn:aws:iam::111122223333:role/AWSServiceRoleForX";
    assert_eq!(evaluator.outcome(&get(own)), Outcome::ExplicitDeny);
    assert_eq!(evaluator.outcome(&get(SERVICE_LINKED).role_arn(own)), Outcome::ExplicitDeny);
}
