//! Runs of the plan of a segmentation in a model of an account: killed at every point, with a fault at every call, undone.

use serde_json::json;
use zt_core::network::{Endpoint, Segmentation, SegmentationBuilder, Traffic};
use zt_core::plan::{Again, Failure, Plan, Run, Status};

use crate::account::{ACCOUNT, Account, REGION, World, same};
use crate::driver::{Driver, Interference, Kill, resume, roll_back, run};

/// As the article has it.
fn standard() -> Plan {
    Segmentation::standard("shop").unwrap().plan("shop-1", ACCOUNT, REGION, None).unwrap()
}

/// With every kind of step there is.
fn every_kind() -> Plan {
    let shop = SegmentationBuilder::standard("shop")
        .zones(["a"])
        .nat(true)
        .endpoint(Endpoint::gateway("s3"))
        .endpoint(Endpoint::interface("kms"))
        .allow("app", "s3", Traffic::tcp(443))
        .allow("app", "kms", Traffic::tcp(443))
        .allow("app", "internet", Traffic::tcp(443))
        .build()
        .unwrap();
    shop.plan("shop-1", ACCOUNT, REGION, None).unwrap()
}

/// What was there before: somebody's network, with a group of the same name.
fn before() -> Account {
    let mut account = Account::default();
    let other = json!({ "VpcId": "vpc-other", "CidrBlock": "10.0.0.0/16", "State": "available", "Tags": [] });
    account.things.insert("vpc-other".to_owned(), other);
    let group =
        json!({ "GroupId": "sg-other", "GroupName": "shop-web", "VpcId": "vpc-other", "Tags": [] });
    account.things.insert("sg-other".to_owned(), group);
    account
}

/// What is there after an uninterrupted run, and how many lines and calls it took.
fn uninterrupted(plan: &Plan) -> (Account, usize, usize) {
    let (mut account, mut journal) = (before(), String::new());
    let mut going = Run::start(plan, ACCOUNT, REGION).unwrap();
    let mut driver = Driver::new(&mut account, &mut journal);
    let end = driver.drive(&mut going).unwrap();
    assert_eq!((end.status(), end.code()), (Status::Finished, None), "{:?}", end.step());
    let (actions, calls) = (driver.actions, driver.calls);
    drop(driver);
    (account, actions, calls)
}

#[test]
fn undone_nothing_is_left() {
    for plan in [standard(), every_kind()] {
        let (mut account, mut journal) = (before(), String::new());
        run(&plan, &mut account, &mut journal);
        let mut back = roll_back(&plan, &mut journal);
        let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
        assert_eq!((end.status(), end.code()), (Status::RolledBack, None), "{:?}", end.step());
        assert!(end.remains().is_empty(), "{:?}", end.remains());
        assert!(same(&account, &before()), "{:?}", account.things.keys());
    }
}

#[test]
fn a_second_run_changes_nothing_and_its_undo_neither() {
    for plan in [standard(), every_kind()] {
        let (after, ..) = uninterrupted(&plan);
        let (mut account, mut journal) = (after.clone(), String::new());
        let mut again = Run::start(&plan, ACCOUNT, REGION).unwrap();
        let mut changing = Vec::new();
        let mut driver = Driver::new(&mut account, &mut journal);
        driver.fault = Box::new(|_, request, _| {
            if !request.operation().starts_with("Describe")
                && !request.operation().starts_with("Get")
            {
                changing.push(request.step().to_owned());
            }
            None
        });
        assert_eq!(driver.drive(&mut again).unwrap().status(), Status::Finished);
        drop(driver);
        assert!(same(&account, &after));
        // Only calls that are the same when they are made twice.
        for id in &changing {
            let again = plan.step(id).unwrap().again();
            assert!(matches!(again, Again::Repeatable | Again::Removes), "{id}");
        }
        // What it found is not its own.
        let mut back = roll_back(&plan, &mut journal);
        let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
        assert_eq!(end.status(), Status::RolledBack);
        assert!(same(&account, &after));
    }
}

/// Killed before or in the middle of every call and of every line of the journal.
fn killed_everywhere(
    plan: &Plan,
    every: usize,
    mut then: impl FnMut(usize, Kill, Account, String),
) {
    let (_, actions, _) = uninterrupted(plan);
    for at in (0..actions).step_by(every) {
        for how in [Kill::Before, Kill::Inside] {
            let (mut account, mut journal) = (before(), String::new());
            let mut going = Run::start(plan, ACCOUNT, REGION).unwrap();
            let mut driver = Driver::new(&mut account, &mut journal);
            driver.kill = Some((at, how));
            assert!(driver.drive(&mut going).is_none(), "{how:?} {at}");
            drop(driver);
            then(at, how, account, journal);
        }
    }
}

fn killed_and_resumed(plan: &Plan, every: usize) {
    let (expected, ..) = uninterrupted(plan);
    killed_everywhere(plan, every, |at, how, mut account, mut journal| {
        let mut again = resume(plan, &mut journal);
        let end = Driver::new(&mut account, &mut journal).drive(&mut again).unwrap();
        assert_eq!((end.status(), end.code()), (Status::Finished, None), "{how:?} {at}");
        assert!(same(&account, &expected), "{how:?} {at}");
        // And it is all its own.
        if at % 5 == 0 {
            let mut back = roll_back(plan, &mut journal);
            Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
            assert!(same(&account, &before()), "{how:?} {at}: {:?}", account.things.keys());
        }
    });
}

fn killed_and_rolled_back(plan: &Plan, every: usize) {
    killed_everywhere(plan, every, |at, how, mut account, mut journal| {
        let mut back = roll_back(plan, &mut journal);
        let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
        assert_eq!((end.status(), end.code()), (Status::RolledBack, None), "{how:?} {at}");
        assert!(end.remains().is_empty(), "{how:?} {at}: {:?}", end.remains());
        assert!(same(&account, &before()), "{how:?} {at}: {:?}", account.things.keys());
    });
}

#[test]
fn killed_anywhere_and_resumed_the_standard_equals_an_uninterrupted_run() {
    killed_and_resumed(&standard(), 1);
}

#[test]
fn killed_anywhere_and_rolled_back_the_standard_equals_before() {
    killed_and_rolled_back(&standard(), 1);
}

#[test]
fn killed_with_every_kind_of_step_it_goes_on_or_back() {
    killed_and_resumed(&every_kind(), 3);
    killed_and_rolled_back(&every_kind(), 3);
}

#[test]
fn killed_while_it_is_undone_it_is_undone_again() {
    for plan in [standard(), every_kind()] {
        for how in [Kill::Before, Kill::Inside] {
            for at in 0.. {
                let (mut account, mut journal) = (before(), String::new());
                run(&plan, &mut account, &mut journal);
                let mut back = roll_back(&plan, &mut journal);
                let mut driver = Driver::new(&mut account, &mut journal);
                driver.kill = Some((at, how));
                let end = driver.drive(&mut back);
                drop(driver);
                if end.is_some() {
                    break;
                }
                let mut back = roll_back(&plan, &mut journal);
                let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
                assert_eq!((end.status(), end.code()), (Status::RolledBack, None), "{how:?} {at}");
                assert!(end.remains().is_empty(), "{how:?} {at}: {:?}", end.remains());
                assert!(same(&account, &before()), "{how:?} {at}: {:?}", account.things.keys());
            }
        }
    }
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Throttled,
    LostBefore,
    LostAfter,
    Malformed,
    Internal,
}

impl Fault {
    fn at(self, at: usize) -> Interference<'static, Account> {
        Box::new(move |number, request, account| {
            (number == at).then(|| match self {
                Self::Throttled => Err(Failure::Refused("RequestLimitExceeded".to_owned())),
                Self::LostBefore => Err(Failure::Unknown("timeout".to_owned())),
                Self::LostAfter => {
                    let _ = account.call(request);
                    Err(Failure::Unknown("timeout".to_owned()))
                }
                Self::Malformed => account.call(request).map(|_| json!({ "Nonsense": [1] })),
                Self::Internal => {
                    let _ = account.call(request);
                    Err(Failure::Refused("InternalError".to_owned()))
                }
            })
        })
    }
}

const FAULTS: [Fault; 5] =
    [Fault::Throttled, Fault::LostBefore, Fault::LostAfter, Fault::Malformed, Fault::Internal];

#[test]
fn one_fault_at_any_call_is_overcome() {
    let plan = standard();
    let (expected, _, calls) = uninterrupted(&plan);
    for fault in FAULTS {
        for at in 0..calls {
            let (mut account, mut journal) = (before(), String::new());
            let mut going = Run::start(&plan, ACCOUNT, REGION).unwrap();
            let mut driver = Driver::new(&mut account, &mut journal);
            driver.fault = fault.at(at);
            let end = driver.drive(&mut going).unwrap();
            drop(driver);
            let what = format!("{fault:?} {at}: {:?} {:?}", end.step(), end.code());
            assert_eq!(end.status(), Status::Finished, "{what}");
            assert!(same(&account, &expected), "{what}");
            let mut back = roll_back(&plan, &mut journal);
            let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
            assert_eq!(end.status(), Status::RolledBack, "{what}");
            assert!(same(&account, &before()), "{what}: {:?}", account.things.keys());
        }
    }
}

#[test]
fn what_stays_broken_is_reported_and_can_be_resumed_or_undone() {
    let plan = standard();
    let (expected, _, calls) = uninterrupted(&plan);
    for code in ["UnauthorizedOperation", "RequestLimitExceeded"] {
        for at in 0..calls {
            let (mut account, mut journal) = (before(), String::new());
            let mut going = Run::start(&plan, ACCOUNT, REGION).unwrap();
            let mut driver = Driver::new(&mut account, &mut journal);
            driver.fault = Box::new(move |number, _, _| {
                (number >= at).then(|| Err(Failure::Refused(code.to_owned())))
            });
            let end = driver.drive(&mut going).unwrap();
            drop(driver);
            assert_eq!((end.status(), end.code()), (Status::Failed, Some(code)), "{at}");
            let step = end.step().unwrap();
            // What is reported to remain is what was made before it, and perhaps its own.
            let position = |id: &str| plan.steps().iter().position(|step| step.id() == id).unwrap();
            assert!(end.remains().iter().all(|id| position(id) <= position(step)), "{at}");
            assert!(!end.remains().is_empty() || same(&account, &before()), "{at}");

            let (mut there, mut written) = (account.clone(), journal.clone());
            let mut again = resume(&plan, &mut written);
            let end = Driver::new(&mut there, &mut written).drive(&mut again).unwrap();
            assert_eq!(end.status(), Status::Finished, "{code} {at}");
            assert!(same(&there, &expected), "{code} {at}");

            let mut back = roll_back(&plan, &mut journal);
            let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
            assert_eq!(end.status(), Status::RolledBack, "{code} {at}");
            assert!(same(&account, &before()), "{code} {at}: {:?}", account.things.keys());
        }
    }
}

#[test]
fn one_fault_at_any_call_of_the_undo_is_overcome() {
    let plan = every_kind();
    let (mut whole, mut written) = (before(), String::new());
    run(&plan, &mut whole, &mut written);
    for fault in FAULTS {
        for at in 0.. {
            let (mut account, mut journal) = (whole.clone(), written.clone());
            let mut back = roll_back(&plan, &mut journal);
            let mut driver = Driver::new(&mut account, &mut journal);
            driver.fault = fault.at(at);
            let end = driver.drive(&mut back).unwrap();
            let calls = driver.calls;
            drop(driver);
            if calls <= at {
                break;
            }
            assert_eq!(
                (end.status(), end.remains().len()),
                (Status::RolledBack, 0),
                "{fault:?} {at}"
            );
            assert!(same(&account, &before()), "{fault:?} {at}: {:?}", account.things.keys());
        }
    }
}

#[test]
fn an_undo_that_is_denied_says_what_remains() {
    let plan = standard();
    let (mut account, mut journal) = (before(), String::new());
    run(&plan, &mut account, &mut journal);
    let mut back = roll_back(&plan, &mut journal);
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.fault = Box::new(|_, request, _| {
        let denied = request.step() == "group-db" && request.operation() == "DeleteSecurityGroup";
        denied.then(|| Err(Failure::Refused("UnauthorizedOperation".to_owned())))
    });
    let end = driver.drive(&mut back).unwrap();
    assert_eq!((end.status(), end.step()), (Status::Failed, Some("group-db")));
    // Its rules are gone by then; what goes with it is not.
    assert!(end.remains().contains(&"group-db".to_owned()), "{:?}", end.remains());
    assert!(end.remains().contains(&"group-db-closed".to_owned()));
    assert!(!end.remains().contains(&"group-db-in".to_owned()));
    assert!(!end.remains().iter().any(|id| id.starts_with("subnet-")));
}

#[test]
fn a_subnet_that_is_in_use_is_said_to_remain() {
    let plan = standard();
    let (mut account, mut journal) = (before(), String::new());
    run(&plan, &mut account, &mut journal);
    let subnet = account.things.keys().find(|id| id.starts_with("subnet-")).unwrap().clone();
    account.things.insert("eni-1".to_owned(), json!({ "SubnetId": subnet }));
    let mut back = roll_back(&plan, &mut journal);
    let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
    assert_eq!((end.status(), end.code()), (Status::Failed, Some("DependencyViolation")));
    // Once it is gone, the rest goes, too.
    account.things.remove("eni-1");
    let mut back = roll_back(&plan, &mut journal);
    let end = Driver::new(&mut account, &mut journal).drive(&mut back).unwrap();
    assert_eq!(end.status(), Status::RolledBack);
    assert!(same(&account, &before()), "{:?}", account.things.keys());
}

#[test]
fn flow_logs_that_are_refused_in_an_answer_are_reported() {
    let plan = standard();
    let (mut account, mut journal) = (before(), String::new());
    let mut going = Run::start(&plan, ACCOUNT, REGION).unwrap();
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.fault = Box::new(|_, request, _| {
        (request.operation() == "CreateFlowLogs").then(|| {
            let error = json!({ "Code": "UnauthorizedOperation", "Message": "no" });
            Ok(json!({ "FlowLogIds": [], "Unsuccessful": [{ "ResourceId": "vpc-1", "Error": error }] }))
        })
    });
    let end = driver.drive(&mut going).unwrap();
    assert_eq!((end.step(), end.code()), (Some("flow-logs"), Some("UnauthorizedOperation")));
}
