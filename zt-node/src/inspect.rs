//! Looking at a message without a key.

use napi::Result;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use zt_crypto::ContentType;

use crate::error::failure;
use crate::pairs::{Pairs, from_context};

/// What a message says of itself. Nothing in it is authenticated.
#[napi(object)]
pub struct MessageInfo {
    /// The name of the algorithm suite.
    pub algorithm_suite: String,
    /// The version of the message format.
    pub version: u8,
    /// The message id.
    pub message_id: Buffer,
    /// The pairs in the header.
    pub encryption_context: Pairs,
    /// The wrapped data keys.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
    /// Plaintext in a frame, in bytes; absent when there are no frames.
    pub frame_length: Option<u32>,
    /// Length of the header in bytes.
    pub header_length: f64,
}

/// A wrapped data key.
#[napi(object)]
pub struct EncryptedDataKey {
    /// The key's name for people.
    pub key_name: String,
    /// Who wrapped it.
    pub provider_id: String,
    /// Under which key.
    pub provider_info: Buffer,
    /// The wrapped data key.
    pub ciphertext: Buffer,
}

impl std::fmt::Debug for MessageInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageInfo").field("algorithm_suite", &self.algorithm_suite).finish()
    }
}

impl std::fmt::Debug for EncryptedDataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptedDataKey").field("key_name", &self.key_name).finish()
    }
}

/// Reads the header of a message.
///
/// # Errors
/// When this is not a message.
#[napi]
pub fn inspect(message: &[u8]) -> Result<MessageInfo> {
    let info = zt_crypto::inspect(message).map_err(failure)?;
    Ok(MessageInfo {
        algorithm_suite: info.algorithm_suite.name().to_owned(),
        version: info.version,
        message_id: info.message_id.into(),
        encryption_context: from_context(&info.encryption_context),
        encrypted_data_keys: info.encrypted_data_keys.into_iter().map(Into::into).collect(),
        frame_length: match info.content_type {
            ContentType::Framed(length) => Some(length),
            ContentType::Unframed => None,
        },
        header_length: info.header_len as f64,
    })
}

impl From<zt_crypto::EncryptedDataKey> for EncryptedDataKey {
    fn from(key: zt_crypto::EncryptedDataKey) -> Self {
        Self {
            key_name: key.key_name(),
            provider_id: key.provider_id,
            provider_info: key.provider_info.into(),
            ciphertext: key.ciphertext.into(),
        }
    }
}
