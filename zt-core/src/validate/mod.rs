//! What is wrong with a policy, what is risky in it, and how to mend it.
//!
//! ```
//! use zt_core::policy::Policy;
//! use zt_core::validate::{Kind, Severity, ValidateOptions, validate};
//!
//! let policy = Policy::parse(r#"{
//!     "Version": "2012-10-17",
//!     "Statement": [{
//!         "Effect": "Deny", "Action": "*", "Resource": "*",
//!         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
//!     }]
//! }"#)?;
//! let findings = validate(&policy, Kind::Identity, &ValidateOptions::default());
//! let finding = findings.iter().find(|finding| finding.code() == "mfa-deny-without-if-exists").unwrap();
//! assert_eq!(finding.severity(), Severity::SecurityWarning);
//! assert_eq!(finding.pointer(), "/Statement/0/Condition/Bool/aws:MultiFactorAuthPresent");
//!
//! let mended = finding.suggestion().unwrap().apply(&policy)?;
//! assert!(mended.to_json().contains("BoolIfExists"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every rule is in [`rules`], with why it is one and where that is written. A policy without findings is not thereby safe: rules see
//! one document, and not who it is attached to or what else applies.

mod access;
mod actions;
mod conditions;
mod context;
mod document;
mod finding;
mod keys;
mod mfa;
mod network;
mod overlap;
mod principals;
mod resources;
mod rules;
mod suggestion;
mod trust;
mod values;
mod variables;

pub use self::finding::{Finding, Severity};
pub use self::rules::{Rule, rules};
pub use self::suggestion::{Edit, Suggestion, SuggestionError};

use std::str::FromStr;

use jiff::Timestamp;

use self::context::Checker;
use crate::policy::{Policy, UnknownName};
use crate::rewrite::SizeLimit;

/// Checks a policy against every rule that its kind has. Findings come in the order of the document.
///
/// Anything that [`Policy::parse`] takes can be checked.
#[must_use]
pub fn validate(policy: &Policy, kind: Kind, options: &ValidateOptions) -> Vec<Finding> {
    let mut checker = Checker::new(policy, kind, options);
    document::check(&mut checker);
    for statement in checker.statements() {
        document::check_statement(&mut checker, &statement);
        actions::check(&mut checker, &statement);
        resources::check(&mut checker, &statement);
        principals::check(&mut checker, &statement);
        trust::check(&mut checker, &statement);
        conditions::check(&mut checker, &statement);
        keys::check(&mut checker, &statement);
        values::check(&mut checker, &statement);
        variables::check(&mut checker, &statement);
        mfa::check(&mut checker, &statement);
        network::check(&mut checker, &statement);
        access::check(&mut checker, &statement);
    }
    access::check_document(&mut checker);
    mfa::check_document(&mut checker);
    overlap::check(&mut checker);
    checker.into_findings()
}

/// What a policy is attached to, which decides what its grammar allows.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// Attached to a user, group or role: managed or inline.
    Identity,
    /// Attached to a resource, such as a bucket, key or queue.
    Resource,
    /// The trust policy of a role.
    Trust,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// A permissions boundary.
    Boundary,
    /// Passed when a session begins.
    Session,
    /// Attached to a VPC endpoint.
    Endpoint,
}

impl Kind {
    /// All kinds.
    pub const ALL: &'static [Self] = &[
        Self::Identity,
        Self::Resource,
        Self::Trust,
        Self::Scp,
        Self::Rcp,
        Self::Boundary,
        Self::Session,
        Self::Endpoint,
    ];

    /// The kind's name: `identity`, `resource`, `trust`, `scp`, `rcp`, `boundary`, `session`, `endpoint`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Endpoint => "endpoint",
        }
    }

    /// The kind with a name.
    ///
    /// ```
    /// use zt_core::validate::Kind;
    ///
    /// assert_eq!(Kind::from_name("scp"), Some(Kind::Scp));
    /// assert_eq!(Kind::from_name("bucket"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether statements name principals.
    const fn takes_principal(self) -> bool {
        matches!(self, Self::Resource | Self::Trust | Self::Rcp | Self::Endpoint)
    }

    /// Whether an Allow in it grants something, rather than limiting what others grant.
    const fn grants(self) -> bool {
        matches!(self, Self::Identity | Self::Resource | Self::Trust)
    }
}

/// By [name](Kind::name).
///
/// ```
/// use zt_core::validate::Kind;
///
/// assert_eq!("scp".parse(), Ok(Kind::Scp));
/// assert_eq!(
///     "bucket".parse::<Kind>().unwrap_err().to_string(),
///     "unknown kind of policy `bucket`: expected one of identity, resource, trust, scp, rcp, boundary, session, endpoint",
/// );
/// ```
impl FromStr for Kind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::from_name(name).ok_or_else(|| UnknownName {
            what: "kind of policy",
            found: name.to_owned(),
            expected: Self::ALL.iter().map(|kind| kind.name()).collect(),
        })
    }
}

/// What [`validate`] takes into account beside the policy. Default: nothing.
///
/// ```
/// use zt_core::validate::ValidateOptions;
///
/// let options = ValidateOptions::default().now("2026-06-01T00:00:00Z".parse()?).account_id("111122223333");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ValidateOptions {
    pub(in crate::validate) now: Option<Timestamp>,
    pub(in crate::validate) account_id: Option<String>,
    pub(in crate::validate) size_limit: Option<SizeLimit>,
}

impl ValidateOptions {
    /// The time to compare dates with. Default: none, and then no date is in the past.
    #[must_use]
    pub fn now(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
    }

    /// The account that the policy is in: its own principals are not strangers. Default: not known.
    #[must_use]
    pub fn account_id(mut self, id: impl Into<String>) -> Self {
        self.account_id = Some(id.into());
        self
    }

    /// The limit on the size; a policy above it is an error. Default: that of the kind, for resource policies that of the service
    /// where the actions tell.
    ///
    /// An identity policy can be managed (6,144 characters) or inline (2,048 for a user, 5,120 for a group, 10,240 for a role, all
    /// inline policies together): without a limit given here there is a warning above 6,144 and another above 10,240. The
    /// second is not an error because AWS's own managed policies are larger.
    #[must_use]
    pub fn size_limit(mut self, limit: SizeLimit) -> Self {
        self.size_limit = Some(limit);
        self
    }
}
