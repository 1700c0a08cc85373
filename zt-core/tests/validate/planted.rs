//! Mistakes planted in real policies, by code that knows JSON and nothing of the rules.

use serde_json::{Value, json};
use zt_core::policy::Policy;
use zt_core::validate::{Kind, ValidateOptions, validate};

use super::documents::corpus;

/// Plants a mistake in a document; the place where it then is, or nothing when the document has no room for it.
type Plant = fn(&mut Value) -> Option<String>;

const PLANTS: &[(&str, Kind, Plant)] = &[
    ("unknown-action", Kind::Identity, |document| {
        on_action(document, |action| {
            let (service, name) = action.split_once(':')?;
            let known = ["s3", "ec2", "iam", "kms", "sqs", "sns", "lambda", "dynamodb", "logs"];
            (known.contains(&service) && name.len() > 8 && !action.contains(['*', '?']))
                .then(|| name.split_at(4))
                .map(|(start, end)| format!("{service}:{start}x{end}"))
        })
    }),
    ("unknown-service", Kind::Identity, |document| {
        on_action(document, |action| {
            let (service, name) = action.split_once(':')?;
            (!service.contains('*')).then(|| format!("{service}qq:{name}"))
        })
    }),
    ("malformed-action", Kind::Identity, |document| {
        on_action(document, |action| action.contains(':').then(|| action.replace(':', ".")))
    }),
    ("redundant-action", Kind::Identity, |document| {
        let (place, statement) = first(document, |statement| {
            statement["Action"].as_array().is_some_and(|list| {
                list.iter().any(|action| {
                    action
                        .as_str()
                        .is_some_and(|text| text.ends_with("Get*") || text.ends_with("Describe*"))
                })
            })
        })?;
        let list = statement["Action"].as_array_mut()?;
        let wide = list
            .iter()
            .filter_map(Value::as_str)
            .find(|text| text.ends_with("Get*") || text.ends_with("Describe*"))?;
        let narrow = wide.replace('*', "SomethingElse");
        list.push(json!(narrow));
        Some(format!("{place}/Action/{}", list.len() - 1))
    }),
    ("allow-not-action", Kind::Identity, |document| {
        let (place, statement) =
            first(document, |own| own["Effect"] == "Allow" && own.get("Action").is_some())?;
        let object = statement.as_object_mut()?;
        let actions = object.remove("Action")?;
        object.insert("NotAction".into(), actions);
        Some(format!("{place}/NotAction"))
    }),
    ("missing-element", Kind::Identity, |document| {
        let (place, statement) = first(document, |own| own.get("Resource").is_some())?;
        statement.as_object_mut()?.remove("Resource");
        Some(place)
    }),
    ("element-not-allowed", Kind::Identity, |document| {
        let (place, statement) = first(document, |_| true)?;
        statement["Principal"] = json!({"AWS": "111122223333"});
        Some(format!("{place}/Principal"))
    }),
    ("nested-list", Kind::Identity, |document| {
        let (place, statement) = first(document, |own| own["Action"].is_array())?;
        statement["Action"] = json!([statement["Action"].clone()]);
        Some(format!("{place}/Action"))
    }),
    ("malformed-resource", Kind::Identity, |document| {
        on_resource(document, |resource| {
            resource.strip_prefix("arn:").filter(|rest| !rest.starts_with('*')).map(str::to_owned)
        })
    }),
    ("malformed-account", Kind::Identity, |document| {
        on_resource(document, |resource| {
            let mut parts: Vec<&str> = resource.splitn(6, ':').collect();
            (parts.len() == 6).then(|| {
                parts[4] = "YOUR-ACCOUNT";
                parts.join(":")
            })
        })
    }),
    ("unknown-partition", Kind::Identity, |document| {
        on_resource(document, |resource| {
            resource.strip_prefix("arn:aws:").map(|rest| format!("arn:awx:{rest}"))
        })
    }),
    ("missing-version", Kind::Identity, |document| {
        document.as_object_mut()?.remove("Version")?;
        Some(String::new())
    }),
    ("old-version", Kind::Identity, |document| {
        document["Version"] = json!("2008-10-17");
        Some("/Version".into())
    }),
    ("id-not-allowed", Kind::Identity, |document| {
        document["Id"] = json!("my-policy");
        Some("/Id".into())
    }),
    ("sid-characters", Kind::Identity, |document| {
        let (place, statement) = first(document, |_| true)?;
        statement["Sid"] = json!("Allow this, please");
        Some(format!("{place}/Sid"))
    }),
    ("duplicate-sid", Kind::Identity, |document| {
        let list = document["Statement"].as_array_mut().filter(|list| list.len() > 1)?;
        list[0]["Sid"] = json!("Twice");
        list[1]["Sid"] = json!("Twice");
        Some("/Statement/1/Sid".into())
    }),
    ("unknown-operator", Kind::Identity, |document| {
        add_test(document, "Allow", "StringEqual", json!({"aws:PrincipalOrgID": "o-1"}), "")
    }),
    ("unknown-key", Kind::Identity, |document| {
        add_test(
            document,
            "Allow",
            "StringEquals",
            json!({"aws:PrincipalOrgIDs": "o-1"}),
            "/aws:PrincipalOrgIDs",
        )
    }),
    ("operator-type", Kind::Identity, |document| {
        add_test(
            document,
            "Allow",
            "StringEquals",
            json!({"aws:SecureTransport": "true"}),
            "/aws:SecureTransport",
        )
    }),
    ("malformed-value", Kind::Identity, |document| {
        add_test(
            document,
            "Allow",
            "IpAddress",
            json!({"aws:SourceIp": ["10.0.0.0/8", "10.0.0.0/40"]}),
            "/aws:SourceIp/1",
        )
    }),
    ("host-bits", Kind::Identity, |document| {
        add_test(
            document,
            "Allow",
            "IpAddress",
            json!({"aws:SourceIp": "10.1.2.3/16"}),
            "/aws:SourceIp",
        )
    }),
    ("date-in-past", Kind::Identity, |document| {
        add_test(
            document,
            "Allow",
            "DateLessThan",
            json!({"aws:CurrentTime": "2020-01-01T00:00:00Z"}),
            "/aws:CurrentTime",
        )
    }),
    ("wildcard-in-equals", Kind::Identity, |document| {
        add_test(
            document,
            "Allow",
            "StringEquals",
            json!({"aws:PrincipalTag/team": "a*"}),
            "/aws:PrincipalTag~1team",
        )
    }),
    ("for-all-values-in-allow", Kind::Identity, |document| {
        add_test(
            document,
            "Allow",
            "ForAllValues:StringEquals",
            json!({"aws:TagKeys": ["a"]}),
            "/aws:TagKeys",
        )
    }),
    ("multivalued-without-set", Kind::Identity, |document| {
        add_test(document, "Allow", "StringEquals", json!({"aws:TagKeys": "a"}), "/aws:TagKeys")
    }),
    ("mfa-allow-if-exists", Kind::Identity, |document| {
        add_test(
            document,
            "Allow",
            "BoolIfExists",
            json!({"aws:MultiFactorAuthPresent": "true"}),
            "/aws:MultiFactorAuthPresent",
        )
    }),
    ("unknown-variable", Kind::Identity, |document| {
        add_test(
            document,
            "Allow",
            "StringLike",
            json!({"aws:PrincipalTag/home": "${aws:usernam}"}),
            "/aws:PrincipalTag~1home",
        )
    }),
    ("mfa-deny-without-if-exists", Kind::Identity, |document| {
        let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}});
        append(document, deny, "/Condition/Bool/aws:MultiFactorAuthPresent")
    }),
    ("ipv4-only-deny", Kind::Identity, |document| {
        let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}});
        append(document, deny, "/Condition/NotIpAddress/aws:SourceIp")
    }),
    ("full-access", Kind::Identity, |document| {
        append(document, json!({"Effect": "Allow", "Action": "*", "Resource": "*"}), "/Action")
    }),
    ("pass-role-any", Kind::Identity, |document| {
        append(
            document,
            json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}),
            "/Action",
        )
    }),
    ("privilege-escalation", Kind::Identity, |document| {
        // Where nothing else opens the way before.
        (!document.to_string().contains("iam:")).then_some(())?;
        append(
            document,
            json!({"Effect": "Allow", "Action": ["iam:AttachUserPolicy"], "Resource": "*"}),
            "/Action/0",
        )
    }),
    ("never-applies", Kind::Identity, |document| {
        let never = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"Null": {"aws:username": "true"}, "StringEquals": {"aws:username": "a"}}});
        append(document, never, "")
    }),
    ("statement-covered", Kind::Identity, |document| {
        let (_, statement) = first(document, |_| true)?;
        let mut again = statement.clone();
        again["Sid"] = json!("Again");
        append(document, again, "")
    }),
    ("public-principal", Kind::Resource, |document| {
        let (place, statement) =
            first(document, |own| own["Effect"] == "Allow" && own.get("Condition").is_none())?;
        statement["Principal"] = json!("*");
        Some(format!("{place}/Principal"))
    }),
    ("confused-deputy", Kind::Resource, |document| {
        let (place, statement) =
            first(document, |own| own["Effect"] == "Allow" && own.get("Condition").is_none())?;
        statement["Principal"] = json!({"Service": ["sns.amazonaws.com"]});
        Some(format!("{place}/Principal/Service/0"))
    }),
    ("wildcard-in-principal", Kind::Resource, |document| {
        let (place, statement) = first(document, |own| own["Effect"] == "Allow")?;
        statement["Principal"] = json!({"AWS": "arn:aws:iam::111122223333:role/Team*"});
        Some(format!("{place}/Principal/AWS"))
    }),
    ("trust-action", Kind::Trust, |document| {
        let (place, statement) = first(document, |own| {
            own["Action"].as_str().is_some_and(|action| !action.starts_with("sts:"))
        })?;
        statement.as_object_mut()?.remove("Resource");
        statement["Principal"] = json!({"AWS": "arn:aws:iam::111122223333:role/R"});
        Some(format!("{place}/Action"))
    }),
];

#[test]
fn planted_mistakes_are_found_where_they_are() {
    let documents = corpus();
    let options = ValidateOptions::default().now("2026-06-01T00:00:00Z".parse().unwrap());
    let (mut planted, mut missed) = (0, Vec::new());
    for (code, kind, plant) in PLANTS {
        let mut used = 0;
        for document in documents.iter().filter(|document| document.kind == Kind::Identity) {
            let mut value: Value = serde_json::from_str(&document.policy.to_json()).unwrap();
            let Some(pointer) = plant(&mut value) else { continue };
            let policy = Policy::parse(&value.to_string()).unwrap();
            used += 1;
            let findings = validate(&policy, *kind, &options);
            if !findings.iter().any(|own| own.code() == *code && own.pointer() == pointer) {
                missed.push(format!("{code} in {} at {pointer}", document.name));
            }
            if used == 60 {
                break;
            }
        }
        assert!(used >= 20, "{code}: only {used} documents have room for it");
        planted += used;
    }
    println!("{planted} planted, {} missed: {missed:#?}", missed.len());
    assert!(missed.is_empty(), "{} of {planted} missed: {missed:#?}", missed.len());
}

/// The first statement that fits, with its place.
fn first(document: &mut Value, fits: impl Fn(&Value) -> bool) -> Option<(String, &mut Value)> {
    match document.get_mut("Statement")? {
        Value::Array(list) => list
            .iter_mut()
            .enumerate()
            .find(|(_, statement)| fits(statement))
            .map(|(at, statement)| (format!("/Statement/{at}"), statement)),
        statement => fits(statement).then(|| ("/Statement".to_owned(), statement)),
    }
}

/// Changes the first value of an element that the change takes.
fn on_value(
    document: &mut Value,
    element: &str,
    change: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let takes = |value: &Value| value.as_str().is_some_and(|text| change(text).is_some());
    let (place, statement) = first(document, |statement| match &statement[element] {
        Value::Array(list) => list.iter().any(takes),
        value => takes(value),
    })?;
    match &mut statement[element] {
        Value::Array(list) => {
            let at = list.iter().position(takes)?;
            list[at] = json!(change(list[at].as_str()?)?);
            Some(format!("{place}/{element}/{at}"))
        }
        value => {
            *value = json!(change(value.as_str()?)?);
            Some(format!("{place}/{element}"))
        }
    }
}

fn on_action(document: &mut Value, change: impl Fn(&str) -> Option<String>) -> Option<String> {
    on_value(document, "Action", change)
}

fn on_resource(document: &mut Value, change: impl Fn(&str) -> Option<String>) -> Option<String> {
    on_value(document, "Resource", |text| change(text).filter(|_| text.starts_with("arn:")))
}

/// Gives a statement without conditions one.
fn add_test(
    document: &mut Value,
    effect: &str,
    operator: &str,
    keys: Value,
    rest: &str,
) -> Option<String> {
    let (place, statement) =
        first(document, |own| own["Effect"] == effect && own.get("Condition").is_none())?;
    statement["Condition"] = json!({operator: keys});
    Some(format!("{place}/Condition/{operator}{rest}"))
}

fn append(document: &mut Value, statement: Value, rest: &str) -> Option<String> {
    let list = document["Statement"].as_array_mut()?;
    list.push(statement);
    Some(format!("/Statement/{}{rest}", list.len() - 1))
}
