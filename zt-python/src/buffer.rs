//! Bytes from Python.

use std::borrow::Cow;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// Any object with bytes. `bytes` cannot change and is borrowed; anything else is copied, since
/// another thread could change it between being authenticated and being read.
pub(crate) struct Data<'a>(Cow<'a, [u8]>);

impl<'a> Data<'a> {
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Data<'a> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.extract::<&'a [u8]>() {
            return Ok(Self(Cow::Borrowed(bytes)));
        }
        if object.is_instance_of::<PyString>() {
            let message = "expected bytes, not str: encode it first, as in text.encode()";
            return Err(PyTypeError::new_err(message));
        }
        match PyBuffer::<u8>::get(&object) {
            Ok(buffer) => Ok(Self(Cow::Owned(buffer.to_vec(object.py())?))),
            Err(_) => {
                let found = object.get_type().name()?;
                Err(PyTypeError::new_err(format!("expected bytes, not {found}")))
            }
        }
    }
}
