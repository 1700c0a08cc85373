//! The choice between cipher libraries.

use std::fmt;
use std::sync::OnceLock;

/// The library that does the AES-GCM of messages. All make the same bytes.
///
/// [`Backend::fastest`] is what clients use unless told otherwise; there is hardly a reason to
/// tell. Signatures, key derivation, RSA and random bytes always come from aws-lc.
///
/// ```
/// use zt_crypto::{Backend, Client, EncryptionContext, RawAesKeyring};
/// let client = Client::builder(RawAesKeyring::new("my-app", "k", &[7; 32])?)
///     .backend(Backend::AwsLc)
///     .build()?;
/// let message = client.encrypt(b"secret", &EncryptionContext::new())?;
/// assert_eq!(client.decrypt(&message, &EncryptionContext::new())?.plaintext.as_slice(), b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Backend {
    /// `aws-lc-rs`: every key length, and the widest code on CPUs with AVX-512 and on Arm.
    AwsLc,
    /// `ring`: the fastest on CPUs with VAES and without AVX-512. It has no AES-192, which falls
    /// back to aws-lc. Cargo feature `ring`, on by default.
    #[cfg(feature = "ring")]
    Ring,
    /// `aes-gcm`, in Rust alone. Cargo feature `rust-crypto`, off by default.
    #[cfg(feature = "rust-crypto")]
    RustCrypto,
}

impl Backend {
    /// The backends that are compiled in.
    pub const ALL: &'static [Self] = &[
        Self::AwsLc,
        #[cfg(feature = "ring")]
        Self::Ring,
        #[cfg(feature = "rust-crypto")]
        Self::RustCrypto,
    ];

    /// The fastest that is compiled in, on the CPU that this runs on.
    #[must_use]
    pub fn fastest() -> Self {
        static FASTEST: OnceLock<Backend> = OnceLock::new();
        *FASTEST.get_or_init(|| under_test().unwrap_or_else(of_cpu))
    }

    /// The backend's name: that of its crate.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsLc => "aws-lc-rs",
            #[cfg(feature = "ring")]
            Self::Ring => "ring",
            #[cfg(feature = "rust-crypto")]
            Self::RustCrypto => "aes-gcm",
        }
    }

    /// The backend of this name, when it is compiled in.
    ///
    /// ```
    /// use zt_crypto::Backend;
    /// assert_eq!(Backend::from_name("aws-lc-rs"), Some(Backend::AwsLc));
    /// assert_eq!(Backend::from_name("openssl"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|backend| backend.name() == name)
    }
}

impl Default for Backend {
    fn default() -> Self {
        Self::fastest()
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The measurements are in the module above this one.
#[cfg(all(feature = "ring", target_arch = "x86_64"))]
fn of_cpu() -> Backend {
    let vaes = is_x86_feature_detected!("vaes")
        && is_x86_feature_detected!("vpclmulqdq")
        && is_x86_feature_detected!("avx2");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl");
    if vaes && !avx512 { Backend::Ring } else { Backend::AwsLc }
}

#[cfg(not(all(feature = "ring", target_arch = "x86_64")))]
fn of_cpu() -> Backend {
    Backend::AwsLc
}

/// The backend that the whole test suite is to run on. Only ever compiled in for that.
#[cfg(feature = "__test-backend")]
fn under_test() -> Option<Backend> {
    let name = std::env::var("ZT_TEST_BACKEND").ok()?;
    let found = Backend::from_name(&name);
    assert!(found.is_some(), "ZT_TEST_BACKEND: there is no backend `{name}`");
    found
}

#[cfg(not(feature = "__test-backend"))]
fn under_test() -> Option<Backend> {
    None
}
