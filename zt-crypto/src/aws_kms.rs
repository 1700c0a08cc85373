//! Carries requests to KMS with the AWS SDK for Rust (feature `aws-kms`).
//!
//! The SDK client is the caller's: its credentials, Region, endpoint, retries and time-outs apply.
//!
//! ```no_run
//! use zt_crypto::aws_kms::Kms;
//! use zt_crypto::{Client, EncryptionContext, KmsKeyring};
//!
//! # async fn run(config: aws_sdk_kms::Config) -> Result<(), zt_crypto::Error> {
//! let kms = Kms::new(aws_sdk_kms::Client::from_conf(config));
//! let keyring = KmsKeyring::new("alias/my-app")?;
//! let client = Client::builder(keyring).async_key_service(kms).build()?;
//! let message = client.encrypt(b"secret", &EncryptionContext::new()).await?;
//! # Ok(())
//! # }
//! ```

use std::collections::HashMap;
use std::fmt;
use std::io;

use aws_sdk_kms::Client;
use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use tokio::runtime::Runtime;
use zeroize::Zeroize;

use crate::context::EncryptionContext;
use crate::kms::{AsyncKeyService, KeyService, KmsError, KmsRequest, KmsResponse};
use crate::secret::DataKey;

/// Carries requests over an SDK client, awaited on a tokio runtime.
#[derive(Clone)]
pub struct Kms(Client);

impl Kms {
    /// Uses this client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self(client)
    }
}

impl AsyncKeyService for Kms {
    async fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        let context = context_of(request.encryption_context());
        let tokens = Some(request.grant_tokens().to_vec()).filter(|tokens| !tokens.is_empty());
        match request {
            KmsRequest::GenerateDataKey { key_id, number_of_bytes, .. } => {
                let len = i32::try_from(*number_of_bytes).unwrap_or(i32::MAX);
                let call = self.0.generate_data_key().key_id(key_id).number_of_bytes(len);
                let call = call.set_encryption_context(context).set_grant_tokens(tokens);
                let answer = call.send().await.map_err(|error| failure(request, &error))?;
                Ok(KmsResponse {
                    key_id: answer.key_id,
                    plaintext: answer.plaintext.map(secret),
                    ciphertext_blob: answer.ciphertext_blob.map(Blob::into_inner),
                })
            }
            KmsRequest::Encrypt { key_id, plaintext, .. } => {
                let call = self.0.encrypt().key_id(key_id).plaintext(Blob::new(plaintext.expose()));
                let call = call.set_encryption_context(context).set_grant_tokens(tokens);
                let answer = call.send().await.map_err(|error| failure(request, &error))?;
                let ciphertext_blob = answer.ciphertext_blob.map(Blob::into_inner);
                Ok(KmsResponse { key_id: answer.key_id, plaintext: None, ciphertext_blob })
            }
            KmsRequest::Decrypt { key_id, ciphertext_blob, .. } => {
                let blob = Blob::new(ciphertext_blob.as_slice());
                let call = self.0.decrypt().key_id(key_id).ciphertext_blob(blob);
                let call = call.set_encryption_context(context).set_grant_tokens(tokens);
                let answer = call.send().await.map_err(|error| failure(request, &error))?;
                let plaintext = answer.plaintext.map(secret);
                Ok(KmsResponse { key_id: answer.key_id, plaintext, ciphertext_blob: None })
            }
        }
    }
}

impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kms(..)")
    }
}

/// Carries requests over an SDK client, blocking the calling thread, on a runtime of its own.
///
/// Not for use inside an async runtime: it would block it, and tokio refuses that. Use [`Kms`] there.
#[derive(Debug)]
pub struct BlockingKms {
    kms: Kms,
    runtime: Runtime,
}

impl BlockingKms {
    /// Uses this client.
    ///
    /// # Errors
    /// When the operating system gives no thread or no timer.
    pub fn new(client: Client) -> io::Result<Self> {
        // A worker keeps the SDK's connection pool alive between calls.
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("zt-kms").enable_all().build()?;
        Ok(Self { kms: Kms::new(client), runtime })
    }
}

impl KeyService for BlockingKms {
    fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        self.runtime.block_on(self.kms.call(request))
    }
}

fn context_of(context: &EncryptionContext) -> Option<HashMap<String, String>> {
    let pairs = context.iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    Some(pairs.collect()).filter(|pairs: &HashMap<_, _>| !pairs.is_empty())
}

/// Moves a data key out of the SDK's buffer and wipes what the SDK held.
fn secret(blob: Blob) -> DataKey {
    let mut bytes = blob.into_inner();
    let key = DataKey::take(&mut bytes);
    bytes.zeroize();
    key
}

fn failure<E>(request: &KmsRequest, error: &SdkError<E, HttpResponse>) -> KmsError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let meta = answer.err().meta();
            let status = answer.raw().status();
            if status.is_success() {
                // Not what it could not read: that may hold a data key.
                return KmsError::wrong_answer(request, "it is not the JSON of an answer");
            }
            // A proxy, or a service in trouble, answers without a code of KMS's.
            let fallback = if status.is_server_error() { "ServiceUnavailable" } else { "Unknown" };
            let code = meta.code().unwrap_or(fallback);
            let message = meta.message().map_or_else(|| format!("HTTP {status}"), str::to_owned);
            KmsError::refused(request, code, &message)
        }
        SdkError::ConstructionFailure(_) => KmsError::not_sent(request, &causes(error)),
        // No credentials, for one. A connection that broke has a kind, or is of I/O.
        SdkError::DispatchFailure(failure)
            if failure.is_user() || failure.is_other() && failure.as_other().is_none() =>
        {
            KmsError::not_sent(request, &causes(error))
        }
        // No connection, no answer in time, or half of one.
        _ => KmsError::unreachable(request, &causes(error)),
    }
}

/// The messages of an error and its causes. Not their `Debug`, which holds the raw answer and with
/// it, perhaps, a data key.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
