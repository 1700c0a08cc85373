//! Numbers that states give to people: Japanese individual numbers, passports.

use super::card::bounds;
use super::number::{Joint, Run};
use super::scan::Candidate;
use super::{Kind, redact};

/// The Japanese individual number that starts with this group, and how many groups it takes.
///
/// Its check digit lets one number in ten pass, so it takes a context word to be reported.
pub(super) fn my_number(run: &Run, first: usize) -> Option<(Candidate, usize)> {
    let (groups, base) = match run.window(first, &[12]) {
        Some(groups) => (groups, 20),
        None => {
            let groups = run.window(first, &[4, 4, 4])?;
            Run::uniform(groups)?;
            // Four groups of four are something else.
            let four = |at: Option<usize>| at.is_some_and(|at| run.window(at, &[4]).is_some());
            if four(first.checked_sub(1)) || four(Some(first + 3)) {
                return None;
            }
            (groups, 30)
        }
    };
    let alone = run
        .neighbours(first, groups.len())
        .iter()
        .all(|joint| matches!(joint, None | Some(Joint::Space | Joint::Paren)));
    if !alone || !my_number_checks(run.digits(groups)) {
        return None;
    }
    let (start, end) = bounds(groups);
    let excerpt = redact::last_digits(run.digits(groups), 0);
    let candidate = Candidate {
        kind: Kind::MyNumber,
        start,
        end,
        base,
        in_context: 90,
        contrary: 10,
        excerpt,
        word: None,
    };
    Some((candidate, groups.len()))
}

/// The check digit: order of the Ministry of Internal Affairs and Communications No. 85 of 2014, article 5.
fn my_number_checks(digits: &[u8]) -> bool {
    let [body @ .., check] = digits else { return false };
    if body.len() != 11 || body.iter().all(|digit| *digit == 0) {
        return false;
    }
    let sum: u32 = body
        .iter()
        .rev()
        .zip([2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6])
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum();
    let expected = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    u32::from(*check) == expected
}

/// The number of a passport: one or two letters before six to eight digits, or nine digits. Reported beside a word that says
/// so only: nothing in it checks.
pub(super) fn passport(text: &[u8], start: usize, end: usize) -> Option<Candidate> {
    let word = text.get(start..end)?;
    let letters = word.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let digits = word.get(letters..)?;
    let shaped = digits.iter().all(u8::is_ascii_digit)
        && match letters {
            0 => digits.len() == 9,
            1 => matches!(digits.len(), 6..=8),
            2 => matches!(digits.len(), 6 | 7),
            _ => false,
        };
    shaped.then(|| Candidate {
        kind: Kind::Passport,
        start,
        end,
        base: 10,
        in_context: 75,
        contrary: 0,
        excerpt: redact::all(word.len()),
        word: None,
    })
}

/// The machine readable zone of a passport (ICAO 9303 part 4): two lines of 44 characters. `at` is at `<<` in the first.
pub(super) fn machine_readable(text: &[u8], at: usize) -> Option<Candidate> {
    let behind = text.get(at.saturating_sub(LINE)..at)?;
    let before = behind.iter().rev().take_while(|byte| is_zone(**byte)).count();
    let start = at - before;
    let first = text.get(start..start + LINE)?;
    let break_after = match text.get(start + LINE..).unwrap_or_default() {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r' | b' ', ..] => 1,
        _ => return None,
    };
    let from = start + LINE + break_after;
    let second = text.get(from..from + LINE)?;
    if first.first() != Some(&b'P')
        || !first.iter().chain(second).all(|byte| is_zone(*byte))
        || text.get(from + LINE).is_some_and(|byte| is_zone(*byte))
    {
        return None;
    }
    // Number, date of birth, date of expiry, and all of it.
    let field = |from: usize, to: usize| second.get(from..to).unwrap_or_default();
    let whole: Vec<u8> = [field(0, 10), field(13, 20), field(21, 43)].concat();
    let checks = [(field(0, 9), 9), (field(13, 19), 19), (field(21, 27), 27), (&whole, 43)]
        .into_iter()
        .all(|(field, check)| second.get(check) == Some(&zone_digit(field)));
    checks.then(|| Candidate {
        kind: Kind::Passport,
        start,
        end: from + LINE,
        base: 99,
        in_context: 99,
        contrary: 99,
        excerpt: "P<*** (machine readable zone)".to_owned(),
        word: None,
    })
}

/// Characters in a line of a passport's zone.
const LINE: usize = 44;

fn is_zone(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'<')
}

/// The check digit of ICAO 9303 part 3, section 4.9.
fn zone_digit(field: &[u8]) -> u8 {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 0,
    };
    let sum: u32 = field
        .iter()
        .zip([7, 3, 1].iter().cycle())
        .map(|(byte, weight)| value(*byte) * weight)
        .sum();
    b'0' + u8::try_from(sum % 10).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digit_of_individual_numbers() {
        let digits = |text: &str| text.bytes().map(|byte| byte - b'0').collect::<Vec<u8>>();
        // Numbers that ministries print in their specimens.
        assert!(my_number_checks(&digits("123456789018")));
        assert!(!my_number_checks(&digits("123456789012")));
        assert!(!my_number_checks(&digits("000000000000")));
        assert!(!my_number_checks(&digits("12345678901")));
    }

    #[test]
    fn zone_of_the_specimen() {
        // The specimen of ICAO 9303 part 4, appendix B.
        let zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
        let found = machine_readable(zone.as_bytes(), 13).unwrap();
        assert_eq!((found.start, found.end), (0, 89));
        let wrong = zone.replace("7408122", "7408132");
        assert!(machine_readable(wrong.as_bytes(), 13).is_none());
    }
}
