//! Data keys made and unwrapped by AWS KMS.
//!
//! Source: AWS Encryption SDK specification, "AWS KMS keyring".

use super::kms_unwrap::{PROVIDER_ID, Unwrapping, present, wrapped_by};
use super::{Keyring, Next};
use crate::arn::KmsKeyArn;
use crate::error::{DecryptError, Error, KeyringError, NoMatchingKey};
use crate::kms::{KmsError, KmsRequest, KmsResponse};
use crate::materials::{DecryptionMaterials, EncryptedDataKey, EncryptionMaterials, check_len};
use crate::secret::DataKey;

/// Makes, wraps and unwraps data keys under one symmetric KMS key.
///
/// To encrypt, any form of key id that KMS takes will do: key ARN, key id, alias name, alias ARN.
/// To decrypt it has to be the **key ARN**, because messages name their key by its ARN: an alias
/// encrypts but cannot decrypt.
///
/// KMS is asked once a message, and sees the data key and the encryption context but never the
/// plaintext. The keyring holds no connection; see [`Client`](crate::Client) for what carries its
/// requests.
///
/// ```
/// use zt_crypto::testing::InMemoryKms;
/// use zt_crypto::{Client, EncryptionContext, KmsKeyring};
/// let kms = InMemoryKms::new();
/// let key_arn = kms.create_key("us-east-1", "111122223333");
/// let client = Client::builder(KmsKeyring::new(&key_arn)?).key_service(kms).build()?;
/// let context = EncryptionContext::from([("tenant", "a")]);
/// let message = client.encrypt(b"secret", &context)?;
/// assert_eq!(client.decrypt(&message, &context)?.plaintext.as_slice(), b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KmsKeyring {
    key_id: String,
    /// When the key is given by its ARN.
    key_arn: Option<KmsKeyArn>,
    multi_region: bool,
    grant_tokens: Vec<String>,
    route: u32,
}

impl KmsKeyring {
    /// A keyring over one key.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] when `key_id` is empty, or begins with `arn:` and is neither a
    /// key's nor an alias's ARN.
    pub fn new(key_id: impl Into<String>) -> Result<Self, KeyringError> {
        let key_id = key_id.into();
        let key_arn = KmsKeyArn::parse(&key_id);
        let alias = key_id.contains(":alias/");
        if key_id.is_empty() || key_id.starts_with("arn:") && !alias && key_arn.is_none() {
            let message = format!(
                "`{key_id}` is not a KMS key: expected a key ARN, key id, alias name or alias ARN"
            );
            return Err(KeyringError::Invalid(message));
        }
        Ok(Self { key_id, key_arn, multi_region: false, grant_tokens: Vec::new(), route: 0 })
    }

    /// Decrypts messages under any replica of the same multi-Region key, with this one.
    ///
    /// ```
    /// use zt_crypto::testing::InMemoryKms;
    /// use zt_crypto::{Client, EncryptionContext, KmsKeyring};
    /// let kms = InMemoryKms::new();
    /// let here = kms.create_multi_region_key("eu-west-1", "111122223333");
    /// let there = kms.replicate_key(&here, "us-east-1");
    /// let writer = Client::builder(KmsKeyring::new(here)?).key_service(kms.clone()).build()?;
    /// let message = writer.encrypt(b"secret", &EncryptionContext::new())?;
    /// let reader = KmsKeyring::new(there)?.multi_region_aware();
    /// let reader = Client::builder(reader).key_service(kms).build()?;
    /// assert_eq!(reader.decrypt(&message, &EncryptionContext::new())?.plaintext.as_slice(), b"secret");
    /// # Ok::<(), zt_crypto::Error>(())
    /// ```
    #[must_use]
    pub fn multi_region_aware(mut self) -> Self {
        self.multi_region = true;
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

    /// Marks this keyring's requests with a number, for callers that carry requests themselves and
    /// have more than one KMS client: another account's, another Region's. It comes back as
    /// [`Ask::route`](crate::Ask::route). Default: 0.
    ///
    /// ```
    /// use zt_crypto::testing::InMemoryKms;
    /// use zt_crypto::{Client, EncryptionContext, KeyService, KmsKeyring, MultiKeyring, Next};
    /// let clients = [InMemoryKms::new(), InMemoryKms::new()];
    /// let here = clients[0].create_key("eu-west-1", "111122223333");
    /// let there = clients[1].create_key("us-east-1", "444455556666");
    /// let keyring = MultiKeyring::new(KmsKeyring::new(here)?.with_route(0))
    ///     .with_child(KmsKeyring::new(there)?.with_route(1));
    /// let client = Client::builder(keyring).build()?;
    /// let mut next = client.begin_encrypt(&EncryptionContext::new())?;
    /// while let Next::Ask(ask) = next {
    ///     let answer = clients[ask.route() as usize].call(ask.request());
    ///     next = ask.answer(answer)?;
    /// }
    /// assert_eq!(clients[0].calls(), ["GenerateDataKey"]);
    /// assert_eq!(clients[1].calls(), ["Encrypt"]);
    /// # Ok::<(), zt_crypto::Error>(())
    /// ```
    #[must_use]
    pub fn with_route(mut self, route: u32) -> Self {
        self.route = route;
        self
    }

    /// The key, as it was given.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key's Region, when the key is given by an ARN.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.key_id.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty())
    }

    /// The id that all replicas of a multi-Region key share; `None` for other keys and aliases.
    pub(super) fn multi_region_id(&self) -> Option<&str> {
        let id = match &self.key_arn {
            Some(arn) => arn.id(),
            None => &self.key_id,
        };
        id.starts_with("mrk-").then_some(id)
    }

    /// Whether this key opens what the key of this ARN wrapped.
    fn matches(&self, arn: &str) -> bool {
        match (&self.key_arn, KmsKeyArn::parse(arn)) {
            (Some(own), Some(other)) if self.multi_region => own.is_related_to(&other),
            (Some(own), Some(other)) => *own == other,
            _ => false,
        }
    }
}

impl Keyring for KmsKeyring {
    fn begin_encrypt(
        &self,
        mut materials: EncryptionMaterials,
    ) -> Result<Next<EncryptionMaterials>, Error> {
        let key_id = self.key_id.clone();
        let encryption_context = materials.encryption_context().clone();
        let grant_tokens = self.grant_tokens.clone();
        let request = match materials.data_key() {
            None => KmsRequest::GenerateDataKey {
                key_id,
                number_of_bytes: materials.suite().data_key_len(),
                encryption_context,
                grant_tokens,
            },
            Some(data_key) => KmsRequest::Encrypt {
                key_id,
                plaintext: data_key.duplicate(),
                encryption_context,
                grant_tokens,
            },
        };
        let configured = self.key_arn.as_ref().map(KmsKeyArn::to_string);
        let next = Next::ask(request, move |request, answer| {
            materials.count_kms_call();
            let KmsResponse { key_id, plaintext, ciphertext_blob } = answer?;
            if materials.data_key().is_none() {
                check_len(materials.suite(), plaintext.as_ref())
                    .map_err(|error| KmsError::wrong_answer(request, &error.to_string()))?;
                materials.set_data_key(present(request, "Plaintext", plaintext)?)?;
            }
            let key_arn = present(request, "KeyId", key_id)?;
            if KmsKeyArn::parse(&key_arn).is_none() {
                let message = format!("its KeyId `{key_arn}` is not a key ARN");
                return Err(KmsError::wrong_answer(request, &message).into());
            }
            if configured.is_some_and(|configured| configured != key_arn) {
                let message = format!("its KeyId is `{key_arn}`, not the key asked for");
                return Err(KmsError::wrong_answer(request, &message).into());
            }
            let ciphertext = present(request, "CiphertextBlob", ciphertext_blob)?;
            materials.push_encrypted_data_key(EncryptedDataKey {
                provider_id: PROVIDER_ID.to_owned(),
                provider_info: key_arn.into_bytes(),
                ciphertext,
            });
            Ok(Next::Ready(materials))
        });
        Ok(next.via(self.route))
    }

    fn begin_decrypt(&self, materials: DecryptionMaterials) -> Result<Next<DataKey>, Error> {
        let candidates: Vec<_> = materials
            .encrypted_data_keys()
            .iter()
            .filter(|encrypted| wrapped_by(encrypted).is_some_and(|arn| self.matches(arn)))
            .map(|encrypted| (self.key_id.clone(), encrypted.ciphertext.clone()))
            .collect();
        if candidates.is_empty() {
            let mut names = NoMatchingKey::new(materials.key_names(), vec![self.key_id.clone()]);
            if self.key_arn.is_none() {
                names = names
                    .with_hint("decrypting needs the key ARN: an alias or a key id only encrypts");
            }
            return Err(DecryptError::NoMatchingKey(names).into());
        }
        let (grant_tokens, route) = (self.grant_tokens.clone(), self.route);
        Unwrapping { materials, grant_tokens, route }.start(candidates)
    }
}
