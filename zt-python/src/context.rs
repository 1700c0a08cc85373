//! Encryption contexts to and from Python's dicts.

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
        let pairs: Vec<(String, String)> = PyDict::from_sequence(&object.call_method0("items")?)?
            .iter()
            .map(|(key, value)| Ok((key.extract()?, value.extract()?)))
            .collect::<PyResult<_>>()?;
        Ok(Self(pairs.into_iter().collect()))
    }
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
