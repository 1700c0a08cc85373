//! A driver whose world can stop or answer wrongly at any point.
#![allow(dead_code, reason = "each test file uses a part")]

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use zt_core::plan::{End, Failure, Journal, JournalError, Next, Plan, Request, Run};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-central-1";

pub(crate) fn start() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// What answers calls: a model of an account.
pub(crate) trait World {
    fn call(&mut self, request: &Request) -> Result<Json, Failure>;
}

/// How the world stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kill {
    /// Before a call or a line.
    Before,
    /// After the call took effect and before its answer came; in the middle of a line.
    Inside,
}

/// A driver. Its clock only moves when it sleeps.
pub(crate) struct Driver<'a, W> {
    pub(crate) account: &'a mut W,
    pub(crate) journal: &'a mut String,
    pub(crate) now: Timestamp,
    pub(crate) actions: usize,
    pub(crate) calls: usize,
    pub(crate) kill: Option<(usize, Kill)>,
    pub(crate) cancel: Option<usize>,
    pub(crate) fault: Interference<'a, W>,
}

/// What goes wrong, given the number of the call.
pub(crate) type Interference<'a, W> =
    Box<dyn FnMut(usize, &Request, &mut W) -> Option<Result<Json, Failure>> + 'a>;

impl<'a, W: World> Driver<'a, W> {
    pub(crate) fn new(account: &'a mut W, journal: &'a mut String) -> Self {
        let fault: Interference<'a, W> = Box::new(|_, _, _| None);
        Self {
            account,
            journal,
            now: start(),
            actions: 0,
            calls: 0,
            kill: None,
            cancel: None,
            fault,
        }
    }

    /// None when killed.
    pub(crate) fn drive(&mut self, run: &mut Run) -> Option<End> {
        loop {
            let next = run.next(self.now);
            if self.cancel == Some(self.actions) {
                self.cancel = None;
                run.cancel();
                self.actions = 0;
                self.calls = 0;
            }
            let killed = match self.kill {
                Some((at, how)) if at == self.actions => Some(how),
                _ => None,
            };
            match next {
                Next::Write(line) => {
                    self.actions += 1;
                    match killed {
                        Some(Kill::Before) => return None,
                        Some(Kill::Inside) => {
                            self.journal.push_str(line.get(..line.len() / 2).unwrap());
                            return None;
                        }
                        None => self.journal.push_str(&line),
                    }
                }
                Next::Call(request) => {
                    self.actions += 1;
                    if killed == Some(Kill::Before) {
                        return None;
                    }
                    let number = self.calls;
                    self.calls += 1;
                    assert!(self.calls < 10_000, "the run does not end");
                    let answer = match (self.fault)(number, &request, self.account) {
                        Some(answer) => answer,
                        None => self.account.call(&request),
                    };
                    if killed == Some(Kill::Inside) {
                        return None;
                    }
                    run.answer(answer);
                }
                Next::Sleep(time) => self.now += SignedDuration::try_from(time).unwrap(),
                Next::End(end) => return Some(end),
            }
        }
    }
}

pub(crate) fn read(journal: &mut String) -> Result<Journal, JournalError> {
    let read = Journal::read(journal)?;
    journal.truncate(read.whole_bytes());
    Ok(read)
}

pub(crate) fn run(plan: &Plan, account: &mut impl World, journal: &mut String) -> End {
    let mut run = Run::start(plan, ACCOUNT, REGION).unwrap();
    Driver::new(account, journal).drive(&mut run).unwrap()
}

/// Goes on after a kill; when nothing was written, from the start.
pub(crate) fn resume(plan: &Plan, journal: &mut String) -> Run {
    Run::resume(plan, &read(journal).unwrap(), ACCOUNT, REGION).unwrap()
}

pub(crate) fn roll_back(plan: &Plan, journal: &mut String) -> Run {
    Run::roll_back(plan, &read(journal).unwrap(), ACCOUNT, REGION).unwrap()
}
