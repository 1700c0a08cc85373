//! Why access could not be described.

use crate::guardrails::GuardrailError;
use crate::plan::PlanError;
use crate::policy::PolicyError;

/// Why temporary access, or a plan about it, was refused.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AccessError {
    /// A parameter that cannot be one: which, what was expected, what was found.
    #[error("{parameter}: expected {expected}, found `{found}`")]
    Invalid {
        /// The parameter, in words.
        parameter: &'static str,
        /// What was expected, as a phrase.
        expected: String,
        /// What was given.
        found: String,
    },
    /// Who, what or when: see [`temporary_access`](crate::guardrails::temporary_access).
    #[error(transparent)]
    Guardrail(#[from] GuardrailError),
    /// A policy with the conditions that were asked for.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl AccessError {
    pub(super) fn invalid(
        parameter: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Invalid { parameter, expected: expected.into(), found: found.into() }
    }
}
