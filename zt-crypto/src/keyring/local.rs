//! Data keys wrapped under keys in a file: no AWS account needed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use zeroize::Zeroizing;

use super::key_file::{Content, Cost, KEY_LEN, KeyFile, RECOMMENDED_COST};
use super::{OfflineKeyring, RawAesKeyring};
use crate::error::{DecryptError, Error, KeyFileProblem, KeyringError, NoMatchingKey};
use crate::materials::{DecryptionMaterials, EncryptionMaterials};
use crate::random;
use crate::secret::DataKey;

/// Wraps data keys with AES-256-GCM under the keys of a file.
///
/// It is the keyring for a laptop, a test or a single server. The file holds one key or several:
/// the active one encrypts, all of them decrypt, and [`rotate`](LocalKeyring::rotate) adds one.
/// Messages are ordinary ones: another AWS Encryption SDK opens them with a raw AES keyring of
/// namespace `zt-local`, the key's id as its name, and the key.
///
/// Only its owner may read the file (mode 0600): looser permissions and symbolic links are refused.
/// A passphrase protects it even from those who read it all the same, and authenticates all of it.
/// Two processes may create and rotate at once without losing a key; a lock file beside it, with
/// `.lock` at the end of its name, sees to that. On Windows the file has the folder's permissions.
///
/// ```
/// use zt_crypto::{Client, EncryptionContext, LocalKeyring};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("keys.json");
/// let keyring = LocalKeyring::options().create(true).open(&path)?;
/// let client = Client::builder(keyring).build()?;
/// let message = client.encrypt(b"secret", &EncryptionContext::new())?;
///
/// LocalKeyring::open(&path)?.rotate()?; // another process, perhaps
/// let opened = client.decrypt(&message, &EncryptionContext::new())?;
/// assert_eq!(opened.plaintext.as_slice(), b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
pub struct LocalKeyring {
    file: KeyFile,
    keys: RwLock<Keys>,
}

/// The namespace of local keys, as it stands in messages.
const NAMESPACE: &str = "zt-local";

/// The keys, ready to wrap and unwrap.
struct Keys {
    active: usize,
    all: Vec<RawAesKeyring>,
}

impl LocalKeyring {
    /// Opens an existing file that has no passphrase.
    ///
    /// # Errors
    /// [`KeyringError::KeyFile`] says what is wrong with the file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::options().open(path)
    }

    /// Opens, or makes, a file with more to say about it.
    #[must_use]
    pub fn options() -> LocalKeyringOptions {
        LocalKeyringOptions { create: false, passphrase: None, cost: RECOMMENDED_COST }
    }

    /// Adds a new random key to the file and makes it the active one. Old messages still open.
    ///
    /// Returns the id of the new key.
    ///
    /// # Errors
    /// When the file cannot be read or replaced; it is then as it was.
    pub fn rotate(&self) -> Result<String, Error> {
        let content = self.file.update(|content| match content {
            Some(mut content) => {
                content.add()?;
                Ok(content)
            }
            None => Err(self.file.error(KeyFileProblem::NotFound)),
        })?;
        let id = content.active.clone();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Keys::new(&content)?;
        Ok(id)
    }

    /// The id of the key that encrypts.
    #[must_use]
    pub fn active_key_id(&self) -> String {
        self.keys().active().map_or_else(String::new, |key| key.key_name().to_owned())
    }

    /// The ids of all keys, the oldest first.
    #[must_use]
    pub fn key_ids(&self) -> Vec<String> {
        self.keys().all.iter().map(|key| key.key_name().to_owned()).collect()
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether the file has keys by now that it had not when it was read.
    fn reload(&self) -> Result<(), Error> {
        if let Some(content) = self.file.read()? {
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Keys::new(&content)?;
        }
        Ok(())
    }
}

impl OfflineKeyring for LocalKeyring {
    fn on_encrypt(&self, materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        match self.keys().active() {
            Some(key) => key.on_encrypt(materials),
            None => Err(self.file.error(KeyFileProblem::NotFound)),
        }
    }

    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        let known = self.keys().unwrap(materials);
        match known {
            // Perhaps somebody rotated; but only ask when the message names a local key at all.
            Err(Error::Decrypt(DecryptError::NoMatchingKey(_)))
                if materials
                    .encrypted_data_keys()
                    .iter()
                    .any(|key| key.provider_id == NAMESPACE) =>
            {
                self.reload()?;
                self.keys().unwrap(materials)
            }
            known => known,
        }
    }
}

impl fmt::Debug for LocalKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKeyring")
            .field("path", &self.path())
            .field("key_ids", &self.key_ids())
            .finish_non_exhaustive()
    }
}

/// How to open a [`LocalKeyring`].
pub struct LocalKeyringOptions {
    create: bool,
    passphrase: Option<Zeroizing<Vec<u8>>>,
    cost: Cost,
}

impl LocalKeyringOptions {
    /// Makes the file, with one key, when there is none. Default: no.
    #[must_use]
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// What protects the file, beside its permissions. Default: nothing.
    ///
    /// Deriving a key from it takes 64 MiB and some tens of milliseconds, at each opening and
    /// rotation. It is kept, to find the keys that others add, and wiped with the keyring.
    #[must_use]
    pub fn passphrase(mut self, passphrase: &[u8]) -> Self {
        self.passphrase = Some(Zeroizing::new(passphrase.to_vec()));
        self
    }

    /// What it costs to try a passphrase, for files written from now on: Argon2id's memory in KiB
    /// (8,192 to 1,048,576), passes (1 to 16) and lanes (1 to 16). Default: 65,536, 3 and 4, as
    /// RFC 9106 recommends.
    #[must_use]
    pub fn passphrase_cost(mut self, memory_kib: u32, passes: u32, lanes: u32) -> Self {
        self.cost = (memory_kib, passes, lanes);
        self
    }

    /// Opens the file.
    ///
    /// # Errors
    /// [`KeyringError::KeyFile`] says what is wrong with the file.
    pub fn open(self, path: impl AsRef<Path>) -> Result<LocalKeyring, Error> {
        let path: PathBuf = path.as_ref().to_owned();
        let file = KeyFile::new(path, self.passphrase, self.cost);
        let content = match file.read()? {
            Some(content) => content,
            // Whoever comes first makes it; the others, who waited, open what was made.
            None if self.create => file.update(|content| match content {
                Some(content) => Ok(content),
                None => Content::new(),
            })?,
            None => return Err(file.error(KeyFileProblem::NotFound)),
        };
        let keys = RwLock::new(Keys::new(&content)?);
        Ok(LocalKeyring { file, keys })
    }
}

impl fmt::Debug for LocalKeyringOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKeyringOptions")
            .field("create", &self.create)
            .field("passphrase", &self.passphrase.as_ref().map(|_| "(hidden)"))
            .finish()
    }
}

impl Keys {
    fn new(content: &Content) -> Result<Self, KeyringError> {
        let keyring =
            |(id, key): &(String, DataKey)| RawAesKeyring::new(NAMESPACE, id, key.expose());
        let all = content.keys.iter().map(keyring).collect::<Result<Vec<_>, _>>()?;
        let active = content.keys.iter().position(|(id, _)| *id == content.active);
        Ok(Self { active: active.unwrap_or(0), all })
    }

    fn active(&self) -> Option<&RawAesKeyring> {
        self.all.get(self.active)
    }

    fn unwrap(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        let mut unmatched = NoMatchingKey::default();
        for key in &self.all {
            match key.on_decrypt(materials) {
                Err(Error::Decrypt(DecryptError::NoMatchingKey(names))) => unmatched.merge(names),
                tried => return tried,
            }
        }
        Err(DecryptError::NoMatchingKey(unmatched).into())
    }
}

impl Content {
    /// One new key.
    fn new() -> Result<Self, Error> {
        let mut content = Self { active: String::new(), keys: Vec::new() };
        content.add()?;
        Ok(content)
    }

    /// Adds a new key and makes it the active one.
    fn add(&mut self) -> Result<(), Error> {
        let mut id = [0; 16];
        random::fill(&mut id)?;
        self.active = id.iter().map(|byte| format!("{byte:02x}")).collect();
        self.keys.push((self.active.clone(), DataKey::generate(KEY_LEN)?));
        Ok(())
    }
}
