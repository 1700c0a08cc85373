//! Texts that tell patterns apart.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::facts::Facts;
use super::template::{ArnTemplate, Segment, Template};

/// A pattern as single steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Pattern(Vec<Step>);

#[derive(Clone, Copy, Debug)]
enum Step {
    Character {
        own: char,
        fold: bool,
    },
    /// One character; whether a colon too.
    One {
        colon: bool,
    },
    /// Any number of characters; whether colons too.
    Run {
        colon: bool,
    },
}

impl Pattern {
    pub(super) fn exact(text: &str) -> Self {
        Self(text.chars().map(|own| Step::Character { own, fold: false }).collect())
    }

    pub(super) fn folded(text: &str) -> Self {
        Self(text.chars().map(|own| Step::Character { own, fold: true }).collect())
    }

    /// Whatever has the parts of an ARN.
    pub(super) fn any_arn() -> Self {
        let mut steps = Vec::new();
        for _ in 0..5 {
            steps.push(Step::Run { colon: false });
            steps.push(Step::Character { own: ':', fold: false });
        }
        steps.push(Step::Run { colon: true });
        Self(steps)
    }

    fn push_text(&mut self, text: &str, wild: bool, fold: bool, colon: bool) {
        self.0.extend(text.chars().map(|character| match character {
            '*' if wild => Step::Run { colon },
            '?' if wild => Step::One { colon },
            own => Step::Character { own, fold },
        }));
    }
}

impl Template {
    /// Adds the pattern, unless it can match nothing. Whether that is all it may be: false when it has variables that
    /// are not known.
    pub(super) fn patterns(&self, fold: bool, facts: &Facts<'_>, to: &mut Vec<Pattern>) -> bool {
        let mut pattern = Pattern::default();
        match self.extend(&mut pattern, fold, true, facts) {
            Extended::Whole => to.push(pattern),
            Extended::Nothing => {}
            Extended::Unknown => return false,
        }
        true
    }

    fn extend(&self, to: &mut Pattern, fold: bool, colon: bool, facts: &Facts<'_>) -> Extended {
        match self {
            Self::Any => to.push_text("*", true, fold, colon),
            Self::Exact(text) => to.push_text(text, false, fold, colon),
            Self::Prefix(text) => {
                to.push_text(text, false, fold, colon);
                to.push_text("*", true, fold, colon);
            }
            Self::Parts(segments) => {
                for segment in segments {
                    let (text, wild) = match segment {
                        Segment::Text(text) => (&**text, true),
                        Segment::Literal(text) => (&**text, false),
                        Segment::Variable { .. } => match segment.value(facts) {
                            Some(Some(text)) => (text, false),
                            Some(None) => return Extended::Nothing,
                            None => return Extended::Unknown,
                        },
                    };
                    if !colon && text.contains(':') {
                        return Extended::Nothing;
                    }
                    to.push_text(text, wild, fold, colon);
                }
            }
        }
        Extended::Whole
    }
}

impl ArnTemplate {
    /// As [`Template::patterns`].
    pub(super) fn patterns(&self, facts: &Facts<'_>, to: &mut Vec<Pattern>) -> bool {
        let mut pattern = Pattern::default();
        for (at, part) in self.parts().iter().enumerate() {
            if at > 0 {
                pattern.push_text(":", false, false, true);
            }
            match part.extend(&mut pattern, false, at == 5, facts) {
                Extended::Whole => {}
                Extended::Nothing => return true,
                Extended::Unknown => return false,
            }
        }
        to.push(pattern);
        true
    }
}

enum Extended {
    Whole,
    Nothing,
    Unknown,
}

/// How many joint states are visited at most.
const MOST_STATES: usize = 4_000;

/// How many places in patterns are looked at, at most.
const MOST_PLACES: usize = 4_000_000;

/// For every set of patterns that some text fits, and no other pattern, such a text; and whether these are all. The
/// stranger is a text of one character, which stands for all that the patterns do not mention.
pub(super) fn witnesses(patterns: &[Pattern], stranger: &str) -> (Vec<String>, bool) {
    let alphabet = alphabet(patterns, stranger);
    if let Some(texts) = exact_texts(patterns) {
        let strange = !texts.contains(stranger);
        return ([stranger.to_owned()].into_iter().chain(texts).collect(), strange);
    }
    let strange = patterns.iter().flat_map(|pattern| &pattern.0).all(|step| match step {
        Step::Character { own, .. } => !stranger.contains(*own),
        Step::One { .. } | Step::Run { .. } => true,
    });
    let start = State::start(patterns);
    let mut found: BTreeMap<Vec<usize>, String> = BTreeMap::new();
    let mut seen = BTreeSet::from([start.clone()]);
    let mut open = VecDeque::from([(start, String::new())]);
    let mut places = 0;
    while let Some((state, text)) = open.pop_front() {
        places += alphabet.len() * (state.0.len() + 1);
        if places > MOST_PLACES {
            break;
        }
        for character in &alphabet {
            let next = state.after(*character, patterns);
            if seen.len() < MOST_STATES && seen.insert(next.clone()) {
                let mut longer = text.clone();
                longer.push(*character);
                open.push_back((next, longer));
            }
        }
        found.entry(state.fitting(patterns)).or_insert(text);
    }
    let all = seen.len() < MOST_STATES && places <= MOST_PLACES;
    (found.into_values().collect(), strange && all)
}

/// The texts of patterns that are all just texts.
fn exact_texts(patterns: &[Pattern]) -> Option<BTreeSet<String>> {
    let text = |pattern: &Pattern| {
        let own = pattern.0.iter().map(|step| match step {
            Step::Character { own, fold: false } => Some(*own),
            _ => None,
        });
        own.collect::<Option<String>>()
    };
    patterns.iter().map(text).collect()
}

fn alphabet(patterns: &[Pattern], stranger: &str) -> BTreeSet<char> {
    let mut alphabet: BTreeSet<char> = stranger.chars().collect();
    for step in patterns.iter().flat_map(|pattern| &pattern.0) {
        match step {
            Step::Character { own, fold } => {
                alphabet.insert(*own);
                if *fold {
                    alphabet.extend(own.to_lowercase().chain(own.to_uppercase()));
                }
            }
            Step::One { colon: false } | Step::Run { colon: false } => {
                alphabet.insert(':');
            }
            Step::One { .. } | Step::Run { .. } => {}
        }
    }
    alphabet
}

/// Where in the patterns a text may have led: pattern and step.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct State(BTreeSet<(usize, usize)>);

impl State {
    fn start(patterns: &[Pattern]) -> Self {
        let mut state = Self(BTreeSet::new());
        for at in 0..patterns.len() {
            state.enter(at, 0, patterns);
        }
        state
    }

    /// Adds a place, and those behind runs that may be empty.
    fn enter(&mut self, pattern: usize, mut step: usize, patterns: &[Pattern]) {
        self.0.insert((pattern, step));
        let steps = patterns.get(pattern).map(|pattern| pattern.0.as_slice()).unwrap_or_default();
        while let Some(Step::Run { .. }) = steps.get(step) {
            step += 1;
            self.0.insert((pattern, step));
        }
    }

    fn after(&self, character: char, patterns: &[Pattern]) -> Self {
        let mut next = Self(BTreeSet::new());
        for (pattern, step) in &self.0 {
            let found = patterns.get(*pattern).and_then(|steps| steps.0.get(*step));
            let takes_colon = |colon: bool| colon || character != ':';
            match found {
                Some(Step::Character { own, fold })
                    if *own == character
                        || (*fold && crate::glob::same_folded(*own, character)) =>
                {
                    next.enter(*pattern, step + 1, patterns);
                }
                Some(Step::One { colon }) if takes_colon(*colon) => {
                    next.enter(*pattern, step + 1, patterns);
                }
                Some(Step::Run { colon }) if takes_colon(*colon) => {
                    next.enter(*pattern, *step, patterns);
                }
                _ => {}
            }
        }
        next
    }

    /// The patterns that the text fits.
    fn fitting(&self, patterns: &[Pattern]) -> Vec<usize> {
        let ends = |at: usize, step: usize| patterns.get(at).is_some_and(|own| own.0.len() == step);
        self.0.iter().filter(|(at, step)| ends(*at, *step)).map(|(at, _)| *at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wild(text: &str) -> Pattern {
        let mut pattern = Pattern::default();
        pattern.push_text(text, true, false, true);
        pattern
    }

    #[test]
    fn every_combination_has_a_witness() {
        let patterns = [wild("a*"), wild("*b"), Pattern::exact("ab")];
        let (texts, complete) = witnesses(&patterns, "x");
        assert!(complete);
        // Neither, the first, the second, both, and all three.
        assert_eq!(texts.len(), 5, "{texts:?}");
        assert!(texts.contains(&"ab".to_owned()));
    }

    #[test]
    fn impossible_combinations_have_none() {
        let (texts, complete) = witnesses(&[wild("*"), wild("a*")], "x");
        assert!(complete);
        assert_eq!(texts, ["", "a"]);
    }
}
