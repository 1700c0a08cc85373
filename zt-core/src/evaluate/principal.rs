//! Whom statements of resource policies name.

use std::ops::BitOr;

use super::caller::{Caller, CallerKind, is_account};
use super::facts::{Fact, Facts};
use super::template::Arn;
use crate::policy::{Principal, Principals};

/// The principals of one element.
#[derive(Clone, Debug)]
pub(super) struct PrincipalSet {
    entries: Box<[Entry]>,
}

#[derive(Clone, Debug)]
enum Entry {
    Anyone,
    /// An account id, or the root ARN that means the same.
    Account(Box<str>),
    /// An ARN, or a unique id.
    Aws(Box<str>),
    Service(Box<str>),
    Federated(Box<str>),
    CanonicalUser(Box<str>),
}

impl PrincipalSet {
    pub(super) fn new(principals: &Principals) -> Self {
        Self { entries: principals.to_list().into_iter().map(Entry::new).collect() }
    }

    /// As whom these name the caller.
    pub(super) fn matched(&self, caller: &Caller, facts: &Facts<'_>) -> Matched {
        self.entries.iter().fold(Matched::NONE, |sum, entry| sum | entry.matched(caller, facts))
    }
}

impl Entry {
    fn new(principal: Principal) -> Self {
        match principal {
            Principal::Anyone => Self::Anyone,
            Principal::Aws(text) if text == "*" => Self::Anyone,
            Principal::Aws(text) if is_account(&text) => Self::Account(text.into()),
            Principal::Aws(text) => match Arn::new(&text) {
                Some(arn) if arn.service() == "iam" && arn.resource() == "root" => {
                    Self::Account(arn.account().into())
                }
                _ => Self::Aws(text.into()),
            },
            Principal::Service(text) => Self::Service(text.into()),
            Principal::Federated(text) => Self::Federated(text.into()),
            Principal::CanonicalUser(text) => Self::CanonicalUser(text.into()),
        }
    }

    fn matched(&self, caller: &Caller, facts: &Facts<'_>) -> Matched {
        let is_named = |text: &str| *text == *caller.name;
        match self {
            Self::Anyone => Matched::ANYONE,
            Self::Account(id) if caller.account.as_deref() == Some(id) => Matched::ACCOUNT,
            Self::Aws(text) if caller.role.as_deref() == Some(text) => Matched::ROLE,
            Self::Aws(text) if caller.has_identity() && is_named(text) => match caller.kind {
                CallerKind::Role { .. } | CallerKind::FederatedUser => Matched::SESSION,
                _ => Matched::USER,
            },
            Self::Aws(text) if caller.has_identity() => by_unique_id(text, caller, facts),
            Self::Service(name) if caller.kind == CallerKind::Service && is_named(name) => {
                Matched::USER
            }
            Self::Federated(name) if caller.kind == CallerKind::Federated && is_named(name) => {
                Matched::USER
            }
            Self::CanonicalUser(id) if caller.kind == CallerKind::CanonicalUser && is_named(id) => {
                Matched::USER
            }
            _ => Matched::NONE,
        }
    }
}

/// IAM replaces the ARN of a user or role by its unique id when a policy is saved; `aws:userid` tells it.
fn by_unique_id(text: &str, caller: &Caller, facts: &Facts<'_>) -> Matched {
    let Fact::One(userid) = facts.get("aws:userid") else {
        return Matched::NONE;
    };
    match (caller.kind, userid.split_once(':')) {
        (CallerKind::Role { .. }, Some((role, _))) if role == text => Matched::ROLE,
        (CallerKind::User, None) if userid == text => Matched::USER,
        _ => Matched::NONE,
    }
}

/// As whom a caller is named: any number of ways at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Matched(u8);

impl Matched {
    pub(super) const NONE: Self = Self(0);
    /// `*`.
    pub(super) const ANYONE: Self = Self(1);
    /// Its account, which delegates to the account's own policies.
    pub(super) const ACCOUNT: Self = Self(2);
    /// The user, service, provider or canonical user itself.
    pub(super) const USER: Self = Self(4);
    /// The role of the session.
    pub(super) const ROLE: Self = Self(8);
    /// The session itself.
    pub(super) const SESSION: Self = Self(16);

    pub(super) fn any(self) -> bool {
        self != Self::NONE
    }

    /// Whether some way is in both.
    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Matched {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
