//! Plaintext in, message out, in pieces of any size.

use zeroize::Zeroizing;

use crate::body::{FINAL_OVERHEAD, REGULAR_OVERHEAD};
use crate::engine::{Chunks, Run};
use crate::error::{EncryptError, Error};
use crate::message::Sealer;
use crate::runs::SealRuns;
use crate::secret::Plaintext;

/// Seals one message from plaintext that arrives piece by piece. It knows bytes, not transports.
///
/// However the plaintext is cut, the message is the same for the same key and message id. It holds
/// back at most one frame.
///
/// ```
/// use zt_crypto::{Client, EncryptionContext, RawAesKeyring};
/// let client = Client::builder(RawAesKeyring::new("my-app", "k", &[7; 32])?).build()?;
/// let mut encryptor = client.encryptor(&EncryptionContext::new())?;
/// let mut message = Vec::new();
/// encryptor.push(b"sec", &mut message)?;
/// encryptor.push(b"ret", &mut message)?;
/// encryptor.finish(&mut message)?;
/// assert_eq!(client.decrypt(&message, &EncryptionContext::new())?.plaintext.as_slice(), b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Debug)]
pub struct Encryptor {
    sealer: Sealer,
    /// Plaintext that may belong to the final frame.
    held: Zeroizing<Vec<u8>>,
    /// Number of the next frame.
    sequence: u32,
    header_written: bool,
}

impl Encryptor {
    pub(crate) fn new(sealer: Sealer) -> Self {
        // A frame is seldom longer; where it is, the buffer grows with what arrives.
        let held = Zeroizing::new(Vec::with_capacity(sealer.frame_length.min(1 << 20)));
        Self { sealer, held, sequence: 1, header_written: false }
    }

    /// Takes plaintext, and appends what is ready of the message to `out`. Large pieces are worked
    /// on by several threads.
    ///
    /// # Errors
    /// [`EncryptError::TooLong`] when the frames are more than the format can count, or the
    /// plaintext is longer than was announced.
    pub fn push(&mut self, mut plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), EncryptError> {
        self.sealer.bound.spend(plaintext.len())?;
        self.write_header(out);
        let frame_length = self.sealer.frame_length;
        if !self.held.is_empty() {
            let missing = frame_length.saturating_sub(self.held.len()).min(plaintext.len());
            let (first, rest) = plaintext.split_at_checked(missing).unwrap_or((plaintext, &[]));
            self.held.extend_from_slice(first);
            plaintext = rest;
            // A full frame is held until it is known not to be the final one.
            if plaintext.is_empty() {
                return Ok(());
            }
            let mut held = std::mem::take(&mut self.held);
            self.seal_regulars(&held, out)?;
            held.clear();
            self.held = held;
        }
        let regular = plaintext.len().saturating_sub(1) / frame_length * frame_length;
        let (frames, rest) = plaintext.split_at_checked(regular).unwrap_or((plaintext, &[]));
        self.seal_regulars(frames, out)?;
        self.held.extend_from_slice(rest);
        Ok(())
    }

    /// Appends the end of the message to `out`.
    ///
    /// # Errors
    /// [`EncryptError::TooLong`]; for suites that sign, when the operating system gives no random
    /// bytes.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.write_header(out);
        let start = out.len();
        let (key, held) = (&self.sealer.key, &self.held);
        out.reserve(held.len() + FINAL_OVERHEAD);
        if key.append_final(self.sequence, held, out).is_err() {
            out.truncate(start);
            return Err(self.too_long().into());
        }
        self.sign(out, start);
        if let Some(signer) = self.sealer.signer {
            out.extend_from_slice(&signer.finish()?);
        }
        Ok(())
    }

    /// How its plaintext is best cut.
    pub(crate) fn chunks(&self) -> Chunks {
        let Sealer { engine, frame_length, signer, .. } = &self.sealer;
        engine.chunks(*frame_length, self.held.len(), signer.is_some())
    }

    /// What may be sealed apart from this, where more than one thread may: no more than the plaintext
    /// that is held back, which comes first. Messages that sign are sealed here, in order.
    pub(crate) fn runs(&mut self) -> Option<(SealRuns<'_>, Plaintext)> {
        if !self.header_written || self.sealer.signer.is_some() {
            return None;
        }
        let held = Plaintext::from(std::mem::take(&mut *self.held));
        let Sealer { key, frame_length, bound, .. } = &mut self.sealer;
        bound.refund(held.len());
        let (frame_length, sequence) = (*frame_length, &mut self.sequence);
        Some((SealRuns { key, frame_length, sequence, bound }, held))
    }

    /// Feeds what was appended to `out` since `start` to the signature.
    fn sign(&mut self, out: &[u8], start: usize) {
        if let Some(signer) = &mut self.sealer.signer {
            signer.update(out.get(start..).unwrap_or_default());
        }
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if !self.header_written {
            let start = out.len();
            out.extend_from_slice(&self.sealer.header);
            self.sign(out, start);
            self.header_written = true;
        }
    }

    /// Appends whole regular frames; nothing when that fails.
    fn seal_regulars(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), EncryptError> {
        let Sealer { key, frame_length, engine, signer, .. } = &mut self.sealer;
        let count = plaintext.len() / *frame_length;
        let next = u32::try_from(count).ok().and_then(|count| self.sequence.checked_add(count));
        let Some(next) = next else { return Err(self.too_long()) };
        let start = out.len();
        let run = Run { first: self.sequence, frame_length: *frame_length };
        let sealed_len = plaintext.len() + count * REGULAR_OVERHEAD;
        let alone = engine.threads_for(plaintext.len()) == 1;
        let sealed = if alone {
            out.reserve(sealed_len);
            key.append_run(run, plaintext, out)
        } else {
            out.resize(start + sealed_len, 0);
            let out = out.get_mut(start..).unwrap_or_default();
            engine.seal_run(key, run, plaintext, out, signer.as_mut())
        };
        if sealed.is_err() {
            out.truncate(start);
            return Err(self.too_long());
        }
        if alone {
            self.sign(out, start);
        }
        self.sequence = next;
        Ok(())
    }

    fn too_long(&self) -> EncryptError {
        let frame = self.sealer.frame_length as u64;
        EncryptError::TooLong { limit: u64::from(u32::MAX).saturating_mul(frame) }
    }
}
