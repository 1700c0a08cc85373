//! What an entry is looked up by: a digest of everything that its key is bound to.
//!
//! Source: AWS Encryption SDK specification, "Caching CMM", for what belongs into it. Ids never
//! leave the process, so their form is ours: every part stands after its length.

use aws_lc_rs::digest::{Context, SHA384};

use crate::context::EncryptionContext;
use crate::error::EncryptError;
use crate::materials::EncryptedDataKey;
use crate::suite::AlgorithmSuite;

/// SHA-384 over direction, partition, suite, encryption context and, to decrypt, the encrypted data
/// keys in any order.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Id([u8; 48]);

impl Id {
    pub(super) fn to_encrypt(
        partition: &[u8],
        suite: AlgorithmSuite,
        context: &EncryptionContext,
    ) -> Result<Self, EncryptError> {
        Ok(Self::of(1, partition, suite, &context.serialize()?, &[]))
    }

    pub(super) fn to_decrypt(
        partition: &[u8],
        suite: AlgorithmSuite,
        context: &EncryptionContext,
        encrypted_data_keys: &[EncryptedDataKey],
    ) -> Result<Self, EncryptError> {
        let context = context.serialize()?;
        let mut keys: Vec<_> = encrypted_data_keys.iter().collect();
        keys.sort_by_key(|key| (&key.provider_id, &key.provider_info, &key.ciphertext));
        Ok(Self::of(2, partition, suite, &context, &keys))
    }

    fn of(
        direction: u8,
        partition: &[u8],
        suite: AlgorithmSuite,
        context: &[u8],
        encrypted_data_keys: &[&EncryptedDataKey],
    ) -> Self {
        let mut digest = Context::new(&SHA384);
        let mut part = |bytes: &[u8]| {
            digest.update(&(bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        };
        part(&[direction]);
        part(partition);
        part(&suite.id().to_be_bytes());
        part(context);
        for key in encrypted_data_keys {
            part(key.provider_id.as_bytes());
            part(&key.provider_info);
            part(&key.ciphertext);
        }
        let mut id = [0; 48];
        id.copy_from_slice(digest.finish().as_ref());
        Self(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> EncryptedDataKey {
        EncryptedDataKey {
            provider_id: "p".to_owned(),
            provider_info: name.into(),
            ciphertext: vec![1],
        }
    }

    #[test]
    fn everything_counts_but_the_order_of_the_keys() {
        let suite = AlgorithmSuite::default();
        let context = EncryptionContext::from([("tenant", "a")]);
        let id = |partition: &[u8], suite, context: &EncryptionContext, keys: &[_]| {
            Id::to_decrypt(partition, suite, context, keys).unwrap()
        };
        let (one, two) = (key("1"), key("2"));
        let keys = [one.clone(), two.clone()];
        let first = id(b"p", suite, &context, &keys);
        assert_eq!(first, id(b"p", suite, &context, &[two.clone(), one.clone()]));
        let signed = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
        let other = EncryptionContext::from([("tenant", "b")]);
        for differs in [
            id(b"q", suite, &context, &keys),
            id(b"p", signed, &context, &keys),
            id(b"p", suite, &other, &keys),
            id(b"p", suite, &context, &[one]),
            Id::to_encrypt(b"p", suite, &context).unwrap(),
        ] {
            assert_ne!(first, differs);
        }
    }
}
