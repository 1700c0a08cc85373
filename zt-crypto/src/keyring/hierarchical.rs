//! Data keys wrapped under branch keys: one call to a key store serves many messages.
//!
//! Source: AWS Encryption SDK specification, "AWS KMS Hierarchical keyring"; NIST SP 800-108
//! (counter mode).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::kdf::{KbkdfCtrHmacAlgorithmId, get_kbkdf_ctr_hmac_algorithm, kbkdf_ctr_hmac};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::OfflineKeyring;
use crate::aead::{AeadKey, IV_LEN, TAG_LEN};
use crate::cache::{IN_FLIGHT_FOR, Limits, Single, Spent, SystemClock, Turn};
use crate::context::EncryptionContext;
use crate::error::{DecryptError, Error, KeyringError, NoMatchingKey};
use crate::materials::{DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};
use crate::random;
use crate::secret::DataKey;

/// One version of a branch key.
#[derive(Debug)]
pub struct BranchKey {
    version: Uuid,
    key: DataKey,
}

impl BranchKey {
    /// A branch key of 32 bytes.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] for any other length.
    pub fn new(version: Uuid, key: DataKey) -> Result<Self, KeyringError> {
        if key.len() == BRANCH_KEY_LEN {
            return Ok(Self { version, key });
        }
        let message = format!("branch key is {} bytes, expected {BRANCH_KEY_LEN}", key.len());
        Err(KeyringError::Invalid(message))
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Uuid {
        self.version
    }
}

/// Where branch keys are kept.
///
/// [`StaticBranchKeys`] holds them in memory. A store over DynamoDB has to look them up, and
/// decrypt them with KMS, in these calls; [`HierarchicalKeyring`] keeps what they give for its time
/// to live.
pub trait BranchKeyStore: fmt::Debug + Send + Sync + 'static {
    /// The version of a branch key to encrypt with.
    ///
    /// # Errors
    /// When there is no such branch key, or the store cannot be asked.
    fn active(&self, branch_key_id: &str) -> Result<BranchKey, Error>;

    /// A given version of a branch key, to decrypt with.
    ///
    /// # Errors
    /// When there is no such version, or the store cannot be asked.
    fn version(&self, branch_key_id: &str, version: Uuid) -> Result<BranchKey, Error>;
}

/// Branch keys in memory, for tests and for keys that come from elsewhere.
///
/// ```
/// use zt_crypto::{BranchKeyStore, StaticBranchKeys};
/// let keys = StaticBranchKeys::new();
/// let version = "e9ce18a3-edb5-4272-9f86-1cacb7997ff6".parse().unwrap();
/// keys.insert("tenant-a", version, &[7; 32])?;
/// assert_eq!(keys.active("tenant-a")?.version(), version);
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct StaticBranchKeys(RwLock<BTreeMap<String, Vec<BranchKey>>>);

impl StaticBranchKeys {
    /// A store without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a version of a branch key, and makes it the active one.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] unless the key is 32 bytes.
    pub fn insert(
        &self,
        branch_key_id: impl Into<String>,
        version: Uuid,
        key: &[u8],
    ) -> Result<(), KeyringError> {
        let key = BranchKey::new(version, DataKey::copy_from(key))?;
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let versions = keys.entry(branch_key_id.into()).or_default();
        versions.retain(|known| known.version != version);
        versions.push(key);
        Ok(())
    }

    fn find(
        &self,
        branch_key_id: &str,
        wanted: impl Fn(&BranchKey) -> bool,
    ) -> Result<BranchKey, Error> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let versions = keys.get(branch_key_id).map_or(&[][..], Vec::as_slice);
        match versions.iter().rev().find(|key| wanted(key)) {
            Some(BranchKey { version, key }) => {
                Ok(BranchKey { version: *version, key: key.duplicate() })
            }
            None => {
                let message = format!("there is no such branch key or version: `{branch_key_id}`");
                Err(KeyringError::Invalid(message).into())
            }
        }
    }
}

impl BranchKeyStore for StaticBranchKeys {
    fn active(&self, branch_key_id: &str) -> Result<BranchKey, Error> {
        self.find(branch_key_id, |_| true)
    }

    fn version(&self, branch_key_id: &str, version: Uuid) -> Result<BranchKey, Error> {
        self.find(branch_key_id, |key| key.version == version)
    }
}

impl<S: BranchKeyStore + ?Sized> BranchKeyStore for Arc<S> {
    fn active(&self, branch_key_id: &str) -> Result<BranchKey, Error> {
        (**self).active(branch_key_id)
    }

    fn version(&self, branch_key_id: &str, version: Uuid) -> Result<BranchKey, Error> {
        (**self).version(branch_key_id, version)
    }
}

/// Which branch key a message is for: always the same, or told from its encryption context.
#[derive(Clone)]
pub struct BranchKeyId(Supplier);

#[derive(Clone)]
enum Supplier {
    Fixed(String),
    FromContext(Arc<FromContext>),
}

type FromContext = dyn Fn(&EncryptionContext) -> Result<String, Error> + Send + Sync;

impl BranchKeyId {
    /// A branch key id for each encryption context, such as one for each tenant.
    ///
    /// On decrypt the context comes from the header and is not authenticated yet; that the message
    /// opens under the key of this id is what shows that it was right.
    pub fn from_context(
        supplier: impl Fn(&EncryptionContext) -> Result<String, Error> + Send + Sync + 'static,
    ) -> Self {
        Self(Supplier::FromContext(Arc::new(supplier)))
    }

    fn get(&self, context: &EncryptionContext) -> Result<String, Error> {
        match &self.0 {
            Supplier::Fixed(id) => Ok(id.clone()),
            Supplier::FromContext(supplier) => supplier(context),
        }
    }
}

impl<S: Into<String>> From<S> for BranchKeyId {
    fn from(id: S) -> Self {
        Self(Supplier::Fixed(id.into()))
    }
}

impl fmt::Debug for BranchKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Supplier::Fixed(id) => write!(f, "{id:?}"),
            Supplier::FromContext(_) => f.write_str("(from the encryption context)"),
        }
    }
}

/// Wraps each data key under a key derived from a branch key.
///
/// A branch key is fetched once and used for all messages of its tenant until its time to live is
/// over: thousands of messages for one call to KMS, without sharing data keys between messages.
/// However many threads need the same branch key, one asks the store; shortly before the end of its
/// time one of them renews it while the others use what is there.
///
/// ```
/// use std::time::Duration;
/// use zt_crypto::{Client, EncryptionContext, HierarchicalKeyring, StaticBranchKeys};
/// let keys = StaticBranchKeys::new();
/// keys.insert("tenant-a", "e9ce18a3-edb5-4272-9f86-1cacb7997ff6".parse().unwrap(), &[7; 32])?;
/// let keyring = HierarchicalKeyring::new(keys, "tenant-a", Duration::from_secs(600))?;
/// let client = Client::builder(keyring).build()?;
/// let message = client.encrypt(b"secret", &EncryptionContext::new())?;
/// assert_eq!(client.decrypt(&message, &EncryptionContext::new())?.plaintext.as_slice(), b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
pub struct HierarchicalKeyring<S> {
    store: S,
    branch_key_id: BranchKeyId,
    ttl: Duration,
    cache: Arc<Single<CacheKey, BranchKey>>,
}

/// A branch key id, and a version or the active one.
type CacheKey = (String, Option<Uuid>);

impl<S: BranchKeyStore> HierarchicalKeyring<S> {
    /// A keyring over a store. `ttl` is how long a branch key is used before the store is asked
    /// again, and so how long a revoked one still works; at least a millisecond.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] for a shorter time.
    pub fn new(
        store: S,
        branch_key_id: impl Into<BranchKeyId>,
        ttl: Duration,
    ) -> Result<Self, KeyringError> {
        if ttl < Duration::from_millis(1) {
            let message = "time to live of branch keys is zero, expected at least a millisecond";
            return Err(KeyringError::Invalid(message.to_owned()));
        }
        let limits = Limits::of_age(ttl, CACHE_ENTRIES);
        let cache = Arc::new(Single::new(limits, Arc::new(SystemClock::new())));
        Ok(Self { store, branch_key_id: branch_key_id.into(), ttl, cache })
    }

    fn branch_key(&self, id: &str, version: Option<Uuid>) -> Result<Arc<BranchKey>, Error> {
        loop {
            match self.cache.turn((id.to_owned(), version), Spent::nothing()) {
                Turn::Hit(key) => return Ok(key),
                Turn::Wait(flight) => flight.block(IN_FLIGHT_FOR)?,
                Turn::Lead(lead) => {
                    return lead.finish(match version {
                        None => self.store.active(id),
                        Some(version) => self.store.version(id, version),
                    });
                }
            }
        }
    }

    fn unwrap(
        &self,
        id: &str,
        encrypted: &EncryptedDataKey,
        context: &[u8],
        len: usize,
    ) -> Result<Option<DataKey>, Error> {
        let Some(parts) = Parts::parse(&encrypted.ciphertext, len) else { return Ok(None) };
        let branch_key = self.branch_key(id, Some(parts.version))?;
        let mut plain = Zeroizing::new([0u8; 32]);
        let mut open = || {
            let key = wrapping_key(&branch_key, parts.salt)?;
            let plain = plain.get_mut(..len)?;
            let aad = aad(id, parts.version, context);
            key.open(parts.iv, &aad, parts.wrapped, parts.tag, plain).ok()?;
            Some(DataKey::take(plain))
        };
        Ok(open())
    }
}

impl<S: BranchKeyStore> OfflineKeyring for HierarchicalKeyring<S> {
    fn on_encrypt(&self, mut materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        let id = self.branch_key_id.get(materials.encryption_context())?;
        let branch_key = self.branch_key(&id, None)?;
        let context = materials.serialized_context()?;
        let (mut salt, mut iv) = ([0; SALT_LEN], [0; IV_LEN]);
        random::fill(&mut salt)?;
        random::fill(&mut iv)?;
        let failed = || KeyringError::Invalid("the data key could not be wrapped".to_owned());
        let key = wrapping_key(&branch_key, &salt).ok_or_else(failed)?;
        let data_key = materials.data_key_or_generate()?;
        let mut sealed = vec![0; data_key.len() + TAG_LEN];
        let (wrapped, tag) = sealed.split_at_mut(data_key.len());
        let aad = aad(&id, branch_key.version, &context);
        key.seal(iv, &aad, data_key.expose(), wrapped, tag).map_err(|_| failed())?;
        let ciphertext = [&salt, iv.as_slice(), branch_key.version.as_bytes(), &sealed].concat();
        materials.push_encrypted_data_key(EncryptedDataKey {
            provider_id: PROVIDER_ID.to_owned(),
            provider_info: id.into_bytes(),
            ciphertext,
        });
        Ok(materials)
    }

    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        let id = self.branch_key_id.get(materials.encryption_context())?;
        let context = materials.serialized_context()?;
        let len = materials.suite().data_key_len();
        let mine = |key: &&EncryptedDataKey| {
            key.provider_id == PROVIDER_ID && key.provider_info == id.as_bytes()
        };
        let mut failure = None;
        for encrypted in materials.encrypted_data_keys().iter().filter(mine) {
            match self.unwrap(&id, encrypted, &context, len) {
                Ok(Some(data_key)) => return Ok(data_key),
                Ok(None) => failure = failure.or(Some(DecryptError::NotAuthentic.into())),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| {
            let names = NoMatchingKey::new(materials.key_names(), vec![id]);
            DecryptError::NoMatchingKey(names).into()
        }))
    }
}

impl<S: fmt::Debug> fmt::Debug for HierarchicalKeyring<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HierarchicalKeyring")
            .field("store", &self.store)
            .field("branch_key_id", &self.branch_key_id)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

/// The parts of a wrapped data key.
struct Parts<'a> {
    salt: &'a [u8],
    iv: [u8; IV_LEN],
    version: Uuid,
    wrapped: &'a [u8],
    tag: &'a [u8],
}

impl<'a> Parts<'a> {
    fn parse(ciphertext: &'a [u8], len: usize) -> Option<Self> {
        let (salt, rest) = ciphertext.split_at_checked(SALT_LEN)?;
        let (iv, rest) = rest.split_first_chunk()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (wrapped, tag) = rest.split_at_checked(len)?;
        let version = Uuid::from_bytes(*version);
        (tag.len() == TAG_LEN).then_some(Self { salt, iv: *iv, version, wrapped, tag })
    }
}

fn wrapping_key(branch_key: &BranchKey, salt: &[u8]) -> Option<AeadKey> {
    let algorithm = get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha256)?;
    let info = [PROVIDER_ID.as_bytes(), &[0], salt, &256u32.to_be_bytes()].concat();
    let mut key = Zeroizing::new([0; 32]);
    kbkdf_ctr_hmac(algorithm, branch_key.key.expose(), &info, key.as_mut_slice()).ok()?;
    AeadKey::new(key.as_slice())
}

fn aad(id: &str, version: Uuid, context: &[u8]) -> Vec<u8> {
    [PROVIDER_ID.as_bytes(), id.as_bytes(), version.as_bytes(), context].concat()
}

const PROVIDER_ID: &str = "aws-kms-hierarchy";
const BRANCH_KEY_LEN: usize = 32;
const SALT_LEN: usize = 16;
/// How many branch keys are kept: the specification's default.
const CACHE_ENTRIES: usize = 1000;
