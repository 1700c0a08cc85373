//! The table of calls that all three languages make: see `testdata/policy/README.md`.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use zt_core::evaluate::{AccessMatrix, ContextValue, Evaluator, NamedPolicy, Request, choices};
use zt_core::guardrails::{
    GuardrailError, key_use, kms_key_policy, require_mfa, restrict_access, temporary_access, trust,
};
use zt_core::policy::keys::{DateTime, ValueError, texts};
use zt_core::policy::{IpRange, Policy, PolicyError, Principal, UnknownName};
use zt_core::rewrite::{Equivalence, SizeLimit, SplitError, equivalent, split};
use zt_core::validate::{Finding, Kind, SuggestionError, ValidateOptions, rules, validate};

type Json = Box<RawValue>;

#[derive(Deserialize)]
struct Table {
    cases: Vec<Case>,
}

/// A call: `do` says which, and which of the others there are.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    name: String,
    r#do: String,
    policy: Option<Json>,
    kind: Option<String>,
    now: Option<String>,
    account_id: Option<String>,
    size_limit: Option<String>,
    guardrail: String,
    trust: String,
    arguments: Vec<Value>,
    parameters: Parameters,
    limit: String,
    a: Option<Json>,
    b: Option<Json>,
    policies: Policies,
    request: Asked,
    principals: Vec<Person>,
    actions: Vec<String>,
    resources: Vec<String>,
    resource_accounts: BTreeMap<String, String>,
    context: BTreeMap<String, Value>,
    numbers: Vec<f64>,
    instants: Vec<String>,
}

/// Of guardrails.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parameters {
    partition: Option<String>,
    password_change: Option<bool>,
    max_age: Option<u32>,
    actions: Vec<String>,
    resources: Vec<String>,
    principals: Vec<Value>,
    source_ips: Vec<String>,
    source_vpces: Vec<String>,
    source_vpcs: Vec<String>,
    via_aws_services: Option<bool>,
    principal_orgs: Vec<String>,
    resource_orgs: Vec<String>,
    regions: Vec<String>,
    exempt_from_regions: Vec<String>,
    not_before: Option<String>,
    not_after: Option<String>,
    require_tls: bool,
    require_mfa: bool,
    account_id: String,
    administrators: Vec<String>,
    users: Vec<String>,
    service_users: Vec<String>,
    services: Vec<String>,
    key_use: Option<String>,
    encryption_context: BTreeMap<String, String>,
    multi_region: bool,
    require_mfa_to_destroy: bool,
    permissions: Option<Json>,
    source_arn: Option<String>,
    require_source_identity: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Policies {
    identity: Vec<Json>,
    resource: Option<Json>,
    scps: Vec<Vec<Json>>,
    rcps: Vec<Vec<Json>>,
    boundaries: Vec<Json>,
    session: Vec<Json>,
    endpoint: Option<Json>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    principal: Value,
    action: String,
    resource: String,
    resource_account: Option<String>,
    role_arn: Option<String>,
    context: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Person {
    name: String,
    principal: Value,
    policies: Policies,
}

#[test]
fn every_call_gives_what_it_gives_in_every_language() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/policy");
    let text = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let table: Table = serde_json::from_str(&text).unwrap();
    let given: BTreeMap<&str, Value> = table
        .cases
        .iter()
        .map(|case| {
            (case.name.as_str(), case.call().unwrap_or_else(|error| json!({"error": error})))
        })
        .collect();
    assert_eq!(given.len(), table.cases.len(), "names are unique");
    let expected = folder.join("expected.json");
    if std::env::var_os("ZT_WRITE_PARITY").is_some() {
        std::fs::write(&expected, serde_json::to_string_pretty(&given).unwrap() + "\n").unwrap();
    }
    let expected: BTreeMap<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(expected).unwrap()).unwrap();
    for (name, value) in &given {
        assert_eq!(Some(value), expected.get(*name), "{name}");
    }
    assert_eq!(given.len(), expected.len());
}

/// What a call gives, or `{"code": ..., "message": ...}`.
type Given = Result<Value, Value>;

fn failed<'a, E: Display>(code: impl Fn(&E) -> &'a str) -> impl Fn(E) -> Value {
    move |error| json!({"code": code(&error), "message": error.to_string()})
}

/// From JSON, or from a text with JSON in it.
fn policy(json: Option<&Json>) -> Result<Policy, Value> {
    let json = json.unwrap().get();
    let text: Option<String> = serde_json::from_str(json).ok();
    Policy::parse(text.as_deref().unwrap_or(json)).map_err(failed(PolicyError::code))
}

impl Case {
    fn call(&self) -> Given {
        match self.r#do.as_str() {
            "validate" => Ok(json!(self.findings()?)),
            "apply" => {
                let findings = self.findings()?;
                let suggestion = findings.iter().find_map(Finding::suggestion).unwrap();
                let mended = suggestion.apply(&policy(self.policy.as_ref())?);
                Ok(json!(mended.map_err(failed(SuggestionError::code))?.to_json()))
            }
            "guardrail" => self.guardrail(),
            "trust" => self.trust(),
            "normalize" => Ok(json!(policy(self.policy.as_ref())?.normalize().to_json())),
            "minimize" => Ok(json!(policy(self.policy.as_ref())?.minimize().to_json())),
            "split" => {
                let limit: SizeLimit = self.limit.parse().map_err(failed(UnknownName::code))?;
                let parts = split(&policy(self.policy.as_ref())?, limit)
                    .map_err(failed(SplitError::code))?;
                let part =
                    |part: &Policy| json!({"size": limit.size_of(part), "policy": part.to_json()});
                Ok(parts.iter().map(part).collect())
            }
            "equivalent" => {
                let found = equivalent(&policy(self.a.as_ref())?, &policy(self.b.as_ref())?);
                let witness = match &found {
                    Equivalence::Different(request) => Some(request.as_ref()),
                    _ => None,
                };
                Ok(json!({"equal": found.as_bool(), "witness": witness}))
            }
            "evaluate" => {
                let decision = self.policies.evaluator().evaluate(&self.request.request());
                let choices: Vec<_> = decision.choices().iter().map(|choice| choice.id()).collect();
                Ok(json!({"decision": decision, "choices": choices, "request": decision.request()}))
            }
            "evaluate_all" => {
                let requests = self.request.request().for_each(&self.resources);
                Ok(json!(self.policies.evaluator().evaluate_all(&requests)))
            }
            "matrix" => Ok(self.matrix()),
            "numbers" => {
                let text = |number: &f64| texts::number(&number.to_string()).unwrap();
                Ok(self.numbers.iter().map(text).map(Value::from).collect())
            }
            "instants" => {
                let text = |text: &String| {
                    let instant: DateTime = text.parse().unwrap();
                    texts::instant(instant.timestamp().unwrap().as_microsecond()).unwrap()
                };
                Ok(self.instants.iter().map(text).map(Value::from).collect())
            }
            "rules" => Ok(json!(rules())),
            "choices" => Ok(json!(choices())),
            other => panic!("{other}"),
        }
    }

    fn findings(&self) -> Result<Vec<Finding>, Value> {
        let unknown = failed(UnknownName::code);
        let kind: Kind = self.kind.as_deref().unwrap_or("identity").parse().map_err(&unknown)?;
        let mut options = ValidateOptions::default();
        if let Some(now) = &self.now {
            options = options.now(now.parse::<DateTime>().unwrap().timestamp().unwrap());
        }
        if let Some(id) = &self.account_id {
            options = options.account_id(id);
        }
        if let Some(limit) = &self.size_limit {
            options = options.size_limit(limit.parse().map_err(&unknown)?);
        }
        Ok(validate(&policy(self.policy.as_ref())?, kind, &options))
    }

    fn guardrail(&self) -> Given {
        let p = &self.parameters;
        let refused = failed(GuardrailError::code);
        match self.guardrail.as_str() {
            "require_mfa" => {
                let mut guardrail = require_mfa();
                if let Some(partition) = &p.partition {
                    guardrail = guardrail.partition(partition);
                }
                if let Some(allowed) = p.password_change {
                    guardrail = guardrail.password_change(allowed);
                }
                if let Some(seconds) = p.max_age {
                    guardrail = guardrail.max_age(seconds);
                }
                let policy = guardrail.build().map_err(refused)?;
                Ok(json!({"policy": policy.to_json(), "limits": guardrail.limits()}))
            }
            "restrict_access" => {
                let ranges = p.source_ips.iter().map(|text| text.parse::<IpRange>());
                let ranges =
                    ranges.collect::<Result<Vec<_>, _>>().map_err(failed(ValueError::code))?;
                let mut guardrail = restrict_access()
                    .actions(p.actions.clone())
                    .resources(p.resources.clone())
                    .principals(p.principals.iter().map(principal))
                    .source_ips(ranges)
                    .source_vpces(p.source_vpces.clone())
                    .source_vpcs(p.source_vpcs.clone())
                    .principal_orgs(p.principal_orgs.clone())
                    .resource_orgs(p.resource_orgs.clone())
                    .regions(p.regions.clone())
                    .exempt_from_regions(p.exempt_from_regions.clone())
                    .require_tls(p.require_tls)
                    .require_mfa(p.require_mfa);
                if let Some(exempt) = p.via_aws_services {
                    guardrail = guardrail.via_aws_services(exempt);
                }
                if let Some(start) = date(p.not_before.as_ref()) {
                    guardrail = guardrail.not_before(start);
                }
                if let Some(end) = date(p.not_after.as_ref()) {
                    guardrail = guardrail.not_after(end);
                }
                let deny = guardrail.deny().map_err(&refused)?;
                let allow = match p.actions.is_empty() {
                    true => None,
                    false => Some(guardrail.allow().map_err(&refused)?.to_json()),
                };
                Ok(json!({"allow": allow, "deny": deny.to_json(), "limits": guardrail.limits()}))
            }
            "kms_key_policy" => {
                let mut guardrail = kms_key_policy(&p.account_id)
                    .administrators(p.administrators.clone())
                    .users(p.users.clone())
                    .service_users(p.service_users.clone(), p.services.clone())
                    .multi_region(p.multi_region)
                    .require_mfa_to_destroy(p.require_mfa_to_destroy);
                if let Some(name) = &p.key_use {
                    guardrail =
                        guardrail.key_use(key_use(name).map_err(failed(UnknownName::code))?);
                }
                for (key, value) in &p.encryption_context {
                    guardrail = guardrail.encryption_context(key, value);
                }
                if let Some(partition) = &p.partition {
                    guardrail = guardrail.partition(partition);
                }
                let policy = guardrail.build().map_err(refused)?;
                Ok(json!({"policy": policy.to_json(), "limits": guardrail.limits()}))
            }
            "temporary_access" => {
                let end = date(p.not_after.as_ref()).unwrap();
                let mut guardrail = temporary_access(policy(p.permissions.as_ref())?, end);
                if let Some(start) = date(p.not_before.as_ref()) {
                    guardrail = guardrail.not_before(start);
                }
                let policy = guardrail.build().map_err(&refused)?;
                let role =
                    guardrail.trust("arn:aws:iam::111122223333:role/Operator").map_err(&refused)?;
                let role = role.require_source_identity().build().map_err(&refused)?;
                let limits = guardrail.limits();
                Ok(json!({"policy": policy.to_json(), "limits": limits, "trust": role.to_json()}))
            }
            other => panic!("{other}"),
        }
    }

    fn trust(&self) -> Given {
        let p = &self.parameters;
        let refused = failed(GuardrailError::code);
        let text = |at: usize| self.arguments[at].as_str().unwrap();
        let started = match self.trust.as_str() {
            "service" => trust::service(text(0), text(1)),
            "service_without_source" => trust::service_without_source(text(0)),
            "principal" => trust::principal(text(0)),
            "third_party" => trust::third_party(text(0), text(1)),
            "oidc" => {
                let subjects = self.arguments[2].as_array().unwrap();
                trust::oidc(text(0), text(1), subjects.iter().map(|one| one.as_str().unwrap()))
            }
            "saml" => trust::saml(text(0)),
            other => panic!("{other}"),
        };
        let mut trust = started.map_err(&refused)?;
        if let Some(arn) = &p.source_arn {
            trust = trust.source_arn(arn).map_err(&refused)?;
        }
        if p.require_mfa {
            trust = trust.require_mfa();
        }
        if p.require_source_identity {
            trust = trust.require_source_identity();
        }
        if let Some(start) = date(p.not_before.as_ref()) {
            trust = trust.not_before(start);
        }
        if let Some(end) = date(p.not_after.as_ref()) {
            trust = trust.not_after(end);
        }
        let policy = trust.build().map_err(&refused)?;
        Ok(json!({"policy": policy.to_json(), "limits": trust.limits()}))
    }

    fn matrix(&self) -> Value {
        let people: Vec<_> = self
            .principals
            .iter()
            .map(|person| (&person.name, principal(&person.principal), person.policies.evaluator()))
            .collect();
        let mut matrix = AccessMatrix::builder();
        for (name, principal, evaluator) in &people {
            matrix = matrix.principal(*name, principal, evaluator);
        }
        matrix = matrix.actions(&self.actions);
        for resource in &self.resources {
            matrix = match self.resource_accounts.get(resource) {
                Some(account) => matrix.resource_of(account, resource),
                None => matrix.resources([resource]),
            };
        }
        for (key, value) in &self.context {
            matrix = matrix.with(key, context(value));
        }
        let matrix = matrix.build();
        json!({"data": matrix, "text": matrix.to_string(), "markdown": matrix.to_markdown()})
    }
}

impl Policies {
    fn evaluator(&self) -> Evaluator {
        let one = |json: &Option<Json>| json.as_ref().map(|json| policy(Some(json)).unwrap());
        let levels = |levels: &[Vec<Json>]| -> Vec<Vec<Named>> {
            levels.iter().map(|level| level.iter().map(Named::new).collect()).collect()
        };
        let list = |list: &[Json]| -> Vec<Named> { list.iter().map(Named::new).collect() };
        let (scps, rcps) = (levels(&self.scps), levels(&self.rcps));
        Evaluator::builder()
            .identity(list(&self.identity).iter().map(Named::get))
            .resource(one(&self.resource).as_ref())
            .scps(scps.iter().map(|level| level.iter().map(Named::get)))
            .rcps(rcps.iter().map(|level| level.iter().map(Named::get)))
            .boundaries(list(&self.boundaries).iter().map(Named::get))
            .session(list(&self.session).iter().map(Named::get))
            .endpoint(one(&self.endpoint).as_ref())
            .build()
            .unwrap()
    }
}

/// A policy, or `{"name": ..., "policy": ...}`.
struct Named(Option<String>, Policy);

impl Named {
    fn new(json: &Json) -> Self {
        #[derive(Deserialize)]
        struct Pair {
            name: String,
            policy: Json,
        }
        match serde_json::from_str::<Pair>(json.get()) {
            Ok(pair) => Self(Some(pair.name), policy(Some(&pair.policy)).unwrap()),
            Err(_) => Self(None, policy(Some(json)).unwrap()),
        }
    }

    fn get(&self) -> NamedPolicy<'_> {
        match &self.0 {
            Some(name) => (name.as_str(), &self.1).into(),
            None => (&self.1).into(),
        }
    }
}

impl Asked {
    fn request(&self) -> Request {
        let mut request = Request::new(principal(&self.principal), &self.action, &self.resource);
        if let Some(account) = &self.resource_account {
            request = request.resource_account(account);
        }
        if let Some(arn) = &self.role_arn {
            request = request.role_arn(arn);
        }
        request.with_all(self.context.iter().map(|(key, value)| (key, context(value))))
    }
}

fn principal(value: &Value) -> Principal {
    match value {
        Value::String(text) => Principal::from(text.as_str()),
        other => {
            let (kind, name) = other.as_object().unwrap().iter().next().unwrap();
            Principal::from_kind(kind, name.as_str().unwrap()).unwrap()
        }
    }
}

fn context(value: &Value) -> ContextValue {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Value::Null => ContextValue::Unknown,
        Value::Array(values) => ContextValue::Many(values.iter().map(text).collect()),
        one => ContextValue::One(text(one)),
    }
}

fn date(text: Option<&String>) -> Option<DateTime> {
    text.map(|text| text.parse().unwrap())
}
