//! What a key is for, and of what kind it is.

use crate::guardrails::{KEY_AGREEMENT, KEY_AUTHENTICATION, KEY_SIGNING, KEY_USE};

use super::KeyError;

macro_rules! specs {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $spec:literal,)* })*) => {$(
        $(#[$doc])*
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The `KeySpec` of the KMS API.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $spec,)*
                }
            }
        }
    )*};
}

specs! {
    /// Keys that encrypt and decrypt.
    EncryptionSpec {
        /// 256-bit AES-GCM, which never leaves KMS: the default, and what other services use.
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        /// RSA of 2,048 bits.
        Rsa2048 = "RSA_2048",
        /// RSA of 3,072 bits.
        Rsa3072 = "RSA_3072",
        /// RSA of 4,096 bits.
        Rsa4096 = "RSA_4096",
        /// SM2: China Regions only.
        Sm2 = "SM2",
    }
    /// Key pairs that sign and verify.
    SigningSpec {
        /// RSA of 2,048 bits.
        Rsa2048 = "RSA_2048",
        /// RSA of 3,072 bits.
        Rsa3072 = "RSA_3072",
        /// RSA of 4,096 bits.
        Rsa4096 = "RSA_4096",
        /// ECDSA on NIST P-256.
        EccNistP256 = "ECC_NIST_P256",
        /// ECDSA on NIST P-384.
        EccNistP384 = "ECC_NIST_P384",
        /// ECDSA on NIST P-521.
        EccNistP521 = "ECC_NIST_P521",
        /// EdDSA on Curve25519.
        EccNistEdwards25519 = "ECC_NIST_EDWARDS25519",
        /// ECDSA on secp256k1, as cryptocurrencies use.
        EccSecgP256k1 = "ECC_SECG_P256K1",
        /// ML-DSA-44 (FIPS 204).
        MlDsa44 = "ML_DSA_44",
        /// ML-DSA-65 (FIPS 204).
        MlDsa65 = "ML_DSA_65",
        /// ML-DSA-87 (FIPS 204).
        MlDsa87 = "ML_DSA_87",
        /// SM2: China Regions only.
        Sm2 = "SM2",
    }
    /// Keys for message authentication codes.
    MacSpec {
        /// HMAC with SHA-224.
        Hmac224 = "HMAC_224",
        /// HMAC with SHA-256.
        Hmac256 = "HMAC_256",
        /// HMAC with SHA-384.
        Hmac384 = "HMAC_384",
        /// HMAC with SHA-512.
        Hmac512 = "HMAC_512",
    }
    /// Key pairs that agree on a secret with another's.
    AgreementSpec {
        /// ECDH on NIST P-256.
        EccNistP256 = "ECC_NIST_P256",
        /// ECDH on NIST P-384.
        EccNistP384 = "ECC_NIST_P384",
        /// ECDH on NIST P-521.
        EccNistP521 = "ECC_NIST_P521",
        /// SM2: China Regions only.
        Sm2 = "SM2",
    }
}

/// What a key is for, with a kind of key that is for that (AWS KMS Developer Guide, *Key spec reference*).
///
/// ```
/// use zt_core::keys::{KeyType, SigningSpec};
///
/// let signing = KeyType::SignVerify(SigningSpec::EccNistP384);
/// assert_eq!((signing.usage(), signing.spec()), ("SIGN_VERIFY", "ECC_NIST_P384"));
/// assert_eq!(KeyType::parse("SIGN_VERIFY", "ECC_NIST_P384")?, signing);
/// # Ok::<(), zt_core::keys::KeyError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeyType {
    /// `ENCRYPT_DECRYPT`.
    EncryptDecrypt(EncryptionSpec),
    /// `SIGN_VERIFY`.
    SignVerify(SigningSpec),
    /// `GENERATE_VERIFY_MAC`.
    GenerateVerifyMac(MacSpec),
    /// `KEY_AGREEMENT`.
    KeyAgreement(AgreementSpec),
}

impl Default for KeyType {
    /// A symmetric encryption key.
    fn default() -> Self {
        Self::EncryptDecrypt(EncryptionSpec::SymmetricDefault)
    }
}

impl KeyType {
    /// Every usage with every kind of key that is for it.
    pub fn all() -> impl Iterator<Item = Self> {
        let encryption = EncryptionSpec::ALL.iter().copied().map(Self::EncryptDecrypt);
        let signing = SigningSpec::ALL.iter().copied().map(Self::SignVerify);
        let mac = MacSpec::ALL.iter().copied().map(Self::GenerateVerifyMac);
        let agreement = AgreementSpec::ALL.iter().copied().map(Self::KeyAgreement);
        encryption.chain(signing).chain(mac).chain(agreement)
    }

    /// The type with this `KeyUsage` and `KeySpec` of the KMS API.
    ///
    /// # Errors
    ///
    /// When there is no such usage; when keys of that kind are not for it. The error lists those that are.
    pub fn parse(usage: &str, spec: &str) -> Result<Self, KeyError> {
        let fits: Vec<Self> = Self::all().filter(|key| key.usage() == usage).collect();
        if fits.is_empty() {
            let expected =
                "one of ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC and KEY_AGREEMENT";
            return Err(KeyError::invalid("key usage", expected, usage));
        }
        fits.iter().copied().find(|key| key.spec() == spec).ok_or_else(|| {
            let specs: Vec<&str> = fits.iter().map(|key| key.spec()).collect();
            KeyError::invalid("key spec", format!("one for {usage}: {}", specs.join(", ")), spec)
        })
    }

    /// The `KeyUsage` of the KMS API.
    #[must_use]
    pub const fn usage(self) -> &'static str {
        match self {
            Self::EncryptDecrypt(_) => "ENCRYPT_DECRYPT",
            Self::SignVerify(_) => "SIGN_VERIFY",
            Self::GenerateVerifyMac(_) => "GENERATE_VERIFY_MAC",
            Self::KeyAgreement(_) => "KEY_AGREEMENT",
        }
    }

    /// The `KeySpec` of the KMS API.
    #[must_use]
    pub const fn spec(self) -> &'static str {
        match self {
            Self::EncryptDecrypt(spec) => spec.name(),
            Self::SignVerify(spec) => spec.name(),
            Self::GenerateVerifyMac(spec) => spec.name(),
            Self::KeyAgreement(spec) => spec.name(),
        }
    }

    /// Whether it is a symmetric encryption key: the one kind that rotates, has an encryption context and serves other services.
    #[must_use]
    pub const fn is_symmetric_encryption(self) -> bool {
        matches!(self, Self::EncryptDecrypt(EncryptionSpec::SymmetricDefault))
    }

    /// What using it takes.
    #[must_use]
    pub fn actions(self) -> &'static [&'static str] {
        match self {
            Self::EncryptDecrypt(EncryptionSpec::SymmetricDefault) => KEY_USE,
            Self::EncryptDecrypt(_) => PUBLIC_KEY_ENCRYPTION,
            Self::SignVerify(_) => KEY_SIGNING,
            Self::GenerateVerifyMac(_) => KEY_AUTHENTICATION,
            Self::KeyAgreement(_) => KEY_AGREEMENT,
        }
    }
}

/// What encrypting and decrypting with a key pair takes: it makes no data keys.
const PUBLIC_KEY_ENCRYPTION: &[&str] = &[
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GetPublicKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];
