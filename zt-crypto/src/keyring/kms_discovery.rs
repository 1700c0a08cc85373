//! Decrypting with whichever KMS key a message names, within a filter.
//!
//! Source: AWS Encryption SDK specification, "AWS KMS discovery keyring" and "AWS KMS MRK discovery
//! keyring".

use super::kms_unwrap::{Unwrapping, wrapped_by};
use super::{Keyring, Next};
use crate::arn::KmsKeyArn;
use crate::error::{DecryptError, Error, KeyringError, NoMatchingKey};
use crate::materials::{DecryptionMaterials, EncryptionMaterials};
use crate::secret::DataKey;

/// Decrypts messages under any KMS key of the accounts named. It only decrypts.
///
/// Which key to use stands in the message, and so is the writer's choice: the filter says whose
/// keys to trust. Without one, a message under a stranger's key decrypts too; the constructor that
/// admits that is called [`unfiltered`](KmsDiscoveryKeyring::unfiltered).
///
/// ```
/// use zt_crypto::testing::InMemoryKms;
/// use zt_crypto::{Client, EncryptionContext, KmsDiscoveryKeyring, KmsKeyring};
/// let kms = InMemoryKms::new();
/// let key_arn = kms.create_key("us-east-1", "111122223333");
/// let writer = Client::builder(KmsKeyring::new(key_arn)?).key_service(kms.clone()).build()?;
/// let message = writer.encrypt(b"secret", &EncryptionContext::new())?;
///
/// let reader = KmsDiscoveryKeyring::new("aws", ["111122223333"])?;
/// let reader = Client::builder(reader).key_service(kms.clone()).build()?;
/// assert_eq!(reader.decrypt(&message, &EncryptionContext::new())?.plaintext.as_slice(), b"secret");
///
/// let stranger = KmsDiscoveryKeyring::new("aws", ["999999999999"])?;
/// let stranger = Client::builder(stranger).key_service(kms).build()?;
/// let error = stranger.decrypt(&message, &EncryptionContext::new()).unwrap_err();
/// assert_eq!(error.code(), "NO_MATCHING_KEY");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KmsDiscoveryKeyring {
    filter: Option<Filter>,
    region: Option<String>,
    grant_tokens: Vec<String>,
    route: u32,
}

#[derive(Clone, Debug)]
struct Filter {
    partition: String,
    account_ids: Vec<String>,
}

impl KmsDiscoveryKeyring {
    /// Decrypts under the keys of these accounts, in one partition (`aws`, `aws-cn`,
    /// `aws-us-gov`).
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] without a partition or accounts, or when an account id is not 12
    /// digits.
    pub fn new(
        partition: impl Into<String>,
        account_ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, KeyringError> {
        let partition = partition.into();
        let account_ids: Vec<String> = account_ids.into_iter().map(Into::into).collect();
        if partition.is_empty() || account_ids.is_empty() {
            let message = "a discovery filter needs a partition and at least one account id";
            return Err(KeyringError::Invalid(message.to_owned()));
        }
        let wrong = |id: &&String| id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(id) = account_ids.iter().find(wrong) {
            let message = format!("account id `{id}` is not 12 digits");
            return Err(KeyringError::Invalid(message));
        }
        Ok(Self { filter: Some(Filter { partition, account_ids }), ..Self::unfiltered() })
    }

    /// Decrypts under **anybody's** key that the caller's credentials may use.
    #[must_use]
    pub fn unfiltered() -> Self {
        Self { filter: None, region: None, grant_tokens: Vec::new(), route: 0 }
    }

    /// Uses the replicas of multi-Region keys in this Region, which has to be that of the KMS
    /// client, and passes over the single-Region keys of others.
    #[must_use]
    pub fn multi_region_aware(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sends these grant tokens with every call, for grants that are less than minutes old.
    #[must_use]
    pub fn with_grant_tokens(
        mut self,
        tokens: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.grant_tokens = tokens.into_iter().map(Into::into).collect();
        self
    }

    /// Marks this keyring's requests, as [`KmsKeyring::with_route`](super::KmsKeyring::with_route).
    #[must_use]
    pub fn with_route(mut self, route: u32) -> Self {
        self.route = route;
        self
    }

    /// The key to ask for, for a data key wrapped by this one; `None` when it is not to be used.
    fn key_to_ask(&self, arn: &KmsKeyArn) -> Option<KmsKeyArn> {
        if let Some(Filter { partition, account_ids }) = &self.filter
            && (*partition != arn.partition || !account_ids.contains(&arn.account))
        {
            return None;
        }
        match &self.region {
            Some(region) if arn.is_multi_region() => Some(arn.in_region(region)),
            Some(region) if arn.region != *region => None,
            _ => Some(arn.clone()),
        }
    }

    fn describe(&self) -> String {
        let keys = match &self.filter {
            None => "any KMS key".to_owned(),
            Some(Filter { partition, account_ids }) => {
                format!("KMS keys of {} in partition {partition}", account_ids.join(", "))
            }
        };
        match &self.region {
            None => keys,
            Some(region) => format!("{keys} for Region {region}"),
        }
    }
}

impl Keyring for KmsDiscoveryKeyring {
    fn begin_encrypt(&self, _: EncryptionMaterials) -> Result<Next<EncryptionMaterials>, Error> {
        let why = "it has no key of its own: name one with a KmsKeyring";
        Err(KeyringError::CannotEncrypt("the KMS discovery keyring", why).into())
    }

    fn begin_decrypt(&self, materials: DecryptionMaterials) -> Result<Next<DataKey>, Error> {
        let candidates: Vec<_> = materials
            .encrypted_data_keys()
            .iter()
            .filter_map(|encrypted| {
                let arn = KmsKeyArn::parse(wrapped_by(encrypted)?)?;
                Some((self.key_to_ask(&arn)?.to_string(), encrypted.ciphertext.clone()))
            })
            .collect();
        if candidates.is_empty() {
            let names = NoMatchingKey::new(materials.key_names(), vec![self.describe()]);
            return Err(DecryptError::NoMatchingKey(names).into());
        }
        let (grant_tokens, route) = (self.grant_tokens.clone(), self.route);
        Unwrapping { materials, grant_tokens, route }.start(candidates)
    }
}
