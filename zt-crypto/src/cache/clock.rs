//! Where the time comes from: the one place here that reads a clock.

use std::fmt;
use std::time::{Duration, Instant};

/// A monotonic clock: time since some moment that never changes.
///
/// [`DataKeyCache`](crate::DataKeyCache) asks one for the age of its entries; that it is another
/// than the operating system's is of use in tests, see
/// [`testing::ManualClock`](crate::testing::ManualClock).
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Duration;
}

/// The operating system's monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock {
    start: Instant,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}
