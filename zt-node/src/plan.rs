//! Plans, and the state machine that runs them.

use std::collections::HashMap;
use std::fs::{File, TryLockError};

use jiff::Timestamp;
use napi::Result;
use napi_derive::napi;
use zt_core::plan::{self, Drift, End, Failure, Journal, Next, Phase, Request, RequiredPolicy};

use crate::error::{busy_failure, journal_failure, misused, no_phase, plan_failure};
use crate::policy::Policy;

/// Calls of AWS APIs as data.
#[napi]
#[derive(Debug)]
pub struct Plan(pub(crate) plan::Plan);

#[napi]
impl Plan {
    /// # Errors
    /// When it is no plan, or one that AWS would not take.
    #[napi(factory)]
    pub fn from_json(json: String) -> Result<Self> {
        plan::Plan::from_json(&json).map(Self).map_err(|error| plan_failure(&error))
    }

    /// The plan as JSON.
    #[napi]
    #[must_use]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// The plan for reading.
    #[napi]
    #[must_use]
    pub fn text(&self) -> String {
        self.0.to_text()
    }

    /// The plan as a Mermaid flowchart.
    #[napi]
    #[must_use]
    pub fn mermaid(&self) -> String {
        self.0.to_mermaid()
    }

    /// What is different, a line each.
    #[napi]
    #[must_use]
    pub fn changes_since(&self, earlier: &Plan) -> String {
        self.0.changes_since(&earlier.0).to_string()
    }

    /// The least privilege for a phase.
    ///
    /// # Errors
    /// When there is no such phase; when the place is not the plan's.
    #[napi]
    pub fn required_policy(
        &self,
        account_id: String,
        region: String,
        phase: String,
    ) -> Result<Policy> {
        Ok(Policy(self.required(&account_id, &region, &phase)?.policy().clone()))
    }

    /// How somebody with that policy could get more than it says.
    ///
    /// # Errors
    /// As for the policy.
    #[napi]
    pub fn escalations(
        &self,
        account_id: String,
        region: String,
        phase: String,
    ) -> Result<Vec<String>> {
        Ok(self.required(&account_id, &region, &phase)?.escalations().to_vec())
    }

    /// What is known of the plan as a whole.
    #[napi]
    #[must_use]
    pub fn facts(&self) -> PlanFacts {
        PlanFacts {
            id: self.0.id().to_owned(),
            title: self.0.title().to_owned(),
            account: self.0.account().to_owned(),
            region: self.0.region().to_owned(),
            not_after: self.0.not_after().map(|instant| instant.to_string()),
            secrets: self.0.secrets().into_iter().map(str::to_owned).collect(),
            digest: self.0.digest(),
        }
    }

    /// The steps.
    #[napi]
    #[must_use]
    pub fn steps(&self) -> Vec<PlanStep> {
        self.0.steps().iter().map(PlanStep::new).collect()
    }

    /// Whether both are the same.
    #[napi]
    #[must_use]
    pub fn equals(&self, other: &Plan) -> bool {
        self.0 == other.0
    }
}

impl Plan {
    fn required(&self, account_id: &str, region: &str, phase: &str) -> Result<RequiredPolicy> {
        let phase = Phase::from_name(phase).ok_or_else(|| no_phase(phase))?;
        let required = self.0.required_policy(account_id, region, phase);
        required.map_err(|error| plan_failure(&error))
    }
}

/// The JSON Schema of plans.
#[napi]
#[must_use]
pub fn plan_schema() -> String {
    plan::JSON_SCHEMA.to_owned()
}

/// What is known of a plan as a whole.
#[napi(object)]
#[derive(Debug)]
pub struct PlanFacts {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub title: String,
    /// The account it runs in.
    pub account: String,
    /// The Region it runs in.
    pub region: String,
    /// When it must not be run any more.
    pub not_after: Option<String>,
    /// The names of its secrets.
    pub secrets: Vec<String>,
    /// SHA-256.
    pub digest: String,
}

/// One call of a plan.
#[napi(object)]
#[derive(Debug)]
pub struct PlanStep {
    /// Its id.
    pub id: String,
    /// Why it is made.
    pub reason: String,
    /// The service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The input as JSON.
    pub input: String,
    /// Why it cannot be undone.
    pub irreversible: Option<String>,
    /// What it costs.
    pub costs: Option<String>,
    /// Whom it cuts off.
    pub cuts_off: Option<String>,
}

impl PlanStep {
    fn new(step: &plan::Step) -> Self {
        Self {
            id: step.id().to_owned(),
            reason: step.reason().to_owned(),
            service: step.call().service().to_owned(),
            operation: step.call().operation().to_owned(),
            input: step.call().input_json(),
            irreversible: step.why_irreversible().map(str::to_owned),
            costs: step.cost().map(str::to_owned),
            cuts_off: step.who_is_cut_off().map(str::to_owned),
        }
    }
}

/// The state machine of a run, and the call in hand.
#[napi]
#[derive(Debug)]
pub struct PlanRun {
    run: plan::Run,
    request: Option<Request>,
    whole: usize,
}

#[napi]
impl PlanRun {
    /// # Errors
    /// When the account or the Region is not the plan's.
    #[napi(factory)]
    pub fn start(plan: &Plan, account: String, region: String) -> Result<Self> {
        Self::new(plan::Run::start(&plan.0, &account, &region), 0)
    }

    /// # Errors
    /// As `start`.
    #[napi(factory)]
    pub fn dry_run(plan: &Plan, account: String, region: String) -> Result<Self> {
        Self::new(plan::Run::dry_run(&plan.0, &account, &region), 0)
    }

    /// # Errors
    /// When the journal is damaged or another plan's; as `start`.
    #[napi(factory)]
    pub fn resume(plan: &Plan, journal: String, account: String, region: String) -> Result<Self> {
        let journal = Journal::read(&journal).map_err(|error| journal_failure(&error))?;
        let run = plan::Run::resume(&plan.0, &journal, &account, &region);
        Self::new(run, journal.whole_bytes())
    }

    /// # Errors
    /// As `resume`.
    #[napi(factory)]
    pub fn roll_back(
        plan: &Plan,
        journal: String,
        account: String,
        region: String,
    ) -> Result<Self> {
        let journal = Journal::read(&journal).map_err(|error| journal_failure(&error))?;
        let run = plan::Run::roll_back(&plan.0, &journal, &account, &region);
        Self::new(run, journal.whole_bytes())
    }

    /// How many bytes of the journal are whole lines.
    #[napi(getter)]
    #[must_use]
    pub fn whole(&self) -> f64 {
        self.whole as f64
    }

    /// What to do at this instant, in milliseconds since 1970.
    ///
    /// # Errors
    /// When there is no such instant.
    #[napi]
    pub fn next(&mut self, now: i64) -> Result<RunNext> {
        let now = Timestamp::from_millisecond(now).map_err(|_| misused("no such instant"))?;
        self.request = None;
        let mut todo = RunNext::default();
        match self.run.next(now) {
            Next::Write(line) => todo.line = Some(line),
            Next::Sleep(time) => todo.seconds = Some(time.as_secs_f64()),
            Next::End(end) => todo.end = Some(RunEnd::new(&end)),
            Next::Call(request) => {
                todo.call = Some(RunCall::new(&request));
                self.request = Some(request);
            }
        }
        Ok(todo)
    }

    /// The input of the call in hand as JSON, with secrets filled in: it can hold secrets then.
    ///
    /// # Errors
    /// When there is no call, or a secret is missing.
    #[napi]
    pub fn input(&self, secrets: HashMap<String, String>) -> Result<String> {
        let request = self.request.as_ref().ok_or_else(|| misused("there is no call"))?;
        let input = request.input(|name| secrets.get(name).cloned());
        let input = input.map_err(|name| misused(&format!("there is no secret `{name}`")))?;
        Ok(input.to_string())
    }

    /// The answer to the call in hand, as JSON.
    #[napi]
    pub fn answer(&mut self, json: String) {
        let answer = serde_json::from_str(&json);
        let answer = answer.map_err(|_| Failure::Unknown("the answer is no JSON".to_owned()));
        self.run.answer(answer);
    }

    /// The service answered with an error of this code.
    #[napi]
    pub fn refused(&mut self, code: String) {
        self.run.answer(Err(Failure::Refused(code)));
    }

    /// Nobody knows whether the call took effect.
    #[napi]
    pub fn lost(&mut self, why: String) {
        self.run.answer(Err(Failure::Unknown(why)));
    }

    /// Stops after the call in hand.
    #[napi]
    pub fn cancel(&mut self) {
        self.run.cancel();
    }

    /// The outputs of the plan that are known by now, as JSON.
    #[napi]
    #[must_use]
    pub fn outputs(&self) -> String {
        serde_json::json!(self.run.outputs()).to_string()
    }
}

impl PlanRun {
    fn new(run: std::result::Result<plan::Run, plan::JournalError>, whole: usize) -> Result<Self> {
        let run = run.map_err(|error| journal_failure(&error))?;
        Ok(Self { run, request: None, whole })
    }
}

/// What to do: one of these.
#[napi(object)]
#[derive(Debug, Default)]
pub struct RunNext {
    /// Append this line to the journal.
    pub line: Option<String>,
    /// Make this call.
    pub call: Option<RunCall>,
    /// Wait so long.
    pub seconds: Option<f64>,
    /// The run has ended.
    pub end: Option<RunEnd>,
}

/// A call to make.
#[napi(object)]
#[derive(Debug)]
pub struct RunCall {
    /// The id of the step.
    pub step: String,
    /// The number of the step, from 1.
    pub number: u32,
    /// How many steps there are.
    pub total: u32,
    /// The service.
    pub service: String,
    /// The operation.
    pub operation: String,
}

impl RunCall {
    fn new(request: &Request) -> Self {
        let (number, total) = request.progress();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            step: request.step().to_owned(),
            number: count(number),
            total: count(total),
            service: request.service().to_owned(),
            operation: request.operation().to_owned(),
        }
    }
}

/// How a run ended.
#[napi(object)]
#[derive(Debug)]
pub struct RunEnd {
    /// How, in a word.
    pub status: String,
    /// The step that failed.
    pub step: Option<String>,
    /// The call that failed.
    pub call: Option<String>,
    /// Why.
    pub service_code: Option<String>,
    /// What is not undone.
    pub remains: Vec<String>,
    /// What a dry run says of each step.
    pub drift: Vec<RunDrift>,
    /// All of it in a line.
    pub text: String,
}

/// What a dry run says of a step.
#[napi(object)]
#[derive(Debug)]
pub struct RunDrift {
    /// The id of the step.
    pub step: String,
    /// In a word.
    pub state: String,
    /// The place that is different, or why it is not known.
    pub note: Option<String>,
}

impl RunEnd {
    fn new(end: &End) -> Self {
        let drift = end.drift().iter().map(|(step, drift)| RunDrift {
            step: step.clone(),
            state: drift.name().to_owned(),
            note: match drift {
                Drift::Different(note) | Drift::Unknown(note) => Some(note.clone()),
                _ => None,
            },
        });
        Self {
            status: end.status().name().to_owned(),
            step: end.step().map(str::to_owned),
            call: end.call().map(str::to_owned),
            service_code: end.code().map(str::to_owned),
            remains: end.remains().to_vec(),
            drift: drift.collect(),
            text: end.to_string(),
        }
    }
}

/// Keeps other runs from a journal, in this process and in others, until it is released.
#[napi]
#[derive(Debug)]
pub struct JournalLock(Option<File>);

#[napi]
impl JournalLock {
    /// # Errors
    /// When another run has it.
    #[napi(constructor)]
    pub fn new(path: String) -> Result<Self> {
        let file = File::options().read(true).write(true).open(path).map_err(napi::Error::from)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(Some(file))),
            Err(TryLockError::WouldBlock) => Err(busy_failure()),
            // A file system without locks.
            Err(TryLockError::Error(_)) => Ok(Self(Some(file))),
        }
    }

    /// Lets others have it.
    #[napi]
    pub fn release(&mut self) {
        self.0 = None;
    }
}
