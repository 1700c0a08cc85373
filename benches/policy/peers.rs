//! Results of the peers: JSON lines of who decided what, in how many nanoseconds.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// What the peers' programs print (see `benches/peers/policy/README.md`).
#[derive(Deserialize)]
pub(crate) struct Row {
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) nanoseconds: f64,
    /// Whether to compare with it: the same work in another way is shown, and sets no mark.
    #[serde(default = "yes")]
    pub(crate) compared: bool,
}

fn yes() -> bool {
    true
}

pub(crate) fn read(path: &Path) -> Result<Vec<Row>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}
