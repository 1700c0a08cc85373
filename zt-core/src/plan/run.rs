//! Running a plan, resuming and undoing it: a state machine that knows calls, not networks, files or clocks.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::answer::{Failure, Meaning, Verdict, expected, holds, whole};
use super::document::Plan;
use super::end::{Drift, End, Status};
use super::journal::{Event, Journal, JournalError, Writer};
use super::request::{Known, Request};
use super::step::{Again, Step};
use super::value::Path;

/// A run of a plan. A driver asks for the [`next`](Self::next) thing to do, does it, and for calls gives the
/// [`answer`](Self::answer); it holds no rule of its own.
///
/// Calls are made one after another. Each is written to the journal before and after it is made, so that a run that is killed at
/// any point can be [resumed](Self::resume) or [rolled back](Self::roll_back). What only the journal says is never called: calls
/// are the plan's.
///
/// ```
/// use zt_core::plan::{Call, Next, Plan, Run, Status, Step};
///
/// let step = Step::read("who", "see who runs this", Call::new("sts", "GetCallerIdentity"));
/// let plan = Plan::builder("look", "look around", "111122223333", "eu-central-1").step(step).build()?;
/// let mut run = Run::start(&plan, "111122223333", "eu-central-1")?;
/// let mut journal = String::new();
/// let end = loop {
///     let now = "2026-06-01T12:00:00Z".parse()?; // a driver asks its clock
///     match run.next(now) {
///         Next::Write(line) => journal.push_str(&line), // a driver appends it to a file, and has it on disk before it goes on
///         Next::Call(request) => {
///             assert_eq!(request.operation(), "GetCallerIdentity");
///             run.answer(Ok(serde_json::json!({ "Account": "111122223333" })));
///         }
///         Next::Sleep(_) => {}
///         Next::End(end) => break end,
///     }
/// };
/// assert_eq!(end.status(), Status::Finished);
/// assert_eq!(journal.lines().count(), 4); // start, begin, done, end
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Run {
    pub(super) plan: Plan,
    /// Those of the plan, shared so that one can be held while the run changes.
    steps: Vec<Arc<Step>>,
    back: bool,
    /// What a dry run has found; none for other runs.
    pub(super) drift: Option<Vec<(String, Drift)>>,
    progress: Vec<Progress>,
    pub(super) known: Known,
    /// The places in the answer of each step that are kept.
    pub(super) kept: Vec<Vec<Path>>,
    numbers: HashMap<String, usize>,
    writer: Writer,
    lines: VecDeque<Event>,
    pub(super) doing: Doing,
    /// Failures of the call in hand.
    attempts: u32,
    /// Reads in a row that say that it is not there.
    absences: u32,
    sleep_until: Option<Timestamp>,
    wait_until: Option<Timestamp>,
    pub(super) cancelled: bool,
    now: Timestamp,
}

/// What a driver does next. Exhaustive on purpose: a driver that does not know one of them must not compile.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Append this line to the journal, and have it on disk before going on.
    Write(String),
    /// Make this call, and give its answer to [`Run::answer`].
    Call(Request),
    /// Wait so long. Asking earlier does no harm.
    Sleep(Duration),
    /// The run has ended.
    End(End),
}

/// How far a step is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Progress {
    Todo,
    /// The call is about to be made. In doubt: it may have been made and taken effect.
    Begun {
        doubt: bool,
    },
    /// Called, or found done. `made`: by this run.
    Done {
        made: bool,
    },
    /// Done, and what was awaited is there.
    Ready {
        made: bool,
    },
    Undone,
}

/// What is in hand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Doing {
    /// To be decided.
    Deciding,
    Finding(usize),
    Calling(usize),
    Waiting(usize),
    Undoing(usize),
    Ended(End),
}

/// Failures of one call after which the run fails.
const ATTEMPTS: u32 = 8;
/// The same while an earlier change settles: about three and a half minutes. Deleted NAT gateways and interface endpoints keep
/// their subnets for as long.
const SETTLES: u32 = 16;
/// Reads in a row after which what may have been made is taken not to be there: about three seconds.
const ABSENCES: u32 = 3;

impl Run {
    /// Starts a run, in the account and Region that the caller's credentials are for.
    ///
    /// # Errors
    ///
    /// When these are not the plan's.
    pub fn start(plan: &Plan, account: &str, region: &str) -> Result<Self, JournalError> {
        let mut run = Self::new(plan, account, region, Writer::new(plan))?;
        run.lines.push_back(Event::start(plan));
        Ok(run)
    }

    /// Goes on with a run. Steps that were in hand are looked for first; finished ones are not called again.
    ///
    /// # Errors
    ///
    /// When the journal is another plan's, or the run was being rolled back; as [`start`](Self::start).
    pub fn resume(
        plan: &Plan,
        journal: &Journal,
        account: &str,
        region: &str,
    ) -> Result<Self, JournalError> {
        let mut run = Self::replay(plan, journal, account, region)?;
        if run.back {
            return Err(JournalError::RollingBack);
        }
        run.lines.push_back(Event::Resume);
        Ok(run)
    }

    /// Undoes a run, last step first: what it made, not what it found done. Can be repeated until it succeeds.
    ///
    /// # Errors
    ///
    /// When the journal is another plan's; as [`start`](Self::start).
    pub fn roll_back(
        plan: &Plan,
        journal: &Journal,
        account: &str,
        region: &str,
    ) -> Result<Self, JournalError> {
        let mut run = Self::replay(plan, journal, account, region)?;
        run.back = true;
        run.lines.push_back(Event::RollBack);
        Ok(run)
    }

    pub(super) fn new(
        plan: &Plan,
        account: &str,
        region: &str,
        writer: Writer,
    ) -> Result<Self, JournalError> {
        for (what, expected, found) in
            [("account", plan.account(), account), ("region", plan.region(), region)]
        {
            if expected != found && !(what == "region" && plan.is_global()) {
                let (expected, found) = (expected.to_owned(), found.to_owned());
                return Err(JournalError::Elsewhere { what, expected, found });
            }
        }
        Ok(Self {
            plan: plan.clone(),
            steps: plan.steps().iter().cloned().map(Arc::new).collect(),
            back: false,
            drift: None,
            progress: vec![Progress::Todo; plan.steps().len()],
            known: Known::default(),
            kept: plan.kept(),
            numbers: (0..).zip(plan.steps()).map(|(at, step)| (step.id.clone(), at)).collect(),
            writer,
            lines: VecDeque::new(),
            doing: Doing::Deciding,
            attempts: 0,
            absences: 0,
            sleep_until: None,
            wait_until: None,
            cancelled: false,
            now: Timestamp::UNIX_EPOCH,
        })
    }

    fn replay(
        plan: &Plan,
        journal: &Journal,
        account: &str,
        region: &str,
    ) -> Result<Self, JournalError> {
        journal.check(plan)?;
        let mut run = Self::new(plan, account, region, Writer::after(plan, journal))?;
        if journal.lines.is_empty() {
            run.lines.push_back(Event::start(plan));
        }
        for line in &journal.lines {
            run.apply(&line.event);
        }
        for progress in &mut run.progress {
            if let Progress::Begun { doubt } = progress {
                *doubt = true;
            }
        }
        Ok(run)
    }

    /// Stops after the call in hand. The run can be resumed or rolled back.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// An output of a step that other calls of the plan refer to, by its reference: `role.Role.Arn`.
    #[must_use]
    pub fn output(&self, reference: &str) -> Option<&Json> {
        self.known.get(&reference.parse().ok()?)
    }

    /// The outputs of the plan that are known by now, by name.
    #[must_use]
    pub fn outputs(&self) -> BTreeMap<String, Json> {
        let outputs = self.plan.outputs().iter();
        outputs.filter_map(|(name, value)| Some((name.clone(), self.known.json(value)?))).collect()
    }

    /// What to do now. Between a [`Next::Call`] and its answer it is the same call.
    pub fn next(&mut self, now: Timestamp) -> Next {
        self.now = now;
        loop {
            if let Some(event) = self.lines.pop_front() {
                self.apply(&event);
                return Next::Write(self.writer.line(now, event));
            }
            if let Doing::Ended(end) = &self.doing {
                return Next::End(end.clone());
            }
            if let Some(until) = self.sleep_until {
                let left = until.duration_since(now);
                match Duration::try_from(left) {
                    Ok(left) if !left.is_zero() && !self.cancelled => return Next::Sleep(left),
                    _ => self.sleep_until = None,
                }
                if self.cancelled {
                    self.doing = Doing::Deciding;
                }
            }
            match self.request() {
                Some(request) => return Next::Call(request),
                None => self.decide(),
            }
        }
    }

    /// The answer to the call in hand: what the service answered, as JSON in the API's names, or how it failed. Without a call in
    /// hand it is ignored.
    pub fn answer(&mut self, answer: Result<Json, Failure>) {
        let answer = answer.and_then(whole);
        if let (Some(_), Doing::Finding(at) | Doing::Calling(at)) = (&self.drift, &self.doing) {
            let at = *at;
            return self.looked(at, &answer);
        }
        match (self.doing.clone(), answer) {
            (Doing::Finding(at), Ok(answer)) => self.found(at, &answer),
            (Doing::Finding(at), Err(failure)) => match failure.means() {
                Meaning::NotFound => self.absent(at),
                Meaning::Later | Meaning::Doubt => self.again(at, &failure),
                _ => self.fail(at, failure.code()),
            },
            (Doing::Calling(at), Ok(answer)) => self.called(at, &answer),
            (Doing::Calling(at), Err(failure)) => self.refused(at, &failure),
            (Doing::Waiting(at), Ok(answer)) => self.waited(at, Some(&answer)),
            (Doing::Waiting(at), Err(failure)) => match failure.means() {
                Meaning::NotFound => self.waited(at, None),
                Meaning::Later | Meaning::Doubt => self.again(at, &failure),
                _ => self.fail(at, failure.code()),
            },
            (Doing::Undoing(at), Ok(_)) => self.undone(at),
            (Doing::Undoing(at), Err(failure)) => match failure.means() {
                Meaning::NotFound => {
                    if self.is_surely_absent() {
                        self.undone(at);
                    }
                }
                Meaning::Later | Meaning::Doubt => self.again(at, &failure),
                _ => self.fail(at, failure.code()),
            },
            (Doing::Deciding | Doing::Ended(_), _) => {}
        }
    }

    /// Takes an event into account: when it is written, and when it is read back.
    fn apply(&mut self, event: &Event) {
        match event {
            Event::Start { .. } | Event::Resume | Event::End { .. } => {}
            Event::RollBack => self.back = true,
            Event::Begin { step } => self.set(step, Progress::Begun { doubt: false }),
            Event::Done { step, made, outputs } => {
                for (path, value) in outputs {
                    if let Ok(reference) = format!("{step}.{path}").parse() {
                        self.known.insert(reference, value.clone());
                    }
                }
                let step_at = self.position(step).and_then(|at| self.step(at));
                let awaits = step_at.is_some_and(|step| step.wait.is_some());
                let made = *made;
                self.set(
                    step,
                    if awaits { Progress::Done { made } } else { Progress::Ready { made } },
                );
            }
            Event::Ready { step } => {
                let made = self.position(step).and_then(|at| self.progress.get(at));
                let made = matches!(made, Some(Progress::Done { made: true }));
                self.set(step, Progress::Ready { made });
            }
            Event::UndoBegin { .. } => {}
            Event::Undone { step } => {
                self.set(step, Progress::Undone);
                for (one, progress) in self.steps.iter().zip(&mut self.progress) {
                    if one.undone_with.as_ref() == Some(step) {
                        *progress = Progress::Undone;
                    }
                }
            }
        }
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    fn set(&mut self, id: &str, progress: Progress) {
        if let Some(slot) = self.position(id).and_then(|at| self.progress.get_mut(at)) {
            *slot = progress;
        }
    }

    pub(super) fn step(&self, at: usize) -> Option<Arc<Step>> {
        self.steps.get(at).cloned()
    }

    fn at(&self, at: usize) -> Progress {
        self.progress.get(at).copied().unwrap_or(Progress::Todo)
    }

    /// The call in hand, with what is known by now.
    pub(super) fn request(&self) -> Option<Request> {
        let (Doing::Finding(at) | Doing::Calling(at) | Doing::Waiting(at) | Doing::Undoing(at)) =
            self.doing
        else {
            return None;
        };
        let step = self.steps.get(at)?;
        let call = match (&self.doing, &step.again) {
            (Doing::Finding(_), Again::Found(found)) => &found.read,
            (Doing::Calling(_), _) => &step.call,
            (Doing::Waiting(_), _) => &step.wait.as_ref()?.call,
            (Doing::Undoing(_), _) => step.undo.as_ref()?,
            _ => return None,
        };
        Some(Request {
            step: step.id.clone(),
            number: at + 1,
            steps: self.plan.steps().len(),
            call: self.known.call(call)?,
        })
    }

    fn decide(&mut self) {
        self.attempts = 0;
        self.absences = 0;
        self.sleep_until = None;
        self.wait_until = None;
        if self.drift.is_some() {
            self.decide_look();
        } else if self.back {
            self.decide_back();
        } else {
            self.decide_forward();
        }
    }

    fn decide_forward(&mut self) {
        let next =
            self.progress.iter().position(|progress| !matches!(progress, Progress::Ready { .. }));
        let Some((at, step)) = next.and_then(|at| Some((at, self.step(at)?))) else {
            return self.end(Status::Finished);
        };
        if self.cancelled {
            return self.end(Status::Cancelled);
        }
        if let Progress::Done { .. } = self.at(at) {
            self.doing = Doing::Waiting(at);
        } else if self.plan.not_after().is_some_and(|end| self.now > end) {
            self.fail(at, "the plan must not be run any more");
        } else if matches!(step.again, Again::Found(_)) {
            self.doing = Doing::Finding(at);
        } else {
            self.begin(at);
        }
        self.check_request(at);
    }

    fn decide_back(&mut self) {
        let open = |at: usize| match self.at(at) {
            Progress::Todo | Progress::Undone => false,
            Progress::Begun { .. } => true,
            Progress::Done { made } | Progress::Ready { made } => made,
        };
        let is_undoable = |at: usize| self.step(at).is_some_and(|step| step.undo.is_some());
        let next = (0..self.progress.len()).rev().find(|at| open(*at) && is_undoable(*at));
        let Some((at, step)) = next.and_then(|at| Some((at, self.step(at)?))) else {
            return self.end(Status::RolledBack);
        };
        if self.cancelled {
            return self.end(Status::Cancelled);
        }
        match (self.at(at), &step.again) {
            // It may or may not be there: look.
            (Progress::Begun { .. }, Again::Found(_)) => self.doing = Doing::Finding(at),
            // The same token: the call gives what it gave, or would have given.
            (Progress::Begun { .. }, Again::ClientToken) => self.doing = Doing::Calling(at),
            _ => {
                self.lines.push_back(Event::UndoBegin { step: step.id.clone() });
                self.doing = Doing::Undoing(at);
            }
        }
        self.check_request(at);
    }

    /// Every output that a call refers to is known when it is its turn, unless the journal lacks it.
    fn check_request(&mut self, at: usize) {
        let is_call = !matches!(self.doing, Doing::Deciding | Doing::Ended(_));
        if is_call && self.request().is_none() {
            self.fail(at, "an output that the call refers to is not known");
        }
    }

    fn begin(&mut self, at: usize) {
        if self.cancelled {
            self.doing = Doing::Deciding;
            return;
        }
        if let (Some(step), Progress::Todo) = (self.step(at), self.at(at)) {
            self.lines.push_back(Event::Begin { step: step.id.clone() });
        }
        self.doing = Doing::Calling(at);
        self.check_request(at);
    }

    fn found(&mut self, at: usize, answer: &Json) {
        let Some(step) = self.step(at) else {
            return;
        };
        let Again::Found(found) = &step.again else {
            return;
        };
        let Some(expect) = expected(&found.expect, |value| self.known.json(value)) else {
            return self.fail(at, "an output that is expected is not known");
        };
        match found.judge(&expect, answer) {
            Verdict::Absent => self.absent(at),
            Verdict::There => {
                let made = matches!(self.at(at), Progress::Begun { doubt: true });
                self.done(at, made, |path| found.locate(path)?.get(answer).cloned());
            }
            Verdict::Different(place) => {
                self.fail(at, &format!("somebody else's is there: {place} is otherwise"));
            }
        }
    }

    fn absent(&mut self, at: usize) {
        if matches!(self.at(at), Progress::Begun { doubt: true }) && !self.is_surely_absent() {
            return;
        }
        if self.back {
            return self.undone(at);
        }
        self.begin(at);
    }

    /// What was made a moment ago may not be visible yet, so that one read which does not see it is no proof.
    fn is_surely_absent(&mut self) -> bool {
        self.absences += 1;
        if self.absences < ABSENCES {
            let pause = SignedDuration::from_secs(i64::from(self.absences));
            self.sleep_until = Some(later(self.now, pause));
            return false;
        }
        true
    }

    fn called(&mut self, at: usize, answer: &Json) {
        self.done(at, true, |path| path.get(answer).cloned());
    }

    /// The service says that it is done: by an earlier call of this run whose answer was lost, or by somebody else.
    fn there_already(&mut self, at: usize) {
        let made = matches!(self.at(at), Progress::Begun { doubt: true });
        self.done(at, made, |_| None);
    }

    /// Keeps the outputs and writes that the step is done. An answer without them is one that cannot be read.
    fn done(&mut self, at: usize, made: bool, find: impl Fn(&Path) -> Option<Json>) {
        let Some(step) = self.step(at) else {
            return;
        };
        let mut outputs = BTreeMap::new();
        let kept = self.kept.get(at).cloned().unwrap_or_default();
        for path in &kept {
            match find(path) {
                Some(value) => {
                    outputs.insert(path.to_string(), value);
                }
                None => {
                    let failure = Failure::Unknown(format!("the answer has no {path}"));
                    return match self.doing {
                        Doing::Calling(_) => self.refused(at, &failure),
                        _ => self.again(at, &failure),
                    };
                }
            }
        }
        let made = made && step.again != Again::Read;
        self.lines.push_back(Event::Done { step: step.id.clone(), made, outputs });
        self.doing = Doing::Deciding;
    }

    fn refused(&mut self, at: usize, failure: &Failure) {
        let step = self.step(at);
        let again = step.as_deref().map(|step| &step.again);
        let is_found = matches!(again, Some(Again::Found(_)));
        let removes = matches!(again, Some(Again::Removes));
        match failure.means() {
            Meaning::NotFound if removes => {
                if self.is_surely_absent() {
                    self.there_already(at);
                }
            }
            Meaning::No => self.fail(at, failure.code()),
            Meaning::Later | Meaning::NotFound => self.again(at, failure),
            Meaning::Doubt => {
                self.doubt(at);
                self.again(at, failure);
                if is_found && matches!(self.doing, Doing::Calling(_)) {
                    self.doing = Doing::Finding(at);
                }
            }
            Meaning::Exists if is_found => {
                self.again(at, failure);
                if matches!(self.doing, Doing::Calling(_)) {
                    self.doing = Doing::Finding(at);
                }
            }
            Meaning::Exists if matches!(again, Some(Again::Repeatable)) => self.there_already(at),
            Meaning::Exists => self.fail(at, failure.code()),
        }
    }

    fn doubt(&mut self, at: usize) {
        if let Some(Progress::Begun { doubt }) = self.progress.get_mut(at) {
            *doubt = true;
        }
    }

    fn waited(&mut self, at: usize, answer: Option<&Json>) {
        let Some(step) = self.step(at) else {
            return;
        };
        let Some(wait) = &step.wait else {
            return;
        };
        let Some(until) = expected(&wait.until, |value| self.known.json(value)) else {
            return self.fail(at, "an output that is awaited is not known");
        };
        self.attempts = 0;
        let is_there = answer
            .is_some_and(|answer| until.iter().all(|(path, value)| holds(path, value, answer)));
        if is_there {
            self.lines.push_back(Event::Ready { step: step.id.clone() });
            self.doing = Doing::Deciding;
            return;
        }
        let limit = SignedDuration::from_secs(wait.at_most_seconds.into());
        let end = *self.wait_until.get_or_insert_with(|| later(self.now, limit));
        if self.now >= end {
            return self.fail(at, "what is awaited did not come in time");
        }
        self.sleep_until =
            Some(later(self.now, SignedDuration::from_secs(wait.every_seconds.into())));
    }

    fn undone(&mut self, at: usize) {
        if let Some(step) = self.step(at) {
            self.lines.push_back(Event::Undone { step: step.id.clone() });
        }
        self.doing = Doing::Deciding;
    }

    /// Tries again later, twice as late each time, from half a second to 20.
    pub(super) fn again(&mut self, at: usize, failure: &Failure) {
        self.attempts += 1;
        if self.attempts >= if failure.is_settling() { SETTLES } else { ATTEMPTS } {
            return self.fail(at, failure.code());
        }
        let pause = 250_i64.saturating_mul(1 << self.attempts).min(20_000);
        self.sleep_until = Some(later(self.now, SignedDuration::from_millis(pause)));
    }

    fn fail(&mut self, at: usize, code: &str) {
        let Some(step) = self.step(at) else {
            return;
        };
        let call = match (&self.doing, &step.again, &step.wait, &step.undo) {
            (Doing::Finding(_), Again::Found(found), ..) => &found.read,
            (Doing::Waiting(_), _, Some(wait), _) => &wait.call,
            (Doing::Undoing(_), _, _, Some(undo)) => undo,
            _ => &step.call,
        };
        let call = format!("{} {}", call.service, call.operation);
        self.end_at(Status::Failed, Some((step.id.clone(), call)), Some(code.to_owned()));
    }

    pub(super) fn end(&mut self, status: Status) {
        self.end_at(status, None, None);
    }

    fn end_at(&mut self, status: Status, at: Option<(String, String)>, code: Option<String>) {
        let (step, call) = at.unzip();
        if self.drift.is_none() {
            self.lines.push_back(Event::End {
                status: status.name().to_owned(),
                step: step.clone(),
                code: code.clone(),
            });
        }
        let drift = self.drift.clone().unwrap_or_default();
        let changed = |progress: &Progress| {
            matches!(
                progress,
                Progress::Begun { .. }
                    | Progress::Done { made: true }
                    | Progress::Ready { made: true }
            )
        };
        let steps = self.plan.steps().iter().zip(&self.progress);
        let remains = steps
            .filter(|(step, progress)| step.again != Again::Read && changed(progress))
            .map(|(step, _)| step.id.clone())
            .collect();
        self.doing = Doing::Ended(End { status, step, call, code, remains, drift });
    }
}

fn later(now: Timestamp, duration: SignedDuration) -> Timestamp {
    now.checked_add(duration).unwrap_or(Timestamp::MAX)
}
