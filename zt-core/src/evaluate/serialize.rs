//! Requests and decisions as data, for logs, reports and other languages. Nothing reads these back.
//!
//! ```
//! use zt_core::evaluate::{Evaluator, Request};
//!
//! let request = Request::new("111122223333", "s3:GetObject", "*");
//! let decision = Evaluator::builder().build()?.evaluate(&request);
//! let json = serde_json::to_value(&decision)?;
//! assert_eq!(json["outcome"], "allowed");
//! assert_eq!(json["reasons"][0]["policy_type"], "identity");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::{
    AccessMatrix, Choice, ContextValue, Decision, JointDecision, Outcome, PolicyType, Reason,
    Request,
};
use crate::policy::Principal;

/// The [name](Outcome::name).
impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The [name](PolicyType::name).
impl Serialize for PolicyType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A text, a list of texts, or null for what is not known.
impl Serialize for ContextValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(text) => serializer.serialize_str(text),
            Self::Many(texts) => texts.serialize(serializer),
            Self::Unknown => serializer.serialize_none(),
        }
    }
}

/// `{"principal": ..., "action": ..., "resource": ..., "context": {...}}`. The context has the derived keys, too.
impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("principal", &Who(self.principal()))?;
        map.serialize_entry("action", self.action())?;
        map.serialize_entry("resource", self.resource())?;
        map.serialize_entry("context", &Context(self))?;
        map.end()
    }
}

/// A text for AWS principals, `{"Service": "..."}` and the like for others.
struct Who<'a>(&'a Principal);

impl Serialize for Who<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parts() {
            ("AWS", text) => serializer.serialize_str(text),
            (kind, text) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(kind, text)?;
                map.end()
            }
        }
    }
}

struct Context<'a>(&'a Request);

impl Serialize for Context<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.context_entries())
    }
}

/// `{"policy_type": ..., "policy": ..., "statement": ..., "effect": ..., "text": ..., "choices": [...]}`. Choices are named by id.
impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let choices: Vec<&str> = self.choices().iter().copied().map(Choice::id).collect();
        let mut map = serializer.serialize_map(Some(6))?;
        map.serialize_entry("policy_type", &self.policy_type())?;
        map.serialize_entry("policy", &self.policy())?;
        map.serialize_entry("statement", &self.statement())?;
        map.serialize_entry("effect", &self.effect().map(|effect| effect.to_string()))?;
        map.serialize_entry("text", self.text())?;
        map.serialize_entry("choices", &choices)?;
        map.end()
    }
}

/// `{"outcome": ..., "allowed": ..., "text": ..., "reasons": [...], "unknown_keys": [...]}`
impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("outcome", &self.outcome())?;
        map.serialize_entry("allowed", &self.is_allowed())?;
        map.serialize_entry("text", &self.to_string())?;
        map.serialize_entry("reasons", self.reasons())?;
        map.serialize_entry("unknown_keys", self.unknown_keys())?;
        map.end()
    }
}

/// `{"outcome": ..., "allowed": ..., "text": ..., "decisions": [...]}`, each decision with its `resource`.
impl Serialize for JointDecision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("outcome", &self.outcome())?;
        map.serialize_entry("allowed", &self.is_allowed())?;
        map.serialize_entry("text", &self.to_string())?;
        map.serialize_entry("decisions", &Parts(self.decisions()))?;
        map.end()
    }
}

struct Parts<'a>(&'a [Decision]);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Part<'a> {
            resource: &'a str,
            #[serde(flatten)]
            decision: &'a Decision,
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for decision in self.0 {
            list.serialize_element(&Part { resource: decision.request().resource(), decision })?;
        }
        list.end()
    }
}

/// `{"principals": [...], "actions": [...], "resources": [...], "entries": [{"principal": ..., "action": ..., "resource": ...,
/// "outcome": ...}]}`, the entries by principal, then resource, then action.
impl Serialize for AccessMatrix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("principals", self.principals())?;
        map.serialize_entry("actions", self.actions())?;
        map.serialize_entry("resources", self.resources())?;
        map.serialize_entry("entries", &Entries(self))?;
        map.end()
    }
}

struct Entries<'a>(&'a AccessMatrix);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Entry<'a> {
            principal: &'a str,
            action: &'a str,
            resource: &'a str,
            outcome: Outcome,
        }
        serializer.collect_seq(self.0.entries().map(|(principal, decision)| Entry {
            principal,
            action: decision.request().action(),
            resource: decision.request().resource(),
            outcome: decision.outcome(),
        }))
    }
}
