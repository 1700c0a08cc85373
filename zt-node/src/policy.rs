//! Policies: parsed, printed and built.

use napi::{Error, Result, Status};
use napi_derive::napi;
use zt_core::policy::keys::{AnyKey, GLOBAL_KEYS, KeyKind};
use zt_core::policy::{Principal, Value};
use zt_core::rewrite::SizeLimit;

use crate::error::{name_failure, policy_failure, split_failure, value_failure};

/// An IAM policy document.
#[napi]
#[derive(Debug)]
pub struct Policy(pub(crate) zt_core::policy::Policy);

#[napi]
impl Policy {
    /// A policy of statements.
    ///
    /// # Errors
    /// When a statement lacks something.
    #[napi(constructor)]
    pub fn new(statements: Vec<&Statement>) -> Result<Self> {
        let statements = statements.into_iter().map(|statement| statement.0.clone());
        zt_core::policy::Policy::new(statements).map(Self).map_err(|error| policy_failure(&error))
    }

    /// Reads a document.
    ///
    /// # Errors
    /// When it is not a policy.
    #[napi(factory)]
    pub fn parse(json: String) -> Result<Self> {
        let parsed = zt_core::policy::Policy::parse(&json);
        parsed.map(Self).map_err(|error| policy_failure(&error))
    }

    /// Reads a document from bytes.
    ///
    /// # Errors
    /// When it is not a policy.
    #[napi(factory)]
    pub fn parse_bytes(json: &[u8]) -> Result<Self> {
        let parsed = zt_core::policy::Policy::parse_bytes(json);
        parsed.map(Self).map_err(|error| policy_failure(&error))
    }

    /// The document as JSON: on one line, or indented by this many spaces.
    #[napi]
    #[must_use]
    pub fn to_json(&self, indent: Option<u32>) -> String {
        match indent {
            None => self.0.to_json(),
            Some(spaces) => self.0.to_json_pretty(usize::try_from(spaces).unwrap_or(0)),
        }
    }

    /// The canonical form.
    #[napi]
    #[must_use]
    pub fn normalize(&self) -> Self {
        Self(self.0.normalize())
    }

    /// A shorter policy that decides every request alike.
    #[napi]
    #[must_use]
    pub fn minimize(&self) -> Self {
        Self(self.0.minimize())
    }

    /// Policies that each fit the limit.
    ///
    /// # Errors
    /// When there is no such limit, or the policy cannot be split.
    #[napi]
    pub fn split(&self, limit: String) -> Result<Vec<Policy>> {
        let limit: SizeLimit = limit.parse().map_err(|error| name_failure(&error))?;
        let parts = zt_core::rewrite::split(&self.0, limit);
        Ok(parts.map_err(|error| split_failure(&error))?.into_iter().map(Self).collect())
    }

    /// The size as it counts towards the limit.
    ///
    /// # Errors
    /// When there is no such limit.
    #[napi]
    pub fn size(&self, limit: String) -> Result<u32> {
        let limit: SizeLimit = limit.parse().map_err(|error| name_failure(&error))?;
        Ok(u32::try_from(limit.size_of(&self.0)).unwrap_or(u32::MAX))
    }

    /// Whether both print alike.
    #[napi]
    #[must_use]
    pub fn equals(&self, other: &Policy) -> bool {
        self.0 == other.0
    }
}

/// One statement of a policy.
#[napi]
#[derive(Debug)]
pub struct Statement(pub(crate) zt_core::policy::Statement);

#[napi]
impl Statement {
    /// A statement that allows.
    #[napi(factory)]
    #[must_use]
    pub fn allow(sid: Option<String>) -> Self {
        Self(zt_core::policy::Statement::allow(sid.as_deref()))
    }

    /// A statement that denies.
    #[napi(factory)]
    #[must_use]
    pub fn deny(sid: Option<String>) -> Self {
        Self(zt_core::policy::Statement::deny(sid.as_deref()))
    }

    /// Adds actions.
    #[napi]
    #[must_use]
    pub fn actions(&self, actions: Vec<String>) -> Self {
        Self(self.0.clone().actions(actions))
    }

    /// Adds excepted actions.
    #[napi]
    #[must_use]
    pub fn not_actions(&self, actions: Vec<String>) -> Self {
        Self(self.0.clone().not_actions(actions))
    }

    /// Adds resources.
    #[napi]
    #[must_use]
    pub fn resources(&self, resources: Vec<String>) -> Self {
        Self(self.0.clone().resources(resources))
    }

    /// Adds excepted resources.
    #[napi]
    #[must_use]
    pub fn not_resources(&self, resources: Vec<String>) -> Self {
        Self(self.0.clone().not_resources(resources))
    }

    /// Adds a principal.
    ///
    /// # Errors
    /// When there is no such kind of principal.
    #[napi]
    pub fn principal(&self, kind: Option<String>, name: String) -> Result<Self> {
        Ok(Self(self.0.clone().principal(principal(kind, name)?)))
    }

    /// Adds an excepted principal.
    ///
    /// # Errors
    /// When there is no such kind of principal.
    #[napi]
    pub fn not_principal(&self, kind: Option<String>, name: String) -> Result<Self> {
        Ok(Self(self.0.clone().not_principal(principal(kind, name)?)))
    }

    /// Adds a condition.
    #[napi]
    #[must_use]
    pub fn when(&self, condition: &Condition) -> Self {
        Self(self.0.clone().when(condition.0.clone()))
    }

    /// The statement as JSON.
    ///
    /// # Errors
    /// Never: every statement has a JSON form.
    #[napi]
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(&self.0).map_err(|error| Error::from_reason(error.to_string()))
    }
}

/// A principal, of a kind or as a text says it.
pub(crate) fn principal(kind: Option<String>, name: String) -> Result<Principal> {
    let Some(kind) = kind else { return Ok(Principal::from(name)) };
    Principal::from_kind(&kind, name).ok_or_else(|| {
        let expected = "AWS, Service, Federated or CanonicalUser";
        let message = format!("unknown principal `{kind}`: expected {expected}");
        Error::new(Status::InvalidArg, message)
    })
}

/// One test of a condition block.
#[napi]
#[derive(Debug)]
pub struct Condition(pub(crate) zt_core::policy::Condition);

#[napi]
impl Condition {
    /// Any operator, any key.
    #[napi(constructor)]
    #[must_use]
    pub fn new(operator: String, key: String, values: Vec<String>) -> Self {
        let values = values.into_iter().map(Value::Text);
        Self(zt_core::policy::Condition::new(&operator, key, values))
    }

    /// A comparison that fits the type of its key.
    ///
    /// # Errors
    /// When a value does not.
    #[napi(factory)]
    pub fn compare(key: Key, method: String, values: Vec<String>) -> Result<Self> {
        let values = values.into_iter().map(Value::Text);
        let condition = key.into_any()?.compare(&method, values);
        condition.map(Self).map_err(|error| value_failure(&error))
    }

    /// A test for presence.
    ///
    /// # Errors
    /// After a set operator or `IfExists`.
    #[napi(factory)]
    pub fn presence(key: Key, present: bool) -> Result<Self> {
        let key = key.into_any()?;
        let condition = if present { key.is_present() } else { key.is_absent() };
        condition.map(Self).map_err(|error| value_failure(&error))
    }

    /// The operator as policies write it.
    #[napi(getter)]
    #[must_use]
    pub fn operator(&self) -> String {
        self.0.operator().as_str().to_owned()
    }

    /// The key.
    #[napi(getter)]
    #[must_use]
    pub fn key(&self) -> String {
        self.0.key().to_owned()
    }

    /// The values.
    #[napi(getter)]
    #[must_use]
    pub fn values(&self) -> Vec<String> {
        self.0.values().iter().map(|value| value.text().into_owned()).collect()
    }
}

/// A condition key, its type, and how it is to be compared.
#[napi(object)]
#[derive(Debug)]
pub struct Key {
    /// The name: `aws:SourceIp`.
    pub name: String,
    /// The name of the type.
    pub kind: String,
    /// Whether a request can have several values for it.
    pub multivalued: bool,
    /// `any`, `all`, or none.
    pub set_operator: Option<String>,
    /// Whether the comparison holds when the key is absent.
    pub if_exists: bool,
}

impl Key {
    fn into_any(self) -> Result<AnyKey> {
        let kind = KeyKind::from_name(&self.kind).ok_or_else(|| {
            Error::new(Status::InvalidArg, format!("unknown type of key `{}`", self.kind))
        })?;
        let key = AnyKey::new(self.name, kind, self.multivalued);
        let key = match self.set_operator.as_deref() {
            Some("any") => key.for_any_value(),
            Some("all") => key.for_all_values(),
            _ => Ok(key),
        };
        let key = key.map_err(|error| value_failure(&error))?;
        Ok(if self.if_exists { key.if_exists() } else { key })
    }
}

/// A condition key of AWS itself.
#[napi(object)]
#[derive(Debug)]
pub struct GlobalKey {
    /// The name: `aws:SourceIp`. One with a tag ends in `/`.
    pub name: String,
    /// The part before the colon.
    pub namespace: String,
    /// The name of its function in Rust: `source_ip`.
    pub function: String,
    /// The name of the type.
    pub kind: String,
    /// Whether a request can have several values for it.
    pub multivalued: bool,
    /// Whether its name goes on with the name of a tag.
    pub takes_tag: bool,
    /// What it is, in a sentence.
    pub doc: String,
}

/// Every condition key of AWS itself: what `scripts/generate-keys.mjs` writes down.
#[napi]
#[must_use]
pub fn global_keys() -> Vec<GlobalKey> {
    let keys = GLOBAL_KEYS.iter().map(|key| GlobalKey {
        name: key.name().to_owned(),
        namespace: key.namespace().to_owned(),
        function: key.function().to_owned(),
        kind: key.kind().name().to_owned(),
        multivalued: key.is_multivalued(),
        takes_tag: key.takes_tag(),
        doc: key.doc().to_owned(),
    });
    keys.collect()
}
