//! Random bytes from the operating system, through aws-lc's generator (NIST SP 800-90A).

use crate::error::RandomError;

/// Fills `out` with random bytes fit for keys and nonces.
pub(crate) fn fill(out: &mut [u8]) -> Result<(), RandomError> {
    aws_lc_rs::rand::fill(out).map_err(|_| RandomError::new())
}
