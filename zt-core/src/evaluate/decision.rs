//! Decisions and their reasons.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::choices::Choice;
use super::evaluator::Policies;
use super::explain::{Explanation, explain};
use super::request::Request;
use crate::policy::Effect;

/// What was decided about a request, and why.
///
/// `Display` gives one sentence:
///
/// ```
/// use zt_core::evaluate::{Policies, Request, evaluate};
/// use zt_core::policy::Policy;
///
/// let policy = Policy::parse(r#"{
///     "Version": "2012-10-17",
///     "Statement": {
///         "Sid": "AllowFromOffice", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
///         "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}}
///     }
/// }"#)?;
/// let request = Request::new("arn:aws:iam::111122223333:user/alice", "s3:GetObject", "arn:aws:s3:::bucket/key")
///     .with("aws:SourceIp", "192.0.2.7");
/// assert_eq!(
///     evaluate(&request, Policies { identity: &[&policy], ..Policies::default() })?.to_string(),
///     "denied: nothing allows `s3:GetObject`: statement `AllowFromOffice` does not apply because \
///      `aws:SourceIp` is `192.0.2.7`, expected one of `203.0.113.0/24`, `198.51.100.0/24`",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decision {
    outcome: Outcome,
    policies: Arc<Policies>,
    request: Request,
    explanation: OnceLock<Explanation>,
}

impl Decision {
    pub(super) fn new(outcome: Outcome, policies: Arc<Policies>, request: Request) -> Self {
        Self { outcome, policies, request, explanation: OnceLock::new() }
    }

    /// The answer.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether the request is allowed. `Unknown` is not allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    /// The request that was decided.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What decided: the statements that deny; or those that allow; or the gates that did not allow, each followed by
    /// statements that nearly did.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.explanation().reasons
    }

    /// The choices that took part in any of its reasons, each once.
    #[must_use]
    pub fn choices(&self) -> Vec<&'static Choice> {
        let mut choices: Vec<&'static Choice> = Vec::new();
        for choice in self.reasons().iter().flat_map(Reason::choices) {
            if !choices.contains(choice) {
                choices.push(choice);
            }
        }
        choices
    }

    /// The keys whose values would decide: for each there are values of the others with which it changes the outcome.
    /// Empty unless the outcome is [`Outcome::Unknown`].
    ///
    /// Outcomes other than `Unknown` hold whatever the values are. `Unknown` means that some values change the outcome,
    /// with three exceptions where it may be said too often: operators of different kinds (texts, numbers, dates,
    /// addresses) test one key; a policy variable that is not known stands beside a key that is not known; there are too
    /// many ways to combine values to try them all (20,000).
    #[must_use]
    pub fn unknown_keys(&self) -> &[String] {
        &self.explanation().unknown_keys
    }

    fn explanation(&self) -> &Explanation {
        self.explanation.get_or_init(|| explain(self.outcome, &self.policies, &self.request))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.explanation().sentence)
    }
}

/// The answer to a request. Exhaustive on purpose: code that decides must handle every case.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// The request is allowed.
    Allowed,
    /// A statement denies the request: no other policy can allow it.
    ExplicitDeny,
    /// Nothing that would have to allow the request does.
    ImplicitDeny,
    /// It depends on values that are not known.
    Unknown,
}

impl Outcome {
    /// The name: `allowed`, `explicit_deny`, `implicit_deny` or `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicit_deny",
            Self::ImplicitDeny => "implicit_deny",
            Self::Unknown => "unknown",
        }
    }
}

/// The [name](Outcome::name).
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The types of policies.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PolicyType {
    /// Attached to a user, group or role.
    Identity,
    /// Attached to a resource; key policies and trust policies are such.
    Resource,
    /// Service control policy of an organisation.
    Scp,
    /// Resource control policy of an organisation.
    Rcp,
    /// Permissions boundary of a user or role.
    Boundary,
    /// Given when a session is made.
    Session,
    /// Attached to a VPC endpoint.
    Endpoint,
}

impl PolicyType {
    /// The name: `identity`, `resource`, `scp`, `rcp`, `boundary`, `session` or `endpoint`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Endpoint => "endpoint",
        }
    }

    /// Whether statements of this type say whom they apply to.
    pub(super) const fn takes_principal(self) -> bool {
        matches!(self, Self::Resource | Self::Rcp | Self::Endpoint)
    }
}

/// The [name](PolicyType::name).
impl fmt::Display for PolicyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One reason of a decision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reason {
    pub(super) policy_type: PolicyType,
    pub(super) policy: Option<String>,
    pub(super) statement: Option<String>,
    pub(super) effect: Option<Effect>,
    pub(super) text: String,
    pub(super) choices: Vec<&'static Choice>,
}

impl Reason {
    /// The type of the policy, or of the policies that are missing.
    #[must_use]
    pub fn policy_type(&self) -> PolicyType {
        self.policy_type
    }

    /// The policy: the name that was given for it, or its `Id`, or `#1` for the first of its type. `None` when a whole type
    /// did not allow.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// The statement: its `Sid`, or `#1` for the first. `None` when a whole type did not allow.
    #[must_use]
    pub fn statement(&self) -> Option<&str> {
        self.statement.as_deref()
    }

    /// What the statement does.
    #[must_use]
    pub fn effect(&self) -> Option<Effect> {
        self.effect
    }

    /// The choices that took part: AWS's documentation leaves it open whether AWS would do the same.
    #[must_use]
    pub fn choices(&self) -> &[&'static Choice] {
        &self.choices
    }

    /// The reason as a sentence.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The [text](Reason::text).
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
