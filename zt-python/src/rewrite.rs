//! Whether two policies mean the same.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use zt_core::rewrite;

use crate::evaluate::Request;
use crate::policy::source;

/// Whether two policies decide every request alike.
#[pyfunction]
pub(crate) fn equivalent(
    py: Python<'_>,
    a: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
) -> PyResult<Equivalence> {
    let (a, b) = (source(a)?, source(b)?);
    Ok(Equivalence(py.detach(|| rewrite::equivalent(&a, &b))))
}

/// What `equivalent` found.
#[pyclass(frozen, module = "zt.policy")]
pub(crate) struct Equivalence(rewrite::Equivalence);

#[pymethods]
impl Equivalence {
    #[getter]
    fn equal(&self) -> Option<bool> {
        self.0.as_bool()
    }

    #[getter]
    fn witness(&self) -> Option<Request> {
        match &self.0 {
            rewrite::Equivalence::Different(request) => Some(Request((**request).clone())),
            _ => None,
        }
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err(
            "an equivalence is no bool: ask equivalence.equal, which may be None",
        ))
    }

    fn __repr__(&self) -> &'static str {
        match self.0.as_bool() {
            Some(true) => "Equivalence(equal=True)",
            Some(false) => "Equivalence(equal=False)",
            None => "Equivalence(equal=None)",
        }
    }
}
