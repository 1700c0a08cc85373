//! What a run has done, line by line.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::document::{Plan, hex};

/// The lines of a journal, read and checked.
///
/// A journal is text: one JSON object on each line, which holds the SHA-256 of itself and of the line before; the first line
/// continues from the plan's digest. So accidental damage is found. It is no proof against a forger: the chain has no key, and
/// whoever can write the file can write another chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Journal {
    pub(super) lines: Vec<Line>,
    whole: usize,
}

impl Journal {
    /// Reads a journal. A last line that was cut off, because the machine stopped while it was written, is left out; so it can
    /// be that there is no line at all, and nothing was done.
    ///
    /// # Errors
    ///
    /// When another line is damaged, missing or out of order; when the text is no journal.
    pub fn read(text: &str) -> Result<Self, JournalError> {
        let mut lines: Vec<Line> = Vec::new();
        let mut whole = 0;
        let mut rest = text;
        while let Some((line, after)) = rest.split_once('\n') {
            let number = lines.len() + 1;
            let parsed: Line = serde_json::from_str(line)
                .map_err(|error| JournalError::damaged(number, error.to_string()))?;
            if parsed.hash != parsed.digest() {
                return Err(JournalError::damaged(number, "its hash is another"));
            }
            let follows = lines.last().is_none_or(|last| last.hash == parsed.previous);
            if !follows || parsed.number != lines.len() {
                return Err(JournalError::damaged(number, "it does not follow the line before"));
            }
            whole += line.len() + 1;
            lines.push(parsed);
            rest = after;
        }
        // A driver cuts off what is not whole: it must not cut another file.
        let is_begun = rest.starts_with(FIRST) || FIRST.starts_with(rest);
        if lines.is_empty() && !is_begun {
            return Err(JournalError::damaged(1, "it is no line of a journal"));
        }
        Ok(Self { lines, whole })
    }

    /// How many bytes of the text are whole lines. A driver cuts the file there before it goes on writing.
    #[must_use]
    pub fn whole_bytes(&self) -> usize {
        self.whole
    }

    /// The digest of the plan that ran. Empty when there is no line.
    #[must_use]
    pub fn plan_digest(&self) -> &str {
        self.lines.first().map(|line| line.previous.as_str()).unwrap_or_default()
    }

    /// Checks that it is the journal of a plan, in its account and Region.
    pub(super) fn check(&self, plan: &Plan) -> Result<(), JournalError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        match self.lines.first().map(|line| &line.event) {
            Some(Event::Start { account, region, .. })
                if self.plan_digest() == plan.digest()
                    && account == plan.account()
                    && region == plan.region() =>
            {
                Ok(())
            }
            _ => Err(JournalError::OfAnother { plan: plan.id().to_owned() }),
        }
    }
}

/// How the first line begins.
const FIRST: &str = "{\"number\":0,\"at\":\"";

/// Why a journal was refused.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JournalError {
    /// A line that is not as it was written.
    #[error("journal: line {line} is damaged: {why}")]
    Damaged {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The journal of another plan, or of this one in another account or Region.
    #[error(
        "journal: expected the journal of plan `{plan}` as it is now, found that of another plan"
    )]
    OfAnother {
        /// The id of the plan.
        plan: String,
    },
    /// A run that is being undone cannot go on.
    #[error("journal: the run was being rolled back: roll it back")]
    RollingBack,
    /// The caller is in another account or Region than the plan.
    #[error("{what}: expected {expected}, found `{found}`")]
    Elsewhere {
        /// `account` or `region`.
        what: &'static str,
        /// The plan's.
        expected: String,
        /// The caller's.
        found: String,
    },
}

impl JournalError {
    /// A stable name for the kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "DAMAGED_JOURNAL",
            Self::OfAnother { .. } => "OTHER_PLAN",
            Self::RollingBack => "ROLLING_BACK",
            Self::Elsewhere { .. } => "OTHER_ACCOUNT_OR_REGION",
        }
    }

    fn damaged(line: usize, why: impl Into<String>) -> Self {
        Self::Damaged { line, why: why.into() }
    }
}

/// One line.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    number: usize,
    /// RFC 3339; for people, not for the run.
    at: String,
    pub(super) event: Event,
    previous: String,
    #[serde(default)]
    hash: String,
}

impl Line {
    fn digest(&self) -> String {
        let bare = Self { hash: String::new(), ..self.clone() };
        // Writing to memory cannot fail, and every event has a JSON form.
        hex(&Sha256::digest(serde_json::to_string(&bare).unwrap_or_default()))
    }
}

/// What happened.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Event {
    /// A run starts.
    Start { plan: String, account: String, region: String },
    /// It goes on.
    Resume,
    /// It is undone from here on.
    RollBack,
    /// The call of a step is about to be made.
    Begin { step: String },
    /// The call has answered, or a read has found the work done. `made`: by this run. Outputs are those that other calls need.
    Done { step: String, made: bool, outputs: BTreeMap<String, serde_json::Value> },
    /// What was awaited is there.
    Ready { step: String },
    /// The undo of a step is about to be called.
    UndoBegin { step: String },
    /// A step is undone, or was never done.
    Undone { step: String },
    /// The run stops. The code is the service's or ours; messages of services are not kept, they can repeat input.
    End { status: String, step: Option<String>, code: Option<String> },
}

impl Event {
    pub(super) fn start(plan: &Plan) -> Self {
        Self::Start {
            plan: plan.id().to_owned(),
            account: plan.account().to_owned(),
            region: plan.region().to_owned(),
        }
    }
}

/// Makes the lines of a journal.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    number: usize,
    previous: String,
}

impl Writer {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { number: 0, previous: plan.digest() }
    }

    pub(super) fn after(plan: &Plan, journal: &Journal) -> Self {
        let last = journal.lines.last().map(|line| line.hash.clone());
        let previous = last.unwrap_or_else(|| plan.digest());
        Self { number: journal.lines.len(), previous }
    }

    /// The line with its line feed.
    pub(super) fn line(&mut self, at: Timestamp, event: Event) -> String {
        let previous = std::mem::take(&mut self.previous);
        let at = at.to_string();
        let mut line = Line { number: self.number, at, event, previous, hash: String::new() };
        line.hash = line.digest();
        self.number += 1;
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        self.previous = line.hash;
        text
    }
}
