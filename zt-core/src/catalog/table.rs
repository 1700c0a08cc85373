//! The table that the catalogue is kept in, and how to read it.
//!
//! `tools/catalogue` writes it. All of it is read where it lies, at run time and in constants alike, so nothing is
//! allocated or prepared. Numbers are little-endian; *numbers* in streams take seven bits a byte, the lowest first.
//!
//! The file is `ZTCAT\0\0` and a version byte, the lengths of the sections of [`Table`] as `u32`, and the sections. A
//! text is a run of words of one dictionary: byte 0 ends it, bytes 1 to `short` are the words used most, and every
//! byte above begins a number of two bytes.
//!
//! What decodes is never inlined (`inline(never)`): it is called from everywhere, and together with the table it has to stay below
//! the limit of `scripts/catalogue_size.sh`.
//!
//! A table that is damaged reads as empty texts and empty lists; the tests compare every fact with the source.

use std::cmp::Ordering;

/// The sections of the table.
pub(super) struct Table {
    /// Name, version and licence of the source.
    pub(super) source: &'static [u8],
    /// How many words have a short number, and how many groups of 256 words there are (a byte each); where each group begins in
    /// `words` (`u24`); for each word, and for the end, how far from there it begins (`u16`).
    word_index: &'static [u8],
    /// The words.
    words: &'static [u8],
    /// Texts that others refer to.
    pub(super) strings: &'static [u8],
    /// One record for each service: see [`ServiceRecord`].
    pub(super) services: &'static [u8],
    /// For each service, sorted by lower case: name, number of its facts.
    pub(super) actions: &'static [u8],
    /// What is said about actions: level, number of a resource list (`u16`), number of a key list (`u16`).
    pub(super) facts: &'static [u8],
    /// For each service, where its actions 0, 16, 32, ... begin, from its first: `u16`.
    pub(super) blocks: &'static [u8],
    /// For each service, sorted by lower case: name, ARN pattern, number of a key list.
    pub(super) resources: &'static [u8],
    /// Where each record of `resources` begins, from the first of its service: `u16`.
    pub(super) resource_starts: &'static [u8],
    /// Sorted by lower case: name (`u24` into `strings`) and type.
    pub(super) keys: &'static [u8],
    /// Where key lists begin in `lists`: `u24`.
    pub(super) key_lists: &'static [u8],
    /// Where resource lists begin in `lists`: `u24`.
    pub(super) resource_lists: &'static [u8],
    /// Sorted by the service in ARNs: that (`u24` into `strings`), and (`u24` into `lists`) its resource
    /// types: number of the service, number of the type.
    pub(super) arns: &'static [u8],
    /// Numbers: how many follow, and they.
    pub(super) lists: &'static [u8],
}

/// The catalogue.
pub(super) static TABLE: Table = Table::read(include_bytes!("catalogue.bin"));

/// Words between two entries of the index of groups.
const GROUP: usize = 256;
/// Bytes of a record of [`Table::facts`].
pub(super) const FACTS: usize = 5;
/// Actions between two entries of [`Table::blocks`].
pub(super) const BLOCK: usize = 16;
/// Bytes of a record of [`Table::services`].
const SERVICE: usize = 24;
/// Bytes of a record of [`Table::keys`].
pub(super) const KEY: usize = 4;
/// Bytes of a record of [`Table::arns`].
pub(super) const ARN: usize = 6;
/// The longest text, in bytes.
const LONGEST: usize = 320;

impl Table {
    const fn read(file: &'static [u8]) -> Self {
        let mut lengths = Reader::at(file, 8);
        let mut start = 8 + 15 * 4;
        let mut section = [file; 15];
        let mut rest: &mut [&'static [u8]] = &mut section;
        while let Some((next, tail)) = rest.split_first_mut() {
            let length = lengths.little_endian(4);
            *next = slice(file, start, length);
            start += length;
            rest = tail;
        }
        let [
            source,
            word_index,
            words,
            strings,
            services,
            actions,
            facts,
            blocks,
            resources,
            resource_starts,
            keys,
            key_lists,
            resource_lists,
            arns,
            lists,
        ] = section;
        Self {
            source,
            word_index,
            words,
            strings,
            services,
            actions,
            facts,
            blocks,
            resources,
            resource_starts,
            keys,
            key_lists,
            resource_lists,
            arns,
            lists,
        }
    }

    /// How many services there are.
    pub(super) const fn service_count(&self) -> usize {
        self.services.len() / SERVICE
    }

    /// A text of `strings`.
    pub(super) const fn string(&self, offset: usize) -> Text {
        Reader::at(self.strings, offset).text()
    }

    /// The word with a number.
    const fn word(&self, number: usize) -> &'static [u8] {
        let start = self.word_start(number);
        slice(self.words, start, self.word_start(number + 1).saturating_sub(start))
    }

    const fn word_start(&self, number: usize) -> usize {
        let groups = match self.word_index {
            [_, groups, ..] => *groups as usize,
            _ => 0,
        };
        let group = match self.word_index.split_at_checked(2 + number / GROUP * 3) {
            Some((_, [low, middle, high, ..])) => {
                *low as usize | (*middle as usize) << 8 | (*high as usize) << 16
            }
            _ => 0,
        };
        match self.word_index.split_at_checked(2 + groups * 3 + number * 2) {
            Some((_, [low, high, ..])) => group + (*low as usize | (*high as usize) << 8),
            _ => group,
        }
    }
}

/// What the table says about a service.
#[derive(Clone, Copy)]
pub(super) struct ServiceRecord {
    /// Its prefix, in `strings`.
    pub(super) prefix: usize,
    /// Its name, in `strings`.
    pub(super) name: usize,
    /// Its first action, in `actions`.
    pub(super) actions: usize,
    /// Its first entry of `blocks`.
    pub(super) block: usize,
    /// How many actions it has.
    pub(super) action_count: usize,
    /// Its first resource type, in `resources`.
    pub(super) resources: usize,
    /// Its first entry of `resource_starts`.
    pub(super) resource_start: usize,
    /// How many resource types it has.
    pub(super) resource_count: usize,
    /// Its condition keys, in `lists`.
    pub(super) keys: usize,
    /// Whether resource control policies apply to it.
    pub(super) rcp: bool,
}

impl ServiceRecord {
    #[inline(never)]
    pub(super) const fn read(number: usize) -> Self {
        let mut record = Reader::at(TABLE.services, number * SERVICE);
        Self {
            prefix: record.little_endian(3),
            name: record.little_endian(3),
            actions: record.little_endian(3),
            block: record.little_endian(2),
            action_count: record.little_endian(2),
            resources: record.little_endian(3),
            resource_start: record.little_endian(2),
            resource_count: record.little_endian(2),
            keys: record.little_endian(3),
            rcp: record.byte() == 1,
        }
    }
}

/// Reads a section from some place on. Past the end there are zeros.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    rest: &'static [u8],
}

impl Reader {
    pub(super) const fn at(section: &'static [u8], offset: usize) -> Self {
        let rest = match section.split_at_checked(offset) {
            Some((_, rest)) => rest,
            None => &[],
        };
        Self { rest }
    }

    pub(super) const fn byte(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((byte, rest)) => {
                self.rest = rest;
                *byte
            }
            None => 0,
        }
    }

    pub(super) const fn little_endian(&mut self, bytes: u32) -> usize {
        let (mut number, mut at) = (0, 0);
        while at < bytes {
            number |= (self.byte() as usize) << (8 * at);
            at += 1;
        }
        number
    }

    pub(super) const fn number(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0);
        while shift < 28 {
            let byte = self.byte();
            number |= ((byte & 0x7f) as usize) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        number
    }

    #[inline(never)]
    pub(super) const fn text(&mut self) -> Text {
        let mut text = Text { bytes: [0; LONGEST], length: 0 };
        let short = match TABLE.word_index.first() {
            Some(short) => *short,
            None => 0,
        };
        loop {
            let byte = self.byte();
            if byte == 0 {
                return text;
            }
            text.push(TABLE.word(if byte <= short {
                byte as usize - 1
            } else {
                let high = (byte - short - 1) as usize;
                short as usize + high * 256 + self.byte() as usize
            }));
        }
    }

    /// How a text sorts to a name, without regard to case; goes past it. Nothing is copied.
    #[inline(never)]
    pub(super) const fn compare_text(&mut self, mut name: &[u8]) -> Ordering {
        let short = match TABLE.word_index.first() {
            Some(short) => *short,
            None => 0,
        };
        loop {
            let byte = self.byte();
            if byte == 0 {
                return if name.is_empty() { Ordering::Equal } else { Ordering::Less };
            }
            let mut word = TABLE.word(if byte <= short {
                byte as usize - 1
            } else {
                let high = (byte - short - 1) as usize;
                short as usize + high * 256 + self.byte() as usize
            });
            while let Some((own, own_rest)) = word.split_first() {
                let Some((other, other_rest)) = name.split_first() else {
                    self.skip_text();
                    return Ordering::Greater;
                };
                let (own, other) = (own.to_ascii_lowercase(), other.to_ascii_lowercase());
                if own != other {
                    self.skip_text();
                    return if own < other { Ordering::Less } else { Ordering::Greater };
                }
                (word, name) = (own_rest, other_rest);
            }
        }
    }

    /// Goes past a text.
    #[inline(never)]
    pub(super) const fn skip_text(&mut self) {
        let short = match TABLE.word_index.first() {
            Some(short) => *short,
            None => 0,
        };
        loop {
            match self.byte() {
                0 => return,
                byte if byte > short => {
                    self.byte();
                }
                _ => {}
            }
        }
    }
}

/// A text of the table.
#[derive(Clone, Copy)]
pub(super) struct Text {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Text {
    pub(super) const fn as_bytes(&self) -> &[u8] {
        match self.bytes.split_at_checked(self.length) {
            Some((text, _)) => text,
            None => &[],
        }
    }

    pub(super) const fn as_str(&self) -> &str {
        match str::from_utf8(self.as_bytes()) {
            Ok(text) => text,
            Err(_) => "",
        }
    }

    const fn push(&mut self, word: &[u8]) {
        let Some((_, room)) = self.bytes.split_at_mut_checked(self.length) else {
            return;
        };
        if let Some((room, _)) = room.split_at_mut_checked(word.len()) {
            room.copy_from_slice(word);
            self.length += word.len();
        }
    }
}

/// Numbers of [`Table::lists`].
#[derive(Clone)]
pub(super) struct List {
    reader: Reader,
    left: usize,
}

impl List {
    #[inline(never)]
    pub(super) fn at(offset: usize) -> Self {
        let mut reader = Reader::at(TABLE.lists, offset);
        let left = reader.number();
        Self { reader, left }
    }

    /// The list with a number, by one of the indices.
    pub(super) fn indexed(index: &'static [u8], number: usize) -> Self {
        Self::at(Reader::at(index, number * 3).little_endian(3))
    }

    /// The list without numbers.
    pub(super) const fn empty() -> Self {
        Self { reader: Reader { rest: &[] }, left: 0 }
    }
}

impl Iterator for List {
    type Item = usize;

    #[inline(never)]
    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        Some(self.reader.number())
    }
}

const fn slice(bytes: &'static [u8], start: usize, length: usize) -> &'static [u8] {
    match bytes.split_at_checked(start) {
        Some((_, rest)) => match rest.split_at_checked(length) {
            Some((slice, _)) => slice,
            None => &[],
        },
        None => &[],
    }
}
