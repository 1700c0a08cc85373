//! Message headers: read a few bytes at a time, written whole.
//!
//! Source: AWS Encryption SDK specification, "Message header". Version 1 belongs to the suites
//! without key commitment, version 2 to those with it. All integers are big-endian.

use crate::aead::{IV_LEN, TAG_LEN};
use crate::context::EncryptionContext;
use crate::derive::COMMITMENT_LEN;
use crate::error::{DecryptError, EncryptError, Malformed, NotAMessage};
use crate::materials::EncryptedDataKey;
use crate::suite::AlgorithmSuite;

/// How the body is laid out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContentType {
    /// One block. Old SDKs write it; this library only reads it.
    Unframed,
    /// Frames of this many bytes of plaintext, the last one of at most as many.
    Framed(u32),
}

/// A message's header, as it stands in the message. Nothing in it is authenticated yet.
#[derive(Clone, Debug)]
pub struct Header {
    pub(crate) suite: AlgorithmSuite,
    pub(crate) message_id: Vec<u8>,
    pub(crate) context: EncryptionContext,
    pub(crate) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(crate) content_type: ContentType,
    pub(crate) commitment: Option<[u8; COMMITMENT_LEN]>,
    /// The bytes that the header's tag authenticates.
    pub(crate) body: Vec<u8>,
    pub(crate) iv: [u8; IV_LEN],
    pub(crate) tag: [u8; TAG_LEN],
    /// Length in the message, authentication included, in bytes.
    pub(crate) len: usize,
}

impl Header {
    /// The header as it stood in the message, its authentication included.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let iv: &[u8] = if self.suite.commits() { &[] } else { &self.iv };
        [self.body.as_slice(), iv, &self.tag].concat()
    }

    /// The algorithm suite.
    #[must_use]
    pub fn algorithm_suite(&self) -> AlgorithmSuite {
        self.suite
    }

    /// The encryption context. Pairs that the writer kept out of the header are not in it.
    #[must_use]
    pub fn encryption_context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The wrapped data keys.
    #[must_use]
    pub fn encrypted_data_keys(&self) -> &[EncryptedDataKey] {
        &self.encrypted_data_keys
    }

    /// The layout of the body.
    #[must_use]
    pub fn content_type(&self) -> ContentType {
        self.content_type
    }

    /// The message id: 16 bytes in version 1, 32 in version 2. Unique, not secret.
    #[must_use]
    pub fn message_id(&self) -> &[u8] {
        &self.message_id
    }

    /// The version of the message format: 1 or 2.
    #[must_use]
    pub fn version(&self) -> u8 {
        version(self.suite)
    }

    /// Length of the header in bytes, its authentication included.
    #[must_use]
    pub fn header_len(&self) -> usize {
        self.len
    }
}

/// The fields of a header that a writer chooses.
pub(crate) struct HeaderFields<'a> {
    pub(crate) suite: AlgorithmSuite,
    pub(crate) message_id: &'a [u8],
    /// The serialised context, without the pairs that are only authenticated.
    pub(crate) context: &'a [u8],
    pub(crate) encrypted_data_keys: &'a [EncryptedDataKey],
    pub(crate) frame_length: u32,
    pub(crate) commitment: Option<&'a [u8]>,
}

impl HeaderFields<'_> {
    /// The header body; its authentication follows it.
    pub(crate) fn write(&self) -> Result<Vec<u8>, EncryptError> {
        let mut out = vec![version(self.suite)];
        if version(self.suite) == 1 {
            out.push(TYPE_V1);
        }
        out.extend_from_slice(&self.suite.id().to_be_bytes());
        out.extend_from_slice(self.message_id);
        write16(&mut out, self.context)?;
        let count = self.encrypted_data_keys.len();
        let found = EncryptError::TooManyEncryptedDataKeys { found: count, limit: u16::MAX };
        out.extend_from_slice(&u16::try_from(count).map_err(|_| found)?.to_be_bytes());
        for key in self.encrypted_data_keys {
            write16(&mut out, key.provider_id.as_bytes())?;
            write16(&mut out, &key.provider_info)?;
            write16(&mut out, &key.ciphertext)?;
        }
        out.push(FRAMED);
        if version(self.suite) == 1 {
            out.extend_from_slice(&[0; 4]);
            out.push(12);
        }
        out.extend_from_slice(&self.frame_length.to_be_bytes());
        out.extend_from_slice(self.commitment.unwrap_or_default());
        Ok(out)
    }
}

fn write16(out: &mut Vec<u8>, field: &[u8]) -> Result<(), EncryptError> {
    let len = u16::try_from(field.len())
        .map_err(|_| EncryptError::ContextTooLong { part: "header field", len: field.len() })?;
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(field);
    Ok(())
}

/// Reads a header from bytes that arrive a few at a time.
///
/// It is given the message from its first byte each time, and remembers how far it came, so that
/// reading takes time in proportion to the header however the bytes arrive. It allocates for what
/// has arrived and never for what a length field claims.
#[derive(Debug)]
pub(crate) struct HeaderParser {
    max_encrypted_data_keys: Option<u16>,
    field: Field,
    pos: usize,
    suite: AlgorithmSuite,
    message_id: Vec<u8>,
    context: EncryptionContext,
    keys_left: u16,
    key: EncryptedDataKey,
    keys: Vec<EncryptedDataKey>,
    framed: bool,
    frame_length: u32,
    commitment: Option<[u8; COMMITMENT_LEN]>,
    body_len: usize,
    iv: [u8; IV_LEN],
}

/// The field that comes next.
#[derive(Clone, Copy, Debug)]
enum Field {
    Version,
    Type,
    Suite { version: u8 },
    MessageId,
    ContextLen,
    Context(usize),
    KeyCount,
    KeyPartLen(KeyPart),
    KeyPart(KeyPart, usize),
    ContentType,
    Reserved,
    IvLen,
    FrameLength,
    Commitment,
    Iv,
    Tag,
}

#[derive(Clone, Copy, Debug)]
enum KeyPart {
    ProviderId,
    ProviderInfo,
    Ciphertext,
}

impl HeaderParser {
    pub(crate) fn new(max_encrypted_data_keys: Option<u16>) -> Self {
        let (provider_id, provider_info, ciphertext) = Default::default();
        Self {
            max_encrypted_data_keys,
            field: Field::Version,
            pos: 0,
            suite: AlgorithmSuite::default(),
            message_id: Vec::new(),
            context: EncryptionContext::new(),
            keys_left: 0,
            key: EncryptedDataKey { provider_id, provider_info, ciphertext },
            keys: Vec::new(),
            framed: true,
            frame_length: 0,
            commitment: None,
            body_len: 0,
            iv: [0; IV_LEN],
        }
    }

    /// Goes on with `message`, which holds at least what it held last time.
    ///
    /// `None` when the header is not whole yet.
    pub(crate) fn advance(&mut self, message: &[u8]) -> Result<Option<Header>, DecryptError> {
        loop {
            let len = self.field_len();
            let Some(rest) = message.get(self.pos..) else { return Ok(None) };
            let Some((bytes, rest)) = rest.split_at_checked(len) else { return Ok(None) };
            if matches!((self.field, bytes, rest), (Field::Version, b"A", [])) {
                return Ok(None); // Perhaps base64: the next byte tells.
            }
            if let Field::Tag = self.field {
                let tag = array(bytes);
                return Ok(Some(self.finish(message, tag)));
            }
            let next = self.read(bytes, rest)?;
            self.pos += len;
            self.field = next;
            if matches!(self.field, Field::Iv | Field::Tag) && self.body_len == 0 {
                self.body_len = self.pos;
            }
        }
    }

    fn field_len(&self) -> usize {
        match self.field {
            Field::Version | Field::Type | Field::ContentType | Field::IvLen => 1,
            Field::Suite { .. } | Field::ContextLen | Field::KeyCount | Field::KeyPartLen(_) => 2,
            Field::MessageId => self.suite.message_id_len(),
            Field::Context(len) | Field::KeyPart(_, len) => len,
            Field::Reserved | Field::FrameLength => 4,
            Field::Commitment => COMMITMENT_LEN,
            Field::Iv => IV_LEN,
            Field::Tag => TAG_LEN,
        }
    }

    /// Takes one field in, and says which is next.
    fn read(&mut self, bytes: &[u8], rest: &[u8]) -> Result<Field, DecryptError> {
        Ok(match self.field {
            Field::Version => match (bytes, rest.first()) {
                ([1], _) => Field::Type,
                ([2], _) => Field::Suite { version: 2 },
                // Base64 of 01 80, and of 02 04 and 02 05.
                ([b'A'], Some(b'Y' | b'g')) => return Err(DecryptError::Base64),
                _ => return Err(NotAMessage::error(bytes.first().copied())),
            },
            Field::Type => match bytes {
                [TYPE_V1] => Field::Suite { version: 1 },
                _ => return Err(self.malformed("type", "0x80")),
            },
            Field::Suite { version: found } => {
                let id = u16::from_be_bytes(array(bytes));
                self.suite =
                    AlgorithmSuite::from_id(id).ok_or(DecryptError::UnsupportedSuite(id))?;
                if version(self.suite) != found {
                    return Err(self.malformed("algorithm suite id", "a suite of this version"));
                }
                Field::MessageId
            }
            Field::MessageId => {
                self.message_id = bytes.to_vec();
                Field::ContextLen
            }
            Field::ContextLen => match length(bytes) {
                0 => Field::KeyCount,
                len => Field::Context(len),
            },
            Field::Context(_) => {
                self.context = parse_context(bytes).ok_or_else(|| {
                    self.malformed(
                        "encryption context",
                        "unique pairs of UTF-8 that fill its length",
                    )
                })?;
                Field::KeyCount
            }
            Field::KeyCount => {
                let found = u16::from_be_bytes(array(bytes));
                if found == 0 {
                    return Err(self.malformed("encrypted data key count", "at least 1"));
                }
                if let Some(limit) = self.max_encrypted_data_keys.filter(|limit| found > *limit) {
                    return Err(DecryptError::TooManyEncryptedDataKeys { found, limit });
                }
                self.keys_left = found;
                Field::KeyPartLen(KeyPart::ProviderId)
            }
            Field::KeyPartLen(part) => Field::KeyPart(part, length(bytes)),
            Field::KeyPart(part, _) => self.read_key_part(part, bytes)?,
            Field::ContentType => {
                self.framed = match bytes {
                    [UNFRAMED] => false,
                    [FRAMED] => true,
                    _ => return Err(self.malformed("content type", "0x01 or 0x02")),
                };
                if version(self.suite) == 1 { Field::Reserved } else { Field::FrameLength }
            }
            Field::Reserved => match bytes {
                [0, 0, 0, 0] => Field::IvLen,
                _ => return Err(self.malformed("reserved field", "zeros")),
            },
            Field::IvLen => match bytes {
                [12] => Field::FrameLength,
                _ => return Err(self.malformed("IV length", "12")),
            },
            Field::FrameLength => {
                self.frame_length = u32::from_be_bytes(array(bytes));
                if self.framed == (self.frame_length == 0) {
                    let expected = "0 for an unframed body, else at least 1";
                    return Err(self.malformed("frame length", expected));
                }
                if self.suite.commits() { Field::Commitment } else { Field::Iv }
            }
            Field::Commitment => {
                self.commitment = Some(array(bytes));
                Field::Tag
            }
            // `Tag` ends the header in `advance`, before it comes here.
            Field::Iv | Field::Tag => {
                self.iv = array(bytes);
                Field::Tag
            }
        })
    }

    fn read_key_part(&mut self, part: KeyPart, bytes: &[u8]) -> Result<Field, DecryptError> {
        Ok(match part {
            KeyPart::ProviderId => {
                let id = std::str::from_utf8(bytes);
                self.key.provider_id =
                    id.map_err(|_| self.malformed("key provider id", "UTF-8"))?.to_owned();
                Field::KeyPartLen(KeyPart::ProviderInfo)
            }
            KeyPart::ProviderInfo => {
                self.key.provider_info = bytes.to_vec();
                Field::KeyPartLen(KeyPart::Ciphertext)
            }
            KeyPart::Ciphertext => {
                self.key.ciphertext = bytes.to_vec();
                let (provider_id, provider_info, ciphertext) = Default::default();
                let empty = EncryptedDataKey { provider_id, provider_info, ciphertext };
                self.keys.push(std::mem::replace(&mut self.key, empty));
                self.keys_left = self.keys_left.saturating_sub(1);
                match self.keys_left {
                    0 => Field::ContentType,
                    _ => Field::KeyPartLen(KeyPart::ProviderId),
                }
            }
        })
    }

    fn finish(&mut self, message: &[u8], tag: [u8; TAG_LEN]) -> Header {
        Header {
            suite: self.suite,
            message_id: std::mem::take(&mut self.message_id),
            context: std::mem::take(&mut self.context),
            encrypted_data_keys: std::mem::take(&mut self.keys),
            content_type: match self.framed {
                true => ContentType::Framed(self.frame_length),
                false => ContentType::Unframed,
            },
            commitment: self.commitment,
            body: message.get(..self.body_len).unwrap_or_default().to_vec(),
            iv: self.iv,
            tag,
            len: self.pos + TAG_LEN,
        }
    }

    fn malformed(&self, field: &'static str, expected: &'static str) -> DecryptError {
        Malformed::error(field, self.pos as u64, expected)
    }
}

fn version(suite: AlgorithmSuite) -> u8 {
    if suite.commits() { 2 } else { 1 }
}

fn length(bytes: &[u8]) -> usize {
    usize::from(u16::from_be_bytes(array(bytes)))
}

/// The first bytes as an array; `field_len` has made sure that there are as many.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

/// Pairs in any order: what is not sorted is not refused, as the known answers ask.
fn parse_context(bytes: &[u8]) -> Option<EncryptionContext> {
    let (count, mut rest) = bytes.split_first_chunk()?;
    let count = u16::from_be_bytes(*count);
    let mut context = EncryptionContext::new();
    for _ in 0..count {
        let key = take16(&mut rest)?;
        let value = take16(&mut rest)?;
        if context.insert(key, value).is_some() {
            return None;
        }
    }
    (count > 0 && rest.is_empty()).then_some(context)
}

fn take16<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (len, after) = rest.split_first_chunk()?;
    let (field, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    *rest = after;
    std::str::from_utf8(field).ok()
}

const TYPE_V1: u8 = 0x80;
const UNFRAMED: u8 = 0x01;
const FRAMED: u8 = 0x02;
