//! Truth when some facts are not known.

use std::ops::{BitAnd, BitOr, Not};

/// No, yes, or it depends on what is not known.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Tri {
    No,
    Maybe,
    Yes,
}

impl Tri {
    /// Whether any of these is so. Stops at the first that is.
    pub(super) fn any(all: impl IntoIterator<Item = Self>) -> Self {
        let mut sum = Self::No;
        for one in all {
            sum = sum | one;
            if sum == Self::Yes {
                break;
            }
        }
        sum
    }

    /// Whether all of these are so. Stops at the first that is not.
    pub(super) fn all(all: impl IntoIterator<Item = Self>) -> Self {
        let mut product = Self::Yes;
        for one in all {
            product = product & one;
            if product == Self::No {
                break;
            }
        }
        product
    }
}

impl From<bool> for Tri {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl BitAnd for Tri {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.min(other)
    }
}

impl BitOr for Tri {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Not for Tri {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}
