//! From candidates to findings, and from findings to a level.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::context::Context;
use super::scan::{Candidate, scan};
use super::text::Text;
use super::{Classification, Encoding, Finding, Kind, Level};

/// Finds what makes data sensitive: [`Classifier`] with its defaults.
#[must_use]
pub fn classify(data: &[u8]) -> Classification {
    Classifier::new().classify(data)
}

/// Settings of the classifier. Cheap to make and to clone.
///
/// ```
/// use zt_core::data::{Classifier, Kind};
///
/// // Order numbers that happen to look like cards are not worth a word here.
/// let classifier = Classifier::new().threshold(70)?;
/// assert!(classifier.classify(b"4111111111111111").findings().is_empty());
/// assert_eq!(classifier.classify(b"visa 4111111111111111").findings()[0].context(), Some("visa"));
/// # Ok::<(), zt_core::data::ThresholdOutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Classifier {
    threshold: u8,
    max_findings: usize,
    encoding: Option<Encoding>,
}

impl Default for Classifier {
    fn default() -> Self {
        Self { threshold: 50, max_findings: 10_000, encoding: None }
    }
}

impl Classifier {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The least confidence that is reported, 1 to 100. Default: 50.
    ///
    /// # Errors
    ///
    /// When the threshold is out of range: at 0 every number would be a finding.
    pub fn threshold(mut self, confidence: u8) -> Result<Self, ThresholdOutOfRange> {
        if !(1..=100).contains(&confidence) {
            return Err(ThresholdOutOfRange { found: confidence });
        }
        self.threshold = confidence;
        Ok(self)
    }

    /// How many findings are kept; the first ones are. The level and the counts are of all. Default: 10,000.
    #[must_use]
    pub fn max_findings(mut self, count: usize) -> Self {
        self.max_findings = count;
        self
    }

    /// How the bytes are read. Default: as they seem to be.
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = Some(encoding);
        self
    }

    /// Finds what makes data sensitive. Any bytes will do.
    #[must_use]
    pub fn classify(&self, data: &[u8]) -> Classification {
        let read = Text::new(data, self.encoding);
        let text = read.bytes();
        let candidates = distinct(self.reported(text));
        let counts = count(&candidates);
        let level = counts
            .keys()
            .map(|kind| kind.level(people(text, &candidates, *kind)))
            .reduce(Level::join);
        let mut findings: Vec<Finding> = candidates
            .into_iter()
            .take(self.max_findings)
            .map(|(confidence, found)| Finding {
                kind: found.kind,
                start: found.start,
                end: found.end,
                confidence,
                word: found.word,
                excerpt: found.excerpt,
            })
            .collect();
        read.locate(&mut findings);
        Classification { level, findings, counts, encoding: read.encoding() }
    }

    /// Candidates with enough confidence, in order of place.
    fn reported(&self, text: &[u8]) -> Vec<(u8, Candidate)> {
        let mut candidates = scan(text);
        candidates.sort_by_key(|found| (found.start, found.end));
        let mut context = Context::new(text);
        let confident = |mut found: Candidate| {
            // Where no word makes a difference, none is looked for.
            let sign = (found.in_context != found.contrary)
                .then(|| context.of(found.start, found.end))
                .flatten();
            let confidence = match sign {
                Some(sign) if sign.kind == Some(found.kind) => {
                    found.word = Some(sign.word);
                    found.in_context
                }
                Some(sign) if sign.kind.is_none() => found.contrary,
                // A word of another kind says nothing of this one, which may stand beside it.
                _ => found.base,
            };
            (confidence >= self.threshold).then_some((confidence, found))
        };
        candidates.into_iter().filter_map(confident).collect()
    }
}

/// Of those that overlap, the surer one; of equals the longer one.
fn distinct(candidates: Vec<(u8, Candidate)>) -> Vec<(u8, Candidate)> {
    let mut kept: Vec<(u8, Candidate)> = Vec::with_capacity(candidates.len());
    for (confidence, found) in candidates {
        let rank = (confidence, found.end - found.start);
        // Kept ones do not overlap one another, so that only the last ones can overlap this.
        let better = kept
            .iter()
            .rev()
            .take_while(|(_, other)| other.end > found.start)
            .all(|(confidence, other)| rank > (*confidence, other.end - other.start));
        if better {
            while kept.pop_if(|(_, other)| other.end > found.start).is_some() {}
            kept.push((confidence, found));
        }
    }
    kept
}

fn count(candidates: &[(u8, Candidate)]) -> BTreeMap<Kind, u64> {
    let mut counts = BTreeMap::new();
    for (_, found) in candidates {
        *counts.entry(found.kind).or_default() += 1;
    }
    counts
}

/// How many different ones of a kind there are, as far as that matters.
fn people(text: &[u8], candidates: &[(u8, Candidate)], kind: Kind) -> u64 {
    const ENOUGH: usize = 10;
    let mut seen = BTreeSet::new();
    for (_, found) in candidates.iter().filter(|(_, found)| found.kind == kind) {
        let mut hasher = DefaultHasher::new();
        text.get(found.start..found.end).hash(&mut hasher);
        seen.insert(hasher.finish());
        if seen.len() >= ENOUGH {
            break;
        }
    }
    seen.len().try_into().unwrap_or(u64::MAX)
}

/// A threshold that no confidence can have: see [`Classifier::threshold`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("threshold: expected 1 to 100, found `{found}`")]
pub struct ThresholdOutOfRange {
    found: u8,
}
