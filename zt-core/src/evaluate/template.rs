//! Texts of policies, compiled: plain ones, patterns, and those with policy variables.

use super::context::Key;
use super::facts::{Fact, Facts};
use super::tri::Tri;
use crate::glob::{self, Part};
use crate::policy::{Piece, pieces};

/// A text or pattern of a policy.
#[derive(Clone, Debug)]
pub(super) enum Template {
    /// `*` in a pattern: everything.
    Any,
    /// No wildcards and no variables: this text.
    Exact(Box<str>),
    /// A pattern whose only wildcard is a `*` at its end.
    Prefix(Box<str>),
    /// Everything else.
    Parts(Box<[Segment]>),
}

#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// Text whose `*` and `?` are wildcards where the template is a pattern.
    Text(Box<str>),
    /// Text that is itself.
    Literal(Box<str>),
    /// The value of a condition key, as itself.
    Variable { key: Key, default: Option<Box<str>> },
}

impl Template {
    /// A text without wildcards. Under the old version variables are text.
    pub(super) fn text(text: &str, variables: bool) -> Self {
        let segments = segments(text, variables, true);
        Self::from_segments(segments)
    }

    /// A pattern.
    pub(super) fn pattern(text: &str, variables: bool) -> Self {
        Self::from_segments(segments(text, variables, false))
    }

    pub(super) fn from_segments(segments: Vec<Segment>) -> Self {
        match segments.as_slice() {
            [] => return Self::Exact("".into()),
            [Segment::Literal(text)] => return Self::Exact(text.clone()),
            [Segment::Text(text)] => {
                let text: &str = text;
                if text == "*" {
                    return Self::Any;
                }
                if !text.contains(['*', '?']) {
                    return Self::Exact(text.into());
                }
                if let Some(prefix) = text.strip_suffix('*')
                    && !prefix.contains(['*', '?'])
                {
                    return Self::Prefix(prefix.into());
                }
            }
            _ => {}
        }
        Self::Parts(segments.into())
    }

    /// Whether an input fits. A variable without a value fits nothing.
    #[inline]
    pub(super) fn fits(&self, input: &str, facts: &Facts<'_>, fold: bool) -> Tri {
        match self {
            Self::Any => Tri::Yes,
            Self::Exact(text) if !fold => (**text == *input).into(),
            Self::Prefix(prefix) if !fold => input.starts_with(&**prefix).into(),
            Self::Exact(text) => glob::equal_folded(text, input).into(),
            Self::Prefix(prefix) => {
                let parts = [Part { text: prefix, wild: false }, Part { text: "*", wild: true }];
                glob::matches(|at| parts.get(at).copied(), input, fold).into()
            }
            Self::Parts(segments) => fit(segments, input, facts, fold),
        }
    }

    /// Whether an input fits a pattern that has no variables.
    pub(super) fn fits_plain(&self, input: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(text) => **text == *input,
            Self::Prefix(prefix) => input.starts_with(&**prefix),
            Self::Parts(segments) => {
                let part = |at: usize| match segments.get(at)? {
                    Segment::Text(text) => Some(Part { text, wild: true }),
                    Segment::Literal(text) => Some(Part { text, wild: false }),
                    Segment::Variable { .. } => None,
                };
                glob::matches(part, input, false)
            }
        }
    }

    /// What every input that fits begins with.
    pub(super) fn head(&self) -> &str {
        match self {
            Self::Any => "",
            Self::Exact(text) | Self::Prefix(text) => text,
            Self::Parts(segments) => match segments.first() {
                Some(Segment::Text(text)) => text.split(['*', '?']).next().unwrap_or_default(),
                Some(Segment::Literal(text)) => text,
                _ => "",
            },
        }
    }

    /// Whether some variable has neither a value nor a default.
    pub(super) fn is_unresolved(&self, facts: &Facts<'_>) -> Tri {
        let Self::Parts(segments) = self else {
            return Tri::No;
        };
        Tri::any(segments.iter().map(|segment| match segment.resolve(facts) {
            Resolved::Part(_) => Tri::No,
            Resolved::Nothing => Tri::Yes,
            Resolved::Unknown => Tri::Maybe,
        }))
    }

    /// The keys of the variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let segments: &[Segment] = match self {
            Self::Parts(segments) => segments,
            _ => &[],
        };
        segments.iter().filter_map(|segment| match segment {
            Segment::Variable { key, .. } => Some(key.lower()),
            _ => None,
        })
    }
}

fn fit(segments: &[Segment], input: &str, facts: &Facts<'_>, fold: bool) -> Tri {
    let mut known = Tri::Yes;
    for segment in segments {
        match segment.resolve(facts) {
            Resolved::Part(_) => {}
            Resolved::Nothing => return Tri::No,
            Resolved::Unknown => known = Tri::Maybe,
        }
    }
    // What is not known may be any text: what does not fit then fits with no value.
    let part = |at: usize| match segments.get(at)?.resolve(facts) {
        Resolved::Part(part) => Some(part),
        Resolved::Unknown => Some(Part { text: "*", wild: true }),
        Resolved::Nothing => None,
    };
    known & glob::matches(part, input, fold).into()
}

impl Segment {
    /// The value of a variable, or its default: `None` when not known, `Some(None)` when there is none.
    pub(super) fn value<'a>(&'a self, facts: &Facts<'a>) -> Option<Option<&'a str>> {
        match self.resolve(facts) {
            Resolved::Part(part) => Some(Some(part.text)),
            Resolved::Nothing => Some(None),
            Resolved::Unknown => None,
        }
    }
}

enum Resolved<'a> {
    Part(Part<'a>),
    Nothing,
    Unknown,
}

impl Segment {
    fn resolve<'a>(&'a self, facts: &Facts<'a>) -> Resolved<'a> {
        match self {
            Self::Text(text) => Resolved::Part(Part { text, wild: true }),
            Self::Literal(text) => Resolved::Part(Part { text, wild: false }),
            Self::Variable { key, default } => match facts.get(key) {
                Fact::One(text) => Resolved::Part(Part { text, wild: false }),
                Fact::Unknown => Resolved::Unknown,
                // A key with several values cannot be a variable.
                Fact::Absent | Fact::Many(_) => match default {
                    Some(text) => Resolved::Part(Part { text, wild: false }),
                    None => Resolved::Nothing,
                },
            },
        }
    }
}

pub(super) fn segments(text: &str, variables: bool, literal: bool) -> Vec<Segment> {
    let plain = |text: &str| {
        if literal { Segment::Literal(text.into()) } else { Segment::Text(text.into()) }
    };
    if !variables {
        return vec![plain(text)];
    }
    let mut segments: Vec<Segment> = Vec::new();
    for piece in pieces(text) {
        let segment = match piece {
            Piece::Text(text) => plain(text),
            Piece::Literal(text) => Segment::Literal(text.into()),
            Piece::Variable { key, default } => {
                Segment::Variable { key: Key::new(key), default: default.map(Into::into) }
            }
        };
        match (segments.last_mut(), &segment) {
            (Some(Segment::Literal(last)), Segment::Literal(more)) => {
                *last = format!("{last}{more}").into()
            }
            _ => segments.push(segment),
        }
    }
    segments
}

/// An ARN pattern: six parts, matched each for itself, so that a `*` in the first five eats no colon.
#[derive(Clone, Debug)]
pub(super) struct ArnTemplate {
    parts: [Template; 6],
}

impl ArnTemplate {
    /// `None` when the text has fewer than five colons outside variables.
    pub(super) fn new(text: &str, variables: bool) -> Option<Self> {
        let mut parts: Vec<Vec<Segment>> = vec![Vec::new()];
        for segment in segments(text, variables, false) {
            let Segment::Text(text) = &segment else {
                parts.last_mut()?.push(segment);
                continue;
            };
            let mut rest: &str = text;
            while parts.len() < 6
                && let Some((before, after)) = rest.split_once(':')
            {
                if !before.is_empty() {
                    parts.last_mut()?.push(Segment::Text(before.into()));
                }
                parts.push(Vec::new());
                rest = after;
            }
            if !rest.is_empty() {
                parts.last_mut()?.push(Segment::Text(rest.into()));
            }
        }
        let parts: Vec<Template> = parts.into_iter().map(Template::from_segments).collect();
        Some(Self { parts: parts.try_into().ok()? })
    }

    /// The same as one text or prefix, where nothing but the end is a wildcard.
    pub(super) fn plain(&self) -> Option<Template> {
        let [first @ .., last] = &self.parts;
        let mut text = String::new();
        for part in first {
            let Template::Exact(part) = part else { return None };
            text.push_str(part);
            text.push(':');
        }
        match last {
            Template::Any => {}
            Template::Exact(last) => return Some(Template::Exact((text + last).into())),
            Template::Prefix(last) => text.push_str(last),
            Template::Parts(_) => return None,
        }
        Some(Template::Prefix(text.into()))
    }

    /// Whether an ARN fits, part by part.
    pub(super) fn fits(&self, arn: &Arn<'_>, facts: &Facts<'_>) -> Tri {
        Tri::all(
            self.parts.iter().zip(arn.parts()).map(|(part, input)| part.fits(input, facts, false)),
        )
    }

    /// Whether an ARN fits up to its last part, and the pattern has a variable without a value there.
    pub(super) fn is_unresolved(&self, arn: &Arn<'_>, facts: &Facts<'_>) -> Tri {
        let [first @ .., last] = &self.parts;
        let rest = first.iter().zip(arn.parts());
        last.is_unresolved(facts)
            & Tri::all(rest.map(|(part, input)| part.fits(input, facts, false)))
    }

    pub(super) fn parts(&self) -> &[Template; 6] {
        &self.parts
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(Template::variables)
    }
}

/// An ARN taken apart at its first five colons.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arn<'a> {
    text: &'a str,
    colons: Colons,
}

/// Where the first five colons of a text are.
pub(super) type Colons = [usize; 5];

impl<'a> Arn<'a> {
    /// `None` when the text has fewer than five colons.
    pub(super) fn new(text: &'a str) -> Option<Self> {
        Some(Self { text, colons: colons(text)? })
    }

    /// A text that was taken apart before.
    pub(super) fn with_colons(text: &'a str, colons: Colons) -> Self {
        Self { text, colons }
    }

    pub(super) fn partition(&self) -> &'a str {
        self.between(0, 1)
    }

    pub(super) fn service(&self) -> &'a str {
        self.between(1, 2)
    }

    pub(super) fn account(&self) -> &'a str {
        self.between(3, 4)
    }

    pub(super) fn resource(&self) -> &'a str {
        self.text.get(self.colons[4] + 1..).unwrap_or_default()
    }

    pub(super) fn parts(&self) -> [&'a str; 6] {
        [
            self.text.get(..self.colons[0]).unwrap_or_default(),
            self.partition(),
            self.service(),
            self.between(2, 3),
            self.account(),
            self.resource(),
        ]
    }

    fn between(&self, colon: usize, next: usize) -> &'a str {
        let place = |at: usize| self.colons.get(at).copied().unwrap_or_default();
        self.text.get(place(colon) + 1..place(next)).unwrap_or_default()
    }
}

/// `None` when the text has fewer than five.
pub(super) fn colons(text: &str) -> Option<Colons> {
    let mut at = text.bytes().enumerate().filter(|(_, byte)| *byte == b':').map(|(at, _)| at);
    let mut next = || at.next();
    Some([next()?, next()?, next()?, next()?, next()?])
}
