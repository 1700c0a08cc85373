//! AES-GCM with 12-byte nonces and 16-byte tags (NIST SP 800-38D), out of place.
//!
//! Everything the message format needs is two calls; the rest of the crate knows no cipher library.

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Length of a nonce in bytes.
pub(crate) const IV_LEN: usize = 12;
/// Length of an authentication tag in bytes.
pub(crate) const TAG_LEN: usize = 16;

/// The tag did not verify, or a length was wrong. It does not say which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unauthentic;

/// An AES-GCM key with its schedule expanded once. aws-lc wipes it when it is freed.
pub(crate) struct AeadKey(LessSafeKey);

impl AeadKey {
    /// A key of 16, 24 or 32 bytes; `None` for any other length.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        let algorithm = match key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return None,
        };
        UnboundKey::new(algorithm, key).ok().map(|key| Self(LessSafeKey::new(key)))
    }

    /// Encrypts `plaintext` into `ciphertext` (of the same length) and writes the tag.
    ///
    /// The nonce must never have been used with this key before.
    pub(crate) fn seal(
        &self,
        iv: [u8; IV_LEN],
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Unauthentic> {
        let nonce = Nonce::assume_unique_for_key(iv);
        self.0
            .seal_out_of_place_scatter(nonce, Aad::from(aad), plaintext, ciphertext, &[], tag)
            .map_err(|_| Unauthentic)
    }

    /// Decrypts `ciphertext` into `plaintext` (of the same length) when the tag is right.
    ///
    /// On failure `plaintext` holds no plaintext.
    pub(crate) fn open(
        &self,
        iv: [u8; IV_LEN],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
        plaintext: &mut [u8],
    ) -> Result<(), Unauthentic> {
        let nonce = Nonce::assume_unique_for_key(iv);
        let opened = self.0.open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, plaintext);
        opened.map_err(|_| {
            plaintext.fill(0);
            Unauthentic
        })
    }
}
