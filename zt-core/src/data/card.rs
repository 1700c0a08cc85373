//! Payment cards: issuer, length and Luhn digit (ISO/IEC 7812-1).

use super::number::{Group, Joint, Run};
use super::scan::Candidate;
use super::{Kind, redact};

/// How numbers are printed on cards.
const GROUPINGS: [&[usize]; 6] =
    [&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 1], &[6, 13]];

/// The card whose number starts with this group of a run, and how many groups it takes.
pub(super) fn card(run: &Run, first: usize) -> Option<(Candidate, usize)> {
    let only = run.groups.get(first..=first)?;
    if only.iter().any(|group| (13..=19).contains(&group.len)) {
        // `0.4111…` is a fraction, `12-4111…` a reference.
        let alone =
            run.neighbours(first, 1).iter().all(|joint| matches!(joint, None | Some(Joint::Space)));
        return (alone && valid(run.digits(only))).then(|| (candidate(run, only, 60, 90, 25), 1));
    }
    GROUPINGS.iter().find_map(|lengths| {
        let groups = run.window(first, lengths)?;
        let joint = Run::uniform(groups)?;
        let alone = run.neighbours(first, lengths.len()).iter().all(|other| match other {
            None => true,
            Some(other) => *other == Joint::Space,
        });
        let apart = joint != Joint::Space || !in_a_table(run, first, lengths.len());
        (alone && apart && valid(run.digits(groups)))
            .then(|| (candidate(run, groups, 80, 95, 45), lengths.len()))
    })
}

/// Whether the window lies amid many groups of four: numbers in a table, not a card.
fn in_a_table(run: &Run, first: usize, count: usize) -> bool {
    let fours = |groups: &mut dyn Iterator<Item = &Group>| {
        groups.take_while(|group| group.len == 4).take(3).count()
    };
    let before = fours(&mut run.groups.iter().take(first).rev());
    let after = fours(&mut run.groups.iter().skip(first + count));
    before > 0 && after > 0 || before + after > 2
}

fn candidate(run: &Run, groups: &[Group], base: u8, in_context: u8, contrary: u8) -> Candidate {
    let digits = run.digits(groups);
    let (start, end) = bounds(groups);
    let excerpt = redact::last_digits(digits, 4);
    Candidate {
        kind: Kind::PaymentCard,
        start,
        end,
        base,
        in_context,
        contrary,
        excerpt,
        word: None,
    }
}

pub(super) fn bounds(groups: &[Group]) -> (usize, usize) {
    (groups.first().map_or(0, |group| group.start), groups.last().map_or(0, |group| group.end))
}

/// Whether these are the digits of a card.
fn valid(digits: &[u8]) -> bool {
    issued(digits) && luhn(digits) && digits.iter().any(|digit| Some(digit) != digits.first())
}

/// Whether an issuer has this prefix, and cards of this length: ranges that the card schemes publish.
fn issued(digits: &[u8]) -> bool {
    let prefix = |count: usize| {
        digits.iter().take(count).fold(0, |number, digit| number * 10 + u32::from(*digit))
    };
    let (two, three, four) = (prefix(2), prefix(3), prefix(4));
    match digits.len() {
        13 => prefix(1) == 4 || maestro(two, four),
        14 => {
            matches!(three, 300..=305)
                || four == 3095
                || matches!(two, 36 | 38 | 39)
                || maestro(two, four)
        }
        15 => matches!(two, 34 | 37) || maestro(two, four),
        16..=19 => {
            let visa = prefix(1) == 4 && matches!(digits.len(), 16 | 19);
            let mastercard = digits.len() == 16 && matches!(four, 2221..=2720 | 5100..=5599);
            let discover = four == 6011 || matches!(three, 644..=649) || two == 65;
            let jcb = matches!(four, 3528..=3589);
            let union_pay = two == 62;
            let mir = matches!(four, 2200..=2204);
            let diners = matches!(three, 300..=305) || matches!(two, 36 | 38 | 39);
            visa || mastercard
                || discover
                || jcb
                || union_pay
                || mir
                || diners
                || maestro(two, four)
        }
        _ => false,
    }
}

fn maestro(two: u32, four: u32) -> bool {
    matches!(two, 56..=58) || matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
}

/// Luhn's check digit (ISO/IEC 7812-1, annex B).
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) => digit * 2 % 10 + digit / 5,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
    }

    /// The numbers that the card schemes and payment processors publish for tests.
    #[test]
    fn published_test_numbers_are_cards() {
        for number in [
            "4111 1111 1111 1111",
            "4012888888881881",
            "4222222222222",
            "5555555555554444",
            "5105105105105100",
            "2223003122003222",
            "378282246310005",
            "371449635398431",
            "6011111111111117",
            "6011000990139424",
            "30569309025904",
            "38520000023237",
            "3530111333300000",
            "3566002020360505",
            "6200000000000005",
            "6759649826438453",
        ] {
            assert!(valid(&digits(number)), "{number}");
            let mut wrong = digits(number);
            wrong[7] = (wrong[7] + 1) % 10;
            assert!(!luhn(&wrong), "{number}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        // An IMEI, an ICCID, zeros, a Visa of 15 digits: all with a valid Luhn digit.
        for number in
            ["490154203237518", "8981100022152967705", "0000000000000000", "411111111111116"]
        {
            assert!(luhn(&digits(number)), "{number}");
            assert!(!valid(&digits(number)), "{number}");
        }
    }
}
