//! Keyrings written in Python.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict};
use zt_crypto::{DataKey, Error, KeyringError, OfflineKeyring};

use crate::buffer::{Data, Lent};
use crate::context::to_dict;
use crate::error::to_py;
use crate::inspect::EncryptedDataKey;
use crate::keyring::suite_object;

/// A Python object with `on_encrypt` and `on_decrypt`.
#[derive(Debug)]
pub(crate) struct Custom(pub(crate) Py<PyAny>);

impl OfflineKeyring for Custom {
    fn on_encrypt(
        &self,
        materials: zt_crypto::EncryptionMaterials,
    ) -> Result<zt_crypto::EncryptionMaterials, Error> {
        Python::attach(|py| {
            let materials = Py::new(py, EncryptionMaterials::new(materials))?;
            let called = self.0.call_method1(py, "on_encrypt", (materials.clone_ref(py),));
            materials.get().lent.wipe(py);
            let taken = materials.get().take();
            called.and(taken)
        })
        .map_err(raised)
    }

    fn on_decrypt(&self, materials: &zt_crypto::DecryptionMaterials) -> Result<DataKey, Error> {
        Python::attach(|py| {
            let materials = Py::new(py, DecryptionMaterials::new(materials.clone()))?;
            let called = self.0.call_method1(py, "on_decrypt", (materials.clone_ref(py),));
            let data_key = called.and_then(|data_key| {
                let data_key = data_key.bind(py);
                if data_key.is_none() {
                    return Ok(None);
                }
                Ok(Some(DataKey::copy_from(data_key.extract::<Data<'_>>()?.as_slice())))
            });
            materials.get().lent.wipe(py);
            data_key
        })
        .map_err(raised)?
        .ok_or_else(|| {
            let name = Python::attach(|py| self.0.bind(py).repr().map(|name| name.to_string()));
            let configured = vec![name.unwrap_or_default()];
            let names = zt_crypto::NoMatchingKey::new(materials.key_names(), configured);
            zt_crypto::DecryptError::NoMatchingKey(names).into()
        })
    }
}

fn raised(error: PyErr) -> Error {
    KeyringError::Custom(Box::new(error)).into()
}

/// What a keyring is given to encrypt with.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct EncryptionMaterials {
    materials: Mutex<Option<zt_crypto::EncryptionMaterials>>,
    lent: Lent,
}

impl EncryptionMaterials {
    fn new(materials: zt_crypto::EncryptionMaterials) -> Self {
        Self { materials: Mutex::new(Some(materials)), lent: Lent::default() }
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut zt_crypto::EncryptionMaterials) -> PyResult<T>,
    ) -> PyResult<T> {
        match &mut *self.materials.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(materials) => work(materials),
            None => Err(PyRuntimeError::new_err("materials are of use only within on_encrypt")),
        }
    }

    pub(crate) fn put_back(&self, materials: zt_crypto::EncryptionMaterials) {
        *self.materials.lock().unwrap_or_else(PoisonError::into_inner) = Some(materials);
    }

    pub(crate) fn take(&self) -> PyResult<zt_crypto::EncryptionMaterials> {
        let materials = self.materials.lock().unwrap_or_else(PoisonError::into_inner).take();
        materials.ok_or_else(|| PyRuntimeError::new_err("materials were taken already"))
    }
}

#[pymethods]
impl EncryptionMaterials {
    #[getter]
    fn algorithm_suite<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.with(|materials| suite_object(py, materials.suite()))
    }

    #[getter]
    fn encryption_context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.with(|materials| to_dict(py, materials.encryption_context()))
    }

    #[getter]
    fn data_key<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyByteArray>>> {
        self.with(|materials| Ok(materials.data_key().map(|key| self.lent.lend(py, key.expose()))))
    }

    #[getter]
    fn encrypted_data_keys(&self) -> PyResult<Vec<EncryptedDataKey>> {
        self.with(|materials| {
            Ok(materials.encrypted_data_keys().iter().map(EncryptedDataKey::from).collect())
        })
    }

    fn data_key_or_generate<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyByteArray>> {
        self.with(|materials| {
            let key = materials.data_key_or_generate().map_err(to_py)?;
            Ok(self.lent.lend(py, key.expose()))
        })
    }

    fn set_data_key(&self, data_key: Data<'_>) -> PyResult<()> {
        self.with(|materials| {
            materials.set_data_key(DataKey::copy_from(data_key.as_slice())).map_err(to_py)
        })
    }

    fn add_encrypted_data_key(
        &self,
        provider_id: String,
        provider_info: Data<'_>,
        ciphertext: Data<'_>,
    ) -> PyResult<()> {
        self.with(|materials| {
            materials.push_encrypted_data_key(zt_crypto::EncryptedDataKey {
                provider_id,
                provider_info: provider_info.as_slice().to_vec(),
                ciphertext: ciphertext.as_slice().to_vec(),
            });
            Ok(())
        })
    }

    fn __repr__(&self) -> &'static str {
        "EncryptionMaterials(...)"
    }
}

/// What a keyring is given to decrypt with.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct DecryptionMaterials {
    pub(crate) materials: zt_crypto::DecryptionMaterials,
    pub(crate) lent: Lent,
}

impl DecryptionMaterials {
    fn new(materials: zt_crypto::DecryptionMaterials) -> Self {
        Self { materials, lent: Lent::default() }
    }
}

#[pymethods]
impl DecryptionMaterials {
    #[getter]
    fn algorithm_suite<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        suite_object(py, self.materials.suite())
    }

    #[getter]
    fn encryption_context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        to_dict(py, self.materials.encryption_context())
    }

    #[getter]
    fn encrypted_data_keys(&self) -> Vec<EncryptedDataKey> {
        self.materials.encrypted_data_keys().iter().map(EncryptedDataKey::from).collect()
    }

    fn __repr__(&self) -> &'static str {
        "DecryptionMaterials(...)"
    }
}
