//! A KMS in memory, for users' own tests.

use napi::Result;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use zt_crypto::{DataKey, KeyService, KmsRequest};

use crate::error::failure;
use crate::pairs::{Pairs, to_context};

/// AWS KMS in memory.
#[napi]
#[derive(Debug, Default)]
pub struct InMemoryKms(zt_crypto::testing::InMemoryKms);

/// What the KMS in memory answers.
#[napi(object)]
pub struct KmsAnswer {
    /// The ARN of the key.
    pub key_id: Option<String>,
    /// The data key.
    pub plaintext: Option<Uint8Array>,
    /// The wrapped data key.
    pub ciphertext_blob: Option<Uint8Array>,
}

impl std::fmt::Debug for KmsAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KmsAnswer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

#[napi]
impl InMemoryKms {
    /// A KMS without keys.
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a key, gives its ARN.
    #[napi]
    #[must_use]
    pub fn create_key(&self, region: String, account_id: String) -> String {
        self.0.create_key(&region, &account_id)
    }

    /// Makes a multi-Region key, gives its ARN.
    #[napi]
    #[must_use]
    pub fn create_multi_region_key(&self, region: String, account_id: String) -> String {
        self.0.create_multi_region_key(&region, &account_id)
    }

    /// Makes a replica of a multi-Region key, gives its ARN.
    #[napi]
    #[must_use]
    pub fn replicate_key(&self, key_arn: String, region: String) -> String {
        self.0.replicate_key(&key_arn, &region)
    }

    /// Makes an alias stand for a key.
    #[napi]
    pub fn create_alias(&self, alias: String, key_arn: String) {
        self.0.create_alias(&alias, &key_arn);
    }

    /// Disables a key.
    #[napi]
    pub fn disable_key(&self, key_arn: String) {
        self.0.disable_key(&key_arn);
    }

    /// Makes the next call fail.
    #[napi]
    pub fn fail_next(&self, code: String, message: String) {
        self.0.fail_next(&code, &message);
    }

    /// The operations called so far.
    #[napi]
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.0.calls().into_iter().map(str::to_owned).collect()
    }

    /// `GenerateDataKey`.
    ///
    /// # Errors
    /// Those of KMS.
    #[napi]
    pub fn generate_data_key(
        &self,
        key_id: String,
        number_of_bytes: u32,
        context: Pairs,
    ) -> Result<KmsAnswer> {
        self.call(&KmsRequest::GenerateDataKey {
            key_id,
            number_of_bytes: usize::try_from(number_of_bytes).unwrap_or(usize::MAX),
            encryption_context: to_context(context)?,
            grant_tokens: Vec::new(),
        })
    }

    /// `Encrypt`.
    ///
    /// # Errors
    /// Those of KMS.
    #[napi]
    pub fn encrypt(&self, key_id: String, plaintext: &[u8], context: Pairs) -> Result<KmsAnswer> {
        self.call(&KmsRequest::Encrypt {
            key_id,
            plaintext: DataKey::copy_from(plaintext),
            encryption_context: to_context(context)?,
            grant_tokens: Vec::new(),
        })
    }

    /// `Decrypt`.
    ///
    /// # Errors
    /// Those of KMS.
    #[napi]
    pub fn decrypt(&self, key_id: String, ciphertext: &[u8], context: Pairs) -> Result<KmsAnswer> {
        self.call(&KmsRequest::Decrypt {
            key_id,
            ciphertext_blob: ciphertext.to_vec(),
            encryption_context: to_context(context)?,
            grant_tokens: Vec::new(),
        })
    }

    fn call(&self, request: &KmsRequest) -> Result<KmsAnswer> {
        let answer = self.0.call(request).map_err(|error| {
            let mut thrown = failure(error.clone());
            // As KMS itself says it: `api/testing.ts` makes the SDK's kind of exception of it.
            thrown.reason = error.message().to_owned();
            thrown
        })?;
        Ok(KmsAnswer {
            key_id: answer.key_id,
            plaintext: answer.plaintext.map(|key| key.expose().into()),
            ciphertext_blob: answer.ciphertext_blob.map(Into::into),
        })
    }
}
