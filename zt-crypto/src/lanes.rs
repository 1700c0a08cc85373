//! Threads that each do every so-many-th job, so that the results are in order by themselves.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use crate::error::IoError;

/// How many jobs a thread has at a time: one that it does, and one that waits.
const DEPTH: usize = 2;

/// Jobs on their way through threads, which live as long as `drive` runs.
pub(crate) struct Lanes<J, R> {
    lanes: VecDeque<Lane<J, R>>,
    in_flight: usize,
}

struct Lane<J, R> {
    jobs: Sender<J>,
    results: Receiver<R>,
}

/// Runs `drive` beside as many threads as the system gives of `count`, which do `work`.
///
/// # Errors
/// Those of `drive`; and when the system gives no thread at all.
pub(crate) fn with_lanes<J: Send, R: Send, T, E: From<IoError>>(
    count: usize,
    work: impl Fn(J) -> R + Sync,
    drive: impl FnOnce(&mut Lanes<J, R>) -> Result<T, E>,
) -> Result<T, E> {
    let work = &work;
    thread::scope(|scope| {
        let mut lanes = VecDeque::new();
        for _ in 0..count.max(1) {
            let (jobs, todo) = channel();
            let (result, results) = channel();
            let worker = move || {
                for job in todo {
                    if result.send(work(job)).is_err() {
                        return;
                    }
                }
            };
            match thread::Builder::new().spawn_scoped(scope, worker) {
                Ok(_) => lanes.push_back(Lane { jobs, results }),
                Err(error) if lanes.is_empty() => {
                    return Err(IoError::new("start a thread", error).into());
                }
                Err(_) => break,
            }
        }
        drive(&mut Lanes { lanes, in_flight: 0 })
    })
}

impl<J, R> Lanes<J, R> {
    /// How many jobs may be on their way at a time.
    pub(crate) fn room(&self) -> usize {
        self.lanes.len() * DEPTH
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Gives the next thread a job.
    pub(crate) fn send(&mut self, job: J) {
        let turn = self.in_flight % self.lanes.len().max(1);
        let Some(lane) = self.lanes.get(turn) else { return };
        // It only fails when the thread has panicked, and then its results end.
        let _ = lane.jobs.send(job);
        self.in_flight += 1;
    }

    /// The oldest result, when it is there.
    pub(crate) fn ready(&mut self) -> Option<R> {
        match self.lanes.front()?.results.try_recv() {
            Ok(result) => Some(self.taken(result)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }

    /// The oldest result, waited for; `None` when there is no job, or its thread has panicked.
    pub(crate) fn next(&mut self) -> Option<R> {
        if self.in_flight == 0 {
            return None;
        }
        let result = self.lanes.front()?.results.recv().ok()?;
        Some(self.taken(result))
    }

    /// The front lane is always the one with the oldest job.
    fn taken(&mut self, result: R) -> R {
        self.lanes.rotate_left(1);
        self.in_flight = self.in_flight.saturating_sub(1);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn results_come_in_order_whoever_is_fast() {
        for count in 1..5 {
            let work = |job: u64| {
                thread::sleep(std::time::Duration::from_micros(job * 7919 % 300));
                job
            };
            let taken = with_lanes(count, work, |lanes| {
                let (mut taken, mut jobs) = (Vec::new(), 0..200);
                loop {
                    if let Some(result) = lanes.ready() {
                        taken.push(result);
                    } else if lanes.in_flight() < lanes.room()
                        && let Some(job) = jobs.next()
                    {
                        lanes.send(job);
                    } else if let Some(result) = lanes.next() {
                        taken.push(result);
                    } else {
                        return Ok::<_, Error>(taken);
                    }
                }
            });
            assert!(taken.unwrap().into_iter().eq(0..200), "{count}");
        }
    }
}
