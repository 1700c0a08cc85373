//! Policy variables: where they are taken, and of which keys.

use super::context::{Checker, View, shown};
use super::keys::Known;
use super::rules;
use super::suggestion::Suggestion;
use crate::catalog;
use crate::policy::{Comparison, Piece, pieces};

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    let statement = view.statement;
    for (element, list) in
        [("Action", statement.action_element()), ("NotAction", statement.not_action_element())]
    {
        for (list, (at, action)) in
            list.into_iter().flat_map(|list| list.iter().enumerate().map(move |item| (list, item)))
        {
            if action.as_str().contains("${") {
                not_taken(checker, action.as_str(), view.item(element, list, at));
            }
        }
    }
    for (element, list) in [
        ("Resource", statement.resource_element()),
        ("NotResource", statement.not_resource_element()),
    ] {
        for (list, (at, resource)) in
            list.into_iter().flat_map(|list| list.iter().enumerate().map(move |item| (list, item)))
        {
            if resource.as_str().contains("${") {
                taken(checker, resource.as_str(), &view.item(element, list, at));
            }
        }
    }
    for (element, all) in [
        ("Principal", statement.principal_element()),
        ("NotPrincipal", statement.not_principal_element()),
    ] {
        if let Some(all) = all {
            let mut found = Vec::new();
            super::principals::each(view, element, all, |_, text, at| {
                if text.contains("${") {
                    found.push((text.to_owned(), at));
                }
            });
            for (text, at) in found {
                not_taken(checker, &text, at);
            }
        }
    }
    for test in view.tests() {
        for (at, value) in test.values.iter().enumerate() {
            let text = value.text();
            if !text.contains("${") {
                continue;
            }
            let takes = test.comparison().map(Comparison::positive).is_some_and(|comparison| {
                matches!(
                    comparison,
                    Comparison::StringEquals
                        | Comparison::StringEqualsIgnoreCase
                        | Comparison::StringLike
                        | Comparison::ArnEquals
                        | Comparison::ArnLike
                        | Comparison::Bool
                )
            });
            if takes {
                taken(checker, &text, &test.value_at(at));
            } else {
                not_taken(checker, &text, test.value_at(at));
            }
        }
    }
}

fn not_taken(checker: &mut Checker<'_>, text: &str, at: String) {
    if has_variable(text) {
        let message = format!("the variable in {} is plain text here", shown(text));
        checker.find(&rules::VARIABLE_NOT_TAKEN, at, message);
    }
}

fn has_variable(text: &str) -> bool {
    text.contains("${") && pieces(text).iter().any(|piece| !matches!(piece, Piece::Text(_)))
}

fn taken(checker: &mut Checker<'_>, text: &str, at: &str) {
    if !has_variable(text) {
        return;
    }
    if !checker.variables {
        let message =
            format!("the variable in {} is plain text under version 2008-10-17", shown(text));
        checker.find(&rules::VARIABLE_UNDER_OLD_VERSION, at, message);
        return;
    }
    for piece in pieces(text) {
        let Piece::Variable { key, default } = piece else {
            continue;
        };
        match Known::find(key) {
            Some(known) if known.multivalued => {
                let message =
                    format!("{} has several values, so it cannot be a variable", shown(key));
                checker.find(&rules::MULTIVALUED_VARIABLE, at, message);
            }
            Some(_) => {}
            None if key.contains(['.', '/']) || key.matches(':').count() > 1 || is_claim(key) => {}
            None => {
                let meant = catalog::did_you_mean_key(key)
                    .into_iter()
                    .find(|name| !name.contains(['$', '<']))
                    .map(|name| text.replacen(key, &name, 1))
                    .map(|mended| Suggestion::text(at, &mended));
                let message = format!("AWS documents no condition key {}", shown(key));
                checker.suggest(&rules::UNKNOWN_VARIABLE, at, message, meant);
            }
        }
        if let Some(default) = default
            && !text.contains(&format!("{key}, '{default}'"))
        {
            let message = format!("the default in {} is not written as documented", shown(text));
            checker.find(&rules::VARIABLE_DEFAULT_FORM, at, message);
        }
    }
}

/// Claims of identity providers.
fn is_claim(key: &str) -> bool {
    key.split_once(':').is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case("saml"))
}
