//! Values, as their operators read them.

use std::net::IpAddr;

use ipnet::IpNet;

use super::context::{Checker, Test, View, shown};
use super::rules;
use super::suggestion::Suggestion;
use crate::literal::{self, Instant};
use crate::policy::{Comparison, Operator};

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    for test in view.tests() {
        let Some(comparison) = test.comparison() else {
            continue;
        };
        for (at, value) in test.values.iter().enumerate() {
            let text = value.text();
            // Where variables are taken, the rules on variables speak; where not, the text does not read.
            if !text.contains("${") {
                check_value(checker, view, &test, comparison, at, &text);
            }
        }
    }
}

fn check_value(
    checker: &mut Checker<'_>,
    view: &View<'_>,
    test: &Test<'_>,
    comparison: Comparison,
    at: usize,
    text: &str,
) {
    use Comparison as C;
    let pointer = test.value_at(at);
    let is_read = reads(comparison, text);
    let expected = match comparison.positive() {
        C::StringEquals | C::StringEqualsIgnoreCase => {
            check_wildcard(checker, view, test, comparison, &pointer, text);
            return;
        }
        C::StringLike => return,
        C::Bool | C::Null => "true or false",
        C::BinaryEquals => "base64",
        C::IpAddress => {
            check_range(checker, &pointer, text);
            "an address range such as 203.0.113.0/24"
        }
        C::ArnEquals | C::ArnLike => "an ARN with six parts",
        C::DateEquals
        | C::DateLessThan
        | C::DateLessThanEquals
        | C::DateGreaterThan
        | C::DateGreaterThanEquals => {
            if let Some(instant) = literal::instant(text) {
                check_date(checker, view, test, comparison, &pointer, text, instant);
            }
            "a date such as 2026-01-31T12:00:00Z"
        }
        _ => "a number",
    };
    if !is_read {
        let message = format!("expected {expected}, found {}", shown(text));
        checker.find(&rules::MALFORMED_VALUE, pointer, message);
    }
}

/// Whether an operator can read a value, as far as a text without variables goes.
pub(super) fn reads(comparison: Comparison, text: &str) -> bool {
    use Comparison as C;
    match comparison.positive() {
        C::StringEquals | C::StringEqualsIgnoreCase | C::StringLike => true,
        C::Bool | C::Null => literal::boolean(text).is_some(),
        C::BinaryEquals => literal::bytes(text).is_some(),
        C::IpAddress => literal::ip_range(text).is_some(),
        C::ArnEquals | C::ArnLike => text == "*" || text.matches(':').count() >= 5,
        C::DateEquals
        | C::DateLessThan
        | C::DateLessThanEquals
        | C::DateGreaterThan
        | C::DateGreaterThanEquals => literal::instant(text).is_some(),
        _ => literal::decimal(text).is_some(),
    }
}

fn check_wildcard(
    checker: &mut Checker<'_>,
    view: &View<'_>,
    test: &Test<'_>,
    comparison: Comparison,
    pointer: &str,
    text: &str,
) {
    if !text.contains('*') {
        return;
    }
    let like = match comparison {
        Comparison::StringEquals => Some(Comparison::StringLike),
        Comparison::StringNotEquals => Some(Comparison::StringNotLike),
        _ => None,
    };
    let suggestion = like.and_then(|like| {
        let operator = Operator::new(like, test.operator.qualifier(), test.operator.if_exists());
        test.with_operator(&operator, view)
    });
    let message =
        format!("{} compares the `*` in {} as itself", shown(test.operator.as_str()), shown(text));
    checker.suggest(&rules::WILDCARD_IN_EQUALS, pointer, message, suggestion);
}

fn check_range(checker: &mut Checker<'_>, pointer: &str, text: &str) {
    if let Ok(range) = text.parse::<IpNet>() {
        let masked = range.trunc();
        if masked != range {
            let message =
                format!("{} is {masked}: bits behind the prefix are ignored", shown(text));
            let suggestion = Suggestion::text(pointer, &masked.to_string());
            checker.suggest(&rules::HOST_BITS, pointer, message, suggestion);
        }
    } else if matches!(text.parse::<IpAddr>(), Ok(IpAddr::V6(_))) {
        let message = format!("{} has no prefix length", shown(text));
        let suggestion = Suggestion::text(pointer, &format!("{text}/128"));
        checker.suggest(&rules::RANGE_WITHOUT_PREFIX, pointer, message, suggestion);
    }
}

fn check_date(
    checker: &mut Checker<'_>,
    view: &View<'_>,
    test: &Test<'_>,
    comparison: Comparison,
    pointer: &str,
    text: &str,
    instant: Instant,
) {
    if text.len() == 4 {
        let message = format!("{} is the year", shown(text));
        let suggestion = Suggestion::text(pointer, &format!("{text}-01-01T00:00:00Z"));
        checker.suggest(&rules::YEAR_OR_SECONDS, pointer, message, suggestion);
    }
    let Some(now) = checker.options.now else {
        return;
    };
    let is_clock = test.is_key("aws:CurrentTime") || test.is_key("aws:EpochTime");
    if !is_clock || instant >= now.as_nanosecond() {
        return;
    }
    let message = match (comparison, view.allows()) {
        (
            Comparison::DateLessThan | Comparison::DateLessThanEquals | Comparison::DateEquals,
            true,
        ) => "is past: the statement allows nothing any more",
        (
            Comparison::DateLessThan | Comparison::DateLessThanEquals | Comparison::DateEquals,
            false,
        ) => "is past: the statement denies nothing any more",
        (Comparison::DateGreaterThan | Comparison::DateGreaterThanEquals, false) => {
            "is past: the statement denies from now on"
        }
        // The start of a time that has begun.
        _ => return,
    };
    checker.find(&rules::DATE_IN_PAST, pointer, format!("{} {message}", shown(text)));
}
