//! Policies compiled once, requests decided often.

use std::sync::Arc;

use super::decision::Decision;
use super::facts::Facts;
use super::gates::Gates;
use super::request::Request;
use super::statement::Policy as Compiled;
use super::{Outcome, PolicyType};
use crate::policy::Policy;

/// All the policies that apply to requests, compiled.
///
/// Immutable, cheap to clone, and shared between threads without locks.
///
/// ```
/// use zt_core::evaluate::{Evaluator, Outcome, Request};
/// use zt_core::policy::{Policy, Statement};
///
/// let policy = Policy::new([Statement::allow("Read").actions(["s3:Get*"]).any_resource()])?;
/// let evaluator = Evaluator::builder().identity([&policy]).build()?;
///
/// let alice = "arn:aws:iam::111122223333:user/alice";
/// let decision = evaluator.evaluate(&Request::new(alice, "s3:GetObject", "arn:aws:s3:::bucket/key"));
/// assert_eq!(decision.outcome(), Outcome::Allowed);
/// let decision = evaluator.evaluate(&Request::new(alice, "s3:PutObject", "arn:aws:s3:::bucket/key"));
/// assert_eq!(decision.outcome(), Outcome::ImplicitDeny);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Evaluator {
    policies: Arc<Policies>,
}

impl Evaluator {
    /// An evaluator without policies: everything is denied, except to the root of an account.
    #[must_use]
    pub fn builder() -> EvaluatorBuilder {
        EvaluatorBuilder { policies: Policies::default() }
    }

    /// Decides a request. Its reasons are worked out when they are asked for.
    #[must_use]
    pub fn evaluate(&self, request: &Request) -> Decision {
        Decision::new(self.outcome(request), Arc::clone(&self.policies), request.clone())
    }

    /// Decides many requests.
    pub fn evaluate_many<'a>(
        &self,
        requests: impl IntoIterator<Item = &'a Request>,
    ) -> Vec<Decision> {
        requests.into_iter().map(|request| self.evaluate(request)).collect()
    }

    /// Decides a request without keeping what explains the decision.
    #[must_use]
    pub fn outcome(&self, request: &Request) -> Outcome {
        let facts = Facts::new(&request.inner.context);
        Gates::new(&self.policies, &request.inner, &facts).outcome()
    }
}

/// Collects the policies that apply: see [`Evaluator::builder`]. All of them are optional.
#[derive(Clone, Debug)]
pub struct EvaluatorBuilder {
    policies: Policies,
}

impl EvaluatorBuilder {
    /// Adds policies attached to the principal: a user's own and those of its groups, or a role's.
    #[must_use]
    pub fn identity<'a>(mut self, policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        add(&mut self.policies.identity, policies);
        self
    }

    /// The policy of the resource: a bucket policy, a key policy, the trust policy of a role.
    #[must_use]
    pub fn resource<'a>(mut self, policy: impl Into<Option<&'a Policy>>) -> Self {
        self.policies.resource = policy.into().map(|policy| compile(policy, 0));
        self
    }

    /// Service control policies of the principal's account, level by level: root, each unit, account. Every level must
    /// allow. No level: no restriction.
    #[must_use]
    pub fn scps<'a, L: IntoIterator<Item = &'a Policy>>(
        mut self,
        levels: impl IntoIterator<Item = L>,
    ) -> Self {
        add_levels(&mut self.policies.scps, levels);
        self
    }

    /// Resource control policies of the resource's account, level by level. AWS always attaches `RCPFullAWSAccess`, so it
    /// need not be given.
    #[must_use]
    pub fn rcps<'a, L: IntoIterator<Item = &'a Policy>>(
        mut self,
        levels: impl IntoIterator<Item = L>,
    ) -> Self {
        add_levels(&mut self.policies.rcps, levels);
        self
    }

    /// Adds permissions boundaries of the principal. Each must allow.
    #[must_use]
    pub fn boundaries<'a>(mut self, policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        add(&mut self.policies.boundaries, policies);
        self
    }

    /// Adds session policies, given when the session was made. One of them must allow.
    #[must_use]
    pub fn session<'a>(mut self, policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        add(&mut self.policies.session, policies);
        self
    }

    /// The policy of the VPC endpoint that the request comes through.
    #[must_use]
    pub fn endpoint<'a>(mut self, policy: impl Into<Option<&'a Policy>>) -> Self {
        self.policies.endpoint = policy.into().map(|policy| compile(policy, 0));
        self
    }

    /// Makes the evaluator.
    ///
    /// # Errors
    ///
    /// When there are more than 1,000,000 statements.
    pub fn build(self) -> Result<Evaluator, EvaluateError> {
        const LIMIT: usize = 1_000_000;
        let actual = self.policies.all().map(|(_, _, policy)| policy.statements.len()).sum();
        if actual > LIMIT {
            return Err(EvaluateError::TooManyStatements(TooManyStatements {
                limit: LIMIT,
                actual,
            }));
        }
        Ok(Evaluator { policies: Arc::new(self.policies) })
    }
}

/// Why an evaluator could not be made.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EvaluateError {
    /// More statements than an evaluator holds.
    #[error(transparent)]
    TooManyStatements(TooManyStatements),
}

/// More statements than an evaluator holds: see [`EvaluateError::TooManyStatements`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("policies have {actual} statements, the limit is {limit}")]
pub struct TooManyStatements {
    limit: usize,
    actual: usize,
}

impl TooManyStatements {
    /// How many statements an evaluator holds.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// How many were given.
    #[must_use]
    pub fn actual(&self) -> usize {
        self.actual
    }
}

/// The compiled policies by type.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies {
    pub(super) identity: Vec<Compiled>,
    pub(super) resource: Option<Compiled>,
    pub(super) scps: Vec<Vec<Compiled>>,
    pub(super) rcps: Vec<Vec<Compiled>>,
    pub(super) boundaries: Vec<Compiled>,
    pub(super) session: Vec<Compiled>,
    pub(super) endpoint: Option<Compiled>,
}

impl Policies {
    /// Every policy with its type and, for types with levels, its level.
    pub(super) fn all(&self) -> impl Iterator<Item = (PolicyType, Option<usize>, &Compiled)> {
        fn flat(
            kind: PolicyType,
            list: &[Compiled],
        ) -> impl Iterator<Item = (PolicyType, Option<usize>, &Compiled)> {
            list.iter().map(move |policy| (kind, None, policy))
        }
        fn levels(
            kind: PolicyType,
            levels: &[Vec<Compiled>],
        ) -> impl Iterator<Item = (PolicyType, Option<usize>, &Compiled)> {
            levels.iter().enumerate().flat_map(move |(at, level)| {
                level.iter().map(move |policy| (kind, Some(at), policy))
            })
        }
        levels(PolicyType::Scp, &self.scps)
            .chain(levels(PolicyType::Rcp, &self.rcps))
            .chain(flat(PolicyType::Resource, self.resource.as_slice()))
            .chain(flat(PolicyType::Identity, &self.identity))
            .chain(flat(PolicyType::Boundary, &self.boundaries))
            .chain(flat(PolicyType::Session, &self.session))
            .chain(flat(PolicyType::Endpoint, self.endpoint.as_slice()))
    }
}

fn add<'a>(list: &mut Vec<Compiled>, policies: impl IntoIterator<Item = &'a Policy>) {
    for policy in policies {
        list.push(compile(policy, list.len()));
    }
}

fn add_levels<'a, L: IntoIterator<Item = &'a Policy>>(
    list: &mut Vec<Vec<Compiled>>,
    levels: impl IntoIterator<Item = L>,
) {
    for level in levels {
        let mut policies = Vec::new();
        add(&mut policies, level);
        list.push(policies);
    }
}

fn compile(policy: &Policy, at: usize) -> Compiled {
    Compiled::new(
        policy,
        policy.id().map_or_else(|| format!("#{}", at + 1), |id| format!("`{id}`")),
    )
}
