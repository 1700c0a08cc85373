//! From data key to content key: HKDF (RFC 5869) and key commitment.
//!
//! Source: AWS Encryption SDK specification, "Algorithm suites: key derivation" and
//! "key commitment".

use aws_lc_rs::hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use zeroize::Zeroizing;

use crate::aead::{AeadKey, Backend};
use crate::scrub::{MAKING, scrubbed};
use crate::secret::DataKey;
use crate::suite::{AlgorithmSuite, Kdf};

/// Length of the commitment in the header, in bytes.
pub(crate) const COMMITMENT_LEN: usize = 32;

/// What a data key becomes for one message.
pub(crate) struct ContentKey {
    pub(crate) aead: AeadKey,
    /// For committing suites: what the header holds, or has to hold.
    pub(crate) commitment: Option<[u8; COMMITMENT_LEN]>,
}

/// Derives the content key. `None` when the data key's length is not the suite's.
pub(crate) fn content_key(
    suite: AlgorithmSuite,
    backend: Backend,
    data_key: &DataKey,
    message_id: &[u8],
) -> Option<ContentKey> {
    if data_key.len() != suite.data_key_len() {
        return None;
    }
    // The stack too holds what keys are made of.
    scrubbed::<MAKING, _>(|| derive(suite, backend, data_key.expose(), message_id))
}

fn derive(
    suite: AlgorithmSuite,
    backend: Backend,
    data_key: &[u8],
    message_id: &[u8],
) -> Option<ContentKey> {
    let id = suite.id().to_be_bytes();
    let (algorithm, salt): (_, &[u8]) = match suite.kdf() {
        Kdf::Identity => {
            let aead = AeadKey::unscrubbed(backend, data_key)?;
            return Some(ContentKey { aead, commitment: None });
        }
        // An empty salt is hash-length zero bytes (RFC 5869, section 2.2): the same HMAC key.
        Kdf::HkdfSha256 => (HMAC_SHA256, &[]),
        Kdf::HkdfSha384 => (HMAC_SHA384, &[]),
        Kdf::HkdfSha512Commit => (HMAC_SHA512, message_id),
    };
    let prk = extract(algorithm, salt, data_key);
    let mut key = Zeroizing::new([0u8; 32]);
    let key = key.get_mut(..suite.data_key_len())?;
    if suite.commits() {
        expand(&prk, &[&id, b"DERIVEKEY"], key)?;
        let mut commitment = [0; COMMITMENT_LEN];
        expand(&prk, &[b"COMMITKEY"], &mut commitment)?;
        Some(ContentKey { aead: AeadKey::unscrubbed(backend, key)?, commitment: Some(commitment) })
    } else {
        expand(&prk, &[&id, message_id], key)?;
        Some(ContentKey { aead: AeadKey::unscrubbed(backend, key)?, commitment: None })
    }
}

/// HKDF-Extract. aws-lc-rs has HKDF too, and extracts anew for every expansion: here are two.
fn extract(algorithm: hmac::Algorithm, salt: &[u8], secret: &[u8]) -> hmac::Key {
    let prk = hmac::sign(&hmac::Key::new(algorithm, salt), secret);
    hmac::Key::new(algorithm, prk.as_ref())
}

/// The first block of HKDF-Expand: no key is longer than a hash.
fn expand(prk: &hmac::Key, info: &[&[u8]], out: &mut [u8]) -> Option<()> {
    let mut block = hmac::Context::with_key(prk);
    info.iter().for_each(|part| block.update(part));
    block.update(&[1]);
    let block = block.sign();
    out.copy_from_slice(block.as_ref().get(..out.len())?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::hkdf::{self, HKDF_SHA256, HKDF_SHA384, HKDF_SHA512};

    struct Length(usize);

    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }

    #[test]
    fn as_hkdf_of_aws_lc() {
        let pairs =
            [(HMAC_SHA256, HKDF_SHA256), (HMAC_SHA384, HKDF_SHA384), (HMAC_SHA512, HKDF_SHA512)];
        for (hmac, hkdf) in pairs {
            for salt in [&[][..], &[1; 16], &[2; 32], &[3; 200]] {
                let prk = extract(hmac, salt, &[4; 32]);
                let theirs = hkdf::Salt::new(hkdf, salt).extract(&[4; 32]);
                for len in [1, 16, 24, 32] {
                    let (mut out, mut expected) = (vec![0; len], vec![0; len]);
                    expand(&prk, &[b"in", b"fo"], &mut out).unwrap();
                    let theirs = theirs.expand(&[b"info"], Length(len)).unwrap();
                    theirs.fill(&mut expected).unwrap();
                    assert_eq!(out, expected);
                }
            }
            let prk = extract(hmac, &[], &[4; 32]);
            assert!(expand(&prk, &[], &mut [0; 65]).is_none());
        }
    }
}
