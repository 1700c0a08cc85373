//! Condition operators: the comparison, how sets are compared, and what an absent key means.

use std::fmt;

use serde::{Serialize, Serializer};

/// A condition operator, such as `StringEquals` or `ForAllValues:ArnLikeIfExists`, with its spelling kept.
///
/// Operators that this library does not know are carried, never refused: AWS may add some. Names are recognised in any
/// case, as IAM does in practice.
///
/// ```
/// use zt_core::policy::{Comparison, Operator, Qualifier};
///
/// let operator = Operator::parse("ForAnyValue:StringLikeIfExists");
/// assert_eq!(operator.comparison(), Some(Comparison::StringLike));
/// assert_eq!(operator.qualifier(), Some(Qualifier::ForAnyValue));
/// assert!(operator.if_exists());
///
/// assert_eq!(Operator::parse("StringMatches").comparison(), None);
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Operator {
    text: String,
    parts: Option<Parts>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Parts {
    comparison: Comparison,
    qualifier: Option<Qualifier>,
    if_exists: bool,
}

impl Operator {
    /// Reads an operator. Never fails: what is not known has no [`comparison`](Self::comparison).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self { text: text.to_owned(), parts: parse_parts(text) }
    }

    /// An operator from its parts, in AWS's spelling. `Null` takes no `IfExists`: it is left out.
    #[must_use]
    pub fn new(comparison: Comparison, qualifier: Option<Qualifier>, if_exists: bool) -> Self {
        let if_exists = if_exists && comparison != Comparison::Null;
        let mut text = String::new();
        if let Some(qualifier) = qualifier {
            text.push_str(qualifier.name());
            text.push(':');
        }
        text.push_str(comparison.name());
        if if_exists {
            text.push_str(IF_EXISTS);
        }
        Self { text, parts: Some(Parts { comparison, qualifier, if_exists }) }
    }

    /// The operator as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is compared, or `None` for an operator that this library does not know.
    #[must_use]
    pub fn comparison(&self) -> Option<Comparison> {
        self.parts.map(|parts| parts.comparison)
    }

    /// `ForAllValues:` or `ForAnyValue:`, if there is one.
    #[must_use]
    pub fn qualifier(&self) -> Option<Qualifier> {
        self.parts.and_then(|parts| parts.qualifier)
    }

    /// Whether the operator ends in `IfExists`: then an absent key counts as a match.
    #[must_use]
    pub fn if_exists(&self) -> bool {
        self.parts.is_some_and(|parts| parts.if_exists)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Operator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

const IF_EXISTS: &str = "IfExists";

fn parse_parts(text: &str) -> Option<Parts> {
    let (qualifier, rest) = match text.split_once(':') {
        Some((name, rest)) => (Some(Qualifier::from_name(name)?), rest),
        None => (None, text),
    };
    if let Some(comparison) = Comparison::from_name(rest) {
        return Some(Parts { comparison, qualifier, if_exists: false });
    }
    let (name, suffix) = rest.split_at_checked(rest.len().checked_sub(IF_EXISTS.len())?)?;
    if !suffix.eq_ignore_ascii_case(IF_EXISTS) {
        return None;
    }
    let comparison = Comparison::from_name(name)?;
    (comparison != Comparison::Null).then_some(Parts { comparison, qualifier, if_exists: true })
}

/// How an operator treats a key with several values.
///
/// IAM User Guide, *Set operators for multivalued context keys*.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Qualifier {
    /// Every value of the request must match. True when the key is absent or empty: in an Allow, add a
    /// `Null` test that the key is there.
    ForAllValues,
    /// At least one value of the request must match. False when the key is absent or empty.
    ForAnyValue,
}

impl Qualifier {
    /// The name in policies, without the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForAllValues => "ForAllValues",
            Self::ForAnyValue => "ForAnyValue",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::ForAllValues, Self::ForAnyValue]
            .into_iter()
            .find(|qualifier| qualifier.name().eq_ignore_ascii_case(name))
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a condition operator compares, without qualifier and `IfExists`.
        ///
        /// IAM User Guide, *IAM JSON policy elements: Condition operators*.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Comparison {
            $($(#[$doc])* $name,)*
        }

        impl Comparison {
            /// All comparisons, in the order of AWS's documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in policies.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

comparisons! {
    /// Equal texts; case matters, wildcards do not work.
    StringEquals,
    /// No equal text.
    StringNotEquals,
    /// Equal texts in any case.
    StringEqualsIgnoreCase,
    /// No equal text in any case.
    StringNotEqualsIgnoreCase,
    /// Text against patterns with `*` and `?`; case matters.
    StringLike,
    /// No pattern fits.
    StringNotLike,
    /// Equal numbers.
    NumericEquals,
    /// No equal number.
    NumericNotEquals,
    /// A smaller number.
    NumericLessThan,
    /// A smaller or equal number.
    NumericLessThanEquals,
    /// A greater number.
    NumericGreaterThan,
    /// A greater or equal number.
    NumericGreaterThanEquals,
    /// The same instant.
    DateEquals,
    /// Another instant.
    DateNotEquals,
    /// Before an instant.
    DateLessThan,
    /// At or before an instant.
    DateLessThanEquals,
    /// After an instant.
    DateGreaterThan,
    /// At or after an instant.
    DateGreaterThanEquals,
    /// `true` or `false`.
    Bool,
    /// Equal bytes, given in base64.
    BinaryEquals,
    /// Inside an address range.
    IpAddress,
    /// Outside all address ranges.
    NotIpAddress,
    /// ARNs against patterns, part by part. The same as `ArnLike`.
    ArnEquals,
    /// No ARN pattern fits. The same as `ArnNotLike`.
    ArnNotEquals,
    /// ARNs against patterns, part by part.
    ArnLike,
    /// No ARN pattern fits.
    ArnNotLike,
    /// Whether the key is absent.
    Null,
}

impl Comparison {
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|comparison| comparison.name().eq_ignore_ascii_case(name))
    }

    /// Whether this is a negation, such as `StringNotEquals`: true when no value matches, and true when the
    /// key is absent.
    #[must_use]
    pub const fn is_negated(self) -> bool {
        matches!(
            self,
            Self::StringNotEquals
                | Self::StringNotEqualsIgnoreCase
                | Self::StringNotLike
                | Self::NumericNotEquals
                | Self::DateNotEquals
                | Self::NotIpAddress
                | Self::ArnNotEquals
                | Self::ArnNotLike
        )
    }

    /// The comparison without its negation: `StringEquals` of `StringNotEquals`, itself for all others.
    #[must_use]
    pub const fn positive(self) -> Self {
        match self {
            Self::StringNotEquals => Self::StringEquals,
            Self::StringNotEqualsIgnoreCase => Self::StringEqualsIgnoreCase,
            Self::StringNotLike => Self::StringLike,
            Self::NumericNotEquals => Self::NumericEquals,
            Self::DateNotEquals => Self::DateEquals,
            Self::NotIpAddress => Self::IpAddress,
            Self::ArnNotEquals => Self::ArnEquals,
            Self::ArnNotLike => Self::ArnLike,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_reads_back() {
        for &comparison in Comparison::ALL {
            for qualifier in [None, Some(Qualifier::ForAllValues), Some(Qualifier::ForAnyValue)] {
                for if_exists in [false, true] {
                    let built = Operator::new(comparison, qualifier, if_exists);
                    assert_eq!(built, Operator::parse(built.as_str()));
                    let shouted = Operator::parse(&built.as_str().to_uppercase());
                    assert_eq!(shouted.comparison(), Some(comparison));
                    assert_eq!(shouted.qualifier(), qualifier);
                }
            }
        }
    }

    #[test]
    fn strangers_are_carried() {
        for text in [
            "",
            ":",
            "IfExists",
            "NullIfExists",
            "ForSomeValues:StringEquals",
            "ForAnyValue:",
            "ünIfExists",
            "é",
        ] {
            let operator = Operator::parse(text);
            assert_eq!(operator.as_str(), text);
            assert_eq!(operator.comparison(), None, "{text}");
        }
    }
}
