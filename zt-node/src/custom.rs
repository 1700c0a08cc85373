//! Keyrings, and parts of them, that are written in JavaScript.
//!
//! A keyring that waits for JavaScript asks as one that waits for KMS does, because that is what an
//! exchange carries: the request's route says which object is asked, its key id is a ticket, and
//! the materials wait under the ticket. So JavaScript may answer with a promise.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use napi::Result;
use napi::bindgen_prelude::{Buffer, Uint8Array};
use napi_derive::napi;
use zt_crypto::{
    DataKey, DecryptError, Error, Keyring, KeyringError, KmsError, KmsRequest, KmsResponse, Next,
    NoMatchingKey,
};

use crate::error::{failure, misused};
use crate::inspect::EncryptedDataKey;
use crate::pairs::{Pairs, from_context};

type Cell<T> = Arc<Mutex<Option<T>>>;

/// What waits for JavaScript, by ticket.
pub(crate) struct Tickets<T> {
    waiting: Arc<Mutex<BTreeMap<u32, Cell<T>>>>,
    last: Arc<AtomicU32>,
}

impl<T> Clone for Tickets<T> {
    fn clone(&self) -> Self {
        Self { waiting: Arc::clone(&self.waiting), last: Arc::clone(&self.last) }
    }
}

impl<T> Default for Tickets<T> {
    fn default() -> Self {
        Self { waiting: Arc::default(), last: Arc::default() }
    }
}

impl<T> fmt::Debug for Tickets<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets(..)")
    }
}

/// One ticket; whatever waits under it is gone when this is dropped.
struct Ticket<T> {
    number: u32,
    tickets: Tickets<T>,
    cell: Cell<T>,
}

impl<T> Tickets<T> {
    fn issue(&self, value: T) -> Ticket<T> {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let cell = Arc::new(Mutex::new(Some(value)));
        self.with(|waiting| waiting.insert(number, Arc::clone(&cell)));
        Ticket { number, tickets: self.clone(), cell }
    }

    fn take(&self, number: &str) -> Result<Cell<T>> {
        let number = number.parse().ok();
        let cell = number.and_then(|number: u32| self.with(|waiting| waiting.remove(&number)));
        cell.ok_or_else(|| misused("a ticket that nobody holds"))
    }

    fn with<R>(&self, work: impl FnOnce(&mut BTreeMap<u32, Cell<T>>) -> R) -> R {
        work(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> Ticket<T> {
    /// Gives back what waited, which nobody can reach through the ticket any more.
    fn redeem(&self) -> std::result::Result<T, Error> {
        let value = self.cell.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| KeyringError::Custom("materials were taken twice".into()).into())
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.tickets.with(|waiting| waiting.remove(&self.number));
        self.cell.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// A keyring that is a JavaScript object.
#[napi]
#[derive(Debug)]
pub struct CustomKeyring {
    pub(crate) inner: Custom,
}

#[derive(Clone, Debug)]
pub(crate) struct Custom {
    name: String,
    route: u32,
    encryption: Tickets<zt_crypto::EncryptionMaterials>,
    decryption: Tickets<zt_crypto::DecryptionMaterials>,
}

#[napi]
impl CustomKeyring {
    /// `name` is for errors: the name of the class.
    #[napi(constructor)]
    #[must_use]
    pub fn new(name: String, route: u32) -> Self {
        let (encryption, decryption) = Default::default();
        Self { inner: Custom { name, route, encryption, decryption } }
    }

    /// The materials to encrypt with, of a request's key id.
    ///
    /// # Errors
    /// When there are none.
    #[napi]
    pub fn encryption(&self, ticket: String) -> Result<EncryptionMaterials> {
        self.inner.encryption.take(&ticket).map(EncryptionMaterials)
    }

    /// The materials to decrypt with, of a request's key id.
    ///
    /// # Errors
    /// When there are none.
    #[napi]
    pub fn decryption(&self, ticket: String) -> Result<DecryptionMaterials> {
        self.inner.decryption.take(&ticket).map(DecryptionMaterials)
    }
}

impl Keyring for Custom {
    fn begin_encrypt(
        &self,
        materials: zt_crypto::EncryptionMaterials,
    ) -> std::result::Result<Next<zt_crypto::EncryptionMaterials>, Error> {
        let ticket = self.encryption.issue(materials);
        let request = KmsRequest::GenerateDataKey {
            key_id: ticket.number.to_string(),
            number_of_bytes: 0,
            encryption_context: zt_crypto::EncryptionContext::new(),
            grant_tokens: Vec::new(),
        };
        let next = Next::ask(request, move |_, answer| {
            answer.map_err(raised)?;
            ticket.redeem().map(Next::Ready)
        });
        Ok(next.via(self.route))
    }

    fn begin_decrypt(
        &self,
        materials: zt_crypto::DecryptionMaterials,
    ) -> std::result::Result<Next<DataKey>, Error> {
        let names = NoMatchingKey::new(materials.key_names(), vec![self.name.clone()]);
        let ticket = self.decryption.issue(materials);
        let request = KmsRequest::Decrypt {
            key_id: ticket.number.to_string(),
            ciphertext_blob: Vec::new(),
            encryption_context: zt_crypto::EncryptionContext::new(),
            grant_tokens: Vec::new(),
        };
        let next = Next::ask(request, move |_, answer| {
            let _ticket = ticket;
            match answer.map_err(raised)?.plaintext {
                Some(data_key) => Ok(Next::Ready(data_key)),
                None => Err(DecryptError::NoMatchingKey(names).into()),
            }
        });
        Ok(next.via(self.route))
    }
}

/// What JavaScript threw; it has the error itself.
fn raised(error: KmsError) -> Error {
    KeyringError::Custom(error.message().to_owned().into()).into()
}

/// Asks JavaScript for a text: which branch key is this context's?
pub(crate) fn ask_text<T: 'static>(
    context: &zt_crypto::EncryptionContext,
    route: u32,
    then: impl FnOnce(String) -> std::result::Result<Next<T>, Error> + Send + 'static,
) -> Next<T> {
    let request = KmsRequest::Decrypt {
        key_id: String::new(),
        ciphertext_blob: Vec::new(),
        encryption_context: context.clone(),
        grant_tokens: Vec::new(),
    };
    let next = Next::ask(request, move |_, answer: std::result::Result<KmsResponse, KmsError>| {
        then(answer.map_err(raised)?.key_id.unwrap_or_default())
    });
    next.via(route)
}

/// What a keyring is given to encrypt with. Of use until the keyring has answered.
#[napi]
pub struct EncryptionMaterials(Cell<zt_crypto::EncryptionMaterials>);

impl fmt::Debug for EncryptionMaterials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionMaterials(..)")
    }
}

#[napi]
impl EncryptionMaterials {
    /// The name of the algorithm suite.
    ///
    /// # Errors
    /// When the keyring has answered.
    #[napi(getter)]
    pub fn algorithm_suite(&self) -> Result<String> {
        self.with(|materials| Ok(materials.suite().name().to_owned()))
    }

    /// What a wrap has to bind.
    ///
    /// # Errors
    /// When the keyring has answered.
    #[napi(getter)]
    pub fn encryption_context(&self) -> Result<Pairs> {
        self.with(|materials| Ok(from_context(materials.encryption_context())))
    }

    /// The context as it is authenticated.
    ///
    /// # Errors
    /// When it is over the format's limits.
    #[napi(getter)]
    pub fn serialized_context(&self) -> Result<Buffer> {
        self.with(|materials| materials.serialized_context().map(Into::into).map_err(failure))
    }

    /// A copy of the data key, when a keyring has made it. Whoever takes it has to wipe it.
    ///
    /// # Errors
    /// When the keyring has answered.
    #[napi]
    pub fn data_key(&self) -> Result<Option<Uint8Array>> {
        self.with(|materials| Ok(materials.data_key().map(|key| key.expose().into())))
    }

    /// A copy of the data key; it is made first when there is none. Whoever takes it has to wipe it.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    #[napi]
    pub fn data_key_or_generate(&self) -> Result<Uint8Array> {
        self.with(|materials| {
            let key = materials.data_key_or_generate().map_err(failure)?;
            Ok(key.expose().into())
        })
    }

    /// Sets the data key, which is copied.
    ///
    /// # Errors
    /// When there is one, or the length is wrong.
    #[napi]
    pub fn set_data_key(&self, data_key: &[u8]) -> Result<()> {
        let data_key = DataKey::copy_from(data_key);
        self.with(|materials| materials.set_data_key(data_key).map_err(failure))
    }

    /// Adds a wrapped copy of the data key.
    ///
    /// # Errors
    /// When the keyring has answered.
    #[napi]
    pub fn add_encrypted_data_key(
        &self,
        provider_id: String,
        provider_info: &[u8],
        ciphertext: &[u8],
    ) -> Result<()> {
        let key = zt_crypto::EncryptedDataKey {
            provider_id,
            provider_info: provider_info.to_vec(),
            ciphertext: ciphertext.to_vec(),
        };
        self.with(|materials| {
            materials.push_encrypted_data_key(key);
            Ok(())
        })
    }

    /// The wrapped copies so far.
    ///
    /// # Errors
    /// When the keyring has answered.
    #[napi(getter)]
    pub fn encrypted_data_keys(&self) -> Result<Vec<EncryptedDataKey>> {
        self.with(|materials| {
            Ok(materials.encrypted_data_keys().iter().cloned().map(Into::into).collect())
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut zt_crypto::EncryptionMaterials) -> Result<T>,
    ) -> Result<T> {
        in_time(&self.0, work)
    }
}

/// What a keyring is given to decrypt with. Of use until the keyring has answered.
#[napi]
#[derive(Debug)]
pub struct DecryptionMaterials(Cell<zt_crypto::DecryptionMaterials>);

#[napi]
impl DecryptionMaterials {
    /// The name of the algorithm suite.
    ///
    /// # Errors
    /// When the keyring has answered.
    #[napi(getter)]
    pub fn algorithm_suite(&self) -> Result<String> {
        in_time(&self.0, |materials| Ok(materials.suite().name().to_owned()))
    }

    /// What the wrap is bound to. Not authenticated yet.
    ///
    /// # Errors
    /// When the keyring has answered.
    #[napi(getter)]
    pub fn encryption_context(&self) -> Result<Pairs> {
        in_time(&self.0, |materials| Ok(from_context(materials.encryption_context())))
    }

    /// The context as it is authenticated.
    ///
    /// # Errors
    /// When it is over the format's limits.
    #[napi(getter)]
    pub fn serialized_context(&self) -> Result<Buffer> {
        in_time(&self.0, |materials| {
            materials.serialized_context().map(Into::into).map_err(failure)
        })
    }

    /// The wrapped copies of the data key. Not authenticated yet.
    ///
    /// # Errors
    /// When the keyring has answered.
    #[napi(getter)]
    pub fn encrypted_data_keys(&self) -> Result<Vec<EncryptedDataKey>> {
        in_time(&self.0, |materials| {
            Ok(materials.encrypted_data_keys().iter().cloned().map(Into::into).collect())
        })
    }
}

fn in_time<T, R>(cell: &Cell<T>, work: impl FnOnce(&mut T) -> Result<R>) -> Result<R> {
    match &mut *cell.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(materials) => work(materials),
        None => Err(failure(KeyringError::Invalid(
            "materials are of use only until the keyring has answered".to_owned(),
        ))),
    }
}
