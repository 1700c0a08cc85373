//! Decide a request against all the policies that apply to it, and say why.
//!
//! ```
//! use zt_core::evaluate::{Evaluator, Outcome, Request};
//! use zt_core::policy::Policy;
//!
//! let policy = Policy::parse(r#"{
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Sid": "DenyAllExceptMFAAuthenticated", "Effect": "Deny", "NotAction": "sts:GetSessionToken", "Resource": "*",
//!         "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
//!     }
//! }"#)?;
//! let request = Request::new("arn:aws:iam::111122223333:user/alice", "s3:GetObject", "arn:aws:s3:::bucket/key");
//! let decision = Evaluator::builder().identity([&policy]).build()?.evaluate(&request);
//! assert_eq!(decision.outcome(), Outcome::ExplicitDeny);
//! assert_eq!(
//!     decision.to_string(),
//!     "denied: identity policy #1, statement `DenyAllExceptMFAAuthenticated` denies `s3:GetObject`: \
//!      `aws:MultiFactorAuthPresent` is absent and BoolIfExists treats an absent key as a match",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Rules: IAM User Guide, *Policy evaluation logic*; AWS Organizations User Guide for service and resource control policies.

mod caller;
mod choices;
mod completions;
mod condition;
mod context;
mod decision;
mod domain;
mod evaluator;
mod explain;
mod facts;
mod gates;
mod index;
mod joint;
mod language;
mod matrix;
mod principal;
mod request;
mod serialize;
mod standing;
mod statement;
mod template;
mod tri;

pub use self::choices::{Choice, choices};
pub use self::decision::{Decision, Outcome, PolicyType, Reason};
pub use self::evaluator::{
    EvaluateError, Evaluator, EvaluatorBuilder, NamedPolicy, TooManyStatements,
};
pub use self::joint::JointDecision;
pub use self::matrix::{AccessMatrix, AccessMatrixBuilder};
pub use self::request::{ContextValue, Request};

use crate::policy::Policy;

/// The policies that apply to one request: see [`evaluate`].
///
/// ```
/// use zt_core::evaluate::Policies;
///
/// let none = Policies::default();
/// assert!(none.identity.is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Policies<'a> {
    /// Policies attached to the principal.
    pub identity: &'a [&'a Policy],
    /// The policy of the resource.
    pub resource: Option<&'a Policy>,
    /// Service control policies, level by level.
    pub scps: &'a [&'a [&'a Policy]],
    /// Resource control policies, level by level.
    pub rcps: &'a [&'a [&'a Policy]],
    /// Permissions boundaries.
    pub boundaries: &'a [&'a Policy],
    /// Session policies.
    pub session: &'a [&'a Policy],
    /// The policy of the VPC endpoint.
    pub endpoint: Option<&'a Policy>,
}

/// Decides one request. To decide many against the same policies, make an [`Evaluator`] once.
///
/// # Errors
///
/// As [`EvaluatorBuilder::build`].
pub fn evaluate(request: &Request, policies: Policies<'_>) -> Result<Decision, EvaluateError> {
    let evaluator = Evaluator::builder()
        .identity(policies.identity.iter().copied())
        .resource(policies.resource)
        .scps(policies.scps.iter().map(|level| level.iter().copied()))
        .rcps(policies.rcps.iter().map(|level| level.iter().copied()))
        .boundaries(policies.boundaries.iter().copied())
        .session(policies.session.iter().copied())
        .endpoint(policies.endpoint)
        .build()?;
    Ok(evaluator.evaluate(request))
}
