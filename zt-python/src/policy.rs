//! Policies: parsed, printed and built.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use zt_core::policy::keys::{AnyKey, KeyKind, ValueError};
use zt_core::policy::{Principal, Value};
use zt_core::rewrite::SizeLimit;

use crate::error::{name_error, policy_error, split_error, value_error};
use crate::values::{plain, value_of};

/// An IAM policy: parsed, or built from statements. It never changes.
#[pyclass(frozen, eq, hash, subclass, module = "zt.policy")]
#[derive(Eq, Hash, PartialEq)]
pub(crate) struct Policy(pub(crate) zt_core::policy::Policy);

#[pymethods]
impl Policy {
    #[new]
    fn new(statements: Vec<PyRef<'_, Statement>>) -> PyResult<Self> {
        let statements = statements.iter().map(|statement| statement.0.clone());
        zt_core::policy::Policy::new(statements).map(Self).map_err(policy_error)
    }

    /// Reads a policy from JSON: str, bytes or dict.
    #[staticmethod]
    pub(crate) fn parse(json: &Bound<'_, PyAny>) -> PyResult<Self> {
        let parsed = if let Ok(text) = json.cast::<PyString>() {
            zt_core::policy::Policy::parse(text.to_str()?)
        } else if let Ok(bytes) = json.cast::<PyBytes>() {
            zt_core::policy::Policy::parse_bytes(bytes.as_bytes())
        } else if json.is_instance_of::<PyDict>() {
            let text: String =
                json.py().import("json")?.call_method1("dumps", (json,))?.extract()?;
            zt_core::policy::Policy::parse(&text)
        } else {
            let found = json.get_type().name()?;
            return Err(PyTypeError::new_err(format!("expected str, bytes or dict, not {found}")));
        };
        parsed.map(Self).map_err(policy_error)
    }

    /// The policy as JSON, its elements in the order they were given in.
    #[pyo3(signature = (indent=None))]
    fn to_json(&self, indent: Option<usize>) -> String {
        match indent {
            None => self.0.to_json(),
            Some(indent) => self.0.to_json_pretty(indent),
        }
    }

    /// The policy as dicts and lists.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
    }

    /// The canonical form: it decides every request alike.
    fn normalize(&self, py: Python<'_>) -> Self {
        Self(py.detach(|| self.0.normalize()))
    }

    /// A shorter policy that decides every request alike.
    fn minimize(&self, py: Python<'_>) -> Self {
        Self(py.detach(|| self.0.minimize()))
    }

    /// Policies that each fit the limit, and together decide as this one does.
    fn split(&self, py: Python<'_>, limit: &str) -> PyResult<Vec<Self>> {
        let limit: SizeLimit = limit.parse().map_err(|error| name_error(&error))?;
        let parts = py.detach(|| zt_core::rewrite::split(&self.0, limit));
        Ok(parts.map_err(|error| split_error(&error))?.into_iter().map(Self).collect())
    }

    /// The size as AWS counts it, in characters or bytes.
    fn size(&self, limit: &str) -> PyResult<usize> {
        let limit: SizeLimit = limit.parse().map_err(|error| name_error(&error))?;
        Ok(limit.size_of(&self.0))
    }

    #[getter]
    fn id(&self) -> Option<&str> {
        self.0.id()
    }

    #[getter]
    fn version(&self) -> String {
        self.0.version().to_string()
    }

    #[getter]
    fn statements(&self) -> Vec<Statement> {
        self.0.statements().iter().cloned().map(Statement).collect()
    }

    fn __str__(&self) -> String {
        self.0.to_json_pretty(2)
    }

    fn __repr__(&self) -> String {
        format!("Policy.parse({:?})", self.0.to_json())
    }
}

/// A policy, or its JSON.
pub(crate) fn source(object: &Bound<'_, PyAny>) -> PyResult<zt_core::policy::Policy> {
    match object.cast::<Policy>() {
        Ok(policy) => Ok(policy.get().0.clone()),
        Err(_) => Ok(Policy::parse(object)?.0),
    }
}

/// One statement of a policy. Every method gives a new one.
#[pyclass(frozen, eq, module = "zt.policy")]
#[derive(PartialEq)]
pub(crate) struct Statement(pub(crate) zt_core::policy::Statement);

#[pymethods]
impl Statement {
    /// A statement that allows.
    #[staticmethod]
    #[pyo3(signature = (sid=None))]
    fn allow(sid: Option<&str>) -> Self {
        Self(zt_core::policy::Statement::allow(sid))
    }

    /// A statement that denies.
    #[staticmethod]
    #[pyo3(signature = (sid=None))]
    fn deny(sid: Option<&str>) -> Self {
        Self(zt_core::policy::Statement::deny(sid))
    }

    #[getter]
    fn sid(&self) -> Option<&str> {
        self.0.sid()
    }

    #[getter]
    fn effect(&self) -> String {
        self.0.effect().to_string()
    }

    /// The statement as dicts and lists.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
    }

    /// `Action`: these actions, such as `s3:Get*`.
    #[pyo3(signature = (*actions))]
    fn actions(&self, actions: Vec<String>) -> Self {
        Self(self.0.clone().actions(actions))
    }

    /// `NotAction`: every action but these.
    #[pyo3(signature = (*actions))]
    fn not_actions(&self, actions: Vec<String>) -> Self {
        Self(self.0.clone().not_actions(actions))
    }

    /// `Resource`: these ARNs, or `*`.
    #[pyo3(signature = (*resources))]
    fn resources(&self, resources: Vec<String>) -> Self {
        Self(self.0.clone().resources(resources))
    }

    /// `Resource: *`.
    fn any_resource(&self) -> Self {
        Self(self.0.clone().any_resource())
    }

    /// `NotResource`: every resource but these.
    #[pyo3(signature = (*resources))]
    fn not_resources(&self, resources: Vec<String>) -> Self {
        Self(self.0.clone().not_resources(resources))
    }

    /// `Principal`: `"*"`, an ARN, an account id, or `{"Service": "ec2.amazonaws.com"}`.
    #[pyo3(signature = (*principals))]
    fn principal(&self, principals: Vec<Principals>) -> Self {
        let all = principals.into_iter().flat_map(|principals| principals.0);
        Self(all.fold(self.0.clone(), zt_core::policy::Statement::principal))
    }

    /// `NotPrincipal`: every principal but these.
    #[pyo3(signature = (*principals))]
    fn not_principal(&self, principals: Vec<Principals>) -> Self {
        let all = principals.into_iter().flat_map(|principals| principals.0);
        Self(all.fold(self.0.clone(), zt_core::policy::Statement::not_principal))
    }

    /// `Condition`: all of these hold.
    #[pyo3(signature = (*conditions))]
    fn when(&self, conditions: Vec<PyRef<'_, Condition>>) -> Self {
        let all = conditions.iter().map(|condition| condition.0.clone());
        Self(all.fold(self.0.clone(), zt_core::policy::Statement::when))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// A str (`"*"`, an ARN, an account id), or a dict of kind to one or several.
pub(crate) struct Principals(pub(crate) Vec<Principal>);

impl Principals {
    /// The maker of a request.
    pub(crate) fn one(self) -> PyResult<Principal> {
        let mut principals = self.0.into_iter();
        match (principals.next(), principals.next()) {
            (Some(principal), None) => Ok(principal),
            _ => Err(PyValueError::new_err("a request has exactly one principal")),
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Principals {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = object.extract::<String>() {
            return Ok(Self(vec![Principal::from(text.as_str())]));
        }
        let dict = object.cast::<PyDict>().map_err(|_| {
            PyTypeError::new_err("expected a str or a dict such as {\"Service\": \"...\"}")
        })?;
        let mut all = Vec::new();
        for (kind, names) in dict.iter() {
            let kind: String = kind.extract()?;
            let names = match names.extract::<String>() {
                Ok(name) => vec![name],
                Err(_) => names.extract::<Vec<String>>()?,
            };
            for name in names {
                all.push(Principal::from_kind(&kind, name).ok_or_else(|| {
                    let expected = "AWS, Service, Federated or CanonicalUser";
                    PyValueError::new_err(format!("unknown principal `{kind}`: {expected}"))
                })?);
            }
        }
        Ok(Self(all))
    }
}

/// One comparison of a statement. Make it from a key: `keys.aws.source_ip.is_in(...)`.
#[pyclass(frozen, eq, module = "zt.policy")]
#[derive(PartialEq)]
pub(crate) struct Condition(pub(crate) zt_core::policy::Condition);

#[pymethods]
impl Condition {
    /// For operators and keys that this package does not know.
    #[new]
    fn new(operator: &str, key: &str, values: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(zt_core::policy::Condition::new(operator, key, values_of(values)?)))
    }

    #[getter]
    fn operator(&self) -> String {
        self.0.operator().as_str().to_owned()
    }

    #[getter]
    fn key(&self) -> &str {
        self.0.key()
    }

    #[getter]
    fn values(&self) -> Vec<String> {
        self.0.values().iter().map(|value| value.text().into_owned()).collect()
    }

    fn __repr__(&self) -> String {
        format!("Condition({:?}, {:?}, {:?})", self.operator(), self.key(), self.values())
    }
}

/// A condition key and its type. Python's classes give each type its methods.
#[pyclass(frozen, subclass, module = "zt.policy")]
pub(crate) struct Key(AnyKey);

#[pymethods]
impl Key {
    #[new]
    #[pyo3(signature = (name, kind, multivalued=false))]
    fn new(name: &str, kind: &str, multivalued: bool) -> PyResult<Self> {
        let kind = KeyKind::from_name(kind)
            .ok_or_else(|| PyValueError::new_err(format!("unknown type of key: {kind}")))?;
        Ok(Self(AnyKey::new(name, kind, multivalued)))
    }

    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The condition; `set_operator` is `any`, `all` or empty.
    #[pyo3(signature = (method, values, *, if_exists=false, set_operator=""))]
    fn compare(
        &self,
        method: &str,
        values: &Bound<'_, PyAny>,
        if_exists: bool,
        set_operator: &str,
    ) -> PyResult<Condition> {
        let compare = |key: AnyKey| -> Result<_, ValueError> {
            let key = match set_operator {
                "any" => key.for_any_value()?,
                "all" => key.for_all_values()?,
                _ => key,
            };
            Ok(if if_exists { key.if_exists() } else { key })
        };
        let key = compare(self.0.clone()).map_err(value_error)?;
        let condition = key.compare(method, values_of(values)?).map_err(value_error)?;
        Ok(Condition(condition))
    }

    fn is_absent(&self) -> PyResult<Condition> {
        self.0.clone().is_absent().map(Condition).map_err(value_error)
    }

    fn is_present(&self) -> PyResult<Condition> {
        self.0.clone().is_present().map(Condition).map_err(value_error)
    }

    fn __repr__(&self) -> String {
        format!("Key({:?})", self.0.name())
    }
}

/// One value or several.
fn values_of(values: &Bound<'_, PyAny>) -> PyResult<Vec<Value>> {
    if values.is_instance_of::<PyList>() || values.is_instance_of::<PyTuple>() {
        return values.try_iter()?.map(|value| value_of(&value?).map(Value::Text)).collect();
    }
    Ok(vec![Value::Text(value_of(values)?)])
}
