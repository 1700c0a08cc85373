//! Who: the `Principal` and `NotPrincipal` elements, and the principals in them.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::clause::OneOrMany;

/// One principal: who makes a request, or whom a statement of a resource policy names.
///
/// IAM User Guide, *AWS JSON policy elements: Principal*.
///
/// ```
/// use zt_core::policy::Principal;
///
/// assert_eq!(Principal::from("*"), Principal::Anyone);
/// assert_eq!(Principal::service("sns.amazonaws.com").to_string(), "sns.amazonaws.com");
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Principal {
    /// `"*"`: everyone, anonymous callers included. As the maker of a request: an anonymous caller.
    Anyone,
    /// An ARN of a user, role, session or account root, an account id, a unique id (`AIDA...`), or `*`.
    Aws(String),
    /// An AWS service: `sns.amazonaws.com`.
    Service(String),
    /// An identity provider: an OIDC host name, or the ARN of a SAML or OIDC provider.
    Federated(String),
    /// A canonical user id of Amazon S3.
    CanonicalUser(String),
}

impl Principal {
    /// An AWS principal by ARN, account id, unique id, or `*`.
    pub fn aws(text: impl Into<String>) -> Self {
        Self::Aws(text.into())
    }

    /// An AWS service, such as `sns.amazonaws.com`.
    pub fn service(name: impl Into<String>) -> Self {
        Self::Service(name.into())
    }

    /// An identity provider, such as `cognito-identity.amazonaws.com` or the ARN of a provider.
    pub fn federated(provider: impl Into<String>) -> Self {
        Self::Federated(provider.into())
    }

    /// A canonical user id.
    pub fn canonical_user(id: impl Into<String>) -> Self {
        Self::CanonicalUser(id.into())
    }

    /// A principal from the name of its kind as policies write it: `AWS`, `Service`, `Federated` or `CanonicalUser`.
    ///
    /// `None` when there is no such kind.
    pub fn from_kind(kind: &str, text: impl Into<String>) -> Option<Self> {
        PrincipalKind::from_name(kind).map(|kind| kind.principal(text.into()))
    }

    /// The kind as policies write it, and the text. `Anyone` is `("AWS", "*")`.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Anyone => ("AWS", "*"),
            Self::Aws(text) => ("AWS", text),
            Self::Service(text) => ("Service", text),
            Self::Federated(text) => ("Federated", text),
            Self::CanonicalUser(text) => ("CanonicalUser", text),
        }
    }
}

impl From<&str> for Principal {
    /// `*` is [`Principal::Anyone`], anything else an AWS principal.
    fn from(text: &str) -> Self {
        if text == "*" { Self::Anyone } else { Self::Aws(text.to_owned()) }
    }
}

impl From<String> for Principal {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Principal> for Principal {
    fn from(principal: &Principal) -> Self {
        principal.clone()
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.parts().1)
    }
}

/// The kinds of principals that the grammar has.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PrincipalKind {
    /// `AWS`: accounts, users, roles, sessions.
    Aws,
    /// `Service`: AWS services.
    Service,
    /// `Federated`: identity providers.
    Federated,
    /// `CanonicalUser`: canonical user ids of Amazon S3.
    CanonicalUser,
}

impl PrincipalKind {
    pub(super) const NAMES: &'static [&'static str] =
        &["AWS", "Service", "Federated", "CanonicalUser"];

    /// The kind's name in policies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Aws, Self::Service, Self::Federated, Self::CanonicalUser]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    fn principal(self, text: String) -> Principal {
        match self {
            Self::Aws => Principal::Aws(text),
            Self::Service => Principal::Service(text),
            Self::Federated => Principal::Federated(text),
            Self::CanonicalUser => Principal::CanonicalUser(text),
        }
    }
}

/// The value of a `Principal` or `NotPrincipal` element, in the form of its author.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Principals {
    /// Without a kind: `"*"`. Other bare texts, which IAM refuses, are carried.
    Bare(OneOrMany<String>),
    /// By kind: `{"AWS": [...], "Service": "..."}`.
    ByKind(Vec<(PrincipalKind, OneOrMany<String>)>),
}

impl Principals {
    /// Whether this is the bare `"*"`.
    #[must_use]
    pub fn is_anyone(&self) -> bool {
        matches!(self, Self::Bare(texts) if texts.iter().any(|text| text == "*"))
    }

    /// Every principal named, one after another.
    #[must_use]
    pub fn to_list(&self) -> Vec<Principal> {
        match self {
            Self::Bare(texts) => texts.iter().map(|text| Principal::from(text.as_str())).collect(),
            Self::ByKind(kinds) => kinds
                .iter()
                .flat_map(|(kind, texts)| texts.iter().map(|text| kind.principal(text.clone())))
                .collect(),
        }
    }

    pub(super) fn of(principal: Principal) -> Self {
        let mut all = Self::ByKind(Vec::new());
        all.push(principal);
        all
    }

    /// Adds a principal to the list of its kind.
    pub(super) fn push(&mut self, principal: Principal) {
        let kinds = match self {
            Self::ByKind(kinds) => kinds,
            Self::Bare(texts) => {
                *self = Self::ByKind(vec![(PrincipalKind::Aws, texts.clone())]);
                return self.push(principal);
            }
        };
        let (kind, text) = match principal {
            Principal::Anyone if kinds.is_empty() => {
                *self = Self::Bare(OneOrMany::one("*".to_owned()));
                return;
            }
            Principal::Anyone => (PrincipalKind::Aws, "*".to_owned()),
            Principal::Aws(text) => (PrincipalKind::Aws, text),
            Principal::Service(text) => (PrincipalKind::Service, text),
            Principal::Federated(text) => (PrincipalKind::Federated, text),
            Principal::CanonicalUser(text) => (PrincipalKind::CanonicalUser, text),
        };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, texts)) => texts.extend([text]),
            None => kinds.push((kind, OneOrMany::one(text))),
        }
    }
}

impl Serialize for Principals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bare(texts) => texts.serialize(serializer),
            Self::ByKind(kinds) => {
                let mut map = serializer.serialize_map(Some(kinds.len()))?;
                for (kind, texts) in kinds {
                    map.serialize_entry(kind.name(), texts)?;
                }
                map.end()
            }
        }
    }
}
