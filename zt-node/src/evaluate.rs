//! Requests and decisions.

use napi::bindgen_prelude::{Either3, Null, Uint8Array};
use napi::{Error, Result};
use napi_derive::napi;
use zt_core::evaluate::{ContextValue, Decision, Outcome};

use crate::error::evaluate_failure;
use crate::policy::{Policy, principal};

/// Who wants to do what, on which resource, under which circumstances.
#[napi]
#[derive(Debug)]
pub struct Request(zt_core::evaluate::Request);

#[napi]
impl Request {
    /// `context` has names and values in turn. A value is one text, several, or not known.
    ///
    /// # Errors
    /// When there is no such kind of principal.
    #[napi(constructor)]
    pub fn new(
        kind: Option<String>,
        name: String,
        action: String,
        resource: String,
        resource_account: Option<String>,
        role_arn: Option<String>,
        context: Vec<Either3<String, Vec<String>, Null>>,
    ) -> Result<Self> {
        let mut request = zt_core::evaluate::Request::new(principal(kind, name)?, action, resource);
        if let Some(account) = resource_account {
            request = request.resource_account(account);
        }
        if let Some(arn) = role_arn {
            request = request.role_arn(arn);
        }
        let mut context = context.into_iter();
        while let (Some(Either3::A(name)), Some(value)) = (context.next(), context.next()) {
            let value = match value {
                Either3::A(text) => ContextValue::One(text),
                Either3::B(texts) => ContextValue::Many(texts),
                Either3::C(Null) => ContextValue::Unknown,
            };
            request = request.with(name, value);
        }
        Ok(Self(request))
    }

    /// What is asked for.
    #[napi(getter)]
    #[must_use]
    pub fn action(&self) -> String {
        self.0.action().to_owned()
    }

    /// On what.
    #[napi(getter)]
    #[must_use]
    pub fn resource(&self) -> String {
        self.0.resource().to_owned()
    }
}

/// All the policies that apply, compiled.
#[napi]
#[derive(Debug)]
pub struct Evaluator(zt_core::evaluate::Evaluator);

#[napi]
impl Evaluator {
    /// # Errors
    /// When there are too many statements.
    #[napi(constructor)]
    pub fn new(
        identity: Vec<&Policy>,
        resource: Option<&Policy>,
        scps: Vec<Vec<&Policy>>,
        rcps: Vec<Vec<&Policy>>,
        boundaries: Vec<&Policy>,
        session: Vec<&Policy>,
        endpoint: Option<&Policy>,
    ) -> Result<Self> {
        let level = |level: Vec<&'_ Policy>| -> Vec<zt_core::policy::Policy> {
            level.into_iter().map(|policy| policy.0.clone()).collect()
        };
        let scps: Vec<_> = scps.into_iter().map(level).collect();
        let rcps: Vec<_> = rcps.into_iter().map(level).collect();
        let evaluator = zt_core::evaluate::Evaluator::builder()
            .identity(identity.into_iter().map(|policy| &policy.0))
            .resource(resource.map(|policy| &policy.0))
            .scps(&scps)
            .rcps(&rcps)
            .boundaries(boundaries.into_iter().map(|policy| &policy.0))
            .session(session.into_iter().map(|policy| &policy.0))
            .endpoint(endpoint.map(|policy| &policy.0))
            .build();
        evaluator.map(Self).map_err(|error| evaluate_failure(&error))
    }

    /// Decides one request.
    #[napi]
    #[must_use]
    pub fn evaluate(&self, request: &Request) -> Decisions {
        Decisions(vec![self.0.evaluate(&request.0)])
    }

    /// Decides many requests.
    #[napi]
    #[must_use]
    pub fn evaluate_many(&self, requests: Vec<&Request>) -> Decisions {
        Decisions(self.0.evaluate_many(requests.into_iter().map(|request| &request.0)))
    }
}

/// Decisions, all in one object: an object each would cost more than deciding.
#[napi]
#[derive(Debug)]
pub struct Decisions(Vec<Decision>);

#[napi]
impl Decisions {
    /// The outcome of each, as its place in [`outcomes`].
    #[napi]
    #[must_use]
    pub fn outcomes(&self) -> Uint8Array {
        self.0.iter().map(|decision| place(decision.outcome())).collect::<Vec<_>>().into()
    }

    /// The outcome of one, as its place in [`outcomes`].
    #[napi]
    #[must_use]
    pub fn outcome(&self, at: u32) -> Option<u8> {
        self.get(at).ok().map(|decision| place(decision.outcome()))
    }

    /// Why.
    ///
    /// # Errors
    /// When there are not so many.
    #[napi]
    pub fn explain(&self, at: u32) -> Result<Explanation> {
        let decision = self.get(at)?;
        let reasons = decision.reasons().iter().map(|reason| Reason {
            policy_type: reason.policy_type().name().to_owned(),
            policy: reason.policy().map(str::to_owned),
            statement: reason.statement().map(str::to_owned),
            effect: reason.effect().map(|effect| effect.to_string()),
            text: reason.text().to_owned(),
        });
        Ok(Explanation {
            sentence: decision.to_string(),
            reasons: reasons.collect(),
            unknown_keys: decision.unknown_keys().to_vec(),
        })
    }

    fn get(&self, at: u32) -> Result<&Decision> {
        let decision = usize::try_from(at).ok().and_then(|at| self.0.get(at));
        decision.ok_or_else(|| Error::from_reason("no such decision"))
    }
}

const OUTCOMES: [Outcome; 4] =
    [Outcome::Allowed, Outcome::ExplicitDeny, Outcome::ImplicitDeny, Outcome::Unknown];

fn place(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Allowed => 0,
        Outcome::ExplicitDeny => 1,
        Outcome::ImplicitDeny => 2,
        Outcome::Unknown => 3,
    }
}

/// The names of the outcomes.
#[napi]
#[must_use]
pub fn outcomes() -> Vec<String> {
    OUTCOMES.map(|outcome| outcome.name().to_owned()).to_vec()
}

/// Why something was decided.
#[napi(object)]
#[derive(Debug)]
pub struct Explanation {
    /// In one sentence.
    pub sentence: String,
    /// One by one.
    pub reasons: Vec<Reason>,
    /// The keys whose values would decide.
    pub unknown_keys: Vec<String>,
}

/// One reason.
#[napi(object)]
#[derive(Debug)]
pub struct Reason {
    /// The type of the policy.
    pub policy_type: String,
    /// The policy.
    pub policy: Option<String>,
    /// The statement.
    pub statement: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: Option<String>,
    /// The reason as a sentence.
    pub text: String,
}
