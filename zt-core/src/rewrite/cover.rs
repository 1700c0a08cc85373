//! Whether one pattern matches everything that another matches, and whether two have something in common.

use crate::glob;
use crate::policy::{Piece, pieces};

/// A pattern, character by character.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Token {
    /// `*`
    Run,
    /// `?`
    One,
    Character(char),
    /// A policy variable: it stands for itself and is compared with nothing else.
    Variable(String),
}

/// A pattern whose `${...}` are variables when the version of the policy has them.
pub(crate) fn tokens(text: &str, variables: bool) -> Vec<Token> {
    let plain = |text: &str| {
        text.chars()
            .map(|character| match character {
                '*' => Token::Run,
                '?' => Token::One,
                other => Token::Character(other),
            })
            .collect::<Vec<_>>()
    };
    if !variables || !text.contains("${") {
        return plain(text);
    }
    pieces(text)
        .into_iter()
        .flat_map(|piece| match piece {
            Piece::Text(text) => plain(text),
            Piece::Literal(text) => text.chars().map(Token::Character).collect(),
            Piece::Variable { key, default } => {
                vec![Token::Variable(format!("{} {default:?}", key.to_ascii_lowercase()))]
            }
        })
        .collect()
}

/// Whether a text has a variable whose value is not in the text.
pub(crate) fn has_variable(text: &str, variables: bool) -> bool {
    variables
        && text.contains("${")
        && pieces(text).iter().any(|piece| matches!(piece, Piece::Variable { .. }))
}

/// Whether the first pattern matches everything that the second does. `false` may mean that this cannot be told.
pub(crate) fn covers(wide: &[Token], narrow: &[Token]) -> bool {
    // row[j]: whether wide[i..] covers narrow[j..], from the last i down.
    let mut row = vec![false; narrow.len() + 1];
    if let Some(end) = row.last_mut() {
        *end = true;
    }
    for token in wide.iter().rev() {
        let mut next = vec![false; narrow.len() + 1];
        for at in (0..=narrow.len()).rev() {
            let here = narrow.get(at);
            let after = |row: &[bool]| row.get(at + 1).copied().unwrap_or(false);
            let fits = match (token, here) {
                (Token::Run, None) => row.get(at).copied().unwrap_or(false),
                (Token::Run, Some(_)) => row.get(at).copied().unwrap_or(false) || after(&next),
                (Token::One, Some(Token::One | Token::Character(_))) => after(&row),
                (own, Some(other)) if own == other => after(&row),
                _ => false,
            };
            if let Some(cell) = next.get_mut(at) {
                *cell = fits;
            }
        }
        row = next;
    }
    row.first().copied().unwrap_or(false)
}

/// Whether some text may match both patterns. A variable may be any text.
pub(crate) fn overlaps(a: &[Token], b: &[Token]) -> bool {
    // Most pairs: everything, or two texts.
    if matches!(a, [Token::Run]) || matches!(b, [Token::Run]) {
        return true;
    }
    if let (Some(Token::Character(first)), Some(Token::Character(other))) = (a.first(), b.first())
        && first != other
    {
        return false;
    }
    let is_plain =
        |tokens: &[Token]| tokens.iter().all(|token| matches!(token, Token::Character(_)));
    if is_plain(a) && is_plain(b) {
        return a == b;
    }
    let is_run = |token: &Token| matches!(token, Token::Run | Token::Variable(_));
    // row[j]: whether a[i..] and b[j..] have something in common.
    let mut row: Vec<bool> = vec![false; b.len() + 1];
    for (at, cell) in row.iter_mut().enumerate() {
        *cell = b.iter().skip(at).all(is_run);
    }
    for token in a.iter().rev() {
        let mut next = vec![false; b.len() + 1];
        for at in (0..=b.len()).rev() {
            let down = row.get(at).copied().unwrap_or(false);
            let right = next.get(at + 1).copied().unwrap_or(false);
            let both = row.get(at + 1).copied().unwrap_or(false);
            let meets = match (token, b.get(at)) {
                (own, None) => is_run(own) && down,
                (own, Some(other)) if is_run(own) || is_run(other) => {
                    (is_run(own) && down)
                        || right && is_run(own)
                        || is_run(other) && (right || down)
                }
                (Token::One, Some(_)) | (_, Some(Token::One)) => both,
                (own, Some(other)) => own == other && both,
            };
            if let Some(cell) = next.get_mut(at) {
                *cell = meets;
            }
        }
        row = next;
    }
    row.first().copied().unwrap_or(false)
}

/// [`covers`] for actions: case does not matter.
pub(crate) fn action_covers(wide: &str, narrow: &str) -> bool {
    match after_literal(wide, narrow, |wide, narrow| wide.eq_ignore_ascii_case(&narrow)) {
        None => false,
        Some(("", rest)) => rest.is_empty(),
        Some(("*", _)) => true,
        Some((wide, narrow)) if narrow.contains(['*', '?']) => {
            let (wide, narrow) = (wide.to_ascii_lowercase(), narrow.to_ascii_lowercase());
            covers(&tokens(&wide, false), &tokens(&narrow, false))
        }
        Some((wide, narrow)) => glob::fits_folded(wide, narrow),
    }
}

/// [`covers`] for texts without variables.
fn plain_covers(wide: &str, narrow: &str) -> bool {
    match after_literal(wide, narrow, |wide, narrow| wide == narrow) {
        None => false,
        Some(("", rest)) => rest.is_empty(),
        Some(("*", _)) => true,
        Some((wide, narrow)) if narrow.contains(['*', '?']) => {
            covers(&tokens(wide, false), &tokens(narrow, false))
        }
        Some((wide, narrow)) => glob::fits(wide, narrow),
    }
}

/// Both texts from the first wildcard of the wide one on, when they are alike before it. Most pairs differ early.
fn after_literal<'a>(
    wide: &'a str,
    narrow: &'a str,
    alike: impl Fn(u8, u8) -> bool,
) -> Option<(&'a str, &'a str)> {
    let mut others = narrow.bytes();
    for (at, byte) in wide.bytes().enumerate() {
        if matches!(byte, b'*' | b'?') {
            return Some((wide.get(at..)?, narrow.get(at..)?));
        }
        if !alike(byte, others.next()?) {
            return None;
        }
    }
    Some(("", narrow.get(wide.len()..)?))
}

/// Whether some action may match both patterns.
pub(crate) fn actions_overlap(a: &str, b: &str) -> bool {
    // Most pairs differ before any wildcard.
    for (one, other) in a.bytes().zip(b.bytes()) {
        if [one, other].iter().any(|byte| matches!(byte, b'*' | b'?')) {
            break;
        }
        if !one.eq_ignore_ascii_case(&other) {
            return false;
        }
    }
    if !a.contains(['*', '?']) {
        return glob::fits_folded(b, a);
    }
    if !b.contains(['*', '?']) {
        return glob::fits_folded(a, b);
    }
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    overlaps(&tokens(&a, false), &tokens(&b, false))
}

/// [`covers`] for resources: patterns with six parts match part by part, shorter ones as a whole.
///
/// A pattern with variables is covered by itself only.
pub(crate) fn resource_covers(wide: &str, narrow: &str, variables: bool) -> bool {
    if wide == narrow {
        return true;
    }
    if has_variable(narrow, variables) || has_variable(wide, variables) {
        return false;
    }
    if wide == "*" {
        return true;
    }
    if has_escape(wide, variables) || has_escape(narrow, variables) {
        return match (arn_parts(wide, variables), arn_parts(narrow, variables)) {
            (Some(wide), Some(narrow)) => {
                wide.iter().zip(&narrow).all(|(wide, narrow)| covers(wide, narrow))
            }
            (None, _) => covers(&tokens(wide, variables), &tokens(narrow, variables)),
            (Some(_), None) => false,
        };
    }
    match (text_parts(wide), text_parts(narrow)) {
        (Some(wide), Some(narrow)) => {
            // The last parts differ most often.
            wide.iter().zip(&narrow).rev().all(|(wide, narrow)| plain_covers(wide, narrow))
        }
        (None, _) => plain_covers(wide, narrow),
        (Some(_), None) => false,
    }
}

/// [`covers`] for ARNs in conditions: shorter patterns match nothing, so nothing is told about them.
pub(crate) fn arn_covers(wide: &str, narrow: &str, variables: bool) -> bool {
    wide == narrow
        || (arn_parts(wide, variables).is_some()
            && arn_parts(narrow, variables).is_some()
            && resource_covers(wide, narrow, variables))
}

/// [`covers`] for texts of `StringLike`.
pub(crate) fn text_covers(wide: &str, narrow: &str, variables: bool) -> bool {
    if wide == narrow {
        return true;
    }
    if has_variable(narrow, variables) || has_variable(wide, variables) {
        return false;
    }
    if has_escape(wide, variables) || has_escape(narrow, variables) {
        return covers(&tokens(wide, variables), &tokens(narrow, variables));
    }
    plain_covers(wide, narrow)
}

/// Whether a text has something in `${...}` that is not plain text.
fn has_escape(text: &str, variables: bool) -> bool {
    variables && text.contains("${")
}

/// A text without variables, taken apart at its first five colons; `None` when it has fewer.
fn text_parts(text: &str) -> Option<[&str; 6]> {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next();
    Some([next()?, next()?, next()?, next()?, next()?, next()?])
}

/// A pattern taken apart at its first five colons; `None` when it has fewer.
pub(crate) fn arn_parts(text: &str, variables: bool) -> Option<[Vec<Token>; 6]> {
    let mut parts: Vec<Vec<Token>> = vec![Vec::new()];
    for token in tokens(text, variables) {
        if token == Token::Character(':') && parts.len() < 6 {
            parts.push(Vec::new());
        } else {
            parts.last_mut()?.push(token);
        }
    }
    parts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(alphabet: &str, longest: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..longest {
            last = last
                .iter()
                .flat_map(|text| alphabet.chars().map(move |c| format!("{text}{c}")))
                .collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    #[test]
    fn covering_and_overlapping_agree_with_matching() {
        let inputs = texts("ab", 5);
        let patterns = texts("ab*?", 3);
        for wide in &patterns {
            let matched: Vec<bool> = inputs.iter().map(|input| glob::fits(wide, input)).collect();
            for narrow in &patterns {
                let (w, n) = (tokens(wide, false), tokens(narrow, false));
                let both =
                    inputs.iter().zip(&matched).any(|(i, own)| *own && glob::fits(narrow, i));
                assert_eq!(overlaps(&w, &n), both, "{wide:?} {narrow:?}");
                if covers(&w, &n) {
                    let missed = inputs
                        .iter()
                        .zip(&matched)
                        .find(|(i, own)| !**own && glob::fits(narrow, i));
                    assert_eq!(missed, None, "{wide:?} {narrow:?}");
                }
            }
        }
    }

    #[test]
    fn variables_are_covered_by_themselves_only() {
        assert!(resource_covers("arn:aws:s3:::b/*", "arn:aws:s3:::b/x*", true));
        assert!(!resource_covers("arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}", true));
        assert!(resource_covers("arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}", false));
        assert!(resource_covers("arn:aws:s3:::b/*", "arn:aws:s3:::b/${*}", true));
        assert!(!resource_covers("arn:aws:*:::b", "arn:aws:s3:eu::b", true));
    }
}
