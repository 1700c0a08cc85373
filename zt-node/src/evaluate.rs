//! Requests and decisions.

use napi::Result;
use napi::bindgen_prelude::{Either3, Null, Uint8Array};
use napi_derive::napi;
use zt_core::evaluate::{ContextValue, NamedPolicy, Outcome};

use crate::error::{evaluate_failure, misused};
use crate::policy::{Policy, principal};

/// Who wants to do what, on which resource, under which circumstances.
#[napi]
#[derive(Debug)]
pub struct Request(pub(crate) zt_core::evaluate::Request);

/// The name of a condition key, or its value: one text, several, or not known.
pub(crate) type ContextPair = Either3<String, Vec<String>, Null>;

/// Names and values in turn.
pub(crate) fn context_values(context: Vec<ContextPair>) -> Vec<(String, ContextValue)> {
    let mut values = Vec::with_capacity(context.len() / 2);
    let mut context = context.into_iter();
    while let (Some(Either3::A(name)), Some(value)) = (context.next(), context.next()) {
        let value = match value {
            Either3::A(text) => ContextValue::One(text),
            Either3::B(texts) => ContextValue::Many(texts),
            Either3::C(Null) => ContextValue::Unknown,
        };
        values.push((name, value));
    }
    values
}

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
        Ok(Self(request.with_all(context_values(context))))
    }

    /// The same request for each of several resources.
    #[napi]
    #[must_use]
    pub fn each_of(&self, resources: Vec<String>) -> Vec<Request> {
        self.0.for_each(resources).into_iter().map(Self).collect()
    }

    /// The same request with more condition keys.
    #[napi]
    #[must_use]
    pub fn with(&self, context: Vec<Either3<String, Vec<String>, Null>>) -> Self {
        Self(self.0.clone().with_all(context_values(context)))
    }

    /// The same request with the condition keys that were given, and no others.
    #[napi]
    #[must_use]
    pub fn underived(&self) -> Self {
        Self(self.0.clone().without_derived_keys())
    }

    /// Who, as kind and name.
    #[napi]
    #[must_use]
    pub fn who(&self) -> Vec<String> {
        let (kind, name) = self.0.principal().parts();
        vec![kind.to_owned(), name.to_owned()]
    }

    /// Every condition key and its value in turn, given and derived.
    #[napi]
    #[must_use]
    pub fn entries(&self) -> Vec<Either3<String, Vec<String>, Null>> {
        let pair = |(key, value): (&str, &ContextValue)| {
            let value = match value {
                ContextValue::One(text) => Either3::A(text.clone()),
                ContextValue::Many(texts) => Either3::B(texts.clone()),
                _ => Either3::C(Null),
            };
            [Either3::A(key.to_owned()), value]
        };
        self.0.context_entries().flat_map(pair).collect()
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

type Named = (Option<String>, zt_core::policy::Policy);

/// All the policies that apply, to be compiled.
#[napi]
#[derive(Debug, Default)]
pub struct Policies {
    identity: Vec<Named>,
    resource: Option<zt_core::policy::Policy>,
    scps: Vec<Vec<Named>>,
    rcps: Vec<Vec<Named>>,
    boundaries: Vec<Named>,
    session: Vec<Named>,
    endpoint: Option<zt_core::policy::Policy>,
}

#[napi]
impl Policies {
    /// None yet.
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a level of `scps` or `rcps`.
    ///
    /// # Errors
    /// When others are asked for.
    #[napi]
    pub fn level(&mut self, of: String) -> Result<()> {
        match of.as_str() {
            "scps" => self.scps.push(Vec::new()),
            "rcps" => self.rcps.push(Vec::new()),
            _ => return Err(misused("levels")),
        }
        Ok(())
    }

    /// Adds a policy to these, or to their last level.
    ///
    /// # Errors
    /// When there are none of the name.
    #[napi]
    pub fn add(&mut self, to: String, policy: &Policy, name: Option<String>) -> Result<()> {
        let policy = policy.0.clone();
        let list = match to.as_str() {
            "identity" => Some(&mut self.identity),
            "boundaries" => Some(&mut self.boundaries),
            "session" => Some(&mut self.session),
            "scps" => self.scps.last_mut(),
            "rcps" => self.rcps.last_mut(),
            "resource" => {
                self.resource = Some(policy);
                return Ok(());
            }
            "endpoint" => {
                self.endpoint = Some(policy);
                return Ok(());
            }
            _ => None,
        };
        list.ok_or_else(|| misused("policies"))?.push((name, policy));
        Ok(())
    }
}

fn named((name, policy): &Named) -> NamedPolicy<'_> {
    match name {
        Some(name) => (name.as_str(), policy).into(),
        None => policy.into(),
    }
}

/// All the policies that apply, compiled.
#[napi]
#[derive(Debug)]
pub struct Evaluator(pub(crate) zt_core::evaluate::Evaluator);

#[napi]
impl Evaluator {
    /// # Errors
    /// When there are too many statements.
    #[napi(constructor)]
    pub fn new(policies: &Policies) -> Result<Self> {
        let evaluator = zt_core::evaluate::Evaluator::builder()
            .identity(policies.identity.iter().map(named))
            .resource(policies.resource.as_ref())
            .scps(policies.scps.iter().map(|level| level.iter().map(named)))
            .rcps(policies.rcps.iter().map(|level| level.iter().map(named)))
            .boundaries(policies.boundaries.iter().map(named))
            .session(policies.session.iter().map(named))
            .endpoint(policies.endpoint.as_ref())
            .build();
        evaluator.map(Self).map_err(|error| evaluate_failure(&error))
    }

    /// Decides one request: the outcome as its place in [`outcomes`].
    #[napi]
    #[must_use]
    pub fn outcome(&self, request: &Request) -> u8 {
        place(self.0.outcome(&request.0))
    }

    /// Decides many requests: the outcome of each as its place in [`outcomes`].
    #[napi]
    #[must_use]
    pub fn outcomes(&self, requests: Vec<&Request>) -> Uint8Array {
        let places = requests.into_iter().map(|request| place(self.0.outcome(&request.0)));
        places.collect::<Vec<_>>().into()
    }

    /// Decides one request, with why.
    #[napi]
    #[must_use]
    pub fn explain(&self, request: &Request) -> Explanation {
        let decision = self.0.evaluate(&request.0);
        let reasons = decision.reasons().iter().map(|reason| Reason {
            policy_type: reason.policy_type().name().to_owned(),
            policy: reason.policy().map(str::to_owned),
            statement: reason.statement().map(str::to_owned),
            effect: reason.effect().map(|effect| effect.to_string()),
            text: reason.text().to_owned(),
            choices: reason.choices().iter().map(|choice| choice.id().to_owned()).collect(),
        });
        Explanation {
            sentence: decision.to_string(),
            reasons: reasons.collect(),
            unknown_keys: decision.unknown_keys().to_vec(),
            choices: decision.choices().iter().map(|choice| choice.id().to_owned()).collect(),
        }
    }

    /// Decides an operation on several resources.
    #[napi]
    #[must_use]
    pub fn joint(&self, requests: Vec<&Request>) -> Joint {
        let decision = self.0.evaluate_all(requests.into_iter().map(|request| &request.0));
        Joint {
            outcome: place(decision.outcome()),
            outcomes: decision.decisions().iter().map(|one| place(one.outcome()).into()).collect(),
            sentence: decision.to_string(),
        }
    }
}

/// What was decided about an operation on several resources.
#[napi(object)]
#[derive(Debug)]
pub struct Joint {
    /// The outcome, as its place in [`outcomes`].
    pub outcome: u8,
    /// That of each resource.
    pub outcomes: Vec<u32>,
    /// In one sentence.
    pub sentence: String,
}

const OUTCOMES: [Outcome; 4] =
    [Outcome::Allowed, Outcome::ExplicitDeny, Outcome::ImplicitDeny, Outcome::Unknown];

pub(crate) fn place(outcome: Outcome) -> u8 {
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
    /// The choices that took part, by id.
    pub choices: Vec<String>,
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
    /// The choices that took part, by id.
    pub choices: Vec<String>,
}

/// A question that AWS's documentation leaves open, and the answer taken here.
#[napi(object)]
#[derive(Debug)]
pub struct Choice {
    /// The name.
    pub id: String,
    /// What is not documented.
    pub question: String,
    /// What is done.
    pub answer: String,
    /// Why that and nothing else.
    pub because: String,
}

/// Every choice.
#[napi]
#[must_use]
pub fn choices() -> Vec<Choice> {
    let choices = zt_core::evaluate::choices().iter().map(|choice| Choice {
        id: choice.id().to_owned(),
        question: choice.question().to_owned(),
        answer: choice.answer().to_owned(),
        because: choice.because().to_owned(),
    });
    choices.collect()
}
