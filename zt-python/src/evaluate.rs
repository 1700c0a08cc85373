//! Requests and decisions.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyList, PySet, PyTuple};
use zt_core::evaluate::{ContextValue, EvaluatorBuilder};

use crate::error::{PolicyError, with_code};
use crate::policy::{Policy, Principals, value_of};

/// Who asks to do what to which resource, and in which circumstances.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct Request(zt_core::evaluate::Request);

#[pymethods]
impl Request {
    #[new]
    #[pyo3(signature = (principal, action, resource, *, resource_account=None, role_arn=None, context=None))]
    fn new(
        principal: Principals,
        action: &str,
        resource: &str,
        resource_account: Option<&str>,
        role_arn: Option<&str>,
        context: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let mut principals = principal.0.into_iter();
        let (Some(principal), None) = (principals.next(), principals.next()) else {
            return Err(PyValueError::new_err("a request has exactly one principal"));
        };
        let mut request = zt_core::evaluate::Request::new(principal, action, resource);
        if let Some(account) = resource_account {
            request = request.resource_account(account);
        }
        if let Some(arn) = role_arn {
            request = request.role_arn(arn);
        }
        for (key, value) in context.into_iter().flatten() {
            request = request.with(key.extract::<String>()?, context_value(&value)?);
        }
        Ok(Self(request))
    }

    #[getter]
    fn action(&self) -> &str {
        self.0.action()
    }

    #[getter]
    fn resource(&self) -> &str {
        self.0.resource()
    }

    fn __repr__(&self) -> String {
        format!("Request(action={:?}, resource={:?})", self.0.action(), self.0.resource())
    }
}

fn context_value(value: &Bound<'_, PyAny>) -> PyResult<ContextValue> {
    if value.is_instance_of::<Unknown>() {
        return Ok(ContextValue::Unknown);
    }
    if value.is_none() {
        let message =
            "None is no context value: leave the key out when it is absent, or use UNKNOWN";
        return Err(PyTypeError::new_err(message));
    }
    let many = value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PySet>()
        || value.is_instance_of::<PyFrozenSet>();
    if many {
        let values = value.try_iter()?.map(|value| value_of(&value?));
        return values.collect::<PyResult<Vec<_>>>().map(ContextValue::Many);
    }
    value_of(value).map(ContextValue::One)
}

/// The type of `UNKNOWN`.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct Unknown;

#[pymethods]
impl Unknown {
    #[new]
    fn new() -> Self {
        Self
    }

    fn __repr__(&self) -> &'static str {
        "UNKNOWN"
    }
}

/// Policies, compiled once to decide many requests. Safe to share between threads.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct Evaluator(zt_core::evaluate::Evaluator);

#[pymethods]
impl Evaluator {
    #[new]
    #[pyo3(signature = (*, identity=None, resource=None, scps=None, rcps=None, boundaries=None, session=None, endpoint=None))]
    fn new(
        identity: Option<&Bound<'_, PyAny>>,
        resource: Option<&Bound<'_, PyAny>>,
        scps: Option<&Bound<'_, PyAny>>,
        rcps: Option<&Bound<'_, PyAny>>,
        boundaries: Option<&Bound<'_, PyAny>>,
        session: Option<&Bound<'_, PyAny>>,
        endpoint: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (identity, boundaries, session) = (list(identity)?, list(boundaries)?, list(session)?);
        let (resource, endpoint) = (one(resource)?, one(endpoint)?);
        let (scps, rcps) = (levels("scps", scps)?, levels("rcps", rcps)?);
        let builder: EvaluatorBuilder = zt_core::evaluate::Evaluator::builder()
            .identity(&identity)
            .resource(resource.as_ref())
            .scps(&scps)
            .rcps(&rcps)
            .boundaries(&boundaries)
            .session(&session)
            .endpoint(endpoint.as_ref());
        builder.build().map(Self).map_err(|error| {
            with_code(PolicyError::new_err(error.to_string()), "TOO_MANY_STATEMENTS", false)
        })
    }

    /// Decides a request.
    fn evaluate(&self, request: &Request) -> Decision {
        Decision(self.0.evaluate(&request.0))
    }

    /// Decides each request, in order.
    fn evaluate_many(
        &self,
        py: Python<'_>,
        requests: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<Decision>> {
        let requests = requests
            .try_iter()?
            .map(|request| Ok(request?.cast::<Request>()?.get().0.clone()))
            .collect::<PyResult<Vec<_>>>()?;
        Ok(py.detach(|| self.0.evaluate_many(&requests).into_iter().map(Decision).collect()))
    }

    fn __repr__(&self) -> &'static str {
        "Evaluator(...)"
    }
}

/// A policy, or its JSON.
pub(crate) fn policy(object: &Bound<'_, PyAny>) -> PyResult<zt_core::policy::Policy> {
    match object.cast::<Policy>() {
        Ok(policy) => Ok(policy.get().0.clone()),
        Err(_) => Ok(Policy::parse(object)?.0),
    }
}

fn one(object: Option<&Bound<'_, PyAny>>) -> PyResult<Option<zt_core::policy::Policy>> {
    object.map(policy).transpose()
}

fn list(objects: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<zt_core::policy::Policy>> {
    match objects {
        None => Ok(Vec::new()),
        Some(objects) if is_policy(objects) => Ok(vec![policy(objects)?]),
        Some(objects) => objects.try_iter()?.map(|object| policy(&object?)).collect(),
    }
}

/// One policy where several may stand: what people write first.
fn is_policy(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<Policy>()
        || object.is_instance_of::<PyDict>()
        || object.is_instance_of::<pyo3::types::PyString>()
        || object.is_instance_of::<pyo3::types::PyBytes>()
}

fn levels(
    what: &str,
    objects: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<Vec<zt_core::policy::Policy>>> {
    let Some(objects) = objects else { return Ok(Vec::new()) };
    let level = |level: Bound<'_, PyAny>| {
        if level.is_none() || is_policy(&level) {
            let message =
                format!("{what} is a list of levels, each a list of policies: root, OUs, account");
            return Err(PyTypeError::new_err(message));
        }
        list(Some(&level))
    };
    objects.try_iter()?.map(|object| level(object?)).collect()
}

/// What was decided, and why.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct Decision(zt_core::evaluate::Decision);

#[pymethods]
impl Decision {
    #[getter]
    fn outcome(&self) -> String {
        self.0.outcome().to_string()
    }

    #[getter]
    fn allowed(&self) -> bool {
        self.0.is_allowed()
    }

    #[getter]
    fn reasons(&self) -> Vec<Reason> {
        self.0.reasons().iter().cloned().map(Reason).collect()
    }

    #[getter]
    fn unknown_keys(&self) -> Vec<String> {
        self.0.unknown_keys().to_vec()
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err("a decision is no bool: ask decision.allowed"))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Decision(outcome={:?})", self.outcome())
    }
}

/// One sentence of why, and the statement it is about.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct Reason(zt_core::evaluate::Reason);

#[pymethods]
impl Reason {
    #[getter]
    fn policy_type(&self) -> String {
        self.0.policy_type().to_string()
    }

    #[getter]
    fn policy(&self) -> Option<&str> {
        self.0.policy()
    }

    #[getter]
    fn statement(&self) -> Option<&str> {
        self.0.statement()
    }

    #[getter]
    fn effect(&self) -> Option<String> {
        self.0.effect().map(|effect| effect.to_string())
    }

    #[getter]
    fn text(&self) -> &str {
        self.0.text()
    }

    fn __str__(&self) -> &str {
        self.0.text()
    }

    fn __repr__(&self) -> String {
        format!("Reason(text={:?})", self.0.text())
    }
}
