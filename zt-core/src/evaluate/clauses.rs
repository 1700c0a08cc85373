//! What explanations say about conditions.

use super::condition::{Condition, Test};
use super::facts::{Fact, Facts};
use crate::policy::{Comparison, Qualifier};

/// How many values or near misses a sentence lists before it says how many more there are.
pub(super) const MOST_LISTED: usize = 8;

/// Why a condition holds, to stand after a colon.
pub(super) fn why_holds(condition: &Condition, facts: &Facts<'_>) -> String {
    let (key, operator) = (&condition.key_text, &condition.operator);
    let Some(test) = condition.test() else {
        return format!("`{operator}` is not known and errs towards denial");
    };
    match facts.get(&condition.key) {
        Fact::Absent if test.comparison == Comparison::Null => format!("`{key}` is absent"),
        Fact::Absent => {
            format!("`{key}` is absent and {operator} treats an absent key as a match")
        }
        Fact::Unknown => format!("`{key}` is not known"),
        _ if test.comparison == Comparison::Null => format!("`{key}` is present"),
        Fact::Many([]) => format!("`{key}` is empty"),
        fact => {
            let fit = match test.qualifier {
                None => fit(condition, test),
                // One value is every value and some value.
                Some(_) if matches!(fact, Fact::One(_) | Fact::Many([_])) => fit(condition, test),
                Some(Qualifier::ForAllValues) => {
                    Some(format!("each {}", relation(condition, test)))
                }
                Some(Qualifier::ForAnyValue) => {
                    Some(format!("at least one {}", relation(condition, test)))
                }
            };
            let fit = fit.map(|fit| format!(", {fit}")).unwrap_or_default();
            format!("`{key}` is {}{fit}", actual(condition, facts))
        }
    }
}

/// How a value fits, where that is more than being the value in the policy.
fn fit(condition: &Condition, test: &Test) -> Option<String> {
    use Comparison as C;
    let is_the_value = matches!(
        test.comparison,
        C::StringEquals
            | C::StringEqualsIgnoreCase
            | C::Bool
            | C::BinaryEquals
            | C::NumericEquals
            | C::DateEquals
    );
    (!is_the_value).then(|| relation(condition, test))
}

/// How a condition compares, to stand after a value.
fn relation(condition: &Condition, test: &Test) -> String {
    use Comparison as C;
    let values = listed(condition);
    match test.comparison {
        C::IpAddress => format!("within {values}"),
        C::StringLike | C::ArnLike | C::ArnEquals => format!("matching {values}"),
        comparison if comparison.is_negated() && comparison != C::NotIpAddress => {
            format!("not {values}")
        }
        _ => compared(condition, test),
    }
}

/// Why a condition fails, to stand after "because".
pub(super) fn why_fails(condition: &Condition, facts: &Facts<'_>) -> String {
    let mut why = how_it_fails(condition, facts);
    let mut named = Vec::new();
    for key in condition.variable_keys() {
        if named.len() >= MOST_LISTED {
            break;
        }
        if named.contains(&key) {
            continue;
        }
        named.push(key);
        match facts.named(key) {
            Fact::One(value) => why.push_str(&format!(" (`{key}` is `{value}`)")),
            Fact::Absent => why.push_str(&format!(" (`{key}` is absent)")),
            Fact::Many(_) => why.push_str(&format!(" (`{key}` is a list, which is no variable)")),
            Fact::Unknown => why.push_str(&format!(" (`{key}` is not known)")),
        }
    }
    why
}

fn how_it_fails(condition: &Condition, facts: &Facts<'_>) -> String {
    let (key, operator) = (&condition.key_text, &condition.operator);
    let expected = expectation(condition);
    match (condition.test(), facts.get(&condition.key)) {
        (None, _) => format!("`{operator}` is not a known operator"),
        (_, Fact::Absent) => format!("`{key}` is absent, expected {expected}"),
        (_, Fact::Unknown) => format!("`{key}` is not known, expected {expected}"),
        (_, Fact::Many([])) => format!("`{key}` is empty, expected {expected}"),
        (Some(test), Fact::Many([_, _, ..]))
            if test.qualifier.is_none() && test.comparison != Comparison::Null =>
        {
            let values = actual(condition, facts);
            format!("`{key}` has several values ({values}) and {operator} compares only one")
        }
        _ => format!("`{key}` is {}, expected {expected}", actual(condition, facts)),
    }
}

/// The request's value of a condition's key.
fn actual(condition: &Condition, facts: &Facts<'_>) -> String {
    match facts.get(&condition.key) {
        Fact::Absent => "absent".to_owned(),
        Fact::Unknown => "not known".to_owned(),
        Fact::One("") => "empty".to_owned(),
        Fact::One(value) => format!("`{value}`"),
        Fact::Many(values) => ticked(values.iter().map(String::as_str)),
    }
}

/// What a condition asks of its key, to stand after "expected".
fn expectation(condition: &Condition) -> String {
    use Comparison as C;
    let Some(test) = condition.test() else {
        return format!("what {} asks for", condition.operator);
    };
    if test.comparison == C::Null {
        let absent = condition.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
        return if absent { "it to be absent" } else { "it to be present" }.to_owned();
    }
    let one = compared(condition, test);
    match test.qualifier {
        None => one,
        Some(Qualifier::ForAllValues) => format!("every value to be {one}"),
        Some(Qualifier::ForAnyValue) => format!("some value to be {one}"),
    }
}

fn compared(condition: &Condition, test: &Test) -> String {
    use Comparison as C;
    let values = listed(condition);
    match test.comparison {
        C::NumericLessThan => format!("less than {values}"),
        C::NumericLessThanEquals => format!("at most {values}"),
        C::NumericGreaterThan => format!("more than {values}"),
        C::NumericGreaterThanEquals => format!("at least {values}"),
        C::DateLessThan => format!("before {values}"),
        C::DateLessThanEquals => format!("at or before {values}"),
        C::DateGreaterThan => format!("after {values}"),
        C::DateGreaterThanEquals => format!("at or after {values}"),
        C::NotIpAddress => format!("outside {}", listed_as("all of", condition)),
        comparison if comparison.is_negated() => format!("anything but {values}"),
        _ => values,
    }
}

/// What would make a condition hold, to stand after "if".
pub(super) fn wanted(condition: &Condition) -> String {
    let key = &condition.key_text;
    let Some(test) = condition.test() else {
        return format!("`{key}` is what {} asks for", condition.operator);
    };
    if test.comparison == Comparison::Null {
        let absent = condition.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
        return format!("`{key}` is {}", if absent { "absent" } else { "present" });
    }
    let one = compared(condition, test);
    match test.qualifier {
        None => format!("`{key}` is {one}"),
        Some(Qualifier::ForAllValues) => format!("every value of `{key}` is {one}"),
        Some(Qualifier::ForAnyValue) => format!("some value of `{key}` is {one}"),
    }
}

fn listed(condition: &Condition) -> String {
    listed_as("one of", condition)
}

/// The values of a condition; the words stand before several.
fn listed_as(words: &str, condition: &Condition) -> String {
    match &*condition.values {
        [] => "nothing".to_owned(),
        [only] if only.is_empty() => "an empty text".to_owned(),
        [only] => format!("`{only}`"),
        many => format!("{words} {}", ticked(many.iter().map(|value| &**value))),
    }
}

/// Values of users, each in backticks.
pub(super) fn ticked<'a>(values: impl ExactSizeIterator<Item = &'a str>) -> String {
    let ticked: Vec<String> = values.map(|value| format!("`{value}`")).collect();
    list(ticked.iter().map(String::as_str))
}

/// Separated by commas; of many, some and how many more.
pub(super) fn list<'a>(values: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = values.len().saturating_sub(MOST_LISTED);
    let mut text = values.take(MOST_LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
