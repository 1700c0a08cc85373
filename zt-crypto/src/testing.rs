//! Stand-ins for AWS KMS, for the tests of those who use this crate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::arn::KmsKeyArn;
use crate::cache::Clock;
use crate::context::EncryptionContext;
use crate::kms::{AsyncKeyService, KeyService, KmsError, KmsRequest, KmsResponse};
use crate::secret::DataKey;

/// AWS KMS in memory: it makes keys, and answers as KMS does.
///
/// **For tests only.** It holds data keys in the open, and its ciphertexts hide nothing.
///
/// Clones share their keys. It counts its calls, so that a test can say how many were made.
///
/// ```
/// use zt_crypto::testing::InMemoryKms;
/// use zt_crypto::{Client, EncryptionContext, KmsKeyring};
/// let kms = InMemoryKms::new();
/// let key_arn = kms.create_key("eu-west-1", "111122223333");
/// let client = Client::builder(KmsKeyring::new(key_arn)?).key_service(kms.clone()).build()?;
/// let message = client.encrypt(b"secret", &EncryptionContext::new())?;
/// client.decrypt(&message, &EncryptionContext::new())?;
/// assert_eq!(kms.calls(), ["GenerateDataKey", "Decrypt"]);
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct InMemoryKms(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Key ARNs, and whether the key is enabled.
    keys: BTreeMap<String, bool>,
    /// Aliases and the key ARNs they stand for.
    aliases: BTreeMap<String, String>,
    wrapped: Vec<Wrapped>,
    calls: Vec<&'static str>,
    failures: Vec<(String, String)>,
}

#[derive(Debug)]
struct Wrapped {
    key_arn: String,
    context: EncryptionContext,
    plaintext: DataKey,
}

impl InMemoryKms {
    /// A KMS without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a symmetric key, and gives back its ARN.
    #[must_use]
    pub fn create_key(&self, region: &str, account_id: &str) -> String {
        self.with(|state| {
            let number = state.keys.len() + 1;
            state.add(format!(
                "arn:aws:kms:{region}:{account_id}:key/00000000-0000-4000-8000-{number:012}"
            ))
        })
    }

    /// Makes a multi-Region key, and gives back its ARN.
    #[must_use]
    pub fn create_multi_region_key(&self, region: &str, account_id: &str) -> String {
        self.with(|state| {
            let number = state.keys.len() + 1;
            state.add(format!("arn:aws:kms:{region}:{account_id}:key/mrk-{number:032}"))
        })
    }

    /// Makes a replica of a multi-Region key in another Region, and gives back its ARN.
    #[must_use]
    pub fn replicate_key(&self, key_arn: &str, region: &str) -> String {
        let replica = KmsKeyArn::parse(key_arn).map(|arn| arn.in_region(region).to_string());
        self.with(|state| state.add(replica.unwrap_or_default()))
    }

    /// Makes `alias/name` stand for a key.
    pub fn create_alias(&self, alias: &str, key_arn: &str) {
        self.with(|state| state.aliases.insert(alias.to_owned(), key_arn.to_owned()));
    }

    /// Disables a key: every call under it is refused with `DisabledException`.
    pub fn disable_key(&self, key_arn: &str) {
        self.with(|state| state.keys.insert(key_arn.to_owned(), false));
    }

    /// Makes the next call fail with this KMS error code and message.
    pub fn fail_next(&self, code: &str, message: &str) {
        self.with(|state| state.failures.push((code.to_owned(), message.to_owned())));
    }

    /// The operations called so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        self.with(|state| state.calls.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeyService for InMemoryKms {
    fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        self.with(|state| state.answer(request))
    }
}

impl AsyncKeyService for InMemoryKms {
    async fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        KeyService::call(self, request)
    }
}

impl State {
    fn add(&mut self, key_arn: String) -> String {
        self.keys.insert(key_arn.clone(), true);
        key_arn
    }

    fn answer(&mut self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        self.calls.push(request.operation());
        if let Some((code, message)) = self.failures.pop() {
            return Err(KmsError::refused(request, &code, &message));
        }
        let key_arn = self.resolve(request)?;
        let context = request.encryption_context().clone();
        let (plaintext, ciphertext_blob) = match request {
            KmsRequest::GenerateDataKey { number_of_bytes, .. } => {
                let plaintext = DataKey::generate(*number_of_bytes)
                    .map_err(|error| KmsError::unreachable(request, &error.to_string()))?;
                let blob = self.wrap(&key_arn, context, plaintext.duplicate());
                (Some(plaintext), Some(blob))
            }
            KmsRequest::Encrypt { plaintext, .. } => {
                (None, Some(self.wrap(&key_arn, context, plaintext.duplicate())))
            }
            KmsRequest::Decrypt { ciphertext_blob, .. } => {
                let index = ciphertext_blob.as_slice().try_into().map(usize::from_be_bytes);
                let found =
                    index.ok().and_then(|index| self.wrapped.get(index)).filter(|wrapped| {
                        related(&wrapped.key_arn, &key_arn) && wrapped.context == context
                    });
                let wrong = || KmsError::refused(request, "InvalidCiphertextException", "");
                (Some(found.ok_or_else(wrong)?.plaintext.duplicate()), None)
            }
        };
        Ok(KmsResponse { key_id: Some(key_arn), plaintext, ciphertext_blob })
    }

    fn resolve(&self, request: &KmsRequest) -> Result<String, KmsError> {
        let id = request.key_id();
        let arn = self.aliases.get(id).map_or(id, String::as_str);
        match self.keys.iter().find(|(key, _)| *key == arn || key.ends_with(&format!("/{arn}"))) {
            Some((arn, true)) => Ok(arn.clone()),
            Some((arn, false)) => {
                let message = format!("{arn} is disabled.");
                Err(KmsError::refused(request, "DisabledException", &message))
            }
            None => {
                let message = format!("Key '{id}' does not exist");
                Err(KmsError::refused(request, "NotFoundException", &message))
            }
        }
    }

    /// The ciphertext is the place of the plaintext in a list.
    fn wrap(&mut self, key_arn: &str, context: EncryptionContext, plaintext: DataKey) -> Vec<u8> {
        let index = self.wrapped.len();
        self.wrapped.push(Wrapped { key_arn: key_arn.to_owned(), context, plaintext });
        index.to_be_bytes().to_vec()
    }
}

/// A clock that stands still until it is told to go on. Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use zt_crypto::testing::{InMemoryKms, ManualClock};
/// use zt_crypto::{Client, DataKeyCache, EncryptionContext, KmsKeyring};
/// let kms = InMemoryKms::new();
/// let clock = ManualClock::default();
/// let cache = DataKeyCache::builder().max_age(Duration::from_secs(60)).clock(clock.clone());
/// let keyring = KmsKeyring::new(kms.create_key("us-east-1", "111122223333"))?;
/// let client = Client::builder(keyring).key_service(kms.clone()).cache(cache.build()?).build()?;
/// client.encrypt(b"one", &EncryptionContext::new())?;
/// clock.advance(Duration::from_secs(60));
/// client.encrypt(b"two", &EncryptionContext::new())?;
/// assert_eq!(kms.calls(), ["GenerateDataKey"; 2]);
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<Mutex<Duration>>);

impl ManualClock {
    /// Moves the time on.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Replicas of a multi-Region key share their key material.
fn related(one: &str, other: &str) -> bool {
    match (KmsKeyArn::parse(one), KmsKeyArn::parse(other)) {
        (Some(one), Some(other)) => one.is_related_to(&other),
        _ => false,
    }
}
