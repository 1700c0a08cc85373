//! Results of the peers and of our bindings (`zt-...`), one a line: name, length, frame length,
//! seconds to encrypt, to decrypt.

use std::path::Path;

use anyhow::{Context, Result};

#[derive(Default)]
pub(crate) struct Peers(Vec<Peer>);

struct Peer {
    name: String,
    len: usize,
    frame: usize,
    seconds: (f64, f64),
}

impl Peers {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
        text.lines().map(Peer::parse).collect::<Result<_>>().map(Self)
    }

    /// The peers' times for messages of this length in frames of this length.
    pub(crate) fn of(&self, len: usize, frame: usize) -> impl Iterator<Item = (&str, (f64, f64))> {
        let fits = move |peer: &&Peer| peer.len == len && peer.frame == frame;
        self.0.iter().filter(fits).map(|peer| (peer.name.as_str(), peer.seconds))
    }
}

impl Peer {
    fn parse(line: &str) -> Result<Self> {
        let mut words = line.split_whitespace();
        let mut next = || words.next().with_context(|| format!("too short: {line}"));
        Ok(Self {
            name: next()?.to_owned(),
            len: next()?.parse()?,
            frame: next()?.parse()?,
            seconds: (next()?.parse()?, next()?.parse()?),
        })
    }
}
