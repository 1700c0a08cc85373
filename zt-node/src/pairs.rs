//! Encryption contexts as lists of pairs: an object would lose the key `__proto__`.

use napi::{Error, Result, Status};
use napi_derive::napi;
use zt_crypto::EncryptionContext;

/// Pairs of a key and a value.
#[napi]
pub type Pairs = Vec<Vec<String>>;

/// A context out of pairs.
pub(crate) fn to_context(pairs: Pairs) -> Result<EncryptionContext> {
    let pairs = pairs.into_iter().map(|pair| match <[String; 2]>::try_from(pair) {
        Ok([key, value]) => Ok((key, value)),
        Err(_) => Err(Error::new(Status::InvalidArg, "expected pairs of a key and a value")),
    });
    pairs.collect()
}

/// The pairs of a context.
pub(crate) fn from_context(context: &EncryptionContext) -> Pairs {
    context.iter().map(|(key, value)| vec![key.to_owned(), value.to_owned()]).collect()
}
