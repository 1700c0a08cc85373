//! Temporary access.

use jiff::Timestamp;
use napi::bindgen_prelude::Uint8Array;
use napi::{Error, Result};
use napi_derive::napi;
use zt_core::access::{self, sweep};

use crate::error::access_failure;
use crate::plan::Plan;
use crate::policy::{Condition, Policy};
use crate::values::timestamp;

/// What a grant is made of beside who, what and how long.
#[napi(object)]
#[derive(Debug)]
pub struct GrantSettings {
    /// When it starts.
    pub starts_at: Option<String>,
    /// The ARN of a policy that the role can never exceed.
    pub permissions_boundary: Option<String>,
    /// What a third party must say.
    pub external_id: Option<String>,
    /// The account of the role.
    pub account_id: Option<String>,
    /// The role and the Region of the scheduler.
    pub scheduled_deletion: Option<ScheduledDeletion>,
}

/// Who deletes at the end.
#[napi(object)]
#[derive(Debug)]
pub struct ScheduledDeletion {
    /// The role that EventBridge Scheduler may assume.
    pub role_arn: String,
    /// Where.
    pub region: String,
}

/// Permissions for one user or role, for a time.
#[napi]
#[derive(Debug)]
pub struct TemporaryGrant(access::TemporaryAccessBuilder);

#[napi]
impl TemporaryGrant {
    /// # Errors
    /// When a parameter cannot be one.
    #[napi(constructor)]
    pub fn new(
        principal_arn: String,
        policy: &Policy,
        seconds: f64,
        conditions: Vec<&Condition>,
        settings: GrantSettings,
    ) -> Result<Self> {
        let duration = std::time::Duration::try_from_secs_f64(seconds)
            .map_err(|error| Error::from_reason(error.to_string()))?;
        let mut grant = access::TemporaryAccess::builder(principal_arn, policy.0.clone(), duration);
        for condition in conditions {
            grant = grant.condition(condition.0.clone());
        }
        if let Some(start) = settings.starts_at {
            grant = grant.starts_at(timestamp(&start)?);
        }
        if let Some(boundary) = settings.permissions_boundary {
            grant = grant.permissions_boundary(boundary);
        }
        if let Some(id) = settings.external_id {
            grant = grant.external_id(id);
        }
        if let Some(account) = settings.account_id {
            grant = grant.account(account);
        }
        if let Some(ScheduledDeletion { role_arn, region }) = settings.scheduled_deletion {
            grant = grant.scheduled_deletion(role_arn, region);
        }
        grant.clone().build().map_err(|error| access_failure(&error))?;
        Ok(Self(grant))
    }

    /// The plan that gives the access. `random`: 16 bytes.
    ///
    /// # Errors
    /// When the start is past, or IAM would not take the policies.
    #[napi]
    pub fn plan(
        &self,
        now: String,
        random: Uint8Array,
        plan_id: Option<String>,
        not_after: Option<String>,
    ) -> Result<Plan> {
        let mut grant = self.0.clone();
        if let Some(id) = plan_id {
            grant = grant.plan_id(id);
        }
        if let Some(end) = not_after {
            grant = grant.not_after(timestamp(&end)?);
        }
        let random: [u8; 16] =
            random.as_ref().try_into().map_err(|_| Error::from_reason("not 16 bytes"))?;
        let grant = grant.build().map_err(|error| access_failure(&error))?;
        let plan = grant.plan(timestamp(&now)?, &mut || random);
        plan.map(Plan).map_err(|error| access_failure(&error))
    }
}

/// A grant that a plan has made.
#[napi]
#[derive(Debug)]
pub struct Grant(access::Grant);

#[napi]
impl Grant {
    /// # Errors
    /// When no plan of a grant makes such a role.
    #[napi(constructor)]
    pub fn new(account_id: String, role: String) -> Result<Self> {
        let grant = access::Grant::new(account_id, role);
        grant.map(Self).map_err(|error| access_failure(&error))
    }

    /// The grant of a plan.
    #[napi]
    #[must_use]
    pub fn of(plan: &Plan) -> Option<Grant> {
        access::Grant::of(&plan.0).map(Self)
    }

    /// The name of the role.
    #[napi(getter)]
    #[must_use]
    pub fn role(&self) -> String {
        self.0.role().to_owned()
    }

    /// The account of the role.
    #[napi(getter)]
    #[must_use]
    pub fn account_id(&self) -> String {
        self.0.account().to_owned()
    }

    /// The plan that ends the access now.
    ///
    /// # Errors
    /// When the account cannot be one.
    #[napi]
    pub fn revoke(&self) -> Result<Plan> {
        self.0.revoke().map(Plan).map_err(|error| access_failure(&error))
    }
}

/// The plan that lists the roles of grants.
///
/// # Errors
/// When the account cannot be one.
#[napi]
pub fn sweep_list(account_id: String) -> Result<Plan> {
    sweep::list(&account_id).map(Plan).map_err(|error| access_failure(&error))
}

/// The plan that reads when listed roles end. Roles as JSON.
///
/// # Errors
/// When these are no roles.
#[napi]
pub fn sweep_look(account_id: String, roles: String) -> Result<Option<Plan>> {
    let plan = sweep::look(&account_id, &json(&roles)?);
    Ok(plan.map_err(|error| access_failure(&error))?.map(Plan))
}

/// The plan that removes roles whose access has ended. Roles as JSON, a list.
///
/// # Errors
/// When these are no roles.
#[napi]
pub fn sweep_remove(account_id: String, roles: String, now: String) -> Result<Option<Plan>> {
    let now: Timestamp = timestamp(&now)?;
    let roles = json(&roles)?;
    let plan = sweep::remove(&account_id, roles.as_array().into_iter().flatten(), now);
    Ok(plan.map_err(|error| access_failure(&error))?.map(Plan))
}

fn json(text: &str) -> Result<serde_json::Value> {
    serde_json::from_str(text).map_err(|error| Error::from_reason(error.to_string()))
}
