//! What can go wrong, typed by who has to act.
//!
//! Messages are one line, lower case and without a final period, so that they can be joined by
//! colons. They hold key names, ARNs and context keys, which are not secret, and never key bytes
//! or plaintext. Why an authentication failed is not said: the difference would help a forger.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::kms::KmsError;
use crate::suite::{AlgorithmSuite, CommitmentPolicy};

/// Everything that can go wrong, by family.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The message could not be opened.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// The request to encrypt cannot be met. The caller has to change it.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
    /// The key service refused, answered wrongly, or could not be reached.
    #[error(transparent)]
    Kms(#[from] KmsError),
    /// A keyring cannot be used as it was set up.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A source could not be read or a sink not be written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Error {
    /// A stable name for programs: the same in Rust, in Python's `.code` and in Node's `.code`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decrypt(error) => error.code(),
            Self::Encrypt(error) => error.code(),
            Self::Kms(error) => error.zt_code(),
            Self::Keyring(error) => error.code(),
            Self::Io(_) => "IO",
            Self::Random(_) => "RANDOM",
        }
    }

    /// Whether the same call may succeed later without any change.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Kms(error) => error.retryable(),
            _ => false,
        }
    }

    /// The same again, for others who asked for the same; `None` when it is the business of one
    /// caller, such as an interrupt, or holds what cannot be copied.
    pub(crate) fn duplicate(&self) -> Option<Self> {
        match self {
            Self::Decrypt(error) => Some(error.clone().into()),
            Self::Encrypt(error) => Some(error.clone().into()),
            Self::Kms(error) => Some(error.clone().into()),
            Self::Random(error) => Some(error.clone().into()),
            Self::Keyring(_) | Self::Io(_) => None,
        }
    }
}

/// Why a message could not be opened.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecryptError {
    /// Wrong key, wrong encryption context, or a message that was altered. Which, is not said.
    #[error("message is not authentic under this key and encryption context")]
    NotAuthentic,
    /// The first bytes are not those of an encrypted message. Probably the wrong file.
    #[error("not an encrypted message: {0}")]
    NotAMessage(NotAMessage),
    /// The input is base64. Decode it first.
    #[error("message is base64 text: decode it to bytes first")]
    Base64,
    /// The input ends too early. Probably a transfer was cut off.
    #[error("message is truncated: {0}")]
    Truncated(Truncated),
    /// Bytes follow the end of the message. Probably two files were joined.
    #[error("bytes follow the end of the message")]
    TrailingBytes,
    /// A field of the header or a frame holds what no conforming writer writes.
    #[error("message is malformed: {0}")]
    Malformed(Malformed),
    /// The message uses an algorithm suite that this library does not read.
    #[error("algorithm suite {0:#06x} is not supported")]
    UnsupportedSuite(u16),
    /// The client's commitment policy does not admit the message's algorithm suite.
    #[error(
        "commitment policy {policy} does not admit algorithm suite {suite}: use RequireEncryptAllowDecrypt to read messages without key commitment"
    )]
    CommitmentPolicy {
        /// The suite of the message.
        suite: AlgorithmSuite,
        /// The client's policy.
        policy: CommitmentPolicy,
    },
    /// The message holds more encrypted data keys than the client accepts.
    #[error("message has {found} encrypted data keys, the limit is {limit}")]
    TooManyEncryptedDataKeys {
        /// How many the header announces.
        found: u16,
        /// The client's `max_encrypted_data_keys`.
        limit: u16,
    },
    /// A pair of the caller's encryption context differs from the message's.
    #[error("encryption context differs from the message's at key `{0}`")]
    ContextMismatch(String),
    /// The client requires a key that the caller's encryption context does not have.
    #[error("encryption context has no `{0}`, which this client requires")]
    MissingContextKey(String),
    /// No keyring has a key for any of the message's encrypted data keys.
    #[error("no keyring matches the message: {0}")]
    NoMatchingKey(NoMatchingKey),
}

impl DecryptError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAuthentic => "NOT_AUTHENTIC",
            Self::NotAMessage(_) => "NOT_A_MESSAGE",
            Self::Base64 => "BASE64_INPUT",
            Self::Truncated(_) => "TRUNCATED",
            Self::TrailingBytes => "TRAILING_BYTES",
            Self::Malformed(_) => "MALFORMED_MESSAGE",
            Self::UnsupportedSuite(_) => "UNSUPPORTED_SUITE",
            Self::CommitmentPolicy { .. } => "COMMITMENT_POLICY",
            Self::TooManyEncryptedDataKeys { .. } => "TOO_MANY_ENCRYPTED_DATA_KEYS",
            Self::ContextMismatch(_) => "ENCRYPTION_CONTEXT_MISMATCH",
            Self::MissingContextKey(_) => "MISSING_CONTEXT_KEY",
            Self::NoMatchingKey(_) => "NO_MATCHING_KEY",
        }
    }
}

/// What stood where a message should begin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotAMessage {
    first: Option<u8>,
}

impl NotAMessage {
    pub(crate) fn error(first: Option<u8>) -> DecryptError {
        DecryptError::NotAMessage(Self { first })
    }

    /// The first byte, or `None` when the input is empty.
    #[must_use]
    pub fn first_byte(&self) -> Option<u8> {
        self.first
    }
}

impl fmt::Display for NotAMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first {
            None => f.write_str("the input is empty"),
            Some(first) => write!(f, "the first byte is {first:#04x}, expected 0x01 or 0x02"),
        }
    }
}

/// Where a message ended too early.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Truncated {
    part: &'static str,
    length: u64,
}

impl Truncated {
    pub(crate) fn error(part: &'static str, length: u64) -> DecryptError {
        DecryptError::Truncated(Self { part, length })
    }

    /// The part that is not whole: `header`, `body` or `footer`.
    #[must_use]
    pub fn part(&self) -> &'static str {
        self.part
    }

    /// How many bytes of the message there were.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it ends within the {} after {} bytes", self.part, self.length)
    }
}

/// A field that holds what no conforming writer writes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Malformed {
    field: &'static str,
    offset: u64,
    expected: &'static str,
}

impl Malformed {
    pub(crate) fn error(field: &'static str, offset: u64, expected: &'static str) -> DecryptError {
        DecryptError::Malformed(Self { field, offset, expected })
    }

    /// The field, as the format's specification names it.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Where the field begins, in bytes from the start of the message.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What the field has to hold.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: expected {}", self.field, self.offset, self.expected)
    }
}

/// Which keys the message names, and which the keyrings have.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NoMatchingKey {
    message: Vec<String>,
    configured: Vec<String>,
    hint: Option<&'static str>,
}

impl NoMatchingKey {
    /// For a keyring that found no encrypted data key of its own: `message` are the keys that the
    /// message names, `configured` those that the keyring has.
    #[must_use]
    pub fn new(message: Vec<String>, configured: Vec<String>) -> Self {
        Self { message, configured, hint: None }
    }

    /// Adds a sentence on what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The keys that the message names: key ARNs, or `namespace/name`.
    #[must_use]
    pub fn message_keys(&self) -> &[String] {
        &self.message
    }

    /// The keys that the keyrings are set up with, in the same form.
    #[must_use]
    pub fn configured_keys(&self) -> &[String] {
        &self.configured
    }

    /// Joins what two keyrings said of the same message.
    pub(crate) fn merge(&mut self, other: Self) {
        for key in other.message {
            if !self.message.contains(&key) {
                self.message.push(key);
            }
        }
        for key in other.configured {
            if !self.configured.contains(&key) {
                self.configured.push(key);
            }
        }
        self.hint = self.hint.or(other.hint);
    }
}

impl fmt::Display for NoMatchingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it was encrypted under {}, configured: {}",
            Listed(&self.message),
            Listed(&self.configured)
        )?;
        match self.hint {
            Some(hint) => write!(f, ": {hint}"),
            None => Ok(()),
        }
    }
}

/// At most five names: a hostile header can hold thousands.
struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        for (index, name) in self.0.iter().take(SHOWN).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}`{}`", name.escape_debug())?;
        }
        match self.0.len().checked_sub(SHOWN) {
            Some(more) if more > 0 => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

/// Why a request to encrypt cannot be met.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EncryptError {
    /// Context keys that begin with `aws-crypto-` belong to the message format.
    #[error("encryption context key `{0}` is reserved: keys must not begin with `aws-crypto-`")]
    ReservedContextKey(String),
    /// The client requires a key that the caller's encryption context does not have.
    #[error("encryption context has no `{0}`, which this client requires")]
    MissingContextKey(String),
    /// A key, a value, the number of pairs or the whole is over 65,535.
    #[error("encryption context is too long: {part} is {len}, the limit is 65535")]
    ContextTooLong {
        /// What is too long.
        part: &'static str,
        /// Its length in bytes, or the number of pairs.
        len: usize,
    },
    /// The client's commitment policy does not admit its algorithm suite.
    #[error("commitment policy {policy} does not admit encrypting with algorithm suite {suite}")]
    CommitmentPolicy {
        /// The client's suite.
        suite: AlgorithmSuite,
        /// The client's policy.
        policy: CommitmentPolicy,
    },
    /// The suite cannot be written by this version.
    #[error("algorithm suite {0} is not supported")]
    UnsupportedSuite(AlgorithmSuite),
    /// A frame holds at least one byte.
    #[error("frame length is {0}, expected 1 to 4294967295 bytes")]
    FrameLength(u64),
    /// More plaintext than 2^32 - 1 frames hold, or than the caller announced.
    #[error("plaintext is too long: the limit is {limit} bytes")]
    TooLong {
        /// The most that fits, in bytes.
        limit: u64,
    },
    /// The keyrings wrapped the data key more often than the client, or the format, admits.
    #[error("{found} encrypted data keys, the limit is {limit}")]
    TooManyEncryptedDataKeys {
        /// How many the keyrings made.
        found: usize,
        /// The client's `max_encrypted_data_keys`, or 65,535.
        limit: u16,
    },
}

impl EncryptError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ReservedContextKey(_) => "RESERVED_CONTEXT_KEY",
            Self::MissingContextKey(_) => "MISSING_CONTEXT_KEY",
            Self::ContextTooLong { .. } => "ENCRYPTION_CONTEXT_TOO_LONG",
            Self::CommitmentPolicy { .. } => "COMMITMENT_POLICY",
            Self::UnsupportedSuite(_) => "UNSUPPORTED_SUITE",
            Self::FrameLength(_) => "FRAME_LENGTH",
            Self::TooLong { .. } => "PLAINTEXT_TOO_LONG",
            Self::TooManyEncryptedDataKeys { .. } => "TOO_MANY_ENCRYPTED_DATA_KEYS",
        }
    }
}

/// Why a keyring cannot be used.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// A wrapping key of a length that AES does not have.
    #[error("wrapping key is {0} bytes, expected 16, 24 or 32")]
    WrappingKeyLength(usize),
    /// Namespaces that begin with `aws-kms` belong to KMS.
    #[error("key namespace `{0}` is reserved: it must not begin with `aws-kms`")]
    ReservedNamespace(String),
    /// A key id, name, namespace or the like that cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// Nothing in the multi-keyring, or a keyring that only decrypts, was asked to encrypt.
    #[error("{0} cannot encrypt: {1}")]
    CannotEncrypt(&'static str, &'static str),
    /// The keyring gave back a data key of the wrong length, or none.
    #[error("keyring gave a data key of {found} bytes, algorithm suite {suite} needs {expected}")]
    DataKeyLength {
        /// The suite in use.
        suite: AlgorithmSuite,
        /// The length given, in bytes.
        found: usize,
        /// The length needed, in bytes.
        expected: usize,
    },
    /// A limit of a data key cache is out of its range.
    #[error("data key cache: {limit} is {found}, expected {expected}")]
    CacheLimit {
        /// The limit's name.
        limit: &'static str,
        /// What it was set to.
        found: String,
        /// Its range.
        expected: &'static str,
    },
    /// A key file could not be used.
    #[error("key file `{}`: {kind}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        kind: KeyFileProblem,
    },
    /// A custom keyring failed with an error of its own.
    #[error("keyring failed: {0}")]
    Custom(Box<dyn std::error::Error + Send + Sync>),
}

impl KeyringError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrappingKeyLength(_) => "WRAPPING_KEY_LENGTH",
            Self::ReservedNamespace(_) => "RESERVED_NAMESPACE",
            Self::Invalid(_) => "INVALID_KEYRING",
            Self::CannotEncrypt(..) => "KEYRING_CANNOT_ENCRYPT",
            Self::DataKeyLength { .. } => "DATA_KEY_LENGTH",
            Self::CacheLimit { .. } => "CACHE_LIMIT",
            Self::KeyFile { .. } => "KEY_FILE",
            Self::Custom(_) => "CUSTOM_KEYRING",
        }
    }

    pub(crate) fn key_file(path: &Path, kind: impl Into<KeyFileProblem>) -> Self {
        Self::KeyFile { path: path.to_owned(), kind: kind.into() }
    }
}

/// What is wrong with a key file.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum KeyFileProblem {
    /// There is no such file.
    #[error("not found: create it with `create`")]
    NotFound,
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Others may read or write the file.
    #[error("permissions are {0:o}, expected 600: others may read this file, so rotate its keys")]
    Permissions(u32),
    /// The name is a symbolic link, or not a file.
    #[error("is not a regular file: symbolic links are refused")]
    NotRegular,
    /// The content is not a key file of this version.
    #[error("is not a key file: {0}")]
    Malformed(String),
    /// One more key would make the file longer than 1 MiB, which is some ten thousand keys.
    #[error("is full: start another, and keep this one for old messages")]
    Full,
    /// The file is protected and no passphrase was given.
    #[error("is protected: give its passphrase")]
    PassphraseNeeded,
    /// A passphrase was given and the file is not protected.
    #[error("is not protected: a passphrase was given, but anybody could have written this file")]
    NotProtected,
    /// The passphrase is wrong or the file was altered. Which, is not said.
    #[error("wrong passphrase, or the file was altered")]
    NotAuthentic,
}

/// A source could not be read, or a sink not be written.
#[derive(Debug)]
pub struct IoError {
    doing: &'static str,
    path: Option<PathBuf>,
    source: io::Error,
}

impl IoError {
    pub(crate) fn new(doing: &'static str, source: io::Error) -> Self {
        Self { doing, path: None, source }
    }

    pub(crate) fn at(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self { doing, path: Some(path.to_owned()), source }
    }

    /// The file, when there is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The file, and what the operating system said.
    #[must_use]
    pub fn into_parts(self) -> (Option<PathBuf>, io::Error) {
        (self.path, self.source)
    }

    /// What the operating system said.
    #[must_use]
    pub fn io_error(&self) -> &io::Error {
        &self.source
    }
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "cannot {} `{}`: {}", self.doing, path.display(), self.source),
            None => write!(f, "cannot {}: {}", self.doing, self.source),
        }
    }
}

impl std::error::Error for IoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// The operating system gave no random bytes. Nothing was encrypted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomError(());

impl RandomError {
    pub(crate) fn new() -> Self {
        Self(())
    }
}
