//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`.

use std::fmt;

/// A policy variable, for use in resources and in the values of text and ARN conditions.
///
/// IAM User Guide, *IAM policy elements: Variables and tags*. Works only under
/// [`Version::V2012_10_17`](super::Version::V2012_10_17).
///
/// ```
/// use zt_core::policy::Variable;
///
/// assert_eq!(
///     format!("arn:aws:s3:::homes/{}/*", Variable::new("aws:username")),
///     "arn:aws:s3:::homes/${aws:username}/*",
/// );
/// assert_eq!(
///     Variable::new("aws:PrincipalTag/team").or("none").to_string(),
///     "${aws:PrincipalTag/team, 'none'}",
/// );
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Variable {
    key: String,
    default: Option<String>,
}

impl Variable {
    /// The value of a condition key. Without a value, and without [`or`](Self::or), what it stands in matches nothing.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), default: None }
    }

    /// The text to use when the key has no value. A `'` in it is left out: the grammar has no way to write one.
    #[must_use]
    pub fn or(mut self, default: impl AsRef<str>) -> Self {
        self.default = Some(default.as_ref().replace('\'', ""));
        self
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.default {
            None => write!(f, "${{{}}}", self.key),
            Some(default) => write!(f, "${{{}, '{default}'}}", self.key),
        }
    }
}

/// Text that matches itself and nothing else: `*`, `?` and `$` become `${*}`, `${?}` and `${$}`.
///
/// ```
/// assert_eq!(zt_core::policy::escape("100% of *"), "100% of ${*}");
/// ```
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '*' | '?' | '$' => {
                escaped.push_str("${");
                escaped.push(character);
                escaped.push('}');
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// A piece of a text that may have variables in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Piece<'a> {
    /// Text as it stands; wildcards in it are wildcards.
    Text(&'a str),
    /// One of `${*}`, `${?}`, `${$}`: the character itself.
    Literal(&'a str),
    /// `${key}` or `${key, 'default'}`.
    Variable { key: &'a str, default: Option<&'a str> },
}

/// Takes a text apart at its variables. `${` without `}` is text.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, tail)) = after.split_once('}') else {
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(match inside {
            "*" | "?" | "$" => Piece::Literal(inside),
            _ => variable(inside),
        });
        rest = tail;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn variable(inside: &str) -> Piece<'_> {
    // Documented with one space after the comma; any number of them is understood.
    let with_default = inside.split_once(',').and_then(|(key, default)| {
        let quoted = default.trim();
        let default = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(Piece::Variable { key: key.trim(), default: Some(default) })
    });
    with_default.unwrap_or(Piece::Variable { key: inside.trim(), default: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_apart() {
        assert_eq!(
            pieces("a${*}b${aws:username}${t, 'x y'}${open"),
            [
                Piece::Text("a"),
                Piece::Literal("*"),
                Piece::Text("b"),
                Piece::Variable { key: "aws:username", default: None },
                Piece::Variable { key: "t", default: Some("x y") },
                Piece::Text("${open"),
            ]
        );
        assert_eq!(pieces(""), []);
    }
}
