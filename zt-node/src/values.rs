//! JavaScript's numbers and instants as the texts that IAM compares.

use napi::Result;
use napi_derive::napi;
use zt_core::policy::keys::texts;

use crate::error::value_failure;

/// A number, from how JavaScript prints it: without an exponent.
///
/// # Errors
/// When it is not finite, or has more than 400 digits.
#[napi]
pub fn number_text(printed: String) -> Result<String> {
    texts::number(&printed).map_err(|error| value_failure(&error))
}

/// An instant, from the milliseconds since 1970.
///
/// # Errors
/// When its year has more than four digits.
#[napi]
pub fn instant_text(milliseconds: i64) -> Result<String> {
    texts::instant(milliseconds.saturating_mul(1000)).map_err(|error| value_failure(&error))
}
