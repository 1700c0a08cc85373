//! AES-GCM in Rust alone, by the `aes-gcm` crate: no C, no assembly.
//!
//! Its keys wipe themselves. What its code puts on the stack is overwritten: copies of a key that
//! is made by `AeadKey`, and round keys for which there were not enough registers here.

use std::sync::OnceLock;

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aes::{Aes128, Aes192, Aes256};
use aes_gcm::{AeadInOut, AesGcm, KeyInit};

use super::{Aead, Iv, TAG_LEN, Tag, Unauthentic, overwrite_registers};
use crate::scrub::scrubbed;

/// A key of 16, 24 or 32 bytes; `None` for any other length.
pub(super) fn key(key: &[u8]) -> Option<Box<dyn Aead>> {
    match key.len() {
        16 => boxed::<AesGcm<Aes128, U12>>(key),
        24 => boxed::<AesGcm<Aes192, U12>>(key),
        32 => boxed::<AesGcm<Aes256, U12>>(key),
        _ => None,
    }
}

fn boxed<C>(key: &[u8]) -> Option<Box<dyn Aead>>
where
    Key<C>: Aead + 'static,
    C: KeyInit,
{
    Some(Box::new(Key(C::new_from_slice(key).ok()?)))
}

struct Key<C>(C);

/// Bytes of stack that sealing and opening take at most.
const WORKING: usize = 4 * 1024;

impl<C> Aead for Key<C>
where
    C: AeadInOut<NonceSize = U12, TagSize = aes_gcm::aead::consts::U16> + Send + Sync,
{
    fn seal(
        &self,
        iv: Iv,
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<Tag, Unauthentic> {
        let buffer = InOutBuf::new(plaintext, ciphertext).map_err(|_| Unauthentic)?;
        let seal = || self.0.encrypt_inout_detached(&iv.into(), aad, buffer);
        let sealed = scrubbed::<WORKING, _>(seal);
        sealed.map(Into::into).map_err(|_| Unauthentic)
    }

    fn seal_in_place(&self, iv: Iv, aad: &[u8], in_out: &mut [u8]) -> Result<Tag, Unauthentic> {
        let seal = || self.0.encrypt_inout_detached(&iv.into(), aad, in_out.into());
        let sealed = scrubbed::<WORKING, _>(seal);
        sealed.map(Into::into).map_err(|_| Unauthentic)
    }

    fn open(
        &self,
        iv: Iv,
        aad: &[u8],
        ciphertext: &[u8],
        tag: &Tag,
        plaintext: &mut [u8],
    ) -> Result<(), Unauthentic> {
        let buffer = InOutBuf::new(ciphertext, plaintext).map_err(|_| Unauthentic)?;
        let open = || self.0.decrypt_inout_detached(&iv.into(), aad, buffer, &(*tag).into());
        let opened = scrubbed::<WORKING, _>(open);
        opened.map_err(|_| Unauthentic)
    }

    fn open_in_place(&self, iv: Iv, aad: &[u8], in_out: &mut [u8]) -> Result<(), Unauthentic> {
        let (text, tag) = in_out.split_last_chunk_mut::<TAG_LEN>().ok_or(Unauthentic)?;
        let tag = (*tag).into();
        let open = || self.0.decrypt_inout_detached(&iv.into(), aad, text.into(), &tag);
        let opened = scrubbed::<WORKING, _>(open);
        opened.map_err(|_| Unauthentic)
    }

    fn forget(&self) {
        static ZEROS: OnceLock<Option<Box<dyn Aead>>> = OnceLock::new();
        overwrite_registers(ZEROS.get_or_init(|| key(&[0; 32])).as_deref());
    }
}
