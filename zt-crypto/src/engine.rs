//! How the frames of one message are worked on: by which cipher library, on how many threads.
//!
//! Frames do not depend on each other, so threads share them. The threads live as long as one call
//! (`std::thread::scope`): a pool would have to be shared with whatever else uses it, would not
//! survive a `fork` (Python's `multiprocessing`), and starting a thread costs little where it pays
//! to have one.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::thread;

use crate::aead::{Backend, Unauthentic};
use crate::body::{BodyKey, REGULAR_OVERHEAD};
use crate::error::DecryptError;
use crate::signature::{Signer, Verifier};

/// A client's choice.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Engine {
    pub(crate) backend: Backend,
    /// The most threads to work on one message; `None` for as many as the process may use.
    pub(crate) threads: Option<NonZeroUsize>,
}

/// About how many bytes a thread takes at a time: they fit its cache, and finding out what is next
/// costs nothing beside them.
const PART: usize = 64 * 1024;

/// How many bytes a thread has to have for itself before it is started. Starting one costs tens of
/// microseconds, in which this much is sealed.
const PER_THREAD: usize = 512 * 1024;

impl Engine {
    /// How many threads work on this many bytes, the caller's among them.
    pub(crate) fn threads_for(self, bytes: usize) -> usize {
        let wanted = bytes / PER_THREAD;
        if wanted < 2 {
            return 1;
        }
        wanted.min(self.most_threads())
    }

    pub(crate) fn most_threads(self) -> usize {
        // Looked up once: it reads files.
        static AVAILABLE: OnceLock<usize> = OnceLock::new();
        self.threads.map_or_else(
            || *AVAILABLE.get_or_init(|| thread::available_parallelism().map_or(1, Into::into)),
            Into::into,
        )
    }

    /// Seals whole regular frames, and shows them to `signer` in order. `out` is as long as they
    /// are once sealed.
    pub(crate) fn seal_run<'a>(
        self,
        key: &BodyKey,
        run: Run,
        plaintext: &'a [u8],
        out: &'a mut [u8],
        signer: Option<&mut Signer>,
    ) -> Result<(), Unauthentic> {
        let (opened_len, sealed_len) = run.part_lens();
        let mut parts = run.parts(plaintext.chunks(opened_len), out.chunks_mut(sealed_len));
        let seal = |part: Part<'a>| key.seal_run(part.run, part.from, part.to);
        match (self.threads_for(plaintext.len()), signer) {
            (1, None) => parts.try_for_each(seal),
            (threads, None) => share(threads, parts, seal),
            // Signed while it is in the cache.
            (1, Some(signer)) => parts.try_for_each(|Part { run, from, to }| {
                key.seal_run(run, from, to)?;
                signer.update(to);
                Ok(())
            }),
            (threads, Some(signer)) => {
                let seal = |Part { run, from, to }: Part<'a>| {
                    key.seal_run(run, from, to)?;
                    Ok(&*to)
                };
                share_in_order(threads, parts, seal, |sealed| signer.update(sealed))
            }
        }
    }

    /// Opens whole regular frames, and shows them to `verifier` in order. `out` is as long as their
    /// plaintext. When it fails, it does not say where.
    pub(crate) fn open_run<'a>(
        self,
        key: &BodyKey,
        run: Run,
        sealed: &'a [u8],
        out: &'a mut [u8],
        verifier: Option<&mut Verifier>,
    ) -> Result<(), DecryptError> {
        let (opened_len, sealed_len) = run.part_lens();
        let mut parts = run.parts(sealed.chunks(sealed_len), out.chunks_mut(opened_len));
        let open = |part: Part<'a>| key.open_run(part.run, part.from, part.to);
        match (self.threads_for(sealed.len()), verifier) {
            (1, None) => parts.try_for_each(open),
            (threads, None) => share(threads, parts, open),
            (1, Some(verifier)) => parts.try_for_each(|Part { run, from, to }| {
                key.open_run(run, from, to)?;
                verifier.update(from);
                Ok(())
            }),
            (threads, Some(verifier)) => {
                let open = |Part { run, from, to }: Part<'a>| {
                    key.open_run(run, from, to)?;
                    Ok(from)
                };
                share_in_order(threads, parts, open, |sealed| verifier.update(sealed))
            }
        }
    }
}

/// How a stream is cut for reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunks {
    /// Length of a chunk in bytes: whole frames, where they are not too long for that.
    pub(crate) len: usize,
    /// Length of the first one, so that frames end where chunks do.
    pub(crate) first: usize,
    /// Whether another thread than the caller's works on them.
    pub(crate) aside: bool,
    /// How many threads work on chunks of their own, where frames are all there is to do.
    pub(crate) lanes: usize,
}

/// A chunk that one thread works on. It and what becomes of it fit the cache of a core.
const CHUNK: usize = 128 * 1024;
/// The longest frame that chunks are made to fit, in bytes.
const MOST_CHUNK: usize = 4 * 1024 * 1024;

impl Engine {
    /// Chunks of a stream of frames that are `frame` bytes long, after `seen` bytes of the first
    /// one. Signing and verifying costs more than sealing: it has a thread for itself.
    pub(crate) fn chunks(self, frame: usize, seen: usize, signed: bool) -> Chunks {
        let threads = self.most_threads();
        let wanted = match threads {
            1 => CHUNK,
            _ if !signed => CHUNK,
            _ => 2 * PER_THREAD * threads.div_ceil(2).min(2),
        };
        let wanted = wanted.max(frame);
        if frame == 0 || wanted > MOST_CHUNK {
            return Chunks { len: CHUNK, first: CHUNK, aside: threads > 1, lanes: 1 };
        }
        let len = wanted / frame * frame;
        let lanes = if signed { 1 } else { threads };
        Chunks { len, first: len - seen % frame, aside: threads > 1, lanes }
    }
}

/// Regular frames that follow each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Number of the first.
    pub(crate) first: u32,
    /// Plaintext in each, in bytes; not 0.
    pub(crate) frame_length: usize,
}

impl Run {
    /// How long a part is, opened and sealed: whole frames.
    fn part_lens(self) -> (usize, usize) {
        let frames = self.part_frames() as usize;
        let opened = self.frame_length.saturating_mul(frames);
        (opened.max(1), opened.saturating_add(frames.saturating_mul(REGULAR_OVERHEAD)).max(1))
    }

    fn part_frames(self) -> u32 {
        u32::try_from(PART / self.frame_length.max(1)).unwrap_or(u32::MAX).max(1)
    }

    /// Cuts buffers of [`Run::part_lens`] into parts. It counts on after the last number there can
    /// be: there are no frames for it.
    fn parts<'a>(
        self,
        from: impl Iterator<Item = &'a [u8]> + Send,
        to: impl Iterator<Item = &'a mut [u8]> + Send,
    ) -> impl Iterator<Item = Part<'a>> + Send {
        let step = self.part_frames();
        let next = move |run: &Self| Some(Self { first: run.first.saturating_add(step), ..*run });
        let runs = std::iter::successors(Some(self), next);
        runs.zip(from.zip(to)).map(|(run, (from, to))| Part { run, from, to })
    }
}

/// What one thread does at a time.
struct Part<'a> {
    run: Run,
    from: &'a [u8],
    to: &'a mut [u8],
}

/// Works on all parts on this many threads, the caller's among them. After a failure, no more parts
/// are begun.
fn share<P: Send, E: Send>(
    threads: usize,
    parts: impl Iterator<Item = P> + Send,
    work: impl Fn(P) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let parts = Mutex::new(parts);
    let failed = Mutex::new(None);
    let stop = AtomicBool::new(false);
    let worker = || {
        while !stop.load(Ordering::Relaxed) {
            let Some(part) = lock(&parts).next() else { return };
            if let Err(error) = work(part) {
                stop.store(true, Ordering::Relaxed);
                *lock(&failed) = Some(error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where the system gives no more threads, those there are do it all.
            if thread::Builder::new().spawn_scoped(scope, worker).is_err() {
                break;
            }
        }
        worker();
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// As [`share`], and the caller's thread `take`s the results in the order of the parts.
fn share_in_order<P: Send, R: Send, E: Send>(
    threads: usize,
    parts: impl Iterator<Item = P> + Send,
    work: impl Fn(P) -> Result<R, E> + Sync,
    mut take: impl FnMut(R),
) -> Result<(), E> {
    let parts = Mutex::new(parts.enumerate());
    let (sender, results) = mpsc::channel();
    let worker = |sender: mpsc::Sender<(usize, Result<R, E>)>| {
        loop {
            let Some((index, part)) = lock(&parts).next() else { return };
            let result = work(part);
            let failed = result.is_err();
            // The receiver goes away when another part has failed.
            if sender.send((index, result)).is_err() || failed {
                return;
            }
        }
    };
    let worker = &worker;
    thread::scope(|scope| {
        let mut spawned = 0usize;
        for _ in 1..threads {
            let sender = sender.clone();
            let thread = thread::Builder::new().spawn_scoped(scope, move || worker(sender));
            spawned += usize::from(thread.is_ok());
        }
        if spawned == 0 {
            worker(sender);
        } else {
            drop(sender);
        }
        let mut early = BTreeMap::new();
        let mut next = 0usize;
        for (index, result) in results {
            early.insert(index, result?);
            while let Some(result) = early.remove(&next) {
                take(result);
                next += 1;
            }
        }
        Ok(())
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aead::AeadKey;

    #[test]
    fn small_inputs_start_no_thread() {
        let engine = Engine { threads: NonZeroUsize::new(8), ..Engine::default() };
        assert_eq!(engine.threads_for(0), 1);
        assert_eq!(engine.threads_for(2 * PER_THREAD - 1), 1);
        assert_eq!(engine.threads_for(2 * PER_THREAD), 2);
        assert_eq!(engine.threads_for(usize::MAX), 8);
    }

    #[test]
    fn every_backend_and_number_of_threads_makes_the_same_frames() {
        let plaintext: Vec<u8> = (0..=255).cycle().take(1000 * 3000).collect();
        let run = Run { first: 7, frame_length: 1000 };
        let mut expected = Vec::new();
        for &backend in Backend::ALL {
            let aead = AeadKey::with(backend, &[7; 32]).unwrap();
            let key = BodyKey::new(aead, vec![9; 32]);
            let mut appended = Vec::new();
            key.append_run(run, &plaintext, &mut appended).unwrap();
            if expected.is_empty() {
                expected.clone_from(&appended);
            }
            assert!(appended == expected, "{backend}");
            for threads in 1..5 {
                let engine = Engine { backend, threads: NonZeroUsize::new(threads) };
                let mut out = vec![0; expected.len()];
                engine.seal_run(&key, run, &plaintext, &mut out, None).unwrap();
                assert!(out == expected, "{backend} {threads}");
                let mut opened = vec![0; plaintext.len()];
                engine.open_run(&key, run, &expected, &mut opened, None).unwrap();
                assert!(opened == plaintext, "{backend} {threads}");
            }
        }
    }

    #[test]
    fn every_part_is_worked_on_once_and_taken_in_order() {
        for threads in 1..5 {
            let done = Mutex::new(Vec::new());
            share(threads, 0..1000, |part| {
                lock(&done).push(part);
                Ok::<_, ()>(())
            })
            .unwrap();
            let mut done = done.into_inner().unwrap();
            done.sort_unstable();
            assert!(done.iter().copied().eq(0..1000));
            let mut taken = Vec::new();
            let work = |part| Ok::<_, ()>(part);
            share_in_order(threads, 0..1000, work, |part| taken.push(part)).unwrap();
            assert!(taken.into_iter().eq(0..1000));
        }
    }

    #[test]
    fn a_failure_is_given_back_and_ends_the_work() {
        for threads in 1..5 {
            let work = |part| if part == 500 { Err(part) } else { Ok(()) };
            assert_eq!(share(threads, 0.., work), Err(500));
            let work = |part| if part == 500 { Err(part) } else { Ok(part) };
            let mut taken = Vec::new();
            let result = share_in_order(threads, 0..1000, work, |part| taken.push(part));
            assert_eq!(result, Err(500));
            assert!(taken.len() <= 500 && taken.iter().copied().eq(0..taken.len()));
        }
    }
}
