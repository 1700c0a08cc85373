//! Finding names, at run time and in constants.

use std::cmp::Ordering;

use super::table::{BLOCK, Reader, ServiceRecord, TABLE};

/// The number of the service with a prefix, in any case.
#[inline(never)]
pub(super) const fn service(prefix: &[u8]) -> Option<usize> {
    let (mut low, mut high) = (0, TABLE.service_count());
    while low < high {
        let middle = low + (high - low) / 2;
        let mut found = Reader::at(TABLE.strings, ServiceRecord::read(middle).prefix);
        match found.compare_text(prefix) {
            Ordering::Equal => return Some(middle),
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
        }
    }
    None
}

/// Goes through the actions of a service.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    /// The next action.
    pub(super) reader: Reader,
    /// Its number.
    pub(super) number: usize,
    /// How many actions the service has.
    count: usize,
}

impl Actions {
    /// All actions of a service.
    pub(super) const fn of(service: ServiceRecord) -> Self {
        let reader = Reader::at(TABLE.actions, service.actions);
        Self { reader, number: 0, count: service.action_count }
    }

    /// The actions of a service, from a multiple of 16 on, without missing one that is `name` or sorts after it.
    #[inline(never)]
    pub(super) const fn from(service: ServiceRecord, name: &[u8]) -> Self {
        // The last block whose first action does not sort after the name.
        let (mut low, mut high) = (0, service.action_count.div_ceil(BLOCK));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let mut reader = Self::block(service, middle);
            match reader.compare_text(name) {
                Ordering::Greater => high = middle,
                _ => low = middle,
            }
        }
        Self { reader: Self::block(service, low), number: low * BLOCK, count: service.action_count }
    }

    const fn block(service: ServiceRecord, block: usize) -> Reader {
        let start = Reader::at(TABLE.blocks, (service.block + block) * 2).little_endian(2);
        Reader::at(TABLE.actions, service.actions + start)
    }

    /// Whether there is a next action.
    pub(super) const fn more(&self) -> bool {
        self.number < self.count
    }

    /// Goes past what follows a name.
    pub(super) const fn skip_facts(&mut self) {
        self.reader.number();
        self.number += 1;
    }
}

/// Whether there is such an action, or, for a pattern, one that fits it.
pub(super) const fn is_action(text: &[u8]) -> bool {
    if let [b'*'] = text {
        return true;
    }
    let Some((prefix, name)) = split(text) else {
        return false;
    };
    if let [b'*'] = prefix {
        let mut number = 0;
        while number < TABLE.service_count() {
            if has_action(ServiceRecord::read(number), name) {
                return true;
            }
            number += 1;
        }
        return false;
    }
    match service(prefix) {
        Some(number) => has_action(ServiceRecord::read(number), name),
        None => false,
    }
}

const fn has_action(service: ServiceRecord, pattern: &[u8]) -> bool {
    let literal = literal_start(pattern);
    let mut actions = Actions::from(service, literal);
    if literal.len() == pattern.len() {
        while actions.more() {
            match actions.reader.compare_text(pattern) {
                Ordering::Less => actions.skip_facts(),
                Ordering::Equal => return true,
                Ordering::Greater => return false,
            }
        }
        return false;
    }
    while actions.more() {
        let name = actions.reader.text();
        if fits(pattern, name.as_bytes()) {
            return true;
        }
        if is_past(name.as_bytes(), literal) {
            return false;
        }
        actions.skip_facts();
    }
    false
}

/// `s3` and `GetObject` of `s3:GetObject`.
pub(super) const fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    while let Some((prefix, [byte, name @ ..])) = text.split_at_checked(at) {
        if *byte == b':' {
            return Some((prefix, name));
        }
        at += 1;
    }
    None
}

/// What stands before the first wildcard.
pub(super) const fn literal_start(pattern: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some((start, [byte, ..])) = pattern.split_at_checked(at) {
        if matches!(*byte, b'*' | b'?') {
            return start;
        }
        at += 1;
    }
    pattern
}

/// Whether a name, and all that sort after it, cannot begin with `start`.
pub(super) const fn is_past(name: &[u8], start: &[u8]) -> bool {
    let head = match name.split_at_checked(start.len()) {
        Some((head, _)) => head,
        None => name,
    };
    matches!(compare(head, start), Ordering::Greater)
}

/// Order by lower case.
pub(super) const fn compare(mut one: &[u8], mut other: &[u8]) -> Ordering {
    loop {
        match (one, other) {
            ([], []) => return Ordering::Equal,
            ([], _) => return Ordering::Less,
            (_, []) => return Ordering::Greater,
            ([a, one_rest @ ..], [b, other_rest @ ..]) => {
                let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
                if a < b {
                    return Ordering::Less;
                }
                if a > b {
                    return Ordering::Greater;
                }
                (one, other) = (one_rest, other_rest);
            }
        }
    }
}

/// Whether a text fits a pattern, in any case: `*` is any run of characters, `?` exactly one. Names are ASCII.
#[inline(never)]
pub(super) const fn fits(mut pattern: &[u8], mut text: &[u8]) -> bool {
    // Where the last star stood, and where what it stands for would end next.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern, text) {
            ([], []) => return true,
            ([b'*', rest @ ..], _) => {
                retry = Some((rest, text));
                pattern = rest;
                continue;
            }
            ([wanted, pattern_rest @ ..], [found, text_rest @ ..])
                if *wanted == b'?' || wanted.eq_ignore_ascii_case(found) =>
            {
                (pattern, text) = (pattern_rest, text_rest);
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after_star, [_, text_rest @ ..])) => {
                retry = Some((after_star, text_rest));
                (pattern, text) = (after_star, text_rest);
            }
            _ => return false,
        }
    }
}
