//! Condition keys whose type is only known at run time, for language bindings and user interfaces.

use std::fmt;

use super::super::condition::{Condition, Value};
use super::super::operator::{Comparison, Operator, Qualifier};
use super::global::GLOBAL_KEYS;
use super::values::{Arn, Binary, Bool, Date, Ip, Num, Str, ValueError};
use crate::literal;

/// The type of a condition key, as data.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeyKind {
    /// See [`Str`].
    Text,
    /// See [`Num`].
    Numeric,
    /// See [`Date`].
    Date,
    /// See [`Bool`].
    Bool,
    /// See [`Ip`].
    Ip,
    /// See [`Arn`].
    Arn,
    /// See [`Binary`].
    Binary,
}

impl KeyKind {
    /// All types.
    pub const ALL: &'static [Self] =
        &[Self::Text, Self::Numeric, Self::Date, Self::Bool, Self::Ip, Self::Arn, Self::Binary];

    /// The name of the Rust type: `Str`, `Num`, `Date`, `Bool`, `Ip`, `Arn`, `Binary`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "Str",
            Self::Numeric => "Num",
            Self::Date => "Date",
            Self::Bool => "Bool",
            Self::Ip => "Ip",
            Self::Arn => "Arn",
            Self::Binary => "Binary",
        }
    }

    /// The type by the name of its Rust type.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The type by AWS's word for it in the Service Authorization Reference: `String`, `Numeric`, `Date`, `Bool`,
    /// `IPAddress`, `ARN`, `Binary`.
    #[must_use]
    pub fn from_aws_name(name: &str) -> Option<Self> {
        match name {
            "String" => Some(Self::Text),
            "Numeric" => Some(Self::Numeric),
            "Date" => Some(Self::Date),
            "Bool" => Some(Self::Bool),
            "IPAddress" => Some(Self::Ip),
            "ARN" => Some(Self::Arn),
            "Binary" => Some(Self::Binary),
            _ => None,
        }
    }

    /// The comparisons of such keys, as methods.
    #[must_use]
    pub const fn methods(self) -> &'static [Method] {
        match self {
            Self::Text => Str::METHODS,
            Self::Numeric => Num::METHODS,
            Self::Date => Date::METHODS,
            Self::Bool => Bool::METHODS,
            Self::Ip => Ip::METHODS,
            Self::Arn => Arn::METHODS,
            Self::Binary => Binary::METHODS,
        }
    }

    fn check(self, text: &str) -> Result<(), ValueError> {
        let (fits, expected) = match self {
            Self::Text => (true, "a text"),
            Self::Numeric => (literal::decimal(text).is_some(), "a number"),
            Self::Date => (literal::instant(text).is_some(), "a date such as 2025-01-31T12:00:00Z"),
            Self::Bool => (literal::boolean(text).is_some(), "true or false"),
            Self::Ip => {
                (literal::ip_range(text).is_some(), "an address range such as 203.0.113.0/24")
            }
            Self::Arn => (!text.is_empty(), "an ARN"),
            Self::Binary => (literal::bytes(text).is_some(), "base64"),
        };
        if fits { Ok(()) } else { Err(ValueError::new(expected, text)) }
    }
}

/// A comparison that keys of a type offer: the method's name and the operator behind it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Method {
    name: &'static str,
    comparison: Comparison,
}

impl Method {
    pub(super) const fn new(name: &'static str, comparison: Comparison) -> Self {
        Self { name, comparison }
    }

    /// The name of the method: `is_in`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The operator, without set operator and `IfExists`.
    #[must_use]
    pub const fn comparison(&self) -> Comparison {
        self.comparison
    }
}

/// A condition key whose type is only known at run time.
///
/// In Rust prefer [`Key`](super::Key), which lets the compiler check the same rules.
///
/// ```
/// use zt_core::policy::keys::AnyKey;
///
/// let key = AnyKey::global("aws:SourceIp").unwrap();
/// let condition = key.clone().compare("is_in", ["203.0.113.0/24".into()])?;
/// assert_eq!(condition.operator().as_str(), "IpAddress");
/// assert!(key.compare("is_like", ["203.0.*".into()]).is_err());
/// # Ok::<(), zt_core::policy::keys::ValueError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnyKey {
    name: String,
    kind: KeyKind,
    multivalued: bool,
    qualifier: Option<Qualifier>,
    if_exists: bool,
}

impl AnyKey {
    /// A key by name and type.
    pub fn new(name: impl Into<String>, kind: KeyKind, multivalued: bool) -> Self {
        Self { name: name.into(), kind, multivalued, qualifier: None, if_exists: false }
    }

    /// A key of AWS itself, by its name in any case: `aws:SourceIp`, `aws:PrincipalTag/team`.
    #[must_use]
    pub fn global(name: &str) -> Option<Self> {
        let key = GLOBAL_KEYS.iter().find(|key| key.matches(name))?;
        Some(Self::new(name, key.kind(), key.is_multivalued()))
    }

    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of the key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether a request can have several values for the key.
    #[must_use]
    pub fn is_multivalued(&self) -> bool {
        self.multivalued
    }

    /// The comparison also holds when the key is absent.
    #[must_use]
    pub fn if_exists(mut self) -> Self {
        self.if_exists = true;
        self
    }

    /// At least one value must match.
    ///
    /// # Errors
    ///
    /// When the key has one value only.
    pub fn for_any_value(self) -> Result<Self, ValueError> {
        self.qualified(Qualifier::ForAnyValue)
    }

    /// Every value must match.
    ///
    /// # Errors
    ///
    /// When the key has one value only.
    pub fn for_all_values(self) -> Result<Self, ValueError> {
        self.qualified(Qualifier::ForAllValues)
    }

    /// Compares by the name of a [`Method`] of the key's type.
    ///
    /// # Errors
    ///
    /// When the type has no such method, when a value does not fit the type, when there is no value, or when a key with
    /// several values has not been given its set operator.
    pub fn compare(
        self,
        method: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Condition, ValueError> {
        let methods = self.kind.methods();
        let Some(known) = methods.iter().find(|known| known.name == method) else {
            let names: Vec<_> = methods.iter().map(|known| known.name).collect();
            let expected = format!("one of {} for {}", names.join(", "), self.name);
            return Err(ValueError::new(expected, method));
        };
        if self.multivalued && self.qualifier.is_none() {
            let expected = format!("for_any_value or for_all_values before {method}");
            return Err(ValueError::new(expected, self.name));
        }
        let values: Vec<Value> = values.into_iter().collect();
        if values.is_empty() {
            return Err(ValueError::new(format!("a value for {}", self.name), ""));
        }
        for value in &values {
            self.kind.check(&value.text())?;
        }
        let operator = Operator::new(known.comparison, self.qualifier, self.if_exists);
        Ok(Condition::from_parts(operator, self.name, values.into_iter().collect()))
    }

    /// Holds when the request does not have the key.
    ///
    /// # Errors
    ///
    /// After [`if_exists`](Self::if_exists) or a set operator, which make no sense here.
    pub fn is_absent(self) -> Result<Condition, ValueError> {
        self.null(true)
    }

    /// Holds when the request has the key.
    ///
    /// # Errors
    ///
    /// As [`is_absent`](Self::is_absent).
    pub fn is_present(self) -> Result<Condition, ValueError> {
        self.null(false)
    }

    fn qualified(mut self, qualifier: Qualifier) -> Result<Self, ValueError> {
        if !self.multivalued {
            let expected = format!("a key with several values before {}", qualifier.name());
            return Err(ValueError::new(expected, self.name));
        }
        self.qualifier = Some(qualifier);
        Ok(self)
    }

    fn null(self, absent: bool) -> Result<Condition, ValueError> {
        if self.if_exists || self.qualifier.is_some() {
            return Err(ValueError::new(
                "a key as it is before a test for presence",
                self.to_string(),
            ));
        }
        let operator = Operator::new(Comparison::Null, None, false);
        Ok(Condition::from_parts(operator, self.name, Value::from(absent.to_string()).into()))
    }
}

impl fmt::Display for AnyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(qualifier) = self.qualifier {
            write!(f, " {}", qualifier.name())?;
        }
        if self.if_exists {
            f.write_str(" IfExists")?;
        }
        Ok(())
    }
}
