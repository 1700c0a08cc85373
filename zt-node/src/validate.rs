//! Findings, and the edits that mend.

use napi::{Error, Result};
use napi_derive::napi;
use zt_core::policy::keys::DateTime;
use zt_core::validate::{Kind, ValidateOptions};

use crate::error::{name_failure, suggestion_failure, value_failure};
use crate::policy::Policy;

/// What is taken into account beside the policy.
#[napi(object)]
#[derive(Debug)]
pub struct ValidateSettings {
    /// The time to compare dates with.
    pub now: Option<String>,
    /// The account that the policy is in.
    pub account_id: Option<String>,
    /// The limit on the size.
    pub size_limit: Option<String>,
}

/// Checks a policy against every rule that its kind has.
///
/// # Errors
/// When there is no such kind or limit, or the time is none.
#[napi]
pub fn validate(policy: &Policy, kind: String, settings: ValidateSettings) -> Result<Findings> {
    let kind: Kind = kind.parse().map_err(|error| name_failure(&error))?;
    let mut options = ValidateOptions::default();
    if let Some(now) = settings.now {
        let now = now.parse::<DateTime>().and_then(|now| now.timestamp());
        options = options.now(now.map_err(|error| value_failure(&error))?);
    }
    if let Some(id) = settings.account_id {
        options = options.account_id(id);
    }
    if let Some(limit) = settings.size_limit {
        options = options.size_limit(limit.parse().map_err(|error| name_failure(&error))?);
    }
    Ok(Findings(zt_core::validate::validate(&policy.0, kind, &options)))
}

/// Findings, all in one object.
#[napi]
#[derive(Debug)]
pub struct Findings(Vec<zt_core::validate::Finding>);

#[napi]
impl Findings {
    /// What was found.
    #[napi]
    #[must_use]
    pub fn list(&self) -> Vec<Finding> {
        self.0.iter().map(Finding::new).collect()
    }

    /// The policy with the edit of one finding made.
    ///
    /// # Errors
    /// When the policy has no such place, or would not be one afterwards.
    #[napi]
    pub fn apply(&self, at: u32, policy: &Policy) -> Result<Policy> {
        let finding = usize::try_from(at).ok().and_then(|at| self.0.get(at));
        let suggestion = finding.and_then(zt_core::validate::Finding::suggestion);
        let suggestion = suggestion.ok_or_else(|| Error::from_reason("no such suggestion"))?;
        suggestion.apply(&policy.0).map(Policy).map_err(|error| suggestion_failure(&error))
    }
}

/// One thing that a rule found.
#[napi(object)]
#[derive(Debug)]
pub struct Finding {
    /// The rule's code.
    pub code: String,
    /// How bad it is.
    pub severity: String,
    /// Where.
    pub pointer: String,
    /// What.
    pub message: String,
    /// All of it on a line.
    pub text: String,
    /// An edit that mends it.
    pub suggestion: Option<Suggestion>,
}

/// An edit at a place of a policy.
#[napi(object)]
#[derive(Debug)]
pub struct Suggestion {
    /// Where.
    pub pointer: String,
    /// What to do there.
    pub action: String,
    /// The name or operator that is put there.
    pub name: Option<String>,
    /// The JSON value that is put there.
    pub value: Option<String>,
    /// As a phrase.
    pub text: String,
}

impl Finding {
    fn new(finding: &zt_core::validate::Finding) -> Self {
        let suggestion = finding.suggestion().map(|suggestion| Suggestion {
            pointer: suggestion.pointer().to_owned(),
            action: suggestion.action().to_owned(),
            name: suggestion.name().map(str::to_owned),
            value: suggestion.value().map(str::to_owned),
            text: suggestion.to_string(),
        });
        Self {
            code: finding.code().to_owned(),
            severity: finding.severity().name().to_owned(),
            pointer: finding.pointer().to_owned(),
            message: finding.message().to_owned(),
            text: finding.to_string(),
            suggestion,
        }
    }
}

/// A rule, with why it is one.
#[napi(object)]
#[derive(Debug)]
pub struct Rule {
    /// What findings are told apart by.
    pub code: String,
    /// How bad its findings are.
    pub severity: String,
    /// What it finds.
    pub title: String,
    /// Why that is worth finding.
    pub why: String,
    /// Where that is written.
    pub source: String,
}

/// Every rule.
#[napi]
#[must_use]
pub fn rules() -> Vec<Rule> {
    let rules = zt_core::validate::rules().iter().map(|rule| Rule {
        code: rule.code().to_owned(),
        severity: rule.severity().name().to_owned(),
        title: rule.title().to_owned(),
        why: rule.why().to_owned(),
        source: rule.source().to_owned(),
    });
    rules.collect()
}
