//! Algorithm suites: which cipher, key derivation, commitment and signature a message uses.
//!
//! Source: AWS Encryption SDK specification, "Supported algorithm suites".

use std::fmt;

/// An algorithm suite of the AWS Encryption SDK message format.
///
/// The default of this library is [`AlgorithmSuite::Aes256GcmHkdfSha512CommitKey`] (`0x0478`):
/// AES-256-GCM with key commitment and no signature. AWS's own SDKs default to the signed
/// `0x0578`. The difference matters when those who may decrypt are not trusted to write:
/// without a signature, whoever can decrypt a message can also forge one.
///
/// ```
/// use zt_crypto::AlgorithmSuite;
/// let suite = AlgorithmSuite::default();
/// assert_eq!(suite.id(), 0x0478);
/// assert_eq!(AlgorithmSuite::from_id(0x0478), Some(suite));
/// assert_eq!(suite.to_string(), "AES_256_GCM_HKDF_SHA512_COMMIT_KEY");
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum AlgorithmSuite {
    /// `0x0014`: AES-128-GCM, the data key used as it is.
    Aes128GcmNoKdf,
    /// `0x0046`: AES-192-GCM, the data key used as it is.
    Aes192GcmNoKdf,
    /// `0x0078`: AES-256-GCM, the data key used as it is.
    Aes256GcmNoKdf,
    /// `0x0114`: AES-128-GCM under HKDF with SHA-256.
    Aes128GcmHkdfSha256,
    /// `0x0146`: AES-192-GCM under HKDF with SHA-256.
    Aes192GcmHkdfSha256,
    /// `0x0178`: AES-256-GCM under HKDF with SHA-256.
    Aes256GcmHkdfSha256,
    /// `0x0214`: as `0x0114`, signed with ECDSA on P-256.
    Aes128GcmHkdfSha256EcdsaP256,
    /// `0x0346`: AES-192-GCM under HKDF with SHA-384, signed with ECDSA on P-384.
    Aes192GcmHkdfSha384EcdsaP384,
    /// `0x0378`: AES-256-GCM under HKDF with SHA-384, signed with ECDSA on P-384.
    Aes256GcmHkdfSha384EcdsaP384,
    /// `0x0478`: AES-256-GCM under HKDF with SHA-512, with key commitment. The default.
    #[default]
    Aes256GcmHkdfSha512CommitKey,
    /// `0x0578`: as `0x0478`, signed with ECDSA on P-384.
    Aes256GcmHkdfSha512CommitKeyEcdsaP384,
}

impl AlgorithmSuite {
    /// Every suite, in the order of their ids.
    pub const ALL: [Self; 11] = [
        Self::Aes128GcmNoKdf,
        Self::Aes192GcmNoKdf,
        Self::Aes256GcmNoKdf,
        Self::Aes128GcmHkdfSha256,
        Self::Aes192GcmHkdfSha256,
        Self::Aes256GcmHkdfSha256,
        Self::Aes128GcmHkdfSha256EcdsaP256,
        Self::Aes192GcmHkdfSha384EcdsaP384,
        Self::Aes256GcmHkdfSha384EcdsaP384,
        Self::Aes256GcmHkdfSha512CommitKey,
        Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
    ];

    /// The suite with this id, if there is one.
    #[must_use]
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.id() == id)
    }

    /// The suite with this name, as [`AlgorithmSuite::name`] gives it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name() == name)
    }

    /// The two-byte id written into a message's header.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::Aes128GcmNoKdf => 0x0014,
            Self::Aes192GcmNoKdf => 0x0046,
            Self::Aes256GcmNoKdf => 0x0078,
            Self::Aes128GcmHkdfSha256 => 0x0114,
            Self::Aes192GcmHkdfSha256 => 0x0146,
            Self::Aes256GcmHkdfSha256 => 0x0178,
            Self::Aes128GcmHkdfSha256EcdsaP256 => 0x0214,
            Self::Aes192GcmHkdfSha384EcdsaP384 => 0x0346,
            Self::Aes256GcmHkdfSha384EcdsaP384 => 0x0378,
            Self::Aes256GcmHkdfSha512CommitKey => 0x0478,
            Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384 => 0x0578,
        }
    }

    /// The suite's name, the same in Rust's `Display`, in Python and in Node.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128GcmNoKdf => "AES_128_GCM_NO_KDF",
            Self::Aes192GcmNoKdf => "AES_192_GCM_NO_KDF",
            Self::Aes256GcmNoKdf => "AES_256_GCM_NO_KDF",
            Self::Aes128GcmHkdfSha256 => "AES_128_GCM_HKDF_SHA256",
            Self::Aes192GcmHkdfSha256 => "AES_192_GCM_HKDF_SHA256",
            Self::Aes256GcmHkdfSha256 => "AES_256_GCM_HKDF_SHA256",
            Self::Aes128GcmHkdfSha256EcdsaP256 => "AES_128_GCM_HKDF_SHA256_ECDSA_P256",
            Self::Aes192GcmHkdfSha384EcdsaP384 => "AES_192_GCM_HKDF_SHA384_ECDSA_P384",
            Self::Aes256GcmHkdfSha384EcdsaP384 => "AES_256_GCM_HKDF_SHA384_ECDSA_P384",
            Self::Aes256GcmHkdfSha512CommitKey => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
            Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384 => {
                "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384"
            }
        }
    }

    /// Length of the data key, and of the content key, in bytes: 16, 24 or 32.
    #[must_use]
    pub const fn data_key_len(self) -> usize {
        match self {
            Self::Aes128GcmNoKdf
            | Self::Aes128GcmHkdfSha256
            | Self::Aes128GcmHkdfSha256EcdsaP256 => 16,
            Self::Aes192GcmNoKdf
            | Self::Aes192GcmHkdfSha256
            | Self::Aes192GcmHkdfSha384EcdsaP384 => 24,
            _ => 32,
        }
    }

    /// Whether the header commits to the one data key that opens the message.
    #[must_use]
    pub const fn commits(self) -> bool {
        matches!(
            self,
            Self::Aes256GcmHkdfSha512CommitKey | Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384
        )
    }

    /// Whether messages end in an ECDSA signature.
    #[must_use]
    pub const fn signs(self) -> bool {
        matches!(
            self,
            Self::Aes128GcmHkdfSha256EcdsaP256
                | Self::Aes192GcmHkdfSha384EcdsaP384
                | Self::Aes256GcmHkdfSha384EcdsaP384
                | Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384
        )
    }

    /// How the content key is made from the data key.
    pub(crate) const fn kdf(self) -> Kdf {
        match self {
            Self::Aes128GcmNoKdf | Self::Aes192GcmNoKdf | Self::Aes256GcmNoKdf => Kdf::Identity,
            Self::Aes128GcmHkdfSha256
            | Self::Aes192GcmHkdfSha256
            | Self::Aes256GcmHkdfSha256
            | Self::Aes128GcmHkdfSha256EcdsaP256 => Kdf::HkdfSha256,
            Self::Aes192GcmHkdfSha384EcdsaP384 | Self::Aes256GcmHkdfSha384EcdsaP384 => {
                Kdf::HkdfSha384
            }
            Self::Aes256GcmHkdfSha512CommitKey | Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384 => {
                Kdf::HkdfSha512Commit
            }
        }
    }

    /// Length of the message id, in bytes: 32 for committing suites (message version 2), else 16.
    pub(crate) const fn message_id_len(self) -> usize {
        if self.commits() { 32 } else { 16 }
    }
}

impl fmt::Display for AlgorithmSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a suite makes its content key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kdf {
    Identity,
    HkdfSha256,
    HkdfSha384,
    HkdfSha512Commit,
}

/// Which suites a client may write and read, as far as key commitment goes.
///
/// ```
/// use zt_crypto::{AlgorithmSuite, CommitmentPolicy};
/// let policy = CommitmentPolicy::default();
/// assert!(policy.allows_encrypt(AlgorithmSuite::default()));
/// assert!(!policy.allows_decrypt(AlgorithmSuite::Aes256GcmHkdfSha256));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum CommitmentPolicy {
    /// Write suites without commitment, read all. For the first step of a migration only.
    ForbidEncryptAllowDecrypt,
    /// Write suites with commitment, read all. For reading what older SDKs wrote.
    RequireEncryptAllowDecrypt,
    /// Write and read suites with commitment only. The default.
    #[default]
    RequireEncryptRequireDecrypt,
}

impl CommitmentPolicy {
    /// Every policy.
    pub const ALL: [Self; 3] = [
        Self::ForbidEncryptAllowDecrypt,
        Self::RequireEncryptAllowDecrypt,
        Self::RequireEncryptRequireDecrypt,
    ];

    /// The policy with this name, as [`CommitmentPolicy::name`] gives it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// The policy's name, the same in Rust's `Display`, in Python and in Node.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForbidEncryptAllowDecrypt => "FORBID_ENCRYPT_ALLOW_DECRYPT",
            Self::RequireEncryptAllowDecrypt => "REQUIRE_ENCRYPT_ALLOW_DECRYPT",
            Self::RequireEncryptRequireDecrypt => "REQUIRE_ENCRYPT_REQUIRE_DECRYPT",
        }
    }

    /// What a client under this policy encrypts with unless it is told. None signs.
    ///
    /// [`Aes256GcmHkdfSha256`](AlgorithmSuite::Aes256GcmHkdfSha256) (`0x0178`) where commitment is
    /// forbidden, else [`AlgorithmSuite::default`] (`0x0478`). AWS's SDKs choose the signed
    /// `0x0378` and `0x0578`.
    ///
    /// ```
    /// use zt_crypto::{AlgorithmSuite, CommitmentPolicy};
    /// let suite = CommitmentPolicy::ForbidEncryptAllowDecrypt.default_suite();
    /// assert_eq!(suite, AlgorithmSuite::Aes256GcmHkdfSha256);
    /// for policy in CommitmentPolicy::ALL {
    ///     assert!(policy.allows_encrypt(policy.default_suite()));
    /// }
    /// ```
    #[must_use]
    pub const fn default_suite(self) -> AlgorithmSuite {
        match self {
            Self::ForbidEncryptAllowDecrypt => AlgorithmSuite::Aes256GcmHkdfSha256,
            Self::RequireEncryptAllowDecrypt | Self::RequireEncryptRequireDecrypt => {
                AlgorithmSuite::Aes256GcmHkdfSha512CommitKey
            }
        }
    }

    /// Whether a client under this policy may encrypt with `suite`.
    #[must_use]
    pub const fn allows_encrypt(self, suite: AlgorithmSuite) -> bool {
        match self {
            Self::ForbidEncryptAllowDecrypt => !suite.commits(),
            Self::RequireEncryptAllowDecrypt | Self::RequireEncryptRequireDecrypt => {
                suite.commits()
            }
        }
    }

    /// Whether a client under this policy may decrypt a message of `suite`.
    #[must_use]
    pub const fn allows_decrypt(self, suite: AlgorithmSuite) -> bool {
        match self {
            Self::ForbidEncryptAllowDecrypt | Self::RequireEncryptAllowDecrypt => true,
            Self::RequireEncryptRequireDecrypt => suite.commits(),
        }
    }
}

impl fmt::Display for CommitmentPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
