//! One thing that a rule found.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::rules::Rule;
use super::suggestion::Suggestion;

/// One thing that a rule found in a policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    rule: &'static Rule,
    severity: Severity,
    pointer: String,
    message: String,
    suggestion: Option<Suggestion>,
}

impl Finding {
    pub(super) fn new(
        rule: &'static Rule,
        severity: Severity,
        pointer: String,
        message: String,
        suggestion: Option<Suggestion>,
    ) -> Self {
        Self { rule, severity, pointer, message, suggestion }
    }

    /// The rule's code, which does not change between versions: `unknown-action`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// The rule, with why it is one.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Where: a JSON pointer (RFC 6901) into the policy.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What, in a sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// An edit that mends it, where there is one that is surely meant.
    #[must_use]
    pub fn suggestion(&self) -> Option<&Suggestion> {
        self.suggestion.as_ref()
    }
}

/// `error unknown-operator at /Statement/0/Condition/StringEqual: ...`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.severity, self.code())?;
        if !self.pointer.is_empty() {
            write!(f, " at {}", self.pointer)?;
        }
        write!(f, ": {}", self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, " ({suggestion})"),
            None => Ok(()),
        }
    }
}

/// `{"code": "...", "severity": "...", "pointer": "...", "message": "...", "suggestion": null}`
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("code", self.code())?;
        map.serialize_entry("severity", &self.severity)?;
        map.serialize_entry("pointer", &self.pointer)?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("suggestion", &self.suggestion)?;
        map.end()
    }
}

/// How bad a finding is. In this order, the worst first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// AWS refuses the policy, or a part of it can never do what it says.
    Error,
    /// It gives more than is wise.
    SecurityWarning,
    /// It probably does not do what is meant.
    Warning,
    /// It could be written better.
    Suggestion,
}

impl Severity {
    /// The name: `error`, `security warning`, `warning`, `suggestion`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::SecurityWarning => "security warning",
            Self::Warning => "warning",
            Self::Suggestion => "suggestion",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The [name](Severity::name).
impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
