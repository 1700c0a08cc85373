//! Grants: who, what, from when and how long.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::error::AccessError;
use super::{ACCESS, EXPIRES, PATH};
use crate::guardrails::{self, trust};
use crate::plan::{Call, Found, Plan, Reference, Step, Value, Wait};
use crate::policy::keys::{Key, Str};
use crate::policy::{Condition, Effect, Policy};

/// Permissions for one user or role, for a time: described here, given by its [`plan`](Self::plan).
///
/// The plan makes a role of its own for each grant, so that overlapping grants do not know each other, with a name that holds 128
/// random bits, so that grants of the same second do not collide. The end is a date on every Allow, an explicit Deny of
/// everything after it, and a date in the trust policy. The role stays until it is [revoked](super::Grant::revoke),
/// [swept](super::sweep) or deleted [on schedule](TemporaryAccessBuilder::scheduled_deletion), and allows nothing by then.
#[derive(Clone, Debug)]
pub struct TemporaryAccess {
    parameters: TemporaryAccessBuilder,
    account: String,
}

/// Parameters of [`TemporaryAccess`].
#[derive(Clone, Debug)]
pub struct TemporaryAccessBuilder {
    principal: String,
    policy: Policy,
    duration: Duration,
    starts_at: Option<Timestamp>,
    boundary: Option<String>,
    conditions: Vec<Condition>,
    external_id: Option<String>,
    account: Option<String>,
    deletion: Option<(String, String)>,
    plan_id: Option<String>,
    not_after: Option<Timestamp>,
}

impl TemporaryAccess {
    /// Starts a grant: the ARN of a user or role, what it may do, and how long (a minute to a year).
    #[must_use]
    pub fn builder(
        principal_arn: impl Into<String>,
        policy: Policy,
        duration: Duration,
    ) -> TemporaryAccessBuilder {
        TemporaryAccessBuilder {
            principal: principal_arn.into(),
            policy,
            duration,
            starts_at: None,
            boundary: None,
            conditions: Vec::new(),
            external_id: None,
            account: None,
            deletion: None,
            plan_id: None,
            not_after: None,
        }
    }

    /// The plan that gives the access. `now` is when it starts unless [`starts_at`](TemporaryAccessBuilder::starts_at) says
    /// otherwise; `ids` gives 16 random bytes. Its outputs are `role_arn`, `role_name`, `expires_at` and, for third parties,
    /// `external_id`.
    ///
    /// It must not run after the access has ended.
    ///
    /// # Errors
    ///
    /// When a parameter cannot be one (see [`temporary_access`](crate::guardrails::temporary_access) for what a policy must not
    /// allow by a pattern); when the start is past; when IAM would not take the policies.
    pub fn plan(
        &self,
        now: Timestamp,
        ids: &mut impl FnMut() -> [u8; 16],
    ) -> Result<Plan, AccessError> {
        let asked = &self.parameters;
        let start = asked.starts_at.unwrap_or(now);
        if start < now {
            let expected = format!("an instant that is not past, {now} or later");
            return Err(AccessError::invalid("starts at", expected, start.to_string()));
        }
        let length = SignedDuration::try_from(asked.duration).unwrap_or(SignedDuration::MAX);
        let end = start.checked_add(length).ok().and_then(whole_second).ok_or_else(|| {
            AccessError::invalid("duration", "an end before the year 10000", format!("{length:?}"))
        })?;
        let not_after = asked.not_after.unwrap_or(end);
        if not_after > end {
            let expected = format!("an instant before the access ends, {end}");
            return Err(AccessError::invalid("not after", expected, not_after.to_string()));
        }
        let id = asked.plan_id.clone().unwrap_or_else(|| format!("grant-{}", base32(ids())));
        let name = format!("zt-{id}");
        if name.len() > 64 {
            return Err(AccessError::invalid("plan id", "at most 61 characters", id));
        }

        let mut dated = guardrails::temporary_access(asked.policy.clone(), end);
        if let Some(start) = asked.starts_at {
            dated = dated.not_before(start);
        }
        let access = self.with_conditions(&dated.build()?)?.to_json();
        let trust = self.trust(&dated)?.to_json();

        let title = format!("{} gets temporary access until {end}", asked.principal);
        let region = asked.deletion.as_ref().map_or(Plan::GLOBAL, |(_, region)| region.as_str());
        let mut plan = Plan::builder(&id, title, &self.account, region).not_after(not_after);
        if let Some((cleaner, _)) = &asked.deletion {
            // First, so that a run that is cut off leaves nothing that nobody removes.
            for step in deletion(&name, cleaner, end) {
                plan = plan.step(step);
            }
        }
        plan = plan
            .step(self.make_role(&id, &name, &trust, end))
            .step(put_policy(&name, &access))
            .output("role_arn", "role.Role.Arn".parse::<Reference>()?)
            .output("role_name", name)
            .output("expires_at", end.to_string());
        if let Some(external_id) = &asked.external_id {
            plan = plan.output("external_id", external_id.as_str());
        }
        Ok(plan.build()?)
    }

    /// Conditions on every Allow, but for those on keys of STS, which only a call of STS has.
    fn with_conditions(&self, policy: &Policy) -> Result<Policy, AccessError> {
        let mut conditional = Policy::builder().version(policy.version());
        for statement in policy.statements() {
            let mut statement = statement.clone();
            if statement.effect() == Effect::Allow {
                let conditions = self.parameters.conditions.iter();
                for condition in conditions.filter(|condition| !is_of_sts(condition)) {
                    statement = statement.when(condition.clone());
                }
            }
            conditional = conditional.statement(statement);
        }
        Ok(conditional.build()?)
    }

    fn trust(&self, dated: &guardrails::TemporaryAccess) -> Result<Policy, AccessError> {
        let mut trust: trust::Trust = dated.trust(&self.parameters.principal)?;
        if let Some(id) = &self.parameters.external_id {
            trust = trust.when(Key::<Str>::new("sts:ExternalId").is(id.as_str()));
        }
        let conditions = self.parameters.conditions.iter().cloned();
        Ok(conditions.fold(trust, trust::Trust::when).build()?)
    }

    fn make_role(&self, id: &str, name: &str, trust: &str, end: Timestamp) -> Step {
        let role = |operation: &str| Call::new("iam", operation).with("RoleName", name);
        let tags = [
            ("zt:plan", id.to_owned()),
            (EXPIRES, end.to_string()),
            ("zt:grantee", self.parameters.principal.clone()),
        ];
        let mut create = role("CreateRole")
            .with("Path", PATH)
            .with("AssumeRolePolicyDocument", trust)
            .with("MaxSessionDuration", self.longest_session())
            .with("Tags", Value::tags(tags));
        let mut found = Found::by(role("GetRole"))
            .expect("Role.Path", PATH)
            .expect("Role.AssumeRolePolicyDocument", trust)
            .output("Role", "Role");
        if let Some(boundary) = &self.parameters.boundary {
            create = create.with("PermissionsBoundary", boundary.as_str());
            found =
                found.expect("Role.PermissionsBoundary.PermissionsBoundaryArn", boundary.as_str());
        }
        Step::new("role", "make the role that only the grantee can assume, until the end", create)
            .found(found)
            .wait(Wait::for_answer(role("GetRole"), 2, 120).until("Role.Path", PATH))
            .undo(role("DeleteRole"))
    }

    /// IAM takes 1 to 12 hours. A session that outlives the grant allows nothing.
    fn longest_session(&self) -> i64 {
        let seconds = i64::try_from(self.parameters.duration.as_secs()).unwrap_or(i64::MAX);
        seconds.clamp(3_600, 43_200)
    }
}

impl TemporaryAccessBuilder {
    /// The first instant of the access. Default: when the plan is made.
    #[must_use]
    pub fn starts_at(mut self, instant: Timestamp) -> Self {
        self.starts_at = Some(instant);
        self
    }

    /// The ARN of a policy that the role can never exceed. Default: none.
    ///
    /// Without one, whoever runs the plan could make any role: [`escalations`](crate::plan::RequiredPolicy::escalations) says so.
    #[must_use]
    pub fn permissions_boundary(mut self, arn: impl Into<String>) -> Self {
        self.boundary = Some(arn.into());
        self
    }

    /// One more condition, both for assuming the role and for each Allow; one on a key of STS only for assuming it.
    #[must_use]
    pub fn condition(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// What a third party must say when it assumes the role, so that it does not do for one customer what another one asks. It
    /// is no secret (IAM User Guide, *Access to AWS accounts owned by third parties*). Default: none.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// The account that the role is made in. Default: that of the principal.
    #[must_use]
    pub fn account(mut self, account_id: impl Into<String>) -> Self {
        self.account = Some(account_id.into());
        self
    }

    /// Two one-time schedules of Amazon EventBridge Scheduler delete the role's policy at the end and the role five minutes
    /// later, in a Region, with a role that the service may assume and that may do both. Default: none; the role stays, without
    /// rights.
    #[must_use]
    pub fn scheduled_deletion(
        mut self,
        scheduler_role_arn: impl Into<String>,
        region: impl Into<String>,
    ) -> Self {
        self.deletion = Some((scheduler_role_arn.into(), region.into()));
        self
    }

    /// The id of the plan, which names the role, too. Default: `grant-` and 128 random bits.
    #[must_use]
    pub fn plan_id(mut self, id: impl Into<String>) -> Self {
        self.plan_id = Some(id.into());
        self
    }

    /// The instant after which the plan must not run: one that is approved too late is refused. Default: the end of the access.
    #[must_use]
    pub fn not_after(mut self, instant: Timestamp) -> Self {
        self.not_after = Some(instant);
        self
    }

    /// Checks what does not depend on the time.
    ///
    /// # Errors
    ///
    /// When the duration is not a minute to a year; when the principal is not the ARN of a user or role; when there is an
    /// external id for somebody of the same account: it is for third parties only; when the policy allows nothing, or by a
    /// pattern what outlives the grant.
    pub fn build(self) -> Result<TemporaryAccess, AccessError> {
        if !(LEAST..=MOST).contains(&self.duration) {
            let found = format!("{} s", self.duration.as_secs());
            return Err(AccessError::invalid("duration", "60 s to 31536000 s", found));
        }
        trust::principal(&self.principal)?;
        let own = self.principal.split(':').nth(4).unwrap_or_default();
        let account = self.account.clone().unwrap_or_else(|| own.to_owned());
        if let Some(id) = &self.external_id {
            if account == own {
                let expected = "none: it is for third parties, whose account is another one";
                return Err(AccessError::invalid("external id", expected, id));
            }
            trust::third_party(own, id)?;
        }
        if !self.policy.statements().iter().any(|statement| statement.effect() == Effect::Allow) {
            let expected = "a policy that allows something";
            return Err(AccessError::invalid("policy", expected, self.policy.to_json()));
        }
        guardrails::temporary_access(self.policy.clone(), Timestamp::MAX).build()?;
        Ok(TemporaryAccess { parameters: self, account })
    }
}

const LEAST: Duration = Duration::from_secs(60);
const MOST: Duration = Duration::from_secs(31_536_000);

fn put_policy(name: &str, access: &str) -> Step {
    let call = |operation: &str| {
        Call::new("iam", operation).with("RoleName", name).with("PolicyName", ACCESS)
    };
    Step::new(
        "policy",
        "allow what is asked for until the end, and deny everything after it",
        call("PutRolePolicy").with("PolicyDocument", access),
    )
    .found(Found::by(call("GetRolePolicy")).expect("PolicyDocument", access))
    .undo(call("DeleteRolePolicy"))
}

/// One-time schedules, which delete themselves, too. A role can only be deleted without policies.
fn deletion(name: &str, cleaner: &str, end: Timestamp) -> [Step; 2] {
    let later = end.checked_add(SignedDuration::from_mins(5)).unwrap_or(end);
    let policy = serde_json::json!({ "RoleName": name, "PolicyName": ACCESS });
    let role = serde_json::json!({ "RoleName": name });
    let step = |id: &str, reason: &str, api: &str, input: String, at: Timestamp| {
        let schedule =
            Call::new("scheduler", "CreateSchedule").with("Name", format!("{name}-{id}"));
        let named = |operation: &str| {
            Call::new("scheduler", operation).with("Name", format!("{name}-{id}"))
        };
        let target = [
            ("Arn", format!("arn:aws:scheduler:::aws-sdk:iam:{api}")),
            ("RoleArn", cleaner.to_owned()),
            ("Input", input),
        ];
        let at = at.to_string();
        let call = schedule
            .with("ScheduleExpression", format!("at({})", at.trim_end_matches('Z')))
            .with("FlexibleTimeWindow", Value::object([("Mode", "OFF")]))
            .with("ActionAfterCompletion", "DELETE")
            .with("Target", Value::object(target));
        Step::new(id, reason, call)
            .found(Found::by(named("GetSchedule")).expect("Target.RoleArn", cleaner))
            .undo(named("DeleteSchedule"))
    };
    [
        step(
            "end-policy",
            "delete the policy at the end",
            "deleteRolePolicy",
            policy.to_string(),
            end,
        ),
        step("end-role", "delete the role after its policy", "deleteRole", role.to_string(), later),
    ]
}

fn is_of_sts(condition: &Condition) -> bool {
    condition.key().to_ascii_lowercase().starts_with("sts:")
}

/// Policies and schedules know seconds: the end is rounded down, never up.
fn whole_second(instant: Timestamp) -> Option<Timestamp> {
    Timestamp::from_second(instant.as_second()).ok()
}

/// RFC 4648, in lower case and without padding: 26 characters.
fn base32(bytes: [u8; 16]) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let number = u128::from_be_bytes(bytes);
    (0..26)
        .rev()
        .filter_map(|digit| {
            let at = usize::try_from((number >> (digit * 5)) & 31).ok()?;
            DIGITS.get(at).map(|byte| char::from(*byte))
        })
        .collect()
}
