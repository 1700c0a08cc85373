//! AES-GCM by aws-lc. It seals and opens from one buffer into another in one pass, and overwrites
//! what it frees.

use std::sync::OnceLock;

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{Aead, Iv, TAG_LEN, Tag, Unauthentic, overwrite_registers};

pub(super) struct Key(LessSafeKey);

impl Key {
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        let algorithm = match key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return None,
        };
        UnboundKey::new(algorithm, key).ok().map(|key| Self(LessSafeKey::new(key)))
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
        let mut tag = [0; TAG_LEN];
        let nonce = Nonce::assume_unique_for_key(iv);
        let aad = Aad::from(aad);
        self.0
            .seal_out_of_place_scatter(nonce, aad, plaintext, ciphertext, &[], &mut tag)
            .map_err(|_| Unauthentic)?;
        Ok(tag)
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
        let nonce = Nonce::assume_unique_for_key(iv);
        self.0
            .open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, plaintext)
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
