//! Policies compiled once, requests decided often.

use std::sync::Arc;

use super::completions::settle;
use super::decision::Decision;
use super::facts::Facts;
use super::gates::Gates;
use super::index::Group;
use super::request::Request;
use super::statement::{Name, Policy as Compiled};
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
        EvaluatorBuilder::default()
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
        let facts = Facts::new(&request.inner);
        match Gates::new(&self.policies, &request.inner, &facts).outcome() {
            Outcome::Unknown => settle(&self.policies, &request.inner, &facts).outcome,
            outcome => outcome,
        }
    }
}

/// A policy, and the name that explanations give it.
///
/// From `&policy` alone it is called by its `Id`, or else by its place: `#1`.
///
/// ```
/// use zt_core::evaluate::{Evaluator, Request};
/// use zt_core::policy::{Policy, Statement};
///
/// let everything = Policy::new([Statement::allow(None).actions(["*"]).any_resource()])?;
/// let storage = Policy::new([Statement::allow(None).actions(["s3:*"]).any_resource()])?;
/// let evaluator = Evaluator::builder()
///     .identity([("admin", &everything)])
///     .scps([[("p-1", &storage)]])
///     .build()?;
/// let request = Request::new("arn:aws:iam::111122223333:user/alice", "ec2:RunInstances", "*")
///     .with("aws:RequestedRegion", "eu-west-1");
/// assert_eq!(
///     evaluator.evaluate(&request).to_string(),
///     "denied: the organisation's policy `p-1` does not allow `ec2:RunInstances` in `eu-west-1`",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NamedPolicy<'a> {
    name: Option<&'a str>,
    policy: &'a Policy,
}

impl<'a> From<&'a Policy> for NamedPolicy<'a> {
    fn from(policy: &'a Policy) -> Self {
        Self { name: None, policy }
    }
}

impl<'a> From<(&'a str, &'a Policy)> for NamedPolicy<'a> {
    fn from((name, policy): (&'a str, &'a Policy)) -> Self {
        Self { name: Some(name), policy }
    }
}

impl<'a> From<&'a (String, Policy)> for NamedPolicy<'a> {
    fn from((name, policy): &'a (String, Policy)) -> Self {
        Self { name: Some(name), policy }
    }
}

/// Collects the policies that apply: see [`Evaluator::builder`]. All of them are optional.
///
/// Where several policies go, each may have a name: see [`NamedPolicy`].
#[derive(Clone, Debug, Default)]
pub struct EvaluatorBuilder {
    identity: Vec<Compiled>,
    resource: Option<Compiled>,
    scps: Vec<Vec<Compiled>>,
    rcps: Vec<Vec<Compiled>>,
    boundaries: Vec<Compiled>,
    session: Vec<Compiled>,
    endpoint: Option<Compiled>,
}

impl EvaluatorBuilder {
    /// Adds policies attached to the principal: a user's own and those of its groups, or a role's.
    #[must_use]
    pub fn identity<'a, P: Into<NamedPolicy<'a>>>(
        mut self,
        policies: impl IntoIterator<Item = P>,
    ) -> Self {
        add(&mut self.identity, policies);
        self
    }

    /// The policy of the resource: a bucket policy, a key policy, the trust policy of a role.
    #[must_use]
    pub fn resource<'a>(mut self, policy: impl Into<Option<&'a Policy>>) -> Self {
        self.resource = policy.into().map(|policy| compile(policy.into(), 0));
        self
    }

    /// Service control policies of the principal's account, level by level: root, each unit, account. Every level must
    /// allow. No level: no restriction, which is right for the management account of an organisation.
    ///
    /// They do not apply to service-linked roles, services, and callers without an account.
    #[must_use]
    pub fn scps<'a, P: Into<NamedPolicy<'a>>, L: IntoIterator<Item = P>>(
        mut self,
        levels: impl IntoIterator<Item = L>,
    ) -> Self {
        add_levels(&mut self.scps, levels);
        self
    }

    /// Resource control policies of the resource's account, level by level. AWS always attaches `RCPFullAWSAccess`, so it
    /// need not be given. No level: no restriction, which is right for the management account of an organisation.
    ///
    /// They do not apply to service-linked roles, nor to `kms:RetireGrant`.
    #[must_use]
    pub fn rcps<'a, P: Into<NamedPolicy<'a>>, L: IntoIterator<Item = P>>(
        mut self,
        levels: impl IntoIterator<Item = L>,
    ) -> Self {
        add_levels(&mut self.rcps, levels);
        self
    }

    /// Adds permissions boundaries of the principal. Each must allow.
    #[must_use]
    pub fn boundaries<'a, P: Into<NamedPolicy<'a>>>(
        mut self,
        policies: impl IntoIterator<Item = P>,
    ) -> Self {
        add(&mut self.boundaries, policies);
        self
    }

    /// Adds session policies, given when the session was made. One of them must allow.
    #[must_use]
    pub fn session<'a, P: Into<NamedPolicy<'a>>>(
        mut self,
        policies: impl IntoIterator<Item = P>,
    ) -> Self {
        add(&mut self.session, policies);
        self
    }

    /// The policy of the VPC endpoint that the request comes through.
    #[must_use]
    pub fn endpoint<'a>(mut self, policy: impl Into<Option<&'a Policy>>) -> Self {
        self.endpoint = policy.into().map(|policy| compile(policy.into(), 0));
        self
    }

    /// Makes the evaluator.
    ///
    /// # Errors
    ///
    /// When there are more than 1,000,000 statements.
    pub fn build(self) -> Result<Evaluator, EvaluateError> {
        const LIMIT: usize = 1_000_000;
        let groups = |levels: Vec<Vec<Compiled>>| levels.into_iter().map(Group::new).collect();
        let policies = Policies {
            identity: Group::new(self.identity),
            resource: Group::new(self.resource.into_iter().collect()),
            scps: groups(self.scps),
            rcps: groups(self.rcps),
            boundaries: self.boundaries.into_iter().map(|one| Group::new(vec![one])).collect(),
            session: Group::new(self.session),
            endpoint: Group::new(self.endpoint.into_iter().collect()),
        };
        let actual = policies.all().map(|(_, _, policy)| policy.statements.len()).sum();
        if actual > LIMIT {
            return Err(EvaluateError::TooManyStatements(TooManyStatements {
                limit: LIMIT,
                actual,
            }));
        }
        Ok(Evaluator { policies: Arc::new(policies) })
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

impl EvaluateError {
    /// A stable name for programs: `TOO_MANY_STATEMENTS`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooManyStatements(_) => "TOO_MANY_STATEMENTS",
        }
    }
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
    pub(super) identity: Group,
    /// At most one.
    pub(super) resource: Group,
    /// Level by level.
    pub(super) scps: Vec<Group>,
    /// Level by level.
    pub(super) rcps: Vec<Group>,
    /// One in each.
    pub(super) boundaries: Vec<Group>,
    pub(super) session: Group,
    /// At most one.
    pub(super) endpoint: Group,
}

impl Policies {
    /// Every policy with its type and, for types with levels, its level.
    pub(super) fn all(&self) -> impl Iterator<Item = (PolicyType, Option<usize>, &Compiled)> {
        fn flat(
            kind: PolicyType,
            group: &Group,
        ) -> impl Iterator<Item = (PolicyType, Option<usize>, &Compiled)> {
            group.policies().iter().map(move |policy| (kind, None, policy))
        }
        fn levels(
            kind: PolicyType,
            levels: &[Group],
        ) -> impl Iterator<Item = (PolicyType, Option<usize>, &Compiled)> {
            levels.iter().enumerate().flat_map(move |(at, level)| {
                level.policies().iter().map(move |policy| (kind, Some(at), policy))
            })
        }
        levels(PolicyType::Scp, &self.scps)
            .chain(levels(PolicyType::Rcp, &self.rcps))
            .chain(flat(PolicyType::Resource, &self.resource))
            .chain(flat(PolicyType::Identity, &self.identity))
            .chain(self.boundaries.iter().flat_map(|one| flat(PolicyType::Boundary, one)))
            .chain(flat(PolicyType::Session, &self.session))
            .chain(flat(PolicyType::Endpoint, &self.endpoint))
    }
}

fn add<'a, P: Into<NamedPolicy<'a>>>(
    list: &mut Vec<Compiled>,
    policies: impl IntoIterator<Item = P>,
) {
    for policy in policies {
        list.push(compile(policy.into(), list.len()));
    }
}

fn add_levels<'a, P: Into<NamedPolicy<'a>>, L: IntoIterator<Item = P>>(
    list: &mut Vec<Vec<Compiled>>,
    levels: impl IntoIterator<Item = L>,
) {
    for level in levels {
        let mut policies = Vec::new();
        add(&mut policies, level);
        list.push(policies);
    }
}

fn compile(named: NamedPolicy<'_>, at: usize) -> Compiled {
    let name = named.name.or(named.policy.id()).filter(|name| !name.is_empty());
    Compiled::new(named.policy, Name::new(name, at))
}
