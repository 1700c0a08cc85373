//! Few patterns instead of many actions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::entity::{Action, Service};
use super::{action, expand, find};

/// The shortest patterns that stand for exactly these actions, among all that the catalogue has.
///
/// Patterns in the input stay as they are, and take in the names that they match. Names that the catalogue does not have
/// stay too. What comes back is sorted, and [`expand`] gives the same actions for it as for the input.
///
/// A pattern also matches what AWS adds later. So a wildcard only ever stands after a whole first word, which says what
/// an action does, and between words: `Describe*` or `Get*Tagging`, never `D*`, which some day matches a `Delete...`. Within
/// this rule the result is the shortest that a greedy cover finds, counted in characters of the policy; it is never longer
/// than the shortest cover by prefixes.
///
/// ```
/// use zt_core::catalog::{expand, shrink};
///
/// let tagging: Vec<_> = expand("sqs:*").iter().map(ToString::to_string).collect();
/// assert_eq!(shrink(&tagging), ["sqs:*"]);
/// assert_eq!(shrink(["sqs:ListQueues", "sqs:ListQueueTags"]), ["sqs:ListQueue*"]);
/// assert_eq!(shrink(["sqs:ListQueues", "sqs:NotYetKnown"]), ["sqs:ListQueues", "sqs:NotYetKnown"]);
/// ```
#[must_use]
pub fn shrink<A: AsRef<str>>(actions: impl IntoIterator<Item = A>) -> Vec<String> {
    let (mut patterns, mut wanted, mut kept) = (Vec::new(), Vec::new(), BTreeMap::new());
    for text in actions {
        let text = text.as_ref();
        if text.contains(['*', '?']) {
            patterns.push(text.to_owned());
        } else if let Some(action) = action(text) {
            wanted.push(action);
        } else {
            kept.entry(text.to_ascii_lowercase()).or_insert_with(|| text.to_owned());
        }
    }
    let patterns = widest(patterns);
    let covered = sorted(patterns.iter().flat_map(|pattern| expand(pattern)).collect());
    let mut wanted = sorted(wanted);
    wanted.retain(|action| covered.binary_search(action).is_err());
    for needed in wanted.chunk_by(|one, other| one.service() == other.service()) {
        let Some(first) = needed.first() else {
            continue;
        };
        for pattern in Cover::of(first.service(), needed, &covered).shortest() {
            kept.insert(pattern.to_ascii_lowercase(), pattern);
        }
    }
    // A name that is not in the catalogue may still be one that a pattern matches.
    kept.retain(|_, text| !patterns.iter().any(|pattern| is_within(text, pattern)));
    for pattern in patterns {
        kept.insert(pattern.to_ascii_lowercase(), pattern);
    }
    kept.into_values().collect()
}

/// Sorted, each once.
fn sorted(mut actions: Vec<Action>) -> Vec<Action> {
    actions.sort_unstable();
    actions.dedup();
    actions
}

fn sort_by(texts: &mut [String], key: fn(&String) -> usize) {
    texts.sort_by_key(key);
}

/// Patterns without those that another one takes in.
fn widest(mut patterns: Vec<String>) -> Vec<String> {
    sort_by(&mut patterns, String::len);
    let mut widest: Vec<String> = Vec::new();
    for pattern in patterns {
        if !widest.iter().any(|wider| is_within(&pattern, wider)) {
            widest.push(pattern);
        }
    }
    widest
}

/// Whether one pattern matches all that a text, perhaps itself a pattern, matches.
fn is_within(text: &str, wider: &str) -> bool {
    text.eq_ignore_ascii_case(wider)
        || (!wider.contains('?') && find::fits(wider.as_bytes(), text.as_bytes()))
}

/// The actions of one service, of which some are to be covered, some may be, and the others must not.
struct Cover {
    prefix: String,
    names: Vec<Name>,
}

struct Name {
    text: String,
    /// To be covered.
    needed: bool,
    /// May be covered.
    allowed: bool,
}

/// Names or patterns, with the names that each covers.
type Choice = BTreeMap<String, Vec<usize>>;

impl Cover {
    fn of(service: Service, needed: &[Action], covered: &[Action]) -> Self {
        let names = service
            .actions()
            .map(|action| {
                let needed = needed.binary_search(&action).is_ok();
                let allowed = needed || covered.binary_search(&action).is_ok();
                Name { text: action.name(), needed, allowed }
            })
            .collect();
        Self { prefix: service.prefix(), names }
    }

    fn shortest(&self) -> Vec<String> {
        if self.names.iter().all(|name| name.allowed) {
            return vec![format!("{}:*", self.prefix)];
        }
        let by_prefix = self.by_prefix();
        let by_greed = self.by_greed();
        let best = if self.cost(&by_greed) < self.cost(&by_prefix) { by_greed } else { by_prefix };
        best.into_keys().map(|pattern| format!("{}:{pattern}", self.prefix)).collect()
    }

    /// What an entry of a policy costs: the text, two quotes and a comma.
    fn cost_of(&self, pattern: &str) -> usize {
        self.prefix.len() + 1 + pattern.len() + 3
    }

    fn cost(&self, choice: &Choice) -> usize {
        choice.keys().map(|pattern| self.cost_of(pattern)).sum()
    }

    /// For each name the shortest prefix that no other name has: such prefixes never overlap, so this is the best cover
    /// by prefixes.
    fn by_prefix(&self) -> Choice {
        let mut choice = Choice::new();
        for (number, name) in self.names.iter().enumerate().filter(|(_, name)| name.needed) {
            let pattern = word_ends(&name.text)
                .filter_map(|end| Some(format!("{}*", name.text.get(..end)?)))
                .find(|pattern| self.is_allowed(pattern))
                .unwrap_or_else(|| name.text.clone());
            choice.entry(pattern).or_default().push(number);
        }
        self.spelt(choice)
    }

    /// Takes what covers most for its length, again and again; then drops what turned out to be superfluous.
    fn by_greed(&self) -> Choice {
        let mut candidates = self.candidates();
        let mut left: Vec<bool> = self.names.iter().map(|name| name.needed).collect();
        let is_left = |left: &[bool], number: usize| left.get(number) == Some(&true);
        let mut choice = Choice::new();
        while left.contains(&true) {
            candidates.retain(|_, covers| {
                covers.retain(|number| is_left(&left, *number));
                covers.len() > 1
            });
            let best = candidates.iter().min_by(|(one, covers), (other, others)| {
                // Cost for each name, without division.
                (self.cost_of(one) * others.len()).cmp(&(self.cost_of(other) * covers.len()))
            });
            let Some((pattern, covers)) = best else {
                break;
            };
            for number in covers {
                if let Some(left) = left.get_mut(*number) {
                    *left = false;
                }
            }
            choice.insert(pattern.clone(), Vec::new());
        }
        for (number, name) in self.names.iter().enumerate() {
            if is_left(&left, number) {
                choice.insert(name.text.clone(), vec![number]);
            }
        }
        self.without_superfluous(choice)
    }

    /// Patterns of one prefix and perhaps one suffix of whole words that cover what may be covered and nothing else.
    fn candidates(&self) -> Choice {
        let mut candidates = Choice::new();
        for name in self.names.iter().filter(|name| name.needed) {
            let ends: Vec<_> = word_ends(&name.text).collect();
            for end in &ends {
                let suffixes = ends.iter().filter(|start| *start >= end);
                for start in suffixes.chain([&name.text.len()]) {
                    let (Some(head), Some(tail)) = (name.text.get(..*end), name.text.get(*start..))
                    else {
                        continue;
                    };
                    let pattern = format!("{head}*{tail}");
                    // Those that will not do are kept too, so as not to be tried again.
                    if let Entry::Vacant(place) = candidates.entry(pattern) {
                        let covers = self.covers(place.key()).unwrap_or_default();
                        place.insert(covers);
                    }
                }
            }
        }
        candidates.retain(|_, covers| covers.len() > 1);
        candidates
    }

    fn without_superfluous(&self, choice: Choice) -> Choice {
        let mut choice: Choice = choice
            .into_keys()
            .map(|pattern| {
                let covers = self.covers(&pattern).unwrap_or_default();
                (pattern, covers)
            })
            .collect();
        let mut longest_first: Vec<String> = choice.keys().cloned().collect();
        sort_by(&mut longest_first, |pattern| usize::MAX - pattern.len());
        for pattern in longest_first {
            let covered_by_others = choice.get(&pattern).is_some_and(|covers| {
                covers.iter().all(|number| {
                    choice
                        .iter()
                        .any(|(other, theirs)| *other != pattern && theirs.contains(number))
                })
            });
            if covered_by_others {
                choice.remove(&pattern);
            }
        }
        self.spelt(choice)
    }

    /// Names in full where a pattern covers one only.
    fn spelt(&self, choice: Choice) -> Choice {
        choice
            .into_iter()
            .map(|(pattern, covers)| match covers.as_slice() {
                [number] => {
                    let name = self.names.get(*number).map(|name| name.text.clone());
                    (name.unwrap_or(pattern), covers)
                }
                _ => (pattern, covers),
            })
            .collect()
    }

    fn is_allowed(&self, pattern: &str) -> bool {
        self.names
            .iter()
            .all(|name| name.allowed || !find::fits(pattern.as_bytes(), name.text.as_bytes()))
    }

    /// The needed names that a pattern covers, if it covers none that it must not.
    fn covers(&self, pattern: &str) -> Option<Vec<usize>> {
        let mut covers = Vec::new();
        for (number, name) in self.names.iter().enumerate() {
            if find::fits(pattern.as_bytes(), name.text.as_bytes()) {
                if !name.allowed {
                    return None;
                }
                if name.needed {
                    covers.push(number);
                }
            }
        }
        Some(covers)
    }
}

/// Where words of a name end, but for the last: 3 and 9 for `GetObjectAcl`.
fn word_ends(name: &str) -> impl Iterator<Item = usize> {
    name.char_indices()
        .zip(name.chars().skip(1))
        .filter(|((_, one), other)| {
            (other.is_ascii_uppercase() && !one.is_ascii_uppercase())
                || (other.is_ascii_digit() && !one.is_ascii_digit())
                || *other == '-'
        })
        .map(|((at, one), _)| at + one.len_utf8())
}
