//! AES-GCM with 12-byte nonces and 16-byte tags (NIST SP 800-38D).
//!
//! Everything the message format needs is one small trait, which three libraries implement; the
//! rest of the crate knows no cipher library. Every backend makes the same bytes.
//!
//! # Which backend is the default
//!
//! [`Backend::fastest`] looks at the CPU once. Measured on an AMD EPYC 7xx3 (VAES, no AVX-512), one
//! core, sealing frames in a buffer that stays in the cache, in GB/s (`make bench` prints them anew):
//!
//! | frame | ring | aws-lc-rs | aes-gcm |
//! |---|---|---|---|
//! | 4 KiB | 5.6 | 3.3 | 1.4 |
//! | 64 KiB | 5.2 | 3.7 | 2.1 |
//! | 1 MiB | 4.9 | 2.5 | 2.1 |
//!
//! ring has code for VAES without AVX-512, and aws-lc has none: there ring is the default. With
//! AVX-512 aws-lc has wider code than ring, and on CPUs without VAES and on other architectures the
//! two run the same instructions; there the default is aws-lc, which has every key length and
//! wipes its keys by itself. ring seals in place only: sealing from one buffer into another copies
//! first. In the cache the copy costs less than what ring gains; from memory to memory the two are
//! equal. ring passes the memory test (`tests/memory.rs`) the way it is used here.

mod aws_lc;
mod backend;
#[cfg(feature = "ring")]
mod ring;
#[cfg(feature = "rust-crypto")]
mod rust_crypto;

pub use backend::Backend;

use crate::scrub::{MAKING, scrubbed};

/// Length of a nonce in bytes.
pub(crate) const IV_LEN: usize = 12;
/// Length of an authentication tag in bytes.
pub(crate) const TAG_LEN: usize = 16;

/// A nonce.
pub(crate) type Iv = [u8; IV_LEN];
/// An authentication tag.
pub(crate) type Tag = [u8; TAG_LEN];

/// The tag did not verify, or a length was wrong. It does not say which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unauthentic;

/// What a backend does with one key, whose schedule it expands once and wipes when dropped.
trait Aead: Send + Sync {
    /// Encrypts `plaintext` into `ciphertext`, of the same length.
    fn seal(
        &self,
        iv: Iv,
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<Tag, Unauthentic>;

    /// Encrypts in place.
    fn seal_in_place(&self, iv: Iv, aad: &[u8], in_out: &mut [u8]) -> Result<Tag, Unauthentic>;

    /// Decrypts `ciphertext` into `plaintext`, of the same length. What `plaintext` holds after a
    /// failure is not said.
    fn open(
        &self,
        iv: Iv,
        aad: &[u8],
        ciphertext: &[u8],
        tag: &Tag,
        plaintext: &mut [u8],
    ) -> Result<(), Unauthentic>;

    /// Decrypts in place. `in_out` ends with the tag; what it holds after a failure is not said.
    fn open_in_place(&self, iv: Iv, aad: &[u8], in_out: &mut [u8]) -> Result<(), Unauthentic>;

    /// Works with a key of zeros, see [`AeadKey::forget`].
    fn forget(&self);
}

/// What [`Aead::forget`] does: long enough that the code for long inputs runs.
fn overwrite_registers(zeros: Option<&(impl Aead + ?Sized)>) {
    let mut buffer = [0; 512];
    if let Some(zeros) = zeros {
        // Nothing secret: the key is known.
        std::hint::black_box(zeros.seal_in_place([0; IV_LEN], &[], &mut buffer)).ok();
    }
}

/// An AES-GCM key with its schedule expanded once, wiped when dropped.
pub(crate) struct AeadKey(Box<dyn Aead>);

impl AeadKey {
    /// A key of 16, 24 or 32 bytes for the default backend; `None` for any other length.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        Self::with(Backend::fastest(), key)
    }

    /// A key of 16, 24 or 32 bytes; `None` for any other length.
    ///
    /// ring has no AES-192: such keys go to aws-lc whatever the backend is.
    pub(crate) fn with(backend: Backend, key: &[u8]) -> Option<Self> {
        scrubbed::<MAKING, _>(|| Self::unscrubbed(backend, key))
    }

    /// As [`AeadKey::with`], for callers that overwrite the stack themselves: see [`crate::scrub`].
    pub(crate) fn unscrubbed(backend: Backend, key: &[u8]) -> Option<Self> {
        let key: Box<dyn Aead> = match (backend, key.len()) {
            #[cfg(feature = "ring")]
            (Backend::Ring, 16 | 32) => Box::new(ring::Key::new(key)?),
            #[cfg(feature = "rust-crypto")]
            (Backend::RustCrypto, _) => rust_crypto::key(key)?,
            _ => Box::new(aws_lc::Key::new(key)?),
        };
        Some(Self(key))
    }

    /// Encrypts `plaintext` into `ciphertext` (of the same length) and writes the tag.
    ///
    /// The nonce must never have been used with this key before.
    pub(crate) fn seal(
        &self,
        iv: Iv,
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Unauthentic> {
        if plaintext.len() != ciphertext.len() || tag.len() != TAG_LEN {
            return Err(Unauthentic);
        }
        tag.copy_from_slice(&self.0.seal(iv, aad, plaintext, ciphertext)?);
        Ok(())
    }

    /// Encrypts in place, and gives back the tag.
    ///
    /// The nonce must never have been used with this key before.
    pub(crate) fn seal_in_place(
        &self,
        iv: Iv,
        aad: &[u8],
        in_out: &mut [u8],
    ) -> Result<Tag, Unauthentic> {
        self.0.seal_in_place(iv, aad, in_out)
    }

    /// Decrypts `ciphertext` into `plaintext` (of the same length) when the tag is right.
    ///
    /// On failure `plaintext` holds zeros.
    pub(crate) fn open(
        &self,
        iv: Iv,
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
        plaintext: &mut [u8],
    ) -> Result<(), Unauthentic> {
        let opened = match tag.try_into() {
            Ok(tag) if plaintext.len() == ciphertext.len() => {
                self.0.open(iv, aad, ciphertext, tag, plaintext)
            }
            _ => Err(Unauthentic),
        };
        opened.inspect_err(|_| plaintext.fill(0))
    }

    /// Decrypts in place when the tag, which `in_out` ends with, is right.
    ///
    /// On failure `in_out` holds zeros.
    pub(crate) fn open_in_place(
        &self,
        iv: Iv,
        aad: &[u8],
        in_out: &mut [u8],
    ) -> Result<(), Unauthentic> {
        self.0.open_in_place(iv, aad, in_out).inspect_err(|_| in_out.fill(0))
    }

    /// Overwrites what the last use left of the key in the CPU's vector registers. Whoever next
    /// saves registers would put it into memory: the dynamic loader, when it first finds a function,
    /// does. Dropping a key does this; call it where the key lives on.
    pub(crate) fn forget(&self) {
        self.0.forget();
    }
}

impl Drop for AeadKey {
    fn drop(&mut self) {
        self.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AAD: &[u8] = b"what the message is bound to";

    fn sealed(backend: Backend, key: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let key = AeadKey::with(backend, key).unwrap();
        let mut out = vec![0; plaintext.len() + TAG_LEN];
        let (ciphertext, tag) = out.split_at_mut(plaintext.len());
        key.seal([3; IV_LEN], AAD, plaintext, ciphertext, tag).unwrap();
        let mut in_place = plaintext.to_vec();
        let tag = key.seal_in_place([3; IV_LEN], AAD, &mut in_place).unwrap();
        in_place.extend_from_slice(&tag);
        assert_eq!(out, in_place);
        out
    }

    #[test]
    fn every_backend_makes_and_reads_the_same_bytes() {
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for key_len in [16, 24, 32] {
            let key = &bytes[..key_len];
            for len in (0..70).chain([255, 256, 257, 4095, 4096, 4097, 5000]) {
                let plaintext = &bytes[..len];
                let expected = sealed(Backend::AwsLc, key, plaintext);
                for &backend in Backend::ALL {
                    assert_eq!(sealed(backend, key, plaintext), expected, "{backend} {len}");
                    let key = AeadKey::with(backend, key).unwrap();
                    let (ciphertext, tag) = expected.split_at(len);
                    let mut opened = vec![0; len];
                    key.open([3; IV_LEN], AAD, ciphertext, tag, &mut opened).unwrap();
                    assert_eq!(opened, plaintext);
                    let mut in_place = expected.clone();
                    key.open_in_place([3; IV_LEN], AAD, &mut in_place).unwrap();
                    assert_eq!(in_place[..len], *plaintext);
                }
            }
        }
    }

    #[test]
    fn every_backend_refuses_what_was_altered_and_leaves_zeros() {
        for &backend in Backend::ALL {
            for key in [&[7; 16][..], &[7; 24], &[7; 32]] {
                let sealed = sealed(backend, key, &[1; 100]);
                let key = AeadKey::with(backend, key).unwrap();
                for index in 0..sealed.len() {
                    let mut altered = sealed.clone();
                    altered[index] ^= 1;
                    let (ciphertext, tag) = altered.split_at(100);
                    let mut plaintext = [9; 100];
                    key.open([3; IV_LEN], AAD, ciphertext, tag, &mut plaintext).unwrap_err();
                    assert_eq!(plaintext, [0; 100]);
                    key.open_in_place([3; IV_LEN], AAD, &mut altered).unwrap_err();
                    assert_eq!(altered, [0; 116]);
                }
                let (ciphertext, tag) = sealed.split_at(100);
                let mut out = [0; 100];
                key.open([4; IV_LEN], AAD, ciphertext, tag, &mut out).unwrap_err();
                key.open([3; IV_LEN], b"", ciphertext, tag, &mut out).unwrap_err();
                key.open([3; IV_LEN], AAD, ciphertext, &tag[..15], &mut out).unwrap_err();
                key.open([3; IV_LEN], AAD, ciphertext, tag, &mut out[..99]).unwrap_err();
                key.open_in_place([3; IV_LEN], AAD, &mut [0; 15]).unwrap_err();
            }
        }
    }

    #[test]
    fn keys_of_other_lengths_are_refused() {
        for &backend in Backend::ALL {
            for len in [0, 15, 17, 31, 33, 64] {
                assert!(AeadKey::with(backend, &vec![0; len]).is_none(), "{backend} {len}");
            }
        }
    }
}
