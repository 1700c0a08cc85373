//! Matching texts against `*` and `?`.

/// Part of a pattern: its text, and whether `*` and `?` in it are wildcards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) text: &'a str,
    pub(crate) wild: bool,
}

/// Whether an input fits a pattern given in parts.
///
/// `*` is any run of characters, `?` exactly one. Only the last `*` is ever tried again, so the time is at most the
/// product of the lengths, whatever the pattern; nothing is allocated.
pub(crate) fn matches<'a>(
    part: impl Fn(usize) -> Option<Part<'a>>,
    input: &str,
    fold: bool,
) -> bool {
    let mut pattern = Place { part: 0, rest: "", wild: false };
    let mut rest = input;
    // After the last `*`: the pattern from there, and the input that it has not eaten yet.
    let mut retry: Option<(Place<'a>, &str)> = None;
    loop {
        #[cfg(test)]
        tests::STEPS.with(|steps| steps.set(steps.get() + 1));
        match pattern.next(&part) {
            Some(Token::Run) => {
                let at_end = pattern.clone().next(&part).is_none();
                if at_end {
                    return true;
                }
                retry = Some((pattern.clone(), rest));
                continue;
            }
            Some(token) => {
                let mut characters = rest.chars();
                if let Some(character) = characters.next()
                    && token.fits(character, fold)
                {
                    rest = characters.as_str();
                    continue;
                }
            }
            None if rest.is_empty() => return true,
            None => {}
        }
        let Some((after_run, eaten)) = &mut retry else {
            return false;
        };
        let mut characters = eaten.chars();
        if characters.next().is_none() {
            return false;
        }
        *eaten = characters.as_str();
        rest = eaten;
        pattern = after_run.clone();
    }
}

/// Whether an input fits a pattern whose wildcards are all wild.
pub(crate) fn fits(pattern: &str, input: &str) -> bool {
    matches(|at| (at == 0).then_some(Part { text: pattern, wild: true }), input, false)
}

/// [`fits`] without regard to case.
pub(crate) fn fits_folded(pattern: &str, input: &str) -> bool {
    matches(|at| (at == 0).then_some(Part { text: pattern, wild: true }), input, true)
}

enum Token {
    Run,
    One,
    Character(char),
}

impl Token {
    fn fits(&self, character: char, fold: bool) -> bool {
        match self {
            Self::Run | Self::One => true,
            Self::Character(own) => *own == character || (fold && same_folded(*own, character)),
        }
    }
}

/// Where in the pattern: before `rest` of `part`.
#[derive(Clone)]
struct Place<'a> {
    part: usize,
    rest: &'a str,
    wild: bool,
}

impl<'a> Place<'a> {
    fn next(&mut self, part: &impl Fn(usize) -> Option<Part<'a>>) -> Option<Token> {
        loop {
            let mut characters = self.rest.chars();
            if let Some(character) = characters.next() {
                self.rest = characters.as_str();
                return Some(match character {
                    '*' if self.wild => Token::Run,
                    '?' if self.wild => Token::One,
                    other => Token::Character(other),
                });
            }
            let next = part(self.part)?;
            self.part += 1;
            self.rest = next.text;
            self.wild = next.wild;
        }
    }
}

/// Equal apart from case. IAM documents are limited to Latin-1, so simple folding of single characters is enough.
pub(crate) fn same_folded(a: char, b: char) -> bool {
    a.eq_ignore_ascii_case(&b)
        || (!a.is_ascii() && !b.is_ascii() && a.to_lowercase().eq(b.to_lowercase()))
}

/// Equal texts apart from case.
pub(crate) fn equal_folded(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    let (mut a, mut b) = (a.chars(), b.chars());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if same_folded(a, b) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The obvious definition, exponential in stars.
    fn slow(pattern: &[char], input: &[char]) -> bool {
        match (pattern, input) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                slow(rest, input) || matches!(input, [_, tail @ ..] if slow(pattern, tail))
            }
            (['?', rest @ ..], [_, tail @ ..]) => slow(rest, tail),
            ([p, rest @ ..], [i, tail @ ..]) if p == i => slow(rest, tail),
            _ => false,
        }
    }

    #[test]
    fn agrees_with_the_obvious_definition() {
        let texts = |alphabet: &str, longest: usize| {
            let mut all = vec![String::new()];
            let mut last = all.clone();
            for _ in 0..longest {
                last = last
                    .iter()
                    .flat_map(|text| alphabet.chars().map(move |c| format!("{text}{c}")))
                    .collect();
                all.extend(last.iter().cloned());
            }
            all
        };
        let inputs = texts("aé", 4);
        for pattern in texts("a*?é", 4) {
            let characters: Vec<char> = pattern.chars().collect();
            for input in &inputs {
                let expected = slow(&characters, &input.chars().collect::<Vec<_>>());
                assert_eq!(fits(&pattern, input), expected, "{pattern:?} {input:?}");
            }
        }
    }

    #[test]
    fn parts_join_and_literal_stars_are_stars() {
        let parts = [
            Part { text: "a", wild: true },
            Part { text: "*", wild: false },
            Part { text: "b*", wild: true },
        ];
        let fits = |input| matches(|at| parts.get(at).copied(), input, false);
        assert!(fits("a*b"));
        assert!(fits("a*bcd"));
        assert!(!fits("axb"));
    }

    thread_local! {
        /// How often a match went around its loop.
        pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    fn steps(pattern: &str, input: &str) -> usize {
        STEPS.with(|steps| steps.set(0));
        fits(pattern, input);
        STEPS.with(std::cell::Cell::get)
    }

    #[test]
    fn steps_are_at_most_the_product_of_the_lengths() {
        let long = "a".repeat(2_000);
        for pattern in [
            "*a".repeat(500) + "b",
            "*".repeat(1_000) + "b",
            "*?".repeat(500) + "b",
            "*é".repeat(500),
            format!("*{}b", "a".repeat(500)),
            format!("{}*b", "a*".repeat(500)),
        ] {
            let most = (pattern.chars().count() + 1) * (long.len() + 1);
            assert!(steps(&pattern, &long) <= most, "{} {pattern}", steps(&pattern, &long));
        }
        // Runs alone: the sum, not the product.
        let runs = "*a".repeat(500) + "b";
        assert!(steps(&runs, &long) <= 4 * (runs.len() + long.len()));
    }
}
