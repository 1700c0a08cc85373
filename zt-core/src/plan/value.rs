//! What members of a call are: constants, references to earlier outputs, and secrets by name.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

use super::error::PlanError;

/// A value of a call's input, in the form of the API with three additions. As JSON these are objects with one member:
/// `{"$ref": "role.Role.Arn"}`, `{"$secret": "password"}` and `{"$join": ["arn:...:", {"$ref": "..."}]}`.
///
/// ```
/// use zt_core::plan::{Reference, Value};
///
/// let arn: Reference = "role.Role.Arn".parse()?;
/// let value = Value::join(["principal ".into(), Value::from(arn)]);
/// assert_eq!(serde_json::to_string(&value)?, r#"{"$join":["principal ",{"$ref":"role.Role.Arn"}]}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text; instants and bytes (base64) are texts, too.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A structure or a map.
    Object(BTreeMap<String, Value>),
    /// An output of an earlier step.
    Reference(Reference),
    /// A secret, by name. It is supplied when the plan runs, and is in no plan, journal, text or error.
    Secret(String),
    /// A text made of texts, references and secrets.
    Join(Vec<Value>),
}

impl Value {
    /// A text made of parts.
    pub fn join(parts: impl IntoIterator<Item = Value>) -> Self {
        Self::Join(parts.into_iter().collect())
    }

    /// A list.
    pub fn list<V: Into<Value>>(items: impl IntoIterator<Item = V>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// A structure or a map.
    pub fn object<K: Into<String>, V: Into<Value>>(
        members: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        // Collected it would be sorted first, which takes longer for the few members that there are.
        let mut object = BTreeMap::new();
        for (name, value) in members {
            object.insert(name.into(), value.into());
        }
        Self::Object(object)
    }

    /// Tags as most services take them: a list of `{Key, Value}`.
    pub fn tags<K: Into<String>, V: Into<Value>>(tags: impl IntoIterator<Item = (K, V)>) -> Self {
        let tag = |(key, value): (K, V)| {
            Self::object([("Key", Self::Text(key.into())), ("Value", value.into())])
        };
        Self::List(tags.into_iter().map(tag).collect())
    }

    /// Every reference and secret inside, outermost first.
    pub(super) fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Value)) {
        visit(self);
        match self {
            Self::List(items) | Self::Join(items) => items.iter().for_each(|item| item.walk(visit)),
            Self::Object(members) => members.values().for_each(|value| value.walk(visit)),
            _ => {}
        }
    }

    /// The outputs of steps inside.
    pub(super) fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.walk(&mut |value| {
            if let Value::Reference(reference) = value {
                found.push(reference);
            }
        });
        found
    }

    fn from_json(json: serde_json::Value) -> Result<Self, PlanError> {
        use serde_json::Value as Json;
        let all = |items: Vec<Json>| {
            items.into_iter().map(Self::from_json).collect::<Result<Vec<_>, _>>()
        };
        Ok(match json {
            Json::Null => {
                return Err(PlanError::new("input", "a value: leave out what is not set", None));
            }
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => Self::Number(number),
            Json::String(text) => Self::Text(text),
            Json::Array(items) => Self::List(all(items)?),
            Json::Object(members) => {
                let Some(sign) = members.keys().find(|name| name.starts_with('$')).cloned() else {
                    let member = |(name, value)| Ok((name, Self::from_json(value)?));
                    return members
                        .into_iter()
                        .map(member)
                        .collect::<Result<_, _>>()
                        .map(Self::Object);
                };
                let is_alone = members.len() == 1;
                let value = members.into_iter().next().map(|(_, value)| value);
                match (sign.as_str(), value) {
                    ("$ref", Some(Json::String(text))) if is_alone => {
                        Self::Reference(text.parse()?)
                    }
                    ("$secret", Some(Json::String(name))) if is_alone => Self::Secret(name),
                    ("$join", Some(Json::Array(parts))) if is_alone => Self::Join(all(parts)?),
                    _ => {
                        let expected = "an object with $ref, $secret or $join alone";
                        return Err(PlanError::new("input", expected, sign));
                    }
                }
            }
        })
    }
}

/// As a careful colleague would write it: texts bare, secrets as their names.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) if is_plain(text) => f.write_str(text),
            Self::Text(text) => text.lines().enumerate().try_for_each(|(at, line)| {
                if at > 0 {
                    f.write_str(" ")?;
                }
                // Nothing in a plan may steer the terminal of its reader.
                line.chars()
                    .filter(|character| !character.is_control())
                    .try_for_each(|character| fmt::Write::write_char(f, character))
            }),
            Self::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    f.write_str(if at > 0 { ", " } else { "[" })?;
                    item.fmt(f)?;
                }
                f.write_str(if items.is_empty() { "[]" } else { "]" })
            }
            Self::Object(members) => {
                if let (2, Some(key), Some(value)) =
                    (members.len(), members.get("Key"), members.get("Value"))
                {
                    key.fmt(f)?;
                    f.write_str("=")?;
                    return value.fmt(f);
                }
                for (at, (name, value)) in members.iter().enumerate() {
                    f.write_str(if at > 0 { ", " } else { "{" })?;
                    f.write_str(name)?;
                    f.write_str(": ")?;
                    value.fmt(f)?;
                }
                f.write_str(if members.is_empty() { "{}" } else { "}" })
            }
            Self::Reference(reference) => write!(f, "<{reference}>"),
            Self::Secret(name) => write!(f, "<secret {name}>"),
            Self::Join(parts) => parts.iter().try_for_each(|part| write!(f, "{part}")),
        }
    }
}

/// Nothing in it steers a terminal: no control characters. ASCII, which nearly all is, is told by its bytes.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.chars().any(char::is_control)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn alone<S: Serializer, V: Serialize + ?Sized>(
            serializer: S,
            sign: &str,
            value: &V,
        ) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry(sign, value)?;
            map.end()
        }
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members),
            Self::Reference(reference) => alone(serializer, "$ref", reference),
            Self::Secret(name) => alone(serializer, "$secret", name),
            Self::Join(parts) => alone(serializer, "$join", parts),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        Self::from_json(json).map_err(serde::de::Error::custom)
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

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<Reference> for Value {
    fn from(reference: Reference) -> Self {
        Self::Reference(reference)
    }
}

/// An output of a step: `vpc.Vpc.VpcId`, `subnets.Subnets[0].SubnetId`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Reference {
    step: String,
    path: Path,
}

impl Reference {
    /// The id of the step.
    #[must_use]
    pub fn step(&self) -> &str {
        &self.step
    }

    /// The place in its answer.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl FromStr for Reference {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let expected = "a step and a place in its answer, such as vpc.Vpc.VpcId";
        let error = || PlanError::new("reference", expected, text.to_owned());
        let (step, path) = text.split_once('.').ok_or_else(error)?;
        if !is_id(step) {
            return Err(error());
        }
        Ok(Self { step: step.to_owned(), path: path.parse().map_err(|_| error())? })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.step, self.path)
    }
}

/// A place in an answer: `Vpcs[0].VpcId`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Path {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Segment {
    Member(String),
    Index(usize),
}

impl Path {
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What is there in an answer.
    pub(super) fn get<'a>(&self, answer: &'a serde_json::Value) -> Option<&'a serde_json::Value> {
        self.segments
            .iter()
            .try_fold(answer, |value, segment| match segment {
                Segment::Member(name) => value.get(name),
                Segment::Index(at) => value.get(at),
            })
            .filter(|value| !value.is_null())
    }

    /// Whether it is another path, or goes on from it.
    pub(super) fn starts_with(&self, start: &Self) -> bool {
        self.segments.starts_with(&start.segments)
    }

    /// The rest of a path that goes on from another one.
    pub(super) fn after(&self, start: &Self) -> Option<Self> {
        let rest = self.segments.strip_prefix(start.segments.as_slice())?;
        Some(Self { segments: rest.to_vec() })
    }

    /// This path and then another one.
    pub(super) fn then(&self, rest: &Self) -> Self {
        Self { segments: [self.segments.as_slice(), rest.segments.as_slice()].concat() }
    }
}

impl FromStr for Path {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let error =
            || PlanError::new("path", "member names such as Vpcs[0].VpcId", text.to_owned());
        let mut segments = Vec::new();
        for part in text.split('.') {
            let mut pieces = part.split('[');
            let name = pieces.next().unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(error());
            }
            segments.push(Segment::Member(name.to_owned()));
            for piece in pieces {
                let index = piece.strip_suffix(']').ok_or_else(error)?;
                if index.len() > 4 || !index.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(error());
                }
                segments.push(Segment::Index(index.parse().map_err(|_| error())?));
            }
        }
        Ok(Self { segments })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Member(name) if at == 0 => f.write_str(name)?,
                Segment::Member(name) => write!(f, ".{name}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(Reference, Path);

/// 1 to 64 lower-case letters, digits and hyphens, a letter first.
pub(super) fn is_id(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
