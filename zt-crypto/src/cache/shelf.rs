//! Which entry may be used, who makes a new one, and who waits: the rules, without a clock, a lock
//! or a thread. Time comes in as an argument.
//!
//! Sources: AWS Encryption SDK specification, "Caching CMM", "Local cryptographic materials cache"
//! and "Storm tracking cryptographic materials cache".

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use lru::LruCache;

/// Once a request has been in flight for as long, the next caller makes one of its own: whoever
/// made the first may be gone. The specification's default.
pub(crate) const IN_FLIGHT_FOR: Duration = Duration::from_secs(10);
/// How long to leave KMS alone once a refresh has been started. The specification's default.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);
/// When to replace an entry, before its end. The specification's default.
const GRACE_PERIOD: Duration = Duration::from_secs(10);

/// How long and how often an entry may be used, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_age: Duration,
    pub(crate) max_messages: u64,
    pub(crate) max_bytes: u64,
    pub(crate) max_entries: usize,
    /// An entry is replaced as long before its time is over.
    pub(crate) refresh_before: Duration,
}

impl Limits {
    /// Limited by age alone, and in number.
    pub(crate) fn of_age(max_age: Duration, max_entries: usize) -> Self {
        let (max_messages, max_bytes) = (u64::MAX, u64::MAX);
        let refresh_before = Self::refresh_before(max_age);
        Self { max_age, max_messages, max_bytes, max_entries, refresh_before }
    }

    /// How long before its end an entry is replaced unless otherwise set.
    pub(crate) fn refresh_before(max_age: Duration) -> Duration {
        GRACE_PERIOD.min(max_age / 10)
    }

    /// Whether an entry made for this use could serve any other.
    pub(crate) fn admit(&self, spent: Spent) -> bool {
        spent.messages < self.max_messages && spent.bytes <= self.max_bytes
    }
}

/// What a use takes from an entry, or what has been taken from it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Spent {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

impl Spent {
    /// To encrypt one message of at most this length.
    pub(crate) fn message(bytes: u64) -> Self {
        Self { messages: 1, bytes }
    }

    /// What is limited by age alone.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    fn and(self, other: Self) -> Self {
        let messages = self.messages.saturating_add(other.messages);
        Self { messages, bytes: self.bytes.saturating_add(other.bytes) }
    }
}

/// Entries by key, and the requests in flight: `F` is whatever others wait on.
pub(crate) struct Shelf<K, V, F> {
    limits: Limits,
    entries: LruCache<K, Entry<V>>,
    in_flight: HashMap<K, Trip<F>>,
    next_ticket: u64,
    sweep_at: Duration,
}

struct Entry<V> {
    value: V,
    made: Duration,
    spent: Spent,
    refresh_at: Duration,
}

struct Trip<F> {
    ticket: u64,
    flight: F,
    since: Duration,
}

/// What a caller has to do.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Look<V, F> {
    /// Use this.
    Hit(V),
    /// Make a new one: nobody else does.
    Lead {
        ticket: u64,
        /// There is an entry that can still be used, and that serves the others meanwhile.
        refresh: bool,
        /// A request that took too long. Who waits for it has to look again.
        overdue: Option<F>,
    },
    /// Somebody makes one: wait for this, then look again.
    Wait(F),
}

impl<K: Clone + Eq + Hash, V: Clone, F: Clone> Shelf<K, V, F> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: LruCache::unbounded(),
            in_flight: HashMap::new(),
            next_ticket: 0,
            sweep_at: Duration::ZERO,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Looks `key` up for one use. `flight` is what the others will wait on should this caller lead.
    pub(crate) fn look(
        &mut self,
        key: &K,
        spend: Spent,
        now: Duration,
        flight: impl FnOnce() -> F,
    ) -> Look<V, F> {
        self.sweep(now);
        let asked = self.in_flight.get(key).map(|trip| {
            let overdue = now >= trip.since.saturating_add(IN_FLIGHT_FOR);
            (trip.flight.clone(), overdue)
        });
        let asking = matches!(asked, Some((_, false)));
        let refresh = !asking && self.is_to_refresh(key, spend, now);
        if !refresh && let Some(value) = self.spend(key, spend, now) {
            return Look::Hit(value);
        }
        let overdue = match asked {
            Some((flight, false)) => return Look::Wait(flight),
            Some((flight, true)) => Some(flight),
            None => None,
        };
        let ticket = self.next_ticket;
        self.next_ticket = ticket.wrapping_add(1);
        self.in_flight.insert(key.clone(), Trip { ticket, flight: flight(), since: now });
        Look::Lead { ticket, refresh, overdue }
    }

    /// Takes one use from the entry of `key`, if it has one left. An entry without is gone.
    pub(crate) fn spend(&mut self, key: &K, spend: Spent, now: Duration) -> Option<V> {
        let limits = self.limits;
        let entry = self.entries.get_mut(key)?;
        if !entry.admits(&limits, spend, now) {
            self.entries.pop(key);
            return None;
        }
        entry.spent = entry.spent.and(spend);
        Some(entry.value.clone())
    }

    /// Keeps what the caller with this ticket made, and used once.
    pub(crate) fn keep(&mut self, key: K, ticket: u64, value: V, spent: Spent, now: Duration) {
        self.land(&key, ticket);
        if self.entries.peek(&key).is_none() {
            while self.entries.len() >= self.limits.max_entries {
                self.entries.pop_lru();
            }
        }
        let Limits { max_age, refresh_before, .. } = self.limits;
        let refresh_at = now.saturating_add(max_age.saturating_sub(refresh_before));
        self.entries.put(key, Entry { value, made: now, spent, refresh_at });
    }

    /// The request with this ticket is over. One that has been overtaken is not missed.
    pub(crate) fn land(&mut self, key: &K, ticket: u64) {
        if self.in_flight.get(key).is_some_and(|trip| trip.ticket == ticket) {
            self.in_flight.remove(key);
        }
    }

    /// Whether the entry can be used and it is time to replace it. Says so once an interval.
    fn is_to_refresh(&mut self, key: &K, spend: Spent, now: Duration) -> bool {
        let limits = self.limits;
        let due =
            |entry: &&mut Entry<V>| now >= entry.refresh_at && entry.admits(&limits, spend, now);
        let Some(entry) = self.entries.peek_mut(key).filter(due) else { return false };
        entry.refresh_at = now.saturating_add(REFRESH_INTERVAL);
        true
    }

    /// Drops, and so wipes, what has expired and was not asked for again.
    fn sweep(&mut self, now: Duration) {
        if now < self.sweep_at {
            return;
        }
        let max_age = self.limits.max_age;
        let expired = |entry: &Entry<V>| now >= entry.made.saturating_add(max_age);
        self.entries.retain(|_, entry| !expired(entry));
        self.sweep_at = now.saturating_add(REFRESH_INTERVAL);
    }
}

impl<V> Entry<V> {
    fn admits(&self, limits: &Limits, spend: Spent, now: Duration) -> bool {
        let after = self.spent.and(spend);
        now < self.made.saturating_add(limits.max_age)
            && after.messages <= limits.max_messages
            && after.bytes <= limits.max_bytes
    }
}
