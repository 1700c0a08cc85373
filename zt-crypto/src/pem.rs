//! Keys in PEM (RFC 7468): SubjectPublicKeyInfo and PKCS#8.

use pem_rfc7468::decode_vec;
use zeroize::Zeroizing;

use crate::error::KeyringError;

/// The DER of a `PUBLIC KEY`.
pub(crate) fn public_key(pem: &str) -> Result<Vec<u8>, KeyringError> {
    decode(pem, "public", "PUBLIC KEY").map(|mut der| std::mem::take(&mut *der))
}

/// The DER of a `PRIVATE KEY`, wiped when dropped.
pub(crate) fn private_key(pem: &str) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    decode(pem, "private", "PRIVATE KEY")
}

fn decode(pem: &str, what: &str, expected: &str) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let (label, der) = decode_vec(pem.trim().as_bytes()).map_err(|error| {
        KeyringError::Invalid(format!("{what} key is not PEM: {error}: expected `{expected}`"))
    })?;
    let der = Zeroizing::new(der);
    if label == expected {
        return Ok(der);
    }
    let hint = match label {
        "ENCRYPTED PRIVATE KEY" => ": decrypt it first",
        "RSA PRIVATE KEY" | "EC PRIVATE KEY" => ": convert it with `openssl pkcs8 -topk8 -nocrypt`",
        "RSA PUBLIC KEY" => ": convert it with `openssl rsa -RSAPublicKey_in -pubout`",
        _ => "",
    };
    Err(KeyringError::Invalid(format!("{what} key is `{label}`, expected `{expected}`{hint}")))
}
