//! One data key for many messages: fewer calls to KMS, within limits.
//!
//! The rules are in `shelf`, and know no clock, lock or thread; `flight` is how callers wait for
//! one another; `single` puts both together, for this cache and for that of the branch keys.
//!
//! Source: AWS Encryption SDK specification, "Caching CMM".

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Error, KeyringError, RandomError};
use crate::keyring::Next;
use crate::materials::{DecryptionMaterials, Finished};
use crate::random;
use crate::suite::{AlgorithmSuite, Kdf};

mod clock;
mod flight;
mod id;
mod shelf;
mod single;

pub use clock::Clock;
pub(crate) use clock::SystemClock;
pub(crate) use flight::Flight;
pub(crate) use id::Id;
pub(crate) use shelf::{IN_FLIGHT_FOR, Limits, Spent};
pub(crate) use single::{Single, Turn};

/// Keeps data keys, so that a client asks KMS once for many messages.
///
/// To encrypt, messages with the same encryption context and suite share a data key until one of
/// the limits is reached; each message still has a content key of its own, derived from the data
/// key and a random message id. To decrypt, messages with the same encrypted data keys, context and
/// suite cost one call while the entry lives.
///
/// | limit | default | counts for |
/// |---|---|---|
/// | [`max_age`](DataKeyCacheBuilder::max_age) | 300 s | encrypt and decrypt: **how long a revoked key still works** |
/// | [`max_messages`](DataKeyCacheBuilder::max_messages) | 2^32 | encrypt |
/// | [`max_bytes`](DataKeyCacheBuilder::max_bytes) | 2^63 - 1 | encrypt |
/// | [`max_entries`](DataKeyCacheBuilder::max_entries) | 1,000 | encrypt and decrypt together |
///
/// For each key there is at most one request in flight, however many callers want it: the others
/// wait, and if it fails for a reason that would be theirs too, they fail alike. A request that
/// takes over 10 seconds is repeated by whoever comes next. Shortly before an entry's age is over,
/// one caller fetches its successor while the others use what is there; if KMS refuses, the entry
/// serves until its end.
///
/// Not cached: suites without key derivation (`0x0014`, `0x0046`, `0x0078`), which would use the
/// data key itself twice; and, to encrypt, plaintext of unknown length, which is what
/// [`encryptor`](crate::Client::encryptor) and files have. [`encryptor_up_to`] is told a bound.
///
/// A data key is wiped when its entry is evicted. Expired entries go at the next look-up, or at
/// once with [`clear`](DataKeyCache::clear).
///
/// Clones share their entries. Each client sees only its own, unless the clients were given a cache
/// [`in_partition`](DataKeyCache::in_partition).
///
/// [`encryptor_up_to`]: crate::Client::encryptor_up_to
///
/// ```
/// use zt_crypto::testing::InMemoryKms;
/// use zt_crypto::{Client, DataKeyCache, EncryptionContext, KmsKeyring};
/// let kms = InMemoryKms::new();
/// let keyring = KmsKeyring::new(kms.create_key("us-east-1", "111122223333"))?;
/// let cache = DataKeyCache::default();
/// let client = Client::builder(keyring).key_service(kms.clone()).cache(cache.clone()).build()?;
/// let context = EncryptionContext::from([("tenant", "a")]);
/// for _ in 0..10 {
///     let message = client.encrypt(b"secret", &context)?;
///     client.decrypt(&message, &context)?;
/// }
/// assert_eq!(kms.calls(), ["GenerateDataKey", "Decrypt"]);
/// assert_eq!(cache.stats().kms_calls_saved, 18);
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Clone)]
pub struct DataKeyCache {
    shared: Arc<Shared>,
    partition: Option<Arc<[u8]>>,
}

struct Shared {
    keys: Arc<Single<Id, Finished>>,
    kms_calls_saved: AtomicU64,
    bypassed: AtomicU64,
}

impl DataKeyCache {
    /// A cache with other limits than the default.
    #[must_use]
    pub fn builder() -> DataKeyCacheBuilder {
        DataKeyCacheBuilder {
            max_age: Duration::from_secs(300),
            max_messages: MOST_MESSAGES,
            max_bytes: MOST_BYTES,
            max_entries: 1000,
            refresh_before: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// The same entries, for clients that are to share them: all that were given a cache of this
    /// partition. Default: a random partition for each client.
    ///
    /// **Only for clients with the same keyring.** What one may decrypt, the others then may too.
    #[must_use]
    pub fn in_partition(&self, partition: impl AsRef<[u8]>) -> Self {
        Self { shared: Arc::clone(&self.shared), partition: Some(partition.as_ref().into()) }
    }

    /// What the cache did so far.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Shared { keys, kms_calls_saved, bypassed } = &*self.shared;
        CacheStats {
            hits: get(&keys.counters.hits),
            misses: get(&keys.counters.misses),
            refreshes: get(&keys.counters.refreshes),
            bypassed: get(bypassed),
            kms_calls_saved: get(kms_calls_saved),
            entries: keys.len(),
        }
    }

    /// Wipes all data keys, as when somebody's access has been revoked.
    pub fn clear(&self) {
        self.shared.keys.clear();
    }

    /// The cache as one client sees it.
    pub(crate) fn for_client(self) -> Result<ClientCache, RandomError> {
        let partition = match self.partition {
            Some(partition) => partition,
            None => {
                let mut partition = [0; 16];
                random::fill(&mut partition)?;
                Arc::from(partition.as_slice())
            }
        };
        Ok(ClientCache { shared: self.shared, partition })
    }
}

impl Default for DataKeyCache {
    fn default() -> Self {
        Self::builder().unchecked()
    }
}

impl fmt::Debug for DataKeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKeyCache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// What a [`DataKeyCache`] did since it was made. Every look-up is a hit, a miss or a refresh.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Look-ups that found a data key, or had waited for one.
    pub hits: u64,
    /// Look-ups that had a data key made or unwrapped.
    pub misses: u64,
    /// Look-ups that had a data key replaced before its time was over.
    pub refreshes: u64,
    /// Messages that could not be cached: without key derivation, of unknown length, or over a
    /// limit on their own.
    pub bypassed: u64,
    /// Calls to KMS that hits would have cost without the cache.
    pub kms_calls_saved: u64,
    /// Data keys held now.
    pub entries: usize,
}

/// Limits of a [`DataKeyCache`].
#[derive(Clone, Debug)]
pub struct DataKeyCacheBuilder {
    max_age: Duration,
    max_messages: u64,
    max_bytes: u64,
    max_entries: usize,
    refresh_before: Option<Duration>,
    clock: Arc<dyn Clock>,
}

impl DataKeyCacheBuilder {
    /// How long a data key is used, from KMS's answer on. Default: 300 s; more than zero.
    ///
    /// It is also how long a message still decrypts, or a new one is made, after access to the
    /// KMS key was revoked.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// How many messages are encrypted under a data key. Default: 2^32, and no more than that.
    #[must_use]
    pub fn max_messages(mut self, messages: u64) -> Self {
        self.max_messages = messages;
        self
    }

    /// How many bytes of plaintext are encrypted under a data key. Default: 2^63 - 1, and no more
    /// than that. A longer message gets a data key of its own.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How many data keys are kept; the least recently used goes first. Default: 1,000; at least 1.
    #[must_use]
    pub fn max_entries(mut self, entries: usize) -> Self {
        self.max_entries = entries;
        self
    }

    /// How long before the end of its age a data key in use is replaced, while it serves on.
    /// Default: 10 s, but at most a tenth of the age; less than the age. With zero nothing is
    /// replaced early, and the first caller after the end waits for KMS.
    ///
    /// A key that is in use all the time costs a call every `max_age - refresh_before`.
    #[must_use]
    pub fn refresh_before(mut self, time: Duration) -> Self {
        self.refresh_before = Some(time);
        self
    }

    /// Another clock, for tests: see [`ManualClock`](crate::testing::ManualClock).
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The cache.
    ///
    /// # Errors
    /// [`KeyringError::CacheLimit`] names the limit that is out of its range.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zt_crypto::DataKeyCache;
    /// let cache = DataKeyCache::builder().max_age(Duration::from_secs(60)).max_messages(1000);
    /// assert!(cache.build().is_ok());
    /// let error = DataKeyCache::builder().max_age(Duration::ZERO).build().unwrap_err();
    /// assert_eq!(error.to_string(), "data key cache: max_age is 0ns, expected more than zero");
    /// ```
    pub fn build(self) -> Result<DataKeyCache, KeyringError> {
        let wrong = |limit, found: String, expected| {
            Err(KeyringError::CacheLimit { limit, found, expected })
        };
        if self.max_age.is_zero() {
            return wrong("max_age", format!("{:?}", self.max_age), "more than zero");
        }
        if !(1..=MOST_MESSAGES).contains(&self.max_messages) {
            return wrong("max_messages", self.max_messages.to_string(), "1 to 4294967296");
        }
        if !(1..=MOST_BYTES).contains(&self.max_bytes) {
            return wrong("max_bytes", self.max_bytes.to_string(), "1 to 9223372036854775807");
        }
        if self.max_entries == 0 {
            return wrong("max_entries", self.max_entries.to_string(), "at least 1");
        }
        if let Some(time) = self.refresh_before.filter(|time| *time >= self.max_age) {
            return wrong("refresh_before", format!("{time:?}"), "less than max_age");
        }
        Ok(self.unchecked())
    }

    fn unchecked(self) -> DataKeyCache {
        let Self { max_age, max_messages, max_bytes, max_entries, refresh_before, clock } = self;
        let refresh_before = refresh_before.unwrap_or_else(|| Limits::refresh_before(max_age));
        let limits = Limits { max_age, max_messages, max_bytes, max_entries, refresh_before };
        let keys = Arc::new(Single::new(limits, clock));
        let (kms_calls_saved, bypassed) = Default::default();
        let shared = Arc::new(Shared { keys, kms_calls_saved, bypassed });
        DataKeyCache { shared, partition: None }
    }
}

/// The specification's limit of a data key, and its default.
const MOST_MESSAGES: u64 = 1 << 32;
/// The specification's limit of a data key, and its default.
const MOST_BYTES: u64 = i64::MAX as u64;

/// A cache, and the partition of one client in it.
#[derive(Clone)]
pub(crate) struct ClientCache {
    shared: Arc<Shared>,
    partition: Arc<[u8]>,
}

impl ClientCache {
    /// The id of materials to encrypt with, and what a message of this length takes from them;
    /// `None` when they cannot be cached.
    pub(crate) fn to_encrypt(
        &self,
        suite: AlgorithmSuite,
        context: &crate::EncryptionContext,
        plaintext_len: Option<u64>,
    ) -> Result<Option<(Id, Spent)>, Error> {
        let spend = plaintext_len.map(Spent::message);
        match spend.filter(|spend| cacheable(suite) && self.shared.keys.admits(*spend)) {
            Some(spend) => Ok(Some((Id::to_encrypt(&self.partition, suite, context)?, spend))),
            None => {
                self.count_bypass();
                Ok(None)
            }
        }
    }

    /// The id of the data key of a message; `None` when it cannot be cached.
    pub(crate) fn to_decrypt(&self, materials: &DecryptionMaterials) -> Option<(Id, Spent)> {
        let DecryptionMaterials { suite, context, encrypted_data_keys, .. } = materials;
        let id = Id::to_decrypt(&self.partition, *suite, context, encrypted_data_keys).ok();
        let id = id.filter(|_| cacheable(*suite));
        if id.is_none() {
            self.count_bypass();
        }
        Some((id?, Spent::nothing()))
    }

    /// Gets what `id` stands for: from the cache, by `make`, or by waiting for who is at it.
    pub(crate) fn get(
        self,
        (id, spend): (Id, Spent),
        make: impl FnOnce() -> Result<Next<Finished>, Error> + Send + 'static,
    ) -> Result<Next<Arc<Finished>>, Error> {
        match self.shared.keys.turn(id, spend) {
            Turn::Hit(found) => {
                let saved = u64::from(found.kms_calls);
                self.shared.kms_calls_saved.fetch_add(saved, Ordering::Relaxed);
                Ok(Next::Ready(found))
            }
            Turn::Wait(flight) => {
                let again =
                    move |waited: Result<(), Error>| self.get((id, spend), waited.map(|()| make)?);
                Ok(Next::wait(flight, again))
            }
            Turn::Lead(lead) => {
                let finish = move |made| lead.finish(made).map(Next::Ready);
                match make() {
                    Ok(next) => next.then(finish),
                    Err(error) => finish(Err(error)),
                }
            }
        }
    }

    fn count_bypass(&self) {
        self.shared.bypassed.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for ClientCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCache(..)")
    }
}

/// Without key derivation, two messages would be encrypted under the very same key.
fn cacheable(suite: AlgorithmSuite) -> bool {
    !matches!(suite.kdf(), Kdf::Identity)
}
