//! Errors on their way to JavaScript.
//!
//! Node-API gives a rejected promise room for strings only. So the message is the error's own, and
//! what programs need travels as JSON in the message of the error's cause; `api/errors.ts` makes a
//! `ZtError` of the two.

use napi::{Error, Status};
use serde_json::json;

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
