//! The client: it starts things; [`crate::exchange`] carries them on.

use std::num::NonZeroUsize;
use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::{AsyncTask, Either, Either3};
use napi_derive::napi;
use zt_crypto::{AnyKeyring, Next};

use crate::background::{Background, in_background};
use crate::bytes::Bytes;
use crate::cache::DataKeyCache;
use crate::error::{failure, misused};
use crate::exchange::{Opened, Opening, Sealing};
use crate::file::MessageFile;
use crate::keyring::Keyring;
use crate::pairs::{Pairs, from_context, to_context};
use crate::stream::HeaderReader;
use crate::suite::{backend, policy, suite};

pub(crate) type Inner = Arc<zt_crypto::Client<AnyKeyring>>;

/// Settings of a client; what is absent has the default of the Rust library.
#[napi(object)]
#[derive(Debug, Default)]
pub struct ClientOptions {
    /// The name of an algorithm suite.
    pub algorithm_suite: Option<String>,
    /// The name of a commitment policy.
    pub commitment_policy: Option<String>,
    /// Plaintext in a frame, in bytes.
    pub frame_length: Option<u32>,
    /// The most encrypted data keys of a message.
    pub max_encrypted_data_keys: Option<u16>,
    /// Keys that every encryption context has to have, and that messages do not hold.
    pub required_keys: Option<Vec<String>>,
    /// The most threads that work on one message.
    pub threads: Option<u32>,
    /// The name of a backend.
    pub backend: Option<String>,
}

/// Encrypts and decrypts under a keyring.
#[napi]
#[derive(Debug)]
pub struct Client {
    inner: Inner,
}

#[napi]
impl Client {
    /// # Errors
    /// When settings exclude each other.
    #[napi(constructor)]
    pub fn new(
        keyring: &Keyring,
        options: ClientOptions,
        cache: Option<&DataKeyCache>,
    ) -> Result<Self> {
        let mut builder = zt_crypto::Client::builder(keyring.inner.clone());
        if let Some(name) = options.algorithm_suite {
            builder = builder.algorithm_suite(suite(&name)?);
        }
        if let Some(name) = options.commitment_policy {
            builder = builder.commitment_policy(policy(&name)?);
        }
        if let Some(bytes) = options.frame_length {
            builder = builder.frame_length(bytes);
        }
        if let Some(limit) = options.max_encrypted_data_keys {
            builder = builder.max_encrypted_data_keys(limit);
        }
        if let Some(keys) = options.required_keys {
            builder = builder.required_encryption_context(keys);
        }
        let threads = options.threads.and_then(|most| usize::try_from(most).ok());
        if let Some(most) = threads.and_then(NonZeroUsize::new) {
            builder = builder.threads(most);
        }
        if let Some(name) = options.backend {
            builder = builder.backend(backend(&name)?);
        }
        if let Some(cache) = cache {
            builder = builder.cache(cache.inner.clone());
        }
        Ok(Self { inner: Arc::new(builder.build().map_err(failure)?) })
    }

    /// Starts a message, of at most this length if it is known.
    ///
    /// # Errors
    /// When the context cannot be used or the keyring cannot encrypt.
    #[napi]
    pub fn begin_encrypt(&self, context: Pairs, length: Option<i64>) -> Result<Sealing> {
        let context = to_context(context)?;
        let next = match length.and_then(|length| u64::try_from(length).ok()) {
            Some(length) => self.inner.begin_encrypt_up_to(&context, length),
            None => self.inner.begin_encrypt(&context),
        };
        next.map(Sealing::new).map_err(failure)
    }

    /// The message, when the keyring has nothing to ask; else its start.
    ///
    /// # Errors
    /// When the context or the plaintext cannot be used, or the keyring cannot encrypt.
    #[napi(ts_return_type = "Buffer | Sealing")]
    pub fn encrypt_now(&self, plaintext: &[u8], context: Pairs) -> Result<Either<Bytes, Sealing>> {
        let length = plaintext.len() as u64;
        let begun = self.inner.begin_encrypt_up_to(&to_context(context)?, length);
        match begun.map_err(failure)? {
            Next::Ready(sealer) => {
                let message = sealer.seal(plaintext).map_err(failure)?;
                Ok(Either::A(message.into()))
            }
            next => Ok(Either::B(Sealing::new(next))),
        }
    }

    /// Opens the message into `out`, which is as long as the message, when the keyring has nothing
    /// to ask. Gives the length of the plaintext, the id of the suite and the context, with a NUL
    /// between any two: one string costs Node-API less than an object. What that cannot hold comes
    /// as an object. When the keyring has something to ask, this is only the start.
    ///
    /// # Errors
    /// When this is no message for this keyring and context, or not authentic; `out` then holds
    /// zeros, or what it held.
    #[napi]
    pub fn decrypt_now(
        &self,
        message: &[u8],
        out: &mut [u8],
        context: Pairs,
    ) -> Result<Either3<String, Opened, Opening>> {
        let header = self.inner.parse_header(message).map_err(failure)?;
        match self.inner.begin_decrypt(header, &to_context(context)?).map_err(failure)? {
            Next::Ready(opener) => match from_context(opener.encryption_context()) {
                Either::A(context) => {
                    let length = opener.plaintext_len(message).map_err(failure)?;
                    let room = out.get_mut(..length).ok_or_else(|| misused("too little room"))?;
                    opener.open_into(message, room).map_err(failure)?;
                    let suite = opener.algorithm_suite().id();
                    Ok(Either3::A(format!("{length}\0{suite}\0{context}")))
                }
                Either::B(_) => Opened::new(&opener, message).map(Either3::B).map_err(failure),
            },
            next => Ok(Either3::C(Opening::new(next))),
        }
    }

    /// Starts to open a message that is whole in memory.
    ///
    /// # Errors
    /// When this is no message, or not one for this keyring and context.
    #[napi]
    pub fn begin_decrypt(&self, message: &[u8], context: Pairs) -> Result<Opening> {
        let header = self.inner.parse_header(message).map_err(failure)?;
        let next = self.inner.begin_decrypt(header, &to_context(context)?).map_err(failure)?;
        Ok(Opening::new(next))
    }

    /// Starts to open a message whose header `reader` has read.
    ///
    /// # Errors
    /// When it is not a message for this keyring and context.
    #[napi]
    pub fn begin_decrypt_stream(
        &self,
        reader: &mut HeaderReader,
        context: Pairs,
    ) -> Result<Opening> {
        let (header, rest) = reader.take()?;
        let next = self.inner.begin_decrypt(header, &to_context(context)?).map_err(failure)?;
        Ok(Opening::new(next).followed_by(rest))
    }

    /// Opens a file and reads the header of the message in it.
    ///
    /// # Errors
    /// Never; the promise has them.
    #[napi(ts_return_type = "Promise<MessageFile>")]
    #[must_use]
    pub fn open_file(&self, path: String) -> AsyncTask<Background<MessageFile>> {
        let limit = self.inner.max_encrypted_data_keys();
        in_background(move || MessageFile::open(path.into(), limit))
    }

    /// Starts to open the message in a file.
    ///
    /// # Errors
    /// When it is not a message for this keyring and context.
    #[napi]
    pub fn begin_decrypt_file(&self, file: &MessageFile, context: Pairs) -> Result<Opening> {
        let header = file.header.clone();
        let next = self.inner.begin_decrypt(header, &to_context(context)?).map_err(failure)?;
        Ok(Opening::new(next))
    }

    /// A reader for the header of a message that arrives piece by piece.
    #[napi]
    #[must_use]
    pub fn header_reader(&self) -> HeaderReader {
        HeaderReader::new(self.inner.max_encrypted_data_keys())
    }
}
