//! One request in flight: one caller makes it, any number wait for it, on a thread or in a future.

use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::error::Error;

/// What others wait on. No lock is held while the request is out.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    state: Mutex<State>,
    over: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How it ended, once it has.
    landed: Option<Landed>,
    wakers: Vec<Waker>,
}

/// How a flight ended, for those who wait.
#[derive(Debug)]
enum Landed {
    /// There is something new, or nobody makes it any more.
    LookAgain,
    /// All who waited fail alike: each asking in turn would only take as long again.
    Failed(Error),
}

impl Flight {
    /// Ends the flight. `error` is what all who wait fail with. Only the first end counts.
    pub(crate) fn land(&self, error: Option<Error>) {
        let mut state = self.state();
        state.landed.get_or_insert(error.map_or(Landed::LookAgain, Landed::Failed));
        let wakers = mem::take(&mut state.wakers);
        drop(state);
        self.over.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Blocks the thread until the flight is over, or for `at_most`.
    pub(crate) fn block(&self, at_most: Duration) -> Result<(), Error> {
        let flying = |state: &mut State| state.landed.is_none();
        let waited = self.over.wait_timeout_while(self.state(), at_most, flying);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.result().unwrap_or(Ok(()))
    }

    /// Whether it is over; if not, `waker` is called once it is.
    pub(crate) fn poll(&self, waker: &Waker) -> Poll<Result<(), Error>> {
        let mut state = self.state();
        match state.result() {
            Some(result) => Poll::Ready(result),
            None => {
                if !state.wakers.iter().any(|known| known.will_wake(waker)) {
                    state.wakers.push(waker.clone());
                }
                Poll::Pending
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn result(&self) -> Option<Result<(), Error>> {
        Some(match self.landed.as_ref()? {
            Landed::LookAgain => Ok(()),
            // An error that cannot be told twice was never kept.
            Landed::Failed(error) => error.duplicate().map_or(Ok(()), Err),
        })
    }
}
