//! What the evaluator does where AWS's documentation leaves a hole: one test for each row of `docs/evaluation-choices.md`, by
//! its id, and what is beside them.
#![cfg(test)]

use serde_json::{Value, json};
use zt_core::evaluate::{ContextValue, Evaluator, Outcome, Request};
use zt_core::policy::Policy;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/s1";
const KEY: &str = "t:k";

fn policy(version: &str, statements: Value) -> Policy {
    Policy::parse(&json!({"Version": version, "Statement": statements}).to_string()).unwrap()
}

fn get() -> Request {
    Request::new(ALICE, "s3:GetObject", "arn:aws:s3:::bucket/key")
}

fn other() -> Request {
    Request::new(ALICE, "ec2:StartInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1")
}

/// What identity policies with these statements decide.
fn decide(statements: Value, request: &Request) -> Outcome {
    let policy = policy("2012-10-17", statements);
    Evaluator::builder().identity([&policy]).build().unwrap().outcome(request)
}

/// What the resource's policy alone decides.
fn decide_by_resource(statements: Value, request: &Request) -> Outcome {
    let policy = policy("2012-10-17", statements);
    Evaluator::builder().resource(&policy).build().unwrap().outcome(request)
}

/// Whether a statement with this effect, beside one that allows everything, denies.
fn denies(mut statement: Value, request: &Request) -> bool {
    statement["Effect"] = json!("Deny");
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}, statement]);
    decide(all, request) == Outcome::ExplicitDeny
}

fn allows(mut statement: Value, request: &Request) -> bool {
    statement["Effect"] = json!("Allow");
    decide(json!([statement]), request) == Outcome::Allowed
}

/// Whether a condition on `t:k` holds: in an allow and in a denial alike.
fn holds(operator: &str, own: Value, value: impl Into<ContextValue>) -> bool {
    holds_in(operator, own, get().with(KEY, value))
}

fn holds_in(operator: &str, own: Value, request: Request) -> bool {
    let statement = json!({"Action": "*", "Resource": "*", "Condition": {operator: {KEY: own}}});
    let in_allow = allows(statement.clone(), &request);
    assert_eq!(in_allow, denies(statement, &request), "{operator}");
    in_allow
}

fn many<const N: usize>(values: [&str; N]) -> ContextValue {
    values.into()
}

#[test]
fn old_version_escapes() {
    let holds = |version: &str, value: &str| {
        let statement = json!({
            "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"StringLike": {KEY: "a${*}b"}},
        });
        let policy = policy(version, statement);
        let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
        evaluator.outcome(&get().with(KEY, value)) == Outcome::Allowed
    };
    assert!(holds("2008-10-17", "a${}b") && holds("2008-10-17", "a${xyz}b"));
    assert!(!holds("2008-10-17", "a*b"));
    assert!(holds("2012-10-17", "a*b") && !holds("2012-10-17", "a${xyz}b"));
}

#[test]
fn variable_default_spacing() {
    for text in ["${t:absent,'a'}", "${t:absent, 'a'}", "${t:absent,   'a'}"] {
        assert!(holds("StringEquals", json!(text), "a"), "{text}");
        assert!(!holds("StringEquals", json!(text), "b"), "{text}");
    }
    // A default is itself, without wildcards.
    assert!(holds("StringLike", json!("${t:absent, 'a*'}"), "a*"));
    assert!(!holds("StringLike", json!("${t:absent, 'a*'}"), "abc"));
}

#[test]
fn short_resource_pattern() {
    let statement = json!({"Action": "*", "Resource": "arn:aws:s3*"});
    assert!(allows(statement.clone(), &get()) && denies(statement.clone(), &get()));
    assert!(!allows(statement.clone(), &other()) && !denies(statement, &other()));
}

#[test]
fn unresolved_not_resource() {
    let about = |pattern: &str| json!({"Action": "*", "NotResource": pattern});
    // A denial excepts nothing.
    assert!(denies(about("arn:aws:s3:::bucket/${t:absent}"), &get()));
    // An allow does not apply where the rest of the pattern fits, and does elsewhere.
    assert!(!allows(about("arn:aws:s3:::bucket/${t:absent}"), &get()));
    assert!(allows(about("arn:aws:sqs:*:*:${t:absent}"), &get()));
    // With a value it is an exception like any other.
    let named = get().with("t:absent", "key");
    assert!(!denies(about("arn:aws:s3:::bucket/${t:absent}"), &named));
    assert!(!allows(about("arn:aws:s3:::bucket/${t:absent}"), &named));
    assert!(allows(about("arn:aws:s3:::bucket/${t:absent}"), &get().with("t:absent", "x")));
}

#[test]
fn both_forms() {
    // An allow: what both include. A denial: what either includes.
    for (action, not_action, allowed, denied) in [
        ("s3:*", "ec2:*", true, true),
        ("s3:*", "s3:Get*", false, true),
        ("ec2:*", "ec2:*", false, true),
        ("ec2:*", "s3:*", false, false),
    ] {
        let statement = json!({"Action": action, "NotAction": not_action, "Resource": "*"});
        assert_eq!(allows(statement.clone(), &get()), allowed, "{action} {not_action}");
        assert_eq!(denies(statement, &get()), denied, "{action} {not_action}");
    }
    let [own, others] = ["arn:aws:s3:::bucket/*", "arn:aws:ec2:*:*:*"];
    for (resource, not_resource, allowed, denied) in [
        (own, others, true, true),
        (own, own, false, true),
        (others, others, false, true),
        (others, own, false, false),
    ] {
        let statement = json!({"Action": "*", "Resource": resource, "NotResource": not_resource});
        assert_eq!(allows(statement.clone(), &get()), allowed, "{resource} {not_resource}");
        assert_eq!(denies(statement, &get()), denied, "{resource} {not_resource}");
    }
    let both = |effect: &str| json!({"Effect": effect, "Principal": "*", "NotPrincipal": {"AWS": SESSION}, "Action": "*", "Resource": "*"});
    assert_eq!(decide_by_resource(both("Allow"), &get()), Outcome::ImplicitDeny);
    assert_eq!(decide_by_resource(both("Deny"), &get()), Outcome::ExplicitDeny);
}

#[test]
fn missing_element() {
    for statement in [json!({"Resource": "*"}), json!({"Action": "*"}), json!({})] {
        assert!(!allows(statement.clone(), &get()), "{statement}");
        assert!(denies(statement.clone(), &get()), "{statement}");
    }
    let nobody = |effect: &str| json!({"Effect": effect, "Action": "*", "Resource": "*"});
    assert_eq!(decide_by_resource(nobody("Allow"), &get()), Outcome::ImplicitDeny);
    assert_eq!(decide_by_resource(nobody("Deny"), &get()), Outcome::ExplicitDeny);
    // The policy of a resource need not say which.
    let anything =
        |effect: &str| json!({"Effect": effect, "Principal": {"AWS": ALICE}, "Action": "*"});
    assert_eq!(decide_by_resource(anything("Allow"), &get()), Outcome::Allowed);
    assert_eq!(decide_by_resource(anything("Deny"), &get()), Outcome::ExplicitDeny);
}

#[test]
fn anyone_is_direct() {
    let everyone = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    let (everyone, elsewhere) = (
        policy("2012-10-17", everyone),
        policy("2012-10-17", json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})),
    );
    let bound = Evaluator::builder()
        .resource(&everyone)
        .boundaries([&elsewhere])
        .session([&elsewhere])
        .build()
        .unwrap();
    let by_session = Request::new(SESSION, "s3:GetObject", "arn:aws:s3:::bucket/key");
    for request in [get(), by_session] {
        assert_eq!(bound.outcome(&request), Outcome::Allowed);
        // Of another account nobody is named by `*` alone.
        let across = request.resource_account("444455556666");
        assert_eq!(bound.outcome(&across), Outcome::ImplicitDeny);
    }
}

#[test]
fn not_principal_any_form() {
    let all_but = |who: Value| {
        let statement =
            json!({"Effect": "Deny", "NotPrincipal": {"AWS": who}, "Action": "*", "Resource": "*"});
        decide_by_resource(statement, &Request::new(SESSION, "s3:GetObject", "arn:aws:s3:::b/k"))
    };
    for form in [SESSION, "arn:aws:iam::111122223333:role/app", "111122223333"] {
        assert_eq!(all_but(json!(form)), Outcome::ImplicitDeny, "{form}");
    }
    assert_eq!(all_but(json!(ALICE)), Outcome::ExplicitDeny);
    // Whether a unique id is the caller's depends on `aws:userid`.
    let by_id = json!({"Effect": "Deny", "NotPrincipal": {"AWS": "AIDAEXAMPLE"}, "Action": "*", "Resource": "*"});
    let with =
        |value: ContextValue| decide_by_resource(by_id.clone(), &get().with("aws:userid", value));
    assert_eq!(with("AIDAEXAMPLE".into()), Outcome::ImplicitDeny);
    assert_eq!(with("AIDAOTHER".into()), Outcome::ExplicitDeny);
    assert_eq!(with(ContextValue::Unknown), Outcome::Unknown);
}

#[test]
fn unknown_operator() {
    let statement =
        json!({"Action": "*", "Resource": "*", "Condition": {"StringEqualz": {KEY: "a"}}});
    assert!(!allows(statement.clone(), &get().with(KEY, "a")));
    assert!(denies(statement, &get()));
}

#[test]
fn several_values_without_set_operator() {
    for value in [many(["b", "c"]), many(["a", "b"]), many(["a", "a"])] {
        assert!(!holds("StringEquals", json!("a"), value.clone()), "{value:?}");
        assert!(!holds("StringNotEquals", json!("a"), value.clone()), "{value:?}");
        assert!(!holds("StringEqualsIfExists", json!("a"), value.clone()), "{value:?}");
    }
    assert!(holds("StringEquals", json!("a"), many(["a"])));
    assert!(holds("StringNotEquals", json!("a"), many(["b"])));
    // Without any value it is as if the key were absent.
    assert!(!holds("StringEquals", json!("a"), many([])));
    assert!(holds("StringNotEquals", json!("a"), many([])));
    assert!(holds("StringEqualsIfExists", json!("a"), many([])));
}

#[test]
fn for_any_value_if_exists() {
    for operator in ["ForAnyValue:StringEqualsIfExists", "ForAnyValue:StringNotEqualsIfExists"] {
        assert!(!holds_in(operator, json!("a"), get()), "{operator}");
    }
    assert!(holds("ForAnyValue:StringEqualsIfExists", json!("a"), many(["b", "a"])));
    assert!(holds_in("ForAllValues:StringEqualsIfExists", json!("a"), get()));
}

/// AWS's documentation says that an empty text is a null value.
#[test]
fn empty_texts_in_sets() {
    for value in [many([""]), "".into()] {
        assert!(holds("ForAllValues:StringEquals", json!("a"), value.clone()));
        assert!(holds("ForAllValues:StringNotEquals", json!(""), value.clone()));
        assert!(!holds("ForAnyValue:StringEquals", json!(""), value.clone()));
        assert!(!holds("ForAnyValue:StringNotEquals", json!("a"), value));
    }
    // Beside others it neither helps nor hurts.
    assert!(holds("ForAllValues:StringEquals", json!("a"), many(["a", ""])));
    assert!(!holds("ForAnyValue:StringNotEquals", json!("a"), many(["a", ""])));
}

#[test]
fn empty_list_is_null() {
    assert!(holds("Null", json!("true"), many([])) && !holds("Null", json!("false"), many([])));
    assert!(
        !holds("Null", json!("true"), many(["a"])) && holds("Null", json!("false"), many(["a"]))
    );
    assert!(!holds("Null", json!("true"), "a") && holds("Null", json!("false"), "a"));
}

#[test]
fn unreadable_policy_value() {
    for (operator, negation, own, value) in [
        ("NumericEquals", "NumericNotEquals", "five", "5"),
        ("DateEquals", "DateNotEquals", "today", "2020-01-01"),
        ("IpAddress", "NotIpAddress", "here", "10.0.0.1"),
        ("ArnLike", "ArnNotLike", "*", "arn:aws:s3:::b"),
    ] {
        assert!(!holds(operator, json!(own), value), "{operator}");
        assert!(holds(negation, json!(own), value), "{negation}");
    }
    assert!(!holds("BinaryEquals", json!("="), "="));
}

#[test]
fn unreadable_request_value() {
    for (operator, negation, own, value) in [
        ("NumericEquals", "NumericNotEquals", "5", "five"),
        ("DateEquals", "DateNotEquals", "2020-01-01", "today"),
        ("IpAddress", "NotIpAddress", "10.0.0.0/8", "here"),
        ("ArnLike", "ArnNotLike", "arn:aws:s3:::b", "b"),
    ] {
        assert!(!holds(operator, json!(own), value), "{operator}");
        assert!(!holds(negation, json!(own), value), "{negation}");
    }
}

#[test]
fn number_spelling() {
    for same in ["5", "5.0", "05", "5.00"] {
        assert!(holds("NumericEquals", json!("5"), same), "{same}");
    }
    for other in ["5e0", "+5", " 5", "5 ", "0x5", "5.", ".5", "", "-", "1_000"] {
        assert!(!holds("NumericEquals", json!("5"), other), "{other}");
        assert!(!holds("NumericNotEquals", json!("6"), other), "{other}");
    }
    assert!(!holds("NumericEquals", json!("1000000000000000001"), "1000000000000000000"));
    assert!(holds("NumericEquals", json!("-0.10"), "-0.1"));
}

#[test]
fn four_digits_are_a_year() {
    assert!(holds("DateEquals", json!("2020"), "2020-01-01T00:00:00Z"));
    assert!(holds("DateEquals", json!("02020"), "1970-01-01T00:33:40Z"));
    assert!(holds("DateEquals", json!("1577836800"), "2020"));
}

#[test]
fn ipv6_without_prefix() {
    assert!(holds("IpAddress", json!("2001:db8::1"), "2001:db8:0::1"));
    assert!(!holds("IpAddress", json!("2001:db8::1"), "2001:db8::2"));
}

#[test]
fn host_bits() {
    assert!(holds("IpAddress", json!("10.0.0.7/24"), "10.0.0.200"));
    assert!(!holds("IpAddress", json!("10.0.0.7/24"), "10.0.1.7"));
}

#[test]
fn case_beyond_ascii() {
    assert!(holds("StringEqualsIgnoreCase", json!("\u{c9}"), "\u{e9}"));
    assert!(!holds("StringEqualsIgnoreCase", json!("stra\u{df}e"), "strasse"));
    // The Kelvin sign is no letter of IAM's.
    assert!(!holds("StringEqualsIgnoreCase", json!("k"), "\u{212a}"));
}

#[test]
fn service_linked_by_name() {
    let policy = policy("2012-10-17", json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    // A level without policies allows nobody whom organisations restrict.
    let nothing: [[&Policy; 0]; 1] = [[]];
    let evaluator = Evaluator::builder().identity([&policy]).scps(nothing).build().unwrap();
    let by = |session: &str| Request::new(session, "s3:GetObject", "arn:aws:s3:::bucket/key");
    let linked = by("arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s");
    assert_eq!(evaluator.outcome(&linked), Outcome::Allowed);
    assert_eq!(evaluator.outcome(&by(SESSION)), Outcome::ImplicitDeny);
    let own = linked.role_arn("arn:aws:iam::111122223333:role/AWSServiceRoleForX");
    assert_eq!(evaluator.outcome(&own), Outcome::ImplicitDeny);
}

#[test]
fn resource_account_not_given() {
    let statement = json!({"Action": "*", "Resource": "*"});
    assert!(allows(statement.clone(), &get()));
    assert!(!allows(statement, &get().resource_account("444455556666")));
}

/// Booleans ignore case, those in variables too.
#[test]
fn booleans_in_variables() {
    let with = |own: &str, value: &str| {
        holds_in("Bool", json!("${t:b}"), get().with(KEY, own).with("t:b", value))
    };
    assert!(with("true", "TRUE") && with("FALSE", "false"));
    assert!(!with("true", "false") && !with("yes", "yes"));
}

/// Where what is tried is not all there is, nothing is certain.
#[test]
fn what_cannot_be_tried_is_not_certain() {
    let open = |condition: Value, key: &str| {
        let statement =
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
        let policy = policy("2012-10-17", statement);
        let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
        let decision = evaluator.evaluate(&get().with(KEY, "a").with(key, ContextValue::Unknown));
        assert_eq!(decision.outcome(), Outcome::Unknown, "{condition}");
        assert!(!decision.is_denied(), "{condition}");
        assert_eq!(decision.unknown_keys(), [key]);
    };
    // `A` would do.
    open(
        json!({"StringEqualsIgnoreCase": {KEY: "${t:x}"}, "StringNotEquals": {"t:x": "a"}}),
        "t:x",
    );
    // `05` would do.
    open(json!({"NumericEquals": {"t:n": "5"}, "StringLike": {"t:n": "0*"}}), "t:n");
    // The moment before would do, or any other.
    open(json!({"DateLessThan": {"t:d": "2020"}}), "t:d");
}
