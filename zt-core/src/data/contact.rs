//! Telephone numbers and e-mail addresses.

use super::card::bounds;
use super::number::{Group, Joint, Run};
use super::scan::Candidate;
use super::{Kind, redact};

/// What stands before a group of digits: a parenthesis, a plus sign, or neither.
#[derive(Debug, Default)]
pub(super) struct Prefix {
    pub(super) start: usize,
    pub(super) plus: bool,
}

/// The telephone number that starts with this group, and how many groups it takes.
pub(super) fn phone(run: &Run, first: usize, prefix: &Prefix) -> Option<(Candidate, usize)> {
    let found = if prefix.plus { international(run, first) } else { national(run, first) };
    let (groups, scores) = found?;
    // A parenthesis that the number does not close is not its own.
    let closed = groups.iter().any(|group| group.joint == Some(Joint::Paren));
    let start = if prefix.plus || closed { prefix.start } else { usize::MAX };
    Some((candidate(run, groups, start, scores), groups.len()))
}

fn candidate(run: &Run, groups: &[Group], start: usize, (base, in_context): (u8, u8)) -> Candidate {
    let (from, end) = bounds(groups);
    Candidate {
        kind: Kind::PhoneNumber,
        start: start.min(from),
        end,
        base,
        in_context,
        contrary: base.min(30),
        excerpt: redact::last_digits(run.digits(groups), 2),
        word: None,
    }
}

type Scores = (u8, u8);

/// After a plus sign: a country calling code and as many digits as numbers there have (ITU-T E.164).
fn international(run: &Run, first: usize) -> Option<(&[Group], Scores)> {
    let groups = run.groups.get(first..)?;
    let mut best = None;
    let (mut count, mut total) = (0, 0);
    for group in groups {
        count += 1;
        // The trunk prefix in `+44 (0)20 …` is not dialled.
        let trunk = group.len == 1 && group.joint == Some(Joint::Paren);
        total += if trunk { 0 } else { group.len };
        if total > 15 {
            break;
        }
        let window = groups.get(..count)?;
        if shortest_and_longest(run.digits(window)).is_some_and(|lengths| lengths.contains(&total))
        {
            best = Some(window);
        }
    }
    best.map(|window| (window, (85, 95)))
}

/// How many digits numbers have that start like this, country code included. `None`: no country has that code.
fn shortest_and_longest(digits: &[u8]) -> Option<std::ops::RangeInclusive<usize>> {
    Some(match digits {
        // North America: ten digits, neither of the first two groups starting with 0 or 1.
        [1, 2..=9, _, _, 2..=9, ..] => 11..=11,
        [1, _, _, _, _, ..] => return None,
        [8, 1, ..] => 11..=12,
        [8, 6, ..] => 12..=13,
        [8, 2, ..] => 10..=12,
        [4, 4, ..] => 11..=12,
        [3, 3, ..] => 11..=11,
        [3, 4, ..] => 11..=11,
        [4, 9, ..] => 9..=15,
        [7, ..] => 11..=11,
        // The other codes of two digits.
        [2, 0 | 7, ..]
        | [3, 0..=2 | 6 | 9, ..]
        | [4, 0 | 1 | 3 | 5..=8, ..]
        | [5, 1..=8, ..]
        | [6, 0..=6, ..]
        | [8, 4, ..]
        | [9, 0..=5 | 8, ..] => 9..=14,
        // Codes of three digits, in the zones of which some are given out.
        [2, 1..=6 | 8 | 9, ..]
        | [3, 5 | 7 | 8, ..]
        | [4, 2, ..]
        | [5, 0 | 9, ..]
        | [6, 7..=9, ..]
        | [8, 0 | 5 | 7 | 8, ..]
        | [9, 6 | 7 | 9, ..] => 9..=15,
        _ => return None,
    })
}

/// As written within a country: Japan's plan and North America's by their form, others beside a word that says so.
fn national(run: &Run, first: usize) -> Option<(&[Group], Scores)> {
    let alone = |count: usize| {
        let [before, after] = run.neighbours(first, count);
        matches!(before, None | Some(Joint::Space))
            && matches!(after, None | Some(Joint::Space | Joint::Paren))
    };
    let windows = [
        &[3, 4, 4][..],
        &[2, 4, 4],
        &[3, 3, 4],
        &[4, 2, 4],
        &[4, 3, 3],
        &[4, 3, 4],
        &[5, 1, 4],
        &[1, 3, 3, 4],
    ];
    for lengths in windows {
        let Some(groups) = run.window(first, lengths) else { continue };
        if !alone(lengths.len()) {
            continue;
        }
        let spaced = groups.iter().skip(1).any(|group| group.joint == Some(Joint::Space));
        let form = match (lengths, run.digits(groups)) {
            // Mobile and IP telephony.
            ([3, 4, 4], [0, 5..=9, 0, ..]) => true,
            // Toll-free.
            ([4, 3, 3], [0, 1, 2, 0, ..]) | ([4, 3, 4], [0, 8, 0, 0, ..]) => true,
            // Geographic: nine digits after the zero, the last four by themselves.
            ([2, 4, 4] | [3, 3, 4] | [4, 2, 4] | [5, 1, 4], [0, 1..=9, ..]) => true,
            ([3, 3, 4], [2..=9, _, _, 2..=9, ..]) => true,
            ([1, 3, 3, 4], [1, 2..=9, _, _, 2..=9, ..]) => true,
            _ => false,
        };
        if form {
            return Some((groups, if spaced { (35, 85) } else { (65, 90) }));
        }
    }
    // Up to five groups that start with a zero, or ten digits.
    (1..=5).rev().find_map(|count| {
        let groups = run.groups.get(first..first + count)?;
        let digits = run.digits(groups);
        let like = match digits {
            [0, 1..=9, ..] => (9..=12).contains(&digits.len()),
            [2..=9, _, _, 2..=9, ..] => digits.len() == 10,
            _ => false,
        };
        (like && alone(count)).then_some((groups, (15, 75)))
    })
}

/// The address around the `@` that is here.
pub(super) fn email(text: &[u8], at: usize) -> Option<Candidate> {
    let local = text
        .get(at.saturating_sub(LOCAL)..at)?
        .iter()
        .rev()
        .take_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'')
        })
        .count();
    let start = at - local;
    let name = text.get(start..at)?;
    let name =
        name.get(name.iter().take_while(|byte| matches!(byte, b'.' | b'\'' | b'-')).count()..)?;
    let start = at - name.len();
    if name.is_empty() || name.last() == Some(&b'.') {
        return None;
    }
    let rest = text.get(at + 1..(at + 1 + DOMAIN).min(text.len()))?;
    let run = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        .count();
    let domain = rest.get(..run)?;
    let domain = domain.get(
        ..domain.len() - domain.iter().rev().take_while(|byte| matches!(byte, b'.' | b'-')).count(),
    )?;
    let mut labels = 0;
    for label in domain.split(|byte| *byte == b'.') {
        labels += 1;
        if label.is_empty()
            || label.len() > 63
            || label.first() == Some(&b'-')
            || label.last() == Some(&b'-')
        {
            return None;
        }
    }
    let top = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let named = top.len() >= 2
        && (top.iter().all(u8::is_ascii_alphabetic) || top.starts_with(b"xn--"))
        && !FILES.iter().any(|file| top.eq_ignore_ascii_case(file));
    let end = at + 1 + domain.len();
    // `git@github.com:owner/name` names a repository.
    let repository = text.get(end) == Some(&b':')
        && text
            .get(end + 1)
            .is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'~' | b'/'));
    if labels < 2 || !named || repository {
        return None;
    }
    let domain = String::from_utf8_lossy(domain);
    let initial = name.first().map_or('*', |byte| char::from(*byte));
    Some(Candidate {
        kind: Kind::EmailAddress,
        start,
        end,
        base: 90,
        in_context: 90,
        contrary: 90,
        excerpt: format!("{initial}***@{domain}"),
        word: None,
    })
}

/// Octets before and after the `@` (RFC 5321, section 4.5.3.1).
const LOCAL: usize = 64;
const DOMAIN: usize = 255;
/// `icon@2x.png` is a file.
const FILES: [&[u8]; 10] =
    [b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"css", b"js", b"ts", b"json"];

#[cfg(test)]
mod tests {
    use super::*;

    fn phone_in(text: &str) -> Option<(usize, usize, u8)> {
        let first = text.find(|c: char| c.is_ascii_digit())?;
        let mut run = Run::default();
        run.read(text.as_bytes(), first);
        let start = text.find(['+', '(']).filter(|start| *start < first).unwrap_or(first);
        phone(&run, 0, &Prefix { start, plus: text.starts_with('+') })
            .map(|(found, _)| (found.start, found.end, found.base))
    }

    #[test]
    fn numbers_by_their_form() {
        for text in [
            "+81 90-1234-5678",
            "+819012345678",
            "+1 415-555-2671",
            "+1 (415) 555-2671",
            "+44 (0)20 7946 0958",
            "+49 30 901820",
            "+33 1 23 45 67 89",
            "+353 1 234 5678",
            "+971 50 123 4567",
            "090-1234-5678",
            "03-1234-5678",
            "06(1234)5678",
            "0120-123-456",
            "(415) 555-2671",
            "(03) 1234-5678",
            "415-555-2671",
            "415.555.2671",
            "1-800-555-0199",
        ] {
            let found = phone_in(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.0, found.1), (0, text.len()), "{text}");
            assert!(found.2 >= 60, "{text}");
        }
        // Beside a word only.
        for text in ["09012345678", "030 901820-0", "4155552671", "020 7946 0958"] {
            let (start, end, base) = phone_in(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((start, end), (0, text.len()), "{text}");
            assert!(base < 50, "{text}");
        }
        for text in [
            "2024-01-15",
            "192.168.10.20",
            "12-3456",
            "+12",
            "+1 015-555-2671",
            "1234-5678-9012-3456",
            "555-1234",
        ] {
            assert_eq!(phone_in(text).filter(|found| found.2 >= 50), None, "{text}");
        }
    }

    #[test]
    fn addresses() {
        let found = |text: &str| {
            let found = email(text.as_bytes(), text.find('@').unwrap())?;
            Some((text.get(found.start..found.end).unwrap().to_owned(), found.excerpt))
        };
        assert_eq!(
            found("<Alice.Smith+x@mail.example.co.jp>"),
            Some(("Alice.Smith+x@mail.example.co.jp".into(), "A***@mail.example.co.jp".into()))
        );
        assert_eq!(found("to a@b.io.").unwrap().0, "a@b.io");
        assert_eq!(found("連絡先：田中@x.jp"), None);
        for text in [
            "icon@2x.png",
            "user@host",
            "@handle",
            "a@b..c.com",
            "left@1.2.3",
            "git@github.com:owner/name",
            "a.@b.com",
            "x @ y.com",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
