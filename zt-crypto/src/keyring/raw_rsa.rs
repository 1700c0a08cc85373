//! Data keys wrapped under an RSA public key.
//!
//! Source: AWS Encryption SDK specification, "Raw RSA keyring"; RFC 8017 (RSAES).

use std::fmt;

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey,
    Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use zeroize::Zeroizing;

use super::OfflineKeyring;
use super::raw::{RawName, opened_or_not};
use crate::error::{Error, KeyringError};
use crate::materials::{DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};
use crate::pem;
use crate::secret::DataKey;

/// How a data key is padded before RSA.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RsaPadding {
    /// RSAES-PKCS1-v1_5. For old messages only: its padding says much to whoever can ask often.
    Pkcs1,
    /// RSAES-OAEP with SHA-1, also in MGF1.
    OaepSha1,
    /// RSAES-OAEP with SHA-256, also in MGF1. Choose this one unless something asks for another.
    OaepSha256,
    /// RSAES-OAEP with SHA-384, also in MGF1.
    OaepSha384,
    /// RSAES-OAEP with SHA-512, also in MGF1.
    OaepSha512,
}

impl RsaPadding {
    /// Every padding.
    pub const ALL: [Self; 5] =
        [Self::Pkcs1, Self::OaepSha1, Self::OaepSha256, Self::OaepSha384, Self::OaepSha512];

    /// The padding's name, the same in Python and in Node.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pkcs1 => "PKCS1",
            Self::OaepSha1 => "OAEP_SHA1",
            Self::OaepSha256 => "OAEP_SHA256",
            Self::OaepSha384 => "OAEP_SHA384",
            Self::OaepSha512 => "OAEP_SHA512",
        }
    }

    /// The padding with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|padding| padding.name() == name)
    }

    fn oaep(self) -> Option<&'static OaepAlgorithm> {
        match self {
            Self::Pkcs1 => None,
            Self::OaepSha1 => Some(&OAEP_SHA1_MGF1SHA1),
            Self::OaepSha256 => Some(&OAEP_SHA256_MGF1SHA256),
            Self::OaepSha384 => Some(&OAEP_SHA384_MGF1SHA384),
            Self::OaepSha512 => Some(&OAEP_SHA512_MGF1SHA512),
        }
    }
}

/// Wraps data keys under an RSA public key, and unwraps them with the private key.
///
/// With the public key alone it only encrypts, with the private key alone it does both: a private
/// key holds the public one. Keys are PEM: SubjectPublicKeyInfo (`PUBLIC KEY`) and PKCS#8
/// (`PRIVATE KEY`), of 2,048 to 8,192 bits.
///
/// The encryption context is not bound to the wrapped key, as RSA has no place for it; it is bound
/// to the message all the same, by the header.
///
/// ```
/// use zt_crypto::{RawRsaKeyring, RsaPadding};
/// let error = RawRsaKeyring::builder("my-app", "key-2026", RsaPadding::OaepSha256)
///     .public_key_pem("not a key")
///     .build()
///     .unwrap_err();
/// assert!(error.to_string().starts_with("public key is not PEM"), "{error}");
/// ```
pub struct RawRsaKeyring {
    name: RawName,
    padding: RsaPadding,
    public: Option<Public>,
    private: Option<Private>,
}

enum Public {
    Pkcs1(Pkcs1PublicEncryptingKey),
    Oaep(&'static OaepAlgorithm, OaepPublicEncryptingKey),
}

enum Private {
    Pkcs1(Pkcs1PrivateDecryptingKey),
    Oaep(&'static OaepAlgorithm, OaepPrivateDecryptingKey),
}

impl RawRsaKeyring {
    /// Starts a keyring; give it a public key, a private key, or both.
    pub fn builder(
        key_namespace: impl Into<String>,
        key_name: impl Into<String>,
        padding: RsaPadding,
    ) -> RawRsaKeyringBuilder {
        let (namespace, name) = (key_namespace.into(), key_name.into());
        RawRsaKeyringBuilder { namespace, name, padding, public: None, private: None }
    }

    fn unwrap(&self, encrypted: &EncryptedDataKey, len: usize) -> Option<DataKey> {
        let mut plain = Zeroizing::new([0u8; LONGEST_MODULUS]);
        let opened = match self.private.as_ref()? {
            Private::Pkcs1(key) => key.decrypt(&encrypted.ciphertext, plain.as_mut_slice()),
            Private::Oaep(algorithm, key) => {
                key.decrypt(algorithm, &encrypted.ciphertext, plain.as_mut_slice(), None)
            }
        };
        opened.ok().filter(|opened| opened.len() == len).map(DataKey::take)
    }
}

/// The keys of a [`RawRsaKeyring`].
pub struct RawRsaKeyringBuilder {
    namespace: String,
    name: String,
    padding: RsaPadding,
    public: Option<String>,
    private: Option<Zeroizing<String>>,
}

impl RawRsaKeyringBuilder {
    /// The public key, to encrypt with.
    #[must_use]
    pub fn public_key_pem(mut self, pem: impl Into<String>) -> Self {
        self.public = Some(pem.into());
        self
    }

    /// The private key, to decrypt with. It is wiped once it has been read.
    #[must_use]
    pub fn private_key_pem(mut self, pem: impl Into<String>) -> Self {
        self.private = Some(Zeroizing::new(pem.into()));
        self
    }

    /// The keyring.
    ///
    /// # Errors
    /// [`KeyringError`] when there is no key, or when a key is not PEM of the kind asked for.
    pub fn build(self) -> Result<RawRsaKeyring, KeyringError> {
        let Self { namespace, name, padding, .. } = self;
        let name = RawName::new(namespace, name)?;
        if self.public.is_none() && self.private.is_none() {
            let message = "an RSA keyring needs a public key, a private key, or both";
            return Err(KeyringError::Invalid(message.to_owned()));
        }
        let rejected = |what: &str| {
            let message = format!("{what} key is not an RSA key of 2048 to 8192 bits");
            KeyringError::Invalid(message)
        };
        let private = match self.private {
            None => None,
            Some(pem) => {
                let der = pem::private_key(&pem)?;
                let key =
                    PrivateDecryptingKey::from_pkcs8(&der).map_err(|_| rejected("private"))?;
                Some(key)
            }
        };
        let public = match (&self.public, &private) {
            (Some(pem), _) => {
                let der = pem::public_key(pem)?;
                Some(PublicEncryptingKey::from_der(&der).map_err(|_| rejected("public"))?)
            }
            (None, Some(private)) => Some(private.public_key()),
            (None, None) => None,
        };
        let public = public.map(|key| match padding.oaep() {
            None => Pkcs1PublicEncryptingKey::new(key).map(Public::Pkcs1),
            Some(oaep) => OaepPublicEncryptingKey::new(key).map(|key| Public::Oaep(oaep, key)),
        });
        let private = private.map(|key| match padding.oaep() {
            None => Pkcs1PrivateDecryptingKey::new(key).map(Private::Pkcs1),
            Some(oaep) => OaepPrivateDecryptingKey::new(key).map(|key| Private::Oaep(oaep, key)),
        });
        Ok(RawRsaKeyring {
            name,
            padding,
            public: public.transpose().map_err(|_| rejected("public"))?,
            private: private.transpose().map_err(|_| rejected("private"))?,
        })
    }
}

impl OfflineKeyring for RawRsaKeyring {
    fn on_encrypt(&self, mut materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        let Some(public) = &self.public else {
            let error = KeyringError::CannotEncrypt("the RSA keyring", "it has no public key");
            return Err(error.into());
        };
        let data_key = materials.data_key_or_generate()?;
        let mut ciphertext = vec![0; LONGEST_MODULUS];
        let len = match public {
            Public::Pkcs1(key) => key.encrypt(data_key.expose(), &mut ciphertext).map(|c| c.len()),
            Public::Oaep(oaep, key) => {
                let wrapped = key.encrypt(oaep, data_key.expose(), &mut ciphertext, None);
                wrapped.map(|ciphertext| ciphertext.len())
            }
        };
        let failed = || KeyringError::Invalid("the data key could not be wrapped".to_owned());
        ciphertext.truncate(len.map_err(|_| failed())?);
        materials.push_encrypted_data_key(EncryptedDataKey {
            provider_id: self.name.namespace().to_owned(),
            provider_info: self.name.name().as_bytes().to_vec(),
            ciphertext,
        });
        Ok(materials)
    }

    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        if self.private.is_none() {
            let message = "the RSA keyring cannot decrypt: it has no private key";
            return Err(KeyringError::Invalid(message.to_owned()).into());
        }
        let len = materials.suite().data_key_len();
        let mine = |key: &&EncryptedDataKey| {
            key.provider_id == self.name.namespace()
                && key.provider_info == self.name.name().as_bytes()
        };
        let mut matching = materials.encrypted_data_keys().iter().filter(mine).peekable();
        let matched = matching.peek().is_some();
        let opened = matching.find_map(|encrypted| self.unwrap(encrypted, len));
        match opened {
            // PKCS #1 v1.5 must not say whether the padding was right (Bleichenbacher's attack): a
            // random key goes on in place of the right one, and the header refuses it.
            None if matched && self.padding == RsaPadding::Pkcs1 => Ok(DataKey::generate(len)?),
            opened => opened_or_not(opened, matched, &self.name, materials),
        }
    }
}

impl fmt::Debug for RawRsaKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRsaKeyring")
            .field("name", &self.name)
            .field("padding", &self.padding)
            .field("can_encrypt", &self.public.is_some())
            .field("can_decrypt", &self.private.is_some())
            .finish()
    }
}

impl fmt::Debug for RawRsaKeyringBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRsaKeyringBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

/// 8,192 bits, in bytes.
const LONGEST_MODULUS: usize = 1024;
