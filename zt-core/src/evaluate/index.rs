//! Finding the few statements of many that can be about a request.

use std::collections::BTreeMap;

use super::statement::{Policy, Statement};

/// Policies whose statements are counted together, and an index of the statements.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    policies: Vec<Policy>,
    /// By what their actions begin with, then by what their resources begin with.
    index: PrefixIndex<PrefixIndex<Vec<Place>>>,
}

/// A statement: its policy's place, and its own in there.
type Place = (u32, u32);

/// Below this many statements looking at each is faster than looking them up.
const WORTH_AN_INDEX: usize = 4;

/// A statement with more pairs of an action and a resource than this is looked up by its actions only.
const MOST_PAIRS: usize = 64;

impl Group {
    pub(super) fn new(policies: Vec<Policy>) -> Self {
        let count: usize = policies.iter().map(|policy| policy.statements.len()).sum();
        let index = if count < WORTH_AN_INDEX { PrefixIndex::default() } else { index(&policies) };
        Self { policies, index }
    }

    pub(super) fn policies(&self) -> &[Policy] {
        &self.policies
    }

    pub(super) fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// Shows every statement that can be about an action (in lower case) on a resource, and maybe some that cannot.
    /// A statement may be shown more than once.
    pub(super) fn each_candidate<'a>(
        &'a self,
        action: &str,
        resource: &str,
        mut show: impl FnMut(&'a Statement),
    ) {
        if self.index.is_empty() {
            self.policies.iter().flat_map(|policy| &policy.statements).for_each(show);
            return;
        }
        self.index.each_prefix_of(action, |by_resource| {
            by_resource.each_prefix_of(resource, |places| {
                for &(policy, statement) in places {
                    let found = self
                        .policies
                        .get(policy as usize)
                        .and_then(|policy| policy.statements.get(statement as usize));
                    found.into_iter().for_each(&mut show);
                }
            });
        });
    }
}

fn index(policies: &[Policy]) -> PrefixIndex<PrefixIndex<Vec<Place>>> {
    let mut heads: BTreeMap<&str, BTreeMap<&str, Vec<Place>>> = BTreeMap::new();
    for (policy, statements) in (0..).zip(policies) {
        for (at, statement) in (0..).zip(&statements.statements) {
            let (actions, mut resources) = (statement.action_heads(), statement.resource_heads());
            if actions.len() * resources.len() > MOST_PAIRS {
                resources = vec![""];
            }
            for action in actions {
                for resource in &resources {
                    heads
                        .entry(action)
                        .or_default()
                        .entry(resource)
                        .or_default()
                        .push((policy, at));
                }
            }
        }
    }
    PrefixIndex::new(heads.into_iter().map(|(head, inner)| (head, PrefixIndex::new(inner))))
}

/// Finds, of many texts, those that another text begins with.
#[derive(Clone, Debug)]
struct PrefixIndex<T> {
    /// INVARIANT: sorted by text, no two alike.
    heads: Box<[Head<T>]>,
}

#[derive(Clone, Debug)]
struct Head<T> {
    text: Box<str>,
    /// The longest of the other texts that this one begins with. INVARIANT: before this one.
    parent: Option<u32>,
    value: T,
}

impl<T> Default for PrefixIndex<T> {
    fn default() -> Self {
        Self { heads: Box::default() }
    }
}

impl<T> PrefixIndex<T> {
    /// From texts in order, no two alike.
    fn new<'a>(sorted: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let mut heads: Vec<Head<T>> = Vec::new();
        // The texts that the last one begins with, shortest first, itself included.
        let mut open: Vec<(u32, &str)> = Vec::new();
        for (at, (text, value)) in (0..).zip(sorted) {
            while open.last().is_some_and(|(_, last)| !text.starts_with(last)) {
                open.pop();
            }
            let parent = open.last().map(|(at, _)| *at);
            open.push((at, text));
            heads.push(Head { text: text.into(), parent, value });
        }
        Self { heads: heads.into() }
    }

    fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Shows the values of all texts that this one begins with, longest first.
    fn each_prefix_of<'a>(&'a self, text: &str, mut show: impl FnMut(&'a T)) {
        // Every text that `text` begins with also begins the last one that is not after `text`.
        let after = self.heads.partition_point(|head| *head.text <= *text);
        let mut at = after.checked_sub(1);
        while let Some(head) = at.and_then(|at| self.heads.get(at)) {
            if text.starts_with(&*head.text) {
                show(&head.value);
            }
            at = head.parent.map(|parent| parent as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_all_prefixes_and_nothing_else(
            texts in prop::collection::btree_set("[ab]{0,5}", 0..20),
            text in "[abc]{0,7}",
        ) {
            let index = PrefixIndex::new(texts.iter().map(|text| (text.as_str(), text.clone())));
            let mut found = Vec::new();
            index.each_prefix_of(&text, |prefix| found.push(prefix.clone()));
            found.reverse();
            let expected: Vec<String> =
                texts.into_iter().filter(|prefix| text.starts_with(prefix.as_str())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
