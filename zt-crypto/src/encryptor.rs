//! Plaintext in, message out, in pieces of any size.

use zeroize::Zeroizing;

use crate::body::{FINAL_OVERHEAD, REGULAR_OVERHEAD};
use crate::error::{EncryptError, Error};
use crate::message::Sealer;

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

    /// Takes plaintext, and appends what is ready of the message to `out`.
    ///
    /// # Errors
    /// [`EncryptError::TooLong`] when the frames are more than the format can count, or the
    /// plaintext is longer than was announced.
    pub fn push(&mut self, mut plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), EncryptError> {
        self.sealer.spend(plaintext.len())?;
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
            self.seal_regular(&held, out)?;
            held.clear();
            self.held = held;
        }
        while plaintext.len() > frame_length {
            let (frame, rest) =
                plaintext.split_at_checked(frame_length).unwrap_or((plaintext, &[]));
            self.seal_regular(frame, out)?;
            plaintext = rest;
        }
        self.held.extend_from_slice(plaintext);
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
        append(out, held.len() + FINAL_OVERHEAD, |frame| {
            key.seal_final(self.sequence, held, frame).ok()
        })
        .ok_or_else(|| self.too_long())?;
        self.sign(out, start);
        if let Some(signer) = self.sealer.signer {
            out.extend_from_slice(&signer.finish()?);
        }
        Ok(())
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

    fn seal_regular(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), EncryptError> {
        let next = self.sequence.checked_add(1).ok_or_else(|| self.too_long())?;
        let start = out.len();
        append(out, plaintext.len() + REGULAR_OVERHEAD, |frame| {
            self.sealer.key.seal_regular(self.sequence, plaintext, frame).ok()
        })
        .ok_or_else(|| self.too_long())?;
        self.sign(out, start);
        self.sequence = next;
        Ok(())
    }

    fn too_long(&self) -> EncryptError {
        let frame = self.sealer.frame_length as u64;
        EncryptError::TooLong { limit: u64::from(u32::MAX).saturating_mul(frame) }
    }
}

/// Appends `len` bytes that `write` fills; nothing when it fails.
fn append(
    out: &mut Vec<u8>,
    len: usize,
    write: impl FnOnce(&mut [u8]) -> Option<()>,
) -> Option<()> {
    let start = out.len();
    out.resize(start + len, 0);
    let written = out.get_mut(start..).and_then(write);
    if written.is_none() {
        out.truncate(start);
    }
    written
}
