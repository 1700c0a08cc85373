//! Settings of a client, and which of them exclude each other.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::{Awaited, Blocking, Client, Offline};
use crate::aead::Backend;
use crate::cache::DataKeyCache;
use crate::context::RESERVED_PREFIX;
use crate::error::{EncryptError, Error};
use crate::keyring::Keyring;
use crate::kms::{AsyncKeyService, KeyService};
use crate::settings::Settings;
use crate::suite::{AlgorithmSuite, CommitmentPolicy};

/// The frame length unless another is set, in bytes: that of AWS's SDKs.
pub const DEFAULT_FRAME_LENGTH: u32 = 4096;

/// Settings of a [`Client`]; every one has a default that is good for most.
#[derive(Debug)]
pub struct ClientBuilder<K, T> {
    keyring: K,
    transport: T,
    settings: Settings,
    /// `None`: the commitment policy's own.
    suite: Option<AlgorithmSuite>,
    cache: Option<DataKeyCache>,
}

impl<K: Keyring> ClientBuilder<K, Offline> {
    pub(super) fn new(keyring: K) -> Self {
        let settings = Settings::default();
        Self { keyring, transport: Offline(()), settings, suite: None, cache: None }
    }
}

impl<K: Keyring, T> ClientBuilder<K, T> {
    /// The suite to encrypt with. Default: that of the commitment policy
    /// ([`CommitmentPolicy::default_suite`]), and so
    /// [`Aes256GcmHkdfSha512CommitKey`](AlgorithmSuite::Aes256GcmHkdfSha512CommitKey) unless the
    /// policy forbids commitment.
    #[must_use]
    pub fn algorithm_suite(mut self, suite: AlgorithmSuite) -> Self {
        self.suite = Some(suite);
        self
    }

    /// Which suites to write and read. Default
    /// [`RequireEncryptRequireDecrypt`](CommitmentPolicy::RequireEncryptRequireDecrypt).
    ///
    /// **Any other admits messages without key commitment**, which two different keys may open to
    /// two different plaintexts.
    #[must_use]
    pub fn commitment_policy(mut self, policy: CommitmentPolicy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// Plaintext in a frame, in bytes. Default 4,096; from 1 to 2^32 - 1.
    ///
    /// Each frame adds 32 bytes. Longer frames are faster; a reader of a stream has to hold one.
    #[must_use]
    pub fn frame_length(mut self, bytes: u32) -> Self {
        self.settings.frame_length = bytes;
        self
    }

    /// The most encrypted data keys that a message may have, to encrypt and to decrypt. Default:
    /// no limit but the format's 65,535.
    ///
    /// A hostile message with thousands of them costs as many calls to KMS: set this to the number
    /// of keyrings in use.
    #[must_use]
    pub fn max_encrypted_data_keys(mut self, limit: u16) -> Self {
        self.settings.max_encrypted_data_keys = Some(limit);
        self
    }

    /// Keys that every encryption context has to have, to encrypt and to decrypt. Default: none.
    ///
    /// Their pairs are bound to the message but do **not** stand in it: who reads it has to know
    /// them, and they are told to nobody else. That keeps a tenant's or a person's name out of
    /// the message, and keeps readers from forgetting to check it.
    ///
    /// ```
    /// use zt_crypto::{Client, EncryptionContext, RawAesKeyring, inspect};
    /// let keyring = RawAesKeyring::new("my-app", "k", &[7; 32])?;
    /// let client = Client::builder(keyring).required_encryption_context(["tenant"]).build()?;
    /// let context = EncryptionContext::from([("tenant", "a"), ("purpose", "backup")]);
    /// let message = client.encrypt(b"secret", &context)?;
    /// assert_eq!(inspect(&message)?.encryption_context.get("tenant"), None);
    /// let error = client.decrypt(&message, &EncryptionContext::new()).unwrap_err();
    /// assert_eq!(error.code(), "MISSING_CONTEXT_KEY");
    /// assert_eq!(client.decrypt(&message, &context)?.encryption_context, context);
    /// # Ok::<(), zt_crypto::Error>(())
    /// ```
    #[must_use]
    pub fn required_encryption_context(
        mut self,
        keys: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.settings.required_context = Arc::new(keys.into_iter().map(Into::into).collect());
        self
    }

    /// The most threads that work on one message, the calling thread among them. Default: as many
    /// as the process may use ([`std::thread::available_parallelism`]).
    ///
    /// Messages and pieces of messages below a mebibyte are worked on by the calling thread alone.
    /// Set this to 1 where a service has a thread for every request already.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use zt_crypto::{Client, RawAesKeyring};
    /// let keyring = RawAesKeyring::new("my-app", "k", &[7; 32])?;
    /// let client = Client::builder(keyring).threads(NonZeroUsize::MIN).build()?;
    /// # Ok::<(), zt_crypto::Error>(())
    /// ```
    #[must_use]
    pub fn threads(mut self, most: NonZeroUsize) -> Self {
        self.settings.engine.threads = Some(most);
        self
    }

    /// The library that does the AES-GCM of messages. Default: [`Backend::fastest`].
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.settings.engine.backend = backend;
        self
    }

    /// Keeps data keys for several messages. Default: none are kept.
    #[must_use]
    pub fn cache(mut self, cache: DataKeyCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Who carries requests to KMS, blocking the calling thread.
    #[must_use]
    pub fn key_service<S: KeyService>(self, service: S) -> ClientBuilder<K, Blocking<S>> {
        let Self { keyring, settings, suite, cache, .. } = self;
        ClientBuilder { keyring, transport: Blocking(service), settings, suite, cache }
    }

    /// Who carries requests to KMS, awaited.
    #[must_use]
    pub fn async_key_service<S: AsyncKeyService>(self, service: S) -> ClientBuilder<K, Awaited<S>> {
        let Self { keyring, settings, suite, cache, .. } = self;
        ClientBuilder { keyring, transport: Awaited(service), settings, suite, cache }
    }

    /// The client.
    ///
    /// # Errors
    /// [`EncryptError::FrameLength`] for a frame length of 0, [`EncryptError::CommitmentPolicy`]
    /// when the policy does not admit the suite.
    pub fn build(self) -> Result<Client<K, T>, Error> {
        let Self { keyring, transport, mut settings, suite, cache } = self;
        settings.suite = suite.unwrap_or(settings.policy.default_suite());
        let Settings { suite, policy, frame_length, .. } = settings;
        if frame_length == 0 {
            return Err(EncryptError::FrameLength(0).into());
        }
        if !policy.allows_encrypt(suite) {
            return Err(EncryptError::CommitmentPolicy { suite, policy }.into());
        }
        let reserved = |key: &&String| key.starts_with(RESERVED_PREFIX);
        if let Some(key) = settings.required_context.iter().find(reserved) {
            return Err(EncryptError::ReservedContextKey(key.clone()).into());
        }
        let cache = cache.map(DataKeyCache::for_client).transpose()?;
        Ok(Client { keyring: Arc::new(keyring), transport, settings, cache })
    }
}
