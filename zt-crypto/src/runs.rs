//! The regular frames of a stream, worked on apart from it: threads need only the key and the
//! number of the first frame.

use crate::body::{BodyKey, END_MARK, REGULAR_OVERHEAD, count_regular};
use crate::engine::Run;
use crate::message::Bound;
use crate::secret::Plaintext;

/// What is cut from the start of an input to be worked on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub(crate) run: Run,
    /// Length in bytes: whole regular frames.
    pub(crate) len: usize,
}

/// Whole regular frames in, and the same frames out.
pub(crate) trait Runs {
    /// Length of a frame of the input, in bytes.
    fn unit(&self) -> usize;

    /// How many bytes of the input have to follow a frame, to know that it is a regular one.
    const BEYOND: usize;

    /// Cuts off what `input` begins with, and counts it; `None` when there is nothing but what
    /// the stream has to look at itself.
    fn cut(&mut self, input: &[u8]) -> Option<Cut>;

    /// Whether nothing after the start of `input` is a regular frame.
    fn ends(&self, input: &[u8]) -> bool;

    /// Does the work on any thread; whether it went well.
    fn work(&self) -> impl Fn(Run, &[u8], &mut Plaintext) -> bool + Sync + use<Self>;

    /// Something that was cut went well, and all that was cut before.
    fn settle(&mut self, cut: Cut);
}

/// Frames to be sealed.
pub(crate) struct SealRuns<'a> {
    pub(crate) key: &'a BodyKey,
    pub(crate) frame_length: usize,
    pub(crate) sequence: &'a mut u32,
    pub(crate) bound: &'a mut Bound,
}

impl<'a> Runs for SealRuns<'a> {
    fn unit(&self) -> usize {
        self.frame_length
    }

    // The final frame has something in it.
    const BEYOND: usize = 1;

    fn cut(&mut self, input: &[u8]) -> Option<Cut> {
        let count = input.len().saturating_sub(1) / self.frame_length;
        let len = count * self.frame_length;
        let (run, next) = numbered(*self.sequence, count, self.frame_length)?;
        self.bound.spend(len).ok()?;
        *self.sequence = next;
        Some(Cut { run, len })
    }

    fn ends(&self, _input: &[u8]) -> bool {
        false
    }

    fn work(&self) -> impl Fn(Run, &[u8], &mut Plaintext) -> bool + Sync + use<'a> {
        let key = self.key;
        move |run, plaintext, out| {
            out.clear();
            key.append_run(run, plaintext, out).is_ok()
        }
    }

    fn settle(&mut self, _cut: Cut) {}
}

/// Frames to be opened.
pub(crate) struct OpenRuns<'a> {
    pub(crate) key: &'a BodyKey,
    pub(crate) frame_length: usize,
    /// Number and offset of the first frame that is not known to be authentic.
    pub(crate) sequence: &'a mut u32,
    pub(crate) offset: &'a mut u64,
    /// Number of the first frame that was not cut off.
    pub(crate) next: u32,
}

impl<'a> Runs for OpenRuns<'a> {
    fn unit(&self) -> usize {
        self.frame_length + REGULAR_OVERHEAD
    }

    const BEYOND: usize = 0;

    fn cut(&mut self, input: &[u8]) -> Option<Cut> {
        let count = count_regular(input, self.frame_length);
        let (run, next) = numbered(self.next, count, self.frame_length)?;
        self.next = next;
        Some(Cut { run, len: count * self.unit() })
    }

    fn ends(&self, input: &[u8]) -> bool {
        input.len() >= self.unit() || input.starts_with(&END_MARK)
    }

    fn work(&self) -> impl Fn(Run, &[u8], &mut Plaintext) -> bool + Sync + use<'a> {
        let key = self.key;
        move |run, sealed, out| {
            out.make_room(sealed.len() / (run.frame_length + REGULAR_OVERHEAD) * run.frame_length);
            key.open_run(run, sealed, out).is_ok()
        }
    }

    fn settle(&mut self, cut: Cut) {
        *self.sequence = self.next_after(cut);
        *self.offset += cut.len as u64;
    }
}

impl OpenRuns<'_> {
    fn next_after(&self, cut: Cut) -> u32 {
        let count = u32::try_from(cut.len / self.unit()).unwrap_or(u32::MAX);
        cut.run.first.saturating_add(count)
    }
}

/// A run of so many frames, and the number after it; `None` for no frames, and for more than can be
/// counted.
fn numbered(first: u32, count: usize, frame_length: usize) -> Option<(Run, u32)> {
    let next = first.checked_add(u32::try_from(count).ok()?)?;
    (count != 0).then_some((Run { first, frame_length }, next))
}
