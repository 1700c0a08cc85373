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
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
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
            Self::EcdsaP256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::EcdsaP384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
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
    /// ECDSA is randomised, and about half of all signatures have the one length that is wanted;
    /// a new one is made until it has.
    pub(crate) fn finish(self) -> Result<Vec<u8>, RandomError> {
        let wanted = self.key.algorithm.signature_len();
        let digest = self.digest.finish();
        for _ in 0..MOST_TRIES {
            let signature = self.key.pair.sign_digest(&digest).map_err(|_| RandomError::new())?;
            if signature.as_ref().len() == wanted {
                let len = u16::try_from(wanted).unwrap_or_default();
                return Ok([&len.to_be_bytes(), signature.as_ref()].concat());
            }
        }
        Err(RandomError::new())
    }
}

/// The chance of as many signatures of other lengths is below 2^-128.
const MOST_TRIES: usize = 256;

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
