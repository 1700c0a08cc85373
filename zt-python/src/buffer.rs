//! Bytes from Python, and key bytes to it.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyString};
use zeroize::Zeroize;
use zt_crypto::Plaintext;

/// Any object with bytes. `bytes` cannot change and is borrowed; anything else is copied, since
/// another thread could change it between being authenticated and being read. The copy wipes itself:
/// it may be a key.
pub(crate) struct Data<'a>(Held<'a>);

enum Held<'a> {
    Borrowed(&'a [u8]),
    Copied(Plaintext),
}

impl<'a> Data<'a> {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Held::Borrowed(bytes) => bytes,
            Held::Copied(bytes) => bytes,
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Data<'a> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.extract::<&'a [u8]>() {
            return Ok(Self(Held::Borrowed(bytes)));
        }
        if object.is_instance_of::<PyString>() {
            let message = "expected bytes, not str: encode it first, as in text.encode()";
            return Err(PyTypeError::new_err(message));
        }
        match PyBuffer::<u8>::get(&object) {
            Ok(buffer) => {
                let copy = Plaintext::from(buffer.to_vec(object.py())?);
                Ok(Self(Held::Copied(copy)))
            }
            Err(_) => {
                let found = object.get_type().name()?;
                Err(PyTypeError::new_err(format!("expected bytes, not {found}")))
            }
        }
    }
}

/// Key bytes that Python code was given: in `bytearray`s, since `bytes` cannot be wiped. They are
/// wiped when this is told to, or dropped.
#[derive(Default)]
pub(crate) struct Lent(std::sync::Mutex<Vec<Py<PyByteArray>>>);

impl Lent {
    /// A copy of `key` for Python.
    pub(crate) fn lend<'py>(&self, py: Python<'py>, key: &[u8]) -> Bound<'py, PyByteArray> {
        let copy = PyByteArray::new(py, key);
        self.with(|lent| lent.push(copy.clone().unbind()));
        copy
    }

    /// Overwrites all copies, whoever still has them.
    pub(crate) fn wipe(&self, py: Python<'_>) {
        for copy in self.with(std::mem::take) {
            wipe(copy.bind(py));
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<Py<PyByteArray>>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.with(|lent| lent.is_empty()) {
            Python::attach(|py| self.wipe(py));
        }
    }
}

/// Overwrites a `bytearray` where it lies.
pub(crate) fn wipe(bytes: &Bound<'_, PyByteArray>) {
    // SAFETY: the interpreter is held, no Python code runs meanwhile, and the slice does not
    // outlive this line.
    #[expect(unsafe_code, reason = "a bytearray is wiped in place")]
    unsafe { bytes.as_bytes_mut() }.zeroize();
}
