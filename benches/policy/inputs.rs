//! What is decided: the article's conditional access among statements like it. Peers get the same as JSON.

use serde_json::{Map, Value, json};
use zt_core::evaluate::{Outcome, Request};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

/// A request of the bench: what it is called, what it asks for, and what is decided.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    resource: &'static str,
}

/// The request that the first statement allows, and one that no statement is about.
pub(crate) const CASES: [Case; 2] = [
    Case {
        name: "allow",
        outcome: Outcome::Allowed,
        resource: "arn:aws:s3:::sensitive-data/report",
    },
    Case {
        name: "deny",
        outcome: Outcome::ImplicitDeny,
        resource: "arn:aws:s3:::elsewhere/report",
    },
];

const ACTION: &str = "s3:GetObject";

const CONTEXT: [(&str, &str); 4] = [
    ("aws:SourceIp", "203.0.113.7"),
    ("aws:RequestedRegion", "us-east-1"),
    ("aws:SecureTransport", "true"),
    ("aws:MultiFactorAuthPresent", "true"),
];

impl Case {
    pub(crate) fn request(&self) -> Request {
        CONTEXT.iter().fold(Request::new(ALICE, ACTION, self.resource), |request, (key, value)| {
            request.with(key, *value)
        })
    }

    /// What a decision among so many statements is called.
    pub(crate) fn title(&self, statements: usize) -> String {
        format!("{statements} statements, {}", self.name)
    }
}

/// The article's conditional access, and `statements - 1` like it for other buckets, a tenth of them denying.
pub(crate) fn document(statements: usize) -> String {
    let one = |at: usize| {
        let (effect, bucket) = match at {
            0 => ("Allow", "sensitive-data".to_owned()),
            _ if at.is_multiple_of(10) => ("Deny", format!("bucket-{at}")),
            _ => ("Allow", format!("bucket-{at}")),
        };
        json!({
            "Effect": effect,
            "Action": [ACTION, "s3:PutObject"],
            "Resource": format!("arn:aws:s3:::{bucket}/*"),
            "Condition": {
                "IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]},
                "StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]},
                "Bool": {"aws:SecureTransport": "true", "aws:MultiFactorAuthPresent": "true"},
            },
        })
    };
    let statements: Vec<_> = (0..statements).map(one).collect();
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// Policies and requests for the peers.
pub(crate) fn for_peers(sizes: &[usize]) -> serde_json::Result<Value> {
    let context: Map<String, Value> =
        CONTEXT.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    let sets: Vec<Value> = sizes
        .iter()
        .map(|&statements| {
            let requests: Vec<Value> = CASES
                .iter()
                .map(|case| {
                    json!({
                        "what": case.title(statements), "principal": ALICE, "action": ACTION,
                        "resource": case.resource, "context": context,
                        "allowed": case.outcome == Outcome::Allowed,
                    })
                })
                .collect();
            let policy: Value = serde_json::from_str(&document(statements))?;
            Ok(json!({"policy": policy, "requests": requests}))
        })
        .collect::<serde_json::Result<_>>()?;
    Ok(Value::Array(sets))
}
