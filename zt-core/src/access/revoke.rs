//! Grants that end before their time.

use super::error::AccessError;
use super::{ACCESS, PATH};
use crate::plan::{Call, Plan, PlanBuilder, Step, Wait};

/// A grant that a plan has made: the account and the name of its role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grant {
    account: String,
    role: String,
}

impl Grant {
    /// The grant of a role.
    ///
    /// # Errors
    ///
    /// When no plan of a grant makes a role of this name: the plans here remove roles, and must not remove others.
    pub fn new(account: impl Into<String>, role: impl Into<String>) -> Result<Self, AccessError> {
        let (account, role) = (account.into(), role.into());
        let name = role.strip_prefix("zt-").unwrap_or_default();
        let fits = name.starts_with(|first: char| first.is_ascii_lowercase())
            && role.len() <= 64
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !fits {
            let expected = "the name of a role that a grant has made, zt-...";
            return Err(AccessError::invalid("role", expected, role));
        }
        Ok(Self { account, role })
    }

    /// The grant that a plan of [`TemporaryAccess`](super::TemporaryAccess) makes. None for other plans.
    #[must_use]
    pub fn of(plan: &Plan) -> Option<Self> {
        let input = plan.step("role")?.call().input();
        let text = |member: &str| match input.get(member) {
            Some(crate::plan::Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        if text("Path") != Some(PATH) {
            return None;
        }
        Self::new(plan.account(), text("RoleName")?).ok()
    }

    /// The name of the role.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The plan that ends the access now, with the sessions that have been given out: it closes the trust, denies everything,
    /// and then deletes. A Deny in the role's own policy holds for all its sessions at once, old and new; IAM needs some seconds
    /// to know of it everywhere.
    ///
    /// # Errors
    ///
    /// When the account cannot be one.
    pub fn revoke(&self) -> Result<Plan, AccessError> {
        let role = |operation: &str| Call::new("iam", operation).with("RoleName", &*self.role);
        let denial = |operation: &str| role(operation).with("PolicyName", REVOKED);
        let close = Step::new(
            "close",
            "let nobody assume the role any more",
            role("UpdateAssumeRolePolicy").with("PolicyDocument", NOBODY),
        );
        let deny = Step::new(
            "deny",
            "deny everything to the sessions that there are",
            denial("PutRolePolicy").with("PolicyDocument", NOTHING),
        )
        .wait(Wait::for_answer(denial("GetRolePolicy"), 1, 60));
        let lasting = "the access ends for good; grant it anew to give it back";
        let whom = format!("whoever holds a session of {}", self.role);
        let end = |step: Step| step.repeatable().irreversible(lasting).cuts_off(&whom);
        let plan = self.plan("revoke", "end the access of the role at once")?;
        let plan = plan.step(end(close)).step(end(deny));
        let plan = self.removal(plan, "");
        let removal = Step::new("end-denial", "remove what denies", denial("DeleteRolePolicy"));
        let plan = plan.step(removal.removes().irreversible(lasting));
        Ok(plan.step(self.delete("")).build()?)
    }

    pub(super) fn plan(&self, verb: &str, what: &str) -> Result<PlanBuilder, AccessError> {
        let id = format!("{verb}-{}", self.role.strip_prefix("zt-").unwrap_or(&self.role));
        if id.len() > 64 {
            return Err(AccessError::invalid(
                "role",
                "a name of at most 60 characters",
                &*self.role,
            ));
        }
        Ok(Plan::builder(id, format!("{what} {}", self.role), &self.account, Plan::GLOBAL))
    }

    /// The step that removes the policy.
    pub(super) fn removal(&self, plan: PlanBuilder, suffix: &str) -> PlanBuilder {
        let call = Call::new("iam", "DeleteRolePolicy")
            .with("RoleName", &*self.role)
            .with("PolicyName", ACCESS);
        let reason = "remove what the grant allowed";
        let step = Step::new(format!("end-policy{suffix}"), reason, call);
        plan.step(
            step.removes().irreversible("the access has ended; grant it anew to give it back"),
        )
    }

    /// The step that removes the role.
    pub(super) fn delete(&self, suffix: &str) -> Step {
        let call = Call::new("iam", "DeleteRole").with("RoleName", &*self.role);
        Step::new(format!("end-role{suffix}"), "remove the role", call)
            .removes()
            .irreversible("the access has ended; grant it anew to give it back")
    }
}

/// The policy that revokes.
const REVOKED: &str = "zt-revoked";
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Revoked","Effect":"Deny","Action":"*","Resource":"*"}]}"#;
const NOBODY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Revoked","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}"#;
