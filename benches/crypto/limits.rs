//! What the libraries do by themselves: AES-256-GCM over frames, and the cost of a signature.

use std::hint::black_box;

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use anyhow::{Result, anyhow};
use aws_lc_rs::aead as lc;
use aws_lc_rs::digest::{SHA384, digest};
use aws_lc_rs::encoding::{AsBigEndian, EcPublicKeyCompressedBin};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
};
use ring::aead as ring;

use crate::timing::time;

/// A key of one of the three libraries.
pub(crate) enum Raw {
    Ring(Box<ring::LessSafeKey>),
    AwsLc(lc::LessSafeKey),
    RustCrypto(Box<Aes256Gcm>),
}

/// As long as the data that a frame of a message is bound to.
const AAD: [u8; 72] = [9; 72];

impl Raw {
    pub(crate) fn all(key: &[u8; 32]) -> Vec<Self> {
        let ring = ring::UnboundKey::new(&ring::AES_256_GCM, key).map(ring::LessSafeKey::new);
        let aws_lc = lc::UnboundKey::new(&lc::AES_256_GCM, key).map(lc::LessSafeKey::new);
        let rust = Self::RustCrypto(Box::new(Aes256Gcm::new(key.into())));
        let ring = ring.ok().map(|key| Self::Ring(Box::new(key)));
        ring.into_iter().chain(aws_lc.ok().map(Self::AwsLc)).chain([rust]).collect()
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ring(_) => "ring",
            Self::AwsLc(_) => "aws-lc-rs",
            Self::RustCrypto(_) => "aes-gcm",
        }
    }

    /// Seals and opens one frame in place, over and over, on so many threads: nothing but the
    /// cipher.
    pub(crate) fn in_place(&self, len: usize, frame: usize, threads: usize) -> Result<(f64, f64)> {
        let count = len / frame / threads;
        let mut buffers = vec![vec![1; frame]; threads];
        let seal = time(|| {
            share(buffers.iter_mut(), |buffer| {
                (0..count).try_for_each(|number| {
                    black_box(self.seal(iv(number), buffer)?);
                    Ok(())
                })
            })
        })?;
        let mut message = vec![1; frame];
        let tag = self.seal(iv(0), &mut message)?;
        message.extend_from_slice(&tag);
        let mut messages = vec![message; threads];
        // The first opening is right; those after it open what is no ciphertext, which takes as
        // long: the tag is compared at the end.
        let open = time(|| {
            share(messages.iter_mut(), |message| {
                (0..count).for_each(|_| {
                    black_box(self.open(iv(0), message));
                });
                Ok(())
            })
        })?;
        Ok((seal, open))
    }

    /// Seals and opens frames from one buffer into another, on so many threads.
    pub(crate) fn buffer_to_buffer(
        &self,
        from: &[u8],
        buffers: &mut Buffers,
        frame: usize,
        threads: usize,
    ) -> Result<(f64, f64)> {
        let Buffers { sealed, opened, tags } = buffers;
        let part = (from.len() / frame).div_ceil(threads) * frame;
        tags.resize(from.len() / frame, [0; 16]);
        let seal = time(|| {
            let parts = from.chunks(part).zip(sealed.chunks_mut(part));
            share(parts.zip(tags.chunks_mut(part / frame)), |((from, to), tags)| {
                let frames = from.chunks(frame).zip(to.chunks_mut(frame)).zip(tags);
                for (number, ((from, to), tag)) in frames.enumerate() {
                    *tag = self.seal_to(iv(number), from, to)?;
                }
                Ok(())
            })
        })?;
        let open = time(|| {
            let parts = sealed.chunks(part).zip(opened.chunks_mut(part));
            share(parts.zip(tags.chunks(part / frame)), |((from, to), tags)| {
                let frames = from.chunks(frame).zip(to.chunks_mut(frame)).zip(tags);
                for (number, ((from, to), tag)) in frames.enumerate() {
                    self.open_to(iv(number), from, tag, to)?;
                }
                Ok(())
            })
        })?;
        Ok((seal, open))
    }

    fn seal(&self, iv: [u8; 12], buffer: &mut [u8]) -> Result<[u8; 16]> {
        match self {
            Self::Ring(key) => {
                let nonce = ring::Nonce::assume_unique_for_key(iv);
                let tag = key.seal_in_place_separate_tag(nonce, ring::Aad::from(AAD), buffer);
                Ok(tag.map_err(|_| failed())?.as_ref().try_into()?)
            }
            Self::AwsLc(key) => {
                let nonce = lc::Nonce::assume_unique_for_key(iv);
                let tag = key.seal_in_place_separate_tag(nonce, lc::Aad::from(AAD), buffer);
                Ok(tag.map_err(|_| failed())?.as_ref().try_into()?)
            }
            Self::RustCrypto(key) => {
                let tag = key.encrypt_inout_detached(&iv.into(), &AAD, buffer.into());
                Ok(tag.map_err(|_| failed())?.into())
            }
        }
    }

    fn seal_to(&self, iv: [u8; 12], from: &[u8], to: &mut [u8]) -> Result<[u8; 16]> {
        match self {
            Self::Ring(_) => {
                to.copy_from_slice(from);
                self.seal(iv, to)
            }
            Self::AwsLc(key) => {
                let (nonce, aad) = (lc::Nonce::assume_unique_for_key(iv), lc::Aad::from(AAD));
                let mut tag = [0; 16];
                key.seal_out_of_place_scatter(nonce, aad, from, to, &[], &mut tag)
                    .map_err(|_| failed())?;
                Ok(tag)
            }
            Self::RustCrypto(key) => {
                let buffer = InOutBuf::new(from, to).map_err(|_| failed())?;
                let tag = key.encrypt_inout_detached(&iv.into(), &AAD, buffer);
                Ok(tag.map_err(|_| failed())?.into())
            }
        }
    }

    /// Whether it was authentic. `buffer` ends with the tag.
    fn open(&self, iv: [u8; 12], buffer: &mut [u8]) -> bool {
        match self {
            Self::Ring(key) => {
                let nonce = ring::Nonce::assume_unique_for_key(iv);
                key.open_in_place(nonce, ring::Aad::from(AAD), buffer).is_ok()
            }
            Self::AwsLc(key) => {
                let nonce = lc::Nonce::assume_unique_for_key(iv);
                key.open_in_place(nonce, lc::Aad::from(AAD), buffer).is_ok()
            }
            Self::RustCrypto(key) => {
                buffer.split_last_chunk_mut::<16>().is_some_and(|(text, tag)| {
                    key.decrypt_inout_detached(&iv.into(), &AAD, text.into(), &(*tag).into())
                        .is_ok()
                })
            }
        }
    }

    fn open_to(&self, iv: [u8; 12], from: &[u8], tag: &[u8; 16], to: &mut [u8]) -> Result<()> {
        match self {
            Self::Ring(key) => {
                to.copy_from_slice(from);
                let nonce = ring::Nonce::assume_unique_for_key(iv);
                key.open_in_place_separate_tag(nonce, ring::Aad::from(AAD), (*tag).into(), to, 0..)
                    .map_err(|_| failed())?;
            }
            Self::AwsLc(key) => {
                let (nonce, aad) = (lc::Nonce::assume_unique_for_key(iv), lc::Aad::from(AAD));
                key.open_separate_gather(nonce, aad, from, tag, to).map_err(|_| failed())?;
            }
            Self::RustCrypto(key) => {
                let buffer = InOutBuf::new(from, to).map_err(|_| failed())?;
                key.decrypt_inout_detached(&iv.into(), &AAD, buffer, &(*tag).into())
                    .map_err(|_| failed())?;
            }
        }
        Ok(())
    }
}

/// What one call from buffer to buffer writes. Used again, so that its memory is there already.
pub(crate) struct Buffers {
    sealed: Vec<u8>,
    opened: Vec<u8>,
    tags: Vec<[u8; 16]>,
}

impl Buffers {
    pub(crate) fn new(len: usize) -> Self {
        Self { sealed: vec![0; len], opened: vec![0; len], tags: Vec::new() }
    }
}

/// Does every part on a thread of its own, the last one on the caller's.
fn share<P: Send>(
    parts: impl Iterator<Item = P>,
    work: impl Fn(P) -> Result<()> + Sync,
) -> Result<()> {
    let mut parts: Vec<P> = parts.collect();
    let Some(last) = parts.pop() else { return Ok(()) };
    let work = &work;
    std::thread::scope(|scope| {
        let others: Vec<_> =
            parts.into_iter().map(|part| scope.spawn(move || work(part))).collect();
        work(last)?;
        others.into_iter().try_for_each(|other| other.join().map_err(|_| failed())?)
    })
}

/// What signing costs alone: hashing a message, making a key pair and a signature; hashing it,
/// reading the public key as the format writes it or as it is, and verifying.
pub(crate) fn signing(message: &[u8], calls: i32, compressed: bool) -> Result<(f64, f64)> {
    let algorithm = &ECDSA_P384_SHA384_ASN1_SIGNING;
    let pair = EcdsaKeyPair::generate(algorithm)?;
    let signature = pair.sign_digest(&digest(&SHA384, message))?;
    let sign = time(|| {
        (0..calls).try_for_each(|_| {
            let pair = EcdsaKeyPair::generate(algorithm)?;
            black_box(pair.sign_digest(&digest(&SHA384, message))?);
            Ok(())
        })
    })?;
    let short: EcPublicKeyCompressedBin<'_> = pair.public_key().as_be_bytes()?;
    let public = if compressed { short.as_ref() } else { pair.public_key().as_ref() };
    let verify = time(|| {
        (0..calls).try_for_each(|_| {
            let key = ParsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, public)?;
            key.verify_digest_sig(&digest(&SHA384, message), signature.as_ref())?;
            Ok(())
        })
    })?;
    Ok((sign, verify))
}

fn iv(number: usize) -> [u8; 12] {
    let mut iv = [0; 12];
    iv.iter_mut().zip((number as u64).to_be_bytes()).for_each(|(to, from)| *to = from);
    iv
}

fn failed() -> anyhow::Error {
    anyhow!("a library failed")
}
