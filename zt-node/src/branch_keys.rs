//! Branch keys, and keyrings over them.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use napi::{Error, Result, Status};
use napi_derive::napi;
use zt_crypto::{
    BranchKeyId, DataKey, DecryptionMaterials, EncryptionMaterials, HierarchicalKeyring, Keyring,
    KeyringError, Next, OfflineKeyring,
};

use crate::custom::ask_text;
use crate::error::failure;

/// Branch keys in memory.
#[napi]
#[derive(Debug, Default)]
pub struct StaticBranchKeys(pub(crate) Arc<zt_crypto::StaticBranchKeys>);

#[napi]
impl StaticBranchKeys {
    /// A store without keys.
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a version, which is from now on the active one.
    ///
    /// # Errors
    /// When the version is not a UUID or the key not 32 bytes.
    #[napi]
    pub fn insert(&self, branch_key_id: String, version: String, key: &[u8]) -> Result<()> {
        let version = version.parse().map_err(|error| {
            let message = format!("branch key version `{version}` is not a UUID: {error}");
            Error::new(Status::InvalidArg, message)
        })?;
        self.0.insert(branch_key_id, version, key).map_err(failure)
    }
}

/// The keyring over one branch key.
pub(crate) fn fixed(
    store: &StaticBranchKeys,
    id: String,
    ttl: f64,
) -> Result<impl Keyring + use<>> {
    HierarchicalKeyring::new(Arc::clone(&store.0), id, duration(ttl)?).map_err(failure)
}

/// The keyring whose branch key JavaScript names for each encryption context.
pub(crate) fn by_context(
    store: &StaticBranchKeys,
    route: u32,
    ttl: f64,
) -> Result<impl Keyring + use<>> {
    let id = BranchKeyId::from_context(|_| {
        let none = || KeyringError::Custom("no branch key id".into());
        Ok(ANSWER.take().ok_or_else(none)?)
    });
    let keyring = HierarchicalKeyring::new(Arc::clone(&store.0), id, duration(ttl)?);
    Ok(ByContext { keyring: Arc::new(keyring.map_err(failure)?), route })
}

fn duration(seconds: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| Error::new(Status::InvalidArg, "expected a positive number of seconds"))
}

thread_local! {
    /// The answer of JavaScript, between two lines of [`ByContext`].
    static ANSWER: RefCell<Option<String>> = const { RefCell::new(None) };
}

#[derive(Debug)]
struct ByContext {
    keyring: Arc<HierarchicalKeyring<Arc<zt_crypto::StaticBranchKeys>>>,
    route: u32,
}

impl Keyring for ByContext {
    fn begin_encrypt(
        &self,
        materials: EncryptionMaterials,
    ) -> std::result::Result<Next<EncryptionMaterials>, zt_crypto::Error> {
        let keyring = Arc::clone(&self.keyring);
        let context = materials.encryption_context().clone();
        Ok(ask_text(&context, self.route, move |id| {
            ANSWER.set(Some(id));
            keyring.on_encrypt(materials).map(Next::Ready)
        }))
    }

    fn begin_decrypt(
        &self,
        materials: DecryptionMaterials,
    ) -> std::result::Result<Next<DataKey>, zt_crypto::Error> {
        let keyring = Arc::clone(&self.keyring);
        let context = materials.encryption_context().clone();
        Ok(ask_text(&context, self.route, move |id| {
            ANSWER.set(Some(id));
            keyring.on_decrypt(&materials).map(Next::Ready)
        }))
    }
}
