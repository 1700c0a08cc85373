//! Overwrites stack that held keys.
//!
//! A library that builds a key by value leaves copies of it in the stack frames it went through.
//! They are dead, and stay there until something else happens to use that stack.

use std::hint::black_box;

/// How much stack is overwritten, in bytes: more than making a key takes.
const DEPTH: usize = 16 * 1024;

/// Runs `work` and then overwrites the stack it used.
pub(crate) fn scrubbed<T>(work: impl FnOnce() -> T) -> T {
    let value = apart(work);
    overwrite();
    value
}

/// Its own frame, below the one that stays.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite() {
    let mut stack = [0u8; DEPTH];
    black_box(&mut stack);
}
