//! Actions that AWS has, and how they are listed.

use super::Kind;
use super::context::{Checker, View, shown};
use super::rules;
use super::suggestion::{Edit, Suggestion};
use crate::catalog;
use crate::policy::{Action, OneOrMany};
use crate::rewrite::cover;

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    let statement = view.statement;
    if let Some(list) = statement.action_element() {
        check_list(checker, view, "Action", list);
    }
    if let Some(list) = statement.not_action_element() {
        check_list(checker, view, "NotAction", list);
        if view.allows() && checker.kind.grants() {
            let message = "allows every action but these, future ones included";
            checker.find(&rules::ALLOW_NOT_ACTION, view.at("NotAction"), message);
        }
    }
}

fn check_list(checker: &mut Checker<'_>, view: &View<'_>, element: &str, list: &OneOrMany<Action>) {
    for (at, action) in list.iter().enumerate() {
        check_name(checker, action.as_str(), || view.item(element, list, at));
    }
    for at in covered(list.as_slice(), |wide, narrow| {
        cover::action_covers(wide.as_str(), narrow.as_str())
    }) {
        let Some((action, wide)) = list.as_slice().get(at.0).zip(list.as_slice().get(at.1)) else {
            continue;
        };
        let at = view.item(element, list, at.0);
        let message = format!("{} is covered by {}", shown(action.as_str()), shown(wide.as_str()));
        let remove = Suggestion::new(at.clone(), Edit::Remove);
        checker.suggest(&rules::REDUNDANT_ACTION, at, message, remove);
    }
}

/// Items that another covers, each with that other one. Of two alike, the later is covered.
pub(super) fn covered<T: AsRef<str>>(
    list: &[T],
    covers: impl Fn(&T, &T) -> bool,
) -> Vec<(usize, usize)> {
    if list.len() < 2 {
        return Vec::new();
    }
    let wild: Vec<usize> = (0..list.len())
        .filter(|at| list.get(*at).is_some_and(|item| item.as_ref().contains(['*', '?'])))
        .collect();
    let mut seen = std::collections::HashMap::with_capacity(list.len());
    let mut found = Vec::new();
    for (at, item) in list.iter().enumerate() {
        if let Some(first) = seen.get(item.as_ref()) {
            found.push((at, *first));
            continue;
        }
        seen.insert(item.as_ref(), at);
        let wider = wild.iter().copied().find(|other| {
            *other != at
                && list.get(*other).is_some_and(|other_item| {
                    covers(other_item, item) && (*other < at || !covers(item, other_item))
                })
        });
        found.extend(wider.map(|other| (at, other)));
    }
    found
}

fn check_name(checker: &mut Checker<'_>, name: &str, at: impl Fn() -> String) {
    if name.contains("${") {
        return;
    }
    let wild_prefix = name
        .split_once(':')
        .is_some_and(|(prefix, _)| prefix.contains(['*', '?']) && name != "*:*");
    if !Action::is_well_formed(name) || wild_prefix {
        let message = if wild_prefix {
            format!("{} has a wildcard in its service prefix", shown(name))
        } else {
            format!("{} is not `service:Name`", shown(name))
        };
        checker.find(&rules::MALFORMED_ACTION, at(), message);
        return;
    }
    let Some((prefix, own)) = name.split_once(':').filter(|(prefix, _)| *prefix != "*") else {
        return;
    };
    let Some(service) = checker.service(prefix) else {
        let at = at();
        let meant = did_you_mean(name, prefix);
        let message = format!("no service has the prefix {}", shown(prefix));
        let suggestion = meant.map(|meant| Suggestion::text(at.clone(), &meant));
        checker.suggest(&rules::UNKNOWN_SERVICE, at, message, suggestion);
        return;
    };
    if checker.kind == Kind::Rcp && !service.supports_resource_control_policies() {
        let message = format!("resource control policies have no effect on {}", shown(prefix));
        checker.find(&rules::RCP_SERVICE, at(), message);
    }
    let is_pattern = own.contains(['*', '?']);
    if if is_pattern { catalog::is_action(name) } else { service.action(own).is_some() } {
        return;
    }
    let at = at();
    if is_pattern {
        let message = format!("no action of {} fits {}", shown(prefix), shown(name));
        checker.find(&rules::PATTERN_WITHOUT_ACTION, at, message);
        return;
    }
    let meant = catalog::did_you_mean(name).into_iter().next();
    let mut message = format!("{} has no action {}", shown(prefix), shown(name));
    // The same name in another service is something to look at, not what is surely meant.
    let is_own = |meant: &String| {
        meant.split_once(':').is_some_and(|(own, _)| own.eq_ignore_ascii_case(prefix))
    };
    if let Some(other) = meant.as_ref().filter(|meant| !is_own(meant)) {
        message.push_str(&format!(", there is {}", shown(other)));
    }
    let suggestion = meant.filter(is_own).map(|meant| Suggestion::text(at.clone(), &meant));
    checker.suggest(&rules::UNKNOWN_ACTION, at, message, suggestion);
}

/// The action with the prefix mended.
fn did_you_mean(name: &str, prefix: &str) -> Option<String> {
    let rest = name.get(prefix.len()..)?;
    if !rest.contains(['*', '?']) {
        return catalog::did_you_mean(name).into_iter().next();
    }
    catalog::did_you_mean(prefix)
        .into_iter()
        .map(|prefix| format!("{prefix}{rest}"))
        .find(|name| catalog::is_action(name))
}
