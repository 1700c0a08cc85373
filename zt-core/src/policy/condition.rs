//! Conditions: one test, the block of a statement, and the values that are compared.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::clause::OneOrMany;
use super::operator::Operator;

/// One test of a condition block: an operator, a condition key, and the values it is compared with.
///
/// The [typed keys](super::keys) make conditions whose operator fits the key. This type is for
/// conditions whose key and operator are only known at run time; it takes any.
///
/// ```
/// use zt_core::policy::{Condition, keys::aws};
///
/// assert_eq!(
///     Condition::new("BoolIfExists", "aws:MultiFactorAuthPresent", ["false"]),
///     aws::multi_factor_auth_present().if_exists().is(false),
/// );
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Condition {
    operator: Operator,
    key: String,
    values: OneOrMany<Value>,
}

impl Condition {
    /// A condition from an operator's text, a key and one or several values.
    ///
    /// One value is printed without brackets, several with them.
    pub fn new<V: Into<Value>>(
        operator: &str,
        key: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self::from_parts(Operator::parse(operator), key, values)
    }

    /// A condition from its parts, as they are.
    pub fn from_parts(
        operator: Operator,
        key: impl Into<String>,
        values: OneOrMany<Value>,
    ) -> Self {
        Self { operator, key: key.into(), values }
    }

    /// The operator.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// The condition key as it is written.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &OneOrMany<Value> {
        &self.values
    }
}

/// A condition key and the values it is compared with, as a document has them.
pub type KeyValues = (String, OneOrMany<Value>);

/// A condition block: operators, each with keys, each with values, in the order of their author.
///
/// All of them must hold; of the values of one key, one (IAM User Guide, *Conditions with multiple
/// context keys or values*).
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Conditions {
    operators: Vec<(Operator, Vec<KeyValues>)>,
}

impl Conditions {
    /// Operators with their keys and values, as the document groups them.
    #[must_use]
    pub fn operators(&self) -> &[(Operator, Vec<KeyValues>)] {
        &self.operators
    }

    /// Every test of the block, one after another.
    pub fn iter(&self) -> impl Iterator<Item = (&Operator, &str, &OneOrMany<Value>)> {
        self.operators.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| (operator, key.as_str(), values))
        })
    }

    /// Whether there is no test: such a block always holds.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(crate) fn from_operators(operators: Vec<(Operator, Vec<KeyValues>)>) -> Self {
        Self { operators }
    }

    /// Adds a test to the group of its operator. Two negated tests of one key are one test with the values of both;
    /// two others stay apart and are refused when the policy is built.
    pub(super) fn push(&mut self, condition: Condition) {
        let Condition { operator, key, values } = condition;
        let Some((_, keys)) = self.operators.iter_mut().find(|(known, _)| *known == operator)
        else {
            self.operators.push((operator, vec![(key, values)]));
            return;
        };
        let mergeable = operator.qualifier().is_none()
            && operator.comparison().is_some_and(super::Comparison::is_negated);
        match keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) if mergeable => known.extend(values.iter().cloned()),
            _ => keys.push((key, values)),
        }
    }
}

impl Serialize for Conditions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Keys<'a>(&'a [KeyValues]);

        impl Serialize for Keys<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(self.0.len()))?;
                for (key, values) in self.0 {
                    map.serialize_entry(key, values)?;
                }
                map.end()
            }
        }

        let mut map = serializer.serialize_map(Some(self.operators.len()))?;
        for (operator, keys) in &self.operators {
            map.serialize_entry(operator, &Keys(keys))?;
        }
        map.end()
    }
}

/// A value that a condition compares with: a text, or a number or boolean written without quotes.
///
/// `true` and `"true"` mean the same; this type keeps which one it was, and keeps the digits of numbers.
///
/// ```
/// use zt_core::policy::Value;
///
/// assert_eq!(Value::from(true).text(), "true");
/// assert_eq!(Value::number("3.10").unwrap().text(), "3.10");
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Value {
    /// A quoted text.
    Text(String),
    /// A number without quotes, with the digits of its author.
    Number(Number),
    /// `true` or `false` without quotes.
    Bool(bool),
}

impl Value {
    /// A number without quotes from its JSON text; `None` when the text is not a JSON number.
    #[must_use]
    pub fn number(literal: &str) -> Option<Self> {
        let is_number = literal.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && literal.ends_with(|c: char| c.is_ascii_digit())
            && serde_json::from_str::<&serde_json::value::RawValue>(literal).is_ok();
        is_number.then(|| Self::Number(Number(literal.into())))
    }

    /// The text that is compared: IAM reads `true` as `"true"` and `5` as `"5"`.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Borrowed(&number.0),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => number.serialize(serializer),
            Self::Bool(value) => serializer.serialize_bool(*value),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(Number(value.to_string().into()))
    }
}

/// A number as JSON text: see [`Value::Number`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Number(Box<str>);

impl Number {
    /// The digits of the author.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Formats other than JSON get a plain number where one prints as this text does.
        if let Ok(integer) = self.0.parse::<i64>()
            && *integer.to_string() == *self.0
        {
            return serializer.serialize_i64(integer);
        }
        serde_json::from_str::<&serde_json::value::RawValue>(&self.0)
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}
