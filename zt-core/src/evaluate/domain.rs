//! The values that a key may have, as far as policies can tell them apart.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::condition::{Boolean, Operands, Test};
use super::facts::{Fact, Facts};
use super::language::{Pattern, witnesses};
use super::request::Inner;
use super::statement::Statement;
use super::tri::Tri;
use crate::literal::{self, Instant};

/// Candidates for the value of a key that is not known.
#[derive(Clone, Debug)]
pub(super) struct Domain {
    /// In lower case.
    pub(super) key: String,
    pub(super) candidates: Vec<Candidate>,
    /// Whether every value there is acts as one of the candidates. It may not be so when operators of different kinds
    /// (texts, numbers, dates, addresses) test the same key, when a policy variable that is not known is compared with
    /// something that is not known, or when there are too many ways to tell values apart.
    pub(super) complete: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Candidate {
    Absent,
    One(String),
    Many(Vec<String>),
}

/// Of more classes of values than this, not all sets are tried.
const MOST_IN_SETS: usize = 10;

/// Texts longer than this are not searched for what a variable in the middle of a pattern may be.
const LONGEST_SEARCHED: usize = 200;

/// A variable that may be more texts than this has further ones that are not tried.
const MOST_PINNED: usize = 64;

impl Domain {
    /// `None` when no statement looks at the key.
    pub(super) fn new(
        key: &str,
        statements: &[&Statement],
        request: &Inner,
        facts: &Facts<'_>,
    ) -> Option<Self> {
        let mut uses = Uses { key, complete: true, ..Uses::default() };
        for statement in statements {
            uses.add(statement, request, facts);
        }
        uses.is_used().then(|| uses.into_domain(facts))
    }
}

/// How statements look at a key.
#[derive(Default)]
struct Uses<'a> {
    key: &'a str,
    tests: Vec<&'a Test>,
    is_variable: bool,
    /// Texts that are told apart from all others.
    pinned: BTreeSet<String>,
    complete: bool,
}

impl<'a> Uses<'a> {
    fn is_used(&self) -> bool {
        self.is_variable || !self.tests.is_empty() || !self.pinned.is_empty()
    }

    fn add(&mut self, statement: &'a Statement, request: &Inner, facts: &Facts<'_>) {
        if self.key == "aws:userid" {
            for id in statement.unique_ids() {
                self.pinned.insert(id.to_owned());
                self.pinned.insert(format!("{id}:session"));
            }
        }
        for template in statement.resource_templates() {
            if template.variables().any(|variable| variable == self.key) {
                self.pin_parts(&request.resource, facts, |facts| {
                    template.fits(&request.resource, facts)
                });
            }
        }
        for condition in &statement.conditions {
            let Some(test) = condition.test() else { continue };
            if condition.key.lower() == self.key {
                self.tests.push(test);
            }
            if !condition.variables().contains(&self.key) {
                continue;
            }
            // Many spellings of a variable may match where case is ignored.
            self.complete &= !matches!(test.operands, Operands::Texts { fold: true, .. });
            let values: &[String] = match facts.get(&condition.key) {
                Fact::One(value) => &[value.to_owned()],
                Fact::Many(values) => values,
                Fact::Absent => &[],
                Fact::Unknown => {
                    self.complete = false;
                    &[]
                }
            };
            self.is_variable = true;
            for value in values {
                self.pin_parts(value, facts, |facts| test.matches(value, facts));
            }
        }
    }

    /// Pins the parts of a text with which, as the value of the variable, something else follows than usually.
    fn pin_parts(&mut self, text: &str, facts: &Facts<'_>, fits: impl Fn(&Facts<'_>) -> Tri) {
        self.is_variable = true;
        let with = |value: &str| fits(&facts.trying(&[(self.key, Fact::One(value))]));
        let usually = with(STRANGER);
        if text.len() > LONGEST_SEARCHED || usually == Tri::Maybe {
            self.complete = false;
            return;
        }
        let mut found = BTreeSet::from([String::new()]);
        let places: Vec<usize> =
            text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for (first, from) in places.iter().enumerate() {
            for to in places.iter().skip(first + 1) {
                if let Some(part) = text.get(*from..*to)
                    && with(part) != usually
                {
                    found.insert(part.to_owned());
                }
            }
        }
        self.pinned.extend(found);
        self.complete &= self.pinned.len() <= MOST_PINNED;
    }

    fn into_domain(mut self, facts: &Facts<'_>) -> Domain {
        let in_sets = self.tests.iter().any(|test| test.qualifier.is_some());
        if in_sets {
            // A null value.
            self.pinned.insert(String::new());
        }
        let values = self.values(facts);
        let mut candidates = vec![Candidate::Absent, Candidate::Many(Vec::new())];
        candidates.extend(values.iter().cloned().map(Candidate::One));
        if self.is_variable {
            // Lists cannot be variables, even those of one value.
            candidates.extend(values.iter().map(|value| Candidate::Many(vec![value.clone()])));
        }
        if in_sets {
            self.complete &= values.len() <= MOST_IN_SETS;
            candidates.extend(
                values.iter().map(|value| Candidate::Many(vec![value.clone(), value.clone()])),
            );
            candidates.extend(sets(&values));
        } else {
            candidates.extend(
                values.first().map(|value| Candidate::Many(vec![value.clone(), value.clone()])),
            );
        }
        Domain { key: self.key.to_owned(), candidates, complete: self.complete }
    }

    /// One value of each class.
    fn values(&mut self, facts: &Facts<'_>) -> Vec<String> {
        let (mut patterns, mut numbers, mut instants, mut ranges) =
            (vec![], vec![], vec![], vec![]);
        for test in &self.tests {
            match &test.operands {
                Operands::Texts { templates, fold } => {
                    for template in templates {
                        self.complete &= template.patterns(*fold, facts, &mut patterns);
                    }
                }
                Operands::Booleans(all) => {
                    patterns.extend(["true", "false"].map(Pattern::folded));
                    for template in all.iter().filter_map(Boolean::template) {
                        self.complete &= template.patterns(true, facts, &mut patterns);
                    }
                }
                Operands::Bytes(texts) => {
                    patterns.extend(texts.iter().map(|text| Pattern::exact(text)));
                }
                Operands::Arns(templates) => {
                    patterns.push(Pattern::any_arn());
                    for template in templates {
                        self.complete &= template.patterns(facts, &mut patterns);
                    }
                }
                Operands::Numbers(operands) => numbers.extend(operands.iter().copied()),
                Operands::Instants(operands) => instants.extend(operands.iter().copied()),
                Operands::Ranges(operands) => ranges.extend(operands.iter().copied()),
                Operands::Absence(_) => {}
            }
        }
        patterns.extend(self.pinned.iter().map(|text| Pattern::exact(text)));
        let kinds = [!numbers.is_empty(), !instants.is_empty(), !ranges.is_empty()];
        let kinds = kinds.into_iter().filter(|used| *used).count();
        // A null value beside values of another kind is no text to tell apart.
        let nulls = self.pinned.iter().filter(|text| text.is_empty()).count();
        let kinds = kinds + usize::from(patterns.len() > nulls);
        self.complete &= kinds <= 1;

        let (mut values, complete) = witnesses(&patterns, STRANGER);
        self.complete &= complete;
        if !numbers.is_empty() {
            values.extend(around_numbers(numbers));
        }
        if !instants.is_empty() {
            values.extend(around_instants(instants));
        }
        if !ranges.is_empty() {
            values.extend(["0.0.0.0/0", "::/0"].map(str::to_owned));
            values.extend(ranges.iter().map(ToString::to_string));
        }
        self.distinct(values, facts)
    }

    /// Leaves out values that no test tells from an earlier one.
    fn distinct(&self, values: Vec<String>, facts: &Facts<'_>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut distinct = Vec::new();
        for value in values {
            let signature: Vec<Tri> =
                self.tests.iter().map(|test| test.matches(&value, facts)).collect();
            let pinned = self.pinned.contains(&value).then(|| value.clone());
            if seen.insert((signature, pinned)) {
                distinct.push(value);
            }
        }
        distinct
    }
}

/// A text that policies hardly mention.
const STRANGER: &str = "\u{1f5dd}";

/// All sets of two and more, or of many values those of two and of all.
fn sets(values: &[String]) -> Vec<Candidate> {
    let size = values.len();
    if size > MOST_IN_SETS {
        let pairs = values.iter().enumerate().flat_map(|(at, one)| {
            values.iter().skip(at + 1).map(move |two| vec![one.clone(), two.clone()])
        });
        return pairs.chain([values.to_vec()]).map(Candidate::Many).collect();
    }
    (0_u32..1 << size)
        .filter(|bits| bits.count_ones() > 1)
        .map(|bits| {
            let chosen = values.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0);
            Candidate::Many(chosen.map(|(_, value)| value.clone()).collect())
        })
        .collect()
}

/// These numbers, one between each two, one below and one above.
fn around_numbers(mut numbers: Vec<Decimal>) -> Vec<String> {
    numbers.sort_unstable();
    numbers.dedup();
    let between = numbers.windows(2).filter_map(|pair| match pair {
        [low, high] => {
            Some(low.checked_add(high.checked_sub(*low)?.checked_div(Decimal::TWO)?)?.to_string())
        }
        _ => None,
    });
    let below = numbers.first().and_then(|low| low.checked_sub(Decimal::ONE));
    let above = numbers.last().and_then(|high| high.checked_add(Decimal::ONE));
    let outside = [below, above].into_iter().flatten().map(|number| number.to_string());
    outside.chain(numbers.iter().map(ToString::to_string)).chain(between).collect()
}

/// These instants, and the nanoseconds before and after.
fn around_instants(mut instants: Vec<Instant>) -> Vec<String> {
    instants.sort_unstable();
    instants.dedup();
    let all = instants.iter().flat_map(|instant| [instant - 1, *instant, instant + 1]);
    all.filter_map(|instant| Timestamp::from_nanosecond(instant).ok())
        .map(|timestamp| timestamp.to_string())
        .filter(|text| literal::instant(text).is_some())
        .collect()
}
