//! What the answers of services mean.

use super::step::{Expectation, Found};
use super::value::{Path, Value};

/// How a call failed.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Failure {
    /// The service answered with an error: its code, as SDKs have it (`NoSuchEntity`).
    Refused(String),
    /// Nobody knows whether the call took effect: no answer in time, a broken connection, an answer that cannot be read.
    Unknown(String),
}

impl Failure {
    pub(super) fn code(&self) -> &str {
        match self {
            Self::Refused(code) | Self::Unknown(code) => code,
        }
    }

    /// Whether it is an earlier change that is under way, and not this call, that it is about.
    pub(super) fn is_settling(&self) -> bool {
        matches!(self, Self::Refused(code) if SETTLING.contains(&code.as_str()))
    }

    pub(super) fn means(&self) -> Meaning {
        let code = match self {
            Self::Refused(code) => code.as_str(),
            Self::Unknown(_) => return Meaning::Doubt,
        };
        if THROTTLING.contains(&code) {
            Meaning::Later
        } else if SERVER.contains(&code) {
            Meaning::Doubt
        } else if code.ends_with("NotFound") || NOT_THERE.contains(&code) {
            Meaning::NotFound
        } else if code.ends_with("AlreadyExists")
            || code.ends_with(".Duplicate")
            || THERE.contains(&code)
        {
            Meaning::Exists
        } else if SETTLING.contains(&code) {
            Meaning::Later
        } else {
            Meaning::No
        }
    }
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Meaning {
    /// It did not take effect; the same call may work later.
    Later,
    /// It may have taken effect.
    Doubt,
    /// What it is about is not there, or not visible yet.
    NotFound,
    /// What it makes is there.
    Exists,
    /// It will not work.
    No,
}

/// AWS SDKs and Tools Reference Guide, *Retry behavior*: codes that mean too many requests.
const THROTTLING: &[&str] = &[
    "429",
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// The same page, and the common errors of the API references: the service failed. Numbers are of HTTP, where there was no code.
const SERVER: &[&str] = &[
    "500",
    "502",
    "503",
    "504",
    "InternalError",
    "InternalFailure",
    "InternalServerException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
];

/// What else says that something is not there: error codes of the API references of IAM, EventBridge Scheduler, CloudWatch Logs
/// and Amazon EC2.
const NOT_THERE: &[&str] = &["Gateway.NotAttached", "NoSuchEntity", "ResourceNotFoundException"];

/// What else says that something is there.
const THERE: &[&str] = &[
    "ConflictException",
    "InvalidSubnet.Conflict",
    "Resource.AlreadyAssociated",
    "ResourceAlreadyExistsException",
];

/// An earlier change that is not visible everywhere yet (IAM User Guide, *Changes that I make are not always immediately
/// visible*), or one that is under way.
const SETTLING: &[&str] = &[
    "ConcurrentModification",
    "DeleteConflict",
    "DependencyViolation",
    "InvalidGroup.InUse",
    "OperationAbortedException",
];

/// An answer, or the refusal in it: calls of Amazon EC2 about several resources answer, and list those that they refused with an
/// error each (EC2 API Reference, *UnsuccessfulItem*).
pub(super) fn whole(answer: serde_json::Value) -> Result<serde_json::Value, Failure> {
    let Some(refused) = answer.pointer("/Unsuccessful/0") else {
        return Ok(answer);
    };
    let code = refused.pointer("/Error/Code").and_then(serde_json::Value::as_str);
    Err(Failure::Refused(code.unwrap_or("Unsuccessful").to_owned()))
}

/// What a read says of a step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Not done.
    Absent,
    /// Done as the plan would.
    There,
    /// There, and otherwise than the plan would make it: the place.
    Different(String),
}

impl Found {
    /// Judges an answer. Expectations are without references by now.
    pub(super) fn judge(
        &self,
        expect: &[(Path, serde_json::Value)],
        answer: &serde_json::Value,
    ) -> Verdict {
        let outputs = self.outputs.iter().filter_map(|output| output.at.parse::<Path>().ok());
        let places = outputs.chain(expect.iter().map(|(path, _)| path.clone()));
        if places.into_iter().all(|place| place.get(answer).is_none()) {
            return Verdict::Absent;
        }
        match expect.iter().find(|(path, value)| !holds(path, value, answer)) {
            Some((path, _)) => Verdict::Different(path.to_string()),
            None => Verdict::There,
        }
    }
}

/// Whether a place of an answer is as expected.
pub(super) fn holds(path: &Path, expected: &serde_json::Value, answer: &serde_json::Value) -> bool {
    path.get(answer).is_some_and(|found| {
        found == expected
            || object(expected)
                .is_some_and(|expected| object(found).is_some_and(|found| expected == found))
    })
}

/// Expectations with their references replaced.
pub(super) fn expected(
    all: &[Expectation],
    resolve: impl Fn(&Value) -> Option<serde_json::Value>,
) -> Option<Vec<(Path, serde_json::Value)>> {
    all.iter().map(|one| Some((one.path.parse().ok()?, resolve(&one.is)?))).collect()
}

/// A JSON object, or a text that is one. IAM answers with policies in percent-encoding (RFC 3986), which some SDKs decode, and
/// some of them read, too.
fn object(value: &serde_json::Value) -> Option<serde_json::Value> {
    let parse = |text: &str| serde_json::from_str(text).ok().filter(serde_json::Value::is_object);
    match value {
        serde_json::Value::Object(_) => Some(value.clone()),
        serde_json::Value::String(text) => parse(text).or_else(|| parse(&percent_decode(text)?)),
        _ => None,
    }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_are_compared_as_json() {
        let path: Path = "PolicyDocument".parse().unwrap();
        let expected = json!(r#"{"Version":"2012-10-17","Statement":[]}"#);
        let holds = |found| holds(&path, &expected, &json!({ "PolicyDocument": found }));
        assert!(holds(expected.clone()));
        assert!(holds(json!(r#"{ "Statement": [], "Version": "2012-10-17" }"#)));
        assert!(holds(json!({ "Statement": [], "Version": "2012-10-17" })));
        assert!(holds(json!("%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D")));
        assert!(!holds(json!(r#"{"Version":"2012-10-17","Statement":[{}]}"#)));
        assert!(!holds(json!("%7")));
        assert!(!holds(json!(null)));
    }

    #[test]
    fn what_an_answer_refuses_is_refused() {
        let fine = json!({ "FlowLogIds": ["fl-1"], "Unsuccessful": [] });
        assert_eq!(whole(fine.clone()), Ok(fine));
        let error = json!({ "Code": "InvalidFlowLogId.NotFound", "Message": "no" });
        let refused = json!({ "Unsuccessful": [{ "ResourceId": "fl-1", "Error": error }] });
        let failure = Failure::Refused("InvalidFlowLogId.NotFound".to_owned());
        assert_eq!(failure.means(), Meaning::NotFound);
        assert_eq!(whole(refused), Err(failure));
        let silent = json!({ "Unsuccessful": [{}] });
        assert_eq!(whole(silent), Err(Failure::Refused("Unsuccessful".to_owned())));
    }
}
