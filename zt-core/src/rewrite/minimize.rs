//! The short form.

use super::canon::{self, Canon, Test};
use super::cover;
use crate::literal;
use crate::policy::{
    Action, Comparison, Effect, OneOrMany, Policy, Principals, Resource, Statement, Value, Version,
};

pub(super) fn minimize(policy: &Policy) -> Policy {
    let variables = policy.version() == Version::V2012_10_17;
    let mut statements: Vec<Canon> = policy.statements().iter().map(Canon::new).collect();
    statements.iter_mut().for_each(|statement| shorten(statement, variables));
    loop {
        let before = statements.len();
        statements = uncovered(statements, variables);
        statements = merged(statements, variables);
        if statements.len() == before {
            break;
        }
    }
    let mut statements: Vec<Statement> =
        statements.into_iter().map(Canon::into_statement).collect();
    statements.sort_by_cached_key(canon::sort_key);
    policy.with_statements(statements)
}

/// Drops what the same list covers.
pub(super) fn shorten(statement: &mut Canon, variables: bool) {
    for list in [&mut statement.actions, &mut statement.not_actions].into_iter().flatten() {
        drop_covered(list, |wide, narrow| cover::action_covers(wide.as_str(), narrow.as_str()));
    }
    for list in [&mut statement.resources, &mut statement.not_resources].into_iter().flatten() {
        drop_covered(list, |wide, narrow| {
            cover::resource_covers(wide.as_str(), narrow.as_str(), variables)
        });
    }
    for test in &mut statement.conditions {
        let comparison = test.operator.comparison();
        drop_covered(&mut test.values, |wide, narrow| {
            value_covers(comparison, wide, narrow, variables)
        });
    }
}

/// Whether what one value matches, the other matches too.
fn value_covers(
    comparison: Option<Comparison>,
    wide: &Value,
    narrow: &Value,
    variables: bool,
) -> bool {
    let (wide, narrow) = (wide.text(), narrow.text());
    match comparison.map(Comparison::positive) {
        Some(Comparison::StringLike) => cover::text_covers(&wide, &narrow, variables),
        Some(Comparison::ArnLike | Comparison::ArnEquals) => {
            cover::arn_covers(&wide, &narrow, variables)
        }
        Some(Comparison::IpAddress) => {
            match (literal::ip_range(&wide), literal::ip_range(&narrow)) {
                (Some(wide), Some(narrow)) => wide.contains(&narrow),
                _ => false,
            }
        }
        _ => wide == narrow,
    }
}

/// Keeps what no other item of the list covers; of two that cover each other, the first.
fn drop_covered<T: Clone>(list: &mut Vec<T>, covers: impl Fn(&T, &T) -> bool) {
    let mut kept: Vec<T> = Vec::with_capacity(list.len());
    for item in list.iter() {
        if kept.iter().any(|other| covers(other, item)) {
            continue;
        }
        kept.retain(|other| !covers(item, other));
        kept.push(item.clone());
    }
    *list = kept;
}

/// Statements that no other of the same effect covers.
fn uncovered(statements: Vec<Canon>, variables: bool) -> Vec<Canon> {
    let mut kept: Vec<Canon> = Vec::with_capacity(statements.len());
    for statement in statements {
        if kept.iter().any(|other| statement_covers(other, &statement, variables)) {
            continue;
        }
        kept.retain(|other| !statement_covers(&statement, other, variables));
        kept.push(statement);
    }
    kept
}

/// What a statement is about, for comparing statements without regard to their effect.
pub(crate) struct Extent {
    canon: Canon,
    variables: bool,
}

impl Extent {
    pub(crate) fn new(statement: &Statement, variables: bool) -> Self {
        let mut canon = Canon::new(statement);
        canon.effect = Effect::Allow;
        Self { canon, variables }
    }

    /// Whether this statement applies whenever the other does.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        statement_covers(&self.canon, &other.canon, self.variables)
    }
}

/// Whether one statement applies whenever the other does, and grants or denies to the same principals in the same way.
fn statement_covers(wide: &Canon, narrow: &Canon, variables: bool) -> bool {
    wide.effect == narrow.effect
        && wide.is_well_formed()
        && narrow.is_well_formed()
        && wide.id.is_none() == narrow.id.is_none()
        // What tells most statements apart soonest comes first.
        && (wide.conditions.is_empty() || !narrow.conditions.is_empty())
        && principals_cover(wide, narrow)
        && resources_cover(wide, narrow, variables)
        && actions_cover(wide, narrow)
        && wide
            .conditions
            .iter()
            .all(|test| narrow.conditions.iter().any(|other| test_covers(test, other, variables)))
}

/// The way in which a principal is named matters to what it is granted, so each must be named alike.
fn principals_cover(wide: &Canon, narrow: &Canon) -> bool {
    match (&wide.principals, &narrow.principals) {
        (None, None) => wide.not_principals == narrow.not_principals,
        (Some(Principals::ByKind(wide)), Some(Principals::ByKind(narrow))) => {
            narrow.iter().all(|(kind, texts)| {
                wide.iter().any(|(other, all)| {
                    other == kind && texts.iter().all(|text| all.as_slice().contains(text))
                })
            })
        }
        (wide, narrow) => wide == narrow,
    }
}

fn actions_cover(wide: &Canon, narrow: &Canon) -> bool {
    let covers =
        |wide: &Action, narrow: &Action| cover::action_covers(wide.as_str(), narrow.as_str());
    match (&wide.actions, &wide.not_actions, &narrow.actions, &narrow.not_actions) {
        (Some(wide), _, Some(narrow), _) => all_covered(narrow, wide, covers),
        (Some(wide), _, _, Some(_)) => wide.iter().any(|action| action.as_str() == "*"),
        // What the wide one excepts, the narrow one must except too.
        (_, Some(wide), _, Some(narrow)) => all_covered(wide, narrow, covers),
        (_, Some(excepted), Some(narrow), _) => excepted.iter().all(|excepted| {
            narrow.iter().all(|action| !cover::actions_overlap(excepted.as_str(), action.as_str()))
        }),
        _ => false,
    }
}

fn resources_cover(wide: &Canon, narrow: &Canon, variables: bool) -> bool {
    let covers = |wide: &Resource, narrow: &Resource| {
        cover::resource_covers(wide.as_str(), narrow.as_str(), variables)
    };
    match (&wide.resources, &wide.not_resources, &narrow.resources, &narrow.not_resources) {
        (Some(wide), _, Some(narrow), _) => all_covered(narrow, wide, covers),
        (_, Some(wide), _, Some(narrow)) => wide == narrow,
        (None, None, None, None) => true,
        _ => false,
    }
}

fn all_covered<T>(narrow: &[T], wide: &[T], covers: impl Fn(&T, &T) -> bool) -> bool {
    narrow.iter().all(|item| wide.iter().any(|other| covers(other, item)))
}

/// Whether the first test holds whenever the second does.
fn test_covers(wide: &Test, narrow: &Test, variables: bool) -> bool {
    if wide.operator.as_str() != narrow.operator.as_str()
        || !wide.key.eq_ignore_ascii_case(&narrow.key)
    {
        return false;
    }
    let Some(comparison) = wide.operator.comparison() else {
        return wide.values == narrow.values;
    };
    let covers =
        |wide: &Value, narrow: &Value| value_covers(Some(comparison), wide, narrow, variables);
    match comparison {
        Comparison::Null => wide.values == narrow.values,
        other if other.is_negated() => all_covered(&wide.values, &narrow.values, covers),
        _ => all_covered(&narrow.values, &wide.values, covers),
    }
}

/// Statements joined with those that differ from them in one list only.
fn merged(statements: Vec<Canon>, variables: bool) -> Vec<Canon> {
    let mut kept: Vec<Canon> = Vec::with_capacity(statements.len());
    for statement in statements {
        let joined = kept.iter_mut().find_map(|other| {
            let joined = join(other, &statement)?;
            Some((other, joined))
        });
        match joined {
            Some((place, joined)) => {
                *place = joined;
                shorten(place, variables);
            }
            None => kept.push(statement),
        }
    }
    kept
}

/// One statement that says what both say, when they differ in one of actions, resources and principals.
fn join(a: &Canon, b: &Canon) -> Option<Canon> {
    if !a.is_well_formed() || !b.is_well_formed() || a.effect != b.effect {
        return None;
    }
    if a.conditions != b.conditions
        || a.not_actions != b.not_actions
        || a.not_resources != b.not_resources
        || a.not_principals != b.not_principals
        || a.id != b.id
    {
        return None;
    }
    let same = (same_actions(a, b), a.resources == b.resources, a.principals == b.principals);
    let mut joined = a.clone();
    match same {
        (true, true, true) => {}
        (false, true, true) => {
            let (own, other) = (a.actions.as_ref()?, b.actions.as_ref()?);
            joined.actions = Some(canon::actions(own.iter().chain(other)));
        }
        (true, false, true) => {
            let (own, other) = (a.resources.as_ref()?, b.resources.as_ref()?);
            joined.resources = Some(canon::resources(own.iter().chain(other)));
        }
        (true, true, false) => {
            joined.principals =
                Some(join_principals(a.principals.as_ref()?, b.principals.as_ref()?)?);
        }
        _ => return None,
    }
    if joined.sid.as_deref().unwrap_or_default().is_empty() {
        joined.sid.clone_from(&b.sid);
    }
    Some(joined)
}

/// Whether two statements name the same actions, in whatever case.
fn same_actions(a: &Canon, b: &Canon) -> bool {
    let (Some(a), Some(b)) = (&a.actions, &b.actions) else {
        return a.actions == b.actions;
    };
    let alike = |(a, b): (&Action, &Action)| a.as_str().eq_ignore_ascii_case(b.as_str());
    a.len() == b.len() && a.iter().zip(b).all(alike)
}

/// The bare `*` stays apart: in some policies it means more than `{"AWS": "*"}`.
fn join_principals(a: &Principals, b: &Principals) -> Option<Principals> {
    let (Principals::ByKind(a), Principals::ByKind(b)) = (a, b) else {
        return None;
    };
    let mut kinds = a.clone();
    for (kind, texts) in b {
        match kinds.iter_mut().find(|(known, _)| known == kind) {
            Some((_, known)) => {
                *known = known.iter().chain(texts.iter()).cloned().collect::<OneOrMany<_>>();
            }
            None => kinds.push((*kind, texts.clone())),
        }
    }
    Some(canon::principals(&Principals::ByKind(kinds)))
}
