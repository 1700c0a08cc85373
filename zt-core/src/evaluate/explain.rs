//! Why a decision is what it is, in sentences a person can act on.

use super::condition::Condition;
use super::evaluator::Policies;
use super::facts::{Fact, Facts};
use super::gates::{Gates, OwnerRule, Relation};
use super::request::{Inner, Request};
use super::statement::{Part, Policy, Statement};
use super::tri::Tri;
use super::{Outcome, PolicyType, Reason};
use crate::policy::{Comparison, Effect, Qualifier};

/// The reasons of a decision.
#[derive(Clone, Debug)]
pub(super) struct Explanation {
    pub(super) reasons: Vec<Reason>,
    pub(super) unknown_keys: Vec<String>,
    pub(super) sentence: String,
}

pub(super) fn explain(outcome: Outcome, policies: &Policies, request: &Request) -> Explanation {
    let facts = Facts::new(&request.inner.context);
    let gates = Gates::new(policies, &request.inner, &facts);
    let explainer = Explainer { policies, request: &request.inner, facts, gates };
    match outcome {
        Outcome::ExplicitDeny => explainer.denied(),
        Outcome::Allowed => explainer.allowed(),
        Outcome::ImplicitDeny => explainer.not_allowed(),
        Outcome::Unknown => explainer.unknown(),
    }
}

struct Explainer<'a> {
    policies: &'a Policies,
    request: &'a Inner,
    facts: Facts<'a>,
    gates: Gates,
}

/// How many values or near misses a sentence lists before it says how many more there are.
const MOST_LISTED: usize = 8;

impl Explainer<'_> {
    fn denied(&self) -> Explanation {
        let reasons = self.reasons(Effect::Deny, Tri::Yes, |place, statement| {
            let causes: Vec<String> =
                statement.conditions.iter().map(|condition| self.why_holds(condition)).collect();
            let because =
                if causes.is_empty() { String::new() } else { format!(": {}", causes.join(", ")) };
            format!("{place} denies {}{because}", self.request.action)
        });
        Explanation { sentence: sentence("denied", &reasons), unknown_keys: Vec::new(), reasons }
    }

    fn allowed(&self) -> Explanation {
        let mut reasons = self.reasons(Effect::Allow, Tri::Yes, |place, _| {
            format!("{place} allows {}", self.request.action)
        });
        if reasons.is_empty() {
            reasons.push(gate(
                PolicyType::Identity,
                "the root of an account may do everything in it".to_owned(),
            ));
        }
        Explanation { sentence: sentence("allowed", &reasons), unknown_keys: Vec::new(), reasons }
    }

    fn not_allowed(&self) -> Explanation {
        let reasons = self.closed_gates(Tri::No);
        Explanation { sentence: sentence("denied", &reasons), unknown_keys: Vec::new(), reasons }
    }

    fn unknown(&self) -> Explanation {
        let mut keys: Vec<String> = Vec::new();
        for (_, _, policy) in self.policies.all() {
            for statement in &policy.statements {
                for key in self.unknown_of(statement) {
                    if !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
        }
        let mut reasons = self.reasons(Effect::Deny, Tri::Maybe, |place, statement| {
            format!("{place} denies {} if {}", self.request.action, self.what_it_takes(statement))
        });
        reasons.extend(self.reasons(Effect::Allow, Tri::Maybe, |place, statement| {
            format!("{place} allows {} if {}", self.request.action, self.what_it_takes(statement))
        }));
        let mut sentence = format!("unknown: it depends on {}", keys.join(", "));
        for reason in reasons.iter().take(MOST_LISTED) {
            sentence.push_str("; ");
            sentence.push_str(&reason.text);
        }
        Explanation { sentence, unknown_keys: keys, reasons }
    }

    /// The unknown keys that a statement waits for.
    fn unknown_of(&self, statement: &Statement) -> Vec<String> {
        let mut keys = Vec::new();
        let mut add = |key: &str| {
            if let Some((_, name)) = self.request.context.unknown().find(|(lower, _)| *lower == key)
            {
                keys.push(name.to_owned());
            }
        };
        for condition in &statement.conditions {
            if statement.holds(condition, &self.facts) == Tri::Maybe {
                add(&condition.key);
                condition.variables().into_iter().for_each(&mut add);
            }
        }
        statement.resource_variables().for_each(&mut add);
        keys
    }

    fn what_it_takes(&self, statement: &Statement) -> String {
        let open = statement
            .conditions
            .iter()
            .filter(|condition| statement.holds(condition, &self.facts) == Tri::Maybe);
        let wants: Vec<String> = open
            .map(|condition| format!("{} is {}", condition.key_text, expectation(condition)))
            .collect();
        if wants.is_empty() { "its resource matches".to_owned() } else { wants.join(" and ") }
    }

    /// The gates that keep the request out, each with the statements that nearly opened it.
    fn closed_gates(&self, state: Tri) -> Vec<Reason> {
        let gates = &self.gates;
        let action = &self.request.action;
        let mut reasons = Vec::new();
        let mut close = |kind: PolicyType, level: Option<usize>, text: String| {
            let misses = self.near_misses(kind, level);
            let because = if misses.is_empty() {
                String::new()
            } else {
                let texts: Vec<&str> =
                    misses.iter().take(MOST_LISTED).map(|miss| miss.text.as_str()).collect();
                format!(": {}", texts.join("; "))
            };
            reasons.push(gate(kind, text + &because));
            reasons.extend(misses);
        };
        let own = gates.identity;
        let named = gates.resource.any();
        match gates.relation {
            Relation::Outside if named == state => {
                close(PolicyType::Resource, None, self.resource_says_nothing());
            }
            Relation::Across => {
                if own == state {
                    close(
                        PolicyType::Identity,
                        None,
                        format!("no identity policy allows {action}"),
                    );
                }
                if named == state {
                    close(PolicyType::Resource, None, self.resource_says_nothing());
                }
            }
            Relation::Within if gates.owner_rule != OwnerRule::None && named == state => {
                close(PolicyType::Resource, None, self.resource_says_nothing());
            }
            Relation::Within if own == state => {
                if gates.resource.account == Tri::Yes {
                    close(
                        PolicyType::Identity,
                        None,
                        format!(
                            "no identity policy allows {action}, and the resource policy only names the account, \
                         which leaves it to these"
                        ),
                    );
                } else {
                    close(PolicyType::Identity, None, format!("nothing allows {action}"));
                }
            }
            _ => {}
        }
        if gates.boundary == state {
            close(
                PolicyType::Boundary,
                None,
                format!("the permissions boundary does not allow {action}"),
            );
        }
        if gates.session == state {
            let text = if self.policies.session.is_empty() {
                "a federated user without a session policy has no permissions of its own".to_owned()
            } else {
                format!("the session policy does not allow {action}")
            };
            close(PolicyType::Session, None, text);
        }
        if gates.scps == state {
            let level = gates.scp_level.unwrap_or_default();
            let text = format!(
                "the organisation's service control policies of level {} do not allow {action}",
                level + 1
            );
            close(PolicyType::Scp, Some(level), text);
        }
        if gates.endpoint == state {
            close(
                PolicyType::Endpoint,
                None,
                format!("the policy of the VPC endpoint does not allow {action}"),
            );
        }
        if reasons.is_empty() {
            reasons.push(gate(PolicyType::Identity, format!("nothing allows {action}")));
        }
        reasons
    }

    fn resource_says_nothing(&self) -> String {
        let (action, who) = (&self.request.action, &self.request.principal);
        let what = match self.gates.owner_rule {
            OwnerRule::None => "the resource policy",
            OwnerRule::KmsKey => "the key policy",
            OwnerRule::RoleTrust => "the trust policy of the role",
        };
        if self.policies.resource.is_none() {
            return format!("{what}, without which nobody may {action} here, was not given");
        }
        format!("{what} does not allow {who} to {action}")
    }

    /// Statements that allow the action and miss by a condition, or else by the resource or the principal.
    fn near_misses(&self, kind: PolicyType, level: Option<usize>) -> Vec<Reason> {
        let takes_principal = kind.takes_principal();
        let mut by_condition = Vec::new();
        let mut by_part = Vec::new();
        for (own, at, policy) in self.policies.all() {
            // Whoever lacks an identity allow may as well be allowed by the resource policy.
            let related =
                own == kind || (kind == PolicyType::Identity && own == PolicyType::Resource);
            if !related || (level.is_some() && at != level) {
                continue;
            }
            let takes_principal = takes_principal || own.takes_principal();
            for statement in
                policy.statements.iter().filter(|statement| statement.effect == Effect::Allow)
            {
                let name = self.name(own, at, policy, statement);
                let reason = |because: String| Reason {
                    policy_type: own,
                    policy: Some(policy.label.to_string()),
                    statement: Some(statement.label.to_string()),
                    effect: Some(Effect::Allow),
                    text: format!("{name} does not apply because {because}"),
                };
                match statement.mismatch(self.request, &self.facts, takes_principal) {
                    Some(Part::Action) => {}
                    Some(Part::Resource) => {
                        by_part.push(reason(format!(
                            "its resources do not include {}",
                            self.request.resource
                        )));
                    }
                    Some(Part::Principal) => {
                        by_part
                            .push(reason(format!("it does not name {}", self.request.principal)));
                    }
                    None => {
                        let failed: Vec<String> = statement
                            .conditions
                            .iter()
                            .filter(|condition| statement.holds(condition, &self.facts) == Tri::No)
                            .map(|condition| self.why_fails(condition))
                            .collect();
                        if !failed.is_empty() {
                            by_condition.push(reason(failed.join(" and ")));
                        }
                    }
                }
            }
        }
        if by_condition.is_empty() { by_part } else { by_condition }
    }

    /// Reasons from all statements of an effect that apply to some degree.
    fn reasons(
        &self,
        effect: Effect,
        state: Tri,
        text: impl Fn(String, &Statement) -> String,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for (kind, level, policy) in self.policies.all() {
            if !self.concerns(kind) {
                continue;
            }
            for statement in policy.statements.iter().filter(|statement| statement.effect == effect)
            {
                let gate_only = matches!(
                    kind,
                    PolicyType::Scp
                        | PolicyType::Rcp
                        | PolicyType::Boundary
                        | PolicyType::Session
                        | PolicyType::Endpoint
                );
                if effect == Effect::Allow && state == Tri::Yes && gate_only {
                    continue;
                }
                if statement.applies(self.request, &self.facts, kind.takes_principal()) == state {
                    let place = place(kind, level, policy, statement);
                    reasons.push(Reason {
                        policy_type: kind,
                        policy: Some(policy.label.to_string()),
                        statement: Some(statement.label.to_string()),
                        effect: Some(effect),
                        text: text(place, statement),
                    });
                }
            }
        }
        reasons
    }

    /// Whether policies of a type apply to the caller at all.
    fn concerns(&self, kind: PolicyType) -> bool {
        match kind {
            PolicyType::Identity | PolicyType::Boundary | PolicyType::Session => {
                self.request.caller.has_identity()
            }
            PolicyType::Scp => {
                self.request.caller.has_identity() && !self.request.caller.is_service_linked()
            }
            PolicyType::Rcp => !self.request.caller.is_service_linked(),
            PolicyType::Resource | PolicyType::Endpoint => true,
        }
    }

    /// A statement's name, with its policy where there are several.
    fn name(
        &self,
        kind: PolicyType,
        level: Option<usize>,
        policy: &Policy,
        statement: &Statement,
    ) -> String {
        if self.policies.all().count() == 1 {
            return format!("statement {}", statement.label);
        }
        place(kind, level, policy, statement)
    }

    fn why_holds(&self, condition: &Condition) -> String {
        let (key, operator) = (&condition.key_text, &condition.operator);
        let Some(test) = condition.test() else {
            return format!("{operator} is not known and errs towards denial");
        };
        match self.facts.get(&condition.key) {
            Fact::Absent if test.comparison == Comparison::Null => format!("{key} is absent"),
            Fact::Absent => {
                format!("{key} is absent and {operator} treats an absent key as a match")
            }
            Fact::Unknown => format!("{key} is not known"),
            _ if test.comparison == Comparison::Null => format!("{key} is present"),
            Fact::Many([]) => format!("{key} is empty"),
            _ if test.comparison.is_negated() => {
                format!("{key} is {}, not {}", self.actual(condition), listed(condition))
            }
            _ => format!("{key} is {}", self.actual(condition)),
        }
    }

    fn why_fails(&self, condition: &Condition) -> String {
        let (key, operator) = (&condition.key_text, &condition.operator);
        let expected = expectation(condition);
        match (condition.test(), self.facts.get(&condition.key)) {
            (None, _) => format!("{operator} is not a known operator"),
            (_, Fact::Absent) => format!("{key} is absent, expected {expected}"),
            (_, Fact::Unknown) => format!("{key} is not known, expected {expected}"),
            (_, Fact::Many([])) => format!("{key} is empty, expected {expected}"),
            (Some(test), Fact::Many([_, _, ..]))
                if test.qualifier.is_none() && test.comparison != Comparison::Null =>
            {
                let values = self.actual(condition);
                format!("{key} has several values ({values}) and {operator} compares only one")
            }
            _ => format!("{key} is {}, expected {expected}", self.actual(condition)),
        }
    }

    /// The request's value of a condition's key.
    fn actual(&self, condition: &Condition) -> String {
        match self.facts.get(&condition.key) {
            Fact::Absent => "absent".to_owned(),
            Fact::Unknown => "not known".to_owned(),
            Fact::One("") => "empty".to_owned(),
            Fact::One(value) => value.to_owned(),
            Fact::Many(values) => list(values.iter().map(String::as_str)),
        }
    }
}

/// The full name of a statement.
fn place(kind: PolicyType, level: Option<usize>, policy: &Policy, statement: &Statement) -> String {
    let kind = match kind {
        PolicyType::Identity => "identity policy",
        PolicyType::Resource => "resource policy",
        PolicyType::Scp => "service control policy",
        PolicyType::Rcp => "resource control policy",
        PolicyType::Boundary => "permissions boundary",
        PolicyType::Session => "session policy",
        PolicyType::Endpoint => "VPC endpoint policy",
    };
    let level = level.map(|at| format!(" of level {}", at + 1)).unwrap_or_default();
    format!("{kind} {}{level}, statement {}", policy.label, statement.label)
}

fn gate(kind: PolicyType, text: String) -> Reason {
    Reason { policy_type: kind, policy: None, statement: None, effect: None, text }
}

/// What a condition asks of its key, to stand after "expected" or "is".
fn expectation(condition: &Condition) -> String {
    use Comparison as C;
    let Some(test) = condition.test() else {
        return format!("what {} asks for", condition.operator);
    };
    if test.comparison == C::Null {
        let absent = condition.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
        return if absent { "it to be absent" } else { "it to be present" }.to_owned();
    }
    let values = listed(condition);
    let one = match test.comparison {
        C::NumericLessThan => format!("less than {values}"),
        C::NumericLessThanEquals => format!("at most {values}"),
        C::NumericGreaterThan => format!("more than {values}"),
        C::NumericGreaterThanEquals => format!("at least {values}"),
        C::DateLessThan => format!("before {values}"),
        C::DateLessThanEquals => format!("at or before {values}"),
        C::DateGreaterThan => format!("after {values}"),
        C::DateGreaterThanEquals => format!("at or after {values}"),
        C::NotIpAddress => format!("outside {values}"),
        comparison if comparison.is_negated() => format!("anything but {values}"),
        _ => values,
    };
    match test.qualifier {
        None => one,
        Some(Qualifier::ForAllValues) => format!("every value to be {one}"),
        Some(Qualifier::ForAnyValue) => format!("some value to be {one}"),
    }
}

fn listed(condition: &Condition) -> String {
    match &*condition.values {
        [] => "nothing".to_owned(),
        [only] if only.is_empty() => "an empty text".to_owned(),
        [only] => only.to_string(),
        many => format!("one of {}", list(many.iter().map(|value| &**value))),
    }
}

fn list<'a>(values: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = values.len().saturating_sub(MOST_LISTED);
    let mut text = values.take(MOST_LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

fn sentence(verdict: &str, reasons: &[Reason]) -> String {
    let whole: Vec<&str> = reasons
        .iter()
        // What nearly allowed is already in the sentence of its gate.
        .filter(|reason| {
            verdict != "denied" || reason.statement.is_none() || reason.effect == Some(Effect::Deny)
        })
        .map(|reason| reason.text.as_str())
        .take(MOST_LISTED)
        .collect();
    format!("{verdict}: {}", whole.join("; "))
}
