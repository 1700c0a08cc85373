//! Which choices took part in whether a statement applies.

use std::net::Ipv6Addr;

use ipnet::IpNet;

use super::choices::{self, Choice};
use super::condition::{Condition, Operands, Test};
use super::facts::{Fact, Facts};
use super::template::Arn;
use crate::literal;
use crate::policy::{Comparison, Piece, Qualifier, pieces};

/// The choices that took part in whether a condition holds.
pub(super) fn of_condition(condition: &Condition, facts: &Facts<'_>) -> Vec<&'static Choice> {
    let Some(test) = condition.test() else {
        return vec![choices::UNKNOWN_OPERATOR];
    };
    let is_null = test.comparison == Comparison::Null;
    let values: &[String] = match facts.get(&condition.key) {
        Fact::Unknown => return Vec::new(),
        Fact::Absent => {
            let open = test.if_exists && test.qualifier == Some(Qualifier::ForAnyValue);
            return open.then_some(choices::FOR_ANY_IF_EXISTS).into_iter().collect();
        }
        Fact::Many([]) => return is_null.then_some(choices::EMPTY_LIST).into_iter().collect(),
        Fact::One(value) => &[value.to_owned()],
        Fact::Many(values) => values,
    };
    if is_null {
        return Vec::new();
    }
    let mut all = Vec::new();
    if test.qualifier.is_none() && matches!(facts.get(&condition.key), Fact::Many(_)) {
        all.push(choices::SEVERAL_VALUES);
        if values.len() > 1 {
            return all;
        }
    }
    let own: Vec<&str> = condition.values.iter().map(|value| &**value).collect();
    all.extend(of_texts(&own, condition.variables));
    all.extend(values.iter().filter_map(|value| of_value(test, value)));
    all.extend(of_operands(test, &own, values));
    all
}

/// The choices about variables in texts of a policy.
pub(super) fn of_texts(texts: &[&str], variables: bool) -> impl Iterator<Item = &'static Choice> {
    let old_escape = |text: &&str| ["${*}", "${?}", "${$}"].iter().any(|one| text.contains(one));
    let odd_default = |text: &&str| {
        pieces(text).into_iter().any(|piece| match piece {
            Piece::Variable { key, default: Some(default) } => {
                !text.contains(&format!("${{{key}, '{default}'}}"))
            }
            _ => false,
        })
    };
    let old = !variables && texts.iter().any(old_escape);
    let odd = variables && texts.iter().any(odd_default);
    [old.then_some(choices::OLD_ESCAPES), odd.then_some(choices::DEFAULT_SPACING)]
        .into_iter()
        .flatten()
}

/// The choice about a value of the request.
fn of_value(test: &Test, value: &str) -> Option<&'static Choice> {
    match &test.operands {
        Operands::Numbers(_) if literal::decimal(value).is_none() => Some(number(value)),
        Operands::Instants(_) if is_year(value) => Some(choices::FOUR_DIGITS),
        Operands::Instants(_) if literal::instant(value).is_none() => {
            Some(choices::UNREADABLE_VALUE)
        }
        Operands::Ranges(_) if literal::ip_range(value).is_none() => {
            Some(choices::UNREADABLE_VALUE)
        }
        Operands::Arns(_) if Arn::new(value).is_none() => Some(choices::UNREADABLE_VALUE),
        Operands::Texts { fold: true, .. } if !value.is_ascii() => Some(choices::FOLDING),
        _ => None,
    }
}

/// The choices about the values of the policy.
fn of_operands(test: &Test, own: &[&str], values: &[String]) -> Vec<&'static Choice> {
    let mut all = Vec::new();
    let readable = match &test.operands {
        Operands::Numbers(all) => all.len(),
        Operands::Instants(all) => all.len(),
        Operands::Ranges(all) => all.len(),
        Operands::Arns(all) => all.len(),
        Operands::Bytes(all) => all.len(),
        _ => own.len(),
    };
    if readable < own.len() {
        all.push(choices::UNREADABLE_POLICY_VALUE);
    }
    match &test.operands {
        Operands::Instants(_) if own.iter().any(|text| is_year(text)) => {
            all.push(choices::FOUR_DIGITS);
        }
        Operands::Ranges(_) => {
            let is_v6 = |text: &str| text.parse::<Ipv6Addr>().is_ok();
            if own.iter().any(|text| is_v6(text)) && values.iter().any(|text| is_v6(text)) {
                all.push(choices::IPV6_ALONE);
            }
            let is_masked =
                |text: &&str| text.parse::<IpNet>().is_ok_and(|range| range != range.trunc());
            if own.iter().any(is_masked) {
                all.push(choices::HOST_BITS);
            }
        }
        _ => {}
    }
    all
}

/// What a text that is no number of ours is for other readers.
fn number(text: &str) -> &'static Choice {
    match text.trim().parse::<f64>() {
        Ok(_) => choices::NUMBERS,
        Err(_) => choices::UNREADABLE_VALUE,
    }
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}
