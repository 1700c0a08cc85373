//! Why a decision is what it is, in sentences a person can act on.

use std::collections::BTreeMap;

use super::ambiguity::of_condition;
use super::choices::{self, Choice};
use super::clauses::{MOST_LISTED, ticked, wanted, why_fails, why_holds};
use super::completions::{may_allow, settle};
use super::condition::Condition;
use super::evaluator::Policies;
use super::facts::{Fact, Facts};
use super::gates::Gates;
use super::principal::Matched;
use super::request::{Inner, Request};
use super::standing::Relation;
use super::statement::{Name, Part, Policy, Statement};
use super::tri::Tri;
use super::{Outcome, PolicyType, Reason};
use crate::policy::Effect;

/// The reasons of a decision.
#[derive(Clone, Debug)]
pub(super) struct Explanation {
    pub(super) reasons: Vec<Reason>,
    pub(super) unknown_keys: Vec<String>,
    /// For what is unknown: whether no value allows it.
    pub(super) denied_in_any_case: bool,
    pub(super) sentence: String,
}

impl Explanation {
    fn known(verdict: &str, reasons: Vec<Reason>) -> Self {
        Self {
            sentence: sentence(verdict, &reasons),
            unknown_keys: Vec::new(),
            denied_in_any_case: false,
            reasons,
        }
    }
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

pub(super) struct Explainer<'a> {
    pub(super) policies: &'a Policies,
    pub(super) request: &'a Inner,
    pub(super) facts: Facts<'a>,
    pub(super) gates: Gates,
}

impl Explainer<'_> {
    fn denied(&self) -> Explanation {
        let reasons = self.reasons(Effect::Deny, Tri::Yes, |_, place, statement| {
            let causes: Vec<String> = statement
                .conditions
                .iter()
                .map(|condition| why_holds(condition, &self.facts))
                .collect();
            let because =
                if causes.is_empty() { String::new() } else { format!(": {}", causes.join(", ")) };
            format!("{place} denies {}{because}", self.what())
        });
        Explanation::known("denied", reasons)
    }

    fn allowed(&self) -> Explanation {
        let mut reasons = self.reasons(Effect::Allow, Tri::Yes, |_, place, _| {
            format!("{place} allows {}", self.what())
        });
        if reasons.is_empty() {
            reasons.push(gate(
                PolicyType::Identity,
                "the root of an account may do everything in it".to_owned(),
            ));
        }
        let organised = !(self.policies.scps.is_empty() && self.policies.rcps.is_empty());
        if organised && self.request.caller.is_linked_by_name() {
            let who = &self.request.principal;
            let text = format!(
                "the organisation's policies do not apply to `{who}`, whose name is that of a service-linked role"
            );
            reasons.push(gate(PolicyType::Scp, text).with_choices([choices::LINKED_BY_NAME]));
        }
        reasons.extend(self.opened_by_choice());
        reasons.extend(self.excused());
        Explanation::known("allowed", reasons)
    }

    /// What allows at gates where nothing does without a choice: AWS may not allow.
    fn opened_by_choice(&self) -> Vec<Reason> {
        let mut by_gate: BTreeMap<(&str, usize), Vec<Reason>> = BTreeMap::new();
        for (at, (kind, level, policy)) in self.policies.all().enumerate() {
            if !is_gate(kind) || !self.concerns(kind) {
                continue;
            }
            // Each boundary must allow; of other types the policies of a level allow together.
            let place = if kind == PolicyType::Boundary { at } else { level.unwrap_or_default() };
            for statement in &policy.statements {
                let applies = statement.effect == Effect::Allow
                    && statement.applies(self.request, &self.facts, kind.takes_principal())
                        == Tri::Yes;
                if applies {
                    let text = format!(
                        "{} allows {}",
                        full_name(kind, level, policy, statement),
                        self.what()
                    );
                    let reason = reason(kind, policy, statement, text);
                    by_gate
                        .entry((kind.name(), place))
                        .or_default()
                        .push(reason.with_choices(self.choices_of(kind, statement)));
                }
            }
        }
        let open = by_gate
            .into_values()
            .filter(|reasons| reasons.iter().all(|reason| !reason.choices.is_empty()));
        open.flatten().collect()
    }

    /// Denials that do not apply because of a choice: AWS may deny.
    fn excused(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for (kind, level, policy) in self.policies.all() {
            if !self.concerns(kind) {
                continue;
            }
            let takes_principal = kind.takes_principal();
            for statement in
                policy.statements.iter().filter(|statement| statement.effect == Effect::Deny)
            {
                let (because, choices) = match statement.mismatch(
                    self.request,
                    &self.facts,
                    takes_principal,
                ) {
                    Some(Part::Principal) if statement.excepts_in_part(self.request) => {
                        let who = &self.request.principal;
                        let because = format!(
                            "`NotPrincipal` lists `{who}` in one form, and not its account and every other form"
                        );
                        (because, vec![choices::NOT_PRINCIPAL])
                    }
                    Some(_) => continue,
                    None => {
                        let failing: Vec<&Condition> = statement
                            .conditions
                            .iter()
                            .filter(|one| statement.holds(one, &self.facts) == Tri::No)
                            .collect();
                        let open: Vec<Vec<&'static Choice>> =
                            failing.iter().map(|one| of_condition(one, &self.facts)).collect();
                        // One that fails without a choice settles it.
                        if open.is_empty() || open.iter().any(Vec::is_empty) {
                            continue;
                        }
                        let because: Vec<String> =
                            failing.iter().map(|one| why_fails(one, &self.facts)).collect();
                        (because.join(" and "), open.concat())
                    }
                };
                let place = full_name(kind, level, policy, statement);
                let text = format!("{place} does not deny it because {because}");
                reasons.push(reason(kind, policy, statement, text).with_choices(choices));
            }
        }
        reasons
    }

    fn not_allowed(&self) -> Explanation {
        let reasons = self.closed_gates(Tri::No);
        Explanation::known("denied", reasons)
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
                reasons.extend(self.reasons(effect, state, |kind, place, statement| {
                    let condition = match state {
                        Tri::Maybe => format!(" if {}", self.what_it_takes(kind, statement)),
                        _ => String::new(),
                    };
                    format!("{place} {verb} {}{condition}", self.what())
                }));
            }
        }
        let listed = ticked(keys.iter().map(String::as_str));
        let denied_in_any_case =
            outcome == Outcome::Unknown && !may_allow(self.policies, self.request, &self.facts);
        let (mut sentence, unknown_keys) = match outcome {
            Outcome::Unknown if denied_in_any_case => (
                format!("unknown: denied in any case, but whether explicitly depends on {listed}"),
                keys,
            ),
            Outcome::Unknown => (format!("unknown: it depends on {listed}"), keys),
            Outcome::Allowed => (format!("allowed: whatever {listed} may be"), Vec::new()),
            _ => (format!("denied: whatever {listed} may be"), Vec::new()),
        };
        if outcome == Outcome::ImplicitDeny || denied_in_any_case {
            reasons.extend(self.closed_gates(Tri::No));
        }
        for reason in reasons.iter().take(MOST_LISTED) {
            sentence.push_str("; ");
            sentence.push_str(&reason.text);
        }
        Explanation { sentence, unknown_keys, denied_in_any_case, reasons }
    }

    /// What is not known and must be so for a statement to apply, to stand after "if".
    fn what_it_takes(&self, kind: PolicyType, statement: &Statement) -> String {
        let takes_principal = kind.takes_principal();
        let open = |one: Tri, text: &str| (one == Tri::Maybe).then(|| text.to_owned());
        let named =
            takes_principal.then(|| statement.takes_principal(self.request, &self.facts).any());
        let resource = statement.takes_resource(self.request, &self.facts, takes_principal);
        let conditions = statement
            .conditions
            .iter()
            .filter(|condition| statement.holds(condition, &self.facts) == Tri::Maybe);
        let wants: Vec<String> = open(named.unwrap_or(Tri::Yes), "it names the caller")
            .into_iter()
            .chain(open(resource, "its resource matches"))
            .chain(conditions.map(wanted))
            .collect();
        wants.join(" and ")
    }

    /// The action, for a sentence.
    pub(super) fn what(&self) -> String {
        format!("`{}`", self.request.action)
    }

    /// The Region of the request, for a sentence about the organisation.
    pub(super) fn where_to(&self) -> String {
        match self.facts.named("aws:requestedregion") {
            Fact::One(region) => format!(" in `{region}`"),
            _ => String::new(),
        }
    }

    /// Reasons from all statements of an effect that apply to some degree.
    fn reasons(
        &self,
        effect: Effect,
        state: Tri,
        text: impl Fn(PolicyType, String, &Statement) -> String,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for (kind, level, policy) in self.policies.all() {
            if !self.concerns(kind) {
                continue;
            }
            for statement in policy.statements.iter().filter(|statement| statement.effect == effect)
            {
                if effect == Effect::Allow && state == Tri::Yes && is_gate(kind) {
                    continue;
                }
                if statement.applies(self.request, &self.facts, kind.takes_principal()) == state {
                    let place = full_name(kind, level, policy, statement);
                    let text = text(kind, place, statement);
                    let choices = self.choices_of(kind, statement);
                    reasons.push(reason(kind, policy, statement, text).with_choices(choices));
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
    pub(super) fn name(
        &self,
        kind: PolicyType,
        level: Option<usize>,
        policy: &Policy,
        statement: &Statement,
    ) -> String {
        let is_only = self.policies.all().nth(1).is_none();
        if is_only && matches!(policy.name, Name::Place(_)) {
            return format!("statement {}", statement.name);
        }
        full_name(kind, level, policy, statement)
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
        all.extend(
            statement.conditions.iter().flat_map(|condition| of_condition(condition, &self.facts)),
        );
        all
    }
}

impl Reason {
    /// Adds choices, and names them in the text.
    pub(super) fn with_choices(
        mut self,
        choices: impl IntoIterator<Item = &'static Choice>,
    ) -> Self {
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

/// Whether policies of a type only limit what others grant.
fn is_gate(kind: PolicyType) -> bool {
    !matches!(kind, PolicyType::Identity | PolicyType::Resource)
}

/// The full name of a statement.
fn full_name(
    kind: PolicyType,
    level: Option<usize>,
    policy: &Policy,
    statement: &Statement,
) -> String {
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

/// A reason that is about a statement.
pub(super) fn reason(
    kind: PolicyType,
    policy: &Policy,
    statement: &Statement,
    text: String,
) -> Reason {
    Reason {
        policy_type: kind,
        policy: Some(policy.name.label()),
        statement: Some(statement.name.label()),
        effect: Some(statement.effect),
        text,
        choices: Vec::new(),
    }
}

/// A reason that is about all policies of a type.
pub(super) fn gate(kind: PolicyType, text: String) -> Reason {
    Reason {
        policy_type: kind,
        policy: None,
        statement: None,
        effect: None,
        text,
        choices: Vec::new(),
    }
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
