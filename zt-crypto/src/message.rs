//! Whole messages: sealed from, and opened into, one piece of memory.

use std::collections::BTreeSet;

use subtle::ConstantTimeEq;

use crate::aead::TAG_LEN;
use crate::body::{BodyKey, FINAL_OVERHEAD, PieceHead, REGULAR_OVERHEAD, count_regular};
use crate::context::{EncryptionContext, PUBLIC_KEY};
use crate::decryptor::Decryptor;
use crate::derive::content_key;
use crate::encryptor::Encryptor;
use crate::engine::{Engine, Run};
use crate::error::{DecryptError, EncryptError, Error, KeyringError, Malformed, Truncated};
use crate::header::{ContentType, Header, HeaderFields, HeaderParser};
use crate::materials::Finished;
use crate::random;
use crate::secret::{DataKey, Plaintext};
use crate::signature::{SignatureAlgorithm, Signer, SigningKey, Verifier};
use crate::suite::AlgorithmSuite;

/// From this many bytes on, a thread that is alone appends frame after frame to new memory, which
/// then need not be filled with zeros first: malloc does that where it gives out memory again.
const LARGE: usize = 128 * 1024;

/// A message whose header is written and whose key is ready: it needs only its plaintext.
///
/// Comes from [`Client::begin_encrypt`](crate::Client::begin_encrypt). Each seals one message.
pub struct Sealer {
    pub(crate) key: BodyKey,
    /// The header with its authentication.
    pub(crate) header: Vec<u8>,
    pub(crate) frame_length: usize,
    /// The most plaintext that may come, when a bound was given, and how much came.
    bound: Option<u64>,
    pushed: u64,
    pub(crate) signer: Option<Signer>,
    pub(crate) engine: Engine,
    suite: AlgorithmSuite,
    context: EncryptionContext,
}

impl Sealer {
    /// `hidden` are the keys of the context whose pairs are authenticated but not stored.
    pub(crate) fn new(
        suite: AlgorithmSuite,
        finished: &Finished,
        hidden: &BTreeSet<String>,
        frame_length: u32,
        engine: Engine,
    ) -> Result<Self, Error> {
        let Finished { context, data_key, encrypted_data_keys, signing_key, .. } = finished;
        let (hidden, stored) = split_context(context, hidden);
        let mut message_id = vec![0; suite.message_id_len()];
        random::fill(&mut message_id)?;
        let content =
            content_key(suite, engine.backend, data_key, &message_id).ok_or_else(|| {
                let (found, expected) = (data_key.len(), suite.data_key_len());
                KeyringError::DataKeyLength { suite, found, expected }
            })?;
        let mut header = HeaderFields {
            suite,
            message_id: &message_id,
            context: &stored.serialize()?,
            encrypted_data_keys,
            frame_length,
            commitment: content.commitment.as_ref().map(<[u8; 32]>::as_slice),
        }
        .write()?;
        let key = BodyKey::new(content.aead, message_id);
        let len = header.len();
        header.extend_from_slice(&hidden.serialize()?);
        let tag = key.header_tag(&header).map_err(|_| EncryptError::UnsupportedSuite(suite))?;
        header.truncate(len);
        if !suite.commits() {
            header.extend_from_slice(&[0; 12]);
        }
        header.extend_from_slice(&tag);
        let frame_length = usize::try_from(frame_length).unwrap_or(usize::MAX);
        let signer = signing_key.clone().map(SigningKey::into_signer);
        let context = context.clone();
        Ok(Self {
            key,
            header,
            frame_length,
            bound: None,
            pushed: 0,
            signer,
            engine,
            suite,
            context,
        })
    }

    /// The algorithm suite of the message.
    #[must_use]
    pub fn algorithm_suite(&self) -> AlgorithmSuite {
        self.suite
    }

    /// The encryption context of the message.
    #[must_use]
    pub fn encryption_context(&self) -> &EncryptionContext {
        &self.context
    }

    /// Refuses plaintext beyond this many bytes.
    pub(crate) fn up_to(mut self, bytes: u64) -> Self {
        self.bound = Some(bytes);
        self
    }

    /// Counts plaintext against the bound.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), EncryptError> {
        self.pushed = self.pushed.saturating_add(bytes as u64);
        match self.bound {
            Some(limit) if self.pushed > limit => Err(EncryptError::TooLong { limit }),
            _ => Ok(()),
        }
    }

    /// Length of the message for a plaintext of this length, in bytes.
    ///
    /// # Errors
    /// [`EncryptError::TooLong`] when the frames would be more than the format can count, or the
    /// plaintext is longer than was announced.
    pub fn message_len(&self, plaintext_len: usize) -> Result<usize, EncryptError> {
        let regular = plaintext_len.saturating_sub(1) / self.frame_length;
        let most = u64::from(u32::MAX).saturating_mul(self.frame_length as u64);
        let most = self.bound.map_or(most, |bound| bound.min(most));
        let too_long = EncryptError::TooLong { limit: most };
        if plaintext_len as u64 > most {
            return Err(too_long);
        }
        regular
            .checked_mul(REGULAR_OVERHEAD)
            .and_then(|frames| frames.checked_add(plaintext_len))
            .and_then(|body| {
                body.checked_add(self.header.len() + FINAL_OVERHEAD + self.footer_len())
            })
            .ok_or(too_long)
    }

    fn footer_len(&self) -> usize {
        self.signer.as_ref().map_or(0, Signer::footer_len)
    }

    /// Seals `plaintext` into `out`, which has to be [`Sealer::message_len`] bytes long. Large
    /// plaintexts are worked on by several threads.
    ///
    /// # Errors
    /// [`EncryptError::TooLong`], or when `out` is of another length.
    pub fn seal_into(mut self, plaintext: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let wrong = EncryptError::TooLong { limit: out.len() as u64 };
        if self.message_len(plaintext.len())? != out.len() {
            return Err(wrong.into());
        }
        let split = out.len().saturating_sub(self.footer_len());
        let (signed, footer) = out.split_at_mut_checked(split).ok_or_else(|| wrong.clone())?;
        self.seal_frames(plaintext, signed).ok_or(wrong)?;
        if let Some(signer) = self.signer {
            footer.copy_from_slice(&signer.finish()?);
        }
        Ok(())
    }

    /// Writes header and frames. `None` when `out` is of the wrong length.
    fn seal_frames(&mut self, plaintext: &[u8], out: &mut [u8]) -> Option<()> {
        let (header, frames) = out.split_at_mut_checked(self.header.len())?;
        header.copy_from_slice(&self.header);
        let regular = plaintext.len().saturating_sub(1) / self.frame_length;
        let (regulars, last) = plaintext.split_at_checked(regular * self.frame_length)?;
        let sealed_len = regulars.len() + regular * REGULAR_OVERHEAD;
        let (sealed, sealed_last) = frames.split_at_mut_checked(sealed_len)?;
        let number = u32::try_from(regular).ok()?.checked_add(1)?;
        let run = Run { first: 1, frame_length: self.frame_length };
        let mut signer = self.signer.as_mut();
        if let Some(signer) = &mut signer {
            signer.update(header);
        }
        self.engine.seal_run(&self.key, run, regulars, sealed, signer.as_deref_mut()).ok()?;
        self.key.seal_final(number, last, sealed_last).ok()?;
        if let Some(signer) = signer {
            signer.update(sealed_last);
        }
        Some(())
    }

    /// Seals `plaintext` into a new message.
    ///
    /// # Errors
    /// [`EncryptError::TooLong`].
    pub fn seal(self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        let mut message = Vec::new();
        if plaintext.len() < LARGE || self.engine.threads_for(plaintext.len()) > 1 {
            self.seal_to(plaintext, &mut message)?;
        } else {
            message.reserve_exact(self.message_len(plaintext.len())?);
            let mut encryptor = self.into_encryptor();
            encryptor.push(plaintext, &mut message)?;
            encryptor.finish(&mut message)?;
        }
        Ok(message)
    }

    /// Seals `plaintext` into `message`, in place of what it held.
    pub(crate) fn seal_to(self, plaintext: &[u8], message: &mut Vec<u8>) -> Result<(), Error> {
        let len = self.message_len(plaintext.len())?;
        if message.capacity() < len {
            // Zeros from the operating system: nobody has to write them.
            *message = vec![0; len];
        }
        message.resize(len, 0);
        self.seal_into(plaintext, message)
    }

    /// Seals plaintext that arrives piece by piece.
    #[must_use]
    pub fn into_encryptor(self) -> Encryptor {
        Encryptor::new(self)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("suite", &self.suite).finish_non_exhaustive()
    }
}

/// A message whose header has been verified: it needs only its body.
///
/// Comes from [`Client::begin_decrypt`](crate::Client::begin_decrypt).
pub struct Opener {
    pub(crate) key: BodyKey,
    pub(crate) header: Header,
    /// For signed messages. It has seen nothing yet.
    pub(crate) verifier: Option<Verifier>,
    pub(crate) engine: Engine,
}

impl Opener {
    /// Checks commitment and header tag. `hidden` are the pairs that the caller gave and that the
    /// header does not hold: they are authenticated with it all the same.
    pub(crate) fn new(
        mut header: Header,
        hidden: &EncryptionContext,
        data_key: &DataKey,
        engine: Engine,
    ) -> Result<Self, DecryptError> {
        let content = content_key(header.suite, engine.backend, data_key, &header.message_id)
            .ok_or(DecryptError::NotAuthentic)?;
        let commitment = match (&content.commitment, &header.commitment) {
            (Some(made), Some(found)) => made.ct_eq(found).into(),
            (made, found) => made.is_none() && found.is_none(),
        };
        if !commitment {
            return Err(DecryptError::NotAuthentic);
        }
        let key = BodyKey::new(content.aead, header.message_id.clone());
        let len = header.body.len();
        let suffix = hidden.serialize().map_err(|_| DecryptError::NotAuthentic)?;
        header.body.extend_from_slice(&suffix);
        key.check_header(header.iv, &header.body, &header.tag)
            .map_err(|_| DecryptError::NotAuthentic)?;
        header.body.truncate(len);
        let verifier = verifier(&header)?;
        for (name, value) in hidden {
            header.context.insert(name, value);
        }
        Ok(Self { key, header, verifier, engine })
    }

    /// The algorithm suite of the message.
    #[must_use]
    pub fn algorithm_suite(&self) -> AlgorithmSuite {
        self.header.suite
    }

    /// The encryption context of the message, authenticated.
    #[must_use]
    pub fn encryption_context(&self) -> &EncryptionContext {
        &self.header.context
    }

    /// Length of the plaintext of `message`, in bytes. It only looks at lengths, so it never is
    /// more than the message's.
    ///
    /// # Errors
    /// When the message ends too early or too late, or its frames are out of order.
    pub fn plaintext_len(&self, message: &[u8]) -> Result<usize, DecryptError> {
        let mut total = 0usize;
        let mut pieces = self.pieces(message);
        for piece in &mut pieces {
            total = total.saturating_add(piece?.1.len().saturating_sub(TAG_LEN));
        }
        self.signature(pieces.rest, pieces.offset)?;
        Ok(total)
    }

    /// Opens `message` into `out`, which has to be [`Opener::plaintext_len`] bytes long. Large
    /// messages are worked on by several threads.
    ///
    /// # Errors
    /// [`DecryptError::NotAuthentic`], and then `out` holds zeros; or as `plaintext_len`.
    pub fn open_into(&self, message: &[u8], out: &mut [u8]) -> Result<(), DecryptError> {
        let opened = self.try_open_into(message, out);
        if opened.is_err() {
            out.fill(0);
        }
        opened
    }

    /// Opens `message` into new memory.
    pub(crate) fn open(self, message: &[u8]) -> Result<Plaintext, DecryptError> {
        let mut plaintext = Plaintext::default();
        let alone = self.engine.threads_for(message.len()) == 1;
        if message.len() < LARGE || !alone || self.verifier.is_some() {
            self.open_to(message, &mut plaintext)?;
        } else {
            // It is never grown, which would leave a copy behind: a tag stands after the last frame.
            plaintext.reserve_exact(self.plaintext_len(message)? + TAG_LEN);
            let body = message.get(self.header.len..).unwrap_or_default();
            let mut decryptor = self.into_decryptor();
            decryptor.push(body, &mut plaintext)?;
            decryptor.finish()?;
        }
        Ok(plaintext)
    }

    /// Opens `message` into `plaintext`, in place of what it held.
    pub(crate) fn open_to(
        &self,
        message: &[u8],
        plaintext: &mut Plaintext,
    ) -> Result<(), DecryptError> {
        plaintext.make_room(self.plaintext_len(message)?);
        self.open_into(message, plaintext)
    }

    fn try_open_into(&self, message: &[u8], out: &mut [u8]) -> Result<(), DecryptError> {
        let mut pieces = self.pieces(message);
        let mut verifier = self.begin_verifying(message);
        let opened = match self.open_run(&mut pieces, out, verifier.as_mut()) {
            Some(opened) => opened,
            None => {
                // One by one, so that the error is that of the first piece that is wrong.
                pieces = self.pieces(message);
                verifier = self.begin_verifying(message);
                0
            }
        };
        let mut out = out.get_mut(opened..).unwrap_or_default();
        let seen = message.len().saturating_sub(pieces.rest.len());
        for piece in &mut pieces {
            let (head, sealed) = piece?;
            let len = usize::try_from(head.content_len).unwrap_or(usize::MAX);
            let split = out.split_at_mut_checked(len);
            let (plaintext, rest) = split.ok_or(DecryptError::NotAuthentic)?;
            self.key.open(&head, sealed, plaintext)?;
            out = rest;
        }
        let signature = self.signature(pieces.rest, pieces.offset)?;
        if let Some(mut verifier) = verifier {
            let end = message.len().saturating_sub(pieces.rest.len());
            verifier.update(message.get(seen..end).unwrap_or_default());
            verifier.finish(signature)?;
        }
        if out.is_empty() { Ok(()) } else { Err(DecryptError::NotAuthentic) }
    }

    /// For signed messages: what has seen the header and nothing else.
    fn begin_verifying(&self, message: &[u8]) -> Option<Verifier> {
        let mut verifier = self.verifier.clone()?;
        verifier.update(message.get(..self.header.len).unwrap_or_default());
        Some(verifier)
    }

    /// Opens all the regular frames that a framed body begins with, and moves `pieces` past them.
    ///
    /// Gives back the length of their plaintext; `None` when something is wrong with one.
    fn open_run(
        &self,
        pieces: &mut Pieces<'_>,
        out: &mut [u8],
        verifier: Option<&mut Verifier>,
    ) -> Option<usize> {
        let ContentType::Framed(frame_length) = self.header.content_type else { return Some(0) };
        let frame_length = usize::try_from(frame_length).ok()?;
        let count = count_regular(pieces.rest, frame_length);
        let opened = count.checked_mul(frame_length)?;
        let (sealed, rest) = pieces.rest.split_at_checked(opened + count * REGULAR_OVERHEAD)?;
        let number = u32::try_from(count).ok()?.checked_add(1)?;
        let run = Run { first: 1, frame_length };
        self.engine.open_run(&self.key, run, sealed, out.get_mut(..opened)?, verifier).ok()?;
        pieces.offset += sealed.len() as u64;
        pieces.rest = rest;
        pieces.sequence = number;
        Some(opened)
    }

    /// The signature in a footer that has to be the rest of the message; empty when unsigned.
    pub(crate) fn signature<'a>(
        &self,
        footer: &'a [u8],
        offset: u64,
    ) -> Result<&'a [u8], DecryptError> {
        if self.verifier.is_none() {
            return if footer.is_empty() { Ok(footer) } else { Err(DecryptError::TrailingBytes) };
        }
        let cut_off = || Truncated::error("footer", offset + footer.len() as u64);
        let (len, rest) = footer.split_first_chunk().ok_or_else(cut_off)?;
        let len = usize::from(u16::from_be_bytes(*len));
        let (signature, rest) = rest.split_at_checked(len).ok_or_else(cut_off)?;
        if rest.is_empty() { Ok(signature) } else { Err(DecryptError::TrailingBytes) }
    }

    /// Opens a message that arrives piece by piece. The header is not part of what is pushed.
    #[must_use]
    pub fn into_decryptor(self) -> Decryptor {
        Decryptor::new(self)
    }

    fn pieces<'a>(&self, message: &'a [u8]) -> Pieces<'a> {
        Pieces {
            content_type: self.header.content_type,
            rest: message.get(self.header.len..).unwrap_or_default(),
            offset: self.header.len as u64,
            sequence: 1,
            done: false,
        }
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").field("header", &self.header).finish_non_exhaustive()
    }
}

/// The pieces of a body that is whole in memory.
struct Pieces<'a> {
    content_type: ContentType,
    rest: &'a [u8],
    offset: u64,
    sequence: u32,
    done: bool,
}

impl<'a> Pieces<'a> {
    fn step(&mut self) -> Result<(PieceHead, &'a [u8]), DecryptError> {
        let cut_off = || Truncated::error("body", self.offset + self.rest.len() as u64);
        let head = PieceHead::parse(self.content_type, self.rest, self.sequence, self.offset)?
            .ok_or_else(cut_off)?;
        let sealed_len = usize::try_from(head.sealed_len()).map_err(|_| cut_off())?;
        let sealed = self.rest.get(head.len..).ok_or_else(cut_off)?;
        let (sealed, rest) = sealed.split_at_checked(sealed_len).ok_or_else(cut_off)?;
        self.offset += (head.len + sealed_len) as u64;
        self.rest = rest;
        self.done = head.is_last();
        if !self.done {
            let next = self.sequence.checked_add(1);
            let too_many = || Malformed::error("sequence number", self.offset, "at most 2^32 - 1");
            self.sequence = next.ok_or_else(too_many)?;
        }
        Ok((head, sealed))
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<(PieceHead, &'a [u8]), DecryptError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.step();
        self.done |= step.is_err();
        Some(step)
    }
}

/// Reads the header of a message that is whole in memory.
pub(crate) fn parse_header(
    message: &[u8],
    max_encrypted_data_keys: Option<u16>,
) -> Result<Header, DecryptError> {
    match HeaderParser::new(max_encrypted_data_keys).advance(message)? {
        Some(header) => Ok(header),
        None if message.is_empty() => Err(crate::error::NotAMessage::error(None)),
        None => Err(Truncated::error("header", message.len() as u64)),
    }
}

/// Splits a context into what is authenticated only, and what is stored.
fn split_context(
    context: &EncryptionContext,
    hidden: &BTreeSet<String>,
) -> (EncryptionContext, EncryptionContext) {
    if hidden.is_empty() {
        return (EncryptionContext::new(), context.clone());
    }
    let (hidden, stored): (Vec<_>, Vec<_>) =
        context.iter().partition(|(key, _)| hidden.contains(*key));
    (hidden.into_iter().collect(), stored.into_iter().collect())
}

/// Splits what the caller says of the context into what the header holds, and has to agree, and
/// what it does not hold.
pub(crate) fn hidden_context(
    header: &Header,
    caller: &EncryptionContext,
) -> Result<EncryptionContext, DecryptError> {
    let mut hidden = EncryptionContext::new();
    for (name, value) in caller {
        match header.context.get(name) {
            Some(found) if found == value => {}
            Some(_) => return Err(DecryptError::ContextMismatch(name.to_owned())),
            None => {
                hidden.insert(name, value);
            }
        }
    }
    Ok(hidden)
}

/// What verifies a signed message. Only signed messages have a public key in their context, and no
/// unsigned one may pretend to.
fn verifier(header: &Header) -> Result<Option<Verifier>, DecryptError> {
    match (SignatureAlgorithm::of(header.suite), header.context.get(PUBLIC_KEY)) {
        (Some(algorithm), Some(key)) => Verifier::new(algorithm, key).map(Some),
        (None, None) => Ok(None),
        _ => {
            let expected = "aws-crypto-public-key in signed messages, and only there";
            Err(Malformed::error("encryption context", 0, expected))
        }
    }
}
