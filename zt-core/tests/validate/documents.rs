//! The corpus, and what its documents are attached to.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;
use zt_core::policy::Policy;
use zt_core::validate::Kind;

#[derive(Deserialize)]
struct Line<'a> {
    name: String,
    #[serde(borrow)]
    document: &'a RawValue,
}

/// A document of the corpus.
pub(crate) struct Document {
    pub(crate) source: String,
    pub(crate) name: String,
    pub(crate) policy: Policy,
    pub(crate) kind: Kind,
}

pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/policy").join(name)
}

/// All 2,143 documents, in the order of their files' names.
pub(crate) fn corpus() -> Vec<Document> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(data("corpus")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for path in files {
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let source = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let line: Line<'_> = serde_json::from_str(line).unwrap();
            let policy = Policy::parse(line.document.get()).unwrap();
            let kind = kind(&policy);
            all.push(Document { source: source.clone(), name: line.name, policy, kind });
        }
    }
    assert_eq!(all.len(), 2143);
    all
}

/// With principals: a trust policy when every action assumes a role, otherwise a resource's.
fn kind(policy: &Policy) -> Kind {
    let statements = policy.statements();
    let names_principals = statements.iter().any(|statement| {
        statement.principal_element().is_some() || statement.not_principal_element().is_some()
    });
    let assumes = statements.iter().all(|statement| {
        statement.action_element().is_some_and(|list| {
            list.iter().all(|action| action.as_str().to_ascii_lowercase().starts_with("sts:"))
        })
    });
    match (names_principals, assumes) {
        (false, _) => Kind::Identity,
        (true, true) => Kind::Trust,
        (true, false) => Kind::Resource,
    }
}
