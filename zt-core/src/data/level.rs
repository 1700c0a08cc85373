//! How much harm the disclosure of data does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much harm the disclosure of data does: a lattice, in fact a chain, from [`Public`](Self::Public) up to
/// [`Restricted`](Self::Restricted).
///
/// Things put together have the [`join`](Self::join) of their levels: a bucket is as sensitive as its most sensitive
/// object, and learning of one more object never lowers it.
///
/// ```
/// use zt_core::data::Level;
///
/// assert_eq!(Level::Public.join(Level::Confidential), Level::Confidential);
/// assert_eq!(Level::Restricted.meet(Level::Internal), Level::Internal);
/// assert!(Level::Restricted > Level::Internal);
/// assert_eq!("restricted".parse::<Level>()?, Level::Restricted);
/// # Ok::<(), zt_core::data::UnknownLevel>(())
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Meant for everybody. Nothing that a program finds in data makes it public: somebody has to say so.
    Public,
    /// For people of the organisation. Disclosure is a nuisance.
    Internal,
    /// For those who need it: personal data, account numbers. Disclosure harms somebody.
    Confidential,
    /// For a named few: payment cards, national identity numbers, credentials. Disclosure does grave harm, or the law says so.
    Restricted,
}

impl Level {
    /// All levels, from the lowest up.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Restricted];

    /// The higher of two: what data has that holds both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }

    /// The lower of two: what data has that is in both.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        self.min(other)
    }

    /// `public`, `internal`, `confidential` or `restricted`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Takes [`name`](Self::name) in any case.
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        Self::ALL
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownLevel { found: text.to_owned() })
    }
}

/// A text that names no [`Level`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("level: expected one of public, internal, confidential and restricted, found `{found}`")]
pub struct UnknownLevel {
    found: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_form_a_lattice() {
        for a in Level::ALL {
            assert_eq!(a.join(a), a);
            assert_eq!(a.name().parse(), Ok(a));
            for b in Level::ALL {
                assert_eq!(a.join(b), b.join(a));
                assert_eq!(a.meet(b), b.meet(a));
                assert_eq!(a.join(a.meet(b)), a);
                assert_eq!(a.meet(a.join(b)), a);
                for c in Level::ALL {
                    assert_eq!(a.join(b).join(c), a.join(b.join(c)));
                    assert!(a > b || a.join(c) <= b.join(c));
                }
            }
        }
        assert_eq!(
            "secret".parse::<Level>().unwrap_err().to_string(),
            "level: expected one of public, internal, confidential and restricted, found `secret`",
        );
    }
}
