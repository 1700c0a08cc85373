//! What is known about a request while it is decided.

use super::request::{Context, ContextValue, Inner};
use super::template::Arn;

/// The context of a request, with values tried for what is not known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    context: &'a Context,
    tried: &'a [(&'a str, Fact<'a>)],
    arn: Option<Arn<'a>>,
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
        Self { context: &request.context, tried: &[], arn: Arn::new(&request.resource) }
    }

    /// The same, with values for keys (in lower case) that are not known.
    pub(super) fn trying<'b>(&self, tried: &'b [(&'b str, Fact<'b>)]) -> Facts<'b>
    where
        'a: 'b,
    {
        Facts { context: self.context, tried, arn: self.arn }
    }

    /// The resource, taken apart.
    pub(super) fn arn(&self) -> Option<&Arn<'a>> {
        self.arn.as_ref()
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
