//! Edits that mend a policy.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use crate::policy::{Policy, PolicyError};

/// An edit at a place of a policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Suggestion {
    pointer: String,
    edit: Edit,
}

/// What to do at the place.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Edit {
    /// Put this JSON value there.
    Replace(String),
    /// Take it out.
    Remove,
    /// Call the member this.
    Rename(String),
    /// Move the test of a condition to this operator.
    MoveTo(String),
    /// Put a member with this name and JSON value into the object.
    Insert(String, String),
    /// Put this JSON value at the end of the list.
    Append(String),
}

impl Suggestion {
    pub(super) fn new(pointer: impl Into<String>, edit: Edit) -> Self {
        Self { pointer: pointer.into(), edit }
    }

    /// A replacement by a text.
    pub(super) fn text(pointer: impl Into<String>, text: &str) -> Self {
        Self::new(pointer, Edit::Replace(quoted(text)))
    }

    /// Where, as a JSON pointer.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What to do there.
    #[must_use]
    pub fn edit(&self) -> &Edit {
        &self.edit
    }

    /// What to do, as a word: `replace`, `remove`, `rename`, `move_to`, `insert` or `append`.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self.edit {
            Edit::Replace(_) => "replace",
            Edit::Remove => "remove",
            Edit::Rename(_) => "rename",
            Edit::MoveTo(_) => "move_to",
            Edit::Insert(..) => "insert",
            Edit::Append(_) => "append",
        }
    }

    /// The name or operator that is put there, where one is.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.edit {
            Edit::Rename(name) | Edit::MoveTo(name) | Edit::Insert(name, _) => Some(name),
            Edit::Replace(_) | Edit::Remove | Edit::Append(_) => None,
        }
    }

    /// The JSON value that is put there, where one is.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match &self.edit {
            Edit::Replace(json) | Edit::Insert(_, json) | Edit::Append(json) => Some(json),
            Edit::Remove | Edit::Rename(_) | Edit::MoveTo(_) => None,
        }
    }

    /// The policy with the edit made. Everything else keeps its order and form.
    ///
    /// # Errors
    ///
    /// When the policy has no such place, or would not be one afterwards: the edit is of another policy.
    pub fn apply(&self, policy: &Policy) -> Result<Policy, SuggestionError> {
        let mut json = Json::parse(&policy.to_json()).ok_or(SuggestionError::NoSuchPlace)?;
        let tokens: Vec<String> = self
            .pointer
            .split('/')
            .skip(1)
            .map(|token| token.replace("~1", "/").replace("~0", "~"))
            .collect();
        json.edit(&tokens, &self.edit).ok_or(SuggestionError::NoSuchPlace)?;
        let text = serde_json::to_string(&json).map_err(|_| SuggestionError::NoSuchPlace)?;
        Policy::parse(&text).map_err(SuggestionError::Policy)
    }
}

/// `replace it with "s3:GetObject"`
impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.edit {
            Edit::Replace(json) => write!(f, "replace it with {json}"),
            Edit::Remove => f.write_str("remove it"),
            Edit::Rename(name) => write!(f, "rename it to {}", quoted(name)),
            Edit::MoveTo(operator) => write!(f, "use the operator {operator}"),
            Edit::Insert(name, json) => write!(f, "add {}: {json}", quoted(name)),
            Edit::Append(json) => write!(f, "add {json}"),
        }
    }
}

/// `{"pointer": "...", "action": "replace", "name": null, "value": "s3:GetObject", "text": "replace it with ..."}`
impl Serialize for Suggestion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: Option<&RawValue> =
            self.value().and_then(|json| serde_json::from_str(json).ok());
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("pointer", &self.pointer)?;
        map.serialize_entry("action", self.action())?;
        map.serialize_entry("name", &self.name())?;
        map.serialize_entry("value", &value)?;
        map.serialize_entry("text", &self.to_string())?;
        map.end()
    }
}

/// Why an edit could not be made.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SuggestionError {
    /// The policy does not have the place.
    #[error("the policy has no such place")]
    NoSuchPlace,
    /// What comes out is not a policy.
    #[error(transparent)]
    Policy(PolicyError),
}

impl SuggestionError {
    /// A stable name for programs: `NO_SUCH_PLACE`, or the code of the policy's error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchPlace => "NO_SUCH_PLACE",
            Self::Policy(error) => error.code(),
        }
    }
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// JSON that keeps the order of its names and the form of its values.
enum Json {
    Object(Vec<(String, Json)>),
    List(Vec<Json>),
    Other(String),
}

impl Json {
    /// For text that [`Policy::to_json`] printed: its nesting is bounded.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            return items
                .into_iter()
                .map(|item| Self::parse(item.get()))
                .collect::<Option<_>>()
                .map(Self::List);
        }
        if text.starts_with('{') {
            let members: Vec<(String, Box<RawValue>)> = members(text)?;
            return members
                .into_iter()
                .map(|(name, value)| Some((name, Self::parse(value.get())?)))
                .collect::<Option<_>>()
                .map(Self::Object);
        }
        Some(Self::Other(text.to_owned()))
    }

    fn edit(&mut self, tokens: &[String], edit: &Edit) -> Option<()> {
        match (tokens, edit) {
            ([], Edit::Replace(json)) => *self = Self::parse(json)?,
            ([], Edit::Insert(name, json)) => match self {
                Self::Object(members) => {
                    // A version stands first.
                    let at = if name == "Version" { 0 } else { members.len() };
                    members.insert(at, (name.clone(), Self::parse(json)?));
                }
                _ => return None,
            },
            ([], Edit::Append(json)) => {
                let item = Self::parse(json)?;
                match self {
                    Self::List(items) => items.push(item),
                    other => {
                        let first = std::mem::replace(other, Self::List(Vec::new()));
                        *other = Self::List(vec![first, item]);
                    }
                }
            }
            ([token], Edit::Remove) => match self {
                Self::Object(members) => {
                    let at = members.iter().position(|(name, _)| name == token)?;
                    members.remove(at);
                }
                Self::List(items) => {
                    let at: usize = token.parse().ok()?;
                    (at < items.len()).then(|| items.remove(at))?;
                }
                Self::Other(_) => return None,
            },
            ([token], Edit::Rename(to)) => match self {
                Self::Object(members) => {
                    members.iter_mut().find(|(name, _)| name == token)?.0.clone_from(to);
                }
                _ => return None,
            },
            ([operator, key], Edit::MoveTo(to)) => self.move_test(operator, key, to)?,
            ([token, rest @ ..], _) => match self {
                Self::Object(members) => {
                    members.iter_mut().find(|(name, _)| name == token)?.1.edit(rest, edit)?;
                }
                Self::List(items) => {
                    items.get_mut(token.parse::<usize>().ok()?)?.edit(rest, edit)?
                }
                Self::Other(_) => return None,
            },
            _ => return None,
        }
        Some(())
    }

    /// In a condition block.
    fn move_test(&mut self, operator: &str, key: &str, to: &str) -> Option<()> {
        let Self::Object(operators) = self else {
            return None;
        };
        let from = operators.iter().position(|(name, _)| name == operator)?;
        let (_, Self::Object(keys)) = operators.get_mut(from)? else {
            return None;
        };
        let at = keys.iter().position(|(name, _)| name == key)?;
        let test = keys.remove(at);
        let was_last = keys.is_empty();
        match operators.iter_mut().find(|(name, _)| name == to) {
            Some((_, Self::Object(keys))) => keys.push(test),
            Some(_) => return None,
            None if was_last => {
                *operators.get_mut(from)? = (to.to_owned(), Self::Object(vec![test]));
                return Some(());
            }
            None => operators.insert(from + 1, (to.to_owned(), Self::Object(vec![test]))),
        }
        if was_last {
            operators.remove(from);
        }
        Some(())
    }
}

/// The members of an object in their order.
fn members(text: &str) -> Option<Vec<(String, Box<RawValue>)>> {
    struct Members(Vec<(String, Box<RawValue>)>);

    impl<'de> serde::Deserialize<'de> for Members {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Collect;

            impl<'de> serde::de::Visitor<'de> for Collect {
                type Value = Members;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Members, A::Error> {
                    let mut all = Vec::new();
                    while let Some(member) = map.next_entry()? {
                        all.push(member);
                    }
                    Ok(Members(all))
                }
            }

            deserializer.deserialize_map(Collect)
        }
    }

    serde_json::from_str::<Members>(text).ok().map(|members| members.0)
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Other(text) => serde_json::from_str::<&RawValue>(text)
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
        }
    }
}
