//! Encryption contexts: an object would lose the key `__proto__`.

use napi::bindgen_prelude::Either;
use napi::{Error, Result, Status};
use napi_derive::napi;
use zt_crypto::EncryptionContext;

/// Keys and values in turn: in one string with a NUL between any two, or as a list where one of
/// them holds a NUL. Every string that crosses over costs Node-API half a microsecond.
#[napi]
pub type Pairs = Either<String, Vec<String>>;

const NUL: char = '\0';

/// A context out of keys and values.
pub(crate) fn to_context(pairs: Pairs) -> Result<EncryptionContext> {
    match pairs {
        Either::A(text) if text.is_empty() => Ok(EncryptionContext::new()),
        Either::A(text) => collect(text.split(NUL)),
        Either::B(list) => collect(list.into_iter()),
    }
}

fn collect(mut pairs: impl Iterator<Item = impl Into<String>>) -> Result<EncryptionContext> {
    let mut context = EncryptionContext::new();
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
    let mut text = String::new();
    for (key, value) in context {
        if key.contains(NUL) || value.contains(NUL) {
            let texts = context.iter().flat_map(|(key, value)| [key.to_owned(), value.to_owned()]);
            return Either::B(texts.collect());
        }
        if !text.is_empty() {
            text.push(NUL);
        }
        text.push_str(key);
        text.push(NUL);
        text.push_str(value);
    }
    Either::A(text)
}
