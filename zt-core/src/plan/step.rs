//! Steps: one call each, and what a runner must know to repeat, await and undo it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::value::{Path, Reference, Value};

/// A call of an AWS API, in the API's own names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub(super) service: String,
    pub(super) operation: String,
    #[serde(default)]
    pub(super) input: BTreeMap<String, Value>,
}

impl Call {
    /// A call without input yet: `Call::new("iam", "GetRole")`.
    #[must_use]
    pub fn new(service: impl Into<String>, operation: impl Into<String>) -> Self {
        Self { service: service.into(), operation: operation.into(), input: BTreeMap::new() }
    }

    /// Sets a member of the input; a later value replaces an earlier one.
    #[must_use]
    pub fn with(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.input.insert(member.into(), value.into());
        self
    }

    /// The service, as SDKs name its client: `iam`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The operation: `CreateRole`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The members of the input.
    #[must_use]
    pub fn input(&self) -> &BTreeMap<String, Value> {
        &self.input
    }

    /// The input as JSON; references and secrets as plans have them.
    #[must_use]
    pub fn input_json(&self) -> String {
        // Writing to memory cannot fail, and every value has a JSON form.
        serde_json::to_string(&self.input).unwrap_or_default()
    }

    /// The outputs of steps that the input has.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.input.values().flat_map(Value::references)
    }

    /// The text of a member, when it is a constant.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        match self.input.get(member) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// One step of a plan.
///
/// ```
/// use zt_core::plan::{Call, Found, Plan, Step};
///
/// let group = |operation| Call::new("scheduler", operation).with("Name", "zt-expiry");
/// let step = Step::new("group", "make a group for the schedules that end access", group("CreateScheduleGroup"))
///     .found(Found::by(group("GetScheduleGroup")).expect("Name", "zt-expiry").output("ScheduleGroupArn", "Arn"))
///     .undo(group("DeleteScheduleGroup"));
/// let plan = Plan::builder("expiry", "end access on time", "111122223333", "eu-central-1").step(step).build()?;
/// assert_eq!(plan.steps().len(), 1);
/// # Ok::<(), zt_core::plan::PlanError>(())
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub(super) id: String,
    pub(super) reason: String,
    pub(super) call: Call,
    pub(super) again: Again,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wait: Option<Wait>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) undo: Option<Call>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) undone_with: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) irreversible: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) costs: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cuts_off: Option<String>,
}

impl Step {
    /// A step that changes something. It needs to say how to tell that it is done ([`found`](Self::found),
    /// [`client_token`](Self::client_token), [`repeatable`](Self::repeatable) or [`removes`](Self::removes)), and its [`undo`](Self::undo) or why it has
    /// [none](Self::irreversible). The id is 1 to 64 lower-case letters, digits and hyphens; the reason is a phrase that says
    /// why, for a reader who decides whether the plan may run.
    #[must_use]
    pub fn new(id: impl Into<String>, reason: impl Into<String>, call: Call) -> Self {
        Self {
            id: id.into(),
            reason: reason.into(),
            call,
            again: Again::Unsaid,
            wait: None,
            undo: None,
            undone_with: None,
            irreversible: None,
            costs: None,
            cuts_off: None,
        }
    }

    /// A step that only reads: repeated at will, and nothing to undo.
    #[must_use]
    pub fn read(id: impl Into<String>, reason: impl Into<String>, call: Call) -> Self {
        Self { again: Again::Read, ..Self::new(id, reason, call) }
    }

    /// A read tells whether it is done already.
    #[must_use]
    pub fn found(mut self, found: Found) -> Self {
        self.again = Again::Found(found);
        self
    }

    /// The service tells: calls with the same client token are one call. The token is made from the ids of plan and step, and
    /// set in the input when the plan is built.
    ///
    /// Every run of the plan counts the result as its own, so that undoing any of them removes it.
    #[must_use]
    pub fn client_token(mut self) -> Self {
        self.again = Again::ClientToken;
        self
    }

    /// The call can be repeated: twice is the same as once, and its answer holds nothing that later steps need. It may answer that
    /// what it makes is there (`InvalidPermission.Duplicate`).
    ///
    /// Every run of the plan to which it does not answer so counts the result as its own, so that undoing any of them removes it.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.again = Again::Repeatable;
        self
    }

    /// The call removes something: it is done when it is not there, which the service says in answer to the same call.
    #[must_use]
    pub fn removes(mut self) -> Self {
        self.again = Again::Removes;
        self
    }

    /// After the call, wait.
    #[must_use]
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = Some(wait);
        self
    }

    /// The call that takes it back. Its input may refer to outputs of this step and earlier ones: later ones are undone by then.
    #[must_use]
    pub fn undo(mut self, call: Call) -> Self {
        self.undo = Some(call);
        self
    }

    /// It is taken back with an earlier step, by that step's undo: a rule with its group, a group with its VPC.
    #[must_use]
    pub fn undone_with(mut self, step: impl Into<String>) -> Self {
        self.undone_with = Some(step.into());
        self
    }

    /// It cannot be undone: says why, as a phrase.
    #[must_use]
    pub fn irreversible(mut self, why: impl Into<String>) -> Self {
        self.irreversible = Some(why.into());
        self
    }

    /// It costs money: says what, as a phrase.
    #[must_use]
    pub fn costs(mut self, what: impl Into<String>) -> Self {
        self.costs = Some(what.into());
        self
    }

    /// It cuts somebody off: says whom, as a phrase.
    #[must_use]
    pub fn cuts_off(mut self, whom: impl Into<String>) -> Self {
        self.cuts_off = Some(whom.into());
        self
    }

    /// Its id, unique in the plan.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Why, as a phrase.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// How to tell that it is done already.
    #[must_use]
    pub fn again(&self) -> &Again {
        &self.again
    }

    /// What is awaited after the call.
    #[must_use]
    pub fn wait_for(&self) -> Option<&Wait> {
        self.wait.as_ref()
    }

    /// The call that takes it back.
    #[must_use]
    pub fn undo_call(&self) -> Option<&Call> {
        self.undo.as_ref()
    }

    /// The earlier step with which it is taken back.
    #[must_use]
    pub fn undone_with_step(&self) -> Option<&str> {
        self.undone_with.as_deref()
    }

    /// Why it cannot be undone.
    #[must_use]
    pub fn why_irreversible(&self) -> Option<&str> {
        self.irreversible.as_deref()
    }

    /// What it costs.
    #[must_use]
    pub fn cost(&self) -> Option<&str> {
        self.costs.as_deref()
    }

    /// Whom it cuts off.
    #[must_use]
    pub fn who_is_cut_off(&self) -> Option<&str> {
        self.cuts_off.as_deref()
    }

    /// What is expected of the answers of its reads.
    pub(super) fn expected(&self) -> impl Iterator<Item = &Value> {
        let found = match &self.again {
            Again::Found(found) => found.expect.as_slice(),
            _ => &[],
        };
        let wait = self.wait.as_ref().map(|wait| wait.until.as_slice()).unwrap_or_default();
        found.iter().chain(wait).map(|expectation| &expectation.is)
    }

    /// Every call of the step: the read that finds it, itself, what is awaited, and the undo.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        let read = match &self.again {
            Again::Found(found) => Some(&found.read),
            _ => None,
        };
        let wait = self.wait.as_ref().map(|wait| &wait.call);
        read.into_iter().chain([&self.call]).chain(wait).chain(&self.undo)
    }
}

/// How a step is told to be done already.
#[non_exhaustive]
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Again {
    /// See [`Step::read`].
    Read,
    /// See [`Step::found`].
    Found(Found),
    /// See [`Step::client_token`].
    ClientToken,
    /// See [`Step::repeatable`].
    Repeatable,
    /// See [`Step::removes`].
    Removes,
    /// Not said: no plan has such a step.
    #[serde(skip)]
    Unsaid,
}

/// A read that tells whether a step is done: it is when what is read is there and as expected. When it is there and
/// otherwise, somebody else made it, and the run stops rather than touch it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub(super) read: Call,
    #[serde(default)]
    pub(super) expect: Vec<Expectation>,
    #[serde(default)]
    pub(super) outputs: Vec<Output>,
}

impl Found {
    /// By a call that only reads. An error that says "not found" and an answer without the outputs mean that the step is not done.
    #[must_use]
    pub fn by(read: Call) -> Self {
        Self { read, expect: Vec::new(), outputs: Vec::new() }
    }

    /// What must be at a place of the answer: `Role.Path`. Texts that are JSON objects, such as policies, are compared as JSON.
    #[must_use]
    pub fn expect(mut self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        self.expect.push(Expectation { path: path.into(), is: value.into() });
        self
    }

    /// Where an output of the step's call is in the answer of the read: `output("Vpc", "Vpcs[0]")`.
    #[must_use]
    pub fn output(mut self, path: impl Into<String>, at: impl Into<String>) -> Self {
        self.outputs.push(Output { path: path.into(), at: at.into() });
        self
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.read
    }

    /// Where an output of the step's own call is in the answer of the read.
    pub(super) fn locate(&self, path: &Path) -> Option<Path> {
        self.outputs.iter().find_map(|output| {
            let (own, at): (Path, Path) = (output.path.parse().ok()?, output.at.parse().ok()?);
            Some(at.then(&path.after(&own)?))
        })
    }
}

/// What must be at a place of an answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    pub(super) path: String,
    pub(super) is: Value,
}

/// An output of a call, and where a read has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Output {
    pub(super) path: String,
    pub(super) at: String,
}

/// What is awaited after a call: a read is repeated until its answer is as expected.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    pub(super) call: Call,
    #[serde(default)]
    pub(super) until: Vec<Expectation>,
    pub(super) every_seconds: u32,
    pub(super) at_most_seconds: u32,
}

impl Wait {
    /// Repeats a read every so many seconds (1 to 300), for at most so many (to 86,400). Errors that say "not found" count as
    /// "not yet".
    #[must_use]
    pub fn for_answer(call: Call, every_seconds: u32, at_most_seconds: u32) -> Self {
        Self { call, until: Vec::new(), every_seconds, at_most_seconds }
    }

    /// What must be at a place of the answer. Default: any answer will do.
    #[must_use]
    pub fn until(mut self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        self.until.push(Expectation { path: path.into(), is: value.into() });
        self
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Seconds between two reads.
    #[must_use]
    pub fn every_seconds(&self) -> u32 {
        self.every_seconds
    }

    /// Seconds after which the run fails.
    #[must_use]
    pub fn at_most_seconds(&self) -> u32 {
        self.at_most_seconds
    }
}
