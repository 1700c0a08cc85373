//! The canonical form.

use std::collections::HashSet;

use crate::policy::keys::GLOBAL_KEYS;
use crate::policy::{
    Action, Conditions, Effect, Element, KeyValues, OneOrMany, Operator, Policy, PrincipalKind,
    Principals, Resource, Statement, Value,
};

pub(super) fn normalize(policy: &Policy) -> Policy {
    let mut statements: Vec<Statement> = policy
        .statements()
        .iter()
        .map(|statement| Canon::new(statement).into_statement())
        .collect();
    statements.sort_by_cached_key(sort_key);
    policy.with_statements(statements)
}

/// Allow before Deny, then as they print.
pub(super) fn sort_key(statement: &Statement) -> (bool, String) {
    let json = serde_json::to_string(statement).unwrap_or_default();
    (statement.effect() == Effect::Deny, json)
}

/// A statement in canonical form, taken apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Canon {
    pub(super) sid: Option<String>,
    pub(super) id: Option<String>,
    pub(super) effect: Effect,
    pub(super) principals: Option<Principals>,
    pub(super) not_principals: Option<Principals>,
    pub(super) actions: Option<Vec<Action>>,
    pub(super) not_actions: Option<Vec<Action>>,
    pub(super) resources: Option<Vec<Resource>>,
    pub(super) not_resources: Option<Vec<Resource>>,
    pub(super) conditions: Vec<Test>,
}

/// One test of a condition block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Test {
    pub(super) operator: Operator,
    pub(super) key: String,
    pub(super) values: Vec<Value>,
}

impl Canon {
    pub(super) fn new(statement: &Statement) -> Self {
        let id = statement.elements().iter().find_map(|element| match element {
            Element::Id(id) => Some(id.clone()),
            _ => None,
        });
        Self {
            sid: statement.sid().map(str::to_owned),
            id,
            effect: statement.effect(),
            principals: statement.principal_element().map(principals),
            not_principals: statement.not_principal_element().map(principals),
            actions: statement.action_element().map(actions),
            not_actions: statement.not_action_element().map(actions),
            resources: statement.resource_element().map(resources),
            not_resources: statement.not_resource_element().map(resources),
            conditions: statement.condition_element().map(conditions).unwrap_or_default(),
        }
    }

    /// Whether it has no two forms of one element, and an action.
    pub(super) fn is_well_formed(&self) -> bool {
        self.actions.is_some() != self.not_actions.is_some()
            && !(self.resources.is_some() && self.not_resources.is_some())
            && !(self.principals.is_some() && self.not_principals.is_some())
    }

    pub(super) fn into_statement(self) -> Statement {
        let Self { sid, id, effect, .. } = self;
        let list = |list: Vec<Action>| list.into_iter().collect::<OneOrMany<_>>();
        let resources = |list: Vec<Resource>| list.into_iter().collect::<OneOrMany<_>>();
        let elements = [
            sid.map(Element::Sid),
            id.map(Element::Id),
            Some(Element::Effect(effect)),
            self.principals.map(Element::Principal),
            self.not_principals.map(Element::NotPrincipal),
            self.actions.map(list).map(Element::Action),
            self.not_actions.map(list).map(Element::NotAction),
            self.resources.map(resources).map(Element::Resource),
            self.not_resources.map(resources).map(Element::NotResource),
            (!self.conditions.is_empty()).then(|| Element::Condition(block(self.conditions))),
        ];
        Statement::from_elements(elements.into_iter().flatten().collect())
    }
}

/// Sorted without regard to case, each once.
pub(super) fn actions<'a>(list: impl IntoIterator<Item = &'a Action>) -> Vec<Action> {
    let mut list: Vec<Action> = list.into_iter().cloned().collect();
    list.sort_by_cached_key(|action| (action.as_str().to_ascii_lowercase(), action.clone()));
    list.dedup_by(|a, b| a.as_str().eq_ignore_ascii_case(b.as_str()));
    list
}

pub(super) fn resources<'a>(list: impl IntoIterator<Item = &'a Resource>) -> Vec<Resource> {
    let mut list: Vec<Resource> = list.into_iter().cloned().collect();
    list.sort();
    list.dedup();
    list
}

/// The kinds in the order of AWS's documentation, each once, with sorted values.
pub(super) fn principals(all: &Principals) -> Principals {
    let sorted = |texts: &OneOrMany<String>| {
        let mut texts: Vec<String> = texts.iter().cloned().collect();
        texts.sort();
        texts.dedup();
        texts.into_iter().collect::<OneOrMany<_>>()
    };
    match all {
        Principals::Bare(texts) => Principals::Bare(sorted(texts)),
        Principals::ByKind(kinds) => {
            let mut kinds: Vec<(PrincipalKind, OneOrMany<String>)> =
                kinds.iter().map(|(kind, texts)| (*kind, sorted(texts))).collect();
            kinds.sort_by_key(|(kind, _)| kind_rank(*kind));
            Principals::ByKind(kinds)
        }
    }
}

pub(super) fn kind_rank(kind: PrincipalKind) -> usize {
    match kind {
        PrincipalKind::Aws => 0,
        PrincipalKind::Service => 1,
        PrincipalKind::Federated => 2,
        PrincipalKind::CanonicalUser => 3,
    }
}

fn conditions(block: &Conditions) -> Vec<Test> {
    let spelled: Vec<Test> = block
        .iter()
        .map(|(operator, key, list)| Test {
            operator: spelling(operator),
            key: key_spelling(key),
            values: values(list),
        })
        .collect();
    let mut seen = HashSet::new();
    let unique =
        spelled.iter().all(|test| seen.insert((test.operator.as_str().to_owned(), &test.key)));
    let mut tests = if unique {
        spelled
    } else {
        // Two spellings of one operator or key are two tests; one object cannot hold both under one name.
        block
            .iter()
            .map(|(operator, key, list)| Test {
                operator: operator.clone(),
                key: key.to_owned(),
                values: values(list),
            })
            .collect()
    };
    tests.sort_by_cached_key(|test| (test.operator.as_str().to_owned(), test.key.clone()));
    tests
}

fn spelling(operator: &Operator) -> Operator {
    match operator.comparison() {
        Some(comparison) => Operator::new(comparison, operator.qualifier(), operator.if_exists()),
        None => operator.clone(),
    }
}

fn key_spelling(key: &str) -> String {
    GLOBAL_KEYS.iter().find(|known| known.matches(key)).map_or_else(
        || key.to_owned(),
        |known| match key.split_at_checked(known.name().len()) {
            Some((_, tag)) if known.takes_tag() => format!("{}{tag}", known.name()),
            _ => known.name().to_owned(),
        },
    )
}

/// Quoted, sorted, each once.
fn values(list: &OneOrMany<Value>) -> Vec<Value> {
    let mut texts: Vec<String> = list.iter().map(|value| value.text().into_owned()).collect();
    texts.sort();
    texts.dedup();
    texts.into_iter().map(Value::Text).collect()
}

/// INVARIANT: tests are sorted by operator.
fn block(tests: Vec<Test>) -> Conditions {
    let mut operators: Vec<(Operator, Vec<KeyValues>)> = Vec::new();
    for Test { operator, key, values } in tests {
        let values = values.into_iter().collect::<OneOrMany<_>>();
        match operators.last_mut() {
            Some((last, keys)) if last.as_str() == operator.as_str() => keys.push((key, values)),
            _ => operators.push((operator, vec![(key, values)])),
        }
    }
    Conditions::from_operators(operators)
}
