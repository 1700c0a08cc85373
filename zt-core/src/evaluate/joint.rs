//! Requests that touch several resources.

use std::fmt;

use super::{Decision, Evaluator, Outcome, Request};

impl Request {
    /// The same request for each of several resources: what [`Evaluator::evaluate_all`] decides together.
    ///
    /// Condition keys that differ between resources (`aws:ResourceTag/...`, `ec2:InstanceType`) are set on each.
    #[must_use]
    pub fn for_each<R: Into<String>>(&self, resources: impl IntoIterator<Item = R>) -> Vec<Self> {
        resources.into_iter().map(|resource| self.clone().with_resource(resource)).collect()
    }
}

impl Evaluator {
    /// Decides an operation that touches several resources, such as `ec2:RunInstances`: each is decided by itself, and
    /// all must be allowed (Service Authorization Reference, *Actions table*).
    ///
    /// ```
    /// use zt_core::evaluate::{Evaluator, Request};
    /// use zt_core::policy::{Policy, Statement};
    ///
    /// let instances = Policy::new([
    ///     Statement::allow(None).actions(["ec2:RunInstances"]).resources(["arn:aws:ec2:*:*:instance/*"])
    /// ])?;
    /// let evaluator = Evaluator::builder().identity([&instances]).build()?;
    /// let run = Request::new("arn:aws:iam::111122223333:user/alice", "ec2:RunInstances", "*");
    /// let decision = evaluator.evaluate_all(&run.for_each([
    ///     "arn:aws:ec2:us-east-1:111122223333:instance/*",
    ///     "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1",
    /// ]));
    /// assert!(!decision.is_allowed());
    /// assert_eq!(
    ///     decision.failed().map(|one| one.request().resource()).collect::<Vec<_>>(),
    ///     ["arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1"],
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn evaluate_all<'a>(
        &self,
        requests: impl IntoIterator<Item = &'a Request>,
    ) -> JointDecision {
        JointDecision::new(self.evaluate_many(requests))
    }
}

/// What was decided about an operation on several resources.
///
/// `Display` gives the sentences of the resources that failed, each with its resource.
#[derive(Clone, Debug)]
pub struct JointDecision {
    outcome: Outcome,
    decisions: Vec<Decision>,
}

impl JointDecision {
    fn new(decisions: Vec<Decision>) -> Self {
        let has = |outcome| decisions.iter().any(|decision| decision.outcome() == outcome);
        // One resource that is denied for sure is enough, whatever is not known about the others.
        let order = [Outcome::ExplicitDeny, Outcome::ImplicitDeny, Outcome::Unknown];
        let worst = order.into_iter().find(|outcome| has(*outcome));
        // Without a resource there is nothing that was allowed.
        let none = if decisions.is_empty() { Outcome::ImplicitDeny } else { Outcome::Allowed };
        Self { outcome: worst.unwrap_or(none), decisions }
    }

    /// The answer: allowed when every resource is; otherwise what the resources that failed say.
    ///
    /// Without any resource nothing is allowed. `Unknown` when some resource is, and none denied: each is looked at by
    /// itself, so that no values need allow all of them at once.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether every resource is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    /// Whether the request is denied for certain: some resource [is](Decision::is_denied), whatever the values of what is
    /// not known.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.decisions.is_empty() || self.decisions.iter().any(Decision::is_denied)
    }

    /// The decision about each resource, in the order of the requests.
    #[must_use]
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The decisions that are not `allowed`.
    pub fn failed(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| !decision.is_allowed())
    }
}

impl fmt::Display for JointDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.decisions.len();
        if self.decisions.is_empty() {
            return f.write_str("denied: no resource was given");
        }
        if self.is_allowed() {
            return write!(f, "allowed: on each of {count} resources");
        }
        let failed = self.failed().count();
        let verdict = if self.outcome == Outcome::Unknown { "unknown" } else { "denied" };
        write!(f, "{verdict}: {failed} of {count} resources failed")?;
        for decision in self.failed() {
            write!(f, "; on `{}`: {decision}", decision.request().resource())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::ContextValue;
    use crate::policy::{Policy, Statement, keys};

    fn joint(resources: &[&str]) -> JointDecision {
        let policy = Policy::new([
            Statement::allow("Some").actions(["ec2:*"]).resources(["arn:aws:ec2:::a*"]),
            Statement::deny("Never").actions(["ec2:*"]).resources(["arn:aws:ec2:::x"]),
            Statement::allow("Perhaps")
                .actions(["ec2:*"])
                .resources(["arn:aws:ec2:::u"])
                .when(keys::aws::secure_transport().is(true)),
        ])
        .unwrap();
        let evaluator = Evaluator::builder().identity([("p", &policy)]).build().unwrap();
        let request = Request::new("arn:aws:iam::111122223333:user/alice", "ec2:RunInstances", "*")
            .with("aws:SecureTransport", ContextValue::Unknown);
        evaluator.evaluate_all(&request.for_each(resources.iter().copied()))
    }

    #[test]
    fn all_must_be_allowed() {
        let (a, b, x, u) =
            ("arn:aws:ec2:::a", "arn:aws:ec2:::b", "arn:aws:ec2:::x", "arn:aws:ec2:::u");
        for (resources, outcome) in [
            (&[][..], Outcome::ImplicitDeny),
            (&[a], Outcome::Allowed),
            (&[a, a], Outcome::Allowed),
            (&[a, b], Outcome::ImplicitDeny),
            (&[b, u, x], Outcome::ExplicitDeny),
            (&[a, u], Outcome::Unknown),
            (&[u, b], Outcome::ImplicitDeny),
        ] {
            assert_eq!(joint(resources).outcome(), outcome, "{resources:?}");
        }
        assert_eq!(
            joint(&[a, b]).to_string(),
            "denied: 1 of 2 resources failed; on `arn:aws:ec2:::b`: denied: nothing allows `ec2:RunInstances`: \
             identity policy `p`, statement `Some` does not apply because its resources do not include \
             `arn:aws:ec2:::b`; identity policy `p`, statement `Perhaps` does not apply because its resources do not \
             include `arn:aws:ec2:::b`"
        );
    }
}
