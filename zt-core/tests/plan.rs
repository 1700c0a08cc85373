//! Plans: what is refused and how it is said, what is read back, what a reader sees.
#![cfg(test)]

use std::time::Instant;

use proptest::prelude::*;
use zt_core::plan::{Call, Found, Plan, PlanBuilder, PlanError, Reference, Step, Value, Wait};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"}}]}"#;
const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}"#;

fn builder() -> PlanBuilder {
    Plan::builder("grant-1", "let alice read", "111122223333", "eu-central-1")
}

fn role(operation: &str) -> Call {
    Call::new("iam", operation).with("RoleName", "grant-1")
}

fn create() -> Call {
    role("CreateRole").with("AssumeRolePolicyDocument", TRUST).with("Path", "/zt/")
}

fn make_role() -> Step {
    step_with(create())
}

fn step_with(call: Call) -> Step {
    Step::new("role", "make the role that alice assumes", call)
        .found(Found::by(role("GetRole")).expect("Role.Path", "/zt/").output("Role", "Role"))
        .undo(role("DeleteRole"))
}

fn put_policy() -> Step {
    let policy = |operation: &str| role(operation).with("PolicyName", "access");
    Step::new(
        "policy",
        "allow what alice asked for",
        policy("PutRolePolicy").with("PolicyDocument", READ),
    )
    .found(Found::by(policy("GetRolePolicy")).expect("PolicyDocument", READ))
    .undo(policy("DeleteRolePolicy"))
}

fn reference(text: &str) -> Value {
    text.parse::<Reference>().unwrap().into()
}

fn network(call: Call) -> Step {
    let read = Call::new("ec2", "DescribeVpcs");
    Step::new("vpc", "make the network", call)
        .found(Found::by(read).expect("Vpcs[0].CidrBlock", "10.0.0.0/16").output("Vpc", "Vpcs[0]"))
        .undo(Call::new("ec2", "DeleteVpc").with("VpcId", reference("vpc.Vpc.VpcId")))
}

fn refused(step: Step) -> String {
    builder().step(step).build().unwrap_err().to_string()
}

#[test]
fn a_plan_reads_back_as_it_was_written() {
    let plan = builder()
        .not_after("2026-06-01T12:00:00Z".parse().unwrap())
        .step(make_role().wait(Wait::for_answer(role("GetRole"), 2, 60).until("Role.Path", "/zt/")))
        .step(put_policy())
        .build()
        .unwrap();
    let json = plan.to_json();
    let again = Plan::from_json(&json).unwrap();
    assert_eq!(again, plan);
    assert_eq!(again.digest(), plan.digest());
    assert_eq!(plan.to_json_pretty().parse::<Plan>().unwrap(), plan);
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
}

#[test]
fn a_plan_is_checked_when_it_is_read() {
    let json = builder().step(make_role()).step(put_policy()).build().unwrap().to_json();
    let changes = [
        (r#""RoleName":"grant-1""#, r#""RoleName":"grant 1""#),
        (r#""RoleName":"grant-1""#, r#""RoelName":"grant-1""#),
        ("CreateRole", "DeleteRole"),
        ("GetRolePolicy", "PutRolePolicy"),
        ("zt-plan-1", "zt-plan-2"),
        (r#""account":"111122223333""#, r#""account":"ACCOUNT""#),
        (r#""id":"policy""#, r#""id":"role""#),
        (r#""reason":"#, r#""raeson":"#),
        (r#""Path":"/zt/""#, r#""Path":null"#),
        (r#""Path":"/zt/""#, r#""Path":{"$ref":"policy.PolicyName"}"#),
        (r#""Path":"/zt/""#, r#""Path":{"$ref":"role.Role.Path"}"#),
        (r#""Path":"/zt/""#, r#""Path":{"$ref":"role.Role.Path","x":1}"#),
    ];
    for (from, to) in changes {
        assert!(json.contains(from), "{from}");
        let changed = json.replacen(from, to, 1);
        assert!(Plan::from_json(&changed).is_err(), "{from} became {to}");
    }
}

#[test]
fn inputs_are_what_the_api_takes() {
    let table = [
        (
            role("CreateRole"),
            "the member AssumeRolePolicyDocument, which iam CreateRole requires, found none",
        ),
        (
            create().with("RoleName", ""),
            "call.input.RoleName: expected 1 to 64 characters, found `0 characters`",
        ),
        (create().with("RoleName", "a b"), "call.input.RoleName: expected a text that fits"),
        (create().with("RoleName", 7), "call.input.RoleName: expected a text, found `7`"),
        (create().with("MaxSessionDuration", 60), "expected 3600 to 43200, found `60`"),
        (create().with("MaxSessionDuration", "3600"), "expected a whole number, found `3600`"),
        (create().with("Tags", "a=b"), "call.input.Tags: expected a list, found `a=b`"),
        (
            create().with("Tags", Value::list([Value::object([("Key", "a")])])),
            "call.input.Tags[0]: expected the member Value, which Tag requires, found none",
        ),
        (Call::new("iam", "CreateRoles"), "found `CreateRoles`; did you mean `CreateRole`?"),
        (Call::new("aim", "CreateRole"), "found `aim`; did you mean `iam`?"),
    ];
    for (call, expected) in table {
        let found = refused(step_with(call));
        assert!(found.starts_with("step `role`: "), "{found}");
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn what_the_model_cannot_say_is_checked_too() {
    let trust = |text: &str| step_with(create().with("AssumeRolePolicyDocument", text));
    let document = |text: &str| {
        Step::new("policy", "allow", put_policy().call().clone().with("PolicyDocument", text))
            .repeatable()
            .undo(role("DeleteRolePolicy").with("PolicyName", "access"))
    };
    let schedule = |expression: &str, window: Value| {
        let name = |operation| Call::new("scheduler", operation).with("Name", "end");
        let target = Value::object([
            ("Arn", "arn:aws:scheduler:::aws-sdk:iam:deleteRole"),
            ("RoleArn", "arn:aws:iam::111122223333:role/cleaner"),
        ]);
        let call = name("CreateSchedule")
            .with("ScheduleExpression", expression)
            .with("FlexibleTimeWindow", window)
            .with("Target", target);
        Step::new("end", "end it", call).client_token().undo(name("DeleteSchedule"))
    };
    let off = || Value::object([("Mode", "OFF")]);
    let at = "at(2026-06-01T12:00:00)";
    builder().step(schedule(at, off())).build().unwrap();
    let vpc = |cidr: &str| network(Call::new("ec2", "CreateVpc").with("CidrBlock", cidr));
    builder().step(vpc("10.0.0.0/16")).build().unwrap();
    let table = [
        (trust("{"), "expected a policy ("),
        (trust(READ), "a Principal in every statement"),
        (
            trust(&TRUST.replace("arn:aws:iam::111122223333:user/alice", "ACCOUNT")),
            "found `ACCOUNT`",
        ),
        (trust(&TRUST.replace("111122223333", "ACCOUNT")), "principals that are ARNs"),
        (document(TRUST), "no Principal"),
        (document("no policy"), "expected a policy ("),
        (schedule("at(tomorrow)", off()), "expected at(2026-01-31T12:00:00)"),
        (schedule("rate(0 minutes)", off()), "rate(5 minutes)"),
        (schedule(at, Value::object([("Mode", "FLEXIBLE")])), "minutes when the mode is FLEXIBLE"),
        (schedule(at, Value::object([("Mode", "ON")])), "one of OFF, FLEXIBLE"),
        (vpc("10.0.0.0/8"), "/16 to /28"),
        (vpc("10.0.0.1/16"), "no bits set past the prefix"),
        (vpc("10.0.0.0/29"), "/16 to /28"),
        (
            network(
                Call::new("ec2", "CreateVpc").with("CidrBlock", "10.0.0.0/16").with("DryRun", true),
            ),
            "no DryRun",
        ),
    ];
    for (step, expected) in table {
        let found = refused(step);
        assert!(found.contains(expected), "{expected}: {found}");
    }
}

#[test]
fn references_are_to_what_is_there_by_then() {
    let tag = |value: Value| {
        let tags = Value::tags([("from", value)]);
        Step::new("tag", "say where it is from", role("TagRole").with("Tags", tags))
            .repeatable()
            .undo(role("UntagRole").with("TagKeys", Value::list(["from"])))
    };
    let build = |value: Value| builder().step(make_role()).step(tag(value)).build();
    build(reference("role.Role.Arn")).unwrap();
    build(Value::join(["role ".into(), reference("role.Role.Arn")])).unwrap();
    let table = [
        (
            "roles.Role.Arn",
            "a reference to a step that has run by then, found `roles`; did you mean `role`?",
        ),
        ("tag.Role.Arn", "a reference to a step that has run by then"),
        ("role.Role.Ann", "a member of Role, found `Ann`; did you mean `Arn`?"),
        ("role.Arn", "a member of CreateRoleResponse"),
        ("role.Role.Tags", "expected a text"),
        ("role.Role.MaxSessionDuration", "expected a text"),
        ("role.Role[0]", "a place in the answer"),
    ];
    for (text, expected) in table {
        let found = build(reference(text)).unwrap_err().to_string();
        assert!(found.contains(expected), "{text}: {found}");
    }
    for text in
        ["role", "", "role.", "Role.Arn", "role.A..B", "role.A[", "role.A[x]", "role.A[99999]"]
    {
        assert!(text.parse::<Reference>().is_err(), "{text}");
    }
}

#[test]
fn an_undo_does_not_refer_to_what_is_undone_by_then() {
    let early =
        Step::new("early", "first", role("TagRole").with("Tags", Value::tags([("a", "b")])))
            .repeatable()
            .undo(role("UntagRole").with("TagKeys", Value::list([reference("role.Role.Arn")])));
    let error = builder().step(early).step(make_role()).build().unwrap_err();
    assert_eq!((error.step(), error.place()), (Some("early"), "undo.input.TagKeys[0]"));
}

#[test]
fn what_is_referred_to_is_known_after_a_resume() {
    let unfound = Step::new("role", "make the role", create())
        .found(Found::by(role("GetRole")).expect("Role.Path", "/zt/"))
        .undo(role("DeleteRole"));
    let tag = Step::new(
        "tag",
        "tag it",
        role("TagRole").with("Tags", Value::tags([("a", reference("role.Role.Arn"))])),
    )
    .repeatable()
    .irreversible("the tag goes with the role");
    let error = builder().step(unfound).step(tag).build().unwrap_err();
    assert_eq!((error.step(), error.found()), (Some("role"), Some("role.Role.Arn")));
}

#[test]
fn secrets_are_named_and_never_held() {
    let assume = |value: Value| {
        let call = Call::new("sts", "AssumeRole")
            .with("RoleArn", "arn:aws:iam::111122223333:role/grant-1")
            .with("RoleSessionName", "alice")
            .with("ExternalId", value);
        Step::new("session", "become the role", call)
            .repeatable()
            .irreversible("the session ends by itself")
    };
    let plan = builder().step(assume(Value::Secret("partner-id".into()))).build().unwrap();
    assert_eq!(plan.secrets(), ["partner-id"]);
    assert!(plan.to_text().contains("ExternalId: <secret partner-id>"));
    assert!(plan.to_text().contains("Secrets to supply: partner-id."));
    let stolen = Step::new(
        "keep",
        "keep the key",
        role("TagRole")
            .with("Tags", Value::tags([("key", reference("session.Credentials.SecretAccessKey"))])),
    )
    .repeatable()
    .irreversible("the tag goes with the role");
    let error = builder().step(assume("x7".into())).step(stolen).build().unwrap_err();
    assert!(error.to_string().contains("an output that is no secret"), "{error}");
}

#[test]
fn a_step_says_how_it_is_repeated_and_undone() {
    let bare = || Step::new("role", "make the role", create());
    assert!(refused(bare().undo(role("DeleteRole"))).contains("how to tell that it is done"));
    assert!(
        refused(bare().repeatable()).contains("a call that takes it back, or why there is none")
    );
    assert!(
        refused(bare().repeatable().undo(role("DeleteRole")).irreversible("so"))
            .contains("not both")
    );
    assert!(
        refused(bare().client_token().undo(role("DeleteRole")))
            .contains("an operation with a client token")
    );
    assert!(
        refused(bare().repeatable().undo(role("GetRole")))
            .contains("a call that changes something")
    );
    assert!(refused(Step::read("role", "look", create())).contains("a call that only reads"));
    assert!(
        refused(Step::new("role", "look", role("GetRole")).repeatable())
            .contains("read: the call only reads")
    );
    let found = bare()
        .found(Found::by(role("DeleteRole")).expect("Role.Path", "/"))
        .undo(role("DeleteRole"));
    assert!(refused(found).contains("again.found.read: expected a call that only reads"));
    let found = bare().found(Found::by(role("GetRole"))).undo(role("DeleteRole"));
    assert!(refused(found).contains("what tells that it is this plan's"));
}

#[test]
fn a_step_is_undone_with_an_earlier_one_that_has_an_undo() {
    let with = |step: &str| put_policy_undone_with(step);
    let plan = builder().step(make_role()).step(with("role")).build().unwrap();
    assert!(plan.to_text().contains("   Undo: with role.\n"));
    assert_eq!(plan.to_json().parse::<Plan>().unwrap(), plan);
    let refused = |first: Step, second: Step| {
        builder().step(first).step(second).build().unwrap_err().to_string()
    };
    assert_eq!(
        refused(make_role(), with("rolf")),
        "step `policy`: undone_with: expected an earlier step with an undo, found `rolf`; did you mean `role`?"
    );
    let look = Step::read("look", "look", role("GetRole"));
    assert!(refused(look, with("look")).contains("an earlier step with an undo"));
    assert!(refused(make_role(), with("policy")).contains("an earlier step with an undo"));
    let both = with("role").irreversible("so");
    assert!(refused(make_role(), both).contains("none beside an undo"));
}

fn put_policy_undone_with(step: &str) -> Step {
    let call = role("PutRolePolicy").with("PolicyName", "access").with("PolicyDocument", READ);
    Step::new("policy", "allow what alice asked for", call).repeatable().undone_with(step)
}

#[test]
fn client_tokens_come_from_the_plan() {
    let group = |operation| Call::new("scheduler", operation).with("Name", "zt");
    let step = || {
        Step::new("group", "group schedules", group("CreateScheduleGroup"))
            .client_token()
            .undo(group("DeleteScheduleGroup"))
    };
    let plan = builder().step(step()).build().unwrap();
    let token = plan.steps()[0].call().input()["ClientToken"].clone();
    assert_eq!(
        builder().step(step()).build().unwrap().steps()[0].call().input()["ClientToken"],
        token
    );
    let other = Plan::builder("grant-2", "another", "111122223333", "eu-central-1")
        .step(step())
        .build()
        .unwrap();
    assert_ne!(other.steps()[0].call().input()["ClientToken"], token);
    // A plan whose id was changed by hand has tokens that are another plan's.
    let changed = plan.to_json().replacen("grant-1", "grant-2", 1);
    assert!(Plan::from_json(&changed).is_err());
}

#[test]
fn text_is_what_a_careful_colleague_would_write() {
    let plan = builder()
        .not_after("2026-06-01T12:00:00Z".parse().unwrap())
        .step(make_role().wait(Wait::for_answer(role("GetRole"), 2, 60)))
        .step(put_policy().cuts_off("nobody yet"))
        .build()
        .unwrap();
    let expected = format!(
        "\
Plan grant-1: let alice read
Account 111122223333, Region eu-central-1. Not to be run after 2026-06-01T12:00:00Z.
2 steps, 2 of which change something; all of these can be undone.
SHA-256 {}

1. role: make the role that alice assumes
   iam CreateRole
     AssumeRolePolicyDocument: {TRUST}
     Path: /zt/
     RoleName: grant-1
   Done already when iam GetRole (RoleName: grant-1) has Role.Path = /zt/.
   Then waits until iam GetRole (RoleName: grant-1) answers: asks every 2 s for at most 60 s.
   Undo: iam DeleteRole (RoleName: grant-1)

2. policy: allow what alice asked for
   iam PutRolePolicy
     PolicyDocument: {READ}
     PolicyName: access
     RoleName: grant-1
   Done already when iam GetRolePolicy (PolicyName: access, RoleName: grant-1) has PolicyDocument = {READ}.
   Undo: iam DeleteRolePolicy (PolicyName: access, RoleName: grant-1)
   ! Cuts off: nobody yet
",
        plan.digest()
    );
    assert_eq!(plan.to_text(), expected);
    assert_eq!(
        plan.to_mermaid(),
        "\
flowchart TD
    s0[\"1. make the role that alice assumes<br/>iam CreateRole\"]
    s1[\"2. allow what alice asked for<br/>iam PutRolePolicy\"]
    s0 --> s1
"
    );
}

#[test]
fn nothing_in_a_plan_steers_a_terminal_or_a_diagram() {
    let sneaky = create().with("Description", "fine\nno");
    let plan = builder().step(step_with(sneaky)).build().unwrap();
    assert!(plan.to_text().contains("Description: fine no\n"));
    let json = builder().step(make_role()).build().unwrap().to_json();
    let changed = json.replacen("make the role", "\\u001b[2Jmake", 1);
    assert!(Plan::from_json(&changed).is_err());
    let changed = json.replacen("make the role", "<b>&\\\"]", 1);
    let plan = Plan::from_json(&changed).unwrap();
    assert!(
        plan.to_mermaid().contains("[\"1. #lt;b#gt;#amp;#quot;] that"),
        "{}",
        plan.to_mermaid()
    );
}

fn thousand() -> Result<Plan, PlanError> {
    let mut plan = Plan::builder("thousand", "many roles", "111122223333", "eu-central-1");
    for number in 0..1000 {
        let role =
            |operation| Call::new("iam", operation).with("RoleName", format!("role-{number}"));
        let mut call =
            role("CreateRole").with("AssumeRolePolicyDocument", TRUST).with("Path", "/zt/");
        if number > 0 {
            let before = format!("s{}.Role.Arn", number - 1).parse::<Reference>()?;
            call = call.with("Tags", Value::tags([("before", before)]));
        }
        plan = plan.step(
            Step::new(format!("s{number}"), "make a role", call)
                .found(
                    Found::by(role("GetRole")).expect("Role.Path", "/zt/").output("Role", "Role"),
                )
                .undo(role("DeleteRole")),
        );
    }
    plan.build()
}

#[test]
fn a_thousand_steps_are_a_plan() {
    let started = Instant::now();
    let plan = thousand().unwrap();
    let text = plan.to_text();
    println!("a thousand steps, cold: {:?}", started.elapsed());
    let started = Instant::now();
    let again = thousand().unwrap();
    assert_eq!(again.to_text(), text);
    println!("a thousand steps: {:?}", started.elapsed());
    assert_eq!(text.matches("\n   Undo: ").count(), 1000);
    assert_eq!(Plan::from_json(&plan.to_json()).unwrap(), plan);
    let too_many = (0..10_001).fold(builder(), |plan, number| {
        plan.step(Step::read(format!("s{number}"), "look", role("GetRole")))
    });
    assert!(too_many.build().unwrap_err().to_string().contains("at most 10000 steps"));
}

proptest! {
    #[test]
    fn reading_never_panics(text in r#"[\{\}\[\]",:$a-z0-9.]{0,200}"#) {
        let _ = Plan::from_json(&text);
        let _ = text.parse::<Reference>();
    }

    #[test]
    fn a_changed_plan_is_refused_or_another(at in 0usize..2000, byte in 0x20u8..0x7f) {
        let plan = builder().step(make_role()).step(put_policy()).build().unwrap();
        let mut bytes = plan.to_json().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(other) = Plan::from_json(&String::from_utf8(bytes).unwrap()) {
            prop_assert_ne!(other.digest(), plan.digest());
            // What is read is what is written.
            prop_assert_eq!(Plan::from_json(&other.to_json()).unwrap(), other);
        }
    }
}
