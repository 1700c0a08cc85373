//! Signed suites: an ECDSA signature over the whole message, in its footer.
//!
//! The key pair is made for one data key and its public key stands in the encryption context, so
//! that what the keyring wraps is bound to it. A reader who cannot wrap cannot forge.
//!
//! Source: AWS Encryption SDK specification, "Message footer"; SEC 1, section 2.3.3 (points);
//! FIPS 186-5 (ECDSA).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{self, SHA256, SHA384};
use aws_lc_rs::encoding::{AsBigEndian, EcPublicKeyCompressedBin};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    EcdsaVerificationAlgorithm, KeyPair, ParsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{DecryptError, Malformed, RandomError};
use crate::suite::AlgorithmSuite;

/// The two curves of the format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignatureAlgorithm {
    EcdsaP256,
    EcdsaP384,
}

impl SignatureAlgorithm {
    /// How `suite` signs; `None` when it does not.
    pub(crate) const fn of(suite: AlgorithmSuite) -> Option<Self> {
        match suite {
            AlgorithmSuite::Aes128GcmHkdfSha256EcdsaP256 => Some(Self::EcdsaP256),
            _ if suite.signs() => Some(Self::EcdsaP384),
            _ => None,
        }
    }

    /// Length of the signatures that writers make, in bytes. DER lengths vary by a byte or two;
    /// with one length a message's length is known before it is written.
    pub(crate) const fn signature_len(self) -> usize {
        match self {
            Self::EcdsaP256 => 71,
            Self::EcdsaP384 => 103,
        }
    }

    fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::EcdsaP256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Self::EcdsaP384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        }
    }

    /// The order of the curve's group, big-endian (NIST SP 800-186, section 3.2.1).
    const fn order(self) -> &'static [u8] {
        match self {
            Self::EcdsaP256 => &ORDER_P256,
            Self::EcdsaP384 => &ORDER_P384,
        }
    }

    fn verifying(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
            Self::EcdsaP384 => &ECDSA_P384_SHA384_ASN1,
        }
    }

    fn digest(self) -> digest::Context {
        digest::Context::new(match self {
            Self::EcdsaP256 => &SHA256,
            Self::EcdsaP384 => &SHA384,
        })
    }
}

/// The key pair of one data key, and so of one message unless data keys are cached. aws-lc wipes the
/// private key when the last that shares it is gone.
#[derive(Clone)]
pub(crate) struct SigningKey {
    algorithm: SignatureAlgorithm,
    pair: Arc<EcdsaKeyPair>,
}

impl SigningKey {
    pub(crate) fn generate(algorithm: SignatureAlgorithm) -> Result<Self, RandomError> {
        let pair = EcdsaKeyPair::generate(algorithm.signing()).map_err(|_| RandomError::new())?;
        Ok(Self { algorithm, pair: Arc::new(pair) })
    }

    /// The compressed point in base64, as it stands in the encryption context.
    pub(crate) fn public_key(&self) -> Result<String, RandomError> {
        let point: EcPublicKeyCompressedBin<'_> =
            self.pair.public_key().as_be_bytes().map_err(|_| RandomError::new())?;
        Ok(STANDARD.encode(point.as_ref()))
    }

    /// Starts to sign a message.
    pub(crate) fn into_signer(self) -> Signer {
        Signer { digest: self.algorithm.digest(), key: self }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, hidden)", self.algorithm)
    }
}

/// Signs what it is given, piece by piece.
pub(crate) struct Signer {
    key: SigningKey,
    digest: digest::Context,
}

impl Signer {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// Length of the footer in bytes.
    pub(crate) fn footer_len(&self) -> usize {
        2 + self.key.algorithm.signature_len()
    }

    /// The footer: the signature after its length.
    ///
    /// Nearly every signature can be written in the one length that is wanted; where one cannot,
    /// another is made.
    pub(crate) fn finish(self) -> Result<Vec<u8>, RandomError> {
        let SigningKey { algorithm, pair } = self.key;
        let digest = self.digest.finish();
        for _ in 0..MOST_TRIES {
            let signature = pair.sign_digest(&digest).map_err(|_| RandomError::new())?;
            if let Some(der) = der_of_wanted_len(algorithm, signature.as_ref()) {
                let len = u16::try_from(der.len()).unwrap_or_default();
                return Ok([&len.to_be_bytes(), der.as_slice()].concat());
            }
        }
        Err(RandomError::new())
    }
}

/// About one signature in a hundred has a number that is a byte too short: the chance of as many
/// in a row is below 2^-128.
const MOST_TRIES: usize = 32;

/// Writes a signature, which is r and s in fixed length, in DER (SEC 1, section C.5) of
/// [`SignatureAlgorithm::signature_len`] bytes; `None` when it does not fit.
///
/// A DER integer begins with a zero byte when its first bit is set. When (r, s) is a signature so
/// is (r, n - s), n being the order of the group, and one of s and n - s has its first bit set and
/// the other has not: that which makes up for r's is taken. Verifiers take both.
fn der_of_wanted_len(algorithm: SignatureAlgorithm, signature: &[u8]) -> Option<Vec<u8>> {
    let order = algorithm.order();
    let (r, s) = signature.split_at_checked(order.len())?;
    let negated = minus(order, s);
    [s, &negated].into_iter().map(|s| der(r, s)).find(|der| der.len() == algorithm.signature_len())
}

/// `from - less`, both big-endian and equally long; `less` is the smaller one. Both are public.
fn minus(from: &[u8], less: &[u8]) -> Vec<u8> {
    let mut out = vec![0; from.len()];
    let mut borrow = false;
    for ((out, from), less) in out.iter_mut().zip(from).zip(less).rev() {
        let (difference, under) = from.overflowing_sub(*less);
        let (difference, again) = difference.overflowing_sub(u8::from(borrow));
        *out = difference;
        borrow = under || again;
    }
    out
}

/// A sequence of two positive integers, which together are shorter than 128 bytes.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut integers = Vec::with_capacity(2 * (3 + r.len()));
    for number in [r, s] {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let number = number.get(zeros..).unwrap_or_default();
        let sign = number.first().is_none_or(|first| *first >= 0x80);
        let len = number.len() + usize::from(sign);
        integers.extend_from_slice(&[INTEGER, u8::try_from(len).unwrap_or_default()]);
        integers.extend(sign.then_some(0));
        integers.extend_from_slice(number);
    }
    [&[SEQUENCE, u8::try_from(integers.len()).unwrap_or_default()], integers.as_slice()].concat()
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

const ORDER_P256: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
const ORDER_P384: [u8; 48] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
];

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.key, f)
    }
}

/// Verifies what it is given, piece by piece, under the public key of the encryption context.
#[derive(Clone)]
pub(crate) struct Verifier {
    key: ParsedPublicKey,
    digest: digest::Context,
}

impl Verifier {
    /// Reads a compressed point in base64, and checks that it is on the curve.
    pub(crate) fn new(
        algorithm: SignatureAlgorithm,
        public_key: &str,
    ) -> Result<Self, DecryptError> {
        const EXPECTED: &str = "aws-crypto-public-key to be a compressed point in base64";
        let malformed = || Malformed::error("encryption context", 0, EXPECTED);
        let point = STANDARD.decode(public_key).map_err(|_| malformed())?;
        let key = ParsedPublicKey::new(algorithm.verifying(), point).map_err(|_| malformed())?;
        Ok(Self { key, digest: algorithm.digest() })
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// Checks a signature in DER.
    pub(crate) fn finish(self, signature: &[u8]) -> Result<(), DecryptError> {
        let verified = self.key.verify_digest_sig(&self.digest.finish(), signature);
        verified.map_err(|_| DecryptError::NotAuthentic)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [SignatureAlgorithm; 2] =
        [SignatureAlgorithm::EcdsaP256, SignatureAlgorithm::EcdsaP384];

    #[test]
    fn every_footer_has_one_length_and_verifies() {
        for algorithm in BOTH {
            let key = SigningKey::generate(algorithm).unwrap();
            let public = key.public_key().unwrap();
            for message in 0..500u32 {
                let mut signer = key.clone().into_signer();
                signer.update(&message.to_be_bytes());
                let footer_len = signer.footer_len();
                let footer = signer.finish().unwrap();
                assert_eq!(footer.len(), footer_len);
                let (len, signature) = footer.split_at(2);
                assert_eq!(len, (signature.len() as u16).to_be_bytes());
                let mut verifier = Verifier::new(algorithm, &public).unwrap();
                verifier.update(&message.to_be_bytes());
                verifier.clone().finish(signature).unwrap();
                verifier.update(b"more");
                verifier.finish(signature).unwrap_err();
            }
        }
    }

    #[test]
    fn nearly_every_signature_has_the_wanted_length() {
        for algorithm in BOTH {
            let key = SigningKey::generate(algorithm).unwrap();
            let mut digest = algorithm.digest();
            digest.update(b"message");
            let digest = digest.finish();
            let fits = |_: &i32| {
                let signature = key.pair.sign_digest(&digest).unwrap();
                der_of_wanted_len(algorithm, signature.as_ref()).is_some()
            };
            // 99 in a hundred; as few as this have a chance below 2^-80.
            assert!((0..400).filter(fits).count() > 340);
        }
    }

    #[test]
    fn der_as_x690_writes_it() {
        assert_eq!(der(&[0, 1], &[0, 0x80]), [0x30, 7, 2, 1, 1, 2, 2, 0, 0x80]);
        assert_eq!(der(&[0, 0], &[0x7f, 0]), [0x30, 7, 2, 1, 0, 2, 2, 0x7f, 0]);
    }

    #[test]
    fn subtraction_borrows() {
        assert_eq!(minus(&[1, 0, 0], &[0, 0, 1]), [0, 0xff, 0xff]);
        assert_eq!(minus(&[2, 1, 5], &[1, 1, 6]), [0, 0xff, 0xff]);
        assert_eq!(minus(&ORDER_P384, &ORDER_P384), [0; 48]);
    }
}
