//! Headers, read without a key.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use zt_crypto::ContentType;

use crate::buffer::Data;
use crate::context::to_dict;
use crate::error::to_py;
use crate::keyring::suite_object;

/// The header of a message, read without a key. Nothing of it is authenticated.
#[pyfunction]
pub(crate) fn inspect(message: Data<'_>) -> PyResult<MessageInfo> {
    zt_crypto::inspect(message.as_slice()).map(MessageInfo).map_err(to_py)
}

/// The header of a message. Anybody can write one: decide nothing by it.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct MessageInfo(zt_crypto::MessageInfo);

#[pymethods]
impl MessageInfo {
    #[getter]
    fn algorithm_suite<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        suite_object(py, self.0.algorithm_suite)
    }

    #[getter]
    fn encryption_context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        to_dict(py, &self.0.encryption_context)
    }

    #[getter]
    fn encrypted_data_keys(&self) -> Vec<EncryptedDataKey> {
        self.0.encrypted_data_keys.iter().map(EncryptedDataKey::from).collect()
    }

    #[getter]
    fn message_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.message_id)
    }

    #[getter]
    fn version(&self) -> u8 {
        self.0.version
    }

    #[getter]
    fn header_length(&self) -> usize {
        self.0.header_len
    }

    /// None for an unframed body.
    #[getter]
    fn frame_length(&self) -> Option<u32> {
        match self.0.content_type {
            ContentType::Framed(len) => Some(len),
            ContentType::Unframed => None,
        }
    }

    /// Always False: anybody can write a header.
    #[getter]
    fn authenticated(&self) -> bool {
        false
    }

    fn __repr__(&self) -> String {
        let names: Vec<_> = self.0.encrypted_data_keys.iter().map(|key| key.key_name()).collect();
        format!(
            "MessageInfo(algorithm_suite={}, encrypted_data_keys={names:?}, authenticated=False)",
            self.0.algorithm_suite
        )
    }
}

/// A data key, wrapped by one key.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct EncryptedDataKey(zt_crypto::EncryptedDataKey);

impl From<&zt_crypto::EncryptedDataKey> for EncryptedDataKey {
    fn from(key: &zt_crypto::EncryptedDataKey) -> Self {
        Self(key.clone())
    }
}

#[pymethods]
impl EncryptedDataKey {
    #[getter]
    fn provider_id(&self) -> &str {
        &self.0.provider_id
    }

    #[getter]
    fn provider_info<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.provider_info)
    }

    #[getter]
    fn ciphertext<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.ciphertext)
    }

    #[getter]
    fn key_name(&self) -> String {
        self.0.key_name()
    }

    fn __repr__(&self) -> String {
        format!("EncryptedDataKey(key_name={:?})", self.0.key_name())
    }
}
