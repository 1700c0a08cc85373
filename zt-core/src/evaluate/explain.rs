//! Why a decision is what it is, in sentences a person can act on.

use super::choices::{self, Choice};
use super::completions::settle;
use super::condition::Condition;
use super::evaluator::Policies;
use super::facts::{Fact, Facts};
use super::gates::Gates;
use super::index::Group;
use super::principal::Matched;
use super::request::{Inner, Request};
use super::standing::{OwnerRule, Relation};
use super::statement::{Name, Part, Policy, Statement};
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
    let facts = Facts::new(&request.inner);
    let gates = Gates::new(policies, &request.inner, &facts);
    let explainer = Explainer { policies, request: &request.inner, facts, gates };
    if gates.outcome() == Outcome::Unknown {
        return explainer.depends(outcome);
    }
    match outcome {
        Outcome::ExplicitDeny => explainer.denied(),
        Outcome::Allowed => explainer.allowed(),
        Outcome::ImplicitDeny | Outcome::Unknown => explainer.not_allowed(),
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
            format!("{place} denies {}{because}", self.what())
        });
        Explanation { sentence: sentence("denied", &reasons), unknown_keys: Vec::new(), reasons }
    }

    fn allowed(&self) -> Explanation {
        let mut reasons = self
            .reasons(Effect::Allow, Tri::Yes, |place, _| format!("{place} allows {}", self.what()));
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

    /// Where statements depend on what is not known, even if the outcome does not.
    fn depends(&self, outcome: Outcome) -> Explanation {
        let settled = settle(self.policies, self.request, &self.facts);
        let names = self.request.context.unknown();
        let keys: Vec<String> = names
            .filter(|(lower, _)| settled.keys.iter().any(|key| key == lower))
            .map(|(_, name)| name.to_owned())
            .collect();
        let mut reasons = Vec::new();
        for (effect, verb) in [(Effect::Deny, "denies"), (Effect::Allow, "allows")] {
            for state in [Tri::Yes, Tri::Maybe] {
                reasons.extend(self.reasons(effect, state, |place, statement| {
                    let condition = match state {
                        Tri::Maybe => format!(" if {}", self.what_it_takes(statement)),
                        _ => String::new(),
                    };
                    format!("{place} {verb} {}{condition}", self.what())
                }));
            }
        }
        let listed = list(keys.iter().map(String::as_str));
        let (mut sentence, unknown_keys) = match outcome {
            Outcome::Unknown => (format!("unknown: it depends on {listed}"), keys),
            Outcome::Allowed => (format!("allowed: whatever {listed} may be"), Vec::new()),
            _ => (format!("denied: whatever {listed} may be"), Vec::new()),
        };
        if matches!(outcome, Outcome::ImplicitDeny) {
            reasons.extend(self.closed_gates(Tri::No));
        }
        for reason in reasons.iter().take(MOST_LISTED) {
            sentence.push_str("; ");
            sentence.push_str(&reason.text);
        }
        Explanation { sentence, unknown_keys, reasons }
    }

    fn what_it_takes(&self, statement: &Statement) -> String {
        let open = statement
            .conditions
            .iter()
            .filter(|condition| statement.holds(condition, &self.facts) == Tri::Maybe);
        let wants: Vec<String> = open
            .map(|condition| format!("`{}` is {}", condition.key_text, expectation(condition)))
            .collect();
        if wants.is_empty() { "its resource matches".to_owned() } else { wants.join(" and ") }
    }

    /// The action, for a sentence.
    fn what(&self) -> String {
        format!("`{}`", self.request.action)
    }

    /// The Region of the request, for a sentence about the organisation.
    fn where_to(&self) -> String {
        match self.facts.named("aws:requestedregion") {
            Fact::One(region) => format!(" in `{region}`"),
            _ => String::new(),
        }
    }

    /// The gates that keep the request out, each with the statements that nearly opened it.
    fn closed_gates(&self, state: Tri) -> Vec<Reason> {
        let gates = &self.gates;
        let action = self.what();
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
        match self.request.standing.relation {
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
            Relation::Within
                if self.request.standing.owner_rule != OwnerRule::None && named == state =>
            {
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
            let policies = self.policies.scps.get(level).map(Group::policies).unwrap_or_default();
            let names: Vec<String> =
                policies.iter().map(|policy| policy.name.to_string()).collect();
            let of = if self.policies.scps.len() > 1 {
                format!(" of level {}", level + 1)
            } else {
                String::new()
            };
            let asked = format!("{action}{}", self.where_to());
            let text = match names.as_slice() {
                [] => {
                    format!("the organisation has no policy{of}, so nothing there allows {asked}")
                }
                [only] => format!("the organisation's policy {only}{of} does not allow {asked}"),
                many => {
                    let many = list(many.iter().map(String::as_str));
                    format!("none of the organisation's policies{of} ({many}) allows {asked}")
                }
            };
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
        let (action, who) = (self.what(), &self.request.principal);
        let what = match self.request.standing.owner_rule {
            OwnerRule::None => "the resource policy",
            OwnerRule::KmsKey => "the key policy",
            OwnerRule::RoleTrust => "the trust policy of the role",
        };
        if self.policies.resource.is_empty() {
            return format!("{what}, without which nobody may {action} here, was not given");
        }
        format!("{what} does not allow `{who}` to {action}")
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
                    policy: Some(policy.name.label()),
                    statement: Some(statement.name.label()),
                    effect: Some(Effect::Allow),
                    text: format!("{name} does not apply because {because}"),
                    choices: Vec::new(),
                };
                match statement.mismatch(self.request, &self.facts, takes_principal) {
                    Some(Part::Action) => {}
                    Some(Part::Resource) => {
                        by_part.push(reason(format!(
                            "its resources do not include `{}`",
                            self.request.resource
                        )));
                    }
                    Some(Part::Principal) => {
                        by_part
                            .push(reason(format!("it does not name `{}`", self.request.principal)));
                    }
                    None => {
                        let failing = || {
                            statement.conditions.iter().filter(|condition| {
                                statement.holds(condition, &self.facts) == Tri::No
                            })
                        };
                        let failed: Vec<String> =
                            failing().map(|condition| self.why_fails(condition)).collect();
                        if !failed.is_empty() {
                            let choices = failing().filter_map(|failed| self.choice_of(failed));
                            by_condition.push(reason(failed.join(" and ")).with_choices(choices));
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
                    let reason = Reason {
                        policy_type: kind,
                        policy: Some(policy.name.label()),
                        statement: Some(statement.name.label()),
                        effect: Some(effect),
                        text: text(place, statement),
                        choices: Vec::new(),
                    };
                    reasons.push(reason.with_choices(self.choices_of(kind, statement)));
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
            PolicyType::Scp => self.request.standing.under_scps,
            PolicyType::Rcp => self.request.standing.under_rcps,
            PolicyType::Resource | PolicyType::Endpoint => true,
        }
    }

    /// A statement's name, with its policy where there are several or it has a name.
    fn name(
        &self,
        kind: PolicyType,
        level: Option<usize>,
        policy: &Policy,
        statement: &Statement,
    ) -> String {
        if self.policies.all().count() == 1 && matches!(policy.name, Name::Place(_)) {
            return format!("statement {}", statement.name);
        }
        place(kind, level, policy, statement)
    }

    fn why_holds(&self, condition: &Condition) -> String {
        let (key, operator) = (&condition.key_text, &condition.operator);
        let Some(test) = condition.test() else {
            return format!("`{operator}` is not known and errs towards denial");
        };
        match self.facts.get(&condition.key) {
            Fact::Absent if test.comparison == Comparison::Null => format!("`{key}` is absent"),
            Fact::Absent => {
                format!("`{key}` is absent and {operator} treats an absent key as a match")
            }
            Fact::Unknown => format!("`{key}` is not known"),
            _ if test.comparison == Comparison::Null => format!("`{key}` is present"),
            Fact::Many([]) => format!("`{key}` is empty"),
            _ if test.comparison.is_negated() => {
                format!("`{key}` is {}, not {}", self.actual(condition), listed(condition))
            }
            _ => format!("`{key}` is {}", self.actual(condition)),
        }
    }

    fn why_fails(&self, condition: &Condition) -> String {
        let (key, operator) = (&condition.key_text, &condition.operator);
        let expected = expectation(condition);
        match (condition.test(), self.facts.get(&condition.key)) {
            (None, _) => format!("`{operator}` is not a known operator"),
            (_, Fact::Absent) => format!("`{key}` is absent, expected {expected}"),
            (_, Fact::Unknown) => format!("`{key}` is not known, expected {expected}"),
            (_, Fact::Many([])) => format!("`{key}` is empty, expected {expected}"),
            (Some(test), Fact::Many([_, _, ..]))
                if test.qualifier.is_none() && test.comparison != Comparison::Null =>
            {
                let values = self.actual(condition);
                format!("`{key}` has several values ({values}) and {operator} compares only one")
            }
            _ => format!("`{key}` is {}, expected {expected}", self.actual(condition)),
        }
    }

    /// The request's value of a condition's key.
    fn actual(&self, condition: &Condition) -> String {
        match self.facts.get(&condition.key) {
            Fact::Absent => "absent".to_owned(),
            Fact::Unknown => "not known".to_owned(),
            Fact::One("") => "empty".to_owned(),
            Fact::One(value) => format!("`{value}`"),
            Fact::Many(values) => ticked(values.iter().map(String::as_str)),
        }
    }

    /// The choices that took part in whether a statement applies.
    fn choices_of(&self, kind: PolicyType, statement: &Statement) -> Vec<&'static Choice> {
        let mut all: Vec<&'static Choice> =
            statement.choice_of_form(self.request, &self.facts, kind.takes_principal()).collect();
        let anyone = || {
            let named = statement.takes_principal(self.request, &self.facts);
            named.sure == Matched::ANYONE
        };
        let limited = self.gates.boundary != Tri::Yes || self.gates.session != Tri::Yes;
        let within = self.request.standing.relation == Relation::Within;
        if kind == PolicyType::Resource
            && statement.effect == Effect::Allow
            && limited
            && within
            && anyone()
        {
            all.push(choices::ANYONE_IS_DIRECT);
        }
        all.extend(statement.conditions.iter().filter_map(|condition| self.choice_of(condition)));
        all
    }

    /// The choice that decided whether a condition holds.
    fn choice_of(&self, condition: &Condition) -> Option<&'static Choice> {
        let Some(test) = condition.test() else {
            return Some(choices::UNKNOWN_OPERATOR);
        };
        match self.facts.get(&condition.key) {
            Fact::Absent => (test.if_exists && test.qualifier == Some(Qualifier::ForAnyValue))
                .then_some(choices::FOR_ANY_IF_EXISTS),
            Fact::Many([]) => (test.comparison == Comparison::Null).then_some(choices::EMPTY_LIST),
            Fact::Many([_, _, ..])
                if test.qualifier.is_none() && test.comparison != Comparison::Null =>
            {
                Some(choices::SEVERAL_VALUES)
            }
            Fact::Many(values) => values.iter().find_map(|value| condition.choice_for(value)),
            Fact::One(value) => condition.choice_for(value),
            Fact::Unknown => None,
        }
    }
}

impl Reason {
    /// Adds choices, and names them in the text.
    fn with_choices(mut self, choices: impl IntoIterator<Item = &'static Choice>) -> Self {
        for choice in choices {
            if !self.choices.contains(&choice) {
                self.choices.push(choice);
            }
        }
        if !self.choices.is_empty() {
            let ids: Vec<String> =
                self.choices.iter().map(|choice| format!("`{}`", choice.id())).collect();
            self.text.push_str(&format!(" (AWS leaves this open: choice {})", ids.join(", ")));
        }
        self
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
    format!("{kind} {}{level}, statement {}", policy.name, statement.name)
}

fn gate(kind: PolicyType, text: String) -> Reason {
    Reason {
        policy_type: kind,
        policy: None,
        statement: None,
        effect: None,
        text,
        choices: Vec::new(),
    }
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
        [only] => format!("`{only}`"),
        many => format!("one of {}", ticked(many.iter().map(|value| &**value))),
    }
}

/// Values of users, each in backticks.
fn ticked<'a>(values: impl ExactSizeIterator<Item = &'a str>) -> String {
    let ticked: Vec<String> = values.map(|value| format!("`{value}`")).collect();
    list(ticked.iter().map(String::as_str))
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
