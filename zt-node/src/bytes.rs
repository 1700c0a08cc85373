//! Bytes on their way to JavaScript.

use napi::bindgen_prelude::{BufferSlice, ToNapiValue, TypeName};
use napi::{Env, Result, ValueType, sys};
use zeroize::Zeroizing;
use zt_crypto::Plaintext;

/// Bytes that become a `Buffer`. Short ones are copied, and wiped here: Node-API takes longer to
/// adopt foreign memory and to let go of it.
pub struct Bytes(Plaintext);

const SHORT: usize = 16 * 1024;

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bytes(..)")
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Plaintext::from(bytes))
    }
}

impl From<Zeroizing<Vec<u8>>> for Bytes {
    fn from(mut bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(Plaintext::from(std::mem::take(&mut *bytes)))
    }
}

impl From<Plaintext> for Bytes {
    fn from(bytes: Plaintext) -> Self {
        Self(bytes)
    }
}

impl TypeName for Bytes {
    fn type_name() -> &'static str {
        "Buffer"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for Bytes {
    #[expect(unsafe_code, reason = "how Node-API values are made")]
    unsafe fn to_napi_value(env: sys::napi_env, bytes: Self) -> Result<sys::napi_value> {
        let Self(mut bytes) = bytes;
        let of = Env::from_raw(env);
        let buffer = if bytes.len() <= SHORT {
            BufferSlice::copy_from(&of, bytes.as_slice())?
        } else {
            BufferSlice::from_data(&of, std::mem::take(&mut *bytes))?
        };
        // SAFETY: both are of the environment that was given.
        unsafe { BufferSlice::to_napi_value(env, buffer) }
    }
}
