//! What a keyring asks of AWS KMS, and what KMS answers: plain data, for any transport.
//!
//! A keyring never opens a connection. It yields a [`KmsRequest`] and takes a [`KmsResponse`] or a
//! [`KmsError`]; whoever holds a KMS client carries them. Sources: AWS KMS API Reference,
//! `GenerateDataKey`, `Encrypt`, `Decrypt`, "Common errors".

use std::fmt;

use crate::context::EncryptionContext;
use crate::secret::DataKey;

/// One call to AWS KMS.
#[derive(Debug)]
#[non_exhaustive]
pub enum KmsRequest {
    /// `GenerateDataKey` with `NumberOfBytes`.
    GenerateDataKey {
        /// Key ARN, key id, alias name or alias ARN.
        key_id: String,
        /// Length of the data key in bytes.
        number_of_bytes: usize,
        /// Bound to the encrypted data key, and logged in CloudTrail.
        encryption_context: EncryptionContext,
        /// Grants that are too new to be found without their token.
        grant_tokens: Vec<String>,
    },
    /// `Encrypt`, of a data key that another keyring generated.
    Encrypt {
        /// Key ARN, key id, alias name or alias ARN.
        key_id: String,
        /// The data key.
        plaintext: DataKey,
        /// Bound to the encrypted data key, and logged in CloudTrail.
        encryption_context: EncryptionContext,
        /// Grants that are too new to be found without their token.
        grant_tokens: Vec<String>,
    },
    /// `Decrypt`, of an encrypted data key.
    Decrypt {
        /// Key ARN.
        key_id: String,
        /// The encrypted data key.
        ciphertext_blob: Vec<u8>,
        /// As it was when the data key was encrypted.
        encryption_context: EncryptionContext,
        /// Grants that are too new to be found without their token.
        grant_tokens: Vec<String>,
    },
}

impl KmsRequest {
    /// The name of the operation in the KMS API.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::GenerateDataKey { .. } => "GenerateDataKey",
            Self::Encrypt { .. } => "Encrypt",
            Self::Decrypt { .. } => "Decrypt",
        }
    }

    /// The key that the call is about.
    #[must_use]
    pub fn key_id(&self) -> &str {
        match self {
            Self::GenerateDataKey { key_id, .. }
            | Self::Encrypt { key_id, .. }
            | Self::Decrypt { key_id, .. } => key_id,
        }
    }

    /// The encryption context of the call.
    #[must_use]
    pub fn encryption_context(&self) -> &EncryptionContext {
        match self {
            Self::GenerateDataKey { encryption_context, .. }
            | Self::Encrypt { encryption_context, .. }
            | Self::Decrypt { encryption_context, .. } => encryption_context,
        }
    }

    /// The grant tokens of the call.
    #[must_use]
    pub fn grant_tokens(&self) -> &[String] {
        match self {
            Self::GenerateDataKey { grant_tokens, .. }
            | Self::Encrypt { grant_tokens, .. }
            | Self::Decrypt { grant_tokens, .. } => grant_tokens,
        }
    }
}

/// What KMS answered. Absent members of the response are `None`: it is the keyring that checks.
#[derive(Debug, Default)]
pub struct KmsResponse {
    /// `KeyId`: the ARN of the key that was used.
    pub key_id: Option<String>,
    /// `Plaintext`: move it here at once, so that it is wiped.
    pub plaintext: Option<DataKey>,
    /// `CiphertextBlob`.
    pub ciphertext_blob: Option<Vec<u8>>,
}

/// KMS refused, answered wrongly, or could not be reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KmsError {
    kind: Kind,
    operation: &'static str,
    key_id: String,
    message: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Kind {
    Refused(String),
    Unreachable,
    NotSent,
    WrongAnswer,
}

impl KmsError {
    /// KMS answered with an error. `code` is its own, such as `AccessDeniedException`.
    #[must_use]
    pub fn refused(request: &KmsRequest, code: &str, message: &str) -> Self {
        Self::new(Kind::Refused(code.to_owned()), request, message)
    }

    /// KMS could not be reached, or did not answer in time.
    #[must_use]
    pub fn unreachable(request: &KmsRequest, message: &str) -> Self {
        Self::new(Kind::Unreachable, request, message)
    }

    /// The request was not sent: there are no credentials, or the client refused its parameters.
    #[must_use]
    pub fn not_sent(request: &KmsRequest, message: &str) -> Self {
        Self::new(Kind::NotSent, request, message)
    }

    /// The answer lacks something or names another key. Whoever sits between may be hostile.
    #[must_use]
    pub fn wrong_answer(request: &KmsRequest, message: &str) -> Self {
        Self::new(Kind::WrongAnswer, request, message)
    }

    fn new(kind: Kind, request: &KmsRequest, message: &str) -> Self {
        Self {
            kind,
            operation: request.operation(),
            key_id: request.key_id().to_owned(),
            message: message.trim().to_owned(),
        }
    }

    /// KMS's own error code, such as `AccessDeniedException`, when KMS answered with one.
    #[must_use]
    pub fn service_code(&self) -> Option<&str> {
        match &self.kind {
            Kind::Refused(code) => Some(code),
            Kind::Unreachable | Kind::NotSent | Kind::WrongAnswer => None,
        }
    }

    /// The operation that failed, such as `Decrypt`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The key that the call was about, as it was asked for.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What KMS or the transport said, without what the other methods tell. May be empty.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the same call may succeed later without any change: throttling, internal errors,
    /// time-outs and unreachable endpoints.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match &self.kind {
            Kind::Unreachable => true,
            Kind::NotSent | Kind::WrongAnswer => false,
            Kind::Refused(code) => matches!(
                code.as_str(),
                "ThrottlingException"
                    | "Throttling"
                    | "RequestThrottled"
                    | "RequestLimitExceeded"
                    | "TooManyRequestsException"
                    | "LimitExceededException"
                    | "KMSInternalException"
                    | "KMSInternal"
                    | "DependencyTimeoutException"
                    | "DependencyTimeout"
                    | "KeyUnavailableException"
                    | "InternalFailure"
                    | "InternalServerError"
                    | "ServiceUnavailable"
                    | "ServiceUnavailableException"
                    | "RequestTimeout"
                    | "RequestTimeoutException"
            ),
        }
    }

    pub(crate) fn zt_code(&self) -> &'static str {
        match &self.kind {
            Kind::Refused(_) => "KMS_REFUSED",
            Kind::Unreachable => "KMS_UNREACHABLE",
            Kind::NotSent => "KMS_NOT_SENT",
            Kind::WrongAnswer => "KMS_WRONG_ANSWER",
        }
    }
}

impl fmt::Display for KmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, key_id, message, .. } = self;
        match &self.kind {
            Kind::Refused(code) => write!(f, "KMS refused {operation} under `{key_id}`: {code}")?,
            Kind::Unreachable => {
                write!(f, "KMS could not be reached for {operation} under `{key_id}`")?
            }
            Kind::NotSent => write!(f, "{operation} under `{key_id}` was not sent to KMS")?,
            Kind::WrongAnswer => write!(f, "KMS answered {operation} under `{key_id}` wrongly")?,
        }
        if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
    }
}

impl std::error::Error for KmsError {}

/// Carries requests to KMS and waits for the answers, on the calling thread.
///
/// With the feature `aws-kms`, [`crate::aws_kms::BlockingKms`] is one over the AWS SDK;
/// [`crate::testing::InMemoryKms`] is one that needs no account.
pub trait KeyService: Send + Sync {
    /// Carries one request.
    ///
    /// # Errors
    /// [`KmsError::refused`] or [`KmsError::unreachable`].
    fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError>;
}

/// Carries requests to KMS without blocking a thread.
///
/// With the feature `aws-kms`, [`crate::aws_kms::Kms`] is one over the AWS SDK and tokio.
pub trait AsyncKeyService: Send + Sync {
    /// Carries one request.
    ///
    /// # Errors
    /// [`KmsError::refused`] or [`KmsError::unreachable`].
    fn call(
        &self,
        request: &KmsRequest,
    ) -> impl Future<Output = Result<KmsResponse, KmsError>> + Send;
}
