//! Errors: one Python class for each family, a stable `.code`, and whether to try again.

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use zt_core::guardrails::GuardrailError;
use zt_core::validate::SuggestionError;
use zt_crypto::{Error, KeyringError as Keyring};

create_exception!(zt, ZtError, PyException, "The root of all errors of this package.");
create_exception!(zt, DecryptError, ZtError, "A message could not be opened.");
create_exception!(zt, EncryptError, ZtError, "A request to encrypt cannot be met.");
create_exception!(zt, KmsError, ZtError, "KMS refused, answered wrongly, or was not reached.");
create_exception!(zt, KeyringError, ZtError, "A keyring cannot be used as it was set up.");
create_exception!(zt, PolicyError, ZtError, "A policy cannot be used.");

/// An error of `zt-crypto` as Python sees it. What Python code raised comes back as it was.
pub(crate) fn to_py(error: impl Into<Error>) -> PyErr {
    let error = error.into();
    let (code, retryable, text) = (error.code(), error.retryable(), error.to_string());
    let details = Details::of(&error);
    let raised = match error {
        Error::Decrypt(_) => DecryptError::new_err(text),
        Error::Encrypt(_) => EncryptError::new_err(text),
        Error::Kms(_) => KmsError::new_err(text),
        Error::Keyring(Keyring::Custom(source)) => match source.downcast::<PyErr>() {
            Ok(raised) => return *raised,
            Err(_) => KeyringError::new_err(text),
        },
        Error::Keyring(_) => KeyringError::new_err(text),
        Error::Io(error) => {
            let (path, source) = error.into_parts();
            return from_io(path, source);
        }
        _ => ZtError::new_err(text),
    };
    details.set(with_code(raised, code, retryable))
}

/// What some errors know beyond their text.
enum Details {
    None,
    Kms { service_code: Option<String>, operation: &'static str, key_id: String },
    NoMatchingKey { message: Vec<String>, configured: Vec<String> },
}

impl Details {
    fn of(error: &Error) -> Self {
        match error {
            Error::Kms(error) => Self::Kms {
                service_code: error.service_code().map(str::to_owned),
                operation: error.operation(),
                key_id: error.key_id().to_owned(),
            },
            Error::Decrypt(zt_crypto::DecryptError::NoMatchingKey(names)) => Self::NoMatchingKey {
                message: names.message_keys().to_vec(),
                configured: names.configured_keys().to_vec(),
            },
            _ => Self::None,
        }
    }

    fn set(self, error: PyErr) -> PyErr {
        Python::attach(|py| {
            let value = error.value(py);
            let set = match self {
                Self::None => Ok(()),
                Self::Kms { service_code, operation, key_id } => value
                    .setattr("service_code", service_code)
                    .and_then(|()| value.setattr("operation", operation))
                    .and_then(|()| value.setattr("key_id", key_id)),
                Self::NoMatchingKey { message, configured } => value
                    .setattr("message_keys", message)
                    .and_then(|()| value.setattr("configured_keys", configured)),
            };
            set.err().unwrap_or(error)
        })
    }
}

/// The attributes of errors that were not raised here, such as those of a user's own tests.
pub(crate) fn defaults(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let class = |name: &str| module.getattr(name);
    let root = class("ZtError")?;
    root.setattr("code", "ERROR")?;
    root.setattr("retryable", false)?;
    let kms = class("KmsError")?;
    kms.setattr("service_code", py.None())?;
    kms.setattr("operation", "")?;
    kms.setattr("key_id", "")?;
    let decrypt = class("DecryptError")?;
    decrypt.setattr("message_keys", pyo3::types::PyTuple::empty(py))?;
    decrypt.setattr("configured_keys", pyo3::types::PyTuple::empty(py))?;
    let policy = class("PolicyError")?;
    for place in ["pointer", "line", "column", "found", "suggestion"] {
        policy.setattr(place, py.None())?;
    }
    policy.setattr("expected", "")
}

/// Raised in Python, in a reader or a writer: as it was. Else the OSError of this number, so that
/// `except FileNotFoundError` works, with the file's name.
fn from_io(path: Option<std::path::PathBuf>, source: std::io::Error) -> PyErr {
    if source.get_ref().is_some_and(|inner| inner.is::<PyErr>()) {
        return source.into();
    }
    let (number, text) = (source.raw_os_error(), source.to_string());
    match (number, path) {
        (Some(number), Some(path)) => {
            let raised =
                pyo3::exceptions::PyOSError::new_err((number, text, path.into_os_string()));
            with_code(raised, "IO", false)
        }
        _ => source.into(),
    }
}

/// Sets `.code` and `.retryable`.
pub(crate) fn with_code(error: PyErr, code: &str, retryable: bool) -> PyErr {
    Python::attach(|py| {
        let value = error.value(py);
        let set = value.setattr("code", code).and_then(|()| value.setattr("retryable", retryable));
        set.err().unwrap_or(error)
    })
}

/// A policy that was refused, with its place.
pub(crate) fn policy_error(error: zt_core::policy::PolicyError) -> PyErr {
    let facts = PolicyFacts {
        pointer: error.pointer().map(str::to_owned),
        line: error.line(),
        column: error.column(),
        expected: error.expected(),
        found: error.found().map(str::to_owned),
        suggestion: error.suggestion().map(str::to_owned),
    };
    facts.raise(&error, error.code())
}

/// A parameter that cannot be one.
pub(crate) fn guardrail_error(error: zt_core::guardrails::GuardrailError) -> PyErr {
    if let GuardrailError::Policy(error) = error {
        return policy_error(error);
    }
    let facts = PolicyFacts {
        expected: error.expected(),
        found: error.found().map(str::to_owned),
        ..PolicyFacts::default()
    };
    facts.raise(&error, error.code())
}

/// A parameter of a guardrail that does not read.
pub(crate) fn parameter_error(error: &zt_core::policy::keys::ValueError) -> PyErr {
    let facts = PolicyFacts {
        expected: error.expected().to_owned(),
        found: Some(error.found().to_owned()),
        ..PolicyFacts::default()
    };
    facts.raise(error, error.code())
}

/// A name that is not one of a list.
pub(crate) fn name_error(error: &zt_core::policy::UnknownName) -> PyErr {
    let facts = PolicyFacts {
        expected: format!("one of {}", error.expected().join(", ")),
        found: Some(error.found().to_owned()),
        ..PolicyFacts::default()
    };
    facts.raise(error, error.code())
}

/// A policy that cannot be split.
pub(crate) fn split_error(error: &zt_core::rewrite::SplitError) -> PyErr {
    PolicyFacts::default().raise(error, error.code())
}

/// An edit that cannot be made.
pub(crate) fn suggestion_error(error: zt_core::validate::SuggestionError) -> PyErr {
    match error {
        SuggestionError::Policy(error) => policy_error(error),
        error => PolicyFacts::default().raise(&error, error.code()),
    }
}

/// Policies that cannot be evaluated.
pub(crate) fn evaluate_error(error: &zt_core::evaluate::EvaluateError) -> PyErr {
    PolicyFacts::default().raise(error, error.code())
}

/// What a `PolicyError` knows beyond its text.
#[derive(Default)]
struct PolicyFacts {
    pointer: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    expected: String,
    found: Option<String>,
    suggestion: Option<String>,
}

impl PolicyFacts {
    fn raise(self, error: &impl ToString, code: &str) -> PyErr {
        let raised = with_code(PolicyError::new_err(error.to_string()), code, false);
        Python::attach(|py| {
            let value = raised.value(py);
            let set = value
                .setattr("pointer", self.pointer)
                .and_then(|()| value.setattr("line", self.line))
                .and_then(|()| value.setattr("column", self.column))
                .and_then(|()| value.setattr("expected", self.expected))
                .and_then(|()| value.setattr("found", self.found))
                .and_then(|()| value.setattr("suggestion", self.suggestion));
            set.err().unwrap_or(raised)
        })
    }
}

/// A value that does not fit a condition key.
pub(crate) fn value_error(error: zt_core::policy::keys::ValueError) -> PyErr {
    with_code(PyValueError::new_err(error.to_string()), error.code(), false)
}

/// For a name that is not one of a list.
pub(crate) fn unknown(
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> PyErr {
    let known: Vec<_> = known.into_iter().collect();
    let known = known.join(", ");
    PyValueError::new_err(format!("unknown {what} `{name}`: expected one of {known}"))
}
