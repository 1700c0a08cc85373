//! How runs end.

/// How a run ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct End {
    pub(super) status: Status,
    pub(super) step: Option<String>,
    pub(super) code: Option<String>,
    pub(super) remains: Vec<String>,
    pub(super) drift: Vec<(String, Drift)>,
}

impl End {
    /// How.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The step that failed.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        self.step.as_deref()
    }

    /// Why it failed: the code of the service, or a phrase of ours.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Steps that this run has done, or may have, and that are not undone, in the order of the plan.
    #[must_use]
    pub fn remains(&self) -> &[String] {
        &self.remains
    }

    /// What a [dry run](super::Run::dry_run) says of each step, in the order of the plan. Empty for other runs.
    #[must_use]
    pub fn drift(&self) -> &[(String, Drift)] {
        &self.drift
    }
}

/// What a dry run says of a step.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Drift {
    /// It is done: a run would leave it as it is. For a step that reads: it answered.
    Done,
    /// It is not done: a run would do it.
    Missing,
    /// Something else is there, and a run would stop: the place that is otherwise.
    Different(String),
    /// It cannot be told without running: why.
    Unknown(String),
}

impl Drift {
    /// The state in a word: `done`, `missing`, `different`, `unknown`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Missing => "missing",
            Self::Different(_) => "different",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// What happened, in a line: why a run failed, and what remains of it.
impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.status {
            Status::Finished => "the run finished",
            Status::RolledBack => "the run is rolled back",
            Status::Cancelled => "the run was cancelled: resume it or roll it back",
            Status::Failed => "the run failed",
        })?;
        if let Some(step) = &self.step {
            write!(f, " at step `{step}`")?;
        }
        if let Some(code) = &self.code {
            write!(f, ": {code}")?;
        }
        match (self.status, self.remains.as_slice()) {
            (Status::Finished, _) | (Status::RolledBack, []) => Ok(()),
            (_, []) => f.write_str("; nothing of it remains"),
            (_, some) => write!(f, "; of it remain or may remain: {}", some.join(", ")),
        }
    }
}

/// How a run ended: see [`End`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Status {
    /// Every step is done.
    Finished,
    /// Everything that can be undone is.
    RolledBack,
    /// It was cancelled between two calls, and can be resumed or rolled back.
    Cancelled,
    /// A step failed; the run can be resumed, once the cause is gone, or rolled back.
    Failed,
}

impl Status {
    /// The status in a word: `finished`, `rolled_back`, `cancelled`, `failed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::RolledBack => "rolled_back",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}
