//! Temporary access: what the plans hold, decided by the evaluator, and what they do to a model of an account. Bugs that the
//! well-known article's code has are tests of their names here.
#![cfg(test)]

mod account;

use std::collections::BTreeSet;
use std::time::Duration;

use account::{ACCOUNT, Account, Driver, Kill, REGION, resume, roll_back, run, start};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use zt_core::access::{Grant, PATH, TemporaryAccess, TemporaryAccessBuilder, sweep};
use zt_core::evaluate::{Evaluator, Outcome, Request};
use zt_core::plan::{Call, Failure, Phase, Plan, Run, Status, Value};
use zt_core::policy::keys::aws;
use zt_core::policy::{Policy, Principal, Statement};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const PARTNER: &str = "arn:aws:iam::444455556666:role/support";
const OBJECT: &str = "arn:aws:s3:::reports/june";

fn read() -> Policy {
    let read =
        Statement::allow("Read").actions(["s3:GetObject"]).resources(["arn:aws:s3:::reports/*"]);
    Policy::new([read]).unwrap()
}

fn hour() -> TemporaryAccessBuilder {
    TemporaryAccess::builder(ALICE, read(), Duration::from_secs(3600))
}

/// Numbers instead of random bytes.
fn ids() -> impl FnMut() -> [u8; 16] {
    let mut number = 0_u128;
    move || {
        number += 1;
        number.to_be_bytes()
    }
}

fn plan(access: TemporaryAccessBuilder) -> Plan {
    access.build().unwrap().plan(start(), &mut ids()).unwrap()
}

fn text(call: &Call, member: &str) -> String {
    match call.input().get(member) {
        Some(Value::Text(text)) => text.clone(),
        other => panic!("{member}: {other:?}"),
    }
}

fn policy(plan: &Plan) -> Policy {
    text(plan.step("policy").unwrap().call(), "PolicyDocument").parse().unwrap()
}

fn trust(plan: &Plan) -> Policy {
    text(plan.step("role").unwrap().call(), "AssumeRolePolicyDocument").parse().unwrap()
}

fn session(plan: &Plan) -> String {
    let role = text(plan.step("role").unwrap().call(), "RoleName");
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/alice")
}

/// A request of the session at an instant.
fn at(plan: &Plan, now: Timestamp) -> Request {
    let role = text(plan.step("role").unwrap().call(), "RoleName");
    Request::new(session(plan).as_str(), "s3:GetObject", OBJECT)
        .role_arn(format!("arn:aws:iam::{ACCOUNT}:role{PATH}{role}"))
        .with("aws:CurrentTime", now.to_string())
}

fn hours(hours: i64) -> Timestamp {
    start() + SignedDuration::from_hours(hours)
}

#[test]
fn past_its_end_a_grant_allows_nothing_with_no_scheduler() {
    let plan = plan(hour());
    let allowed = Evaluator::builder().identity([&policy(&plan)]).build().unwrap();
    let last = hours(1) - SignedDuration::from_secs(1);
    assert_eq!(allowed.outcome(&at(&plan, start())), Outcome::Allowed);
    assert_eq!(allowed.outcome(&at(&plan, last)), Outcome::Allowed);
    for later in [hours(1), hours(2), hours(24 * 365)] {
        assert_eq!(allowed.outcome(&at(&plan, later)), Outcome::ExplicitDeny, "{later}");
    }
    let assume = |now: Timestamp| {
        let trusts = Evaluator::builder().resource(&trust(&plan)).build().unwrap();
        let role = format!("arn:aws:iam::{ACCOUNT}:role/r");
        let request = Request::new(ALICE, "sts:AssumeRole", role);
        trusts.outcome(&request.with("aws:CurrentTime", now.to_string()))
    };
    assert_eq!(assume(last), Outcome::Allowed);
    assert_ne!(assume(hours(1)), Outcome::Allowed);
}

#[test]
fn a_resource_policy_that_names_the_session_cannot_outlive_it() {
    let plan = plan(hour());
    let bucket = Policy::new([Statement::allow("Session")
        .principal(Principal::aws(session(&plan)))
        .actions(["s3:GetObject"])
        .resources(["arn:aws:s3:::reports/*"])])
    .unwrap();
    let both = Evaluator::builder().identity([&policy(&plan)]).resource(&bucket).build().unwrap();
    assert_eq!(both.outcome(&at(&plan, start())), Outcome::Allowed);
    assert_eq!(both.outcome(&at(&plan, hours(1))), Outcome::ExplicitDeny);
}

#[test]
fn before_its_start_a_grant_allows_nothing() {
    let plan = plan(hour().starts_at(hours(5)));
    let allowed = Evaluator::builder().identity([&policy(&plan)]).build().unwrap();
    assert_eq!(allowed.outcome(&at(&plan, start())), Outcome::ExplicitDeny);
    assert_eq!(allowed.outcome(&at(&plan, hours(5))), Outcome::Allowed);
    assert_eq!(allowed.outcome(&at(&plan, hours(6))), Outcome::ExplicitDeny);
    let past = hour().starts_at(start() - SignedDuration::from_secs(1)).build().unwrap();
    let error = past.plan(start(), &mut ids()).unwrap_err().to_string();
    assert!(error.starts_with("starts at: expected an instant that is not past"), "{error}");
}

#[test]
fn an_external_id_is_returned_and_shown() {
    let access = TemporaryAccess::builder(PARTNER, read(), Duration::from_secs(3600));
    let plan = plan(access.account(ACCOUNT).external_id("7f3c9a52"));
    assert_eq!(plan.outputs()["external_id"], Value::from("7f3c9a52"));
    assert!(plan.to_text().contains("external_id = 7f3c9a52"));
    assert!(trust(&plan).to_json().contains(r#""sts:ExternalId":"7f3c9a52""#));
    assert!(!policy(&plan).to_json().contains("ExternalId"));
}

#[test]
fn an_external_id_is_for_third_parties_and_not_for_people() {
    let error = hour().external_id("7f3c9a52").build().unwrap_err().to_string();
    assert!(error.starts_with("external id: expected none: it is for third parties"), "{error}");
}

#[test]
fn grants_of_the_same_second_do_not_collide() {
    let (access, mut ids) = (hour().build().unwrap(), ids());
    let plans: Vec<Plan> = (0..100).map(|_| access.plan(start(), &mut ids).unwrap()).collect();
    let names: BTreeSet<String> =
        plans.iter().map(|plan| text(plan.step("role").unwrap().call(), "RoleName")).collect();
    assert_eq!(names.len(), 100);
    let mut account = Account::default();
    for plan in &plans {
        assert_eq!(run(plan, &mut account, &mut String::new()).status(), Status::Finished);
    }
    assert_eq!(account.roles.len(), 100);
}

#[test]
fn overlapping_grants_do_not_end_each_other() {
    let (access, mut ids) = (hour().build().unwrap(), ids());
    let (first, second) =
        (access.plan(start(), &mut ids).unwrap(), access.plan(start(), &mut ids).unwrap());
    let (mut account, mut journal) = (Account::default(), String::new());
    run(&second, &mut account, &mut String::new());
    let only_second = account.clone();
    run(&first, &mut account, &mut journal);
    let mut back = roll_back(&first, &mut journal);
    Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
    assert_eq!(account, only_second);
}

#[test]
fn a_principal_that_cannot_be_one_is_refused() {
    for principal in
        ["alice", "*", "111122223333", "arn:aws:iam::ACCOUNT:user/a", &session(&plan(hour()))]
    {
        let access = TemporaryAccess::builder(principal, read(), Duration::from_secs(3600));
        assert!(access.build().is_err(), "{principal}");
    }
}

#[test]
fn permissions_are_not_taken_unchecked() {
    let access = |action: &str| {
        let policy =
            Policy::new([Statement::allow(None).actions([action]).any_resource()]).unwrap();
        TemporaryAccess::builder(ALICE, policy, Duration::from_secs(3600)).build()
    };
    for action in
        ["*", "*:*", "iam:*", "iam:Pass*", "sts:*", "sts:Assume*", "kms:*", "kms:Create?rant"]
    {
        assert!(access(action).is_err(), "{action}");
    }
    // By name they are meant.
    for action in ["iam:PassRole", "sts:AssumeRole", "kms:CreateGrant", "s3:*"] {
        access(action).unwrap();
    }
    let nothing = Policy::new([Statement::deny(None).actions(["*"]).any_resource()]).unwrap();
    assert!(TemporaryAccess::builder(ALICE, nothing, Duration::from_secs(3600)).build().is_err());
    // More than a role can hold is refused before anything is made.
    let names = (0..900).map(|number| format!("arn:aws:s3:::reports/{number}"));
    let big =
        Policy::new([Statement::allow(None).actions(["s3:GetObject"]).resources(names)]).unwrap();
    let big = TemporaryAccess::builder(ALICE, big, Duration::from_secs(3600)).build().unwrap();
    let error = big.plan(start(), &mut ids()).unwrap_err().to_string();
    assert!(error.contains("at most 10240 characters"), "{error}");
}

#[test]
fn a_duration_that_no_session_has_is_still_kept() {
    let longest = |seconds: u64| {
        let access = TemporaryAccess::builder(ALICE, read(), Duration::from_secs(seconds));
        let plan = plan(access);
        plan.step("role").unwrap().call().input()["MaxSessionDuration"].to_string()
    };
    assert_eq!(
        (longest(60), longest(7200), longest(172_800)),
        ("3600".into(), "7200".into(), "43200".into())
    );
    for seconds in [0, 59, 31_536_001] {
        let access = TemporaryAccess::builder(ALICE, read(), Duration::from_secs(seconds)).build();
        assert!(
            access.unwrap_err().to_string().starts_with("duration: expected 60 s to 31536000 s")
        );
    }
}

#[test]
fn a_policy_that_is_refused_leaves_no_empty_role() {
    let plan = plan(hour());
    let (mut account, mut journal) = (Account::default(), String::new());
    let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.fault = Box::new(|_, request, _| {
        (request.operation() == "PutRolePolicy")
            .then(|| Err(Failure::Refused("AccessDenied".to_owned())))
    });
    let end = driver.drive(&mut run).unwrap();
    assert_eq!((end.status(), end.step()), (Status::Failed, Some("policy")));
    assert_eq!(end.remains(), ["role", "policy"]);
    drop(driver);
    let mut back = roll_back(&plan, &mut journal);
    assert_eq!(
        Driver::new(&mut account, &mut journal).drive(&mut back).unwrap().status(),
        Status::RolledBack
    );
    assert_eq!(account, Account::default());
}

#[test]
fn killed_anywhere_it_ends_equal_or_as_before_with_a_schedule_too() {
    let scheduled = hour().scheduled_deletion("arn:aws:iam::111122223333:role/cleaner", REGION);
    for access in [hour(), scheduled] {
        let plan = plan(access);
        let (mut expected, mut journal) = (Account::default(), String::new());
        let mut whole = Run::start(&plan, ACCOUNT, REGION).unwrap();
        let mut driver = Driver::new(&mut expected, &mut journal);
        // A schedule needs a group, which every account has.
        driver.account.groups.insert(String::new(), String::new());
        assert_eq!(driver.drive(&mut whole).unwrap().status(), Status::Finished);
        let actions = driver.actions;
        drop(driver);
        let mut before = Account::default();
        before.groups.insert(String::new(), String::new());
        for at in 0..actions {
            for how in [Kill::Before, Kill::Inside] {
                let (mut account, mut journal) = (before.clone(), String::new());
                let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
                let mut driver = Driver::new(&mut account, &mut journal);
                driver.kill = Some((at, how));
                assert_eq!(driver.drive(&mut run), None);
                drop(driver);
                let (mut other, mut other_journal) = (account.clone(), journal.clone());
                let mut again = resume(&plan, &mut journal);
                Driver::new(&mut account, &mut journal).drive(&mut again).unwrap();
                assert_eq!(account, expected, "{how:?} {at}");
                let mut back = roll_back(&plan, &mut other_journal);
                Driver::new(&mut other, &mut other_journal).drive(&mut back).unwrap();
                assert_eq!(other, before, "{how:?} {at}");
            }
        }
    }
}

#[test]
fn the_end_is_scheduled_before_the_role_is_made() {
    let plan = plan(hour().scheduled_deletion("arn:aws:iam::111122223333:role/cleaner", REGION));
    let ids: Vec<&str> = plan.steps().iter().map(|step| step.id()).collect();
    assert_eq!(ids, ["end-policy", "end-role", "role", "policy"]);
    let when = |id: &str| text(plan.step(id).unwrap().call(), "ScheduleExpression");
    assert_eq!(when("end-policy"), "at(2026-06-01T01:00:00)");
    assert_eq!(when("end-role"), "at(2026-06-01T01:05:00)");
    assert_eq!(plan.region(), REGION);
}

#[test]
fn revoking_ends_the_sessions_that_have_been_given_out() {
    let plan = plan(hour());
    let mut account = Account::default();
    run(&plan, &mut account, &mut String::new());
    let revoke = Grant::of(&plan).unwrap().revoke().unwrap();
    let ids: Vec<&str> = revoke.steps().iter().map(|step| step.id()).collect();
    assert_eq!(ids, ["close", "deny", "end-policy", "end-denial", "end-role"]);
    let denial: Policy =
        text(revoke.step("deny").unwrap().call(), "PolicyDocument").parse().unwrap();
    let closed: Policy =
        text(revoke.step("close").unwrap().call(), "PolicyDocument").parse().unwrap();
    // A session that is an hour from its end, with the grant's policy and a bucket that names it.
    let bucket = Policy::new([Statement::allow(None)
        .principal(Principal::aws(session(&plan)))
        .actions(["s3:*"])
        .resources(["arn:aws:s3:::reports/*"])])
    .unwrap();
    let revoked = Evaluator::builder().identity([&policy(&plan), &denial]).resource(&bucket);
    assert_eq!(revoked.build().unwrap().outcome(&at(&plan, start())), Outcome::ExplicitDeny);
    let trusts = Evaluator::builder().resource(&closed).build().unwrap();
    let assume = Request::new(ALICE, "sts:AssumeRole", format!("arn:aws:iam::{ACCOUNT}:role/r"));
    assert_eq!(trusts.outcome(&assume), Outcome::ExplicitDeny);

    // Killed at every point and resumed, nothing is left.
    let granted = account.clone();
    for at in 0..40 {
        for how in [Kill::Before, Kill::Inside] {
            let (mut account, mut journal) = (granted.clone(), String::new());
            let mut first = Run::start(&revoke, ACCOUNT, REGION).unwrap();
            let mut driver = Driver::new(&mut account, &mut journal);
            driver.kill = Some((at, how));
            let _ = driver.drive(&mut first);
            drop(driver);
            let mut again = resume(&revoke, &mut journal);
            let end = Driver::new(&mut account, &mut journal).drive(&mut again).unwrap();
            assert_eq!(
                (end.status(), &account),
                (Status::Finished, &Account::default()),
                "{how:?} {at}"
            );
        }
    }
}

#[test]
fn a_plan_approved_too_late_is_refused() {
    let plan = plan(hour().not_after(hours(1) - SignedDuration::from_mins(30)));
    let (mut account, mut journal) = (Account::default(), String::new());
    let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.now = hours(1) - SignedDuration::from_mins(29);
    assert_eq!((driver.drive(&mut run).unwrap().status(), driver.calls), (Status::Failed, 0));
    let later = hour().not_after(hours(2)).build().unwrap().plan(start(), &mut ids());
    assert!(later.unwrap_err().to_string().starts_with("not after: expected"));
}

#[test]
fn conditions_hold_for_assuming_and_for_acting() {
    let plan = plan(hour().condition(aws::multi_factor_auth_present().is(true)));
    let allowed = Evaluator::builder().identity([&policy(&plan)]).build().unwrap();
    let request = at(&plan, start());
    assert_eq!(
        allowed.outcome(&request.clone().with("aws:MultiFactorAuthPresent", true)),
        Outcome::Allowed
    );
    assert_ne!(allowed.outcome(&request), Outcome::Allowed);
    assert!(trust(&plan).to_json().contains("aws:MultiFactorAuthPresent"));
}

#[test]
fn without_a_boundary_the_runner_could_become_administrator_and_the_plan_says_so() {
    let escalations = |plan: &Plan| {
        plan.required_policy(ACCOUNT, REGION, Phase::Both).unwrap().escalations().len()
    };
    assert!(escalations(&plan(hour())) > 0);
    let boundary = "arn:aws:iam::111122223333:policy/temporary";
    let bounded = plan(hour().permissions_boundary(boundary));
    assert_eq!(escalations(&bounded), 0);
    assert_eq!(text(bounded.step("role").unwrap().call(), "PermissionsBoundary"), boundary);
}

#[test]
fn a_sweep_removes_what_has_ended_and_nothing_else() {
    let (access, mut ids) = (hour().build().unwrap(), ids());
    let long =
        TemporaryAccess::builder(ALICE, read(), Duration::from_secs(36_000)).build().unwrap();
    let mut account = Account::default();
    account.roles.insert("app".to_owned(), json!({ "RoleName": "app", "Path": "/", "Tags": [] }));
    // Somebody's own role under the path, without the tag.
    let theirs = json!({ "RoleName": "zt-theirs", "Path": PATH, "Tags": [] });
    account.roles.insert("zt-theirs".to_owned(), theirs);
    run(&long.plan(start(), &mut ids).unwrap(), &mut account, &mut String::new());
    let stays = account.clone();
    for _ in 0..3 {
        run(&access.plan(start(), &mut ids).unwrap(), &mut account, &mut String::new());
    }
    let outputs = |plan: &Plan, account: &mut Account| {
        let (mut run, mut journal) = (Run::start(plan, ACCOUNT, REGION).unwrap(), String::new());
        let end = Driver::new(account, &mut journal).drive(&mut run).unwrap();
        assert_eq!(end.status(), Status::Finished);
        run.outputs()
    };
    let listed = outputs(&sweep::list(ACCOUNT).unwrap(), &mut account);
    assert_eq!(listed["is_truncated"], json!(false));
    let look = sweep::look(ACCOUNT, &listed["roles"]).unwrap().unwrap();
    assert_eq!(look.steps().len(), 5);
    let roles = outputs(&look, &mut account);
    assert_eq!(sweep::remove(ACCOUNT, roles.values(), start()).unwrap(), None);
    let remove = sweep::remove(ACCOUNT, roles.values(), hours(2)).unwrap().unwrap();
    assert_eq!(remove.steps().len(), 6);
    outputs(&remove, &mut account);
    assert_eq!(account, stays);
    assert!(Grant::new(ACCOUNT, "app").is_err());
    assert!(sweep::look(ACCOUNT, &json!("roles")).is_err());
}
