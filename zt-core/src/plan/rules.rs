//! What AWS refuses although it fits the model of the API. Emulators mostly take it, so a test against one does not show it.

mod ec2;

use std::cell::RefCell;
use std::collections::HashSet;

pub(super) use self::ec2::Networks;
use super::error::PlanError;
use super::place::Place;
use super::step::Call;
use super::value::Value;
use crate::policy::Policy;

/// Policies of this plan that have been judged, so that a document that many steps have is read once. The first refusal ends
/// the check of the plan, so what is judged twice was taken.
pub(super) type Known<'a> = RefCell<HashSet<(&'static str, &'a str)>>;

/// Checks constants of a call's input. A rule about a value that is only known when the plan runs is AWS's to check.
pub(super) fn check<'a>(
    place: Place<'_>,
    call: &'a Call,
    known: &Known<'a>,
) -> Result<(), PlanError> {
    match (call.service.as_str(), call.operation.as_str()) {
        ("iam", "CreateRole") => trust_policy(place, call, "AssumeRolePolicyDocument", known),
        ("iam", "UpdateAssumeRolePolicy") => trust_policy(place, call, "PolicyDocument", known),
        ("iam", "PutRolePolicy") => identity_policy(place, call, "PolicyDocument", known),
        ("sts", "AssumeRole") => identity_policy(place, call, "Policy", known),
        ("scheduler", "CreateSchedule") => schedule(place, call),
        ("ec2", _) => ec2::check(place, call),
        _ => Ok(()),
    }
}

/// IAM User Guide, *IAM and AWS STS quotas*: the most that a trust policy's quota can be raised to.
const TRUST_POLICY: usize = 4_096;
/// The same page: inline policies of a role, together, without white space.
const ROLE_POLICIES: usize = 10_240;

fn trust_policy<'a>(
    place: Place<'_>,
    call: &'a Call,
    member: &str,
    known: &Known<'a>,
) -> Result<(), PlanError> {
    let Some(text) = call.text(member) else {
        return Ok(());
    };
    if !known.borrow_mut().insert(("trust_policy", text)) {
        return Ok(());
    }
    let Some((place, policy, text)) = policy(place, call, member)? else {
        return Ok(());
    };
    for statement in policy.statements() {
        let principals = statement.principal_element();
        if principals.is_none() && statement.not_principal_element().is_none() {
            return Err(PlanError::new(
                place,
                "a trust policy: a Principal in every statement",
                None,
            ));
        }
        if statement.resource_element().is_some() || statement.not_resource_element().is_some() {
            return Err(PlanError::new(place, "a trust policy: no Resource", None));
        }
        for principal in principals.iter().flat_map(|principals| principals.to_list()) {
            if let ("AWS", id) = principal.parts()
                && !is_aws_principal(id)
            {
                let expected = "principals that are ARNs, 12 digits of an account, or *";
                return Err(PlanError::new(place, expected, id.to_owned()));
            }
        }
    }
    if text.chars().count() > TRUST_POLICY {
        let found = text.chars().count().to_string();
        return Err(PlanError::new(place, format!("at most {TRUST_POLICY} characters"), found));
    }
    Ok(())
}

fn is_aws_principal(text: &str) -> bool {
    let is_account =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    text == "*"
        || is_account(text)
        || matches!(parts.as_slice(), ["arn", _, "iam" | "sts", "", account, name] if is_account(account) && !name.is_empty())
}

fn identity_policy<'a>(
    place: Place<'_>,
    call: &'a Call,
    member: &str,
    known: &Known<'a>,
) -> Result<(), PlanError> {
    let Some(text) = call.text(member) else {
        return Ok(());
    };
    if !known.borrow_mut().insert(("identity_policy", text)) {
        return Ok(());
    }
    let Some((place, policy, text)) = policy(place, call, member)? else {
        return Ok(());
    };
    for statement in policy.statements() {
        if statement.principal_element().is_some() || statement.not_principal_element().is_some() {
            return Err(PlanError::new(place, "a policy of a role: no Principal", None));
        }
        if statement.resource_element().is_none() && statement.not_resource_element().is_none() {
            return Err(PlanError::new(
                place,
                "a policy of a role: a Resource in every statement",
                None,
            ));
        }
    }
    let size = text.chars().filter(|character| !character.is_whitespace()).count();
    if size > ROLE_POLICIES {
        let expected = format!("at most {ROLE_POLICIES} characters without white space");
        return Err(PlanError::new(place, expected, size.to_string()));
    }
    Ok(())
}

fn policy<'a>(
    place: Place<'_>,
    call: &'a Call,
    member: &str,
) -> Result<Option<(String, Policy, &'a str)>, PlanError> {
    let Some(text) = call.text(member) else {
        return Ok(None);
    };
    let place = format!("{place}.{member}");
    match Policy::parse(text) {
        Ok(policy) => Ok(Some((place, policy, text))),
        Err(error) => Err(PlanError::new(place, format!("a policy ({error})"), text.to_owned())),
    }
}

/// EventBridge Scheduler User Guide, *Schedule types* and *Configuring flexible time windows*.
fn schedule(place: Place<'_>, call: &Call) -> Result<(), PlanError> {
    if let Some(text) = call.text("ScheduleExpression") {
        let inner = |kind: &str| text.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
        let fits = inner("at")
            .is_some_and(|at| at.len() == 19 && at.parse::<jiff::civil::DateTime>().is_ok())
            || inner("rate").is_some_and(is_rate)
            || inner("cron").is_some_and(|cron| cron.split_whitespace().count() == 6);
        if !fits {
            let expected = "at(2026-01-31T12:00:00), rate(5 minutes) or cron(0 8 * * ? *)";
            return Err(PlanError::new(
                format!("{place}.ScheduleExpression"),
                expected,
                text.to_owned(),
            ));
        }
    }
    if let Some(Value::Object(window)) = call.input.get("FlexibleTimeWindow") {
        let has_minutes = window.contains_key("MaximumWindowInMinutes");
        let expected = match window.get("Mode") {
            Some(Value::Text(mode)) if mode == "OFF" && has_minutes => "none when the mode is OFF",
            Some(Value::Text(mode)) if mode == "FLEXIBLE" && !has_minutes => {
                "minutes when the mode is FLEXIBLE"
            }
            _ => return Ok(()),
        };
        let place = format!("{place}.FlexibleTimeWindow.MaximumWindowInMinutes");
        return Err(PlanError::new(place, expected, None));
    }
    Ok(())
}

fn is_rate(text: &str) -> bool {
    let Some((number, unit)) = text.split_once(' ') else {
        return false;
    };
    number.parse::<u32>().is_ok_and(|number| number > 0)
        && matches!(unit.trim_end_matches('s'), "minute" | "hour" | "day")
}
