//! Requests to KMS, carried by the caller's boto3 client.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict};
use zt_crypto::{
    DataKey, DecryptionMaterials, EncryptionMaterials, Error, Keyring, KeyringError, KmsError,
    KmsRequest, KmsResponse, Next, OfflineKeyring,
};

use crate::buffer::{Data, Lent, wipe};
use crate::context::to_dict;

/// A keyring that asks KMS, with the boto3 client that carries its requests.
#[derive(Debug)]
pub(crate) struct Carried<K> {
    pub(crate) keyring: K,
    pub(crate) client: Py<PyAny>,
}

impl<K: Keyring> Carried<K> {
    fn drive<T>(&self, mut next: Next<T>) -> Result<T, Error> {
        loop {
            match next {
                Next::Ready(value) => return Ok(value),
                Next::Ask(ask) => {
                    let answer = Python::attach(|py| self.call(py, ask.request()))?;
                    next = ask.answer(answer)?;
                }
                Next::Wait(wait) => next = wait.block()?,
            }
        }
    }

    /// The outer error is one that is not KMS's: Ctrl-C, or a fault of the client object.
    fn call(
        &self,
        py: Python<'_>,
        request: &KmsRequest,
    ) -> Result<Result<KmsResponse, KmsError>, Error> {
        match self.try_call(py, request) {
            Ok(response) => Ok(Ok(response)),
            Err(raised) => classify(py, request, &raised)
                .map(Err)
                .ok_or_else(|| KeyringError::Custom(Box::new(raised)).into()),
        }
    }

    fn try_call(&self, py: Python<'_>, request: &KmsRequest) -> PyResult<KmsResponse> {
        let (members, lent) = (PyDict::new(py), Lent::default());
        members.set_item("KeyId", request.key_id())?;
        members.set_item("EncryptionContext", to_dict(py, request.encryption_context())?)?;
        if !request.grant_tokens().is_empty() {
            members.set_item("GrantTokens", request.grant_tokens())?;
        }
        let method = match request {
            KmsRequest::GenerateDataKey { number_of_bytes, .. } => {
                members.set_item("NumberOfBytes", number_of_bytes)?;
                "generate_data_key"
            }
            KmsRequest::Encrypt { plaintext, .. } => {
                // Wiped when the call is over.
                members.set_item("Plaintext", lent.lend(py, plaintext.expose()))?;
                "encrypt"
            }
            KmsRequest::Decrypt { ciphertext_blob, .. } => {
                members.set_item("CiphertextBlob", PyBytes::new(py, ciphertext_blob))?;
                "decrypt"
            }
            other => return Err(PyException::new_err(format!("cannot carry {other:?}"))),
        };
        let answer = self.client.bind(py).call_method(method, (), Some(&members))?;
        let member = |name: &str| -> PyResult<Option<Bound<'_, PyAny>>> {
            if answer.contains(name)? { answer.get_item(name).map(Some) } else { Ok(None) }
        };
        let bytes = |value: Option<Bound<'_, PyAny>>| -> PyResult<Option<Vec<u8>>> {
            value.map(|value| Ok(value.extract::<Data<'_>>()?.as_slice().to_vec())).transpose()
        };
        let plaintext = match request {
            KmsRequest::Encrypt { .. } => None,
            _ => member("Plaintext")?,
        };
        let plaintext = plaintext.map(|value| data_key(&value)).transpose()?;
        Ok(KmsResponse {
            key_id: member("KeyId")?.map(|value| value.extract()).transpose()?,
            plaintext,
            ciphertext_blob: bytes(member("CiphertextBlob")?)?,
        })
    }
}

/// The data key of an answer. boto3's own copy is `bytes`, which cannot be wiped; a client that
/// answers with a `bytearray` has it wiped.
fn data_key(value: &Bound<'_, PyAny>) -> PyResult<DataKey> {
    let data_key = DataKey::copy_from(value.extract::<Data<'_>>()?.as_slice());
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        wipe(bytes);
    }
    Ok(data_key)
}

impl<K: Keyring> OfflineKeyring for Carried<K> {
    fn on_encrypt(&self, materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        self.drive(self.keyring.begin_encrypt(materials)?)
    }

    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        self.drive(self.keyring.begin_decrypt(materials.clone())?)
    }
}

/// What botocore raised, as `zt-crypto` knows it. `None` for anything else.
///
/// By the shape of the exception, so that neither boto3 nor botocore is needed here.
fn classify(py: Python<'_>, request: &KmsRequest, raised: &PyErr) -> Option<KmsError> {
    if !raised.is_instance_of::<PyException>(py) {
        return None;
    }
    let value = raised.value(py);
    if let Ok(error) = value.getattr("response").and_then(|response| response.get_item("Error")) {
        let text = |name: &str| {
            error.get_item(name).and_then(|text| text.extract::<String>()).unwrap_or_default()
        };
        return Some(KmsError::refused(request, &text("Code"), &text("Message")));
    }
    let classes = raised.get_type(py).mro();
    let is = |name: &str| {
        classes.iter().any(|class| {
            let module = class.getattr("__module__").and_then(|module| module.extract::<String>());
            let own = class.getattr("__name__").and_then(|own| own.extract::<String>());
            module.is_ok_and(|module| module == "botocore.exceptions")
                && own.is_ok_and(|own| own == name)
        })
    };
    let message = value.to_string();
    if is("HTTPClientError") || is("ConnectionError") {
        Some(KmsError::unreachable(request, &message))
    } else if is("BotoCoreError") {
        Some(KmsError::not_sent(request, &message))
    } else {
        None
    }
}
