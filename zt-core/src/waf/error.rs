//! Why a web ACL was refused, and the checks that several rooms share.

use super::capacity::Capacity;

/// Why a web ACL, or a part of one, was refused.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WafError {
    /// A parameter that cannot be one.
    #[error("{parameter}: expected {expected}, found `{found}`")]
    Invalid {
        /// Which parameter, in words.
        parameter: &'static str,
        /// What was expected.
        expected: String,
        /// What was given.
        found: String,
    },
    /// A managed rule group has no rule of this name. AWS WAF would ignore the override without a word.
    #[error("rule `{rule}` is not in {group}{}", did_you_mean(suggestion.as_deref()))]
    UnknownRule {
        /// The name of the rule group.
        group: &'static str,
        /// The name that was given.
        rule: String,
        /// The closest name that the group has.
        suggestion: Option<String>,
    },
    /// Two rules of one name.
    #[error("rule `{name}` is there twice: give one of them another name")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// More capacity than a web ACL can have.
    #[error("capacity: at most {} WCU fit in a web ACL, found {}: {}", Capacity::LIMIT, .0.total(), .0.listed())]
    Capacity(Capacity),
}

impl WafError {
    pub(super) fn invalid(
        parameter: &'static str,
        expected: impl Into<String>,
        found: impl ToString,
    ) -> Self {
        Self::Invalid { parameter, expected: expected.into(), found: found.to_string() }
    }
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!(": did you mean `{name}`?"))
}

/// The name of a web ACL, rule or set: 1 to 128 letters, digits, `-` and `_` (WAFV2 API, `EntityName`).
pub(super) fn name(parameter: &'static str, text: &str) -> Result<String, WafError> {
    let fits = (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if fits {
        return Ok(text.to_owned());
    }
    Err(WafError::invalid(parameter, "1 to 128 letters, digits, hyphens and underscores", text))
}

/// The name of a rule, which is the name of its metric too: AWS WAF keeps `All` and `Default_Action` for itself.
pub(super) fn rule_name(text: &str) -> Result<String, WafError> {
    if matches!(text, "All" | "Default_Action") {
        return Err(WafError::invalid(
            "rule name",
            "a name other than All and Default_Action",
            text,
        ));
    }
    name("rule name", text)
}

/// The name of a header: a token of RFC 9110, at most 255 characters.
pub(super) fn header(text: &str) -> Result<String, WafError> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if (1..=255).contains(&text.len()) && text.bytes().all(token) {
        return Ok(text.to_owned());
    }
    Err(WafError::invalid("header", "the name of an HTTP header", text))
}
