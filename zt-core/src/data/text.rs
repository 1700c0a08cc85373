//! Bytes as text: which encoding, and where a character was before it was decoded.

use std::borrow::Cow;

use encoding_rs::{SHIFT_JIS, UTF_16BE, UTF_16LE};
use serde::Serialize;

use super::Finding;

/// How bytes are read as text.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8, ASCII included; a byte order mark is skipped.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Shift_JIS, as the WHATWG Encoding Standard reads it (Windows-31J).
    ShiftJis,
    /// Something else: what is ASCII in it is read as such.
    Bytes,
}

impl Encoding {
    /// The name, as in `utf_8`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Utf16Le => "utf16_le",
            Self::Utf16Be => "utf16_be",
            Self::ShiftJis => "shift_jis",
            Self::Bytes => "bytes",
        }
    }
}

/// Bytes, read.
pub(super) struct Text<'a> {
    source: &'a [u8],
    text: Cow<'a, [u8]>,
    encoding: Encoding,
}

impl<'a> Text<'a> {
    /// Reads bytes in this encoding, or in the one they seem to have.
    pub(super) fn new(source: &'a [u8], encoding: Option<Encoding>) -> Self {
        match encoding {
            Some(Encoding::Utf8 | Encoding::Bytes) => Self {
                source,
                text: Cow::Borrowed(source),
                encoding: encoding.unwrap_or(Encoding::Bytes),
            },
            Some(encoding) => Self { source, text: decode(source, encoding).0, encoding },
            None => detect(source),
        }
    }

    /// The text as ASCII or UTF-8, with whatever else there was among it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Turns places in the text, in order and not overlapping, into places in the source.
    pub(super) fn locate(&self, findings: &mut [Finding]) {
        if matches!(self.encoding, Encoding::Utf8 | Encoding::Bytes) {
            return;
        }
        let mut places =
            findings.iter_mut().flat_map(|finding| [&mut finding.start, &mut finding.end]);
        let Some(mut place) = places.next() else { return };
        let (mut read, mut source) = (0, 0);
        let text = std::str::from_utf8(&self.text).unwrap_or_default();
        for character in text.chars().map(Some).chain([None]) {
            if character.is_none() {
                source = self.source.len();
            }
            while *place <= read {
                *place = source.min(self.source.len());
                match places.next() {
                    Some(next) => place = next,
                    None => return,
                }
            }
            let Some(character) = character else { return };
            read += character.len_utf8();
            source += self.width(character, source);
        }
    }

    /// How many bytes of the source this character took.
    fn width(&self, character: char, at: usize) -> usize {
        if self.encoding != Encoding::ShiftJis {
            return 2 * character.len_utf16();
        }
        match self.source.get(at..).unwrap_or_default() {
            [0..=0x80 | 0xA0..=0xDF | 0xFD..=0xFF, ..] => 1,
            // A lead byte before an ASCII byte with which it makes no character stands alone.
            [_, 0..=0x7F, ..] if character == char::REPLACEMENT_CHARACTER => 1,
            _ => 2,
        }
    }
}

fn detect(source: &[u8]) -> Text<'_> {
    let decoded = |encoding| Text { source, text: decode(source, encoding).0, encoding };
    let borrowed = |encoding| Text { source, text: Cow::Borrowed(source), encoding };
    match source {
        [0xFF, 0xFE, ..] => return decoded(Encoding::Utf16Le),
        [0xFE, 0xFF, ..] => return decoded(Encoding::Utf16Be),
        _ => {}
    }
    if let Some(encoding) = zeros(source) {
        return decoded(encoding);
    }
    if std::str::from_utf8(source).is_ok() {
        return borrowed(Encoding::Utf8);
    }
    if let Some(encoding) = kana(source) {
        return decoded(encoding);
    }
    if has_double_byte_kana(source)
        && let (text, false) = decode(source, Encoding::ShiftJis)
    {
        return Text { source, text, encoding: Encoding::ShiftJis };
    }
    borrowed(Encoding::Bytes)
}

/// Decodes, and says whether anything was malformed.
fn decode(source: &[u8], encoding: Encoding) -> (Cow<'_, [u8]>, bool) {
    let decoder = match encoding {
        Encoding::Utf16Le => UTF_16LE,
        Encoding::Utf16Be => UTF_16BE,
        Encoding::ShiftJis => SHIFT_JIS,
        Encoding::Utf8 | Encoding::Bytes => return (Cow::Borrowed(source), false),
    };
    let (text, malformed) = decoder.decode_without_bom_handling(source);
    let bytes = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    (bytes, malformed)
}

/// How much is looked at to guess an encoding.
const SAMPLE: usize = 4096;

/// UTF-16 of mostly ASCII characters: every other byte is zero.
fn zeros(source: &[u8]) -> Option<Encoding> {
    let sample = source.get(..SAMPLE).unwrap_or(source);
    let (mut units, mut first, mut second) = (0, 0, 0);
    for pair in sample.chunks_exact(2) {
        units += 1;
        first += usize::from(pair.first() == Some(&0));
        second += usize::from(pair.last() == Some(&0));
    }
    let mostly =
        |zeros: usize, others: usize| zeros >= 2 && zeros * 5 >= units * 2 && others * 20 <= units;
    if mostly(second, first) {
        Some(Encoding::Utf16Le)
    } else if mostly(first, second) {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// UTF-16 of Japanese: high bytes of ASCII, kana, ideographs and full-width forms, and of little else.
fn kana(source: &[u8]) -> Option<Encoding> {
    let sample = source.get(..SAMPLE).unwrap_or(source);
    let (mut units, mut first, mut second) = (0, (0, 0), (0, 0));
    let look = |byte: Option<&u8>, (fits, kana): &mut (usize, usize)| {
        *fits += usize::from(matches!(byte, Some(0 | 0x30 | 0x4E..=0x9F | 0xFF)));
        *kana += usize::from(matches!(byte, Some(0x30)));
    };
    for pair in sample.chunks_exact(2) {
        units += 1;
        look(pair.first(), &mut first);
        look(pair.last(), &mut second);
    }
    let mostly =
        |(fits, kana): (usize, usize)| units >= 8 && fits * 20 >= units * 19 && kana * 5 >= units;
    match (mostly(second), mostly(first)) {
        (true, false) => Some(Encoding::Utf16Le),
        (false, true) => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Hiragana or katakana of two bytes, as Japanese text always has.
fn has_double_byte_kana(source: &[u8]) -> bool {
    let sample = source.get(..SAMPLE).unwrap_or(source);
    sample.windows(2).any(|pair| matches!(pair, [0x82, 0x9F..=0xF1] | [0x83, 0x40..=0x96]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Kind;
    use super::*;

    fn finding(start: usize, end: usize) -> Finding {
        Finding {
            kind: Kind::Secret,
            start,
            end,
            confidence: 0,
            word: None,
            excerpt: String::new(),
        }
    }

    #[test]
    fn encodings_are_recognised() {
        let japanese = "カード番号はこちらです: 4111 1111 1111 1111。";
        let le: Vec<u8> = japanese.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = japanese.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let english: Vec<u8> = "card 4111".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let kana: Vec<u8> =
            "マイナンバーはここにかきます".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let (sjis, _, failed) = SHIFT_JIS.encode(japanese);
        assert!(!failed);
        for (bytes, encoding) in [
            (japanese.as_bytes(), Encoding::Utf8),
            (b"plain", Encoding::Utf8),
            (b"", Encoding::Utf8),
            (&le, Encoding::Utf16Le),
            (&be, Encoding::Utf16Be),
            (&english, Encoding::Utf16Le),
            (&kana, Encoding::Utf16Be),
            (&sjis, Encoding::ShiftJis),
            (b"caf\xE9 au lait", Encoding::Bytes),
            (&[0x80, 0xFF, 0x00, 0x13], Encoding::Bytes),
        ] {
            assert_eq!(Text::new(bytes, None).encoding(), encoding, "{bytes:?}");
        }
    }

    proptest! {
        /// Every boundary between characters is found again, and what lies beyond is cut off.
        #[test]
        fn places_are_those_of_the_source(text in "\\PC{0,20}", before in "[ -~ア-ンｱ-ﾝ亜-龠😀]{0,20}") {
            for (encoding, encode) in [
                (Encoding::Utf16Le, (|t| t.encode_utf16().flat_map(u16::to_le_bytes).collect()) as fn(&str) -> Vec<u8>),
                (Encoding::Utf16Be, |t| t.encode_utf16().flat_map(u16::to_be_bytes).collect()),
                (Encoding::ShiftJis, |t| SHIFT_JIS.encode(t).0.into_owned()),
            ] {
                let (head, tail) = (encode(&before), encode(&text));
                let source = [&head[..], b"\0".repeat(if encoding == Encoding::ShiftJis { 1 } else { 2 }).as_slice(), &tail].concat();
                let read = Text::new(&source, Some(encoding));
                let middle = Text::new(&head, Some(encoding)).bytes().len();
                let mut findings = [finding(0, middle), finding(middle, middle + 1), finding(read.bytes().len(), usize::MAX)];
                read.locate(&mut findings);
                prop_assert_eq!(findings[0].end, head.len());
                prop_assert_eq!(findings[1].start, head.len());
                prop_assert_eq!(findings[2].start, source.len());
            }
        }

        #[test]
        fn malformed_bytes_keep_their_places(source in proptest::collection::vec(any::<u8>(), 0..40)) {
            for encoding in [Encoding::Utf16Le, Encoding::Utf16Be, Encoding::ShiftJis] {
                let read = Text::new(&source, Some(encoding));
                let mut end = [finding(read.bytes().len(), read.bytes().len())];
                read.locate(&mut end);
                prop_assert_eq!(end[0].start, source.len(), "{:?}", encoding);
            }
        }
    }
}
