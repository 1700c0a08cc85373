//! Copying between buffers.
//!
//! glibc copies more than about 4 KiB with `rep movsb`, which on AMD's Zen 3 drops to 2 GB/s where
//! source and destination differ by a few bytes in their place within a page: what a frame adds to
//! its plaintext does exactly that. Shorter copies are done with vectors, at 40 GB/s in the cache.

/// The longest copy that is done at once, in bytes: below glibc's threshold.
const AT_ONCE: usize = 2048;

/// Copies `from` to `to`, of the same length.
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    for (from, to) in from.chunks(AT_ONCE).zip(to.chunks_mut(AT_ONCE)) {
        to.copy_from_slice(from);
    }
}

/// Appends `from` to `to`.
pub(crate) fn append(from: &[u8], to: &mut Vec<u8>) {
    to.reserve(from.len());
    for from in from.chunks(AT_ONCE) {
        to.extend_from_slice(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_copied_once() {
        for len in [0, 1, 2047, 2048, 2049, 10_000] {
            let from: Vec<u8> = (0..=255).cycle().take(len).collect();
            let mut to = vec![0; len];
            copy(&from, &mut to);
            assert_eq!(to, from);
            append(&from, &mut to);
            assert_eq!(to, [from.as_slice(), &from].concat());
        }
    }
}
