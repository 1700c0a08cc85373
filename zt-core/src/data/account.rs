//! International bank account numbers (ISO 13616).

use iban::Iban;

use super::number::{word_after, word_before};
use super::scan::Candidate;
use super::{Kind, redact};

/// The longest IBAN the standard allows, in characters.
const LONGEST: usize = 34;
/// The country and the check digits, which move to the end before the remainder is taken, in characters.
const HEAD: usize = 4;
/// The shortest that a country has (Norway), in characters.
const SHORTEST: usize = 15;

/// The account number whose first digit is at `digit`: two capital letters before it, a digit after it.
pub(super) fn iban(text: &[u8], digit: usize) -> Option<Candidate> {
    let start = digit.checked_sub(2)?;
    match text.get(start..digit + 2)? {
        [b'A'..=b'Z', b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9'] if !word_before(text, start) => {}
        _ => return None,
    }
    // Without spaces, or in groups of four with one space or hyphen between; then it may end at any group.
    let (mut number, mut remainder, mut found) = (String::with_capacity(LONGEST), 0, None);
    let (mut at, mut group, mut grouped) = (start, 0, None);
    while number.len() < LONGEST {
        match text.get(at) {
            Some(byte) if byte.is_ascii_uppercase() || byte.is_ascii_digit() => {
                if number.len() >= HEAD {
                    remainder = append(remainder, *byte);
                }
                number.push(char::from(*byte));
                group += 1;
                at += 1;
            }
            Some(joint @ (b' ' | b'-'))
                if group == 4
                    && grouped.is_none_or(|known| known == *joint)
                    && (grouped.is_some() || number.len() == HEAD) =>
            {
                if checks(&number, remainder) {
                    found = Some((number.len(), at));
                }
                grouped = Some(*joint);
                group = 0;
                at += 1;
            }
            _ => break,
        }
    }
    if group > 0 && !word_after(text, at) && checks(&number, remainder) {
        found = Some((number.len(), at));
    }
    let (len, end) = found?;
    let excerpt = redact::ends(number.get(..len)?.as_bytes(), 2, 2);
    Some(Candidate {
        kind: Kind::Iban,
        start,
        end,
        base: 95,
        in_context: 99,
        contrary: 95,
        excerpt,
        word: None,
    })
}

/// Whether this is an account number; `remainder` is that of all after the country and the check digits.
fn checks(number: &str, remainder: u32) -> bool {
    number.len() >= SHORTEST
        && number.bytes().take(HEAD).fold(remainder, append) == 1
        // The country, its length and its structure.
        && number.parse::<Iban>().is_ok()
}

/// The remainder modulo 97 with one more letter (as a number from 10) or digit at the end (ISO 7064, MOD 97-10).
fn append(remainder: u32, byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        _ => (remainder * 100 + u32::from(byte.wrapping_sub(b'A')) + 10) % 97,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(usize, usize)> {
        let digit = text.find(|c: char| c.is_ascii_digit())?;
        iban(text.as_bytes(), digit).map(|found| (found.start, found.end))
    }

    #[test]
    fn examples_of_the_registry() {
        for number in [
            "DE89 3704 0044 0532 0130 00",
            "GB29NWBK60161331926819",
            "FR1420041010050500013M02606",
            "NO9386011117947",
            "BE68-5390-0754-7034",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            assert_eq!(found(number), Some((0, number.len())), "{number}");
            assert_eq!(found(&format!("{number}x")), None, "{number}");
            assert_eq!(found(&format!("{number} BANK")), Some((0, number.len())), "{number}");
            assert_eq!(found(&format!("X{number}")), None, "{number}");
        }
        for wrong in [
            "DE88370400440532013000",
            "DE8937040044053201300",
            "ZZ89370400440532013000",
            "DE89",
            "DE8",
        ] {
            assert_eq!(found(wrong), None, "{wrong}");
        }
    }
}
