//! Parameters of guardrails: what they must look like, and what is said when they do not.

use std::fmt;

use crate::policy::PolicyError;

/// Why a guardrail could not be made.
///
/// ```
/// use zt_core::guardrails::kms_key_policy;
///
/// let error = kms_key_policy("ACCOUNT").administrators(["arn:aws:iam::111122223333:role/Admin"]).build().unwrap_err();
/// assert_eq!(error.to_string(), "account id: expected 12 digits, found `ACCOUNT`");
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GuardrailError {
    /// A parameter that cannot be one.
    #[error(transparent)]
    Invalid(InvalidParameter),
    /// A parameter that is needed and was not given.
    #[error(transparent)]
    Missing(MissingParameter),
    /// The policy was refused.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl GuardrailError {
    /// A stable name for programs: `INVALID_PARAMETER`, `MISSING_PARAMETER`, or the code of the policy's error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "INVALID_PARAMETER",
            Self::Missing(_) => "MISSING_PARAMETER",
            Self::Policy(error) => error.code(),
        }
    }

    /// What was expected, as a phrase.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::Invalid(error) => error.expected.clone(),
            Self::Missing(error) => error.expected.to_owned(),
            Self::Policy(error) => error.expected(),
        }
    }

    /// What was given instead, where something was.
    #[must_use]
    pub fn found(&self) -> Option<&str> {
        match self {
            Self::Invalid(error) => Some(&error.found),
            Self::Missing(_) => None,
            Self::Policy(error) => error.found(),
        }
    }

    pub(super) fn invalid(
        parameter: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Invalid(InvalidParameter {
            parameter,
            expected: expected.into(),
            found: found.into(),
        })
    }

    pub(super) fn missing(parameter: &'static str, expected: &'static str) -> Self {
        Self::Missing(MissingParameter { parameter, expected })
    }
}

/// A parameter that cannot be one: see [`GuardrailError::Invalid`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{parameter}: expected {expected}, found `{found}`")]
pub struct InvalidParameter {
    parameter: &'static str,
    expected: String,
    found: String,
}

impl InvalidParameter {
    /// The parameter, in words.
    #[must_use]
    pub fn parameter(&self) -> &str {
        self.parameter
    }

    /// What was expected, as a phrase.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What was given.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }
}

/// A parameter that was not given: see [`GuardrailError::Missing`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{parameter}: expected {expected}, found none")]
pub struct MissingParameter {
    parameter: &'static str,
    expected: &'static str,
}

impl MissingParameter {
    /// The parameter, in words.
    #[must_use]
    pub fn parameter(&self) -> &str {
        self.parameter
    }
}

/// Twelve digits.
pub(super) fn account(id: &str) -> Result<(), GuardrailError> {
    let fits = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(()) } else { Err(GuardrailError::invalid("account id", "12 digits", id)) }
}

/// The ARN of a user or role, complete: wildcards name nobody in a `Principal`.
pub(super) fn principal_arn(parameter: &'static str, arn: &str) -> Result<(), GuardrailError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let fits = match parts.as_slice() {
        ["arn", partition, "iam", "", id, name] => {
            !partition.is_empty()
                && account(id).is_ok()
                && !name.contains(['*', '?', '$'])
                && ["user/", "role/"]
                    .iter()
                    .any(|kind| name.strip_prefix(kind).is_some_and(|name| !name.is_empty()))
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let expected = "the ARN of a user or role, such as arn:aws:iam::111122223333:role/Name";
    Err(GuardrailError::invalid(parameter, expected, arn))
}

/// The account in an ARN that [`principal_arn`] took.
pub(super) fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// A text that starts like this and goes on with letters, digits and some signs.
pub(super) fn id(
    parameter: &'static str,
    prefix: &'static str,
    text: &str,
) -> Result<(), GuardrailError> {
    let fits = text.strip_prefix(prefix).is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    if fits {
        return Ok(());
    }
    let expected = match prefix {
        "" => "letters, digits and hyphens".to_owned(),
        prefix => format!("{prefix} and letters or digits"),
    };
    Err(GuardrailError::invalid(parameter, expected, text))
}

/// A partition of AWS, as ARNs name it.
pub(super) fn partition(name: &str) -> Result<(), GuardrailError> {
    id("partition", "aws", &format!("{name}-"))
        .map_err(|_| GuardrailError::invalid("partition", "one such as aws or aws-cn", name))
}

/// The host name of a service principal.
pub(super) fn service(parameter: &'static str, name: &str) -> Result<(), GuardrailError> {
    let fits = name.split('.').count() >= 3
        && (name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn"))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        && !name.starts_with('.');
    let expected = "a service principal such as lambda.amazonaws.com";
    if fits { Ok(()) } else { Err(GuardrailError::invalid(parameter, expected, name)) }
}

/// Joins sentences that depend on parameters.
pub(super) fn sentences<'a>(all: impl IntoIterator<Item = (bool, &'a str)>) -> Vec<&'a str> {
    all.into_iter().filter_map(|(applies, sentence)| applies.then_some(sentence)).collect()
}

/// Every item, checked.
pub(super) fn each<T: fmt::Display>(
    items: &[T],
    check: impl Fn(&str) -> Result<(), GuardrailError>,
) -> Result<(), GuardrailError> {
    items.iter().try_for_each(|item| check(&item.to_string()))
}
