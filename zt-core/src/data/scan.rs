//! One pass over a text, from one digit, `@` or `<<` to the next.

use super::contact::Prefix;
use super::number::{DIGITS, Run, digit, word_after, word_before};
use super::{Kind, account, card, contact, identity, secret};

/// Something that may be reported, with its scores.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The confidence without a context word, with one for this kind, and with one for something else.
    pub(super) base: u8,
    pub(super) in_context: u8,
    pub(super) contrary: u8,
    pub(super) excerpt: String,
    pub(super) word: Option<&'static str>,
}

/// Everything that may be reported, in no order.
pub(super) fn scan(text: &[u8]) -> Vec<Candidate> {
    let mut found = Vec::new();
    secret::secrets(text, &mut found);
    let (mut run, mut at) = (Run::default(), 0);
    while let Some(next) = trigger(text, at) {
        at = match text.get(next) {
            Some(b'@') => {
                found.extend(contact::email(text, next));
                found.extend(secret::url_password(text, next));
                next + 1
            }
            Some(b'<') => {
                let zone = (text.get(next + 1) == Some(&b'<'))
                    .then(|| identity::machine_readable(text, next));
                found.extend(zone.flatten());
                next + 1
                    + text
                        .get(next + 1..)
                        .unwrap_or_default()
                        .iter()
                        .take_while(|byte| **byte == b'<')
                        .count()
            }
            _ if digit(text, next).is_some() => numbers(text, next, &mut run, &mut found),
            _ => next + 1,
        };
    }
    found
}

/// The next byte at which something may start: a digit, the first byte of a full-width digit, `@` or `<`.
fn trigger(text: &[u8], from: usize) -> Option<usize> {
    const BLOCK: usize = 32;
    // Without branches, so that the compiler makes vector instructions of it.
    let starts = |byte: &u8| {
        (byte.wrapping_sub(b'0') < 10) | (*byte == b'@') | (*byte == b'<') | (*byte == 0xEF)
    };
    let mut at = from;
    for block in text.get(from..)?.chunks(BLOCK) {
        if block.iter().fold(false, |any, byte| any | starts(byte)) {
            return block.iter().position(starts).map(|place| at + place);
        }
        at += block.len();
    }
    None
}

/// Reads the run of digits that starts here. Returns where to go on.
fn numbers(text: &[u8], start: usize, run: &mut Run, found: &mut Vec<Candidate>) -> usize {
    let within_word = word_before(text, start);
    if within_word && let Some(iban) = account::iban(text, start) {
        let end = iban.end;
        found.push(iban);
        return end;
    }
    if let Some(end) = too_few(text, start, within_word) {
        return end;
    }
    let end = run.read(text, start);
    found.extend(passport(text, start, run));
    // A group that goes on as a word is part of something else: a hash, a UUID, a name.
    let broken = within_word || hyphenated(text, start);
    let mut group = usize::from(broken);
    let groups =
        run.groups.len() - usize::from(word_after(text, end) || hyphenated_after(text, end));
    while group < groups {
        let mut taken = 1;
        let mut sure = false;
        for (candidate, count) in
            [card::card(run, group), identity::my_number(run, group)].into_iter().flatten()
        {
            if group + count <= groups {
                found.push(candidate);
                (taken, sure) = (count.max(taken), true);
            }
        }
        if let Some((candidate, count)) = contact::phone(run, group, &prefix(text, run, group))
            && group + count <= groups
        {
            // The plus sign, or the form, leaves no doubt: its groups are not looked at again.
            if candidate.base >= 50 && !sure {
                taken = count;
            }
            found.push(candidate);
        }
        group += taken;
    }
    end
}

/// Where digits and what may join them end, when there are fewer of them than any number has that is looked for. Most digits in a
/// text are such.
fn too_few(text: &[u8], start: usize, within_word: bool) -> Option<usize> {
    // Telephone and passport numbers; the latter with letters before.
    let least = if within_word { 6 } else { 9 };
    let mut digits = 0;
    for (place, byte) in text.get(start..)?.iter().enumerate() {
        match byte {
            // Full-width digits are of three bytes above 0x7F.
            b'0'..=b'9' | 0xEF => digits += 1,
            b' ' | b'-' | b'.' | b'(' | b')' | 0x80.. => {}
            _ => return Some(start + place),
        }
        if digits >= least {
            return None;
        }
    }
    Some(text.len())
}

/// What stands before a group that may be a telephone number's first.
fn prefix(text: &[u8], run: &Run, group: usize) -> Prefix {
    let Some(group) = run.groups.get(group) else { return Prefix::default() };
    let before = text.get(..group.start).unwrap_or_default();
    // `(03) 1234-5678`, `+(81)`, `＋81`.
    let start = group.start - usize::from(before.last() == Some(&b'('));
    let sign = match before.get(..start).unwrap_or_default() {
        [before @ .., b'+'] if !word_before(before, before.len()) => Some(before.len()),
        [before @ .., 0xEF, 0xBC, 0x8B] => Some(before.len()),
        _ => None,
    };
    Prefix { start: sign.unwrap_or(start), plus: sign.is_some() }
}

/// Whether a hyphen joins this place to a word before: `a716-446655440000`, `ORD-4111…`.
fn hyphenated(text: &[u8], start: usize) -> bool {
    start
        .checked_sub(1)
        .is_some_and(|hyphen| text.get(hyphen) == Some(&b'-') && word_before(text, hyphen))
}

fn hyphenated_after(text: &[u8], end: usize) -> bool {
    text.get(end) == Some(&b'-') && word_after(text, end + 1)
}

/// The passport number of which this run's first group is the digits, with the letters before it.
fn passport(text: &[u8], start: usize, run: &Run) -> Option<Candidate> {
    let first = run.groups.first()?;
    if first.len > DIGITS
        || word_after(text, first.end)
        || run.groups.get(1).is_some_and(|next| next.joint != Some(super::number::Joint::Space))
    {
        return None;
    }
    let letters = text
        .get(..start)?
        .iter()
        .rev()
        .take(3)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    identity::passport(text, start - letters, first.end)
}
