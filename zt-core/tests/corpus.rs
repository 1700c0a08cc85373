//! 2,143 real policy documents (`tests/data/policy/corpus`): each is read and printed without loss.
#![cfg(test)]

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use zt_core::policy::Policy;

#[derive(Deserialize)]
struct Line<'a> {
    name: String,
    #[serde(borrow)]
    document: &'a RawValue,
}

/// A JSON value with the order of its names and the digits of its numbers.
#[derive(Debug, PartialEq)]
enum Ordered {
    Object(Vec<(String, Ordered)>),
    Array(Vec<Ordered>),
    Text(String),
    Other(String),
}

impl Ordered {
    fn parse(json: &str) -> Self {
        match json.as_bytes()[0] {
            b'{' => {
                let members: Members = serde_json::from_str(json).unwrap();
                Self::Object(
                    members
                        .0
                        .into_iter()
                        .map(|(name, value)| (name, Self::parse(value.get())))
                        .collect(),
                )
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(json).unwrap();
                Self::Array(items.into_iter().map(|item| Self::parse(item.get())).collect())
            }
            b'"' => Self::Text(serde_json::from_str(json).unwrap()),
            _ => Self::Other(json.to_owned()),
        }
    }
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = map.next_entry()? {
                    all.push(member);
                }
                Ok(all)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                Ok(Vec::new())
            }
        }
        deserializer.deserialize_map(Collect).map(Members)
    }
}

fn each_document(mut check: impl FnMut(&str, &str)) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/policy/corpus");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            for line in fs::read_to_string(&path).unwrap().lines() {
                let line: Line<'_> = serde_json::from_str(line).unwrap();
                check(&line.name, line.document.get());
                count += 1;
            }
        }
    }
    count
}

#[test]
fn every_document_prints_as_it_was_read() {
    let count = each_document(|name, text| {
        let policy = Policy::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let json = policy.to_json();
        assert_eq!(Ordered::parse(&json), Ordered::parse(text), "{name}");
        let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        assert_eq!(value(&json), value(text), "{name}");

        assert_eq!(Policy::parse(&json).unwrap(), policy, "{name}");
        assert_eq!(Policy::parse(&policy.to_json_pretty(4)).unwrap(), policy, "{name}");
        assert_eq!(serde_json::from_str::<Policy>(text).unwrap(), policy, "{name}");
    });
    assert_eq!(count, 2143);
}

#[test]
fn every_document_cut_short_is_refused_with_a_place() {
    let mut documents = 0;
    each_document(|name, text| {
        // Every prefix of the shorter ones: the time is quadratic.
        if text.len() > 400 || documents > 200 {
            return;
        }
        documents += 1;
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let error = Policy::parse(text.get(..end).unwrap()).expect_err(name);
            assert_eq!(error.line(), Some(1), "{name}");
            assert!(error.column().unwrap() <= end + 1, "{name} {end}: {error}");
            assert!(!error.expected().is_empty());
        }
    });
    assert!(documents > 100);
}
