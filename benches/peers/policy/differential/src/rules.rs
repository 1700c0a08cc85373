//! Rules by which the peer is known to decide otherwise, and how to say the same so that they do not enter.

use serde_json::{Value, json};

use crate::{OWN, SESSION};

pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// The case with the same meaning by AWS's documentation (or our choice), without what the rule is about.
    pub(crate) avoid: fn(Value) -> Value,
}

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "Version: under 2008-10-17 variables are text",
        // Text that no request of ours has.
        avoid: |case| {
            each_policy(case, |policy| {
                if policy["Version"] == "2008-10-17" {
                    each_text(policy, &|text| {
                        if text.contains("${") { nothing(text) } else { text.to_owned() }
                    });
                }
            })
        },
    },
    Rule {
        name: "Date condition operators: digits are seconds, four digits a year",
        avoid: |mut case| {
            each_text(&mut case, &|text| match text {
                "1735689600" | "2025" => "2025-01-01T00:00:00Z".to_owned(),
                other => other.to_owned(),
            });
            case
        },
    },
    Rule {
        name: "IP address condition operators: 0.0.0.0/0 is every IPv4 address",
        avoid: |case| {
            each_values(case, |_, _, values| {
                let all = values.iter().flat_map(|value| match value.as_str() {
                    "0.0.0.0/0" => vec!["0.0.0.0/1".to_owned(), "128.0.0.0/1".to_owned()],
                    _ => vec![value.clone()],
                });
                all.collect()
            })
        },
    },
    Rule {
        name: "Variables: ${*} is a star under StringEquals too",
        avoid: |case| {
            each_values(case, |_, operator, values| {
                let plain = |value: &String| match operator.contains("Equals") {
                    true => value.replace("${*}", "*"),
                    false => value.clone(),
                };
                values.iter().map(plain).collect()
            })
        },
    },
    Rule {
        name: "Variables: without a value a negation holds",
        avoid: |case| {
            if !case["context"]["aws:username"].is_null() {
                return case;
            }
            each_values(case, |version, _, values| {
                let unresolved =
                    |value: &str| version != "2008-10-17" && value.contains("${aws:username}");
                let one =
                    |value: &String| if unresolved(value) { nothing(value) } else { value.clone() };
                values.iter().map(one).collect()
            })
        },
    },
    Rule {
        name: "IP address condition operators: an address of the other family is outside",
        // The smallest range around the one address; no request has the other address in it.
        avoid: |case| {
            each_values(case, |_, _, values| {
                values.iter().map(|value| value.replace("10.1.2.3", "10.1.2.2/31")).collect()
            })
        },
    },
    Rule {
        name: "Set operators: an empty list is no value",
        avoid: |mut case| {
            if case["context"]["aws:PrincipalOrgPaths"] == json!([])
                && let Some(context) = case["context"].as_object_mut()
            {
                context.remove("aws:PrincipalOrgPaths");
            }
            case
        },
    },
    Rule {
        name: "Policy evaluation logic: a session policy does not limit what a resource policy allows to the session itself",
        avoid: |case| session_allows_too(case, |who| who["AWS"] == SESSION),
    },
    Rule {
        name: "choice anyone-is-direct: nor what it allows to `*`",
        avoid: |case| session_allows_too(case, |who| who == "*"),
    },
];

/// Lets the session policy allow what the resource policy of the same account allows to some principals.
fn session_allows_too(mut case: Value, names: impl Fn(&Value) -> bool) -> Value {
    if case["account"] != OWN || case["session"].is_null() || case["bucket"].is_null() {
        return case;
    }
    let same_version = case["session"]["Version"] == case["bucket"]["Version"];
    let direct: Vec<Value> = case["bucket"]["Statement"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|one| one["Effect"] == "Allow" && names(&one["Principal"]))
        .filter(|one| same_version || !one.to_string().contains("${"))
        .cloned()
        .collect();
    if let Some(statements) = case["session"]["Statement"].as_array_mut() {
        for mut statement in direct {
            statement.as_object_mut().map(|elements| elements.remove("Principal"));
            statements.push(statement);
        }
    }
    case
}

/// A text of the same kind that matches nothing.
fn nothing(text: &str) -> String {
    let text =
        if text.starts_with("arn:") { "arn:aws:s3:::no-such-bucket" } else { "no-such-text" };
    text.to_owned()
}

fn each_policy(mut case: Value, change: impl Fn(&mut Value)) -> Value {
    fn walk(value: &mut Value, change: &impl Fn(&mut Value)) {
        if value.get("Statement").is_some() {
            change(value);
            return;
        }
        match value {
            Value::Array(all) => all.iter_mut().for_each(|one| walk(one, change)),
            Value::Object(all) => all.values_mut().for_each(|one| walk(one, change)),
            _ => {}
        }
    }
    walk(&mut case, &change);
    case
}

fn each_text(value: &mut Value, change: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(all) => all.iter_mut().for_each(|one| each_text(one, change)),
        Value::Object(all) => all.values_mut().for_each(|one| each_text(one, change)),
        _ => {}
    }
}

/// Changes the values of every condition: given the policy's version, the operator, and the values.
fn each_values(case: Value, change: impl Fn(&str, &str, &[String]) -> Vec<String>) -> Value {
    each_policy(case, |policy| {
        let version = policy["Version"].as_str().unwrap_or_default().to_owned();
        let statements = policy["Statement"].as_array_mut().into_iter().flatten();
        let blocks =
            statements.filter_map(|statement| statement.get_mut("Condition")?.as_object_mut());
        for (operator, tests) in blocks.flatten() {
            for values in tests.as_object_mut().into_iter().flat_map(|tests| tests.values_mut()) {
                let texts: Vec<String> = match &*values {
                    Value::String(one) => vec![one.clone()],
                    Value::Array(all) => {
                        all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                    }
                    _ => continue,
                };
                *values = json!(change(&version, operator, &texts));
            }
        }
    })
}
