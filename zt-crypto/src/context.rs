//! The encryption context: what is bound to a message without being hidden by it.
//!
//! Source: AWS Encryption SDK specification, "Encryption context" and "AAD" of the message header.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::sync::Arc;

use crate::error::EncryptError;

/// Keys that begin with this belong to the message format, not to its users.
pub(crate) const RESERVED_PREFIX: &str = "aws-crypto-";
/// Holds the public key of signed messages.
pub(crate) const PUBLIC_KEY: &str = "aws-crypto-public-key";

/// Names and values that are stored in the open and authenticated with the message.
///
/// A message opens only under the context it was sealed with, so the context is where a message
/// says whom or what it is for (`tenant`, `table`, `purpose`). It is **not secret**: it stands in
/// the header, and in AWS CloudTrail when KMS is used.
///
/// Keys and values are at most 65,535 bytes of UTF-8 each, and together at most 65,535 bytes
/// as serialised. Keys that begin with `aws-crypto-` are reserved.
///
/// ```
/// use zt_crypto::EncryptionContext;
/// let context = EncryptionContext::from([("tenant", "a"), ("purpose", "backup")]);
/// assert_eq!(context.get("tenant"), Some("a"));
/// assert_eq!(context.len(), 2);
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct EncryptionContext {
    // A `BTreeMap` of `String`s iterates in the order of UTF-8 bytes: the order of the format.
    // Shared until it is changed: one message hands its context to several owners.
    pairs: Arc<BTreeMap<String, String>>,
}

impl EncryptionContext {
    /// An empty context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair; gives back the value that the key had before.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) -> Option<String> {
        Arc::make_mut(&mut self.pairs).insert(key.into(), value.into())
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.get(key).map(String::as_str)
    }

    /// How many pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pairs, ordered by the UTF-8 bytes of their keys.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.pairs.iter())
    }

    /// The bytes that are authenticated: nothing when empty, else a count and the sorted pairs.
    pub(crate) fn serialize(&self) -> Result<Vec<u8>, EncryptError> {
        let mut out = Vec::with_capacity(self.serialized_len()?);
        if self.pairs.is_empty() {
            return Ok(out);
        }
        out.extend_from_slice(&len16("number of pairs", self.pairs.len())?);
        for (key, value) in &*self.pairs {
            out.extend_from_slice(&len16("key", key.len())?);
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(&len16("value", value.len())?);
            out.extend_from_slice(value.as_bytes());
        }
        Ok(out)
    }

    /// How many bytes they are; an error when they are over a limit.
    fn serialized_len(&self) -> Result<usize, EncryptError> {
        let mut len = 0;
        for (key, value) in &*self.pairs {
            len16("key", key.len())?;
            len16("value", value.len())?;
            len += 2 + key.len() + 2 + value.len();
        }
        if len > 0 {
            len16("number of pairs", self.pairs.len())?;
            len += 2;
            len16("whole", len)?;
        }
        Ok(len)
    }

    /// Refuses what a caller may not put into a context.
    pub(crate) fn check_for_encrypt(&self) -> Result<(), EncryptError> {
        match self.pairs.keys().find(|key| key.starts_with(RESERVED_PREFIX)) {
            Some(key) => Err(EncryptError::ReservedContextKey(key.clone())),
            None => self.serialized_len().map(drop),
        }
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for EncryptionContext {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for EncryptionContext {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        let pairs = pairs.map(|(key, value)| (key.into(), value.into()));
        Self { pairs: Arc::new(pairs.collect()) }
    }
}

impl<'a> IntoIterator for &'a EncryptionContext {
    type Item = (&'a str, &'a str);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The pairs of an [`EncryptionContext`], ordered by the UTF-8 bytes of their keys.
#[derive(Clone, Debug)]
pub struct Iter<'a>(btree_map::Iter<'a, String, String>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

fn len16(part: &'static str, len: usize) -> Result<[u8; 2], EncryptError> {
    match u16::try_from(len) {
        Ok(len) => Ok(len.to_be_bytes()),
        Err(_) => Err(EncryptError::ContextTooLong { part, len }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_no_bytes() {
        assert!(EncryptionContext::new().serialize().unwrap().is_empty());
    }

    #[test]
    fn sorted_by_utf8_bytes() {
        // U+FF5E sorts before U+1F600 in UTF-8, after it in UTF-16.
        let context = EncryptionContext::from([("\u{1F600}", "2"), ("\u{FF5E}", "1")]);
        let keys: Vec<_> = context.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["\u{FF5E}", "\u{1F600}"]);
        assert_eq!(context.serialize().unwrap()[..2], [0, 2]);
    }

    #[test]
    fn limits() {
        let long = "k".repeat(65_536);
        let error = EncryptionContext::from([(long.as_str(), "")]).check_for_encrypt();
        assert!(matches!(error, Err(EncryptError::ContextTooLong { part: "key", len: 65_536 })));
        let half = "v".repeat(40_000);
        let both = EncryptionContext::from([("a", half.as_str()), ("b", half.as_str())]);
        assert!(matches!(
            both.check_for_encrypt(),
            Err(EncryptError::ContextTooLong { part: "whole", .. })
        ));
        let reserved = EncryptionContext::from([("aws-crypto-x", "")]);
        assert!(matches!(reserved.check_for_encrypt(), Err(EncryptError::ReservedContextKey(_))));
    }
}
