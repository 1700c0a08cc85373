//! From data key to content key: HKDF (RFC 5869) and key commitment.
//!
//! Source: AWS Encryption SDK specification, "Algorithm suites: key derivation" and
//! "key commitment".

use aws_lc_rs::hkdf::{self, HKDF_SHA256, HKDF_SHA384, HKDF_SHA512};
use zeroize::Zeroizing;

use crate::aead::{AeadKey, Backend};
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
    let id = suite.id().to_be_bytes();
    let (algorithm, salt): (_, &[u8]) = match suite.kdf() {
        Kdf::Identity => {
            let aead = AeadKey::with(backend, data_key.expose())?;
            return Some(ContentKey { aead, commitment: None });
        }
        // An empty salt is hash-length zero bytes (RFC 5869, section 2.2).
        Kdf::HkdfSha256 => (HKDF_SHA256, &[]),
        Kdf::HkdfSha384 => (HKDF_SHA384, &[]),
        Kdf::HkdfSha512Commit => (HKDF_SHA512, message_id),
    };
    let prk = hkdf::Salt::new(algorithm, salt).extract(data_key.expose());
    let mut key = Zeroizing::new([0u8; 32]);
    let key = key.get_mut(..suite.data_key_len())?;
    if suite.commits() {
        expand(&prk, &[&id, b"DERIVEKEY"], key)?;
        let mut commitment = [0; COMMITMENT_LEN];
        expand(&prk, &[b"COMMITKEY"], &mut commitment)?;
        Some(ContentKey { aead: AeadKey::with(backend, key)?, commitment: Some(commitment) })
    } else {
        expand(&prk, &[&id, message_id], key)?;
        Some(ContentKey { aead: AeadKey::with(backend, key)?, commitment: None })
    }
}

fn expand(prk: &hkdf::Prk, info: &[&[u8]], out: &mut [u8]) -> Option<()> {
    prk.expand(info, Length(out.len())).ok()?.fill(out).ok()
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
