//! Trust policies: who may assume a role, and how.

use super::Kind;
use super::context::{Checker, View, shown};
use super::principals;
use super::rules;
use super::suggestion::{Edit, Suggestion, quoted};
use crate::policy::{Comparison, PrincipalKind};
use crate::rewrite::cover;

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    if checker.kind != Kind::Trust {
        return;
    }
    for (at, action) in view.statement.action_element().into_iter().flatten().enumerate() {
        if !is_assuming(action.as_str()) {
            let Some(list) = view.statement.action_element() else { continue };
            let message = format!("{} does not assume a role", shown(action.as_str()));
            checker.find(&rules::TRUST_ACTION, view.item("Action", list, at), message);
        }
    }
    if view.allows() {
        check_principals(checker, view);
    }
}

fn is_assuming(action: &str) -> bool {
    ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext"]
        .iter()
        .any(|known| action.eq_ignore_ascii_case(known))
        // Patterns within them.
        || (action.contains(['*', '?']) && action.to_ascii_lowercase().starts_with("sts:"))
}

fn check_principals(checker: &mut Checker<'_>, view: &View<'_>) {
    let Some(all) = view.statement.principal_element() else {
        return;
    };
    let mut found = Vec::new();
    principals::each(view, "Principal", all, |kind, text, at| {
        found.push((kind, text.to_owned(), at))
    });
    for (kind, text, at) in found {
        if kind.is_some_and(|kind| kind != PrincipalKind::CanonicalUser) {
            check_way(checker, view, &text, way(kind, &text));
        }
        match kind {
            Some(PrincipalKind::Aws) => check_account(checker, view, &text, at),
            Some(PrincipalKind::Federated) if !text.contains(":saml-provider/") => {
                check_provider(checker, view, &text, at);
            }
            _ => {}
        }
    }
}

/// How a principal assumes a role.
fn way(kind: Option<PrincipalKind>, principal: &str) -> &'static str {
    match kind {
        Some(PrincipalKind::Federated) if principal.contains(":saml-provider/") => {
            "sts:AssumeRoleWithSAML"
        }
        Some(PrincipalKind::Federated) => "sts:AssumeRoleWithWebIdentity",
        _ => "sts:AssumeRole",
    }
}

/// Whether another principal of the statement assumes the role by this action.
fn used_by_others(view: &View<'_>, principal: &str, action: &str) -> bool {
    let mut is_used = false;
    if let Some(all) = view.statement.principal_element() {
        principals::each(view, "Principal", all, |kind, text, _| {
            is_used |= text != principal && cover::action_covers(action, way(kind, text));
        });
    }
    is_used
}

/// Whether some action of the statement is one that the principal can use.
fn check_way(checker: &mut Checker<'_>, view: &View<'_>, principal: &str, way: &str) {
    let Some(list) = view.statement.action_element() else {
        return;
    };
    let fits = list.iter().any(|action| cover::action_covers(action.as_str(), way));
    if fits {
        return;
    }
    let wrong = list.iter().position(|action| {
        let action = action.as_str().to_ascii_lowercase();
        action.starts_with("sts:assumerole")
    });
    if let Some(at) = wrong {
        // An action that another principal of the statement uses stays.
        let is_used = list
            .as_slice()
            .get(at)
            .is_some_and(|own| used_by_others(view, principal, own.as_str()));
        let at = view.item("Action", list, at);
        let message = format!("{} assumes roles by {way}", shown(principal));
        let suggestion = if is_used {
            Suggestion::new(view.at("Action"), Edit::Append(quoted(way)))
        } else {
            Suggestion::text(at.clone(), way)
        };
        checker.suggest(&rules::TRUST_ACTION_MISMATCH, at, message, suggestion);
    }
}

fn check_account(checker: &mut Checker<'_>, view: &View<'_>, principal: &str, at: String) {
    let account = if principals::is_account(principal) {
        principal
    } else {
        let parts: Vec<&str> = principal.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "iam", _, account, "root"] => *account,
            _ => return,
        }
    };
    let own = checker.options.account_id.as_deref() == Some(account);
    let told_apart = view.tests_key(&[
        "sts:ExternalId",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalArn",
        "aws:MultiFactorAuthPresent",
        "aws:userid",
    ]) || view
        .tests()
        .iter()
        .any(|test| test.key.to_ascii_lowercase().starts_with("aws:principaltag/"));
    if !own && !told_apart {
        let message = format!(
            "account {} is trusted without `sts:ExternalId`, which it takes unless the account is yours",
            shown(account)
        );
        checker.find(&rules::CROSS_ACCOUNT_TRUST, at, message);
    }
}

fn check_provider(checker: &mut Checker<'_>, view: &View<'_>, provider: &str, at: String) {
    let tests = view.tests();
    let claim = |name: &str| {
        tests.iter().find(|test| {
            test.key.to_ascii_lowercase().ends_with(name)
                && test.comparison().is_some_and(|comparison| {
                    !comparison.is_negated() && comparison != Comparison::Null
                })
        })
    };
    if claim(":aud").is_none()
        && claim(":azp").is_none()
        && claim(":app_id").is_none()
        && claim(":oaud").is_none()
    {
        let message = format!("tokens of {} are accepted whatever their audience", shown(provider));
        checker.find(&rules::FEDERATED_WITHOUT_AUDIENCE, at.clone(), message);
    }
    // Cognito's identity pools are told apart by their audience.
    let by_audience = provider.contains("cognito-identity.amazonaws.com");
    let Some(subject) = claim(":sub") else {
        if !by_audience {
            let message =
                format!("tokens of {} are accepted whatever their subject", shown(provider));
            checker.find(&rules::FEDERATED_WITHOUT_SUBJECT, at, message);
        }
        return;
    };
    if subject.comparison() != Some(Comparison::StringLike) {
        return;
    }
    for (at, value) in subject.values.iter().enumerate() {
        let text = value.text();
        let owner = text.strip_prefix("repo:").unwrap_or(&text);
        if owner.starts_with(['*', '?']) {
            let message = format!("{} does not say whose subjects", shown(&text));
            checker.find(&rules::WILD_SUBJECT, subject.value_at(at), message);
        }
    }
}
