//! Condition keys: whether AWS has them, whether the actions have them, and whether the operator fits.

use super::context::{Checker, Test, View, shown};
use super::rules;
use super::suggestion::{Edit, Suggestion};
use crate::catalog::{self, ConditionKey, KeyType};
use crate::policy::keys::{GLOBAL_KEYS, KeyKind};
use crate::policy::{Comparison, Operator, Qualifier};

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    for test in view.tests() {
        let Some(known) = Known::find(test.key) else {
            check_unknown(checker, view, &test);
            continue;
        };
        check_type(checker, view, &test, known);
        check_values(checker, view, &test, known);
        if let Some(key) = known.service_key {
            check_applicable(checker, view, &test, key);
        }
    }
}

/// What is known about a condition key.
#[derive(Clone, Copy)]
pub(super) struct Known {
    kind: KeyType,
    pub(super) multivalued: bool,
    /// A key of one service.
    service_key: Option<ConditionKey>,
}

impl Known {
    pub(super) fn find(name: &str) -> Option<Self> {
        if let Some(key) = GLOBAL_KEYS.iter().find(|key| key.matches(name)) {
            let kind = match key.kind() {
                KeyKind::Numeric => KeyType::Numeric,
                KeyKind::Date => KeyType::Date,
                KeyKind::Bool => KeyType::Bool,
                KeyKind::Ip => KeyType::IpAddress,
                KeyKind::Arn => KeyType::Arn,
                KeyKind::Binary => KeyType::Binary,
                KeyKind::Text => KeyType::String,
            };
            return Some(Self { kind, multivalued: key.is_multivalued(), service_key: None });
        }
        let key = catalog::condition_key(name)?;
        // Two services that spell one key do not always agree on its type; then nothing is said about it.
        let is_global = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
        let service_key = (!is_global).then_some(key);
        Some(Self { kind: key.key_type(), multivalued: key.is_multivalued(), service_key })
    }
}

fn check_unknown(checker: &mut Checker<'_>, view: &View<'_>, test: &Test<'_>) {
    let Some((prefix, _)) = test.key.split_once(':') else {
        let message = format!("{} is not a condition key", shown(test.key));
        checker.find(&rules::UNKNOWN_KEY, test.at(), message);
        return;
    };
    // Claims of identity providers, whose names nobody lists.
    if prefix.contains(['.', '/'])
        || ["saml", "accounts", "graph", "www"].iter().any(|own| prefix.eq_ignore_ascii_case(own))
    {
        return;
    }
    // Open keys of services, such as kms:EncryptionContext:..., and tags without a name.
    if test.key.matches(':').count() > 1 || test.key.ends_with('/') {
        return;
    }
    let global =
        GLOBAL_KEYS.iter().filter(|key| !key.takes_tag()).map(|key| key.name()).find(|name| {
            strsim::osa_distance(&name.to_ascii_lowercase(), &test.key.to_ascii_lowercase()) <= 2
        });
    let meant = global.map(str::to_owned).or_else(|| {
        catalog::did_you_mean_key(test.key).into_iter().find(|name| !name.contains(['$', '<']))
    });
    let taken = |name: &str| {
        view.tests()
            .iter()
            .any(|other| other.operator.as_str() == test.operator.as_str() && other.key == name)
    };
    let suggestion = meant
        .filter(|name| !taken(name))
        .map(|name| Suggestion::new(test.at(), Edit::Rename(name)));
    let message = format!("AWS documents no condition key {}", shown(test.key));
    checker.suggest(&rules::UNKNOWN_KEY, test.at(), message, suggestion);
}

fn check_type(checker: &mut Checker<'_>, view: &View<'_>, test: &Test<'_>, known: Known) {
    use Comparison as C;
    let Some(comparison) = test.comparison() else {
        return;
    };
    let family = match comparison.positive() {
        C::Null => return,
        C::StringEquals | C::StringEqualsIgnoreCase | C::StringLike => KeyType::String,
        C::Bool => KeyType::Bool,
        C::BinaryEquals => KeyType::Binary,
        C::IpAddress => KeyType::IpAddress,
        C::ArnEquals | C::ArnLike => KeyType::Arn,
        C::DateEquals
        | C::DateLessThan
        | C::DateLessThanEquals
        | C::DateGreaterThan
        | C::DateGreaterThanEquals => KeyType::Date,
        _ => KeyType::Numeric,
    };
    let fits = family == known.kind
        // ARNs are texts too, many keys that hold ARNs are documented as texts, and times in seconds are numbers too.
        || matches!(
            (family, known.kind),
            (KeyType::String, KeyType::Arn) | (KeyType::Arn, KeyType::String) | (KeyType::Numeric, KeyType::Date)
        );
    if fits {
        return;
    }
    let negated = comparison.is_negated();
    let meant = match (known.kind, negated) {
        (KeyType::Bool, false) => Some(C::Bool),
        (KeyType::IpAddress, false) => Some(C::IpAddress),
        (KeyType::IpAddress, true) => Some(C::NotIpAddress),
        (KeyType::Binary, false) => Some(C::BinaryEquals),
        (KeyType::Numeric, false) if family == KeyType::String => Some(C::NumericEquals),
        (KeyType::Numeric, true) if family == KeyType::String => Some(C::NumericNotEquals),
        (KeyType::String | KeyType::Arn, false) => Some(C::StringEquals),
        (KeyType::String | KeyType::Arn, true) => Some(C::StringNotEquals),
        _ => None,
    };
    // Values that the operator could not read are not mended by it.
    let all_read = |meant: &Comparison| {
        test.values.iter().all(|value| {
            let text = value.text();
            text.contains("${") || super::values::reads(*meant, &text)
        })
    };
    let suggestion = meant.filter(all_read).and_then(|meant| {
        let operator = Operator::new(meant, test.operator.qualifier(), test.operator.if_exists());
        test.with_operator(&operator, view)
    });
    let message = format!(
        "{} is of type {}, which {} does not compare",
        shown(test.key),
        known.kind,
        shown(test.operator.as_str())
    );
    checker.suggest(&rules::OPERATOR_TYPE, test.at(), message, suggestion);
}

/// Set operators.
fn check_values(checker: &mut Checker<'_>, view: &View<'_>, test: &Test<'_>, known: Known) {
    let Some(comparison) = test.comparison().filter(|own| *own != Comparison::Null) else {
        return;
    };
    match test.operator.qualifier() {
        None if known.multivalued => {
            let message = format!("{} can have several values", shown(test.key));
            // A Deny should fire for any, an Allow of a negation for none.
            let qualifier = Qualifier::ForAnyValue;
            let operator = Operator::new(comparison, Some(qualifier), test.operator.if_exists());
            let suggestion =
                (!comparison.is_negated()).then(|| test.with_operator(&operator, view)).flatten();
            checker.suggest(&rules::MULTIVALUED_WITHOUT_SET, test.at(), message, suggestion);
        }
        Some(qualifier) if !known.multivalued => {
            let message =
                format!("{} has one value, {} is for several", shown(test.key), qualifier.name());
            let operator = Operator::new(comparison, None, test.operator.if_exists());
            let suggestion = test.with_operator(&operator, view);
            checker.suggest(&rules::SET_ON_SINGLE_VALUE, test.at(), message, suggestion);
        }
        _ => {}
    }
}

/// Whether some action of the statement has the key.
fn check_applicable(
    checker: &mut Checker<'_>,
    view: &View<'_>,
    test: &Test<'_>,
    key: ConditionKey,
) {
    let Some(actions) = view.statement.action_element() else {
        return;
    };
    // Keys that many services have are documented unevenly; only a key's own service is asked.
    let Some((prefix, _)) = test.key.split_once(':') else {
        return;
    };
    let Some(service) = catalog::service(prefix) else {
        return;
    };
    let mut of_service = false;
    for action in actions {
        let name = action.as_str();
        let Some((own, pattern)) = name.split_once(':') else {
            return;
        };
        if own.contains('*') {
            return;
        }
        if !own.eq_ignore_ascii_case(prefix) {
            // Another service's action may come with the key, as kms:ViaService does; nothing is said.
            return;
        }
        of_service = true;
        if pattern == "*" {
            return;
        }
        let found = if pattern.contains(['*', '?']) {
            let all = catalog::expand(name);
            all.is_empty() || all.iter().any(|action| action.has_condition_key(key))
        } else {
            service.action(pattern).is_none_or(|action| action.has_condition_key(key))
        };
        if found {
            return;
        }
    }
    // A key that no action of the service documents is one that the reference has forgotten.
    if of_service && service.actions().any(|action| action.has_condition_key(key)) {
        let message = format!("no action here has the condition key {}", shown(test.key));
        checker.find(&rules::KEY_NOT_APPLICABLE, test.at(), message);
    }
}
