//! Encryption contexts as lists: an object would lose the key `__proto__`.

use napi::{Error, Result, Status};
use napi_derive::napi;
use zt_crypto::EncryptionContext;

/// Keys and values in turn. One flat list costs Node-API half of what pairs cost.
#[napi]
pub type Pairs = Vec<String>;

/// A context out of keys and values.
pub(crate) fn to_context(pairs: Pairs) -> Result<EncryptionContext> {
    let mut context = EncryptionContext::new();
    let mut pairs = pairs.into_iter();
    while let Some(key) = pairs.next() {
        let Some(value) = pairs.next() else {
            return Err(Error::new(Status::InvalidArg, "expected a value for every key"));
        };
        context.insert(key, value);
    }
    Ok(context)
}

/// The keys and values of a context.
pub(crate) fn from_context(context: &EncryptionContext) -> Pairs {
    context.iter().flat_map(|(key, value)| [key.to_owned(), value.to_owned()]).collect()
}
