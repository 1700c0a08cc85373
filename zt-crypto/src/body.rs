//! Frames: the body of a message, sealed and opened one piece at a time.
//!
//! Source: AWS Encryption SDK specification, "Message body" and "Message body AAD".

use crate::aead::{AeadKey, IV_LEN, Iv, TAG_LEN, Unauthentic};
use crate::copy::append;
use crate::engine::Run;
use crate::error::{DecryptError, Malformed};
use crate::header::ContentType;

/// What a frame adds to its plaintext, in bytes: sequence number, IV and tag.
pub(crate) const REGULAR_OVERHEAD: usize = 4 + IV_LEN + TAG_LEN;
/// What the final frame adds: also the end mark and the content length.
pub(crate) const FINAL_OVERHEAD: usize = REGULAR_OVERHEAD + 4 + 4;
/// The longest unframed body, in bytes (AES-GCM's own limit).
const MAX_UNFRAMED: u64 = (1 << 36) - 32;
/// Stands where a regular frame has its sequence number.
pub(crate) const END_MARK: [u8; 4] = [0xff; 4];

/// The kinds of pieces a body is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    Regular,
    Final,
    Unframed,
}

impl Piece {
    /// What tells the kinds apart in the authenticated data.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Regular => b"AWSKMSEncryptionClient Frame",
            Self::Final => b"AWSKMSEncryptionClient Final Frame",
            Self::Unframed => b"AWSKMSEncryptionClient Single Block",
        }
    }
}

/// The content key of one message, and the id that binds every frame to it.
pub(crate) struct BodyKey {
    aead: AeadKey,
    message_id: Vec<u8>,
}

impl BodyKey {
    pub(crate) fn new(aead: AeadKey, message_id: Vec<u8>) -> Self {
        Self { aead, message_id }
    }

    /// Seals regular frames from one buffer into another, which is [`REGULAR_OVERHEAD`] a frame
    /// longer.
    pub(crate) fn seal_run(
        &self,
        run: Run,
        plaintext: &[u8],
        out: &mut [u8],
    ) -> Result<(), Unauthentic> {
        let mut aad = Aad::new(&self.message_id, Piece::Regular, run.frame_length);
        let frames = plaintext.chunks_exact(run.frame_length);
        let out = out.chunks_exact_mut(run.frame_length + REGULAR_OVERHEAD);
        let mut sequence = run.first;
        for (plaintext, out) in frames.zip(out) {
            let (number, rest) = out.split_first_chunk_mut().ok_or(Unauthentic)?;
            let (iv, rest) = rest.split_first_chunk_mut().ok_or(Unauthentic)?;
            let (ciphertext, tag) = rest.split_last_chunk_mut::<TAG_LEN>().ok_or(Unauthentic)?;
            *number = sequence.to_be_bytes();
            *iv = frame_iv(sequence);
            self.aead.seal(*iv, aad.numbered(sequence), plaintext, ciphertext, tag)?;
            sequence = sequence.wrapping_add(1);
        }
        Ok(())
    }

    /// Appends sealed regular frames to `out`. They are sealed in place: nothing is written to
    /// `out` only to be written over.
    pub(crate) fn append_run(
        &self,
        run: Run,
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Unauthentic> {
        let mut aad = Aad::new(&self.message_id, Piece::Regular, run.frame_length);
        let mut sequence = run.first;
        for plaintext in plaintext.chunks_exact(run.frame_length) {
            let iv = frame_iv(sequence);
            out.extend_from_slice(&sequence.to_be_bytes());
            out.extend_from_slice(&iv);
            self.append(iv, aad.numbered(sequence), plaintext, out)?;
            sequence = sequence.wrapping_add(1);
        }
        Ok(())
    }

    /// Appends the sealed final frame to `out`, which grows by [`FINAL_OVERHEAD`] more than
    /// `plaintext`.
    pub(crate) fn append_final(
        &self,
        sequence: u32,
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Unauthentic> {
        let mut aad = Aad::new(&self.message_id, Piece::Final, plaintext.len());
        let (iv, head) = final_head(sequence, plaintext)?;
        out.extend_from_slice(&head);
        self.append(iv, aad.numbered(sequence), plaintext, out)
    }

    fn append(
        &self,
        iv: Iv,
        aad: &[u8],
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Unauthentic> {
        let start = out.len();
        append(plaintext, out);
        let text = out.get_mut(start..).ok_or(Unauthentic)?;
        match self.aead.seal_in_place(iv, aad, text) {
            Ok(tag) => {
                out.extend_from_slice(&tag);
                Ok(())
            }
            Err(error) => {
                text.fill(0);
                out.truncate(start);
                Err(error)
            }
        }
    }

    /// Seals the final frame into `out`, which is [`FINAL_OVERHEAD`] longer than `plaintext`.
    pub(crate) fn seal_final(
        &self,
        sequence: u32,
        plaintext: &[u8],
        out: &mut [u8],
    ) -> Result<(), Unauthentic> {
        let mut aad = Aad::new(&self.message_id, Piece::Final, plaintext.len());
        let (iv, fields) = final_head(sequence, plaintext)?;
        let (head, sealed) = out.split_first_chunk_mut().ok_or(Unauthentic)?;
        let (ciphertext, tag) = sealed.split_last_chunk_mut::<TAG_LEN>().ok_or(Unauthentic)?;
        *head = fields;
        self.aead.seal(iv, aad.numbered(sequence), plaintext, ciphertext, tag)
    }

    /// Opens regular frames from one buffer into another, which is [`REGULAR_OVERHEAD`] a frame
    /// shorter. Errors do not say where.
    pub(crate) fn open_run(
        &self,
        run: Run,
        sealed: &[u8],
        out: &mut [u8],
    ) -> Result<(), DecryptError> {
        let mut aad = Aad::new(&self.message_id, Piece::Regular, run.frame_length);
        let frames = sealed.chunks_exact(run.frame_length + REGULAR_OVERHEAD);
        let mut sequence = run.first;
        for (frame, plaintext) in frames.zip(out.chunks_exact_mut(run.frame_length)) {
            let (iv, sealed) = regular(frame, sequence).ok_or(DecryptError::NotAuthentic)?;
            let (ciphertext, tag) =
                sealed.split_last_chunk::<TAG_LEN>().ok_or(DecryptError::NotAuthentic)?;
            self.aead
                .open(iv, aad.numbered(sequence), ciphertext, tag, plaintext)
                .map_err(|Unauthentic| DecryptError::NotAuthentic)?;
            sequence = sequence.wrapping_add(1);
        }
        Ok(())
    }

    /// Opens a piece; `sealed` is what follows its head: ciphertext and tag.
    pub(crate) fn open(
        &self,
        head: &PieceHead,
        sealed: &[u8],
        plaintext: &mut [u8],
    ) -> Result<(), DecryptError> {
        let (ciphertext, tag) =
            sealed.split_at_checked(plaintext.len()).ok_or(DecryptError::NotAuthentic)?;
        let mut aad = Aad::new(&self.message_id, head.piece, plaintext.len());
        self.aead
            .open(head.iv, aad.numbered(head.sequence), ciphertext, tag, plaintext)
            .map_err(|Unauthentic| DecryptError::NotAuthentic)
    }

    /// Opens a piece, and appends its plaintext to `out`; nothing when it is not authentic.
    pub(crate) fn open_onto(
        &self,
        head: &PieceHead,
        sealed: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), DecryptError> {
        let len = sealed.len().checked_sub(TAG_LEN).ok_or(DecryptError::NotAuthentic)?;
        let mut aad = Aad::new(&self.message_id, head.piece, len);
        let start = out.len();
        append(sealed, out);
        let text = out.get_mut(start..).ok_or(DecryptError::NotAuthentic)?;
        let opened = self.aead.open_in_place(head.iv, aad.numbered(head.sequence), text);
        out.truncate(if opened.is_ok() { start + len } else { start });
        opened.map_err(|Unauthentic| DecryptError::NotAuthentic)
    }

    /// The tag that authenticates a header.
    pub(crate) fn header_tag(&self, aad: &[u8]) -> Result<[u8; TAG_LEN], Unauthentic> {
        let mut tag = [0; TAG_LEN];
        self.aead.seal([0; IV_LEN], aad, &[], &mut [], &mut tag)?;
        Ok(tag)
    }

    /// Checks the tag that authenticates a header.
    pub(crate) fn check_header(
        &self,
        iv: [u8; IV_LEN],
        aad: &[u8],
        tag: &[u8],
    ) -> Result<(), Unauthentic> {
        self.aead.open(iv, aad, &[], tag, &mut [])
    }
}

/// What stands before a piece's ciphertext.
#[derive(Clone, Debug)]
pub(crate) struct PieceHead {
    pub(crate) piece: Piece,
    pub(crate) sequence: u32,
    /// Readers use the IV that is stored. The sequence number is authenticated apart from it.
    iv: [u8; IV_LEN],
    /// Length of the head itself, in bytes.
    pub(crate) len: usize,
    /// Length of the plaintext, in bytes.
    pub(crate) content_len: u64,
}

impl PieceHead {
    /// Reads the head of the piece at the start of `bytes`, which is at `offset` in the message and
    /// has to be number `expected`. `None` when it is not whole yet.
    pub(crate) fn parse(
        content_type: ContentType,
        bytes: &[u8],
        expected: u32,
        offset: u64,
    ) -> Result<Option<Self>, DecryptError> {
        match content_type {
            ContentType::Framed(frame_length) => {
                Self::parse_frame(frame_length, bytes, expected, offset)
            }
            ContentType::Unframed => Self::parse_unframed(bytes, offset),
        }
    }

    fn parse_frame(
        frame_length: u32,
        bytes: &[u8],
        expected: u32,
        offset: u64,
    ) -> Result<Option<Self>, DecryptError> {
        let Some((first, rest)) = bytes.split_first_chunk() else { return Ok(None) };
        let (piece, number, rest) = if *first == END_MARK {
            let Some((number, rest)) = rest.split_first_chunk() else { return Ok(None) };
            (Piece::Final, *number, rest)
        } else {
            (Piece::Regular, *first, rest)
        };
        let sequence = u32::from_be_bytes(number);
        if sequence != expected {
            return Err(Malformed::error("sequence number", offset, "the next number"));
        }
        let Some((iv, rest)) = rest.split_first_chunk() else { return Ok(None) };
        let (len, content_len) = match piece {
            Piece::Final => {
                let Some((len, _)) = rest.split_first_chunk() else { return Ok(None) };
                (4 + 4 + IV_LEN + 4, u32::from_be_bytes(*len))
            }
            Piece::Regular | Piece::Unframed => (4 + IV_LEN, frame_length),
        };
        if content_len > frame_length {
            let field = "final frame content length";
            return Err(Malformed::error(field, offset, "at most the frame length"));
        }
        Ok(Some(Self { piece, sequence, iv: *iv, len, content_len: content_len.into() }))
    }

    fn parse_unframed(bytes: &[u8], offset: u64) -> Result<Option<Self>, DecryptError> {
        let Some((iv, rest)) = bytes.split_first_chunk() else { return Ok(None) };
        let Some((len, _)) = rest.split_first_chunk() else { return Ok(None) };
        let content_len = u64::from_be_bytes(*len);
        if content_len > MAX_UNFRAMED {
            return Err(Malformed::error("content length", offset, "at most 2^36 - 32 bytes"));
        }
        let piece = Piece::Unframed;
        Ok(Some(Self { piece, sequence: 1, iv: *iv, len: IV_LEN + 8, content_len }))
    }

    /// Length of the piece after its head, in bytes: ciphertext and tag.
    pub(crate) fn sealed_len(&self) -> u64 {
        self.content_len + TAG_LEN as u64
    }

    /// Whether the body ends with this piece.
    pub(crate) fn is_last(&self) -> bool {
        self.piece != Piece::Regular
    }
}

/// The IV that writers use: the sequence number, padded on the left.
fn frame_iv(sequence: u32) -> [u8; IV_LEN] {
    let mut iv = [0; IV_LEN];
    let number = sequence.to_be_bytes();
    for (to, from) in iv.iter_mut().skip(IV_LEN - number.len()).zip(number) {
        *to = from;
    }
    iv
}

/// What stands before the ciphertext of a final frame, and its IV.
fn final_head(sequence: u32, plaintext: &[u8]) -> Result<(Iv, [u8; FINAL_HEAD]), Unauthentic> {
    let len = u32::try_from(plaintext.len()).map_err(|_| Unauthentic)?;
    let iv = frame_iv(sequence);
    let fields: [&[u8]; 4] = [&END_MARK, &sequence.to_be_bytes(), &iv, &len.to_be_bytes()];
    let mut head = [0; FINAL_HEAD];
    let places = head.iter_mut();
    places.zip(fields.iter().copied().flatten()).for_each(|(to, from)| *to = *from);
    Ok((iv, head))
}

const FINAL_HEAD: usize = 4 + 4 + IV_LEN + 4;

/// The IV of a regular frame and what follows it, when the frame has the number that it has to.
fn regular(frame: &[u8], expected: u32) -> Option<(Iv, &[u8])> {
    let (number, rest) = frame.split_first_chunk()?;
    let (iv, sealed) = rest.split_first_chunk()?;
    let authentic = *number != END_MARK && u32::from_be_bytes(*number) == expected;
    authentic.then_some((*iv, sealed))
}

/// How many whole regular frames `body` begins with, by their lengths and their marks alone.
pub(crate) fn count_regular(body: &[u8], frame_length: usize) -> usize {
    let frames = body.chunks_exact(frame_length.saturating_add(REGULAR_OVERHEAD));
    frames.take_while(|frame| !frame.starts_with(&END_MARK)).count()
}

/// What binds a piece to its message, its kind, its place and its length.
struct Aad {
    bytes: [u8; Self::MAX],
    len: usize,
    /// Where the sequence number is.
    number: usize,
}

impl Aad {
    /// A 32-byte message id, the longest label, a sequence number and a content length.
    const MAX: usize = 32 + Piece::Unframed.label().len() + 4 + 8;

    fn new(message_id: &[u8], piece: Piece, content_len: usize) -> Self {
        let mut aad = Self { bytes: [0; Self::MAX], len: 0, number: 0 };
        aad.push(message_id);
        aad.push(piece.label());
        aad.number = aad.len;
        aad.push(&[0; 4]);
        aad.push(&(content_len as u64).to_be_bytes());
        aad
    }

    fn push(&mut self, part: &[u8]) {
        let free = self.bytes.iter_mut().skip(self.len);
        free.zip(part).for_each(|(to, from)| *to = *from);
        self.len += part.len();
    }

    /// The bytes, for the piece of this number.
    fn numbered(&mut self, sequence: u32) -> &[u8] {
        if let Some(number) = self.bytes.get_mut(self.number..self.number + 4) {
            number.copy_from_slice(&sequence.to_be_bytes());
        }
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
