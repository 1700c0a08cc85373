//! Whom statements of resource policies name.

use std::ops::BitOr;

use super::caller::{Caller, CallerKind, is_account};
use super::facts::{Fact, Facts};
use super::template::Arn;
use super::tri::Tri;
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
    pub(super) fn matched(&self, caller: &Caller, facts: &Facts<'_>) -> Naming {
        self.entries.iter().fold(Naming::NONE, |sum, entry| sum | entry.matched(caller, facts))
    }

    /// The unique ids in it, and other texts that are no ARNs.
    pub(super) fn unique_ids(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Aws(text) if !text.contains(':') => Some(&**text),
            _ => None,
        })
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

    fn matched(&self, caller: &Caller, facts: &Facts<'_>) -> Naming {
        let is_named = |text: &str| *text == *caller.name;
        let way = match self {
            Self::Anyone => Matched::ANYONE,
            Self::Account(id) if caller.account.as_deref() == Some(id) => Matched::ACCOUNT,
            Self::Aws(text) if caller.role.as_deref() == Some(text) => Matched::ROLE,
            Self::Aws(text) if caller.has_identity() && is_named(text) => match caller.kind {
                CallerKind::Role { .. } | CallerKind::FederatedUser => Matched::SESSION,
                _ => Matched::USER,
            },
            Self::Aws(text) if caller.has_identity() => return by_unique_id(text, caller, facts),
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
        };
        Naming::sure(way)
    }
}

/// IAM replaces the ARN of a user or role by its unique id when a policy is saved; `aws:userid` tells it.
fn by_unique_id(text: &str, caller: &Caller, facts: &Facts<'_>) -> Naming {
    let way = match caller.kind {
        CallerKind::Role { .. } => Matched::ROLE,
        CallerKind::User => Matched::USER,
        _ => return Naming::NONE,
    };
    // An ARN that names someone else is no unique id.
    if text.contains(':') {
        return Naming::NONE;
    }
    let userid = match facts.named("aws:userid") {
        Fact::One(userid) => userid,
        Fact::Unknown => return Naming::maybe(way),
        Fact::Absent | Fact::Many(_) => return Naming::NONE,
    };
    let is_named = match (way, userid.split_once(':')) {
        (Matched::ROLE, Some((role, _))) => role == text,
        (Matched::USER, None) => userid == text,
        _ => false,
    };
    Naming::sure(if is_named { way } else { Matched::NONE })
}

/// As whom a caller is named for sure, and as whom it may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Naming {
    pub(super) sure: Matched,
    pub(super) maybe: Matched,
}

impl Naming {
    pub(super) const NONE: Self = Self::sure(Matched::NONE);

    pub(super) const fn sure(way: Matched) -> Self {
        Self { sure: way, maybe: Matched::NONE }
    }

    pub(super) const fn maybe(way: Matched) -> Self {
        Self { sure: Matched::NONE, maybe: way }
    }

    /// Whether it is named at all.
    pub(super) fn any(self) -> Tri {
        if self.sure != Matched::NONE {
            Tri::Yes
        } else if self.maybe != Matched::NONE {
            Tri::Maybe
        } else {
            Tri::No
        }
    }
}

impl BitOr for Naming {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self { sure: self.sure | other.sure, maybe: self.maybe | other.maybe }
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
