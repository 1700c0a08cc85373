//! A shelf that callers share: a lock around its rules, a clock, and counters.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use super::flight::Flight;
use super::shelf::{Limits, Look, Shelf, Spent};
use crate::error::Error;

/// Values that are costly to make: each is made by one caller at a time and then shared.
pub(crate) struct Single<K, V> {
    shelf: Mutex<Shelf<K, Arc<V>, Arc<Flight>>>,
    clock: Arc<dyn Clock>,
    pub(crate) counters: Counters,
}

/// What happened so far.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) refreshes: AtomicU64,
}

/// What a caller has to do to get a value.
pub(crate) enum Turn<K: Clone + Eq + Hash, V> {
    /// Use this one.
    Hit(Arc<V>),
    /// Make one. Whoever drops this without a word lets the next caller do it.
    Lead(Lead<K, V>),
    /// Wait until this is over, then ask again.
    Wait(Arc<Flight>),
}

impl<K: Clone + Eq + Hash, V> Single<K, V> {
    pub(crate) fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let counters = Counters::default();
        Self { shelf: Mutex::new(Shelf::new(limits)), clock, counters }
    }

    /// Takes one use of the value of `key`, or says what has to be done for it.
    pub(crate) fn turn(self: &Arc<Self>, key: K, spend: Spent) -> Turn<K, V> {
        let now = self.clock.now();
        let flight = Arc::new(Flight::default());
        let look = self.shelf().look(&key, spend, now, || Arc::clone(&flight));
        match look {
            Look::Hit(value) => {
                self.count_hit();
                Turn::Hit(value)
            }
            Look::Wait(flight) => Turn::Wait(flight),
            Look::Lead { ticket, refresh, overdue } => {
                let counters = &self.counters;
                let counter = if refresh { &counters.refreshes } else { &counters.misses };
                counter.fetch_add(1, Ordering::Relaxed);
                if let Some(overdue) = overdue {
                    overdue.land(None);
                }
                let single = Arc::clone(self);
                Turn::Lead(Lead { single, key, spend, ticket, flight })
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.shelf().len()
    }

    pub(crate) fn clear(&self) {
        self.shelf().clear();
    }

    /// Whether a value made for this use could serve any other.
    pub(crate) fn admits(&self, spend: Spent) -> bool {
        self.shelf().limits().admit(spend)
    }

    pub(crate) fn count_hit(&self) {
        self.counters.hits.fetch_add(1, Ordering::Relaxed);
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf<K, Arc<V>, Arc<Flight>>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one caller who makes a value, while others wait for it or use the old one.
pub(crate) struct Lead<K: Clone + Eq + Hash, V> {
    single: Arc<Single<K, V>>,
    key: K,
    spend: Spent,
    ticket: u64,
    flight: Arc<Flight>,
}

impl<K: Clone + Eq + Hash, V> Lead<K, V> {
    /// Ends the flight with what came of it. When a refresh failed, the value that
    /// there still is serves on.
    pub(crate) fn finish(self, made: Result<V, Error>) -> Result<Arc<V>, Error> {
        let now = self.single.clock.now();
        match made {
            Ok(value) => {
                let value = Arc::new(value);
                let (key, kept) = (self.key.clone(), Arc::clone(&value));
                self.single.shelf().keep(key, self.ticket, kept, self.spend, now);
                Ok(value)
            }
            Err(error) => {
                let mut shelf = self.single.shelf();
                shelf.land(&self.key, self.ticket);
                let old = shelf.spend(&self.key, self.spend, now);
                drop(shelf);
                match old {
                    Some(old) => {
                        self.single.count_hit();
                        Ok(old)
                    }
                    None => {
                        self.flight.land(error.duplicate());
                        Err(error)
                    }
                }
            }
        }
        // Dropping `self` wakes who still waits.
    }
}

impl<K: Clone + Eq + Hash, V> Drop for Lead<K, V> {
    fn drop(&mut self) {
        self.single.shelf().land(&self.key, self.ticket);
        self.flight.land(None);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;
    use std::time::Duration;

    use super::*;
    use crate::cache::SystemClock;
    use crate::secret::DataKey;
    use crate::testing::ManualClock;

    fn made(single: &Arc<Single<u8, DataKey>>, key: u8) -> Weak<DataKey> {
        let Turn::Lead(lead) = single.turn(key, Spent::nothing()) else { panic!("a new key") };
        Arc::downgrade(&lead.finish(Ok(DataKey::copy_from(&[key; 32]))).unwrap())
    }

    /// Dropping a data key wipes it: what is evicted must not live on anywhere.
    #[test]
    fn what_is_evicted_is_dropped() {
        let clock = ManualClock::default();
        let limits = Limits::of_age(Duration::from_secs(5), 2);
        let single = Arc::new(Single::new(limits, Arc::new(clock.clone())));
        let [one, two, three] = [1, 2, 3].map(|key| made(&single, key));
        assert!(one.upgrade().is_none() && two.upgrade().is_some());
        clock.advance(Duration::from_secs(5));
        // Another look-up is enough to be rid of what has expired.
        let four = made(&single, 4);
        assert!(two.upgrade().is_none() && three.upgrade().is_none());
        single.clear();
        assert!(four.upgrade().is_none());
    }

    #[test]
    fn a_clock_goes_on() {
        let clock = SystemClock::new();
        let then = clock.now();
        assert!(clock.now() >= then);
    }
}
