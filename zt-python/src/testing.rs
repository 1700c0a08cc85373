//! KMS in memory; Python gives it the shape of a boto3 client.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zt_crypto::{DataKey, KeyService, KmsRequest};

use crate::buffer::Data;
use crate::context::Context;

#[pyclass(frozen, module = "zt.crypto.testing", name = "InMemoryKms", subclass)]
pub(crate) struct InMemoryKms(zt_crypto::testing::InMemoryKms);

#[pymethods]
impl InMemoryKms {
    #[new]
    fn new() -> Self {
        Self(zt_crypto::testing::InMemoryKms::new())
    }

    #[pyo3(signature = (region="us-east-1", account_id="111122223333"))]
    fn add_key(&self, region: &str, account_id: &str) -> String {
        self.0.create_key(region, account_id)
    }

    #[pyo3(signature = (region="us-east-1", account_id="111122223333"))]
    fn add_multi_region_key(&self, region: &str, account_id: &str) -> String {
        self.0.create_multi_region_key(region, account_id)
    }

    fn replicate_key(&self, key_arn: &str, region: &str) -> String {
        self.0.replicate_key(key_arn, region)
    }

    fn add_alias(&self, alias: &str, key_arn: &str) {
        self.0.create_alias(alias, key_arn);
    }

    fn disable(&self, key_arn: &str) {
        self.0.disable_key(key_arn);
    }

    fn fail_next(&self, code: &str, message: &str) {
        self.0.fail_next(code, message);
    }

    #[getter]
    fn calls(&self) -> Vec<&'static str> {
        self.0.calls()
    }

    /// `(KeyId, Plaintext, CiphertextBlob, None)`, or `(Code, None, None, Message)`.
    #[pyo3(signature = (operation, key_id, encryption_context, number_of_bytes=None, blob=None))]
    #[expect(clippy::type_complexity, reason = "read by one Python function only")]
    fn carry<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        key_id: String,
        encryption_context: Option<Context>,
        number_of_bytes: Option<usize>,
        blob: Option<Data<'_>>,
    ) -> (Option<String>, Option<Bound<'py, PyBytes>>, Option<Bound<'py, PyBytes>>, Option<String>)
    {
        let encryption_context = encryption_context.unwrap_or_default().0;
        let blob = blob.map(|blob| blob.as_slice().to_vec()).unwrap_or_default();
        let grant_tokens = Vec::new();
        let request = match operation {
            "GenerateDataKey" => KmsRequest::GenerateDataKey {
                key_id,
                number_of_bytes: number_of_bytes.unwrap_or(32),
                encryption_context,
                grant_tokens,
            },
            "Encrypt" => {
                let plaintext = DataKey::copy_from(&blob);
                KmsRequest::Encrypt { key_id, plaintext, encryption_context, grant_tokens }
            }
            _ => KmsRequest::Decrypt {
                key_id,
                ciphertext_blob: blob,
                encryption_context,
                grant_tokens,
            },
        };
        match self.0.call(&request) {
            Ok(response) => (
                response.key_id,
                response.plaintext.map(|key| PyBytes::new(py, key.expose())),
                response.ciphertext_blob.map(|blob| PyBytes::new(py, &blob)),
                None,
            ),
            Err(error) => {
                let code = error.service_code().unwrap_or_default().to_owned();
                (Some(code), None, None, Some(error.message().to_owned()))
            }
        }
    }
}
