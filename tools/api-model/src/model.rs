//! The models as botocore carries them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use serde::Deserialize;

/// What a model says of a service, without its prose.
#[derive(Deserialize)]
pub(crate) struct Model {
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) shapes: BTreeMap<String, Shape>,
}

#[derive(Deserialize)]
pub(crate) struct Operation {
    pub(crate) input: Option<Reference>,
    pub(crate) output: Option<Reference>,
    #[serde(default)]
    pub(crate) errors: Vec<Reference>,
}

#[derive(Deserialize)]
pub(crate) struct Reference {
    pub(crate) shape: String,
    #[serde(rename = "idempotencyToken", default)]
    pub(crate) token: bool,
}

#[derive(Deserialize)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) members: BTreeMap<String, Reference>,
    #[serde(default)]
    pub(crate) required: Vec<String>,
    pub(crate) member: Option<Reference>,
    pub(crate) key: Option<Reference>,
    pub(crate) value: Option<Reference>,
    pub(crate) min: Option<serde_json::Number>,
    pub(crate) max: Option<serde_json::Number>,
    pub(crate) pattern: Option<String>,
    #[serde(rename = "enum", default)]
    pub(crate) values: Vec<String>,
    #[serde(default)]
    pub(crate) sensitive: bool,
    pub(crate) error: Option<Error>,
}

#[derive(Deserialize)]
pub(crate) struct Error {
    pub(crate) code: Option<String>,
}

/// The version of the package.
pub(crate) fn version(botocore: &Path) -> Result<String> {
    let path = botocore.join("__init__.py");
    let text = fs::read_to_string(&path).context("not the folder of the package botocore")?;
    let line = text.lines().find_map(|line| line.strip_prefix("__version__ = "));
    Ok(line.context("`__init__.py` has no `__version__`")?.trim_matches(['\'', '"']).to_owned())
}

/// The newest model of a service.
pub(crate) fn open(botocore: &Path, service: &str) -> Result<Model> {
    let folder = botocore.join("data").join(service);
    let mut versions = fs::read_dir(&folder)
        .with_context(|| format!("there is no model of `{service}`"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    versions.sort();
    let newest = versions.pop().with_context(|| format!("there is no model of `{service}`"))?;
    let file = File::open(newest.join("service-2.json.gz"))
        .with_context(|| format!("cannot open the model of `{service}`"))?;
    serde_json::from_reader(GzDecoder::new(file))
        .with_context(|| format!("cannot read the model of `{service}`"))
}
