//! The least privilege of plans, decided by our own evaluator: every request of a run is allowed, and none of those that a
//! statement is for when it is dropped.
#![cfg(test)]

use zt_core::catalog;
use zt_core::evaluate::{Evaluator, Request};
use zt_core::plan::{Call, Found, Phase, Plan, Reference, RequiredPolicy, Step, Value};
use zt_core::policy::{Policy, Statement};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";
const RUNNER: &str = "arn:aws:iam::111122223333:user/runner";
const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/boundary";
const CLEANER: &str = "arn:aws:iam::111122223333:role/cleaner";
const ROLE: &str = "arn:aws:iam::111122223333:role/zt/grant-1";
const GROUP: &str = "arn:aws:scheduler:eu-central-1:111122223333:schedule-group/zt";
const SCHEDULE: &str = "arn:aws:scheduler:eu-central-1:111122223333:schedule/zt/end-1";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"}}]}"#;
const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}"#;

fn role(operation: &str) -> Call {
    Call::new("iam", operation).with("RoleName", "grant-1")
}

fn make_role(boundary: bool) -> Step {
    let mut create = role("CreateRole")
        .with("Path", "/zt/")
        .with("AssumeRolePolicyDocument", TRUST)
        .with("Tags", Value::tags([("zt:plan", "grant-1")]));
    if boundary {
        create = create.with("PermissionsBoundary", BOUNDARY);
    }
    Step::new("role", "make the role", create)
        .found(Found::by(role("GetRole")).expect("Role.Path", "/zt/").output("Role", "Role"))
        .undo(role("DeleteRole"))
}

fn put_policy() -> Step {
    let name: Value = "role.Role.RoleName".parse::<Reference>().unwrap().into();
    let call = |operation| {
        Call::new("iam", operation).with("RoleName", name.clone()).with("PolicyName", "access")
    };
    Step::new("policy", "allow", call("PutRolePolicy").with("PolicyDocument", READ))
        .found(Found::by(call("GetRolePolicy")).expect("PolicyDocument", READ))
        .undo(call("DeleteRolePolicy"))
}

fn group() -> Step {
    let call = |operation| Call::new("scheduler", operation).with("Name", "zt");
    let tags = Value::tags([("zt:plan", "grant-1")]);
    Step::new("group", "group schedules", call("CreateScheduleGroup").with("Tags", tags))
        .found(Found::by(call("GetScheduleGroup")).expect("Name", "zt"))
        .undo(call("DeleteScheduleGroup"))
}

fn schedule() -> Step {
    let call =
        |operation| Call::new("scheduler", operation).with("Name", "end-1").with("GroupName", "zt");
    let target = Value::object([
        ("Arn", "arn:aws:scheduler:::aws-sdk:iam:deleteRole"),
        ("RoleArn", CLEANER),
    ]);
    let create = call("CreateSchedule")
        .with("ScheduleExpression", "at(2026-06-01T12:00:00)")
        .with("FlexibleTimeWindow", Value::object([("Mode", "OFF")]))
        .with("Target", target);
    Step::new("end", "delete the role at the end", create)
        .found(Found::by(call("GetSchedule")).expect("Name", "end-1"))
        .undo(call("DeleteSchedule"))
}

fn plan(steps: impl IntoIterator<Item = Step>) -> Plan {
    let builder = Plan::builder("grant-1", "let alice read", ACCOUNT, REGION);
    steps.into_iter().fold(builder, |plan, step| plan.step(step)).build().unwrap()
}

fn whole() -> Plan {
    let who = Step::read("who", "see who runs this", Call::new("sts", "GetCallerIdentity"));
    plan([who, make_role(true), put_policy(), group(), schedule()])
}

fn required(plan: &Plan, phase: Phase) -> RequiredPolicy {
    plan.required_policy(ACCOUNT, REGION, phase).unwrap()
}

fn request(action: &str, resource: &str, context: &[(&str, &str)]) -> Request {
    Request::new(RUNNER, action, resource).with_all(context.iter().copied())
}

/// What AWS decides when the plan runs and when it is undone, written down by hand.
fn requests(phase: Phase) -> Vec<Request> {
    let tag = ("aws:RequestTag/zt:plan", "grant-1");
    let bounded = ("iam:PermissionsBoundary", BOUNDARY);
    let passed = ("iam:PassedToService", "scheduler.amazonaws.com");
    let reads = [
        request("iam:GetRole", ROLE, &[]),
        request("iam:GetRolePolicy", ROLE, &[]),
        request("scheduler:GetScheduleGroup", GROUP, &[]),
        request("scheduler:GetSchedule", SCHEDULE, &[]),
    ];
    let run = [
        request("iam:CreateRole", ROLE, &[tag, bounded]),
        request("iam:TagRole", ROLE, &[tag]),
        request("iam:PutRolePolicy", ROLE, &[bounded]),
        request("scheduler:CreateScheduleGroup", GROUP, &[tag]),
        request("scheduler:TagResource", GROUP, &[tag]),
        request("scheduler:CreateSchedule", SCHEDULE, &[]),
        request("iam:PassRole", CLEANER, &[passed]),
    ];
    let undo = [
        request("iam:DeleteRole", ROLE, &[]),
        request("iam:DeleteRolePolicy", ROLE, &[bounded]),
        request("scheduler:DeleteScheduleGroup", GROUP, &[]),
        request("scheduler:DeleteSchedule", SCHEDULE, &[]),
    ];
    match phase {
        Phase::Run => reads.into_iter().chain(run).collect(),
        Phase::Undo => reads.into_iter().chain(undo).collect(),
        _ => reads.into_iter().chain(run).chain(undo).collect(),
    }
}

fn evaluator(policy: &Policy) -> Evaluator {
    Evaluator::builder().identity([policy]).build().unwrap()
}

#[test]
fn every_request_is_allowed_and_every_statement_is_needed() {
    for phase in [Phase::Run, Phase::Undo, Phase::Both] {
        let required = required(&whole(), phase);
        let with_all = evaluator(required.policy());
        let requests = requests(phase);
        for request in &requests {
            let decision = with_all.evaluate(request);
            assert!(
                decision.is_allowed(),
                "{phase:?}: {} {}",
                request.action(),
                request.resource()
            );
        }
        let statements = required.policy().statements();
        for dropped in 0..statements.len() {
            let rest: Vec<Statement> = statements
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != dropped)
                .map(|(_, statement)| statement.clone())
                .collect();
            let rest = evaluator(&Policy::new(rest).unwrap());
            let only = evaluator(&Policy::new([statements[dropped].clone()]).unwrap());
            let served: Vec<_> =
                requests.iter().filter(|request| only.evaluate(request).is_allowed()).collect();
            assert!(!served.is_empty(), "{phase:?}: no request needs statement {dropped}");
            for request in served {
                assert!(!rest.evaluate(request).is_allowed(), "{phase:?}: {}", request.action());
            }
        }
    }
}

#[test]
fn no_action_is_there_that_no_request_needs() {
    for phase in [Phase::Run, Phase::Undo, Phase::Both] {
        let mut allowed: Vec<_> = required(&whole(), phase)
            .policy()
            .statements()
            .iter()
            .flat_map(|statement| {
                statement.action_element().unwrap().iter().map(|action| action.as_str().to_owned())
            })
            .collect();
        let mut asked: Vec<_> =
            requests(phase).iter().map(|request| request.action().to_owned()).collect();
        allowed.sort();
        asked.sort();
        assert_eq!(allowed, asked, "{phase:?}");
    }
}

#[test]
fn nothing_else_is_allowed() {
    let required = required(&whole(), Phase::Both);
    let evaluator = evaluator(required.policy());
    let tag = ("aws:RequestTag/zt:plan", "grant-1");
    let bounded = ("iam:PermissionsBoundary", BOUNDARY);
    let table = [
        request("iam:CreateRole", ROLE, &[tag]),
        request("iam:CreateRole", ROLE, &[bounded]),
        request("iam:CreateRole", "arn:aws:iam::111122223333:role/grant-1", &[tag, bounded]),
        request("iam:CreateRole", ROLE, &[("aws:RequestTag/zt:plan", "other"), bounded]),
        request("iam:PutRolePolicy", ROLE, &[]),
        request(
            "iam:PutRolePolicy",
            ROLE,
            &[("iam:PermissionsBoundary", "arn:aws:iam::aws:policy/AdministratorAccess")],
        ),
        request("iam:PassRole", CLEANER, &[]),
        request("iam:PassRole", CLEANER, &[("iam:PassedToService", "ec2.amazonaws.com")]),
        request("iam:PassRole", ROLE, &[("iam:PassedToService", "scheduler.amazonaws.com")]),
        request("iam:DeleteRole", CLEANER, &[]),
        request("iam:UpdateAssumeRolePolicy", ROLE, &[]),
        request("scheduler:DeleteSchedule", &SCHEDULE.replace("/zt/", "/default/"), &[]),
        request("scheduler:DeleteSchedule", &SCHEDULE.replace("eu-", "us-"), &[]),
    ];
    for request in table {
        assert!(
            !evaluator.evaluate(&request).is_allowed(),
            "{} {}",
            request.action(),
            request.resource()
        );
    }
}

#[test]
fn actions_resources_and_conditions_are_those_of_the_catalogue() {
    let required = required(&whole(), Phase::Both);
    for statement in required.policy().statements() {
        for action in statement.action_element().unwrap() {
            let known = catalog::action(action.as_str()).unwrap();
            for resource in statement.resource_element().unwrap() {
                let fits =
                    known.resources().any(|kind| kind.resource_type().matches(resource.as_str()));
                assert!(fits, "{known} on {}", resource.as_str());
            }
            for (_, key, _) in statement.condition_element().into_iter().flat_map(|all| all.iter())
            {
                let key = catalog::condition_key(key).unwrap();
                assert!(known.has_condition_key(key), "{known} does not know {key}");
            }
        }
    }
}

#[test]
fn statements_name_the_steps_that_need_them() {
    let required = required(&whole(), Phase::Run);
    let steps = |action: &str| {
        let mut found = required.statements().filter(|(statement, _)| {
            statement.action_element().unwrap().iter().any(|known| known.as_str() == action)
        });
        found.next().map(|(_, steps)| steps.to_vec()).unwrap()
    };
    assert_eq!(steps("iam:CreateRole"), ["role"]);
    assert_eq!(steps("iam:PutRolePolicy"), ["policy"]);
    assert_eq!(steps("iam:PassRole"), ["end"]);
    assert_eq!(required.statements().count(), required.policy().statements().len());
}

#[test]
fn what_would_make_its_holder_an_administrator_is_said() {
    assert!(required(&whole(), Phase::Both).escalations().is_empty());
    let unbounded = required(&plan([make_role(false), put_policy()]), Phase::Run);
    let [only] = unbounded.escalations() else { panic!("{:?}", unbounded.escalations()) };
    assert!(only.starts_with("Whoever may call iam:PutRolePolicy on arn:aws:iam::111122223333:role/zt/grant-1 can give"), "{only}");
    // Undoing gives nobody anything.
    assert!(
        required(&plan([make_role(false), put_policy()]), Phase::Undo).escalations().is_empty()
    );
}

#[test]
fn a_role_that_the_plan_does_not_make_may_have_a_path() {
    let read = Step::read("role", "look", role("GetRole"));
    let required = required(&plan([read]), Phase::Run);
    let evaluator = evaluator(required.policy());
    for (arn, allowed) in [
        ("arn:aws:iam::111122223333:role/grant-1", true),
        ("arn:aws:iam::111122223333:role/team/grant-1", true),
        ("arn:aws:iam::111122223333:role/not-grant-1", false),
        ("arn:aws:iam::444455556666:role/grant-1", false),
    ] {
        assert_eq!(
            evaluator.evaluate(&request("iam:GetRole", arn, &[])).is_allowed(),
            allowed,
            "{arn}"
        );
    }
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let who = || Step::read("who", "see who runs this", Call::new("sts", "GetCallerIdentity"));
    let refused = |plan: &Plan, account: &str, region: &str| {
        plan.required_policy(account, region, Phase::Run).unwrap_err().to_string()
    };
    let plan_of = |step: Step| plan([step]);
    assert!(refused(&plan_of(who()), ACCOUNT, REGION).contains("a call that needs a permission"));
    assert!(
        refused(&whole(), "444455556666", REGION).starts_with("account: expected 111122223333")
    );
    assert!(refused(&whole(), ACCOUNT, "us-east-1").starts_with("region: expected eu-central-1"));
    let tag = Call::new("ec2", "CreateTags")
        .with("Resources", Value::list(["vpc-1"]))
        .with("Tags", Value::tags([("a", "b")]));
    let tag = Step::new("tag", "tag it", tag).repeatable().irreversible("the tag stays");
    let found = refused(&plan_of(tag), ACCOUNT, REGION);
    assert_eq!(
        found,
        "step `tag`: call: expected a call whose permissions are known here, found `ec2 CreateTags`"
    );
}

#[test]
fn other_partitions_have_their_own_arns() {
    let read = Step::read("role", "look", role("GetRole"));
    let plan = Plan::builder("look", "look", ACCOUNT, "cn-north-1").step(read).build().unwrap();
    let required = plan.required_policy(ACCOUNT, "cn-north-1", Phase::Run).unwrap();
    assert!(required.policy().to_json().contains("arn:aws-cn:iam::111122223333:role/grant-1"));
}

#[test]
fn networks_are_told_by_the_tags_that_they_are_made_with() {
    let tagged = |kind: &str| {
        let tags = Value::tags([("zt:plan", "net-1")]);
        Value::list([Value::object([("ResourceType", kind.into()), ("Tags", tags)])])
    };
    let find = |operation: &str| {
        let values = Value::list(["net-1"]);
        let filter = Value::object([("Name", "tag:zt:plan".into()), ("Values", values)]);
        Call::new("ec2", operation).with("Filters", Value::list([filter]))
    };
    let id = |text: &str| Value::from(text.parse::<Reference>().unwrap());
    let vpc = Step::new(
        "vpc",
        "make the network",
        Call::new("ec2", "CreateVpc")
            .with("CidrBlock", "10.0.0.0/16")
            .with("TagSpecifications", tagged("vpc")),
    )
    .found(
        Found::by(find("DescribeVpcs"))
            .expect("Vpcs[0].CidrBlock", "10.0.0.0/16")
            .output("Vpc", "Vpcs[0]"),
    )
    .undo(Call::new("ec2", "DeleteVpc").with("VpcId", id("vpc.Vpc.VpcId")));
    let subnet = Step::new(
        "subnet",
        "make a subnet",
        Call::new("ec2", "CreateSubnet")
            .with("CidrBlock", "10.0.0.0/24")
            .with("VpcId", id("vpc.Vpc.VpcId"))
            .with("TagSpecifications", tagged("subnet")),
    )
    .found(
        Found::by(find("DescribeSubnets"))
            .expect("Subnets[0].CidrBlock", "10.0.0.0/24")
            .output("Subnet", "Subnets[0]"),
    )
    .undo(Call::new("ec2", "DeleteSubnet").with("SubnetId", id("subnet.Subnet.SubnetId")));
    let required = required(&plan([vpc, subnet]), Phase::Both);
    let evaluator = evaluator(required.policy());
    let arn = |name: &str| format!("arn:aws:ec2:eu-central-1:111122223333:{name}");
    let asked = ("aws:RequestTag/zt:plan", "net-1");
    let there = ("aws:ResourceTag/zt:plan", "net-1");
    let making = |operation: &'static str| ("ec2:CreateAction", operation);
    let allowed = [
        request("ec2:CreateVpc", &arn("vpc/vpc-1"), &[asked]),
        request("ec2:CreateTags", &arn("vpc/vpc-1"), &[asked, making("CreateVpc")]),
        request("ec2:CreateSubnet", &arn("subnet/subnet-1"), &[asked]),
        request("ec2:CreateSubnet", &arn("vpc/vpc-1"), &[there]),
        request("ec2:CreateTags", &arn("subnet/subnet-1"), &[asked, making("CreateSubnet")]),
        request("ec2:DeleteSubnet", &arn("subnet/subnet-1"), &[there]),
        request("ec2:DeleteVpc", &arn("vpc/vpc-1"), &[there]),
        request("ec2:DescribeVpcs", "*", &[]),
        request("ec2:DescribeSubnets", "*", &[]),
    ];
    for request in allowed {
        assert!(
            evaluator.evaluate(&request).is_allowed(),
            "{} {}",
            request.action(),
            request.resource()
        );
    }
    let refused = [
        request("ec2:CreateVpc", &arn("vpc/vpc-1"), &[]),
        request("ec2:CreateTags", &arn("vpc/vpc-1"), &[asked]),
        request("ec2:CreateTags", &arn("vpc/vpc-1"), &[asked, making("RunInstances")]),
        request("ec2:CreateSubnet", &arn("vpc/vpc-2"), &[]),
        request("ec2:DeleteVpc", &arn("vpc/vpc-2"), &[]),
        request("ec2:DeleteVpc", &arn("vpc/vpc-2"), &[("aws:ResourceTag/zt:plan", "other")]),
        request("ec2:DeleteSecurityGroup", &arn("security-group/sg-1"), &[there]),
    ];
    for request in refused {
        assert!(
            !evaluator.evaluate(&request).is_allowed(),
            "{} {}",
            request.action(),
            request.resource()
        );
    }
}
