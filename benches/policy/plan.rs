//! A plan with many steps.

use serde_json::json;
use zt_core::plan::{Call, Found, Plan, PlanError, Reference, Step, Value};

/// Roles, each with a trust policy of its own, a reference to the one before, a read that finds it, and an undo.
pub(crate) fn of(steps: usize) -> Result<Plan, PlanError> {
    let mut plan = Plan::builder("bench", "many roles", "111122223333", "eu-central-1");
    for number in 0..steps {
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": format!("arn:aws:iam::111122223333:user/user-{number}")},
            }],
        });
        let trust = trust.to_string();
        let role = |operation: &str| {
            Call::new("iam", operation).with("RoleName", format!("role-{number}"))
        };
        let mut create = role("CreateRole")
            .with("AssumeRolePolicyDocument", trust.as_str())
            .with("Path", "/bench/");
        if let Some(before) = number.checked_sub(1) {
            let before = format!("s{before}.Role.Arn").parse::<Reference>()?;
            create = create.with("Tags", Value::tags([("before", before)]));
        }
        let found = Found::by(role("GetRole")).expect("Role.Path", "/bench/");
        plan = plan.step(
            Step::new(format!("s{number}"), "make a role", create)
                .found(found.output("Role", "Role"))
                .undo(role("DeleteRole")),
        );
    }
    plan.build()
}
