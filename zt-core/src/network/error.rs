//! Why a description or a state was refused.

use std::borrow::Cow;
use std::fmt;

use super::intent::Violation;

/// Why a segmentation or the state of a network was refused: the place, what was expected there, and what to do.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// Something in the description or the state cannot be.
    #[error(transparent)]
    Invalid(InvalidNetwork),
    /// What the network lets through is not what is declared.
    #[error(transparent)]
    Violated(Violations),
}

impl NetworkError {
    pub(super) fn invalid(
        place: impl Into<String>,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<String>,
    ) -> Self {
        let (place, expected, found) = (place.into(), expected.into(), Some(found.into()));
        Self::Invalid(InvalidNetwork { place, expected, found, remedy: None })
    }

    pub(super) fn missing(
        place: impl Into<String>,
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (place, expected) = (place.into(), expected.into());
        Self::Invalid(InvalidNetwork { place, expected, found: None, remedy: None })
    }

    /// Says what to do.
    pub(super) fn remedy(mut self, what: impl Into<Cow<'static, str>>) -> Self {
        if let Self::Invalid(error) = &mut self {
            error.remedy = Some(what.into());
        }
        self
    }

    /// The place: `tier web`, `flow web -> app`, `cidr`. `None` for violations, which have one each.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::Invalid(error) => Some(&error.place),
            Self::Violated(_) => None,
        }
    }

    /// The violations. Empty for what cannot be at all.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        match self {
            Self::Invalid(_) => &[],
            Self::Violated(violations) => &violations.0,
        }
    }
}

/// Something that cannot be: see [`NetworkError::Invalid`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidNetwork {
    place: String,
    expected: Cow<'static, str>,
    found: Option<String>,
    remedy: Option<Cow<'static, str>>,
}

impl InvalidNetwork {
    /// The place.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What was expected there, as a phrase.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<&str> {
        self.found.as_deref()
    }

    /// What to do, as a phrase.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.remedy.as_deref()
    }
}

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found ", self.place, self.expected)?;
        match &self.found {
            Some(found) => write!(f, "`{}`", found.escape_debug())?,
            None => f.write_str("none")?,
        }
        match &self.remedy {
            Some(remedy) => write!(f, ": {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InvalidNetwork {}

/// What the network lets through and should not, or the other way round: see [`NetworkError::Violated`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violations(pub(super) Vec<Violation>);

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, violation) in self.0.iter().enumerate() {
            write!(f, "{}{violation}", if at > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
