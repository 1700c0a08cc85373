//! Why a plan was refused.

/// Why a plan was refused: where, what was expected there, and what was found.
///
/// ```
/// use zt_core::plan::{Call, Plan, Step};
///
/// let step = Step::read("role", "see whether the role is there", Call::new("iam", "GetRole").with("RoelName", "app"));
/// let error = Plan::builder("look", "look at a role", "111122223333", "eu-central-1").step(step).build().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "step `role`: call.input.RoelName: expected a member of iam GetRole, found `RoelName`; did you mean `RoleName`?",
/// );
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlanError {
    pub(super) step: Option<String>,
    pub(super) place: String,
    pub(super) expected: String,
    pub(super) found: Option<String>,
    pub(super) suggestion: Option<String>,
}

impl PlanError {
    pub(crate) fn new(
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<Option<String>>,
    ) -> Self {
        Self {
            step: None,
            place: place.into(),
            expected: expected.into(),
            found: found.into().map(|text| shorten(&text)),
            suggestion: None,
        }
    }

    pub(super) fn in_step(mut self, id: &str) -> Self {
        self.step = Some(id.to_owned());
        self
    }

    /// Suggests the name that is most like what was found.
    pub(super) fn or_one_of<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        if let Some(found) = &self.found {
            let found = found.to_lowercase();
            self.suggestion = names
                .into_iter()
                .map(|name| (strsim::damerau_levenshtein(&name.to_lowercase(), &found), name))
                .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
                .min()
                .map(|(_, name)| name.to_owned());
        }
        self
    }

    /// A stable name: `INVALID_PLAN`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "INVALID_PLAN"
    }

    /// The id of the step that is wrong, if one is.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        self.step.as_deref()
    }

    /// The place in the step or plan: `call.input.RoleName`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What was expected there, as a phrase.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What was found there. None when nothing was.
    #[must_use]
    pub fn found(&self) -> Option<&str> {
        self.found.as_deref()
    }

    /// A name that may have been meant.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(step) = &self.step {
            write!(f, "step `{step}`: ")?;
        }
        write!(f, "{}: expected {}, found ", self.place, self.expected)?;
        match &self.found {
            Some(found) => write!(f, "`{found}`")?,
            None => f.write_str("none")?,
        }
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; did you mean `{suggestion}`?")?;
        }
        Ok(())
    }
}

impl std::error::Error for PlanError {}

/// One line, and not the whole of a long text.
fn shorten(text: &str) -> String {
    const LONGEST: usize = 80;
    let line = text.replace(|character: char| character.is_control(), " ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
