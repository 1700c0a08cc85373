//! Keyrings: who may make, wrap and unwrap data keys.
//!
//! A keyring does no I/O. One that needs no network is an [`OfflineKeyring`] and answers at once.
//! One that needs AWS KMS is a [`Keyring`] only: it yields a [`KmsRequest`] and goes on when it is
//! given the answer. A [`Client`](crate::Client) built on an offline keyring has plain methods; one
//! built on any other has to be given something that carries requests first. Mixing the two up does
//! not compile.
//!
//! Source: AWS Encryption SDK specification, "Keyring interface".

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::kms::{KmsError, KmsRequest, KmsResponse};
use crate::materials::{DecryptionMaterials, EncryptionMaterials};
use crate::secret::DataKey;

mod hierarchical;
mod key_file;
mod kms_discovery;
mod kms_symmetric;
mod kms_unwrap;
mod local;
mod multi;
mod raw;
mod raw_aes;
mod raw_ecdh;
mod raw_rsa;

pub use hierarchical::{
    BranchKey, BranchKeyId, BranchKeyStore, HierarchicalKeyring, StaticBranchKeys,
};
pub use kms_discovery::KmsDiscoveryKeyring;
pub use kms_symmetric::KmsKeyring;
pub use local::{LocalKeyring, LocalKeyringOptions};
pub use multi::{MultiKeyring, OfflineMultiKeyring};
pub use raw_aes::RawAesKeyring;
pub use raw_ecdh::RawEcdhKeyring;
pub use raw_rsa::{RawRsaKeyring, RawRsaKeyringBuilder, RsaPadding};

/// A keyring that may have to ask a key service.
pub trait Keyring: fmt::Debug + Send + Sync {
    /// Makes a data key when there is none, and wraps it.
    ///
    /// # Errors
    /// When the keyring cannot encrypt as it is set up.
    fn begin_encrypt(
        &self,
        materials: EncryptionMaterials,
    ) -> Result<Next<EncryptionMaterials>, Error>;

    /// Unwraps one of the encrypted data keys.
    ///
    /// # Errors
    /// [`DecryptError::NoMatchingKey`](crate::DecryptError::NoMatchingKey) when none is this
    /// keyring's, [`DecryptError::NotAuthentic`](crate::DecryptError::NotAuthentic) when none opens.
    fn begin_decrypt(&self, materials: DecryptionMaterials) -> Result<Next<DataKey>, Error>;
}

/// A keyring that needs no network.
///
/// Implement this for a keyring of your own:
///
/// ```
/// use zt_crypto::{
///     Client, DataKey, DecryptError, DecryptionMaterials, EncryptedDataKey, EncryptionContext,
///     EncryptionMaterials, Error, OfflineKeyring,
/// };
///
/// /// Wraps nothing. It shows the shape; do not use it.
/// #[derive(Debug)]
/// struct Transparent;
///
/// impl OfflineKeyring for Transparent {
///     fn on_encrypt(&self, mut materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
///         let ciphertext = materials.data_key_or_generate()?.expose().to_vec();
///         let provider_id = "transparent".to_owned();
///         materials.push_encrypted_data_key(EncryptedDataKey { provider_id, provider_info: vec![], ciphertext });
///         Ok(materials)
///     }
///
///     fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
///         let keys = materials.encrypted_data_keys();
///         match keys.iter().find(|key| key.provider_id == "transparent") {
///             Some(key) => Ok(DataKey::copy_from(&key.ciphertext)),
///             None => Err(DecryptError::NotAuthentic.into()),
///         }
///     }
/// }
///
/// let client = Client::builder(Transparent).build()?;
/// let context = EncryptionContext::new();
/// let message = client.encrypt(b"hello", &context)?;
/// assert_eq!(client.decrypt(&message, &context)?.plaintext.as_slice(), b"hello");
/// # Ok::<(), Error>(())
/// ```
pub trait OfflineKeyring: fmt::Debug + Send + Sync {
    /// Makes a data key when there is none, and wraps it.
    ///
    /// # Errors
    /// When the keyring cannot encrypt as it is set up.
    fn on_encrypt(&self, materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error>;

    /// Unwraps one of the encrypted data keys.
    ///
    /// # Errors
    /// [`DecryptError::NoMatchingKey`](crate::DecryptError::NoMatchingKey) when none is this
    /// keyring's, [`DecryptError::NotAuthentic`](crate::DecryptError::NotAuthentic) when none opens.
    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error>;
}

impl<K: OfflineKeyring + ?Sized> Keyring for K {
    fn begin_encrypt(
        &self,
        materials: EncryptionMaterials,
    ) -> Result<Next<EncryptionMaterials>, Error> {
        self.on_encrypt(materials).map(Next::Ready)
    }

    fn begin_decrypt(&self, materials: DecryptionMaterials) -> Result<Next<DataKey>, Error> {
        self.on_decrypt(&materials).map(Next::Ready)
    }
}

impl<K: OfflineKeyring + ?Sized> OfflineKeyring for Arc<K> {
    fn on_encrypt(&self, materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        (**self).on_encrypt(materials)
    }

    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        (**self).on_decrypt(materials)
    }
}

/// A keyring of any kind, shared. What the bindings hold.
#[derive(Clone, Debug)]
pub struct AnyKeyring(Arc<dyn Keyring>);

impl AnyKeyring {
    /// Hides which keyring it is.
    pub fn new(keyring: impl Keyring + 'static) -> Self {
        Self(Arc::new(keyring))
    }
}

impl Keyring for AnyKeyring {
    fn begin_encrypt(
        &self,
        materials: EncryptionMaterials,
    ) -> Result<Next<EncryptionMaterials>, Error> {
        self.0.begin_encrypt(materials)
    }

    fn begin_decrypt(&self, materials: DecryptionMaterials) -> Result<Next<DataKey>, Error> {
        self.0.begin_decrypt(materials)
    }
}

/// How far an operation has come: done, or in need of an answer from KMS.
///
/// ```
/// use zt_crypto::{Error, KeyService, Next};
/// fn drive<T>(mut next: Next<T>, kms: &impl KeyService) -> Result<T, Error> {
///     loop {
///         match next {
///             Next::Ready(value) => return Ok(value),
///             Next::Ask(ask) => {
///                 let answer = kms.call(ask.request());
///                 next = ask.answer(answer)?;
///             }
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub enum Next<T> {
    /// The result.
    Ready(T),
    /// A request that somebody has to carry to KMS.
    Ask(Ask<T>),
}

impl<T: 'static> Next<T> {
    /// A request, and what to do with the answer.
    pub fn ask(
        request: KmsRequest,
        then: impl FnOnce(&KmsRequest, Result<KmsResponse, KmsError>) -> Result<Self, Error>
        + Send
        + 'static,
    ) -> Self {
        Self::Ask(Ask { request, route: 0, then: Box::new(then) })
    }

    /// Says which of several key services the request is for; see [`Ask::route`].
    #[must_use]
    pub fn via(self, route: u32) -> Self {
        match self {
            Self::Ready(value) => Self::Ready(value),
            Self::Ask(ask) => Self::Ask(Ask { route, ..ask }),
        }
    }

    /// Goes on with another step once this one is done.
    ///
    /// # Errors
    /// Those of `then`.
    pub fn and_then<U: 'static>(
        self,
        then: impl FnOnce(T) -> Result<Next<U>, Error> + Send + 'static,
    ) -> Result<Next<U>, Error> {
        match self {
            Self::Ready(value) => then(value),
            Self::Ask(Ask { request, route, then: first }) => {
                let next =
                    Next::ask(request, |request, answer| first(request, answer)?.and_then(then));
                Ok(next.via(route))
            }
        }
    }

    /// Tries something else when this step fails.
    ///
    /// # Errors
    /// Those of `otherwise`.
    pub fn or_else(
        self,
        otherwise: impl FnOnce(Error) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        match self {
            Self::Ready(value) => Self::Ready(value),
            Self::Ask(Ask { request, route, then }) => {
                let next = Next::ask(request, |request, answer| match then(request, answer) {
                    Ok(next) => Ok(next.or_else(otherwise)),
                    Err(error) => otherwise(error),
                });
                next.via(route)
            }
        }
    }
}

type Then<T> =
    Box<dyn FnOnce(&KmsRequest, Result<KmsResponse, KmsError>) -> Result<Next<T>, Error> + Send>;

/// A request to KMS, and the rest of the operation that waits for its answer.
pub struct Ask<T> {
    request: KmsRequest,
    route: u32,
    then: Then<T>,
}

impl<T> Ask<T> {
    /// What to ask of KMS.
    #[must_use]
    pub fn request(&self) -> &KmsRequest {
        &self.request
    }

    /// Which of the caller's KMS clients the request is for: the number that
    /// [`KmsKeyring::with_route`] was given, or 0. Only for callers that hold more than one.
    #[must_use]
    pub fn route(&self) -> u32 {
        self.route
    }

    /// Goes on with KMS's answer.
    ///
    /// # Errors
    /// When KMS refused, when the answer is not one to this request, or when what follows fails.
    pub fn answer(self, answer: Result<KmsResponse, KmsError>) -> Result<Next<T>, Error> {
        (self.then)(&self.request, answer)
    }
}

impl<T> fmt::Debug for Ask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").field("request", &self.request).finish_non_exhaustive()
    }
}
