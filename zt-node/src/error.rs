//! Errors on their way to JavaScript.
//!
//! Node-API gives a rejected promise room for strings only. So the message is the error's own, and
//! what programs need travels as JSON in the message of the error's cause; `api/errors.ts` makes a
//! `ZtError` of the two.

use napi::{Error, Status};
use serde_json::json;
use zt_core::access::AccessError;
use zt_core::plan::Phase;

/// An error of the crypto crate, for a throw or a rejection.
pub(crate) fn failure(error: impl Into<zt_crypto::Error>) -> Error {
    let error = error.into();
    let (family, service_code) = match &error {
        zt_crypto::Error::Decrypt(_) => ("DecryptError", None),
        zt_crypto::Error::Encrypt(_) => ("EncryptError", None),
        zt_crypto::Error::Kms(error) => ("KmsError", error.service_code()),
        zt_crypto::Error::Keyring(_) => ("KeyringError", None),
        _ => ("ZtError", None),
    };
    let facts = json!({
        "family": family,
        "code": error.code(),
        "retryable": error.retryable(),
        "serviceCode": service_code,
    });
    with_facts(error.to_string(), facts)
}

/// A policy that was refused, with its place.
pub(crate) fn policy_failure(error: &zt_core::policy::PolicyError) -> Error {
    let facts = json!({
        "family": "PolicyError",
        "code": error.code(),
        "pointer": error.pointer(),
        "line": error.line(),
        "column": error.column(),
        "expected": error.expected(),
        "found": error.found(),
        "suggestion": error.suggestion(),
    });
    with_facts(error.to_string(), facts)
}

/// A value that does not fit its condition key, or its parameter.
pub(crate) fn value_failure(error: &zt_core::policy::keys::ValueError) -> Error {
    refused(error, error.code(), Some(error.expected().to_owned()), Some(error.found()))
}

/// A parameter of a guardrail that cannot be one.
pub(crate) fn guardrail_failure(error: &zt_core::guardrails::GuardrailError) -> Error {
    match error {
        zt_core::guardrails::GuardrailError::Policy(error) => policy_failure(error),
        _ => refused(error, error.code(), Some(error.expected()), error.found()),
    }
}

/// A name that is not one of a list.
pub(crate) fn name_failure(error: &zt_core::policy::UnknownName) -> Error {
    let expected = format!("one of {}", error.expected().join(", "));
    refused(error, error.code(), Some(expected), Some(error.found()))
}

/// A policy that cannot be split.
pub(crate) fn split_failure(error: &zt_core::rewrite::SplitError) -> Error {
    refused(error, error.code(), None, None)
}

/// An edit that cannot be made.
pub(crate) fn suggestion_failure(error: &zt_core::validate::SuggestionError) -> Error {
    match error {
        zt_core::validate::SuggestionError::Policy(error) => policy_failure(error),
        _ => refused(error, error.code(), None, None),
    }
}

/// Policies that cannot be evaluated.
pub(crate) fn evaluate_failure(error: &zt_core::evaluate::EvaluateError) -> Error {
    refused(error, error.code(), None, None)
}

/// A plan that was refused, with its place.
pub(crate) fn plan_failure(error: &zt_core::plan::PlanError) -> Error {
    let facts = json!({
        "family": "PlanError",
        "code": error.code(),
        "step": error.step(),
        "place": error.place(),
        "expected": error.expected(),
        "found": error.found(),
        "suggestion": error.suggestion(),
    });
    with_facts(error.to_string(), facts)
}

/// Access that cannot be described.
pub(crate) fn access_failure(error: &AccessError) -> Error {
    match error {
        AccessError::Plan(error) => plan_failure(error),
        AccessError::Policy(error) => policy_failure(error),
        _ => {
            let facts = json!({ "family": "PlanError", "code": error.code() });
            with_facts(error.to_string(), facts)
        }
    }
}

/// An access policy that cannot be one.
pub(crate) fn access_policy_failure(error: &AccessError) -> Error {
    match error {
        AccessError::Invalid { expected, found, .. } => {
            refused(error, error.code(), Some(expected.clone()), Some(found))
        }
        _ => access_failure(error),
    }
}

/// A journal that was refused.
pub(crate) fn journal_failure(error: &zt_core::plan::JournalError) -> Error {
    let facts = json!({ "family": "RunError", "code": error.code() });
    with_facts(error.to_string(), facts)
}

/// A journal that another run has open.
pub(crate) fn busy_failure() -> Error {
    let message = "journal: expected one that no run has open, found one that is in use";
    let facts = json!({ "family": "RunError", "code": "JOURNAL_IN_USE", "retryable": true });
    with_facts(message.to_owned(), facts)
}

/// A phase that is none.
pub(crate) fn no_phase(found: &str) -> Error {
    let expected = Phase::ALL.map(Phase::name).join(", ");
    let message = format!("phase: expected one of {expected}, found `{found}`");
    with_facts(message, json!({ "family": "PlanError", "code": "UNKNOWN_NAME" }))
}

fn refused(
    error: &impl ToString,
    code: &str,
    expected: Option<String>,
    found: Option<&str>,
) -> Error {
    let facts =
        json!({ "family": "PolicyError", "code": code, "expected": expected, "found": found });
    with_facts(error.to_string(), facts)
}

/// The binding's own mistake: `api/` calls things in an order that cannot be.
pub(crate) fn misused(what: &str) -> Error {
    Error::new(Status::GenericFailure, format!("zt-node used its addon wrongly: {what}"))
}

fn with_facts(message: String, facts: serde_json::Value) -> Error {
    let mut thrown = Error::new(Status::GenericFailure, message);
    thrown.set_cause(Error::new(Status::GenericFailure, facts.to_string()));
    thrown
}
