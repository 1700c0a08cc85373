//! Several keyrings as one: any of them opens what all of them sealed.
//!
//! Source: AWS Encryption SDK specification, "Multi-keyring".

use std::sync::Arc;

use super::{Keyring, KmsKeyring, Next, OfflineKeyring};
use crate::error::{DecryptError, Error, KeyringError, NoMatchingKey};
use crate::materials::{DecryptionMaterials, EncryptionMaterials};
use crate::secret::DataKey;

/// A generator, which makes the data key, and children, which wrap it too.
///
/// To encrypt, all of them have to succeed. To decrypt, the first that can wins: the generator,
/// then the children in their order.
///
/// ```
/// use zt_crypto::testing::InMemoryKms;
/// use zt_crypto::{Client, EncryptionContext, KmsKeyring, MultiKeyring, RawAesKeyring};
/// let kms = InMemoryKms::new();
/// let key_arn = kms.create_key("us-east-1", "111122223333");
/// let escrow = RawAesKeyring::new("escrow", "safe", &[9; 32])?;
/// let keyring = MultiKeyring::new(KmsKeyring::new(&key_arn)?).with_child(escrow);
/// let client = Client::builder(keyring).key_service(kms).build()?;
/// let message = client.encrypt(b"secret", &EncryptionContext::new())?;
///
/// let escrow = Client::builder(RawAesKeyring::new("escrow", "safe", &[9; 32])?).build()?;
/// assert_eq!(escrow.decrypt(&message, &EncryptionContext::new())?.plaintext.as_slice(), b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MultiKeyring {
    generator: Option<Arc<dyn Keyring>>,
    children: Vec<Arc<dyn Keyring>>,
}

impl MultiKeyring {
    /// A multi-keyring whose data keys are made by `generator`.
    pub fn new(generator: impl Keyring + 'static) -> Self {
        Self { generator: Some(Arc::new(generator)), children: Vec::new() }
    }

    /// A multi-keyring that only decrypts.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] when there are no children.
    pub fn without_generator(
        children: impl IntoIterator<Item = Arc<dyn Keyring>>,
    ) -> Result<Self, KeyringError> {
        let children = not_empty(children)?;
        Ok(Self { generator: None, children })
    }

    /// Several KMS keys, each [multi-Region aware](KmsKeyring::multi_region_aware); the first makes
    /// the data keys. Two replicas of one multi-Region key are refused: they open the same messages,
    /// so one of them is probably meant to be another key.
    ///
    /// ```
    /// use zt_crypto::{KmsKeyring, MultiKeyring};
    /// let keyring = |region: &str, id: &str| {
    ///     KmsKeyring::new(format!("arn:aws:kms:{region}:111122223333:key/{id}"))
    /// };
    /// let keys = [keyring("eu-west-1", "mrk-1")?, keyring("us-east-1", "mrk-2")?];
    /// assert!(MultiKeyring::of_multi_region_keys(keys).is_ok());
    /// let keys = [keyring("eu-west-1", "mrk-1")?, keyring("us-east-1", "mrk-1")?];
    /// assert!(MultiKeyring::of_multi_region_keys(keys).is_err());
    /// # Ok::<(), zt_crypto::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] names two replicas of one key, or says that there are no keys.
    pub fn of_multi_region_keys(
        keyrings: impl IntoIterator<Item = KmsKeyring>,
    ) -> Result<Self, KeyringError> {
        let keyrings: Vec<_> = keyrings.into_iter().map(KmsKeyring::multi_region_aware).collect();
        for (index, one) in keyrings.iter().enumerate() {
            let same = |other: &&KmsKeyring| other.multi_region_id() == one.multi_region_id();
            let known = one.multi_region_id().and(keyrings.iter().take(index).find(same));
            if let Some(other) = known {
                let (one, other) = (one.key_id(), other.key_id());
                let message = format!("`{other}` and `{one}` are the same multi-Region key");
                return Err(KeyringError::Invalid(message));
            }
        }
        let mut keyrings = not_empty(keyrings)?.into_iter();
        let generator = keyrings.next().map(|first| Arc::new(first) as Arc<dyn Keyring>);
        let children = keyrings.map(|child| Arc::new(child) as Arc<dyn Keyring>).collect();
        Ok(Self { generator, children })
    }

    /// Adds a keyring that wraps the generator's data key.
    #[must_use]
    pub fn with_child(mut self, child: impl Keyring + 'static) -> Self {
        self.children.push(Arc::new(child));
        self
    }
}

impl Keyring for MultiKeyring {
    fn begin_encrypt(
        &self,
        materials: EncryptionMaterials,
    ) -> Result<Next<EncryptionMaterials>, Error> {
        let Some(generator) = &self.generator else { return Err(no_generator()) };
        let mut next = generator.begin_encrypt(materials)?;
        for child in &self.children {
            let child = Arc::clone(child);
            next = next.and_then(move |materials| child.begin_encrypt(materials))?;
        }
        Ok(next)
    }

    fn begin_decrypt(&self, materials: DecryptionMaterials) -> Result<Next<DataKey>, Error> {
        let keyrings: Vec<_> = self.generator.iter().chain(&self.children).cloned().collect();
        try_each(keyrings.into_iter(), materials, Failures::default())
    }
}

/// A [`MultiKeyring`] of keyrings that need no network, and so needs none itself.
///
/// ```
/// use zt_crypto::{Client, EncryptionContext, OfflineMultiKeyring, RawAesKeyring};
/// let old = RawAesKeyring::new("my-app", "2025", &[5; 32])?;
/// let new = RawAesKeyring::new("my-app", "2026", &[6; 32])?;
/// let client = Client::builder(OfflineMultiKeyring::new(new).with_child(old)).build()?;
/// let message = client.encrypt(b"secret", &EncryptionContext::new())?;
/// let by_old_key = Client::builder(RawAesKeyring::new("my-app", "2025", &[5; 32])?).build()?;
/// assert_eq!(by_old_key.decrypt(&message, &EncryptionContext::new())?.plaintext.as_slice(), b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OfflineMultiKeyring {
    generator: Option<Arc<dyn OfflineKeyring>>,
    children: Vec<Arc<dyn OfflineKeyring>>,
}

impl OfflineMultiKeyring {
    /// A multi-keyring whose data keys are made by `generator`.
    pub fn new(generator: impl OfflineKeyring + 'static) -> Self {
        Self { generator: Some(Arc::new(generator)), children: Vec::new() }
    }

    /// A multi-keyring that only decrypts.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] when there are no children.
    pub fn without_generator(
        children: impl IntoIterator<Item = Arc<dyn OfflineKeyring>>,
    ) -> Result<Self, KeyringError> {
        let children = not_empty(children)?;
        Ok(Self { generator: None, children })
    }

    /// Adds a keyring that wraps the generator's data key.
    #[must_use]
    pub fn with_child(mut self, child: impl OfflineKeyring + 'static) -> Self {
        self.children.push(Arc::new(child));
        self
    }
}

impl OfflineKeyring for OfflineMultiKeyring {
    fn on_encrypt(&self, materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        let Some(generator) = &self.generator else { return Err(no_generator()) };
        let materials = generator.on_encrypt(materials)?;
        self.children.iter().try_fold(materials, |materials, child| child.on_encrypt(materials))
    }

    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        let mut failures = Failures::default();
        for keyring in self.generator.iter().chain(&self.children) {
            match keyring.on_decrypt(materials) {
                Ok(data_key) => return Ok(data_key),
                Err(error) => failures.add(error),
            }
        }
        Err(failures.into_error())
    }
}

fn try_each(
    mut keyrings: std::vec::IntoIter<Arc<dyn Keyring>>,
    materials: DecryptionMaterials,
    mut failures: Failures,
) -> Result<Next<DataKey>, Error> {
    let Some(first) = keyrings.next() else { return Err(failures.into_error()) };
    match first.begin_decrypt(materials.clone()) {
        Ok(next) => Ok(next.or_else(|error| {
            failures.add(error);
            try_each(keyrings, materials, failures)
        })),
        Err(error) => {
            failures.add(error);
            try_each(keyrings, materials, failures)
        }
    }
}

/// Keeps the first of several failures, unless a later one may pass: whoever sees it can try again.
pub(super) fn more_telling(kept: &mut Option<Error>, error: Error) {
    if kept.as_ref().is_none_or(|kept| !kept.retryable() && error.retryable()) {
        *kept = Some(error);
    }
}

/// What the keyrings said that could not decrypt. A keyring that tried says more than one that
/// had no key.
#[derive(Debug, Default)]
struct Failures {
    unmatched: NoMatchingKey,
    tried: Option<Error>,
}

impl Failures {
    fn add(&mut self, error: Error) {
        match error {
            Error::Decrypt(DecryptError::NoMatchingKey(names)) => self.unmatched.merge(names),
            error => more_telling(&mut self.tried, error),
        }
    }

    fn into_error(self) -> Error {
        self.tried.unwrap_or(DecryptError::NoMatchingKey(self.unmatched).into())
    }
}

fn not_empty<T>(children: impl IntoIterator<Item = T>) -> Result<Vec<T>, KeyringError> {
    let children: Vec<_> = children.into_iter().collect();
    if children.is_empty() {
        return Err(KeyringError::Invalid("a multi-keyring needs at least one keyring".to_owned()));
    }
    Ok(children)
}

fn no_generator() -> Error {
    KeyringError::CannotEncrypt("the multi-keyring", "it has no generator").into()
}
