//! Statements beside each other.

use super::context::{Checker, shown};
use super::rules;
use super::suggestion::{Edit, Suggestion};
use crate::policy::Effect;
use crate::rewrite::Extent;

/// Comparing statements costs their number squared; nobody writes this many by hand.
const MOST: usize = 200;

pub(super) fn check(checker: &mut Checker<'_>) {
    let views = checker.statements();
    if views.len() < 2 || views.len() > MOST {
        return;
    }
    let extents: Vec<Extent> =
        views.iter().map(|view| Extent::new(view.statement, checker.variables)).collect();
    for (at, (view, extent)) in views.iter().zip(&extents).enumerate() {
        for (other_at, (other, wide)) in views.iter().zip(&extents).enumerate() {
            // Only an Allow can be covered by a statement of the other effect: a Deny beside an Allow does what it says.
            let (own, effect) = (view.statement.effect(), other.statement.effect());
            if at == other_at
                || (own == Effect::Deny && effect == Effect::Allow)
                || !wide.covers(extent)
            {
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
