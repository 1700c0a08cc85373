//! What keyrings work on: data keys in the clear and wrapped, and what they are bound to.
//!
//! Source: AWS Encryption SDK specification, "Structures".

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::context::{EncryptionContext, PUBLIC_KEY};
use crate::error::{DecryptError, EncryptError, Error, KeyringError};
use crate::secret::DataKey;
use crate::signature::{SignatureAlgorithm, SigningKey};
use crate::suite::AlgorithmSuite;

/// A data key as it stands in a message's header, wrapped by one keyring.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EncryptedDataKey {
    /// Who wrapped it: `aws-kms`, or the namespace of a raw keyring.
    pub provider_id: String,
    /// Under which key: a key ARN for KMS, the key's name (and more) for a raw keyring.
    pub provider_info: Vec<u8>,
    /// The wrapped data key.
    pub ciphertext: Vec<u8>,
}

impl EncryptedDataKey {
    /// The key's name for people: the key ARN for KMS, else `namespace/name`.
    #[must_use]
    pub fn key_name(&self) -> String {
        let info = self.raw_key_name().unwrap_or(&self.provider_info);
        let name = String::from_utf8_lossy(info);
        if self.provider_id.starts_with("aws-kms") {
            name.into_owned()
        } else {
            format!("{}/{name}", self.provider_id)
        }
    }

    /// The key name in the provider info of a raw AES keyring, which goes on with the tag length
    /// in bits (4 bytes), the IV length (4 bytes) and the IV.
    fn raw_key_name(&self) -> Option<&[u8]> {
        const TAIL: usize = 4 + 4 + 12;
        let name_len = self.provider_info.len().checked_sub(TAIL)?;
        let (name, tail) = self.provider_info.split_at_checked(name_len)?;
        tail.starts_with(&[0, 0, 0, 128, 0, 0, 0, 12]).then_some(name)
    }
}

/// What a keyring is given to encrypt with, and gives back.
#[derive(Debug)]
pub struct EncryptionMaterials {
    suite: AlgorithmSuite,
    context: EncryptionContext,
    data_key: Option<DataKey>,
    encrypted_data_keys: Vec<EncryptedDataKey>,
    signing_key: Option<SigningKey>,
    kms_calls: u32,
}

/// What is left of materials once all keyrings are done: what a data key cache keeps.
pub(crate) struct Finished {
    pub(crate) context: EncryptionContext,
    pub(crate) data_key: DataKey,
    pub(crate) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(crate) signing_key: Option<SigningKey>,
    /// How many calls to KMS it took.
    pub(crate) kms_calls: u32,
}

impl Finished {
    /// A data key that was unwrapped.
    pub(crate) fn unwrapped(data_key: DataKey, kms_calls: u32) -> Self {
        let (context, encrypted_data_keys) = Default::default();
        Self { context, data_key, encrypted_data_keys, signing_key: None, kms_calls }
    }
}

impl EncryptionMaterials {
    /// Materials without a data key: the first keyring makes one. For suites that sign, a key pair
    /// is made and its public key joins the context.
    ///
    /// # Errors
    /// When the context is over the format's limits or uses reserved keys, or when the operating
    /// system gives no random bytes.
    pub fn new(suite: AlgorithmSuite, mut context: EncryptionContext) -> Result<Self, Error> {
        context.check_for_encrypt()?;
        let signing_key = match SignatureAlgorithm::of(suite) {
            None => None,
            Some(algorithm) => {
                let key = SigningKey::generate(algorithm)?;
                context.insert(PUBLIC_KEY, key.public_key()?);
                context.serialize()?;
                Some(key)
            }
        };
        let (data_key, encrypted_data_keys, kms_calls) = Default::default();
        Ok(Self { suite, context, data_key, encrypted_data_keys, signing_key, kms_calls })
    }

    /// The suite, which fixes the data key's length.
    #[must_use]
    pub fn suite(&self) -> AlgorithmSuite {
        self.suite
    }

    /// What a wrap has to bind.
    #[must_use]
    pub fn encryption_context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The encryption context as it is authenticated: empty, or a count and the sorted pairs.
    ///
    /// # Errors
    /// When the context is over the format's limits.
    pub fn serialized_context(&self) -> Result<Vec<u8>, EncryptError> {
        self.context.serialize()
    }

    /// The data key, when a keyring has made it.
    #[must_use]
    pub fn data_key(&self) -> Option<&DataKey> {
        self.data_key.as_ref()
    }

    /// The wrapped copies so far.
    #[must_use]
    pub fn encrypted_data_keys(&self) -> &[EncryptedDataKey] {
        &self.encrypted_data_keys
    }

    /// Sets the data key. Only for materials that have none.
    ///
    /// # Errors
    /// [`KeyringError::DataKeyLength`], or when there is a data key already.
    pub fn set_data_key(&mut self, data_key: DataKey) -> Result<(), KeyringError> {
        if self.data_key.is_some() {
            let message = "the materials have a data key already: wrap that one";
            return Err(KeyringError::Invalid(message.to_owned()));
        }
        check_len(self.suite, Some(&data_key))?;
        self.data_key = Some(data_key);
        Ok(())
    }

    /// The data key; a random one is made first when there is none.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn data_key_or_generate(&mut self) -> Result<&DataKey, Error> {
        let data_key = match self.data_key.take() {
            Some(data_key) => data_key,
            None => DataKey::generate(self.suite.data_key_len())?,
        };
        Ok(self.data_key.insert(data_key))
    }

    /// The data key; when there is none it is `fresh`, which are random bytes that are wiped then.
    pub(crate) fn data_key_or(&mut self, fresh: &mut [u8]) -> &DataKey {
        self.data_key.get_or_insert_with(|| DataKey::take(fresh))
    }

    /// Adds a wrapped copy of the data key.
    pub fn push_encrypted_data_key(&mut self, encrypted: EncryptedDataKey) {
        self.encrypted_data_keys.push(encrypted);
    }

    /// Notes that KMS was asked once, for the statistics of a
    /// [`DataKeyCache`](crate::DataKeyCache). Keyrings of this crate do.
    pub fn count_kms_call(&mut self) {
        self.kms_calls = self.kms_calls.saturating_add(1);
    }

    /// Takes the materials apart once all keyrings are done.
    pub(crate) fn finish(self, limit: Option<u16>) -> Result<Finished, Error> {
        let found = self.encrypted_data_keys.len();
        let limit = limit.unwrap_or(u16::MAX);
        if found > usize::from(limit) {
            return Err(EncryptError::TooManyEncryptedDataKeys { found, limit }.into());
        }
        check_len(self.suite, self.data_key.as_ref())?;
        let Self { context, data_key, encrypted_data_keys, signing_key, kms_calls, .. } = self;
        match data_key {
            Some(data_key) if found > 0 => {
                Ok(Finished { context, data_key, encrypted_data_keys, signing_key, kms_calls })
            }
            _ => {
                let message = "the keyring made no encrypted data key: nobody could decrypt";
                Err(KeyringError::Invalid(message.to_owned()).into())
            }
        }
    }
}

/// What a keyring is given to decrypt with.
#[derive(Clone, Debug)]
pub struct DecryptionMaterials {
    pub(crate) suite: AlgorithmSuite,
    pub(crate) context: EncryptionContext,
    pub(crate) encrypted_data_keys: Vec<EncryptedDataKey>,
    /// Shared by all copies.
    pub(crate) kms_calls: Arc<AtomicU32>,
}

impl DecryptionMaterials {
    /// Materials of a message: what its header holds, and pairs that only the caller knows.
    #[must_use]
    pub fn new(
        suite: AlgorithmSuite,
        context: EncryptionContext,
        encrypted_data_keys: Vec<EncryptedDataKey>,
    ) -> Self {
        Self { suite, context, encrypted_data_keys, kms_calls: Arc::default() }
    }

    /// The suite, which fixes the data key's length.
    #[must_use]
    pub fn suite(&self) -> AlgorithmSuite {
        self.suite
    }

    /// What the wrap is bound to. Not authenticated before the message has been opened.
    #[must_use]
    pub fn encryption_context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The encryption context as it is authenticated: empty, or a count and the sorted pairs.
    ///
    /// # Errors
    /// When the context is over the format's limits.
    pub fn serialized_context(&self) -> Result<Vec<u8>, DecryptError> {
        self.context.serialize().map_err(|_| DecryptError::NotAuthentic)
    }

    /// The wrapped copies of the data key. Not authenticated before the message has been opened.
    #[must_use]
    pub fn encrypted_data_keys(&self) -> &[EncryptedDataKey] {
        &self.encrypted_data_keys
    }

    /// Notes that KMS was asked once, for the statistics of a
    /// [`DataKeyCache`](crate::DataKeyCache). Keyrings of this crate do.
    pub fn count_kms_call(&self) {
        self.kms_calls.fetch_add(1, Ordering::Relaxed);
    }

    /// The keys that the message names, for an error message.
    #[must_use]
    pub fn key_names(&self) -> Vec<String> {
        self.encrypted_data_keys.iter().map(EncryptedDataKey::key_name).collect()
    }
}

/// Refuses a data key that is not as long as the suite needs.
pub(crate) fn check_len(
    suite: AlgorithmSuite,
    data_key: Option<&DataKey>,
) -> Result<(), KeyringError> {
    let found = data_key.map_or(0, DataKey::len);
    let expected = suite.data_key_len();
    if found == expected {
        Ok(())
    } else {
        Err(KeyringError::DataKeyLength { suite, found, expected })
    }
}
