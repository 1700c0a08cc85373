//! Overwrites stack that held keys.
//!
//! A library that builds a key by value leaves copies of it in the stack frames it went through.
//! They are dead, and stay there until something else happens to use that stack.

use std::hint::black_box;

/// Bytes of stack that making a key takes at most.
pub(crate) const MAKING: usize = 16 * 1024;

/// Runs `work` and then overwrites `DEPTH` bytes of the stack it used.
pub(crate) fn scrubbed<const DEPTH: usize, T>(work: impl FnOnce() -> T) -> T {
    let value = apart(work);
    overwrite::<DEPTH>();
    value
}

/// Its own frame, below the one that stays.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite<const DEPTH: usize>() {
    let mut stack = [0u8; DEPTH];
    black_box(&mut stack);
}
