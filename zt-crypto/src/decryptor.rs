//! Message in, plaintext out, in pieces of any size.

use crate::body::{PieceHead, REGULAR_OVERHEAD, count_regular};
use crate::context::EncryptionContext;
use crate::engine::{Chunks, Run};
use crate::error::{DecryptError, Malformed, Truncated};
use crate::header::{ContentType, Header, HeaderParser};
use crate::message::Opener;
use crate::secret::Plaintext;
use crate::signature::Verifier;
use crate::suite::AlgorithmSuite;

/// Finds the header at the start of a message that arrives piece by piece.
///
/// ```
/// use zt_crypto::{Client, EncryptionContext, HeaderReader, RawAesKeyring};
/// let client = Client::builder(RawAesKeyring::new("my-app", "k", &[7; 32])?).build()?;
/// let message = client.encrypt(b"secret", &EncryptionContext::from([("tenant", "a")]))?;
/// let mut reader = HeaderReader::new(None);
/// let mut pieces = message.chunks(7);
/// let (header, rest) = loop {
///     if let Some(found) = reader.push(pieces.next().unwrap_or_default())? {
///         break found;
///     }
/// };
/// assert_eq!(header.encryption_context().get("tenant"), Some("a"));
/// assert!(rest.len() < 7); // what was pushed and does not belong to the header
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Debug)]
pub struct HeaderReader {
    parser: HeaderParser,
    seen: Vec<u8>,
}

impl HeaderReader {
    /// A reader that refuses headers with more encrypted data keys than this; `None` for no limit.
    #[must_use]
    pub fn new(max_encrypted_data_keys: Option<u16>) -> Self {
        Self { parser: HeaderParser::new(max_encrypted_data_keys), seen: Vec::new() }
    }

    /// Takes bytes of the message. Once the header is whole, gives it back with what follows it.
    ///
    /// # Errors
    /// When this is not a message, or its header is malformed or over the limit.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<(Header, Vec<u8>)>, DecryptError> {
        self.seen.extend_from_slice(bytes);
        let Some(header) = self.parser.advance(&self.seen)? else { return Ok(None) };
        let rest = self.seen.split_off(header.len.min(self.seen.len()));
        Ok(Some((header, rest)))
    }

    /// The error for a message that ends before its header does.
    #[must_use]
    pub fn cut_off(&self) -> DecryptError {
        match self.seen.len() {
            0 => crate::error::NotAMessage::error(None),
            len => Truncated::error("header", len as u64),
        }
    }
}

/// Opens one message that arrives piece by piece. It knows bytes, not transports.
///
/// Each frame is released once it is authentic. Whether the message was **whole** is known only
/// after [`Decryptor::finish`]: until then, what was released may be cut short.
///
/// The plaintext of a **signed** message is held back, in memory, until the signature at its end
/// has been verified; [`Decryptor::release_unverified_plaintext`] changes that.
#[derive(Debug)]
pub struct Decryptor {
    opener: Opener,
    /// The start of a piece that is not whole yet.
    held: Vec<u8>,
    sequence: u32,
    /// Where the piece begins, in bytes from the start of the message.
    offset: u64,
    /// The last frame has been opened.
    body_done: bool,
    /// So has the footer, if there is one.
    done: bool,
    verifier: Option<Verifier>,
    release_unverified: bool,
    /// Plaintext that waits for the signature.
    unverified: Plaintext,
    failed: Option<DecryptError>,
}

impl Decryptor {
    pub(crate) fn new(opener: Opener) -> Self {
        let offset = opener.header.len as u64;
        let mut verifier = opener.verifier.clone();
        if let Some(verifier) = &mut verifier {
            verifier.update(&opener.header.bytes());
        }
        Self {
            opener,
            held: Vec::new(),
            sequence: 1,
            offset,
            body_done: false,
            done: false,
            verifier,
            release_unverified: false,
            unverified: Plaintext::default(),
            failed: None,
        }
    }

    /// Releases the plaintext of a signed message before its signature has been verified, all but
    /// that of the last frame. It is authentic under the data key, but whoever may decrypt the
    /// message could have written it.
    ///
    /// For sinks that can take back what they were given, such as a temporary file. **Undo what
    /// was done with the plaintext when [`Decryptor::push`] or [`Decryptor::finish`] fails.**
    #[must_use]
    pub fn release_unverified_plaintext(mut self) -> Self {
        self.release_unverified = true;
        self
    }

    /// The encryption context of the message, authenticated.
    #[must_use]
    pub fn encryption_context(&self) -> &EncryptionContext {
        self.opener.encryption_context()
    }

    /// The algorithm suite of the message.
    #[must_use]
    pub fn algorithm_suite(&self) -> AlgorithmSuite {
        self.opener.algorithm_suite()
    }

    /// How the rest of the message is best cut.
    pub(crate) fn chunks(&self) -> Chunks {
        let Opener { header, engine, .. } = &self.opener;
        let frame = match header.content_type {
            ContentType::Framed(len) => usize::try_from(len).unwrap_or(usize::MAX),
            ContentType::Unframed => 0,
        };
        let sealed = if frame == 0 { 0 } else { frame.saturating_add(REGULAR_OVERHEAD) };
        engine.chunks(sealed, self.held.len(), self.verifier.is_some())
    }

    pub(crate) fn header_len(&self) -> u64 {
        self.opener.header.len as u64
    }

    /// Takes bytes of the body, and appends the plaintext that is authentic to `out`.
    ///
    /// # Errors
    /// [`DecryptError::NotAuthentic`], or that the body is malformed. Every later call fails alike.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), DecryptError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.try_push(bytes, out).inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// Says whether the message was whole.
    ///
    /// # Errors
    /// [`DecryptError::Truncated`] when it was not; or the error of an earlier `push`.
    pub fn finish(self) -> Result<(), DecryptError> {
        match self.failed {
            Some(error) => Err(error),
            None if self.done => Ok(()),
            None => {
                let part = if self.body_done { "footer" } else { "body" };
                Err(Truncated::error(part, self.offset + self.held.len() as u64))
            }
        }
    }

    fn try_push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), DecryptError> {
        while !bytes.is_empty() {
            if self.done {
                return Err(DecryptError::TrailingBytes);
            }
            if self.held.is_empty() {
                // Straight from the input, as long as it holds whole pieces.
                let len = self.take_run(bytes, out);
                if len != 0 {
                    bytes = bytes.get(len..).unwrap_or_default();
                    continue;
                }
                match self.take(bytes, out)? {
                    Taken::Whole(len) => bytes = bytes.get(len..).unwrap_or_default(),
                    Taken::Wants(_) => {
                        self.held.extend_from_slice(bytes);
                        return Ok(());
                    }
                }
                continue;
            }
            let held = std::mem::take(&mut self.held);
            let taken = self.take(&held, out);
            self.held = held;
            match taken? {
                Taken::Whole(_) => self.held.clear(),
                Taken::Wants(total) => {
                    let missing = total.saturating_sub(self.held.len()).min(bytes.len());
                    let (now, rest) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
                    self.held.extend_from_slice(now);
                    bytes = rest;
                    if self.held.len() == total {
                        let held = std::mem::take(&mut self.held);
                        let taken = self.take(&held, out);
                        self.held = held;
                        if let Taken::Whole(_) = taken? {
                            self.held.clear();
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes what comes next from the start of `bytes`, when it is whole.
    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<Taken, DecryptError> {
        if self.body_done { self.take_footer(bytes, out) } else { self.take_piece(bytes, out) }
    }

    /// Takes the regular frames at the start of `bytes` on several threads, where they are enough
    /// for that. Gives back their length; 0 also when something is wrong with one, which then
    /// shows when they are taken one by one.
    fn take_run(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let Opener { key, header, engine, .. } = &self.opener;
        let ContentType::Framed(frame_length) = header.content_type else { return 0 };
        if self.body_done || engine.threads_for(bytes.len()) == 1 {
            return 0;
        }
        let Ok(frame_length) = usize::try_from(frame_length) else { return 0 };
        let count = count_regular(bytes, frame_length);
        let next = u32::try_from(count).ok().and_then(|count| self.sequence.checked_add(count));
        let Some(next) = next else { return 0 };
        let opened_len = count * frame_length;
        let sealed = bytes.get(..opened_len + count * REGULAR_OVERHEAD).unwrap_or_default();
        let withheld = self.verifier.is_some() && !self.release_unverified;
        let sink = if withheld { &mut *self.unverified } else { out };
        let start = sink.len();
        sink.resize(start + opened_len, 0);
        let plaintext = sink.get_mut(start..).unwrap_or_default();
        let run = Run { first: self.sequence, frame_length };
        // What has seen a frame that is not authentic is of no use.
        let mut verifier = self.verifier.clone();
        if engine.open_run(key, run, sealed, plaintext, verifier.as_mut()).is_err() {
            plaintext.fill(0);
            sink.truncate(start);
            return 0;
        }
        self.verifier = verifier;
        self.offset += sealed.len() as u64;
        self.sequence = next;
        sealed.len()
    }

    fn take_piece(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<Taken, DecryptError> {
        let content_type = self.opener.header.content_type;
        let Some(head) = PieceHead::parse(content_type, bytes, self.sequence, self.offset)? else {
            return Ok(Taken::Wants(LONGEST_HEAD));
        };
        let len = usize::try_from(head.sealed_len())
            .ok()
            .and_then(|sealed| sealed.checked_add(head.len))
            .ok_or(DecryptError::NotAuthentic)?;
        let Some(sealed) = bytes.get(head.len..len) else { return Ok(Taken::Wants(len)) };
        let withheld = self.verifier.is_some() && (head.is_last() || !self.release_unverified);
        let sink = if withheld { &mut *self.unverified } else { out };
        self.opener.key.open_onto(&head, sealed, sink)?;
        if let Some(verifier) = &mut self.verifier {
            verifier.update(bytes.get(..len).unwrap_or_default());
        }
        self.offset += len as u64;
        if head.is_last() {
            self.body_done = true;
            self.done = self.verifier.is_none();
        } else {
            let too_many = || Malformed::error("sequence number", self.offset, "at most 2^32 - 1");
            self.sequence = self.sequence.checked_add(1).ok_or_else(too_many)?;
        }
        Ok(Taken::Whole(len))
    }

    fn take_footer(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<Taken, DecryptError> {
        let Some((len, rest)) = bytes.split_first_chunk() else { return Ok(Taken::Wants(2)) };
        let len = usize::from(u16::from_be_bytes(*len));
        let Some(signature) = rest.get(..len) else { return Ok(Taken::Wants(2 + len)) };
        if let Some(verifier) = self.verifier.take() {
            verifier.finish(signature)?;
        }
        out.extend_from_slice(&self.unverified);
        self.unverified = Plaintext::default();
        self.done = true;
        Ok(Taken::Whole(2 + len))
    }
}

enum Taken {
    /// A piece of this length was opened.
    Whole(usize),
    /// The piece needs this many bytes before there is more to say.
    Wants(usize),
}

/// The longest head of a piece, in bytes. Every piece is longer than this.
const LONGEST_HEAD: usize = 24;
