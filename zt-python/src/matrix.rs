//! Who may do what on which resource, as a table.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use zt_core::evaluate;

use crate::evaluate::{Decision, Evaluator, context_values};
use crate::policy::Principals;
use crate::values::{each, plain, strings};

/// Principals × actions × resources, each decided. `str()` of it is a table.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct AccessMatrix(evaluate::AccessMatrix);

#[pymethods]
impl AccessMatrix {
    #[new]
    #[pyo3(signature = (principals, actions, resources, *, resource_accounts=None, context=None))]
    fn new(
        py: Python<'_>,
        principals: &Bound<'_, PyAny>,
        actions: &Bound<'_, PyAny>,
        resources: &Bound<'_, PyAny>,
        resource_accounts: Option<&Bound<'_, PyAny>>,
        context: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let row = |row: &Bound<'_, PyAny>| {
            let (name, principal, evaluator): (String, Principals, Bound<'_, Evaluator>) =
                row.extract()?;
            Ok((name, principal.one()?, evaluator.get().0.clone()))
        };
        let principals = each("principals", Some(principals), row)?;
        let mut matrix = evaluate::AccessMatrix::builder();
        for (name, principal, evaluator) in &principals {
            matrix = matrix.principal(name, principal, evaluator);
        }
        matrix = matrix.actions(strings("actions", Some(actions))?);
        for resource in strings("resources", Some(resources))? {
            let account = resource_accounts.map(|all| all.call_method1("get", (&resource,)));
            matrix = match account.transpose()?.filter(|account| !account.is_none()) {
                Some(account) => matrix.resource_of(account.extract::<String>()?, resource),
                None => matrix.resources([resource]),
            };
        }
        for (key, value) in context_values(context)? {
            matrix = matrix.with(key, value);
        }
        Ok(Self(py.detach(|| matrix.build())))
    }

    #[getter]
    fn principals(&self) -> Vec<String> {
        self.0.principals().to_vec()
    }

    #[getter]
    fn actions(&self) -> Vec<String> {
        self.0.actions().to_vec()
    }

    #[getter]
    fn resources(&self) -> Vec<String> {
        self.0.resources().to_vec()
    }

    /// The decision for a principal, an action and a resource, each by its place from 0.
    fn decision(&self, principal: usize, action: usize, resource: usize) -> PyResult<Decision> {
        let decision = self.0.decision(principal, action, resource);
        let missing =
            || PyIndexError::new_err("the matrix has no such principal, action or resource");
        Ok(Decision(decision.ok_or_else(missing)?.clone()))
    }

    /// Every decision with the name of its principal.
    fn entries(&self) -> Vec<(String, Decision)> {
        self.0.entries().map(|(name, one)| (name.to_owned(), Decision(one.clone()))).collect()
    }

    /// The matrix as dicts and lists.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
    }

    /// The table as Markdown.
    fn to_markdown(&self) -> String {
        self.0.to_markdown()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!(
            "AccessMatrix(principals={:?}, actions={:?}, resources={:?})",
            self.0.principals(),
            self.0.actions(),
            self.0.resources()
        )
    }
}
