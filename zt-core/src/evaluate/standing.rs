//! How a caller and a resource stand to each other: what a request settles before any policy is read.

use super::caller::{Caller, is_account};
use super::template::Arn;

/// Where the caller and the resource are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Relation {
    /// In the same account.
    Within,
    /// In different accounts.
    Across,
    /// The caller has no account: a service, an identity provider, a canonical user, or anonymous.
    Outside,
}

/// Whether the policy of the resource must allow, whatever the caller's own policies say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OwnerRule {
    None,
    KmsKey,
    RoleTrust,
}

/// What follows from caller, action and resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Standing {
    pub(super) relation: Relation,
    pub(super) owner_rule: OwnerRule,
    /// Whether service control policies apply: the caller is an ordinary principal of an account.
    pub(super) under_scps: bool,
    /// Whether resource control policies apply.
    pub(super) under_rcps: bool,
}

impl Standing {
    /// The action in lower case; the account is that of the resource.
    pub(super) fn new(
        caller: &Caller,
        lower_action: &str,
        resource: Option<&Arn<'_>>,
        account: Option<&str>,
    ) -> Self {
        let relation = match (caller.account.as_deref(), account) {
            (None, _) if !caller.has_identity() => Relation::Outside,
            (Some(own), Some(owner)) if own != owner => Relation::Across,
            _ => Relation::Within,
        };
        let service_linked = caller.is_service_linked();
        Self {
            relation,
            owner_rule: resource
                .map_or(OwnerRule::None, |resource| OwnerRule::of(lower_action, resource)),
            under_scps: caller.has_identity() && !service_linked,
            under_rcps: !service_linked && lower_action != BEYOND_RCPS,
        }
    }
}

/// What resource control policies never restrict (AWS Organizations User Guide, *Resource control policies*).
const BEYOND_RCPS: &str = "kms:retiregrant";

impl OwnerRule {
    fn of(lower_action: &str, resource: &Arn<'_>) -> Self {
        let is = |prefix: &str, service: &str, kind: &str| {
            lower_action.starts_with(prefix)
                && resource.service() == service
                && resource.resource().starts_with(kind)
        };
        if is("kms:", "kms", "key/") {
            Self::KmsKey
        } else if is("sts:", "iam", "role/") {
            Self::RoleTrust
        } else {
            Self::None
        }
    }
}

/// The account of a resource, as far as its ARN tells.
pub(super) fn owner<'a>(resource: &Arn<'a>) -> Option<&'a str> {
    Some(resource.account()).filter(|account| is_account(account))
}
