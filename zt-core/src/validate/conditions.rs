//! Operators, and how they treat absent keys and several values.

use super::context::{Checker, Test, View, shown};
use super::rules;
use super::suggestion::{Edit, Suggestion, quoted};
use crate::policy::{Comparison, Operator, Qualifier, Value};

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    let Some(conditions) = view.statement.condition_element() else {
        return;
    };
    let names: Vec<&str> =
        conditions.operators().iter().map(|(operator, _)| operator.as_str()).collect();
    for (operator, _) in conditions.operators() {
        check_operator(checker, view, operator, &names);
    }
    let tests = view.tests();
    for test in &tests {
        check_null(checker, view, test);
        if view.allows()
            && test.operator.qualifier() == Some(Qualifier::ForAllValues)
            && !test.operator.if_exists()
            && test.comparison() != Some(Comparison::Null)
        {
            check_for_all(checker, view, test, &tests);
        }
    }
    check_contradictions(checker, view, &tests);
}

fn check_operator(checker: &mut Checker<'_>, view: &View<'_>, operator: &Operator, names: &[&str]) {
    let at =
        format!("{}/Condition/{}", view.pointer, crate::policy::escape_pointer(operator.as_str()));
    let rename = |name: String| {
        (!names.contains(&name.as_str())).then(|| Suggestion::new(at.clone(), Edit::Rename(name)))
    };
    let Some(comparison) = operator.comparison() else {
        let meant = closest(operator.as_str());
        let message = format!("there is no operator {}", shown(operator.as_str()));
        let suggestion = meant.and_then(rename);
        checker.suggest(&rules::UNKNOWN_OPERATOR, at.clone(), message, suggestion);
        return;
    };
    let canonical = Operator::new(comparison, operator.qualifier(), operator.if_exists());
    if canonical.as_str() != operator.as_str() {
        let message = format!("{} is written {canonical}", shown(operator.as_str()));
        let suggestion = rename(canonical.as_str().to_owned());
        checker.suggest(&rules::OPERATOR_SPELLING, at.clone(), message, suggestion);
    }
}

/// The operator that was probably meant.
fn closest(text: &str) -> Option<String> {
    if text.len() > 64 {
        return None;
    }
    let (set, rest) = match text.split_once(':') {
        Some((set, rest)) => (Some(set), rest),
        None => (None, text),
    };
    let qualifier = match set {
        None => None,
        Some(set) => Some(
            [Qualifier::ForAllValues, Qualifier::ForAnyValue]
                .into_iter()
                .min_by_key(|known| distance(set, known.name()))
                .filter(|known| distance(set, known.name()) <= 3)?,
        ),
    };
    let candidates = Comparison::ALL.iter().flat_map(|comparison| {
        [false, true].map(|if_exists| Operator::new(*comparison, None, if_exists))
    });
    let best = candidates.min_by_key(|known| distance(rest, known.as_str()))?;
    let close = distance(rest, best.as_str()) <= (best.as_str().len() / 4).max(1);
    let comparison = best.comparison()?;
    close.then(|| Operator::new(comparison, qualifier, best.if_exists()).as_str().to_owned())
}

fn distance(a: &str, b: &str) -> usize {
    strsim::osa_distance(&a.to_ascii_lowercase(), &b.to_ascii_lowercase())
}

fn check_null(checker: &mut Checker<'_>, view: &View<'_>, test: &Test<'_>) {
    if test.comparison() != Some(Comparison::Null) {
        return;
    }
    let has =
        |wanted: &str| test.values.iter().any(|value| value.text().eq_ignore_ascii_case(wanted));
    if has("true") && has("false") {
        checker.find(
            &rules::ALWAYS_NULL,
            test.at(),
            format!("{} is absent or present", shown(test.key)),
        );
    }
    if test.operator.qualifier().is_some() {
        let plain = Operator::new(Comparison::Null, None, false);
        let message =
            format!("{} asks for presence, not for values", shown(test.operator.as_str()));
        checker.suggest(&rules::SET_ON_NULL, test.at(), message, test.with_operator(&plain, view));
    }
}

/// Whether something else makes sure that the key is there.
fn check_for_all(checker: &mut Checker<'_>, view: &View<'_>, test: &Test<'_>, tests: &[Test<'_>]) {
    let starts = |key: &str, start: &str| {
        key.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
    };
    let ensured = tests.iter().any(|other| {
        // A request with a tag has keys of tags.
        let is_tag = test.is_key("aws:TagKeys") && starts(other.key, "aws:RequestTag/");
        if !other.key.eq_ignore_ascii_case(test.key) && !is_tag {
            return false;
        }
        match (other.comparison(), other.operator.qualifier()) {
            (Some(Comparison::Null), _) => {
                !other.values.is_empty()
                    && other.values.iter().all(|value| value.text().eq_ignore_ascii_case("false"))
            }
            (Some(_), Some(Qualifier::ForAnyValue)) => !other.operator.if_exists(),
            (Some(comparison), None) => !comparison.is_negated() && !other.operator.if_exists(),
            _ => false,
        }
    });
    if ensured {
        return;
    }
    let message = format!("also holds when the request does not have {}", shown(test.key));
    let condition = view.at("Condition");
    let null = tests.iter().find(|other| other.operator.as_str() == "Null");
    let suggestion = match null {
        None => {
            let block = format!("{{{}: \"false\"}}", quoted(test.key));
            Some(Suggestion::new(condition, Edit::Insert("Null".into(), block)))
        }
        Some(_)
            if tests
                .iter()
                .any(|other| other.operator.as_str() == "Null" && other.key == test.key) =>
        {
            None
        }
        Some(_) => {
            let at = format!("{condition}/Null");
            Some(Suggestion::new(at, Edit::Insert(test.key.to_owned(), quoted("false"))))
        }
    };
    checker.suggest(&rules::FOR_ALL_VALUES_IN_ALLOW, test.at(), message, suggestion);
}

/// Tests that cannot hold together.
fn check_contradictions(checker: &mut Checker<'_>, view: &View<'_>, tests: &[Test<'_>]) {
    for (at, one) in tests.iter().enumerate() {
        for other in tests.iter().skip(at + 1) {
            if one.key.eq_ignore_ascii_case(other.key) && contradict(one, other) {
                let message = format!(
                    "{} and {} cannot both hold for {}",
                    shown(one.operator.as_str()),
                    shown(other.operator.as_str()),
                    shown(one.key)
                );
                checker.find(&rules::NEVER_APPLIES, view.pointer.clone(), message);
                return;
            }
        }
    }
}

fn contradict(one: &Test<'_>, other: &Test<'_>) -> bool {
    use Comparison as C;
    let (Some(a), Some(b)) = (one.comparison(), other.comparison()) else {
        return false;
    };
    if one.values.is_empty() || other.values.is_empty() {
        return false;
    }
    // Absent by one test, needed by the other.
    let absent = |test: &Test<'_>| {
        test.comparison() == Some(C::Null)
            && test.values.iter().all(|value| value.text().eq_ignore_ascii_case("true"))
    };
    let needed = |test: &Test<'_>| match test.comparison() {
        Some(C::Null) => test.values.iter().all(|value| value.text().eq_ignore_ascii_case("false")),
        Some(comparison) => {
            test.operator.qualifier() != Some(Qualifier::ForAllValues)
                && (test.operator.qualifier().is_some() || !comparison.is_negated())
                && !test.operator.if_exists()
        }
        None => false,
    };
    if (absent(one) && needed(other)) || (absent(other) && needed(one)) {
        return true;
    }
    if one.operator.qualifier().is_some()
        || other.operator.qualifier().is_some()
        || one.operator.if_exists() && other.operator.if_exists()
    {
        return false;
    }
    let texts = |test: &Test<'_>| -> Vec<String> {
        test.values.iter().map(|value: &Value| value.text().to_ascii_lowercase()).collect()
    };
    let plain = |test: &Test<'_>| test.values.iter().all(|value| !value.text().contains("${"));
    if !plain(one) || !plain(other) {
        return false;
    }
    match (a, b) {
        // Everything that the one takes, the other refuses.
        (C::StringEquals, C::StringNotEquals) | (C::IpAddress, C::NotIpAddress) => {
            exact(one).iter().all(|text| exact(other).contains(text))
        }
        (C::StringNotEquals, C::StringEquals) | (C::NotIpAddress, C::IpAddress) => {
            exact(other).iter().all(|text| exact(one).contains(text))
        }
        (C::Bool, C::Bool) => {
            let (a, b) = (texts(one), texts(other));
            !a.iter().any(|text| b.contains(text))
        }
        (
            C::DateGreaterThan | C::DateGreaterThanEquals,
            C::DateLessThan | C::DateLessThanEquals,
        ) => window_is_empty(one, other),
        (
            C::DateLessThan | C::DateLessThanEquals,
            C::DateGreaterThan | C::DateGreaterThanEquals,
        ) => window_is_empty(other, one),
        _ => false,
    }
}

fn exact(test: &Test<'_>) -> Vec<String> {
    test.values.iter().map(|value| value.text().into_owned()).collect()
}

/// Of several values, one is enough: the earliest start and the latest end count.
fn window_is_empty(start: &Test<'_>, end: &Test<'_>) -> bool {
    let instants = |test: &Test<'_>| -> Option<Vec<crate::literal::Instant>> {
        test.values.iter().map(|value| crate::literal::instant(&value.text())).collect()
    };
    let (Some(starts), Some(ends)) = (instants(start), instants(end)) else {
        return false;
    };
    let inclusive = start.comparison() == Some(Comparison::DateGreaterThanEquals)
        && end.comparison() == Some(Comparison::DateLessThanEquals);
    match (starts.iter().min(), ends.iter().max()) {
        (Some(start), Some(end)) if inclusive => start > end,
        (Some(start), Some(end)) => start >= end,
        _ => false,
    }
}
