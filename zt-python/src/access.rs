//! Temporary access.

use jiff::Timestamp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use zt_core::access::sweep;

use crate::error::access_error;
use crate::keyring::Seconds;
use crate::plan::Plan;
use crate::policy::{Condition, source};
use crate::values::{each, timestamp};

/// Permissions for one user or role, for a time.
#[pyclass(frozen, module = "zt.access")]
pub(crate) struct TemporaryAccess(zt_core::access::TemporaryAccessBuilder);

#[pymethods]
impl TemporaryAccess {
    #[new]
    #[pyo3(signature = (
        principal_arn, policy, duration, *, starts_at=None, permissions_boundary=None,
        conditions=None, external_id=None, account_id=None, scheduled_deletion=None,
    ))]
    #[expect(clippy::too_many_arguments, reason = "keywords, in Python")]
    fn new(
        principal_arn: String,
        policy: &Bound<'_, PyAny>,
        duration: Seconds,
        starts_at: Option<Bound<'_, PyAny>>,
        permissions_boundary: Option<String>,
        conditions: Option<Vec<PyRef<'_, Condition>>>,
        external_id: Option<String>,
        account_id: Option<String>,
        scheduled_deletion: Option<(String, String)>,
    ) -> PyResult<Self> {
        let policy = source(policy)?;
        let mut access =
            zt_core::access::TemporaryAccess::builder(principal_arn, policy, duration.0);
        if let Some(start) = starts_at {
            access = access.starts_at(timestamp(&start)?);
        }
        if let Some(boundary) = permissions_boundary {
            access = access.permissions_boundary(boundary);
        }
        for condition in conditions.into_iter().flatten() {
            access = access.condition(condition.0.clone());
        }
        if let Some(id) = external_id {
            access = access.external_id(id);
        }
        if let Some(account) = account_id {
            access = access.account(account);
        }
        if let Some((role, region)) = scheduled_deletion {
            access = access.scheduled_deletion(role, region);
        }
        access.clone().build().map_err(access_error)?;
        Ok(Self(access))
    }

    /// The plan that gives the access.
    #[pyo3(signature = (*, now=None, plan_id=None, not_after=None))]
    fn plan(
        &self,
        py: Python<'_>,
        now: Option<Bound<'_, PyAny>>,
        plan_id: Option<String>,
        not_after: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Plan> {
        let now = now.map_or_else(|| Ok(Timestamp::now()), |now| timestamp(&now))?;
        let mut access = self.0.clone();
        if let Some(id) = plan_id {
            access = access.plan_id(id);
        }
        if let Some(end) = not_after {
            access = access.not_after(timestamp(&end)?);
        }
        let random: [u8; 16] = py.import("os")?.call_method1("urandom", (16,))?.extract()?;
        let access = access.build().map_err(access_error)?;
        access.plan(now, &mut || random).map(Plan).map_err(access_error)
    }
}

/// A grant that a plan has made: revoke it before its time.
#[pyclass(frozen, eq, module = "zt.access")]
#[derive(PartialEq)]
pub(crate) struct Grant(zt_core::access::Grant);

#[pymethods]
impl Grant {
    #[new]
    fn new(account_id: String, role: String) -> PyResult<Self> {
        zt_core::access::Grant::new(account_id, role).map(Self).map_err(access_error)
    }

    /// The grant that a plan of `TemporaryAccess` makes; None for other plans.
    #[staticmethod]
    fn of(plan: &Plan) -> Option<Self> {
        zt_core::access::Grant::of(&plan.0).map(Self)
    }

    #[getter]
    fn role(&self) -> &str {
        self.0.role()
    }

    /// The plan that ends the access now.
    fn revoke(&self) -> PyResult<Plan> {
        self.0.revoke().map(Plan).map_err(access_error)
    }

    fn __repr__(&self) -> String {
        format!("<Grant {}>", self.0.role())
    }
}

/// The plan that lists the roles of grants.
#[pyfunction]
pub(crate) fn sweep_list(account_id: &str) -> PyResult<Plan> {
    sweep::list(account_id).map(Plan).map_err(access_error)
}

/// The plan that reads when listed roles end.
#[pyfunction]
pub(crate) fn sweep_look(account_id: &str, roles: &Bound<'_, PyAny>) -> PyResult<Option<Plan>> {
    let plan = sweep::look(account_id, &json(roles)?).map_err(access_error)?;
    Ok(plan.map(Plan))
}

/// The plan that removes roles whose access has ended.
#[pyfunction]
#[pyo3(signature = (account_id, roles, *, now=None))]
pub(crate) fn sweep_remove(
    account_id: &str,
    roles: &Bound<'_, PyAny>,
    now: Option<Bound<'_, PyAny>>,
) -> PyResult<Option<Plan>> {
    let now = now.map_or_else(|| Ok(Timestamp::now()), |now| timestamp(&now))?;
    let roles: Vec<_> = each("roles", Some(roles), json)?;
    let plan = sweep::remove(account_id, &roles, now).map_err(access_error)?;
    Ok(plan.map(Plan))
}

/// What a service has answered, as Python has it.
fn json(value: &Bound<'_, PyAny>) -> PyResult<serde_json::Value> {
    let text: String = value.py().import("json")?.call_method1("dumps", (value,))?.extract()?;
    serde_json::from_str(&text).map_err(|error| PyValueError::new_err(error.to_string()))
}
