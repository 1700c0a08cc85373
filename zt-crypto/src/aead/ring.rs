//! AES-GCM by ring: the fastest where a CPU has VAES but no AVX-512.
//!
//! ring does not wipe its keys. The key therefore stays in one place on the heap from the moment it
//! is made, `AeadKey` overwrites the stack it was made on, and on drop it is overwritten by another
//! key.

use std::sync::OnceLock;

use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{Aead, Iv, Tag, Unauthentic, overwrite_registers};
use crate::copy::copy;

pub(super) struct Key(Box<LessSafeKey>);

impl Key {
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        let algorithm = match key.len() {
            16 => &AES_128_GCM,
            32 => &AES_256_GCM,
            _ => return None,
        };
        Some(Self(Box::new(LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?))))
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let algorithm = self.0.algorithm();
        let zeros = [0; 32];
        if let Some(key) = zeros.get(..algorithm.key_len())
            && let Ok(key) = UnboundKey::new(algorithm, key)
        {
            *self.0 = LessSafeKey::new(key);
            // Or the compiler may see that nobody reads what was written.
            std::hint::black_box(&mut self.0);
        }
    }
}

impl Aead for Key {
    fn seal(
        &self,
        iv: Iv,
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<Tag, Unauthentic> {
        // The lengths are the same: `AeadKey` sees to it.
        copy(plaintext, ciphertext);
        self.seal_in_place(iv, aad, ciphertext)
    }

    fn seal_in_place(&self, iv: Iv, aad: &[u8], in_out: &mut [u8]) -> Result<Tag, Unauthentic> {
        let nonce = Nonce::assume_unique_for_key(iv);
        let sealed = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), in_out);
        sealed.ok().and_then(|tag| tag.as_ref().try_into().ok()).ok_or(Unauthentic)
    }

    fn open(
        &self,
        iv: Iv,
        aad: &[u8],
        ciphertext: &[u8],
        tag: &Tag,
        plaintext: &mut [u8],
    ) -> Result<(), Unauthentic> {
        copy(ciphertext, plaintext);
        let nonce = Nonce::assume_unique_for_key(iv);
        self.0
            .open_in_place_separate_tag(nonce, Aad::from(aad), (*tag).into(), plaintext, 0..)
            .map(drop)
            .map_err(|_| Unauthentic)
    }

    fn open_in_place(&self, iv: Iv, aad: &[u8], in_out: &mut [u8]) -> Result<(), Unauthentic> {
        let nonce = Nonce::assume_unique_for_key(iv);
        self.0.open_in_place(nonce, Aad::from(aad), in_out).map(drop).map_err(|_| Unauthentic)
    }

    fn forget(&self) {
        static ZEROS: OnceLock<Option<Key>> = OnceLock::new();
        overwrite_registers(ZEROS.get_or_init(|| Self::new(&[0; 32])).as_ref());
    }
}
