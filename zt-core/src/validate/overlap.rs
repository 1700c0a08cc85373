//! Statements beside each other.

use std::cell::OnceCell;

use super::context::{Checker, shown};
use super::rules;
use super::suggestion::{Edit, Suggestion};
use crate::policy::{Effect, Statement};
use crate::rewrite::Extent;
use crate::rewrite::cover::{self, Shape};

/// Comparing statements costs their number squared; nobody writes this many by hand.
const MOST: usize = 200;

pub(super) fn check(checker: &mut Checker<'_>) {
    let views = checker.statements();
    if views.len() < 2 || views.len() > MOST {
        return;
    }
    // Made when needed: most statements are told apart by their first action or resource.
    let extents: Vec<OnceCell<Extent>> = views.iter().map(|_| OnceCell::new()).collect();
    let variables = checker.variables;
    let resources: Vec<Option<Vec<Shape<'_>>>> = views
        .iter()
        .map(|view| {
            let list = view.statement.resource_element()?;
            Some(list.iter().map(|own| Shape::new(own.as_str(), variables)).collect())
        })
        .collect();
    let all = || views.iter().zip(&extents).zip(&resources).enumerate();
    for (at, ((view, extent), own_resources)) in all() {
        for (other_at, ((other, wide), resources)) in all() {
            // Only an Allow can be covered by a statement of the other effect: a Deny beside an Allow does what it says.
            let (own, effect) = (view.statement.effect(), other.statement.effect());
            if at == other_at
                || (own == Effect::Deny && effect == Effect::Allow)
                || !may_cover(
                    (other.statement, resources.as_deref()),
                    (view.statement, own_resources.as_deref()),
                )
            {
                continue;
            }
            let extent = extent.get_or_init(|| Extent::new(view.statement, variables));
            let wide = wide.get_or_init(|| Extent::new(other.statement, variables));
            if !wide.covers(extent) {
                continue;
            }
            let name = other
                .statement
                .sid()
                .filter(|sid| !sid.is_empty())
                .map_or_else(|| format!("`{}`", other.pointer), shown);
            match (own, effect) {
                (own, other)
                    if own == other
                    // Of two alike, the later one goes.
                    && (at > other_at || !extent.covers(wide)) =>
                {
                    let message = format!("{name} covers it");
                    let remove = Suggestion::new(view.pointer.clone(), Edit::Remove);
                    checker.suggest(
                        &rules::STATEMENT_COVERED,
                        view.pointer.clone(),
                        message,
                        remove,
                    );
                    break;
                }
                (Effect::Allow, Effect::Deny) => {
                    let message = format!("{name} denies all that it allows");
                    checker.find(&rules::ALLOW_DENIED, view.pointer.clone(), message);
                    break;
                }
                _ => {}
            }
        }
    }
}

/// Whether the first statement may apply whenever the other does: `false` is sure, and cheap.
fn may_cover(
    (wide, wide_resources): (&Statement, Option<&[Shape<'_>]>),
    (narrow, resources): (&Statement, Option<&[Shape<'_>]>),
) -> bool {
    let is_conditional =
        |own: &Statement| own.condition_element().is_some_and(|all| all.iter().next().is_some());
    if is_conditional(wide) && !is_conditional(narrow) {
        return false;
    }
    if let (Some(wide), Some([first, ..])) = (wide_resources, resources)
        && !wide.iter().any(|own| own.covers(first))
    {
        return false;
    }
    if let (Some(wide), Some(narrow)) = (wide.action_element(), narrow.action_element())
        && let Some(first) = narrow.as_slice().first()
        && !wide.iter().any(|own| cover::action_covers(own.as_str(), first.as_str()))
    {
        return false;
    }
    true
}
