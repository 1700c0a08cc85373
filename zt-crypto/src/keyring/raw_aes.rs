//! Data keys wrapped with AES-GCM under a key the caller holds.
//!
//! Source: AWS Encryption SDK specification, "Raw AES keyring".

use std::fmt;

use zeroize::Zeroizing;

use super::OfflineKeyring;
use super::raw::{RawName, opened_or_not};
use crate::aead::{AeadKey, IV_LEN, TAG_LEN};
use crate::error::{Error, KeyringError, RandomError};
use crate::materials::{DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};
use crate::random;
use crate::secret::DataKey;

/// Wraps data keys with AES-GCM under a key of 16, 24 or 32 bytes that the caller holds.
///
/// The namespace and the name say which key it is; they stand in every message in the open. Anybody
/// who reads with another AWS Encryption SDK has to use the same two.
///
/// A wrapping key may wrap at most 2^32 data keys, since its nonces are random (NIST SP 800-38D,
/// section 8.3): one message, one wrap.
///
/// ```
/// use zt_crypto::{Client, EncryptionContext, RawAesKeyring};
/// let keyring = RawAesKeyring::new("my-app", "key-2026", &[7; 32])?;
/// let client = Client::builder(keyring).build()?;
/// let context = EncryptionContext::from([("tenant", "a")]);
/// let message = client.encrypt(b"secret", &context)?;
/// assert_eq!(client.decrypt(&message, &context)?.plaintext.as_slice(), b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
pub struct RawAesKeyring {
    name: RawName,
    wrapping_key: AeadKey,
}

impl RawAesKeyring {
    /// A keyring over `wrapping_key`, which stays the caller's to wipe.
    ///
    /// # Errors
    /// [`KeyringError::WrappingKeyLength`] unless the key is 16, 24 or 32 bytes,
    /// [`KeyringError::ReservedNamespace`] for a namespace that begins with `aws-kms`.
    pub fn new(
        key_namespace: impl Into<String>,
        key_name: impl Into<String>,
        wrapping_key: &[u8],
    ) -> Result<Self, KeyringError> {
        let name = RawName::new(key_namespace.into(), key_name.into())?;
        let wrapping_key = AeadKey::new(wrapping_key)
            .ok_or(KeyringError::WrappingKeyLength(wrapping_key.len()))?;
        Ok(Self { name, wrapping_key })
    }

    /// The namespace, as it stands in messages.
    #[must_use]
    pub fn key_namespace(&self) -> &str {
        self.name.namespace()
    }

    /// The name, as it stands in messages.
    #[must_use]
    pub fn key_name(&self) -> &str {
        self.name.name()
    }

    /// The IV of an encrypted data key that this keyring wrapped.
    fn iv_of(&self, encrypted: &EncryptedDataKey) -> Option<[u8; IV_LEN]> {
        if encrypted.provider_id != self.name.namespace() {
            return None;
        }
        let tail = encrypted.provider_info.strip_prefix(self.name.name().as_bytes())?;
        tail.strip_prefix(&LENGTHS)?.try_into().ok()
    }
}

impl OfflineKeyring for RawAesKeyring {
    fn on_encrypt(&self, mut materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        let aad = materials.serialized_context()?;
        // One call to the generator for both: it costs more than a message of a kilobyte.
        let mut drawn = Zeroizing::new([0; IV_LEN + 32]);
        random::fill(drawn.as_mut())?;
        let (iv, fresh) = drawn.split_first_chunk_mut().ok_or_else(RandomError::new)?;
        let iv: [u8; IV_LEN] = *iv;
        let fresh = fresh.get_mut(..materials.suite().data_key_len());
        let data_key = materials.data_key_or(fresh.ok_or_else(RandomError::new)?);
        let mut ciphertext = vec![0; data_key.len() + TAG_LEN];
        let (wrapped, tag) = ciphertext.split_at_mut(data_key.len());
        let sealed = self.wrapping_key.seal(iv, &aad, data_key.expose(), wrapped, tag);
        self.wrapping_key.forget();
        sealed
            .map_err(|_| KeyringError::Invalid("the data key could not be wrapped".to_owned()))?;
        let provider_info = [self.name.name().as_bytes(), &LENGTHS, &iv].concat();
        let provider_id = self.name.namespace().to_owned();
        materials.push_encrypted_data_key(EncryptedDataKey {
            provider_id,
            provider_info,
            ciphertext,
        });
        Ok(materials)
    }

    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        let aad = materials.serialized_context()?;
        let len = materials.suite().data_key_len();
        let mut matched = false;
        for encrypted in materials.encrypted_data_keys() {
            let Some(iv) = self.iv_of(encrypted) else { continue };
            matched = true;
            let Some((wrapped, tag)) = encrypted.ciphertext.split_at_checked(len) else { continue };
            if tag.len() != TAG_LEN {
                continue;
            }
            let mut plain = Zeroizing::new([0u8; 32]);
            let Some(plain) = plain.get_mut(..len) else { continue };
            let opened = self.wrapping_key.open(iv, &aad, wrapped, tag, plain);
            self.wrapping_key.forget();
            if opened.is_ok() {
                return Ok(DataKey::take(plain));
            }
        }
        opened_or_not(None, matched, &self.name, materials)
    }
}

impl fmt::Debug for RawAesKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawAesKeyring")
            .field("key_namespace", &self.name.namespace())
            .field("key_name", &self.name.name())
            .finish_non_exhaustive()
    }
}

/// Provider info after the key name: tag length in bits, IV length in bytes.
const LENGTHS: [u8; 8] = [0, 0, 0, 128, 0, 0, 0, 12];
