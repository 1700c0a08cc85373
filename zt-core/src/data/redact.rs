//! What may be shown of a secret.

/// Stars, and the last digits.
pub(super) fn last_digits(digits: &[u8], shown: usize) -> String {
    let hidden = digits.len().saturating_sub(shown);
    let last = digits.iter().skip(hidden).map(|digit| char::from(b'0' + digit % 10));
    std::iter::repeat_n('*', hidden).chain(last).collect()
}

/// Stars alone.
pub(super) fn all(len: usize) -> String {
    "*".repeat(len.min(64))
}

/// The first and last bytes, and stars between.
pub(super) fn ends(text: &[u8], first: usize, last: usize) -> String {
    let hidden = text.len().saturating_sub(first + last);
    if hidden == 0 {
        return all(text.len());
    }
    let ascii = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '*' };
    text.iter()
        .take(first)
        .map(ascii)
        .chain(std::iter::repeat_n('*', hidden.min(64)))
        .chain(text.iter().skip(text.len() - last).map(ascii))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_all_of_it() {
        assert_eq!(last_digits(&[1, 2, 3, 4, 5], 2), "***45");
        assert_eq!(ends(b"AKIAIOSFODNN7EXAMPLE", 4, 4), "AKIA************MPLE");
        assert_eq!(ends(b"short", 4, 4), "*****");
        assert_eq!(ends(&[0xFF; 9], 4, 4), "*********");
        assert_eq!(all(5000).len(), 64);
    }
}
