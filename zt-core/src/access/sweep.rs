//! Roles of grants that have ended, found by their path and their tag, and removed: three plans, of which two only look.
//!
//! [`list`] gives the roles under [`PATH`]; [`look`] reads the tags of each; [`remove`] deletes those whose
//! end is past. A reviewer of the last plan sees names, not a rule.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::error::AccessError;
use super::revoke::Grant;
use super::{EXPIRES, PATH};
use crate::plan::{Call, Plan, Reference, Step};

/// The plan that lists the roles that grants have made: output `roles`, and `is_truncated` when there are more than 1,000.
///
/// # Errors
///
/// When the account cannot be one.
pub fn list(account: &str) -> Result<Plan, AccessError> {
    let call = Call::new("iam", "ListRoles").with("PathPrefix", PATH).with("MaxItems", 1000);
    Ok(Plan::builder("sweep-list", "see which roles grants have made", account, Plan::GLOBAL)
        .step(Step::read("list", "list the roles of grants", call))
        .output("roles", "list.Roles".parse::<Reference>()?)
        .output("is_truncated", "list.IsTruncated".parse::<Reference>()?)
        .build()?)
}

/// The plan that reads the tags of listed roles: outputs `role_1`, `role_2`... None when there are none to read.
///
/// # Errors
///
/// When what is given is not the output `roles` of [`list`].
pub fn look(account: &str, roles: &Json) -> Result<Option<Plan>, AccessError> {
    let mut plan = Plan::builder("sweep-look", "see when grants end", account, Plan::GLOBAL);
    let mut number = 0;
    for role in roles.as_array().ok_or_else(|| not_roles(roles))? {
        let (Some(path), Some(name)) = (text(role, "Path"), text(role, "RoleName")) else {
            return Err(not_roles(role));
        };
        // Somebody else's: not made by a grant.
        let Some(grant) = Grant::new(account, name).ok().filter(|_| path == PATH) else {
            continue;
        };
        number += 1;
        let call = Call::new("iam", "GetRole").with("RoleName", grant.role());
        plan = plan
            .step(Step::read(format!("role-{number}"), "see when it ends", call))
            .output(format!("role_{number}"), format!("role-{number}.Role").parse::<Reference>()?);
    }
    if number == 0 { Ok(None) } else { Ok(Some(plan.build()?)) }
}

/// The plan that removes roles whose access has ended by `now`: the outputs of [`look`]. None when there are none to remove.
///
/// # Errors
///
/// When what is given are not the outputs of [`look`].
pub fn remove<'a>(
    account: &str,
    roles: impl IntoIterator<Item = &'a Json>,
    now: Timestamp,
) -> Result<Option<Plan>, AccessError> {
    let mut plan =
        Plan::builder("sweep-remove", "remove grants that have ended", account, Plan::GLOBAL);
    let mut number = 0;
    for role in roles {
        let (Some(path), Some(name)) = (text(role, "Path"), text(role, "RoleName")) else {
            return Err(not_roles(role));
        };
        // Without the tag nobody knows when it ends: it stays.
        if path != PATH || end(role).is_none_or(|end| end > now) {
            continue;
        }
        let grant = Grant::new(account, name)?;
        number += 1;
        let suffix = format!("-{number}");
        plan = grant.removal(plan, &suffix).step(grant.delete(&suffix));
    }
    if number == 0 { Ok(None) } else { Ok(Some(plan.build()?)) }
}

fn end(role: &Json) -> Option<Timestamp> {
    let tags = role.get("Tags")?.as_array()?;
    let tag = tags.iter().find(|tag| text(tag, "Key") == Some(EXPIRES))?;
    text(tag, "Value")?.parse().ok()
}

fn text<'a>(json: &'a Json, member: &str) -> Option<&'a str> {
    json.get(member)?.as_str()
}

fn not_roles(found: &Json) -> AccessError {
    AccessError::invalid("roles", "roles as IAM answers, with Path and RoleName", found.to_string())
}
