//! Looking at a message without a key.

use crate::context::EncryptionContext;
use crate::error::DecryptError;
use crate::header::{ContentType, Header};
use crate::materials::EncryptedDataKey;
use crate::message::parse_header;
use crate::suite::AlgorithmSuite;

/// What a message says of itself. **Nothing in it is authenticated**: anybody can write a header.
///
/// Use it to find out which key a message needs, never to decide whether to trust it.
#[derive(Clone, Debug)]
pub struct MessageInfo {
    /// The algorithm suite.
    pub algorithm_suite: AlgorithmSuite,
    /// The version of the message format: 1 or 2.
    pub version: u8,
    /// The message id: unique, not secret.
    pub message_id: Vec<u8>,
    /// The pairs that stand in the header.
    pub encryption_context: EncryptionContext,
    /// The wrapped data keys; [`EncryptedDataKey::key_name`] names the key of each.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
    /// The layout of the body.
    pub content_type: ContentType,
    /// Length of the header in bytes.
    pub header_len: usize,
}

impl From<Header> for MessageInfo {
    fn from(header: Header) -> Self {
        Self {
            algorithm_suite: header.suite,
            version: header.version(),
            header_len: header.header_len(),
            message_id: header.message_id,
            encryption_context: header.context,
            encrypted_data_keys: header.encrypted_data_keys,
            content_type: header.content_type,
        }
    }
}

/// Reads the header of a message. Needs no key, and the start of the message is enough.
///
/// ```
/// use zt_crypto::{Client, EncryptionContext, RawAesKeyring, inspect};
/// let client = Client::builder(RawAesKeyring::new("my-app", "k", &[7; 32])?).build()?;
/// let message = client.encrypt(b"secret", &EncryptionContext::from([("tenant", "a")]))?;
/// let info = inspect(&message)?;
/// assert_eq!(info.encryption_context.get("tenant"), Some("a"));
/// assert_eq!(info.encrypted_data_keys[0].key_name(), "my-app/k");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
///
/// # Errors
/// When this is not a message, or its header is malformed or cut off.
pub fn inspect(message: &[u8]) -> Result<MessageInfo, DecryptError> {
    parse_header(message, None).map(MessageInfo::from)
}
