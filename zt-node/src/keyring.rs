//! Keyrings of every kind, behind one class.

use std::sync::Arc;

use napi::{Error, Result, Status};
use napi_derive::napi;
use zeroize::Zeroizing;
use zt_crypto::{
    AnyKeyring, KmsDiscoveryKeyring, KmsKeyring, MultiKeyring, RawAesKeyring, RawEcdhKeyring,
    RawRsaKeyring, RsaPadding,
};

use crate::branch_keys::{StaticBranchKeys, by_context, fixed};
use crate::custom::CustomKeyring;
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

    /// Wraps data keys under an RSA key of the caller's. The keys are PEM.
    ///
    /// # Errors
    /// When a key or one of the names cannot be used.
    #[napi(factory)]
    pub fn raw_rsa(
        key_namespace: String,
        key_name: String,
        padding: String,
        public_key_pem: Option<&[u8]>,
        private_key_pem: Option<&[u8]>,
    ) -> Result<Self> {
        let padding = RsaPadding::from_name(&padding)
            .ok_or_else(|| invalid(format!("no RSA padding `{padding}`")))?;
        let mut builder = RawRsaKeyring::builder(key_namespace, key_name, padding);
        if let Some(pem) = public_key_pem {
            builder = builder.public_key_pem(text(pem)?.as_str());
        }
        if let Some(pem) = private_key_pem {
            builder = builder.private_key_pem(text(pem)?.as_str());
        }
        Ok(Self::of(AnyKeyring::new(builder.build().map_err(failure)?)))
    }

    /// Agrees on a wrapping key with a key pair of the caller's: `own` is its private key, `peer`
    /// the other's public key. Both are PEM.
    ///
    /// # Errors
    /// When a key cannot be used.
    #[napi(factory)]
    pub fn raw_ecdh(own: Option<&[u8]>, peer: Option<&[u8]>) -> Result<Self> {
        let keyring = match (own, peer) {
            (Some(own), None) => RawEcdhKeyring::discovery(&text(own)?),
            (None, Some(peer)) => RawEcdhKeyring::ephemeral(&text(peer)?),
            (Some(own), Some(peer)) => RawEcdhKeyring::static_static(&text(own)?, &text(peer)?),
            (None, None) => return Err(invalid("a key agreement needs a key".to_owned())),
        };
        Ok(Self::of(AnyKeyring::new(keyring.map_err(failure)?)))
    }

    /// Wraps data keys under a branch key.
    ///
    /// # Errors
    /// When the time to live cannot be used.
    #[napi(factory)]
    pub fn hierarchical(store: &StaticBranchKeys, id: String, ttl_seconds: f64) -> Result<Self> {
        Ok(Self::of(AnyKeyring::new(fixed(store, id, ttl_seconds)?)))
    }

    /// Wraps data keys under the branch key that JavaScript names for the encryption context.
    ///
    /// # Errors
    /// When the time to live cannot be used.
    #[napi(factory)]
    pub fn hierarchical_by_context(
        store: &StaticBranchKeys,
        route: u32,
        ttl_seconds: f64,
    ) -> Result<Self> {
        Ok(Self::of(AnyKeyring::new(by_context(store, route, ttl_seconds)?)))
    }

    /// A keyring that is a JavaScript object.
    #[napi(factory)]
    #[must_use]
    pub fn custom(custom: &CustomKeyring) -> Self {
        Self::of(AnyKeyring::new(custom.inner.clone()))
    }

    /// Decrypts under any key of these accounts. Requests carry `route`.
    ///
    /// # Errors
    /// When the partition or an account id cannot be used.
    #[napi(factory)]
    pub fn kms_discovery(
        partition: String,
        account_ids: Vec<String>,
        replicas_in: Option<String>,
        grant_tokens: Vec<String>,
        route: u32,
    ) -> Result<Self> {
        let keyring = KmsDiscoveryKeyring::new(partition, account_ids).map_err(failure)?;
        Ok(Self::discovering(keyring, replicas_in, grant_tokens, route))
    }

    /// Decrypts under anybody's key. Requests carry `route`.
    #[napi(factory)]
    #[must_use]
    pub fn kms_discovery_unfiltered(
        replicas_in: Option<String>,
        grant_tokens: Vec<String>,
        route: u32,
    ) -> Self {
        Self::discovering(KmsDiscoveryKeyring::unfiltered(), replicas_in, grant_tokens, route)
    }

    /// Wraps data keys under a KMS key. Requests carry `route`, so that they find their client.
    ///
    /// # Errors
    /// When `key_id` is not a KMS key's.
    #[napi(factory)]
    pub fn kms(
        key_id: String,
        multi_region_aware: bool,
        grant_tokens: Vec<String>,
        route: u32,
    ) -> Result<Self> {
        let mut keyring = KmsKeyring::new(key_id).map_err(failure)?;
        if multi_region_aware {
            keyring = keyring.multi_region_aware();
        }
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

    fn discovering(
        keyring: KmsDiscoveryKeyring,
        replicas_in: Option<String>,
        grant_tokens: Vec<String>,
        route: u32,
    ) -> Self {
        let keyring = keyring.with_grant_tokens(grant_tokens).with_route(route);
        Self::of(AnyKeyring::new(match replicas_in {
            Some(region) => keyring.multi_region_aware(region),
            None => keyring,
        }))
    }

    pub(crate) fn of(inner: AnyKeyring) -> Self {
        Self { inner, region: None }
    }
}

/// The names of the RSA paddings.
#[napi]
#[must_use]
pub fn rsa_paddings() -> Vec<String> {
    RsaPadding::ALL.map(|padding| padding.name().to_owned()).to_vec()
}

fn invalid(message: String) -> Error {
    Error::new(Status::InvalidArg, message)
}

/// PEM is text.
fn text(pem: &[u8]) -> Result<Zeroizing<String>> {
    match std::str::from_utf8(pem) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(invalid("PEM is text: these bytes are not UTF-8".to_owned())),
    }
}
