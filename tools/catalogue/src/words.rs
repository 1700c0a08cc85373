//! The words that names are made of.

/// `GetObjectACLs` is `Get`, `Object`, `ACLs`; `${Account}:` is `${Account}` and `:`.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, tail) = rest.split_at(word(rest));
        words.push(word);
        rest = tail;
    }
    words
}

/// The bytes of the first word.
fn word(text: &str) -> usize {
    if let Some(end) = text.strip_prefix("${").and_then(|inside| inside.find('}')) {
        return end + 3;
    }
    let count = |class: fn(char) -> bool| text.chars().take_while(|c| class(*c)).count();
    let upper = count(|c| c.is_ascii_uppercase());
    let lower = |from: usize| text.chars().skip(from).take_while(char::is_ascii_lowercase).count();
    match upper {
        0 => match lower(0).max(count(|c| c.is_ascii_digit())) {
            0 => text.chars().next().map_or(0, char::len_utf8),
            length => length,
        },
        1 => 1 + lower(1),
        // The last capital belongs to the next word: `ACLSettings` is `ACL`, `Settings`.
        _ if lower(upper) > 1 => upper - 1,
        _ => upper + lower(upper),
    }
}
