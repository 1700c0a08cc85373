//! Why a policy was refused, and where.

use std::borrow::Cow;
use std::fmt;

/// Why a policy document was refused.
///
/// Every variant tells the place (a JSON pointer of RFC 6901, and for text also line and column,
/// both counted from 1, columns in characters) and what was expected there.
/// Errors of [`Policy::builder`](super::Policy::builder) have no line: there is no text yet.
///
/// ```
/// use zt_core::policy::Policy;
///
/// let error = Policy::parse(r#"{"Statement": {"Effect": "allow"}}"#).unwrap_err();
/// assert_eq!(error.pointer(), Some("/Statement/Effect"));
/// assert_eq!((error.line(), error.column()), (Some(1), Some(26)));
/// assert_eq!(
///     error.to_string(),
///     r#"policy line 1, column 26 (/Statement/Effect): expected "Allow" or "Deny", found "allow""#,
/// );
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// The text is not JSON (RFC 8259), or not UTF-8.
    #[error(transparent)]
    Syntax(SyntaxError),
    /// A value is not what the grammar asks for at this place.
    #[error(transparent)]
    Unexpected(Unexpected),
    /// An element that the policy grammar does not have.
    #[error(transparent)]
    UnknownElement(UnknownElement),
    /// The same name twice in one object. Readers that keep only one of them disagree with IAM about
    /// what the policy says.
    #[error(transparent)]
    Duplicate(Duplicate),
    /// A required element is not there.
    #[error(transparent)]
    Missing(Missing),
    /// Lists nested deeper than any policy needs.
    #[error(transparent)]
    TooDeep(TooDeep),
}

impl PolicyError {
    /// A stable name for programs: `INVALID_POLICY`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "INVALID_POLICY"
    }

    /// The JSON pointer of the place: `/Statement/0/Effect`, or the empty string for the document itself.
    ///
    /// `None` when the text is not JSON, because then there is no document to point into.
    #[must_use]
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::Syntax(_) => None,
            _ => Some(&self.place().pointer),
        }
    }

    /// The line, counted from 1. `None` when the policy was built rather than parsed.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place().spot.map(|spot| spot.line)
    }

    /// The column in characters, counted from 1. `None` when the policy was built rather than parsed.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.place().spot.map(|spot| spot.column)
    }

    /// What was expected at the place, as a phrase: `"Allow" or "Deny"`.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::Syntax(error) => error.expected.to_string(),
            Self::Unexpected(error) => error.expected.to_string(),
            Self::UnknownElement(error) => error.expected(),
            Self::Duplicate(error) => format!("{:?} only once", error.name),
            Self::Missing(error) => error.expected.to_string(),
            Self::TooDeep(error) => format!("at most {} lists in one another", error.limit),
        }
    }

    /// What was found instead, as a phrase: `"allow"`, `a number`, `the end of the text`.
    #[must_use]
    pub fn found(&self) -> Option<&str> {
        match self {
            Self::Syntax(error) => Some(&error.found),
            Self::Unexpected(error) => Some(&error.found),
            Self::UnknownElement(error) => Some(&error.name),
            Self::Duplicate(error) => Some(&error.name),
            Self::Missing(_) | Self::TooDeep(_) => None,
        }
    }

    /// A name that was probably meant, where one is close enough.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            Self::UnknownElement(error) => error.suggestion,
            _ => None,
        }
    }

    fn place(&self) -> &Place {
        match self {
            Self::Syntax(error) => &error.place,
            Self::Unexpected(error) => &error.place,
            Self::UnknownElement(error) => &error.place,
            Self::Duplicate(error) => &error.place,
            Self::Missing(error) => &error.place,
            Self::TooDeep(error) => &error.place,
        }
    }

    pub(super) fn unexpected(
        place: Place,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<String>,
    ) -> Self {
        Self::Unexpected(Unexpected { place, expected: expected.into(), found: found.into() })
    }

    pub(super) fn missing(place: Place, expected: impl Into<Cow<'static, str>>) -> Self {
        Self::Missing(Missing { place, expected: expected.into() })
    }
}

/// A name that is not one of a list, such as that of a kind of policy.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown {what} `{found}`: expected one of {}", expected.join(", "))]
pub struct UnknownName {
    pub(crate) what: &'static str,
    pub(crate) found: String,
    pub(crate) expected: Vec<&'static str>,
}

impl UnknownName {
    /// A stable name for programs: `UNKNOWN_NAME`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "UNKNOWN_NAME"
    }

    /// What was given.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// Every name there is.
    #[must_use]
    pub fn expected(&self) -> &[&'static str] {
        &self.expected
    }
}

/// The text is not JSON: see [`PolicyError::Syntax`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}: expected {expected}, found {found}")]
pub struct SyntaxError {
    pub(super) place: Place,
    pub(super) expected: Cow<'static, str>,
    pub(super) found: String,
}

/// A value of the wrong kind: see [`PolicyError::Unexpected`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}: expected {expected}, found {found}")]
pub struct Unexpected {
    pub(super) place: Place,
    pub(super) expected: Cow<'static, str>,
    pub(super) found: String,
}

/// An element that the grammar does not have: see [`PolicyError::UnknownElement`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownElement {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) known: &'static [&'static str],
    pub(super) suggestion: Option<&'static str>,
}

impl UnknownElement {
    /// The name as it was written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names that the grammar has at this place.
    #[must_use]
    pub fn known(&self) -> &'static [&'static str] {
        self.known
    }

    fn expected(&self) -> String {
        format!("one of {}", self.known.join(", "))
    }
}

impl fmt::Display for UnknownElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: unknown element {:?}", self.place, self.name)?;
        match self.suggestion {
            Some(suggestion) => write!(f, ", did you mean {suggestion:?}?"),
            None => write!(f, ", expected {}", self.expected()),
        }
    }
}

impl std::error::Error for UnknownElement {}

/// A name that occurs twice in one object: see [`PolicyError::Duplicate`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Duplicate {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) first: Option<Spot>,
}

impl Duplicate {
    /// The name that occurs twice.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line of the first occurrence, counted from 1.
    #[must_use]
    pub fn first_line(&self) -> Option<usize> {
        self.first.map(|spot| spot.line)
    }
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} is given twice", self.place, self.name)?;
        match self.first {
            Some(first) => write!(f, ", first at line {}, column {}", first.line, first.column),
            None => f.write_str(", and one statement cannot hold both"),
        }
    }
}

impl std::error::Error for Duplicate {}

/// An element that is required and not there: see [`PolicyError::Missing`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}: expected {expected}, found none")]
pub struct Missing {
    pub(super) place: Place,
    pub(super) expected: Cow<'static, str>,
}

/// Lists nested too deeply: see [`PolicyError::TooDeep`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}: lists are nested deeper than {limit}")]
pub struct TooDeep {
    pub(super) place: Place,
    pub(super) limit: usize,
}

impl TooDeep {
    /// How many lists may stand in one another.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }
}

/// A place in a document: where it is in the structure, and where in the text if there is one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) pointer: String,
    pub(super) spot: Option<Spot>,
}

impl Place {
    pub(super) fn pointer(pointer: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), spot: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.spot, self.pointer.is_empty()) {
            (Some(Spot { line, column }), true) => write!(f, "policy line {line}, column {column}"),
            (Some(Spot { line, column }), false) => {
                write!(f, "policy line {line}, column {column} ({})", self.pointer)
            }
            (None, true) => f.write_str("policy"),
            (None, false) => write!(f, "policy {}", self.pointer),
        }
    }
}

/// Line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Spot {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Spot {
    /// The spot of a byte offset.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        let mut spot = Self { line: 1, column: 1 };
        for (at, character) in text.char_indices() {
            if at >= offset {
                break;
            }
            if character == '\n' {
                spot.line += 1;
                spot.column = 1;
            } else {
                spot.column += 1;
            }
        }
        spot
    }
}

/// The known name that is closest to a misspelt one, if one is close.
pub(super) fn closest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    // Nobody misspells a name by this much; and the distance costs the product of the lengths.
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    known
        .iter()
        .map(|candidate| {
            (strsim::osa_distance(&lower, &candidate.to_ascii_lowercase()), *candidate)
        })
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
