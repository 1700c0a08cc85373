//! The second factor.

use super::context::{Checker, View};
use super::rules;
use super::suggestion::{Edit, Suggestion, quoted};
use crate::policy::{Comparison, Effect, Operator};
use crate::rewrite::cover;

const KEY: &str = "aws:MultiFactorAuthPresent";

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    for test in view.tests() {
        if !test.is_key(KEY) || test.comparison() != Some(Comparison::Bool) {
            continue;
        }
        let is = |wanted: &str| {
            test.values.iter().any(|value| value.text().eq_ignore_ascii_case(wanted))
        };
        if !view.allows() && !test.operator.if_exists() && is("false") {
            // A Null test beside it can only be in another statement.
            let operator = Operator::new(Comparison::Bool, test.operator.qualifier(), true);
            checker.suggest(
                &rules::MFA_DENY_WITHOUT_IF_EXISTS,
                test.at(),
                "requests signed with access keys do not have the key, and are not denied",
                test.with_operator(&operator, view),
            );
        }
        if view.allows() && test.operator.if_exists() && is("true") {
            let operator = Operator::new(Comparison::Bool, test.operator.qualifier(), false);
            checker.suggest(
                &rules::MFA_ALLOW_IF_EXISTS,
                test.at(),
                "requests signed with access keys do not have the key, and are allowed",
                test.with_operator(&operator, view),
            );
        }
    }
}

/// What a Deny without MFA exempts, and whether the rest of the policy fits to it.
pub(super) fn check_document(checker: &mut Checker<'_>) {
    let views = checker.statements();
    for view in views.iter() {
        let Some(excepted) = view.statement.not_action_element() else {
            continue;
        };
        let is_mfa_deny = !view.allows()
            && view.tests().iter().any(|test| {
                test.is_key(KEY)
                    && test.comparison() == Some(Comparison::Bool)
                    && test.values.iter().any(|value| value.text().eq_ignore_ascii_case("false"))
            });
        let exempts = |action: &str| {
            excepted.iter().any(|pattern| cover::action_covers(pattern.as_str(), action))
        };
        if !is_mfa_deny || !exempts("iam:EnableMFADevice") {
            continue;
        }
        let at = view.at("NotAction");
        if !exempts("iam:GetMFADevice") {
            let append = Suggestion::new(at.clone(), Edit::Append(quoted("iam:GetMFADevice")));
            let message = "`iam:GetMFADevice`, which enrolling takes, is denied";
            checker.suggest(&rules::MFA_GET_DEVICE, at.clone(), message, append);
        }
        let allows_enrolment = views.iter().any(|other| {
            other.statement.effect() == Effect::Allow
                && other
                    .statement
                    .action_element()
                    .into_iter()
                    .flatten()
                    .any(|action| cover::action_covers(action.as_str(), "iam:EnableMFADevice"))
        });
        if !allows_enrolment {
            let message = "enrolment is not denied, and nothing in this policy allows it";
            checker.find(&rules::MFA_NOBODY_ENROLS, view.pointer.clone(), message);
        }
        // Exempt on every user, unless another Deny keeps it to the caller's own.
        let keeps_to_own = views.iter().any(|other| {
            !other.allows()
                && other
                    .statement
                    .not_resource_element()
                    .into_iter()
                    .flatten()
                    .any(|resource| resource.as_str().contains("${aws:username}"))
                && other
                    .statement
                    .action_element()
                    .into_iter()
                    .flatten()
                    .any(|action| cover::action_covers(action.as_str(), "iam:EnableMFADevice"))
        });
        if !keeps_to_own {
            let message =
                "enrolling a device is exempt for any user, not only for the caller's own";
            checker.find(&rules::MFA_EXEMPTION_FOR_OTHERS, at, message);
        }
    }
}
