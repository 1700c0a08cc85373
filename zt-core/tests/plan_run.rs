//! Runs of plans in a model of an account: killed at every point, with a fault at every call, cancelled, undone.
#![cfg(test)]

mod account;

use jiff::SignedDuration;
use serde_json::json;
use zt_core::plan::{
    Call, Failure, Found, Journal, JournalError, Plan, Reference, Run, Status, Step, Value, Wait,
};

use account::{ACCOUNT, Account, Driver, Kill, REGION, World, read, resume, roll_back, run, start};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"}}]}"#;
const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}"#;

fn reference(text: &str) -> Value {
    text.parse::<Reference>().unwrap().into()
}

fn role(operation: &str) -> Call {
    Call::new("iam", operation).with("RoleName", "grant-1")
}

/// Steps of every kind: read, found by a read, with a client token, awaited; the undo with and without outputs.
fn plan() -> Plan {
    let create = role("CreateRole")
        .with("Path", "/zt/")
        .with("AssumeRolePolicyDocument", TRUST)
        .with("Tags", Value::tags([("zt:plan", "grant-1")]));
    let policy = |operation: &str| {
        Call::new("iam", operation)
            .with("RoleName", reference("role.Role.RoleName"))
            .with("PolicyName", "access")
    };
    let group = |operation: &str| Call::new("scheduler", operation).with("Name", "zt");
    let end = |operation: &str| {
        Call::new("scheduler", operation).with("Name", "end-1").with("GroupName", "zt")
    };
    let target = Value::object([
        ("Arn", "arn:aws:scheduler:::aws-sdk:iam:deleteRole".into()),
        ("RoleArn", reference("role.Role.Arn")),
    ]);
    let schedule = end("CreateSchedule")
        .with("ScheduleExpression", "at(2026-06-01T12:00:00)")
        .with("FlexibleTimeWindow", Value::object([("Mode", "OFF")]))
        .with("Target", target);
    Plan::builder("grant-1", "let alice read", ACCOUNT, REGION)
        .not_after(start() + SignedDuration::from_hours(1))
        .step(Step::read("who", "see who runs this", Call::new("sts", "GetCallerIdentity")))
        .step(
            Step::new("role", "make the role", create)
                .found(
                    Found::by(role("GetRole"))
                        .expect("Role.Path", "/zt/")
                        .expect("Role.Tags[0].Value", "grant-1")
                        .output("Role", "Role"),
                )
                .wait(Wait::for_answer(role("GetRole"), 2, 60).until("Role.Path", "/zt/"))
                .undo(role("DeleteRole")),
        )
        .step(
            Step::new("policy", "allow", policy("PutRolePolicy").with("PolicyDocument", READ))
                .found(Found::by(policy("GetRolePolicy")).expect("PolicyDocument", READ))
                .undo(policy("DeleteRolePolicy")),
        )
        .step(
            Step::new("group", "group schedules", group("CreateScheduleGroup"))
                .client_token()
                .undo(group("DeleteScheduleGroup")),
        )
        .step(
            Step::new("end", "end it", schedule)
                .found(
                    Found::by(end("GetSchedule"))
                        .expect("Target.RoleArn", reference("role.Role.Arn")),
                )
                .undo(end("DeleteSchedule")),
        )
        .build()
        .unwrap()
}

/// What was there before: somebody's role.
fn before() -> Account {
    let mut account = Account::default();
    account.roles.insert("other".to_owned(), json!({ "RoleName": "other" }));
    account
}

/// The state after an uninterrupted run, and how many lines and calls it took.
fn uninterrupted(plan: &Plan) -> (Account, usize, usize) {
    let (mut account, mut journal) = (before(), String::new());
    let mut run = Run::start(plan, ACCOUNT, REGION).unwrap();
    let mut driver = Driver::new(&mut account, &mut journal);
    assert_eq!(driver.drive(&mut run).unwrap().status(), Status::Finished);
    let (actions, calls) = (driver.actions, driver.calls);
    drop(driver);
    (account, actions, calls)
}

#[test]
fn a_run_does_its_steps_and_undoes_them() {
    let plan = plan();
    let (mut account, mut journal) = (before(), String::new());
    let end = run(&plan, &mut account, &mut journal);
    assert_eq!((end.status(), end.remains().len()), (Status::Finished, 4));
    assert_eq!((account.roles.len(), account.policies.len(), account.schedules.len()), (2, 1, 1));
    let target = account.schedules.values().next().unwrap();
    assert_eq!(target["RoleArn"], "arn:aws:iam::111122223333:role/zt/grant-1");
    let mut back = roll_back(&plan, &mut journal);
    let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
    assert_eq!((end.status(), end.remains().len()), (Status::RolledBack, 0));
    assert_eq!(account, before());
    // Again: nothing is left to undo.
    let mut back = roll_back(&plan, &mut journal);
    assert_eq!(
        Driver::new(&mut account, &mut journal).drive(&mut back).unwrap().status(),
        Status::RolledBack
    );
    assert_eq!(account, before());
    assert!(matches!(
        Run::resume(&plan, &read(&mut journal).unwrap(), ACCOUNT, REGION),
        Err(JournalError::RollingBack)
    ));
}

#[test]
fn running_again_changes_nothing() {
    let plan = plan();
    let (mut account, mut first, mut second) = (before(), String::new(), String::new());
    run(&plan, &mut account, &mut first);
    let after = account.clone();
    let end = run(&plan, &mut account, &mut second);
    assert_eq!(end.status(), Status::Finished);
    assert_eq!(account, after);
    // What a read finds is not this run's; a client token does not tell.
    assert_eq!(end.remains(), ["group"]);
}

#[test]
fn killed_anywhere_and_resumed_equals_an_uninterrupted_run() {
    let plan = plan();
    let (expected, actions, _) = uninterrupted(&plan);
    assert!(actions > 20);
    for at in 0..actions {
        for how in [Kill::Before, Kill::Inside] {
            let (mut account, mut journal) = (before(), String::new());
            let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
            let mut driver = Driver::new(&mut account, &mut journal);
            driver.kill = Some((at, how));
            assert_eq!(driver.drive(&mut run), None);
            drop(driver);
            let mut again = resume(&plan, &mut journal);
            let end = Driver::new(&mut account, &mut journal).drive(&mut again).unwrap();
            assert_eq!(end.status(), Status::Finished, "{how:?} {at}");
            assert_eq!(account, expected, "{how:?} {at}");
            // And still everything is its own.
            let mut back = roll_back(&plan, &mut journal);
            Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
            assert_eq!(account, before(), "{how:?} {at}");
        }
    }
}

#[test]
fn killed_anywhere_and_rolled_back_equals_before() {
    let plan = plan();
    let (_, actions, _) = uninterrupted(&plan);
    for at in 0..actions {
        for how in [Kill::Before, Kill::Inside] {
            let (mut account, mut journal) = (before(), String::new());
            let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
            let mut driver = Driver::new(&mut account, &mut journal);
            driver.kill = Some((at, how));
            driver.drive(&mut run);
            drop(driver);
            // Killed while rolling back, too, at every point, until one attempt is long enough.
            for second in 0.. {
                let mut back = roll_back(&plan, &mut journal);
                let mut driver = Driver::new(&mut account, &mut journal);
                driver.kill = Some((second, how));
                if let Some(end) = driver.drive(&mut back) {
                    assert_eq!((end.status(), end.remains().len()), (Status::RolledBack, 0));
                    break;
                }
            }
            assert_eq!(account, before(), "{how:?} {at}");
        }
    }
}

#[test]
fn killed_again_and_again_it_still_ends_equal() {
    let plan = plan();
    let (expected, ..) = uninterrupted(&plan);
    for how in [Kill::Before, Kill::Inside] {
        let (mut account, mut journal) = (before(), String::new());
        for at in 1.. {
            let mut run = resume(&plan, &mut journal);
            let mut driver = Driver::new(&mut account, &mut journal);
            driver.kill = Some((at, how));
            if let Some(end) = driver.drive(&mut run) {
                assert_eq!(end.status(), Status::Finished);
                break;
            }
        }
        assert_eq!(account, expected, "{how:?}");
    }
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Throttled,
    LostBefore,
    LostAfter,
    Malformed,
    Internal,
}

#[test]
fn one_fault_at_any_call_is_overcome() {
    let plan = plan();
    let (expected, _, calls) = uninterrupted(&plan);
    for fault in
        [Fault::Throttled, Fault::LostBefore, Fault::LostAfter, Fault::Malformed, Fault::Internal]
    {
        for at in 0..calls {
            let (mut account, mut journal) = (before(), String::new());
            let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
            let mut driver = Driver::new(&mut account, &mut journal);
            driver.fault = Box::new(move |number, request, account| {
                (number == at).then(|| match fault {
                    Fault::Throttled => Err(Failure::Refused("Throttling".to_owned())),
                    Fault::LostBefore => Err(Failure::Unknown("timeout".to_owned())),
                    Fault::LostAfter => {
                        let _ = account.call(request);
                        Err(Failure::Unknown("timeout".to_owned()))
                    }
                    Fault::Malformed => account.call(request).map(|_| json!({ "Nonsense": [1] })),
                    Fault::Internal => {
                        let _ = account.call(request);
                        Err(Failure::Refused("ServiceFailure".to_owned()))
                    }
                })
            });
            let end = driver.drive(&mut run).unwrap();
            drop(driver);
            assert_eq!(end.status(), Status::Finished, "{fault:?} {at}: {end:?}");
            assert_eq!(account, expected, "{fault:?} {at}");
            let mut back = roll_back(&plan, &mut journal);
            Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
            assert_eq!(account, before(), "{fault:?} {at}");
        }
    }
}

#[test]
fn what_stays_broken_is_reported_and_can_be_resumed_or_undone() {
    let plan = plan();
    let (expected, _, calls) = uninterrupted(&plan);
    for code in ["AccessDenied", "Throttling"] {
        for at in 0..calls {
            let broken = |account: &mut Account, journal: &mut String| {
                let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
                let mut driver = Driver::new(account, journal);
                driver.fault = Box::new(move |number, _, _| {
                    (number >= at).then(|| Err(Failure::Refused(code.to_owned())))
                });
                let end = driver.drive(&mut run).unwrap();
                assert_eq!((end.status(), end.code()), (Status::Failed, Some(code)), "{at}");
                assert!(end.step().is_some());
            };
            let (mut account, mut journal) = (before(), String::new());
            broken(&mut account, &mut journal);
            let mut again = resume(&plan, &mut journal);
            let end = Driver::new(&mut account, &mut journal).drive(&mut again).unwrap();
            assert_eq!(end.status(), Status::Finished, "{code} {at}");
            assert_eq!(account, expected, "{code} {at}");

            let (mut account, mut journal) = (before(), String::new());
            broken(&mut account, &mut journal);
            let mut back = roll_back(&plan, &mut journal);
            let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
            assert_eq!(end.status(), Status::RolledBack, "{code} {at}");
            assert_eq!(account, before(), "{code} {at}");
        }
    }
}

#[test]
fn an_undo_that_is_denied_says_what_remains() {
    let plan = plan();
    let (mut account, mut journal) = (before(), String::new());
    run(&plan, &mut account, &mut journal);
    let mut back = roll_back(&plan, &mut journal);
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.fault = Box::new(|_, request, _| {
        (request.operation() == "DeleteRolePolicy")
            .then(|| Err(Failure::Refused("AccessDenied".to_owned())))
    });
    let end = driver.drive(&mut back).unwrap();
    assert_eq!((end.status(), end.step()), (Status::Failed, Some("policy")));
    assert_eq!(end.call(), Some("iam DeleteRolePolicy"));
    assert_eq!(end.remains(), ["role", "policy"]);
    let said = "the run failed at step `policy`, iam DeleteRolePolicy: AccessDenied; of it remain or may remain: role, policy";
    assert_eq!(end.to_string(), said);
}

#[test]
fn cancelled_anywhere_it_can_go_on() {
    let plan = plan();
    let (expected, actions, _) = uninterrupted(&plan);
    for at in 0..actions {
        let (mut account, mut journal) = (before(), String::new());
        let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
        let mut driver = Driver::new(&mut account, &mut journal);
        driver.cancel = Some(at);
        let end = driver.drive(&mut run).unwrap();
        assert!(driver.calls <= 1, "{at}: a call after the one in hand");
        assert!(matches!(end.status(), Status::Cancelled | Status::Finished), "{at}: {end:?}");
        drop(driver);
        let mut again = resume(&plan, &mut journal);
        let end = Driver::new(&mut account, &mut journal).drive(&mut again).unwrap();
        assert_eq!((end.status(), &account), (Status::Finished, &expected), "{at}");
    }
}

#[test]
fn what_somebody_else_made_is_not_touched() {
    let plan = plan();
    let mut account = before();
    account
        .roles
        .insert("grant-1".to_owned(), json!({ "RoleName": "grant-1", "Path": "/", "Arn": "x" }));
    let (there, mut journal) = (account.clone(), String::new());
    let end = run(&plan, &mut account, &mut journal);
    assert_eq!((end.status(), end.step()), (Status::Failed, Some("role")));
    assert_eq!(end.code(), Some("somebody else's is there: Role.Path is otherwise"));
    let mut back = roll_back(&plan, &mut journal);
    Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
    assert_eq!(account, there);
}

#[test]
fn a_plan_approved_too_late_does_nothing_but_can_be_undone() {
    let plan = plan();
    let (mut account, mut journal) = (before(), String::new());
    let mut late = Run::start(&plan, ACCOUNT, REGION).unwrap();
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.now = start() + SignedDuration::from_hours(2);
    let end = driver.drive(&mut late).unwrap();
    assert_eq!((end.status(), driver.calls), (Status::Failed, 0));
    drop(driver);
    let (mut account, mut journal) = (before(), String::new());
    run(&plan, &mut account, &mut journal);
    let mut back = roll_back(&plan, &mut journal);
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.now = start() + SignedDuration::from_hours(2);
    assert_eq!(driver.drive(&mut back).unwrap().status(), Status::RolledBack);
    drop(driver);
    assert_eq!(account, before());
}

#[test]
fn another_plan_account_region_or_a_damaged_journal_is_refused() {
    let plan = plan();
    let (mut account, mut journal) = (before(), String::new());
    run(&plan, &mut account, &mut journal);
    let whole = Journal::read(&journal).unwrap();
    let refused =
        |account, region| Run::resume(&plan, &whole, account, region).unwrap_err().to_string();
    assert_eq!(
        refused("444455556666", REGION),
        "account: expected 111122223333, found `444455556666`"
    );
    assert_eq!(refused(ACCOUNT, "us-east-1"), "region: expected eu-central-1, found `us-east-1`");
    assert!(Run::start(&plan, "444455556666", REGION).is_err());
    let other =
        plan.to_json().replacen("let alice read", "let bob read", 1).parse::<Plan>().unwrap();
    assert!(matches!(
        Run::roll_back(&other, &whole, ACCOUNT, REGION),
        Err(JournalError::OfAnother { .. })
    ));
    let lines: Vec<&str> = journal.split_inclusive('\n').collect();
    for dropped in 0..lines.len() - 1 {
        let rest: String = lines
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != dropped)
            .map(|(_, line)| *line)
            .collect();
        // Without its first line it is no journal of this plan; without another one it is damaged.
        match Journal::read(&rest) {
            Err(JournalError::Damaged { .. }) => {}
            other => panic!("{dropped}: {other:?}"),
        }
    }
    for at in (0..journal.len()).step_by(7) {
        let mut bytes = journal.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(read) = Journal::read(&text)
        {
            assert!(
                read.whole_bytes() < journal.len()
                    || Run::resume(&plan, &read, ACCOUNT, REGION).is_err(),
                "{at}"
            );
        }
    }
    assert_eq!(Journal::read("").unwrap().whole_bytes(), 0);
    assert_eq!(Journal::read(r#"{"number":0"#).unwrap().whole_bytes(), 0);
    assert!(Journal::read("a file of somebody else's").is_err());
}

#[test]
fn a_journal_holds_what_later_calls_need_and_no_more() {
    let plan = plan();
    let (mut account, mut journal) = (before(), String::new());
    run(&plan, &mut account, &mut journal);
    assert!(journal.contains("\"Role.Arn\":\"arn:aws:iam::111122223333:role/zt/grant-1\""));
    assert!(!journal.contains("zt:plan") && !journal.contains("s3:GetObject"));
}

#[test]
fn a_dry_run_reads_and_says_what_is_there() {
    let plan = plan();
    let mut account = before();
    let look = |account: &mut Account| {
        let mut journal = String::new();
        let mut run = Run::dry_run(&plan, ACCOUNT, REGION).unwrap();
        let there = account.clone();
        let end = Driver::new(account, &mut journal).drive(&mut run).unwrap();
        assert_eq!((end.status(), journal.as_str()), (Status::Finished, ""));
        assert_eq!(*account, there);
        end.drift().iter().map(|(step, drift)| format!("{step} {drift:?}")).collect::<Vec<_>>()
    };
    assert_eq!(
        look(&mut account),
        [
            "who Done",
            "role Missing",
            "policy Unknown(\"it refers to what is not there yet\")",
            "group Unknown(\"no read tells\")",
            "end Missing",
        ]
    );
    run(&plan, &mut account, &mut String::new());
    let after = look(&mut account);
    assert!(after[1..3].iter().all(|line| line.ends_with("Done")), "{after:?}");
    account.policies.insert(("grant-1".to_owned(), "access".to_owned()), "{}".to_owned());
    assert_eq!(look(&mut account)[2], "policy Different(\"PolicyDocument\")");
    assert!(Run::dry_run(&plan, "444455556666", REGION).is_err());
}

/// A network, which has no name of its own and no token: a tag finds it.
fn network() -> Plan {
    let tags = Value::tags([("zt:plan", "net-1")]);
    let filter =
        Value::object([("Name", "tag:zt:plan".into()), ("Values", Value::list(["net-1"]))]);
    let find = Call::new("ec2", "DescribeVpcs").with("Filters", Value::list([filter]));
    let tagged = Value::object([("ResourceType", "vpc".into()), ("Tags", tags)]);
    let create = Call::new("ec2", "CreateVpc")
        .with("CidrBlock", "10.0.0.0/16")
        .with("TagSpecifications", Value::list([tagged]));
    let step = Step::new("vpc", "make the network", create)
        .found(Found::by(find).expect("Vpcs[0].CidrBlock", "10.0.0.0/16").output("Vpc", "Vpcs[0]"))
        .undo(Call::new("ec2", "DeleteVpc").with("VpcId", reference("vpc.Vpc.VpcId")));
    Plan::builder("net-1", "a network", ACCOUNT, REGION)
        .step(step)
        .output("vpc_id", "vpc.Vpc.VpcId".parse::<Reference>().unwrap())
        .build()
        .unwrap()
}

#[test]
fn what_is_not_visible_yet_is_not_made_twice() {
    let plan = network();
    // The call takes effect, its answer is lost, and the first reads after it do not see what it made.
    let lost = |number: usize, request: &zt_core::plan::Request, account: &mut Account| {
        (number == 1).then(|| {
            let _ = account.call(request);
            account.lag = 2;
            Err(Failure::Unknown("timeout".to_owned()))
        })
    };
    let (mut account, mut journal) = (before(), String::new());
    let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.fault = Box::new(lost);
    assert_eq!(driver.drive(&mut run).unwrap().status(), Status::Finished);
    drop(driver);
    assert_eq!(account.vpcs.len(), 1);
    assert_eq!(run.outputs()["vpc_id"], "vpc-0");
    let mut back = roll_back(&plan, &mut journal);
    Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
    assert_eq!(account, before());

    // Killed instead, and rolled back: nothing is left behind.
    let (mut account, mut journal) = (before(), String::new());
    let mut run = Run::start(&plan, ACCOUNT, REGION).unwrap();
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.kill = Some((3, Kill::Inside));
    assert_eq!(driver.drive(&mut run), None);
    drop(driver);
    assert_eq!(account.vpcs.len(), 1);
    account.lag = 2;
    let mut back = roll_back(&plan, &mut journal);
    let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
    assert_eq!((end.status(), &account), (Status::RolledBack, &before()));
}
