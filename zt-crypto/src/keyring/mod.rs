//! Keyrings: who may make, wrap and unwrap data keys.
//!
//! A keyring does no I/O. One that needs no network is an [`OfflineKeyring`] and answers at once.
//! One that needs AWS KMS is a [`Keyring`] only: it yields a
//! [`KmsRequest`](crate::KmsRequest) and goes on when it is
//! given the answer. A [`Client`](crate::Client) built on an offline keyring has plain methods; one
//! built on any other has to be given something that carries requests first. Mixing the two up does
//! not compile.
//!
//! Source: AWS Encryption SDK specification, "Keyring interface".

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::materials::{DecryptionMaterials, EncryptionMaterials};
use crate::secret::DataKey;

mod hierarchical;
mod key_file;
mod kms_discovery;
mod kms_symmetric;
mod kms_unwrap;
mod local;
mod multi;
mod next;
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
pub use next::{Ask, Next, Wait, Waiting};
pub use raw_aes::RawAesKeyring;
pub use raw_ecdh::RawEcdhKeyring;
pub use raw_rsa::{RawRsaKeyring, RawRsaKeyringBuilder, RsaPadding};

/// A keyring that may have to ask a key service.
pub trait Keyring: fmt::Debug + Send + Sync + 'static {
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
pub trait OfflineKeyring: fmt::Debug + Send + Sync + 'static {
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
