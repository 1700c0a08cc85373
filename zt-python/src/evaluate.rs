//! Requests and decisions.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFrozenSet, PyList, PySet, PyString, PyTuple};
use zt_core::evaluate::{Choice as Written, ContextValue, EvaluatorBuilder, NamedPolicy};

use crate::error::evaluate_error;
use crate::policy::{Policy, Principals, source};
use crate::values::{each, plain, strings, value_of};

/// Who asks to do what to which resource, and in which circumstances.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct Request(pub(crate) zt_core::evaluate::Request);

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
        context: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut request = zt_core::evaluate::Request::new(principal.one()?, action, resource);
        if let Some(account) = resource_account {
            request = request.resource_account(account);
        }
        if let Some(arn) = role_arn {
            request = request.role_arn(arn);
        }
        Ok(Self(request.with_all(context_values(context)?)))
    }

    /// The same request for each of several resources.
    fn for_each(&self, resources: &Bound<'_, PyAny>) -> PyResult<Vec<Self>> {
        Ok(self.0.for_each(strings("resources", Some(resources))?).into_iter().map(Self).collect())
    }

    /// The same request with more condition keys.
    fn with_context(&self, context: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(self.0.clone().with_all(context_values(Some(context))?)))
    }

    /// The same request with the condition keys that were given, and no others.
    fn without_derived_keys(&self) -> Self {
        Self(self.0.clone().without_derived_keys())
    }

    #[getter]
    fn principal<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0.principal().parts() {
            ("AWS", text) => Ok(PyString::new(py, text).into_any()),
            (kind, text) => {
                let dict = PyDict::new(py);
                dict.set_item(kind, text)?;
                Ok(dict.into_any())
            }
        }
    }

    #[getter]
    fn context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (key, value) in self.0.context_entries() {
            match value {
                ContextValue::One(text) => dict.set_item(key, text)?,
                ContextValue::Many(texts) => dict.set_item(key, texts)?,
                _ => dict.set_item(key, Unknown)?,
            }
        }
        Ok(dict)
    }

    /// The request as dicts and lists; what is not known is None.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
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

/// Condition keys and their values, from a mapping.
pub(crate) fn context_values(
    context: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<(String, ContextValue)>> {
    let Some(context) = context else { return Ok(Vec::new()) };
    if let Ok(dict) = context.cast::<PyDict>() {
        let pair =
            |(key, value): (Bound<'_, PyAny>, _)| Ok((key.extract()?, context_value(&value)?));
        return dict.iter().map(pair).collect();
    }
    let pair = |item: Bound<'_, PyAny>| {
        let (key, value): (String, Bound<'_, PyAny>) = item.extract()?;
        Ok((key, context_value(&value)?))
    };
    context.call_method0("items")?.try_iter()?.map(|item| pair(item?)).collect()
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
#[pyclass(frozen, eq, hash, module = "zt.policy")]
#[derive(Eq, Hash, PartialEq)]
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
pub(crate) struct Evaluator(pub(crate) zt_core::evaluate::Evaluator);

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
            .identity(identity.iter().map(Named::get))
            .resource(resource.as_ref())
            .scps(scps.iter().map(|level| level.iter().map(Named::get)))
            .rcps(rcps.iter().map(|level| level.iter().map(Named::get)))
            .boundaries(boundaries.iter().map(Named::get))
            .session(session.iter().map(Named::get))
            .endpoint(endpoint.as_ref());
        builder.build().map(Self).map_err(|error| evaluate_error(&error))
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
        let requests = requests_of(requests)?;
        Ok(py.detach(|| self.0.evaluate_many(&requests).into_iter().map(Decision).collect()))
    }

    /// Decides an operation on several resources: all must be allowed.
    fn evaluate_all(&self, py: Python<'_>, requests: &Bound<'_, PyAny>) -> PyResult<JointDecision> {
        let requests = requests_of(requests)?;
        Ok(JointDecision(py.detach(|| self.0.evaluate_all(&requests))))
    }

    fn __repr__(&self) -> &'static str {
        "Evaluator(...)"
    }
}

fn requests_of(requests: &Bound<'_, PyAny>) -> PyResult<Vec<zt_core::evaluate::Request>> {
    let one = |request: PyResult<Bound<'_, PyAny>>| Ok(request?.cast::<Request>()?.get().0.clone());
    requests.try_iter()?.map(one).collect()
}

/// A policy, and the name that explanations give it.
struct Named(Option<String>, zt_core::policy::Policy);

impl Named {
    fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        match object.cast::<PyTuple>() {
            Ok(pair) => {
                let (name, policy): (String, Bound<'_, PyAny>) = pair.extract()?;
                Ok(Self(Some(name), source(&policy)?))
            }
            Err(_) => Ok(Self(None, source(object)?)),
        }
    }

    fn get(&self) -> NamedPolicy<'_> {
        match &self.0 {
            Some(name) => (name.as_str(), &self.1).into(),
            None => (&self.1).into(),
        }
    }
}

fn one(object: Option<&Bound<'_, PyAny>>) -> PyResult<Option<zt_core::policy::Policy>> {
    object.map(source).transpose()
}

fn list(objects: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<Named>> {
    match objects {
        Some(object) if is_policy(object) => Ok(vec![Named::new(object)?]),
        objects => each("policies", objects, Named::new),
    }
}

/// One policy where several may stand: what people write first.
fn is_policy(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<Policy>()
        || object.is_instance_of::<PyDict>()
        || object.is_instance_of::<PyString>()
        || object.is_instance_of::<PyBytes>()
}

fn levels(what: &str, objects: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<Vec<Named>>> {
    let Some(objects) = objects else { return Ok(Vec::new()) };
    let level = |level: Bound<'_, PyAny>| {
        if level.is_none()
            || is_policy(&level)
            || level.is_instance_of::<PyTuple>() && is_named(&level)
        {
            let message =
                format!("{what} is a list of levels, each a list of policies: root, OUs, account");
            return Err(PyTypeError::new_err(message));
        }
        list(Some(&level))
    };
    objects.try_iter()?.map(|object| level(object?)).collect()
}

/// A tuple that starts with a name, rather than with a policy.
fn is_named(level: &Bound<'_, PyAny>) -> bool {
    let first = level.get_item(0).and_then(|first| first.extract::<String>());
    first.is_ok_and(|name| !name.trim_start().starts_with('{'))
}

/// What was decided, and why.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct Decision(pub(crate) zt_core::evaluate::Decision);

#[pymethods]
impl Decision {
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.outcome().name()
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
    fn choices(&self) -> Vec<Choice> {
        self.0.choices().into_iter().map(Choice).collect()
    }

    #[getter]
    fn request(&self) -> Request {
        Request(self.0.request().clone())
    }

    /// The decision as dicts and lists.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
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
    fn policy_type(&self) -> &'static str {
        self.0.policy_type().name()
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

    #[getter]
    fn choices(&self) -> Vec<Choice> {
        self.0.choices().iter().copied().map(Choice).collect()
    }

    /// The reason as a dict.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
    }

    fn __str__(&self) -> &str {
        self.0.text()
    }

    fn __repr__(&self) -> String {
        format!("Reason(text={:?})", self.0.text())
    }
}

/// What was decided about an operation on several resources.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct JointDecision(zt_core::evaluate::JointDecision);

#[pymethods]
impl JointDecision {
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.outcome().name()
    }

    #[getter]
    fn allowed(&self) -> bool {
        self.0.is_allowed()
    }

    #[getter]
    fn decisions(&self) -> Vec<Decision> {
        self.0.decisions().iter().cloned().map(Decision).collect()
    }

    #[getter]
    fn failed(&self) -> Vec<Decision> {
        self.0.failed().cloned().map(Decision).collect()
    }

    /// The decision as dicts and lists.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err("a decision is no bool: ask decision.allowed"))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("JointDecision(outcome={:?})", self.outcome())
    }
}

/// What the evaluator does where AWS's documentation leaves a hole.
#[pyfunction]
pub(crate) fn choices() -> Vec<Choice> {
    zt_core::evaluate::choices().iter().map(Choice).collect()
}

/// A question that AWS's documentation leaves open, and the answer taken here.
#[pyclass(frozen, eq, hash, module = "zt.policy")]
#[derive(Eq, Hash, PartialEq)]
pub(crate) struct Choice(&'static Written);

#[pymethods]
impl Choice {
    #[getter]
    fn id(&self) -> &'static str {
        self.0.id()
    }

    #[getter]
    fn question(&self) -> &'static str {
        self.0.question()
    }

    #[getter]
    fn answer(&self) -> &'static str {
        self.0.answer()
    }

    #[getter]
    fn because(&self) -> &'static str {
        self.0.because()
    }

    /// The choice as a dict.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, self.0)
    }

    fn __str__(&self) -> &'static str {
        self.0.id()
    }

    fn __repr__(&self) -> String {
        format!("Choice(id={:?})", self.0.id())
    }
}
