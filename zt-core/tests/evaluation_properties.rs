//! What holds for all policies and requests.
#![cfg(test)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use zt_core::evaluate::{ContextValue, Evaluator, Outcome, Request};
use zt_core::policy::Policy;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

/// A condition: operator, key, values.
type Condition = (&'static str, &'static str, Vec<&'static str>);

#[derive(Clone, Debug)]
struct Statement {
    allow: bool,
    action: &'static str,
    not_action: bool,
    resource: &'static str,
    conditions: Vec<Condition>,
}

/// Texts that meet often.
const TEXTS: [&str; 5] = ["a", "b", "ab", "A", ""];

fn condition() -> impl Strategy<Value = Condition> {
    let values =
        |from: &'static [&'static str]| prop::collection::vec(prop::sample::select(from), 1..3);
    prop_oneof![
        6 => (
            prop::sample::select(vec![
                "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
                "StringEqualsIfExists", "StringNotEqualsIfExists", "ForAnyValue:StringEquals",
                "ForAllValues:StringLike", "ForAnyValue:StringNotEquals", "ForAllValues:StringNotEqualsIfExists",
            ]),
            prop::sample::select(vec!["t:one", "t:two"]),
            values(&["a", "b", "a*", "?", "ab"]),
        ),
        1 => (Just("StringEquals"), prop::sample::select(vec!["t:one", "t:two"]), Just(vec!["${t:name}"])),
        1 => (Just("Null"), prop::sample::select(vec!["t:one", "t:two", "t:n"]), values(&["true", "false"])),
        1 => (prop::sample::select(vec!["Bool", "BoolIfExists"]), Just("t:b"), values(&["true", "false"])),
        2 => (
            prop::sample::select(vec![
                "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEqualsIfExists",
            ]),
            Just("t:n"),
            values(&["5", "10"]),
        ),
        2 => (
            prop::sample::select(vec!["IpAddress", "NotIpAddress", "IpAddressIfExists"]),
            Just("t:ip"),
            values(&["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0"]),
        ),
        1 => (
            prop::sample::select(vec!["DateLessThan", "DateGreaterThanEquals", "DateNotEquals"]),
            Just("t:d"),
            values(&["2020", "2021-06-01T00:00:00Z"]),
        ),
    ]
}

fn statement() -> impl Strategy<Value = Statement> {
    (
        prop::bool::weighted(0.7),
        prop::sample::select(vec!["*", "s3:*", "s3:GetObject", "s3:Get?bject", "ec2:*"]),
        prop::bool::weighted(0.2),
        prop::sample::select(vec![
            "*",
            "arn:aws:s3:::b/*",
            "arn:aws:s3:::b/${t:name}",
            "arn:aws:s3:::c/*",
        ]),
        prop::collection::vec(condition(), 0..3),
    )
        .prop_map(|(allow, action, not_action, resource, conditions)| Statement {
            allow,
            action,
            not_action,
            resource,
            conditions,
        })
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    prop::collection::vec(statement(), 1..5)
}

impl Statement {
    fn json(&self, lists: bool, shout: bool) -> Value {
        let one = |text: &str| if lists { json!([text]) } else { json!(text) };
        let mut condition = Map::new();
        for (operator, key, values) in &self.conditions {
            let key = if shout { key.to_uppercase() } else { (*key).to_owned() };
            let tests = condition.entry(*operator).or_insert_with(|| json!({}));
            let values = if values.len() == 1 { one(values[0]) } else { json!(values) };
            tests.as_object_mut().unwrap().entry(key).or_insert(values);
        }
        let action = if self.not_action { "NotAction" } else { "Action" };
        json!({
            "Effect": if self.allow { "Allow" } else { "Deny" },
            action: one(self.action),
            "Resource": one(self.resource),
            "Condition": condition,
        })
    }
}

fn policy(statements: &[Statement]) -> Policy {
    written(statements.iter().map(|statement| statement.json(false, false)))
}

fn written(statements: impl Iterator<Item = Value>) -> Policy {
    let statements: Vec<Value> = statements.collect();
    Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

/// Keys with every kind of value that the conditions tell apart, and some more.
fn values_of(key: &str) -> Vec<Option<ContextValue>> {
    let one = |texts: &[&str]| -> Vec<Option<ContextValue>> {
        texts.iter().map(|text| Some(ContextValue::from(*text))).collect()
    };
    let mut values = vec![None, Some(ContextValue::Many(Vec::new()))];
    values.extend(match key {
        "t:b" => one(&["true", "false", "x", "TRUE"]),
        "t:n" => one(&["4", "5", "7.5", "10", "11", "x"]),
        "t:ip" => one(&["10.1.2.3", "10.2.3.4", "192.0.2.1", "2001:db8::1", "x"]),
        "t:d" => one(&["2019", "2020", "2020-06-01", "2021-06-01", "2022", "x"]),
        "t:name" => one(&["a", "b", "ab", "A", "B", "AB", "a*", "A*", "?", "xyz", "k", "x", ""]),
        _ => {
            let mut texts =
                one(&["a", "b", "ab", "A", "B", "AB", "a*", "A*", "?", "", "xyz", "x", "k"]);
            for list in
                [["a", "b"], ["a", "x"], ["b", "ab"], ["ab", "xyz"], ["", "xyz"], ["b", "x"]]
            {
                texts.push(Some(list.into()));
            }
            texts
        }
    });
    values
}

/// The same and all lists of up to three values.
fn values_and_lists_of(key: &str) -> Vec<Option<ContextValue>> {
    let mut values = values_of(key);
    if matches!(key, "t:one" | "t:two") {
        const ATOMS: [&str; 11] = ["a", "b", "ab", "A", "B", "AB", "a*", "A*", "?", "", "xyz"];
        for (at, one) in ATOMS.iter().enumerate() {
            for (next, two) in ATOMS.iter().enumerate().skip(at) {
                values.push(Some([*one, *two].into()));
                values
                    .extend(ATOMS.iter().skip(next).map(|three| Some([*one, *two, *three].into())));
            }
        }
    }
    values
}

const KEYS: [&str; 7] = ["t:one", "t:two", "t:b", "t:n", "t:ip", "t:d", "t:name"];

fn context() -> impl Strategy<Value = Vec<(&'static str, Option<ContextValue>)>> {
    KEYS.map(|key| prop::sample::select(values_of(key)).prop_map(move |value| (key, value)))
        .to_vec()
        .into_iter()
        .collect::<Vec<_>>()
}

fn request(context: &[(&str, Option<ContextValue>)]) -> Request {
    Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::b/k")
        .with_all(context.iter().filter_map(|(key, value)| Some((*key, value.clone()?))))
}

fn identity(policies: &[&Policy]) -> Evaluator {
    Evaluator::builder().identity(policies.iter().copied()).build().unwrap()
}

/// Operators and their negations, values for policies, and values for requests.
type Complements =
    (&'static [(&'static str, &'static str)], &'static [&'static str], &'static [&'static str]);

const COMPLEMENTS: [Complements; 5] = [
    (
        &[
            ("StringEquals", "StringNotEquals"),
            ("StringLike", "StringNotLike"),
            ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        ],
        &["a", "b", "a*", "?", "${t:two}"],
        &TEXTS,
    ),
    (
        &[("NumericEquals", "NumericNotEquals")],
        &["5", "5.0", "-0", "1000000000000000001"],
        &["5", "05", "0", "-5", "1000000000000000000"],
    ),
    (
        &[("DateEquals", "DateNotEquals")],
        &["2020", "2020-01-01", "1577836800", "2020-01-01T00:00:00Z", "2021-06"],
        &["2020-01-01T01:00:00+01:00", "1577836800", "2021-06-01T00:00:00.5Z", "2021"],
    ),
    (
        &[("IpAddress", "NotIpAddress")],
        &["10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "2001:db8::/32", "::/0"],
        &["10.1.2.3", "192.0.2.1", "2001:DB8:0:0::1", "::1"],
    ),
    (
        &[("ArnEquals", "ArnNotEquals"), ("ArnLike", "ArnNotLike")],
        &["arn:aws:s3:::b*", "arn:*:*:*:*:*", "arn:aws:sns:*:111122223333:t?", "*"],
        &["arn:aws:s3:::b:c", "arn:aws:sns:eu-west-1:111122223333:t1", "a:b:c:d:e:f"],
    ),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_denial_more_never_allows(own in statements(), mut more in statement(), context in context()) {
        more.allow = false;
        let request = request(&context);
        let before = identity(&[&policy(&own)]).outcome(&request);
        let after = identity(&[&policy(&[own, vec![more]].concat())]).outcome(&request);
        prop_assert!(after != Outcome::Allowed || before == Outcome::Allowed);
        prop_assert!(before != Outcome::ExplicitDeny || after == Outcome::ExplicitDeny);
    }

    #[test]
    fn an_allow_more_never_denies(own in statements(), mut more in statement(), context in context()) {
        more.allow = true;
        let request = request(&context);
        let before = identity(&[&policy(&own)]).outcome(&request);
        let after = identity(&[&policy(&[own, vec![more]].concat())]).outcome(&request);
        prop_assert!(after == before || (before, after) == (Outcome::ImplicitDeny, Outcome::Allowed));
    }

    #[test]
    fn policies_that_restrict_never_allow(
        own in statements(), gate in statements(), kind in 0..4, context in context(),
    ) {
        let (own, gate) = (policy(&own), policy(&gate));
        let request = request(&context);
        let before = identity(&[&own]).outcome(&request);
        let builder = Evaluator::builder().identity([&own]);
        let restricted = match kind {
            0 => builder.boundaries([&gate]),
            1 => builder.scps([[&gate]]),
            2 => builder.session([&gate]),
            _ => builder.rcps([[&gate]]),
        };
        let after = restricted.build().unwrap().outcome(&request);
        prop_assert!(after != Outcome::Allowed || before == Outcome::Allowed);
    }

    #[test]
    fn order_lists_and_case_of_keys_mean_nothing(own in statements(), context in context()) {
        let request = request(&context);
        let outcome = identity(&[&policy(&own)]).outcome(&request);
        let reversed = written(own.iter().rev().map(|statement| statement.json(true, true)));
        prop_assert_eq!(identity(&[&reversed]).outcome(&request), outcome);
        // Spread over policies, one statement each.
        let spread: Vec<Policy> = own.iter().map(|one| policy(std::slice::from_ref(one))).collect();
        let spread: Vec<&Policy> = spread.iter().collect();
        prop_assert_eq!(identity(&spread).outcome(&request), outcome);
    }

    #[test]
    fn an_operator_and_its_negation_are_complements(
        (pair, values, own) in prop::sample::select(COMPLEMENTS.to_vec()).prop_flat_map(|(pairs, values, own)| (
            prop::sample::select(pairs),
            prop::collection::vec(prop::sample::select(values), 1..4),
            prop::option::of(prop::sample::select(own)),
        )),
    ) {
        let holds = |operator: &'static str| {
            let statement = Statement {
                allow: true, action: "*", not_action: false, resource: "*",
                conditions: vec![(operator, "t:one", values.clone())],
            };
            let context = [("t:one", own.map(ContextValue::from))];
            identity(&[&policy(&[statement])]).outcome(&request(&context)) == Outcome::Allowed
        };
        match own {
            Some(_) => prop_assert_ne!(holds(pair.0), holds(pair.1)),
            None => prop_assert!(!holds(pair.0) && holds(pair.1)),
        }
    }

    #[test]
    fn many_are_decided_as_one_by_one(own in statements(), contexts in prop::collection::vec(context(), 0..4)) {
        let evaluator = identity(&[&policy(&own)]);
        let requests: Vec<Request> = contexts.iter().map(|context| request(context)).collect();
        let many: Vec<Outcome> =
            evaluator.evaluate_many(&requests).iter().map(|decision| decision.outcome()).collect();
        let each: Vec<Outcome> = requests.iter().map(|request| evaluator.outcome(request)).collect();
        prop_assert_eq!(many, each);
    }

    /// The evaluator looks statements up; here each is looked at.
    #[test]
    fn looking_up_finds_what_looking_at_each_finds(
        own in prop::collection::vec(statement(), 1..40), context in context(),
    ) {
        let request = request(&context);
        let outcomes: BTreeSet<&str> = own
            .iter()
            .map(|one| identity(&[&policy(std::slice::from_ref(one))]).outcome(&request).name())
            .collect();
        let expected = ["explicit_deny", "allowed"].into_iter().find(|name| outcomes.contains(name));
        let actual = identity(&[&policy(&own)]).outcome(&request).name();
        prop_assert_eq!(actual, expected.unwrap_or("implicit_deny"));
    }

    /// Two keys are not known; every pair of values is tried.
    #[test]
    fn unknown_is_exact(
        own in statements(), context in context(),
        hidden in prop::sample::subsequence(KEYS.to_vec(), 1..3),
    ) {
        let evaluator = identity(&[&policy(&own)]);
        let open = KEYS.map(|key| {
            let given = context.iter().find(|(own, _)| *own == key).and_then(|(_, value)| value.clone());
            (key, if hidden.contains(&key) { Some(ContextValue::Unknown) } else { given })
        });
        let decision = evaluator.evaluate(&request(&open));
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let first = hidden[0];
        for one in values_of(first) {
            let second = hidden.get(1).copied();
            let others = second.map_or(vec![None], values_of);
            for two in others {
                let mut full = open.clone();
                for (key, value) in &mut full {
                    if *key == first {
                        *value = one.clone();
                    } else if Some(*key) == second {
                        *value = two.clone();
                    }
                }
                seen.insert(evaluator.outcome(&request(&full)).name());
            }
        }
        // Documented as not exact: a variable that is not known beside another key that is not. And the values tried
        // here are not all lists that set operators tell apart; the test of one key tries those.
        let relational = hidden.contains(&"t:name") && hidden.len() == 2;
        let in_sets = own.iter().flat_map(|one| &one.conditions).any(|(operator, key, _)| {
            operator.starts_with("For") && hidden.contains(key)
        });
        if decision.outcome() == Outcome::Unknown {
            prop_assert!(relational || in_sets || seen.len() > 1, "unknown, but always {seen:?}: {decision}");
            prop_assert!(!decision.unknown_keys().is_empty());
            prop_assert!(decision.unknown_keys().iter().all(|key| hidden.contains(&key.as_str())));
            prop_assert!(!decision.is_denied() || !seen.contains("allowed"), "{seen:?} {decision}");
            prop_assert!(relational || in_sets || decision.is_denied() != seen.contains("allowed"), "{seen:?} {decision}");
        } else {
            prop_assert_eq!(seen, BTreeSet::from([decision.outcome().name()]), "{}", decision);
            prop_assert!(decision.unknown_keys().is_empty());
        }
    }

    /// One key is not known: it matters exactly when its values lead to different outcomes.
    #[test]
    fn the_keys_that_matter_are_exact(own in statements(), context in context(), key in 0..KEYS.len()) {
        let evaluator = identity(&[&policy(&own)]);
        let with = |value: Option<ContextValue>| {
            let mut all = context.clone();
            all[key].1 = value;
            evaluator.evaluate(&request(&all))
        };
        let decision = with(Some(ContextValue::Unknown));
        let seen: BTreeSet<&str> =
            values_and_lists_of(KEYS[key]).into_iter().map(|value| with(value).outcome().name()).collect();
        let expected: &[&str] = if seen.len() > 1 { &[KEYS[key]] } else { &[] };
        prop_assert_eq!(decision.unknown_keys(), expected, "{:?} {}", seen, decision);
        // Sets of very many classes of values are not all tried, and then nothing is certain.
        let in_sets = own.iter().flat_map(|one| &one.conditions).any(|(operator, own, _)| {
            operator.starts_with("For") && *own == KEYS[key]
        });
        let denied = !seen.contains("allowed");
        prop_assert!(decision.is_denied() == denied || (in_sets && denied), "{seen:?} {decision}");
    }
}

/// What a variable's value cannot make fit is known not to fit, whatever else is open.
#[test]
fn a_resource_that_no_value_completes_does_not_apply() {
    let policy = Policy::parse(
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/t}",
            "Condition": {"StringLike": {"aws:PrincipalTag/t": "${aws:username}*"}}
        }}"#,
    )
    .unwrap();
    let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
    let outcome = |resource| {
        let request =
            Request::new("arn:aws:iam::111122223333:user/alice", "s3:GetObject", resource)
                .with("aws:PrincipalTag/t", ContextValue::Unknown)
                .with("aws:username", ContextValue::Unknown);
        evaluator.outcome(&request)
    };
    assert_eq!(outcome("arn:aws:s3:::alice/x"), Outcome::ImplicitDeny);
    assert_eq!(outcome("arn:aws:s3:::b/x"), Outcome::Unknown);
}
