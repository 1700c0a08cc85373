//! Keyrings of every kind, behind one class.

use std::sync::Arc;

use napi::Result;
use napi_derive::napi;
use zt_crypto::{AnyKeyring, KmsKeyring, MultiKeyring, RawAesKeyring};

use crate::error::failure;

/// A keyring of any kind.
#[napi]
#[derive(Debug)]
pub struct Keyring {
    pub(crate) inner: AnyKeyring,
    region: Option<String>,
}

#[napi]
impl Keyring {
    /// Wraps data keys under an AES key of the caller's, which is copied.
    ///
    /// # Errors
    /// When the key or one of the names cannot be used.
    #[napi(factory)]
    pub fn raw_aes(key_namespace: String, key_name: String, wrapping_key: &[u8]) -> Result<Self> {
        let keyring = RawAesKeyring::new(key_namespace, key_name, wrapping_key);
        Ok(Self::of(AnyKeyring::new(keyring.map_err(failure)?)))
    }

    /// Wraps data keys under a KMS key. Requests carry `route`, so that they find their client.
    ///
    /// # Errors
    /// When `key_id` is not a KMS key's.
    #[napi(factory)]
    pub fn kms(key_id: String, grant_tokens: Vec<String>, route: u32) -> Result<Self> {
        let keyring = KmsKeyring::new(key_id).map_err(failure)?;
        let keyring = keyring.with_grant_tokens(grant_tokens).with_route(route);
        let region = keyring.region().map(str::to_owned);
        Ok(Self { region, ..Self::of(AnyKeyring::new(keyring)) })
    }

    /// A generator and children.
    ///
    /// # Errors
    /// When there is neither.
    #[napi(factory)]
    pub fn multi(generator: Option<&Keyring>, children: Vec<&Keyring>) -> Result<Self> {
        let children = children.into_iter().map(|child| child.inner.clone());
        let keyring = match generator {
            Some(generator) => {
                children.fold(MultiKeyring::new(generator.inner.clone()), MultiKeyring::with_child)
            }
            None => {
                let children = children.map(|child| Arc::new(child) as Arc<dyn zt_crypto::Keyring>);
                MultiKeyring::without_generator(children).map_err(failure)?
            }
        };
        Ok(Self::of(AnyKeyring::new(keyring)))
    }

    /// The Region of a KMS key that is given by its ARN.
    #[napi(getter)]
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    fn of(inner: AnyKeyring) -> Self {
        Self { inner, region: None }
    }
}
