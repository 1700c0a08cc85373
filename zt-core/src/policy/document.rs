//! The policy document.

use std::fmt;
use std::str::FromStr;

use serde::de::DeserializeSeed;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::{Place, PolicyError};
use super::statement::Statement;
use super::transcode::Transcode;

/// An IAM policy document: parsed from text of any origin, or built.
///
/// The form of its author is kept: the order of elements, brackets around single values, digits of numbers. Two policies
/// are equal when they would print alike.
///
/// ```
/// use zt_core::policy::Policy;
///
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
/// let policy = Policy::parse(text)?;
/// assert_eq!(policy.statements().len(), 1);
/// assert_eq!(policy.to_json(), text);
/// # Ok::<(), zt_core::policy::PolicyError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Policy {
    /// In the order of the author. INVARIANT: no two of a kind, and one of them is `Statement`.
    members: Vec<Member>,
}

impl Policy {
    /// A policy of [`Version::V2012_10_17`] with these statements.
    ///
    /// # Errors
    ///
    /// As [`PolicyBuilder::build`].
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Result<Self, PolicyError> {
        statements.into_iter().fold(Self::builder(), PolicyBuilder::statement).build()
    }

    /// Starts a policy of [`Version::V2012_10_17`].
    #[must_use]
    pub fn builder() -> PolicyBuilder {
        PolicyBuilder { version: Version::V2012_10_17, id: None, statements: Vec::new() }
    }

    /// Reads a policy document.
    ///
    /// Unknown actions, operators and condition keys are carried: AWS adds some every week. Unknown elements, names given
    /// twice, and values of the wrong kind are refused. Whether the policy makes sense is a question for validation, not
    /// for parsing.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] tells the place (JSON pointer, line, column) and what was expected there.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        super::parse::parse(text)
    }

    /// Reads a policy document from bytes.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse); bytes that are not UTF-8 are a [`PolicyError::Syntax`].
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, PolicyError> {
        super::parse::parse_bytes(bytes)
    }

    /// The document as JSON on one line without spaces.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Writing to memory cannot fail, and every part of a policy has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The document as JSON on several lines, each level indented by this many spaces.
    ///
    /// ```
    /// use zt_core::policy::Policy;
    ///
    /// let policy = Policy::parse(r#"{"Statement":[]}"#)?;
    /// assert_eq!(policy.to_json_pretty(2), "{\n  \"Statement\": []\n}");
    /// # Ok::<(), zt_core::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn to_json_pretty(&self, indent: usize) -> String {
        let spaces = " ".repeat(indent);
        let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
        let mut json = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut json, formatter);
        // As in `to_json`.
        match self.serialize(&mut serializer) {
            Ok(()) => String::from_utf8(json).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The version of the policy language that applies. Without a `Version` element it is
    /// [`Version::V2008_10_17`] (IAM User Guide, *IAM JSON policy elements: Version*).
    #[must_use]
    pub fn version(&self) -> Version {
        self.version_element().unwrap_or(Version::V2008_10_17)
    }

    /// The `Version` element, if there is one.
    #[must_use]
    pub fn version_element(&self) -> Option<Version> {
        self.members.iter().find_map(|member| match member {
            Member::Version(version) => Some(*version),
            _ => None,
        })
    }

    /// The `Id` element, if there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.members.iter().find_map(|member| match member {
            Member::Id(id) => Some(id.as_str()),
            _ => None,
        })
    }

    /// The statements in the order of their author.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        self.members
            .iter()
            .find_map(|member| match member {
                Member::Statement { statements, .. } => Some(statements.as_slice()),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Whether the document has one statement without brackets around it.
    ///
    /// The JSON pointer of the statement is then `/Statement` rather than `/Statement/0`.
    #[must_use]
    pub fn has_bare_statement(&self) -> bool {
        self.members.iter().any(|member| matches!(member, Member::Statement { bare: true, .. }))
    }

    /// The same version and id, with other statements, in the order in which AWS's documentation writes them.
    pub(crate) fn with_statements(&self, statements: Vec<Statement>) -> Self {
        let id = self.id().map(|id| Member::Id(id.to_owned()));
        let statements = Member::Statement { statements, bare: false };
        let version = Member::Version(self.version());
        Self { members: [version].into_iter().chain(id).chain([statements]).collect() }
    }

    pub(super) fn from_members(members: Vec<Member>) -> Self {
        Self { members }
    }
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Self::parse(text)
    }
}

/// As [`Policy::to_json`].
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        for member in &self.members {
            match member {
                Member::Version(version) => map.serialize_entry("Version", version.as_str())?,
                Member::Id(id) => map.serialize_entry("Id", id)?,
                Member::Statement { statements, bare } => match statements.as_slice() {
                    [only] if *bare => map.serialize_entry("Statement", only)?,
                    list => map.serialize_entry("Statement", list)?,
                },
            }
        }
        map.end()
    }
}

/// From any format of serde. Errors tell the JSON pointer; for line and column use [`Policy::parse`].
impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut json = String::new();
        Transcode::new(&mut json).deserialize(deserializer)?;
        super::parse::parse_pointing(&json).map_err(serde::de::Error::custom)
    }
}

/// The top level of a document.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Member {
    Version(Version),
    Id(String),
    Statement { statements: Vec<Statement>, bare: bool },
}

impl Member {
    pub(super) const NAMES: &'static [&'static str] = &["Version", "Id", "Statement"];
}

/// A version of the policy language.
///
/// IAM User Guide, *IAM JSON policy elements: Version*.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Version {
    /// `2008-10-17`: the default of a document that does not say. `${...}` is plain text in it.
    V2008_10_17,
    /// `2012-10-17`: the current one, with policy variables.
    V2012_10_17,
}

impl Version {
    /// The version as policies write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2008_10_17 => "2008-10-17",
            Self::V2012_10_17 => "2012-10-17",
        }
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        [Self::V2008_10_17, Self::V2012_10_17].into_iter().find(|version| version.as_str() == text)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Collects the parts of a policy: see [`Policy::builder`].
#[derive(Clone, Debug)]
pub struct PolicyBuilder {
    version: Version,
    id: Option<String>,
    statements: Vec<Statement>,
}

impl PolicyBuilder {
    /// The version. Default: [`Version::V2012_10_17`]; there is no reason for another one in a new policy.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// The `Id`. Default: none. Only policies of resources may have one.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds a statement.
    #[must_use]
    pub fn statement(mut self, statement: Statement) -> Self {
        self.statements.push(statement);
        self
    }

    /// Checks the statements and makes the policy.
    ///
    /// # Errors
    ///
    /// When there is no statement; when a statement has no action, or no resource and no principal either; when it
    /// has both forms of an element; when an action or a resource cannot be one; when one operator tests
    /// one key twice and no single test says the same.
    pub fn build(self) -> Result<Policy, PolicyError> {
        if self.statements.is_empty() {
            return Err(PolicyError::missing(Place::pointer("/Statement"), "a statement"));
        }
        for (at, statement) in self.statements.iter().enumerate() {
            statement.check(&format!("/Statement/{at}"))?;
        }
        let id = self.id.map(Member::Id);
        let statements = Member::Statement { statements: self.statements, bare: false };
        Ok(Policy {
            members: [Member::Version(self.version)]
                .into_iter()
                .chain(id)
                .chain([statements])
                .collect(),
        })
    }
}
