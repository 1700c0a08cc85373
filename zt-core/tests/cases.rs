//! The 9,005 generated requests of `tests/data/policy/evaluation-cases.jsonl.gz`, each with the decision expected.
#![cfg(test)]

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;
use zt_core::evaluate::{ContextValue, Evaluator, Request};
use zt_core::policy::{Policy, Principal};

#[derive(Deserialize)]
struct Case {
    id: u32,
    request: CaseRequest,
    policies: CasePolicies,
    expected: String,
    basis: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CaseRequest {
    principal: String,
    action: String,
    resource: String,
    resource_account: String,
    context: BTreeMap<String, CaseValue>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum CaseValue {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CasePolicies {
    identity_policies: Vec<Policy>,
    resource_policy: Option<Policy>,
    #[serde(default)]
    scps: Vec<Vec<Policy>>,
    #[serde(default)]
    rcps: Vec<Vec<Policy>>,
    #[serde(default)]
    boundaries: Vec<Policy>,
    session_policy: Option<Policy>,
}

fn cases() -> Vec<Case> {
    let packed: &[u8] = include_bytes!("data/policy/evaluation-cases.jsonl.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Case {
    /// A case's context is complete: a key that is not in it is absent, even one that follows from the principal.
    fn request(&self) -> Request {
        self.request_with_derived_keys().without_derived_keys()
    }

    fn request_with_derived_keys(&self) -> Request {
        let own = &self.request;
        let principal = if own.principal.starts_with("arn:") {
            Principal::aws(&own.principal)
        } else {
            Principal::service(&own.principal)
        };
        Request::new(principal, &own.action, &own.resource)
            .resource_account(&own.resource_account)
            .with_all(
                own.context.iter().map(|(key, value)| (key, ContextValue::from(value.clone()))),
            )
    }

    fn evaluator(&self) -> Evaluator {
        let own = &self.policies;
        Evaluator::builder()
            .identity(&own.identity_policies)
            .resource(&own.resource_policy)
            .scps(&own.scps)
            .rcps(&own.rcps)
            .boundaries(&own.boundaries)
            .session(&own.session_policy)
            .build()
            .unwrap()
    }
}

impl From<CaseValue> for ContextValue {
    fn from(value: CaseValue) -> Self {
        match value {
            CaseValue::One(value) => Self::One(value),
            CaseValue::Many(values) => Self::Many(values),
        }
    }
}

/// Cases whose expectation is another evaluator's, where a documented rule or our own choice says otherwise.
fn expected_differences() -> BTreeMap<u32, String> {
    include_str!("data/policy/expected-differences.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once('\t').unwrap())
        .map(|(id, rule)| (id.parse().unwrap(), rule.to_owned()))
        .collect()
}

#[test]
fn every_case_is_as_expected() {
    let mut differences = expected_differences();
    let mut wrong = Vec::new();
    for case in cases() {
        let decision = case.evaluator().evaluate(&case.request());
        let differs = decision.outcome().name() != case.expected;
        let rule = differences.remove(&case.id);
        if let Some(choice) = rule.as_ref().and_then(|rule| rule.strip_prefix("choice ")) {
            let id = choice.split(':').next().unwrap();
            let named = decision.reasons().iter().flat_map(|reason| reason.choices());
            assert!(named.into_iter().any(|own| own.id() == id), "{}: {id}: {decision}", case.id);
        }
        let listed = rule.is_some();
        if differs != (listed && case.basis == "peer") {
            wrong.push(format!(
                "{} ({}): expected {}, {decision}",
                case.id, case.basis, case.expected
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(differences.is_empty(), "listed but not there: {differences:?}");
}

#[test]
fn derived_keys_only_matter_to_cases_that_leave_them_out() {
    for case in cases() {
        let complete =
            case.request.context.keys().any(|key| key.eq_ignore_ascii_case("aws:PrincipalArn"));
        if complete {
            let evaluator = case.evaluator();
            let without = evaluator.outcome(&case.request());
            assert_eq!(
                evaluator.outcome(&case.request_with_derived_keys()),
                without,
                "{}",
                case.id
            );
        }
    }
}
