//! Encryption contexts to and from Python's dicts.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use zt_crypto::EncryptionContext;

/// A mapping of str to str, or None for none.
#[derive(Default)]
pub(crate) struct Context(pub(crate) EncryptionContext);

impl<'py> FromPyObject<'_, 'py> for Context {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.is_none() {
            return Ok(Self::default());
        }
        if let Ok(dict) = object.cast::<PyDict>() {
            return pairs(&dict);
        }
        let items = object.call_method0("items").map_err(|_| expected(&object))?;
        pairs(&PyDict::from_sequence(&items)?)
    }
}

fn pairs(dict: &Bound<'_, PyDict>) -> PyResult<Context> {
    let text = |object: &Bound<'_, PyAny>| match object.extract::<String>() {
        Ok(text) => Ok(text),
        Err(_) => Err(expected(object)),
    };
    let mut context = EncryptionContext::new();
    for (key, value) in dict.iter() {
        context.insert(text(&key)?, text(&value)?);
    }
    Ok(Context(context))
}

fn expected(found: &Bound<'_, PyAny>) -> PyErr {
    let found = found.get_type().to_string();
    PyTypeError::new_err(format!("an encryption context maps str to str: found {found}"))
}

pub(crate) fn to_dict<'py>(
    py: Python<'py>,
    context: &EncryptionContext,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in context {
        dict.set_item(key, value)?;
    }
    Ok(dict)
}
