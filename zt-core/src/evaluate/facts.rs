//! What is known about a request while it is decided.

use super::request::{Context, ContextValue};

/// The context of a request, with values tried for what is not known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    context: &'a Context,
    tried: &'a [(&'a str, Fact<'a>)],
}

/// What a condition key is in a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fact<'a> {
    Absent,
    Unknown,
    One(&'a str),
    Many(&'a [String]),
}

impl<'a> Facts<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self { context, tried: &[] }
    }

    /// The value of a key given in lower case.
    pub(super) fn get(&self, key: &str) -> Fact<'a> {
        match self.context.get(key) {
            None => Fact::Absent,
            Some(ContextValue::One(text)) => Fact::One(text),
            Some(ContextValue::Many(texts)) => Fact::Many(texts),
            Some(ContextValue::Unknown) => self
                .tried
                .iter()
                .find(|(tried, _)| *tried == key)
                .map_or(Fact::Unknown, |(_, fact)| *fact),
        }
    }
}
