//! Decisions about policies of every type at once, some facts unknown: what holds of all of them.
//!
//! The input is a row of choices, so that most inputs are policies that meet their request; every eighth text is the
//! input's own.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use zt_core::evaluate::{ContextValue, Decision, Evaluator, Outcome, Request};
use zt_core::policy::{Effect, Policy};

fuzz_target!(|data: &[u8]| {
    let choices = &mut Choices(data);
    let policies = Policies::new(choices);
    let open = Facts::new(choices);
    let request = open.request();
    let evaluator = policies.evaluator();
    let decision = evaluator.evaluate(&request);
    agrees_with_itself(&evaluator, &request, &decision);

    // Whatever is filled in, what was certain stays.
    let request = open.filled(choices).request();
    let filled = evaluator.evaluate(&request);
    agrees_with_itself(&evaluator, &request, &filled);
    let outcome = filled.outcome();
    assert_ne!(outcome, Outcome::Unknown, "{filled}");
    if decision.outcome() != Outcome::Unknown {
        assert_eq!(outcome, decision.outcome(), "{decision}\n{filled}");
    }
    assert!(!decision.is_denied() || !filled.is_allowed(), "{decision}\n{filled}");

    // A denial of everything wins, a boundary more never allows, and order means nothing.
    let everything = json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"});
    let denial = parsed(vec![everything], "2012-10-17").expect("a policy");
    let denied = Policies { resource: Some(denial.clone()), ..policies.clone() };
    assert_eq!(denied.evaluator().outcome(&request), Outcome::ExplicitDeny);
    let mut denied = policies.clone();
    denied.identity.push(denial);
    let after = denied.evaluator().outcome(&request);
    assert!(after == Outcome::ExplicitDeny || after == outcome, "{outcome} {after}");
    let mut bound = policies.clone();
    bound.boundaries.extend(policy(choices, false));
    let after = bound.evaluator().outcome(&request);
    assert!(after != Outcome::Allowed || outcome == Outcome::Allowed, "{outcome} {after}");
    assert_eq!(policies.reversed().evaluator().outcome(&request), outcome);
});

/// What a decision says of itself.
fn agrees_with_itself(evaluator: &Evaluator, request: &Request, decision: &Decision) {
    let outcome = decision.outcome();
    assert_eq!(evaluator.outcome(request), outcome);
    let again = evaluator.evaluate(request);
    assert_eq!(again.reasons(), decision.reasons());
    assert_eq!(again.to_string(), decision.to_string());
    let verdict = match outcome {
        Outcome::Allowed => "allowed: ",
        Outcome::ExplicitDeny | Outcome::ImplicitDeny => "denied: ",
        Outcome::Unknown => "unknown: ",
    };
    assert!(decision.to_string().starts_with(verdict), "{outcome}: {decision}");
    assert!(!decision.reasons().is_empty(), "{decision}");
    assert!(decision.reasons().iter().all(|reason| !reason.text().is_empty()));
    let denies = decision.reasons().iter().any(|reason| reason.effect() == Some(Effect::Deny));
    assert!(denies || outcome != Outcome::ExplicitDeny, "{decision}");
    let unknown = |name: &String| request.context(name) == Some(&ContextValue::Unknown);
    assert_eq!(decision.unknown_keys().is_empty(), outcome != Outcome::Unknown, "{decision}");
    assert!(decision.unknown_keys().iter().all(unknown), "{decision}");
    assert!(!(decision.is_allowed() && decision.is_denied()));
}

/// What a request is made of.
#[derive(Clone)]
struct Facts {
    principal: String,
    role: Option<String>,
    action: String,
    resource: String,
    account: Option<String>,
    context: Vec<(&'static str, ContextValue)>,
}

const KEYS: [&str; 6] = ["t:one", "t:two", "t:list", "t:n", "aws:SourceIp", "aws:userid"];

impl Facts {
    fn new(choices: &mut Choices<'_>) -> Self {
        Self {
            principal: choices.text(&PRINCIPALS),
            role: (choices.below(4) == 0).then(|| choices.text(&PRINCIPALS)),
            action: choices.text(&[
                "s3:GetObject",
                "kms:Decrypt",
                "sts:AssumeRole",
                "kms:RetireGrant",
            ]),
            resource: choices.text(&[
                "arn:aws:s3:::b/k",
                "arn:aws:kms:us-east-1:111122223333:key/1",
                "arn:aws:iam::111122223333:role/app",
                "*",
            ]),
            account: match choices.below(3) {
                0 => None,
                _ => Some(choices.text(&["111122223333", "444455556666"])),
            },
            context: KEYS
                .iter()
                .filter_map(|key| {
                    let value = match choices.below(6) {
                        0 => return None,
                        1 | 2 => ContextValue::Unknown,
                        3 => ContextValue::Many(
                            (0..choices.below(4)).map(|_| choices.text(&TEXTS)).collect(),
                        ),
                        _ => ContextValue::One(choices.text(&TEXTS)),
                    };
                    Some((*key, value))
                })
                .collect(),
        }
    }

    /// The same with a value, or none, for what is not known.
    fn filled(&self, choices: &mut Choices<'_>) -> Self {
        let mut filled = self.clone();
        filled.context = self
            .context
            .iter()
            .filter_map(|(key, value)| {
                if *value != ContextValue::Unknown {
                    return Some((*key, value.clone()));
                }
                match choices.below(5) {
                    0 => None,
                    1 => {
                        let texts = (0..choices.below(4)).map(|_| choices.text(&TEXTS));
                        Some((*key, ContextValue::Many(texts.collect())))
                    }
                    _ => Some((*key, ContextValue::One(choices.text(&TEXTS)))),
                }
            })
            .collect();
        filled
    }

    fn request(&self) -> Request {
        let mut request = Request::new(self.principal.as_str(), &self.action, &self.resource);
        if let Some(account) = &self.account {
            request = request.resource_account(account);
        }
        if let Some(role) = &self.role {
            request = request.role_arn(role).user_arn(role);
        }
        request.with_all(self.context.iter().cloned())
    }
}

#[derive(Clone)]
struct Policies {
    identity: Vec<Policy>,
    resource: Option<Policy>,
    scps: Vec<Vec<Policy>>,
    rcps: Vec<Vec<Policy>>,
    boundaries: Vec<Policy>,
    session: Vec<Policy>,
    endpoint: Option<Policy>,
}

impl Policies {
    fn new(choices: &mut Choices<'_>) -> Self {
        let some = |choices: &mut Choices<'_>, named: bool, most: u8| -> Vec<Policy> {
            (0..choices.below(most + 1)).filter_map(|_| policy(choices, named)).collect()
        };
        Self {
            identity: some(choices, false, 2),
            resource: some(choices, true, 1).pop(),
            scps: (0..choices.below(3)).map(|_| some(choices, false, 2)).collect(),
            rcps: (0..choices.below(2)).map(|_| some(choices, true, 1)).collect(),
            boundaries: some(choices, false, 1),
            session: some(choices, false, 1),
            endpoint: if choices.below(4) == 0 { some(choices, true, 1).pop() } else { None },
        }
    }

    fn evaluator(&self) -> Evaluator {
        Evaluator::builder()
            .identity(&self.identity)
            .resource(self.resource.as_ref())
            .scps(&self.scps)
            .rcps(&self.rcps)
            .boundaries(&self.boundaries)
            .session(&self.session)
            .endpoint(self.endpoint.as_ref())
            .build()
            .expect("few statements")
    }

    /// The same with statements and policies in another order.
    fn reversed(&self) -> Self {
        let one = |policy: &Policy| {
            let mut document: Value = serde_json::from_str(&policy.to_json()).expect("JSON");
            if let Some(statements) = document["Statement"].as_array_mut() {
                statements.reverse();
            }
            Policy::parse(&document.to_string()).expect("the same statements")
        };
        let all = |policies: &[Policy]| policies.iter().rev().map(one).collect::<Vec<_>>();
        Self {
            identity: all(&self.identity),
            resource: self.resource.as_ref().map(one),
            scps: self.scps.iter().rev().map(|level| all(level)).collect(),
            rcps: self.rcps.iter().rev().map(|level| all(level)).collect(),
            boundaries: all(&self.boundaries),
            session: all(&self.session),
            endpoint: self.endpoint.as_ref().map(one),
        }
    }
}

const PRINCIPALS: [&str; 8] = [
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:sts::111122223333:assumed-role/app/s1",
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:sts::111122223333:federated-user/bob",
    "arn:aws:iam::111122223333:root",
    "111122223333",
    "*",
    "AROAEXAMPLE",
];

const TEXTS: [&str; 12] = [
    "a",
    "ab",
    "A",
    "",
    "5",
    "10.0",
    "2020",
    "10.1.2.3",
    "2001:db8::1",
    "true",
    "AROAEXAMPLE:s1",
    "arn:aws:s3:::b/k",
];

const PATTERNS: [&str; 16] = [
    "a",
    "a*",
    "?",
    "*",
    "${t:one}",
    "${t:two, 'a'}b",
    "${*}",
    "5",
    "7.5",
    "2020-01-01",
    "10.0.0.0/8",
    "::/0",
    "true",
    "false",
    "arn:aws:s3:::b/*",
    "arn:*:s3:*:*:${t:one}*",
];

const COMPARISONS: [&str; 20] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "DateEquals",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnLike",
    "ArnNotEquals",
    "Null",
    "ForAnyValue:StringLike",
    "ForAllValues:StringNotEquals",
    "ForAnyValue:NumericLessThan",
];

fn policy(choices: &mut Choices<'_>, named: bool) -> Option<Policy> {
    let statements = (0..=choices.below(6)).map(|_| statement(choices, named)).collect();
    parsed(statements, if choices.below(5) == 0 { "2008-10-17" } else { "2012-10-17" })
}

fn parsed(statements: Vec<Value>, version: &str) -> Option<Policy> {
    Policy::parse(&json!({"Version": version, "Statement": statements}).to_string()).ok()
}

fn statement(choices: &mut Choices<'_>, named: bool) -> Value {
    let mut statement = Map::new();
    let effect = if choices.below(3) == 0 { "Deny" } else { "Allow" };
    statement.insert("Effect".to_owned(), json!(effect));
    let element = |choices: &mut Choices<'_>, name: &str| {
        if choices.below(5) == 0 { format!("Not{name}") } else { name.to_owned() }
    };
    if named {
        let who = match choices.below(3) {
            0 => json!("*"),
            _ => json!({"AWS": choices.text(&PRINCIPALS)}),
        };
        statement.insert(element(choices, "Principal"), who);
    }
    let action = choices.text(&["*", "s3:*", "s3:Get?bject", "kms:Decrypt", "sts:*"]);
    statement.insert(element(choices, "Action"), json!([action]));
    let resource =
        choices.text(&["*", "arn:aws:s3:::b/*", "arn:aws:s3:::${t:one}/k", "arn:aws:kms*"]);
    statement.insert(element(choices, "Resource"), json!(resource));
    let mut conditions = Map::new();
    for _ in 0..choices.below(3) {
        let suffix = if choices.below(4) == 0 { "IfExists" } else { "" };
        let operator = format!("{}{suffix}", choices.text(&COMPARISONS));
        let key = KEYS[usize::from(choices.below(6)) % KEYS.len()];
        let values: Vec<String> = (0..=choices.below(3)).map(|_| choices.text(&PATTERNS)).collect();
        conditions
            .entry(operator)
            .or_insert_with(|| json!({}))
            .as_object_mut()
            .expect("an object")
            .insert(key.to_owned(), json!(values));
    }
    if !conditions.is_empty() {
        statement.insert("Condition".to_owned(), Value::Object(conditions));
    }
    Value::Object(statement)
}

/// Bytes as choices; zero when there are no more.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Less than this.
    fn below(&mut self, end: u8) -> u8 {
        self.next() % end
    }

    /// One of these, or what the input says.
    fn text(&mut self, usual: &[&str]) -> String {
        let choice = self.next();
        if choice < 224 {
            return usual[usize::from(choice) % usual.len()].to_owned();
        }
        let (own, rest) = self.0.split_at(usize::from(choice - 224).min(self.0.len()));
        self.0 = rest;
        String::from_utf8_lossy(own).into_owned()
    }
}
