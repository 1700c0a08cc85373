//! The catalogue as its source has it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use serde::Deserialize;

/// Everything that AWS's Service Authorization Reference says, without its prose.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Catalogue {
    /// Name and version of the data set that the facts come from.
    pub(crate) source: String,
    /// The licence of that data set.
    pub(crate) licence: String,
    /// By service prefix.
    pub(crate) services: BTreeMap<String, Service>,
    /// Prefixes of the services that resource control policies apply to.
    pub(crate) rcp_services: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) actions: BTreeMap<String, Action>,
    pub(crate) resources: BTreeMap<String, ResourceType>,
    /// Type by name.
    pub(crate) keys: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    #[serde(rename = "l")]
    pub(crate) level: String,
    #[serde(rename = "r", default)]
    pub(crate) resources: Vec<ActionResource>,
    #[serde(rename = "k", default)]
    pub(crate) keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionResource {
    #[serde(rename = "t")]
    pub(crate) resource: String,
    #[serde(rename = "q", default)]
    pub(crate) required: u8,
    #[serde(rename = "k", default)]
    pub(crate) keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceType {
    #[serde(rename = "a")]
    pub(crate) arn: String,
    #[serde(rename = "k", default)]
    pub(crate) keys: Vec<String>,
}

impl Catalogue {
    /// Reads `catalogue.json`, or the same with `.gz`.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let json = if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut json = Vec::new();
            GzDecoder::new(bytes.as_slice()).read_to_end(&mut json)?;
            json
        } else {
            bytes
        };
        let catalogue: Self = serde_json::from_slice(&json)
            .with_context(|| format!("`{}` is not a catalogue", path.display()))?;
        catalogue.check()?;
        Ok(catalogue)
    }

    /// What the generated table relies on.
    fn check(&self) -> Result<()> {
        for (prefix, service) in &self.services {
            ensure!(*prefix == prefix.to_lowercase(), "`{prefix}` is not in lower case");
            unique(prefix, service.actions.keys())?;
            unique(prefix, service.resources.keys())?;
            unique(prefix, service.keys.keys())?;
        }
        Ok(())
    }
}

fn unique<'a>(service: &str, names: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut seen = BTreeMap::new();
    for name in names {
        if let Some(other) = seen.insert(name.to_lowercase(), name) {
            anyhow::bail!("`{service}` has both `{other}` and `{name}`");
        }
    }
    Ok(())
}
