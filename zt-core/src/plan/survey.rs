//! Dry runs: what a run would find, by reads alone.

use serde_json::Value as Json;

use super::answer::{Failure, Meaning, Verdict, expected};
use super::document::Plan;
use super::end::{Drift, Status};
use super::journal::{JournalError, Writer};
use super::run::{Doing, Run};
use super::step::Again;

impl Run {
    /// Looks how far the account is from the plan: makes the calls that only read, writes no journal, and ends with
    /// [`End::drift`](super::End::drift). Before a run it says what would be made and what is in the way; after one, what others
    /// have changed since.
    ///
    /// # Errors
    ///
    /// When the account or the Region is not the plan's.
    ///
    /// ```
    /// use zt_core::plan::{Call, Drift, Failure, Found, Next, Plan, Run, Step};
    ///
    /// let group = |operation| Call::new("scheduler", operation).with("Name", "zt-expiry");
    /// let step = Step::new("group", "make a group", group("CreateScheduleGroup"))
    ///     .found(Found::by(group("GetScheduleGroup")).expect("Name", "zt-expiry"))
    ///     .undo(group("DeleteScheduleGroup"));
    /// let plan = Plan::builder("expiry", "end access", "111122223333", "eu-central-1").step(step).build()?;
    /// let mut run = Run::dry_run(&plan, "111122223333", "eu-central-1")?;
    /// let now = "2026-06-01T12:00:00Z".parse()?;
    /// assert!(matches!(run.next(now), Next::Call(request) if request.operation() == "GetScheduleGroup"));
    /// run.answer(Err(Failure::Refused("ResourceNotFoundException".to_owned())));
    /// let Next::End(end) = run.next(now) else { unreachable!() };
    /// assert_eq!(end.drift(), [("group".to_owned(), Drift::Missing)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dry_run(plan: &Plan, account: &str, region: &str) -> Result<Self, JournalError> {
        let mut run = Self::new(plan, account, region, Writer::new(plan))?;
        run.drift = Some(Vec::new());
        Ok(run)
    }

    /// The next read, or what there is to say of the next step without one.
    pub(super) fn decide_look(&mut self) {
        let at = self.drift.as_ref().map(Vec::len).unwrap_or_default();
        let Some(step) = self.step(at) else {
            return self.end(Status::Finished, None, None);
        };
        if self.cancelled {
            return self.end(Status::Cancelled, None, None);
        }
        match &step.again {
            Again::Read => self.doing = Doing::Calling(at),
            Again::Found(_) => self.doing = Doing::Finding(at),
            _ => return self.note(Drift::Unknown("no read tells".to_owned())),
        }
        if self.request().is_none() {
            self.note(Drift::Unknown("it refers to what is not there yet".to_owned()));
        }
    }

    pub(super) fn looked(&mut self, at: usize, answer: &Result<Json, Failure>) {
        let Some(step) = self.step(at) else {
            return;
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) => {
                return match failure.means() {
                    Meaning::NotFound => self.note(Drift::Missing),
                    Meaning::Later | Meaning::Doubt => self.again(at, failure),
                    _ => self.note(Drift::Unknown(failure.code().to_owned())),
                };
            }
        };
        let Again::Found(found) = &step.again else {
            self.keep(at, |path| path.get(answer).cloned());
            return self.note(Drift::Done);
        };
        let Some(expect) = expected(&found.expect, |value| self.known.json(value)) else {
            return self.note(Drift::Unknown("it refers to what is not there yet".to_owned()));
        };
        match found.judge(&expect, answer) {
            Verdict::Absent => self.note(Drift::Missing),
            Verdict::Different(place) => self.note(Drift::Different(place)),
            Verdict::There => {
                self.keep(at, |path| found.locate(path)?.get(answer).cloned());
                self.note(Drift::Done);
            }
        }
    }

    fn note(&mut self, drift: Drift) {
        if let Some(all) = &mut self.drift
            && let Some(step) = self.plan.steps().get(all.len())
        {
            all.push((step.id.clone(), drift));
        }
        self.doing = Doing::Deciding;
    }

    fn keep(&mut self, at: usize, find: impl Fn(&super::value::Path) -> Option<Json>) {
        let Some(step) = self.step(at) else {
            return;
        };
        for path in &self.kept.get(at).cloned().unwrap_or_default() {
            if let (Ok(reference), Some(value)) =
                (format!("{}.{path}", step.id).parse(), find(path))
            {
                self.known.insert(reference, value);
            }
        }
    }
}
