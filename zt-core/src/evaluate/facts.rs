//! What is known about a request while it is decided.

use super::context::Key;
use super::request::{ContextValue, Inner};
use super::template::Arn;

/// The context of a request, with values tried for what is not known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    request: &'a Inner,
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
    pub(super) fn new(request: &'a Inner) -> Self {
        Self { request, tried: &[] }
    }

    /// The same, with values for keys (in lower case) that are not known.
    pub(super) fn trying<'b>(&self, tried: &'b [(&'b str, Fact<'b>)]) -> Facts<'b>
    where
        'a: 'b,
    {
        Facts { request: self.request, tried }
    }

    /// The resource, taken apart.
    pub(super) fn arn(&self) -> Option<Arn<'a>> {
        self.request.arn()
    }

    pub(super) fn get(&self, key: &Key) -> Fact<'a> {
        self.fact(self.request.context.get(key), key.lower())
    }

    /// The value of a key given in lower case.
    pub(super) fn named(&self, key: &str) -> Fact<'a> {
        self.fact(self.request.context.named(key), key)
    }

    fn fact(&self, value: Option<&'a ContextValue>, key: &str) -> Fact<'a> {
        match value {
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
