//! The catalogue's table against its source (`tests/data/policy/catalogue.json.gz`), fact by fact.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use flate2::read::GzDecoder;
use proptest::prelude::*;
use serde_json::Value;
use zt_core::catalog::{self, AccessLevel, ConditionKey};
use zt_core::policy::keys::{GLOBAL_KEYS, KeyKind};

fn source() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/policy/catalogue.json.gz");
    serde_json::from_reader(GzDecoder::new(File::open(path).unwrap())).unwrap()
}

fn sorted<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut names: Vec<_> = names.collect();
    names.sort_by_key(|name| name.to_lowercase());
    names
}

/// The strings of a list that may be missing.
fn strings(list: Option<&Value>) -> BTreeSet<String> {
    let items = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn names(keys: impl Iterator<Item = ConditionKey>) -> BTreeSet<String> {
    keys.map(|key| key.name()).collect()
}

/// With the code that reads it, 128 KiB at most, the table has to stay below 500 KiB: `make catalogue-size` measures both.
#[test]
fn the_table_is_small() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/catalogue.bin");
    let length = path.metadata().unwrap().len();
    assert!(length <= 372 * 1024, "{length} bytes: run `make catalogue-size` before raising this");
}

#[test]
fn every_fact_of_the_source_is_there() {
    let source = source();
    let services = source["services"].as_object().unwrap();
    let rcp = strings(source.get("rcpServices"));
    let (mut actions, mut resources, mut keys, mut unassociated) = (0, 0, 0, 0);

    let prefixes: Vec<_> = catalog::services().map(|service| service.prefix()).collect();
    assert_eq!(prefixes.iter().collect::<Vec<_>>(), sorted(services.keys()));
    for service in catalog::services() {
        let expected = &services[&service.prefix()];
        assert_eq!(service.name(), expected["name"].as_str().unwrap());
        assert_eq!(service.supports_resource_control_policies(), rcp.contains(&service.prefix()));

        let of_service = expected["actions"].as_object().unwrap();
        let found: Vec<_> = service.actions().map(|action| action.name()).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), sorted(of_service.keys()));
        assert_eq!(service.action_count(), found.len());
        for action in service.actions() {
            let expected = &of_service[&action.name()];
            let level = match expected["l"].as_str().unwrap() {
                "List" => AccessLevel::List,
                "Read" => AccessLevel::Read,
                "Write" => AccessLevel::Write,
                "Permissions management, Write" => AccessLevel::PermissionsManagement,
                "Tagging, Write" => AccessLevel::Tagging,
                other => panic!("{other}"),
            };
            assert_eq!(action.access_level(), level, "{action}");
            assert_eq!(names(action.condition_keys()), strings(expected.get("k")), "{action}");
            let found: Vec<_> = action
                .resources()
                .map(|resource| {
                    let name = resource.resource_type().name();
                    (name, resource.is_required(), names(resource.condition_keys()))
                })
                .collect();
            let of_action = expected.get("r").and_then(Value::as_array).map_or(&[][..], |r| r);
            let expected: Vec<_> = of_action
                .iter()
                .map(|resource| {
                    let name = resource["t"].as_str().unwrap().to_owned();
                    (name, resource.get("q").is_some(), strings(resource.get("k")))
                })
                .collect();
            assert_eq!(found, expected, "{action}");
            unassociated += usize::from(action.is_wildcard_only());

            let shouted = action.to_string().to_uppercase();
            assert_eq!(catalog::action(&shouted), Some(action));
            actions += 1;
        }

        let of_service = expected["resources"].as_object().unwrap();
        let found: Vec<_> = service.resource_types().map(|resource| resource.name()).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), sorted(of_service.keys()));
        for resource in service.resource_types() {
            let expected = &of_service[&resource.name()];
            assert_eq!(resource.arn_pattern(), expected["a"].as_str().unwrap());
            assert_eq!(names(resource.condition_keys()), strings(expected.get("k")));
            resources += 1;
        }

        let of_service = expected["keys"].as_object().unwrap();
        let found: BTreeMap<_, _> = service
            .condition_keys()
            .map(|key| {
                let many = if key.is_multivalued() { "ArrayOf" } else { "" };
                (key.name(), format!("{many}{}", key.key_type()))
            })
            .collect();
        let expected: BTreeMap<_, _> = of_service
            .iter()
            .map(|(name, kind)| (name.clone(), kind.as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(found, expected, "{service}");
        keys += found.len();
    }
    assert_eq!((prefixes.len(), actions, resources, keys), (456, 22_091, 2_334, 2_578));
    assert_eq!(unassociated, 6_724);
    let expected = &source["counts"];
    assert_eq!(expected["actions"], actions);
    assert!(catalog::source().starts_with(source["source"].as_str().unwrap()));
    assert!(catalog::source().ends_with("(MIT)"));
}

#[test]
fn global_keys_have_the_types_of_their_functions() {
    for global in GLOBAL_KEYS {
        let name = if global.takes_tag() {
            format!("{}team", global.name())
        } else {
            global.name().to_owned()
        };
        let key = catalog::condition_key(&name).unwrap_or_else(|| panic!("no {name}"));
        let kind = match key.key_type() {
            catalog::KeyType::String => KeyKind::Text,
            catalog::KeyType::Numeric => KeyKind::Numeric,
            catalog::KeyType::Date => KeyKind::Date,
            catalog::KeyType::Bool => KeyKind::Bool,
            catalog::KeyType::IpAddress => KeyKind::Ip,
            catalog::KeyType::Arn => KeyKind::Arn,
            catalog::KeyType::Binary => KeyKind::Binary,
            other => panic!("{other}"),
        };
        assert_eq!(
            (kind, key.is_multivalued()),
            (global.kind(), global.is_multivalued()),
            "{name}"
        );
    }
}

#[test]
fn open_keys_take_any_name_in_their_open_part() {
    for (name, key) in [
        ("aws:resourcetag/a/b", Some("aws:ResourceTag/${TagKey}")),
        ("s3:ExistingObjectTag/team", Some("s3:ExistingObjectTag/<key>")),
        ("secretsmanager:ResourceTag/team", Some("secretsmanager:ResourceTag/tag-key")),
        ("kms:EncryptionContext:tenant", Some("kms:EncryptionContext:${EncryptionContextKey}")),
        ("events:Metadata/x/Matcher", Some("events:Metadata/${MetadataKey}/Matcher")),
        (
            "agent.acme.buildkite.dev:build_branch",
            Some("agent.${Domain}.buildkite.dev:build_branch"),
        ),
        ("kms:EncryptionContext:", None),
        ("aws:ResourceTag/", None),
        ("s3:prefixx", None),
        ("", None),
    ] {
        assert_eq!(catalog::condition_key(name).map(|key| key.name()).as_deref(), key, "{name}");
    }
}

#[test]
fn arns_tell_their_types() {
    let first = |arn| {
        let types = catalog::resource_types(arn);
        types.first().map(|kind| format!("{}:{kind}", kind.service()))
    };
    for (arn, kind) in [
        ("arn:aws:s3:::bucket", Some("s3:bucket")),
        ("arn:aws:s3:::bucket/a/b", Some("s3:object")),
        ("arn:aws-cn:iam::111122223333:role/path/name", Some("iam:role")),
        ("arn:aws:ec2:eu-central-1:111122223333:instance/i-1", Some("ec2:instance")),
        ("arn:aws:dynamodb:eu-central-1:111122223333:table/t/index/i", Some("dynamodb:index")),
        ("arn:aws:kms:eu-central-1:111122223333:key/k", Some("kms:key")),
        ("arn:aws:nothing:::x", None),
        ("arn:aws:s3", None),
        ("*", None),
    ] {
        assert_eq!(first(arn).as_deref(), kind, "{arn} {:?}", catalog::resource_types(arn));
    }
}

#[test]
fn patterns_expand() {
    let count = |pattern| catalog::expand(pattern).len();
    assert_eq!(count("*"), 22_091);
    assert_eq!(count("*:*"), 22_091);
    assert_eq!(count("s3:*"), catalog::actions("s3").count());
    assert_eq!(count("S3:GETOBJECT"), 1);
    assert_eq!(count("s3:GetObjec?"), 1);
    assert_eq!(count("nothing:*") + count("s3:Nothing*") + count("s3") + count(""), 0);
    for pattern in ["s3:*Acl", "ec2:Describe*s", "iam:*Policy*", "s3*:Get*", "*:?et*", "ec2:*"] {
        let all = catalog::services().flat_map(|service| service.actions());
        let expected: Vec<_> = all.filter(|action| fits(pattern, &action.to_string())).collect();
        assert_eq!(catalog::expand(pattern), expected, "{pattern}");
        assert!(catalog::is_action(pattern) || pattern.starts_with("s3*"));
    }
}

/// By regular recursion: slow and plain.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    fn go(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| go(rest, &text[at..])),
            ([b'?', rest @ ..], [_, tail @ ..]) => go(rest, tail),
            ([a, rest @ ..], [b, tail @ ..]) if a == b => go(rest, tail),
            _ => false,
        }
    }
    go(pattern.as_bytes(), text.as_bytes())
}

fn expanded(patterns: &[String]) -> BTreeSet<String> {
    let all = patterns.iter().flat_map(|pattern| catalog::expand(pattern));
    all.map(|action| action.to_string()).collect()
}

#[test]
fn what_shrinks_is_short() {
    let reads = expanded(&["s3:Get*".into(), "s3:List*".into(), "sqs:*".into()]);
    assert_eq!(catalog::shrink(&reads), ["s3:Get*", "s3:List*", "sqs:*"]);
    assert_eq!(catalog::shrink(["s3:Get*", "s3:GetObject*", "s3:getobject"]), ["s3:Get*"]);
    assert_eq!(catalog::shrink(["*", "s3:Get*", "ec2:Odd"]), ["*"]);
    assert_eq!(catalog::shrink(Vec::<String>::new()), Vec::<String>::new());
    let tagging = expanded(&["ec2:Describe*".into()]);
    assert_eq!(catalog::shrink(&tagging), ["ec2:Describe*"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_shrinks_means_the_same(
        service in 0_usize..456,
        picks in prop::collection::vec(any::<bool>(), 1..900),
    ) {
        let service = catalog::services().nth(service).unwrap();
        let wanted: Vec<_> = service
            .actions()
            .zip(picks.iter().cycle())
            .filter(|(_, pick)| **pick)
            .map(|(action, _)| action.to_string())
            .collect();
        let shrunk = catalog::shrink(&wanted);
        prop_assert_eq!(expanded(&shrunk), wanted.iter().cloned().collect());
        prop_assert!(shrunk.len() <= wanted.len());
    }

    #[test]
    fn patterns_and_prefixes_shrink_too(
        texts in prop::collection::vec("(s3|sqs|iam):(Get|List|Put|Delete|Create)(Object|Bucket|Queue|Role|User)?[*]?(Acl|Tags|Policy)?", 0..12),
    ) {
        let shrunk = catalog::shrink(&texts);
        prop_assert_eq!(expanded(&shrunk), expanded(&texts));
        prop_assert_eq!(catalog::shrink(&shrunk), shrunk);
    }

    #[test]
    fn no_text_is_too_odd(text in "[a-z0-9:*?$<>{}/éA-Z-]{0,40}") {
        let _ = (catalog::expand(&text), catalog::action(&text), catalog::condition_key(&text));
        let _ = (catalog::did_you_mean(&text), catalog::did_you_mean_key(&text), catalog::shrink([&text]));
        let _ = (catalog::resource_types(&text), catalog::resource_types(&format!("arn:aws:s3:{text}")));
        prop_assert_eq!(catalog::is_action(&text), !catalog::expand(&text).is_empty());
    }
}
