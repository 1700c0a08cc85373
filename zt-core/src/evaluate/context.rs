//! The condition keys of a request, and looking them up.

use std::borrow::Cow;

use super::request::ContextValue;

/// The name of a condition key as policies hold it: ready to be looked up.
#[derive(Clone, Debug)]
pub(super) struct Key {
    lower: Box<str>,
    tag: u64,
}

impl Key {
    pub(super) fn new(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        Self { tag: tag(&lower), lower: lower.into() }
    }

    /// In lower case.
    pub(super) fn lower(&self) -> &str {
        &self.lower
    }
}

/// Condition keys with their values.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// INVARIANT: sorted by `lower`, no two alike.
    entries: Vec<Entry>,
    /// INVARIANT: those of the entries' names, in the same order.
    tags: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Entry {
    lower: Cow<'static, str>,
    name: Cow<'static, str>,
    value: ContextValue,
    derived: bool,
}

/// A key that follows from others: its name, and the same in lower case.
pub(super) type Derived = (&'static str, &'static str);

/// Up to so many keys, looking at every tag is faster than searching.
const FEW: usize = 32;

impl Context {
    /// With room for the keys that most requests have.
    pub(super) fn new() -> Self {
        const USUAL: usize = 12;
        Self { entries: Vec::with_capacity(USUAL), tags: Vec::with_capacity(USUAL) }
    }

    pub(super) fn get(&self, key: &Key) -> Option<&ContextValue> {
        if self.tags.len() > FEW {
            return self.named(&key.lower);
        }
        self.tags
            .iter()
            .zip(&self.entries)
            .find(|(tag, entry)| **tag == key.tag && *entry.lower == *key.lower)
            .map(|(_, entry)| &entry.value)
    }

    /// The value of a key given in lower case.
    pub(super) fn named(&self, lower: &str) -> Option<&ContextValue> {
        let at = self.entries.binary_search_by(|entry| (*entry.lower).cmp(lower)).ok()?;
        self.entries.get(at).map(|entry| &entry.value)
    }

    /// Every key with its value, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.entries.iter().map(|entry| (&*entry.name, &entry.value))
    }

    /// The keys that are not known, in lower case, with their names as given.
    pub(super) fn unknown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .filter(|entry| entry.value == ContextValue::Unknown)
            .map(|entry| (&*entry.lower, &*entry.name))
    }

    /// Sets a key. A later value replaces an earlier one.
    pub(super) fn give(&mut self, name: &str, value: ContextValue) {
        self.set(Entry {
            lower: Cow::Owned(name.to_ascii_lowercase()),
            name: Cow::Owned(name.to_owned()),
            value,
            derived: false,
        });
    }

    /// Sets many keys, in time that is linear but for sorting.
    pub(super) fn give_all<K: AsRef<str>>(
        &mut self,
        all: impl IntoIterator<Item = (K, ContextValue)>,
    ) {
        for (name, value) in all {
            let name = name.as_ref();
            self.entries.push(Entry {
                lower: Cow::Owned(name.to_ascii_lowercase()),
                name: Cow::Owned(name.to_owned()),
                value,
                derived: false,
            });
        }
        // The sort is stable: of those alike, the last is what counts.
        self.entries.sort_by(|one, other| one.lower.cmp(&other.lower));
        self.entries.dedup_by(|later, kept| {
            let same = later.lower == kept.lower;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        self.tags = self.entries.iter().map(|entry| tag(&entry.lower)).collect();
    }

    /// Sets a key that follows from others. It never replaces a given one.
    pub(super) fn derive(&mut self, (name, lower): Derived, value: ContextValue) {
        self.set(Entry {
            lower: Cow::Borrowed(lower),
            name: Cow::Borrowed(name),
            value,
            derived: true,
        });
    }

    /// Removes the keys that follow from others.
    pub(super) fn forget_derived(&mut self) {
        if self.entries.iter().any(|entry| entry.derived) {
            self.entries.retain(|entry| !entry.derived);
            self.tags = self.entries.iter().map(|entry| tag(&entry.lower)).collect();
        }
    }

    fn set(&mut self, new: Entry) {
        match self.entries.binary_search_by(|entry| entry.lower.cmp(&new.lower)) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at)
                    && (entry.derived || !new.derived)
                {
                    *entry = new;
                }
            }
            Err(at) => {
                self.tags.insert(at, tag(&new.lower));
                self.entries.insert(at, new);
            }
        }
    }
}

/// A number that tells most keys apart: their ends differ more than their beginnings.
fn tag(lower: &str) -> u64 {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let end = lower.bytes().rev().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(byte));
    end ^ (lower.len() as u64).wrapping_mul(SPREAD)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few keys and many, one by one and all at once; some with equal tags.
        #[test]
        fn what_was_given_last_is_found(
            given in prop::collection::vec(("[abAB]{0,2}12345678", 0_u32..9), 0..60),
            asked in "[abAB]{0,2}12345678",
            derived in "[ab]{0,2}12345678",
        ) {
            let derived: &'static str = Box::leak(derived.into_boxed_str());
            let (mut one_by_one, mut at_once) = (Context::new(), Context::default());
            for context in [&mut one_by_one, &mut at_once] {
                context.derive((derived, derived), "derived".into());
            }
            for (name, value) in &given {
                one_by_one.give(name, (*value).into());
            }
            at_once.give_all(given.iter().map(|(name, value)| (name, (*value).into())));
            let last = given.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(&asked));
            let expected = match last {
                Some((_, value)) => Some(ContextValue::from(*value)),
                None => asked.eq_ignore_ascii_case(derived).then(|| "derived".into()),
            };
            let key = Key::new(&asked);
            for context in [&one_by_one, &at_once] {
                prop_assert_eq!(context.get(&key), expected.as_ref());
                prop_assert_eq!(context.named(&asked.to_ascii_lowercase()), expected.as_ref());
            }
        }
    }
}
