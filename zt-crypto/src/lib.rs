//! Envelope encryption in the AWS Encryption SDK's message format.
//!
//! Plaintext goes in, a message comes out that any AWS Encryption SDK opens, and the other way
//! round. A data key made for one message encrypts it; a [keyring](OfflineKeyring) wraps the data
//! key: under a key of your own ([`RawAesKeyring`]), a key file ([`LocalKeyring`]) or AWS KMS
//! ([`KmsKeyring`]).
//!
//! It does not talk to AWS by itself, and has no async runtime: keyrings *say* what they need of KMS
//! and somebody carries it. The feature `aws-kms` adds drivers over the AWS SDK for Rust.
//!
//! ```
//! use zt_crypto::{Client, EncryptionContext, RawAesKeyring};
//!
//! let client = Client::builder(RawAesKeyring::new("my-app", "key-2026", &[7; 32])?).build()?;
//! let context = EncryptionContext::from([("tenant", "a")]);
//! let message = client.encrypt(b"attack at dawn", &context)?;
//! let opened = client.decrypt(&message, &context)?;
//! assert_eq!(opened.plaintext.as_slice(), b"attack at dawn");
//!
//! // A message opens only under the context it was sealed with.
//! let other = EncryptionContext::from([("tenant", "b")]);
//! assert_eq!(client.decrypt(&message, &other).unwrap_err().code(), "ENCRYPTION_CONTEXT_MISMATCH");
//! # Ok::<(), zt_crypto::Error>(())
//! ```
//!
//! # Where to go next
//!
//! * [`Client`]: settings, and which methods it has with which keyring.
//! * [`Encryptor`], [`Decryptor`] and [`io`]: streams and files.
//! * [`inspect`]: which key does this message need?
//! * [`Error`]: what can go wrong, and who has to act.
//! * [`testing`]: a KMS in memory, for your own tests.
//!
//! # What this version reads and writes
//!
//! Message versions 1 and 2, all eleven [algorithm suites](AlgorithmSuite), framed bodies. It also
//! reads unframed bodies, which old SDKs wrote.
//!
//! # Features
//!
//! Features add; none changes a message's bytes.
//!
//! * `aws-kms`: [`KeyService`] and [`AsyncKeyService`] over `aws-sdk-kms`. Off by default.
//! * `tokio`: messages to and from tokio's readers and writers, in `async_io`. Off by default.
//! * `ring`: [`Backend::Ring`], for CPUs on which it is the fastest. On by default.
//! * `rust-crypto`: [`Backend::RustCrypto`]. Off by default.

#![forbid(unsafe_code)]

mod aead;
mod arn;
#[cfg(feature = "tokio")]
pub mod async_io;
#[cfg(feature = "aws-kms")]
pub mod aws_kms;
mod body;
mod cache;
mod client;
mod context;
mod copy;
mod decryptor;
mod derive;
mod encryptor;
mod engine;
mod error;
mod header;
mod inspect;
pub mod io;
mod keyring;
mod kms;
mod materials;
mod message;
mod pem;
mod random;
mod scrub;
mod secret;
mod settings;
mod signature;
mod suite;
pub mod testing;

pub use aead::Backend;
pub use cache::{CacheStats, Clock, DataKeyCache, DataKeyCacheBuilder};
pub use client::{
    Awaited, Blocking, Client, ClientBuilder, DEFAULT_FRAME_LENGTH, Decrypted, Offline,
};
pub use context::{EncryptionContext, Iter};
pub use decryptor::{Decryptor, HeaderReader};
pub use encryptor::Encryptor;
pub use error::{
    DecryptError, EncryptError, Error, IoError, KeyFileProblem, KeyringError, Malformed,
    NoMatchingKey, NotAMessage, RandomError, Truncated,
};
pub use header::{ContentType, Header};
pub use inspect::{MessageInfo, inspect};
pub use keyring::{
    AnyKeyring, Ask, BranchKey, BranchKeyId, BranchKeyStore, HierarchicalKeyring, Keyring,
    KmsDiscoveryKeyring, KmsKeyring, LocalKeyring, LocalKeyringOptions, MultiKeyring, Next,
    OfflineKeyring, OfflineMultiKeyring, RawAesKeyring, RawEcdhKeyring, RawRsaKeyring,
    RawRsaKeyringBuilder, RsaPadding, StaticBranchKeys, Wait, Waiting,
};
pub use kms::{AsyncKeyService, KeyService, KmsError, KmsRequest, KmsResponse};
pub use materials::{DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};
pub use message::{Opener, Sealer};
pub use secret::{DataKey, Plaintext};
pub use suite::{AlgorithmSuite, CommitmentPolicy};
