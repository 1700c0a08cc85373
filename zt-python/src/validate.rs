//! Findings, and the edits that mend.

use pyo3::prelude::*;
use zt_core::validate::{Kind, ValidateOptions};

use crate::error::{name_error, parameter_error, suggestion_error};
use crate::policy::{Policy, source};
use crate::values::{instant, plain};

/// Checks a policy against every rule that its kind has.
#[pyfunction]
#[pyo3(signature = (policy, kind="identity", *, now=None, account_id=None, size_limit=None))]
pub(crate) fn validate(
    py: Python<'_>,
    policy: &Bound<'_, PyAny>,
    kind: &str,
    now: Option<&Bound<'_, PyAny>>,
    account_id: Option<&str>,
    size_limit: Option<&str>,
) -> PyResult<Vec<Finding>> {
    let kind: Kind = kind.parse().map_err(|error| name_error(&error))?;
    let mut options = ValidateOptions::default();
    if let Some(now) = now {
        options = options.now(instant(now)?.timestamp().map_err(|error| parameter_error(&error))?);
    }
    if let Some(id) = account_id {
        options = options.account_id(id);
    }
    if let Some(limit) = size_limit {
        options = options.size_limit(limit.parse().map_err(|error| name_error(&error))?);
    }
    let policy = source(policy)?;
    let findings = py.detach(|| zt_core::validate::validate(&policy, kind, &options));
    Ok(findings.into_iter().map(Finding).collect())
}

/// Every rule.
#[pyfunction]
pub(crate) fn rules() -> Vec<Rule> {
    zt_core::validate::rules().iter().copied().map(Rule).collect()
}

/// One thing that a rule found in a policy.
#[pyclass(frozen, eq, module = "zt.policy")]
#[derive(PartialEq)]
pub(crate) struct Finding(zt_core::validate::Finding);

#[pymethods]
impl Finding {
    #[getter]
    fn code(&self) -> &'static str {
        self.0.code()
    }

    #[getter]
    fn severity(&self) -> &'static str {
        self.0.severity().name()
    }

    #[getter]
    fn pointer(&self) -> &str {
        self.0.pointer()
    }

    #[getter]
    fn message(&self) -> &str {
        self.0.message()
    }

    #[getter]
    fn suggestion(&self) -> Option<Suggestion> {
        self.0.suggestion().cloned().map(Suggestion)
    }

    #[getter]
    fn rule(&self) -> Rule {
        Rule(self.0.rule())
    }

    /// The finding as dicts and lists.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Finding(code={:?}, pointer={:?})", self.0.code(), self.0.pointer())
    }
}

/// An edit at a place of a policy.
#[pyclass(frozen, eq, module = "zt.policy")]
#[derive(PartialEq)]
pub(crate) struct Suggestion(zt_core::validate::Suggestion);

#[pymethods]
impl Suggestion {
    #[getter]
    fn pointer(&self) -> &str {
        self.0.pointer()
    }

    #[getter]
    fn action(&self) -> &'static str {
        self.0.action()
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let loads = |json| py.import("json")?.call_method1("loads", (json,));
        self.0.value().map(loads).transpose()
    }

    /// The policy with the edit made.
    fn apply(&self, policy: &Bound<'_, PyAny>) -> PyResult<Policy> {
        self.0.apply(&source(policy)?).map(Policy).map_err(suggestion_error)
    }

    /// The edit as dicts and lists.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Suggestion(pointer={:?}, action={:?})", self.0.pointer(), self.0.action())
    }
}

/// A rule of `validate`, with why it is one.
#[pyclass(frozen, eq, module = "zt.policy")]
#[derive(PartialEq)]
pub(crate) struct Rule(&'static zt_core::validate::Rule);

#[pymethods]
impl Rule {
    #[getter]
    fn code(&self) -> &'static str {
        self.0.code()
    }

    #[getter]
    fn severity(&self) -> &'static str {
        self.0.severity().name()
    }

    #[getter]
    fn title(&self) -> &'static str {
        self.0.title()
    }

    #[getter]
    fn why(&self) -> &'static str {
        self.0.why()
    }

    #[getter]
    fn source(&self) -> &'static str {
        self.0.source()
    }

    /// The rule as a dict.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, self.0)
    }

    fn __repr__(&self) -> String {
        format!("Rule(code={:?})", self.0.code())
    }
}
