//! The client: one keyring, a few settings, and the calls that people make.

mod builder;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::cache::ClientCache;
use crate::context::EncryptionContext;
use crate::decryptor::{Decryptor, HeaderReader};
use crate::encryptor::Encryptor;
use crate::error::{DecryptError, Error, KeyringError};
use crate::header::Header;
use crate::io::{self, Decrypting, Progress};
use crate::keyring::{Keyring, Next, OfflineKeyring};
use crate::kms::{AsyncKeyService, KeyService};
use crate::materials::{EncryptionMaterials, Finished, check_len};
use crate::message::{Opener, Sealer, parse_header};
use crate::secret::Plaintext;
use crate::settings::Settings;
use crate::suite::AlgorithmSuite;

pub use builder::{ClientBuilder, DEFAULT_FRAME_LENGTH};

/// Encrypts and decrypts messages under a keyring.
///
/// Which methods it has depends on the keyring and on who carries requests to KMS:
///
/// | built from | methods |
/// |---|---|
/// | an [`OfflineKeyring`] | [`encrypt`](Client::encrypt), [`decrypt`](Client::decrypt), plain calls |
/// | any [`Keyring`] and [`ClientBuilder::key_service`] | the same, and they block on KMS |
/// | any [`Keyring`] and [`ClientBuilder::async_key_service`] | the same, awaited |
/// | any [`Keyring`] alone | [`begin_encrypt`](Client::begin_encrypt), [`begin_decrypt`](Client::begin_decrypt): you carry the requests |
///
/// A client is cheap to share between threads: every method takes `&self`.
///
/// ```compile_fail
/// # use zt_crypto::{Client, EncryptionContext, KmsKeyring};
/// let client = Client::builder(KmsKeyring::new("alias/a")?).build()?;
/// client.encrypt(b"x", &EncryptionContext::new())?; // nobody would carry the request to KMS
/// # Ok::<(), zt_crypto::Error>(())
/// ```
#[derive(Debug)]
pub struct Client<K, T = Offline> {
    keyring: Arc<K>,
    transport: T,
    settings: Settings,
    cache: Option<ClientCache>,
}

/// No transport: for keyrings that need none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline(());

/// A transport that blocks the calling thread.
pub struct Blocking<S>(S);

/// A transport that is awaited.
pub struct Awaited<S>(S);

impl<S> fmt::Debug for Blocking<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocking(..)")
    }
}

impl<S> fmt::Debug for Awaited<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Awaited(..)")
    }
}

/// A decrypted message. The plaintext is wiped when this is dropped.
pub struct Decrypted {
    /// The plaintext.
    pub plaintext: Plaintext,
    /// The encryption context, authenticated: the header's pairs and those that the caller gave.
    pub encryption_context: EncryptionContext,
    /// The suite that the message was written with.
    pub algorithm_suite: AlgorithmSuite,
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted")
            .field("plaintext", &format_args!("({} bytes, hidden)", self.plaintext.len()))
            .field("encryption_context", &self.encryption_context)
            .field("algorithm_suite", &self.algorithm_suite)
            .finish()
    }
}

impl Client<(), Offline> {
    /// Starts a client over a keyring.
    pub fn builder<K: Keyring>(keyring: K) -> ClientBuilder<K, Offline> {
        ClientBuilder::new(keyring)
    }
}

impl<K: OfflineKeyring> Client<K, Offline> {
    /// Seals `plaintext` into a message.
    ///
    /// # Errors
    /// When the context is over the format's limits or uses reserved keys, when the plaintext is
    /// over 2^32 - 1 frames, or when the keyring fails.
    pub fn encrypt(&self, plaintext: &[u8], context: &EncryptionContext) -> Result<Vec<u8>, Error> {
        self.sealer_up_to(context, plaintext.len() as u64)?.seal(plaintext)
    }

    /// Opens a message. Every pair of `context` has to be the message's; pairs that the caller does
    /// not name are not checked against anything but the message's own authentication.
    ///
    /// # Errors
    /// [`DecryptError`]. Nothing of the plaintext is given out before all of it is authentic.
    pub fn decrypt(&self, message: &[u8], context: &EncryptionContext) -> Result<Decrypted, Error> {
        let header = self.parse_header(message)?;
        open(self.opener(header, context)?, message)
    }

    /// As [`encrypt`](Client::encrypt), into memory of the caller's: what was in `message` is
    /// replaced. With a buffer that is used again and again, a large message costs half of what it
    /// costs in new memory, which the operating system has to make first.
    ///
    /// ```
    /// use zt_crypto::{Client, EncryptionContext, Plaintext, RawAesKeyring};
    /// let client = Client::builder(RawAesKeyring::new("my-app", "k", &[7; 32])?).build()?;
    /// let context = EncryptionContext::new();
    /// let (mut message, mut plaintext) = (Vec::new(), Plaintext::default());
    /// for secret in ["one", "two"] {
    ///     client.encrypt_into(secret.as_bytes(), &context, &mut message)?;
    ///     client.decrypt_into(&message, &context, &mut plaintext)?;
    ///     assert_eq!(plaintext.as_slice(), secret.as_bytes());
    /// }
    /// # Ok::<(), zt_crypto::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Client::encrypt`], and then `message` is empty.
    pub fn encrypt_into(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
        message: &mut Vec<u8>,
    ) -> Result<(), Error> {
        seal_to(self.sealer_up_to(context, plaintext.len() as u64), plaintext, message)
    }

    /// As [`decrypt`](Client::decrypt), into memory of the caller's: what was in `plaintext` is
    /// replaced, and wiped where it is not written over. All of it is wiped when it is dropped.
    ///
    /// # Errors
    /// As [`Client::decrypt`], and then `plaintext` is empty.
    pub fn decrypt_into(
        &self,
        message: &[u8],
        context: &EncryptionContext,
        plaintext: &mut Plaintext,
    ) -> Result<Decrypting, Error> {
        let header = self.parse_header(message).map_err(Error::from);
        let opener = header.and_then(|header| self.opener(header, context));
        open_to(opener, message, plaintext)
    }

    /// Seals a message whose plaintext arrives piece by piece.
    ///
    /// # Errors
    /// As [`Client::encrypt`].
    pub fn encryptor(&self, context: &EncryptionContext) -> Result<Encryptor, Error> {
        self.sealer(context).map(Sealer::into_encryptor)
    }

    /// As [`encryptor`](Client::encryptor), for at most this much plaintext: with the bound known,
    /// a [`DataKeyCache`](crate::DataKeyCache) can serve.
    ///
    /// # Errors
    /// As [`Client::encrypt`]; the encryptor refuses more than `max_plaintext_len` bytes.
    pub fn encryptor_up_to(
        &self,
        context: &EncryptionContext,
        max_plaintext_len: u64,
    ) -> Result<Encryptor, Error> {
        self.sealer_up_to(context, max_plaintext_len).map(Sealer::into_encryptor)
    }

    /// Opens a message whose header has been read with
    /// [`HeaderReader`](crate::HeaderReader) and whose body arrives piece by piece.
    ///
    /// # Errors
    /// As [`Client::decrypt`].
    pub fn decryptor(
        &self,
        header: Header,
        context: &EncryptionContext,
    ) -> Result<Decryptor, Error> {
        self.opener(header, context).map(Opener::into_decryptor)
    }

    /// Seals the file `source` into the file `target`, which appears only when it is whole.
    ///
    /// Returns the number of plaintext bytes.
    ///
    /// # Errors
    /// As [`Client::encrypt`], and [`IoError`](crate::IoError).
    pub fn encrypt_file(
        &self,
        source: &Path,
        target: &Path,
        context: &EncryptionContext,
        progress: Progress<'_>,
    ) -> Result<u64, Error> {
        io::encrypt_file(self.encryptor(context)?, source, target, progress)
    }

    /// Opens the message in the file `source` into the file `target`, which appears only when the
    /// message was whole and authentic.
    ///
    /// # Errors
    /// As [`Client::decrypt`], and [`IoError`](crate::IoError).
    pub fn decrypt_file(
        &self,
        source: &Path,
        target: &Path,
        context: &EncryptionContext,
        progress: Progress<'_>,
    ) -> Result<Decrypting, Error> {
        let reader = HeaderReader::new(self.max_encrypted_data_keys());
        io::decrypt_file(reader, |header| self.decryptor(header, context), source, target, progress)
    }

    /// Makes a header and a key ready for one message, for callers that own the buffers.
    ///
    /// # Errors
    /// As [`Client::encrypt`].
    pub fn sealer(&self, context: &EncryptionContext) -> Result<Sealer, Error> {
        finish(self.begin_encrypt(context)?)
    }

    /// As [`sealer`](Client::sealer), for at most this much plaintext: with the bound known, a
    /// [`DataKeyCache`](crate::DataKeyCache) can serve.
    ///
    /// # Errors
    /// As [`Client::encrypt`]; the sealer refuses more than `max_plaintext_len` bytes.
    pub fn sealer_up_to(
        &self,
        context: &EncryptionContext,
        max_plaintext_len: u64,
    ) -> Result<Sealer, Error> {
        finish(self.begin_encrypt_up_to(context, max_plaintext_len)?)
    }

    /// Verifies a header and makes its key ready, for callers that own the buffers.
    ///
    /// # Errors
    /// As [`Client::decrypt`].
    pub fn opener(&self, header: Header, context: &EncryptionContext) -> Result<Opener, Error> {
        finish(self.begin_decrypt(header, context)?)
    }
}

impl<K: Keyring, S: KeyService> Client<K, Blocking<S>> {
    /// Seals `plaintext` into a message, blocking on KMS.
    ///
    /// # Errors
    /// As for offline keyrings, and [`KmsError`](crate::KmsError).
    pub fn encrypt(&self, plaintext: &[u8], context: &EncryptionContext) -> Result<Vec<u8>, Error> {
        let next = self.begin_encrypt_up_to(context, plaintext.len() as u64)?;
        self.drive(next)?.seal(plaintext)
    }

    /// Opens a message, blocking on KMS.
    ///
    /// # Errors
    /// [`DecryptError`] and [`KmsError`](crate::KmsError).
    pub fn decrypt(&self, message: &[u8], context: &EncryptionContext) -> Result<Decrypted, Error> {
        let header = self.parse_header(message)?;
        open(self.drive(self.begin_decrypt(header, context)?)?, message)
    }

    /// As [`encrypt`](Client::encrypt), into memory of the caller's: what was in `message` is
    /// replaced.
    ///
    /// # Errors
    /// As [`Client::encrypt`], and then `message` is empty.
    pub fn encrypt_into(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
        message: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let next = self.begin_encrypt_up_to(context, plaintext.len() as u64);
        seal_to(next.and_then(|next| self.drive(next)), plaintext, message)
    }

    /// As [`decrypt`](Client::decrypt), into memory of the caller's: what was in `plaintext` is
    /// replaced, and wiped where it is not written over. All of it is wiped when it is dropped.
    ///
    /// # Errors
    /// As [`Client::decrypt`], and then `plaintext` is empty.
    pub fn decrypt_into(
        &self,
        message: &[u8],
        context: &EncryptionContext,
        plaintext: &mut Plaintext,
    ) -> Result<Decrypting, Error> {
        let header = self.parse_header(message).map_err(Error::from);
        let next = header.and_then(|header| self.begin_decrypt(header, context));
        open_to(next.and_then(|next| self.drive(next)), message, plaintext)
    }

    /// Seals a message whose plaintext arrives piece by piece. Blocks on KMS once.
    ///
    /// # Errors
    /// As [`Client::encrypt`].
    pub fn encryptor(&self, context: &EncryptionContext) -> Result<Encryptor, Error> {
        Ok(self.drive(self.begin_encrypt(context)?)?.into_encryptor())
    }

    /// As [`encryptor`](Client::encryptor), for at most this much plaintext: with the bound known,
    /// a [`DataKeyCache`](crate::DataKeyCache) can serve.
    ///
    /// # Errors
    /// As [`Client::encrypt`]; the encryptor refuses more than `max_plaintext_len` bytes.
    pub fn encryptor_up_to(
        &self,
        context: &EncryptionContext,
        max_plaintext_len: u64,
    ) -> Result<Encryptor, Error> {
        let next = self.begin_encrypt_up_to(context, max_plaintext_len)?;
        Ok(self.drive(next)?.into_encryptor())
    }

    /// Opens a message whose header has been read and whose body arrives piece by piece.
    ///
    /// # Errors
    /// As [`Client::decrypt`].
    pub fn decryptor(
        &self,
        header: Header,
        context: &EncryptionContext,
    ) -> Result<Decryptor, Error> {
        Ok(self.drive(self.begin_decrypt(header, context)?)?.into_decryptor())
    }

    /// Seals the file `source` into the file `target`, which appears only when it is whole.
    ///
    /// Returns the number of plaintext bytes.
    ///
    /// # Errors
    /// As [`Client::encrypt`], and [`IoError`](crate::IoError).
    pub fn encrypt_file(
        &self,
        source: &Path,
        target: &Path,
        context: &EncryptionContext,
        progress: Progress<'_>,
    ) -> Result<u64, Error> {
        io::encrypt_file(self.encryptor(context)?, source, target, progress)
    }

    /// Opens the message in the file `source` into the file `target`, which appears only when the
    /// message was whole and authentic.
    ///
    /// # Errors
    /// As [`Client::decrypt`], and [`IoError`](crate::IoError).
    pub fn decrypt_file(
        &self,
        source: &Path,
        target: &Path,
        context: &EncryptionContext,
        progress: Progress<'_>,
    ) -> Result<Decrypting, Error> {
        let reader = HeaderReader::new(self.max_encrypted_data_keys());
        io::decrypt_file(reader, |header| self.decryptor(header, context), source, target, progress)
    }

    fn drive<V>(&self, mut next: Next<V>) -> Result<V, Error> {
        loop {
            match next {
                Next::Ready(value) => return Ok(value),
                Next::Ask(ask) => {
                    let answer = self.transport.0.call(ask.request());
                    next = ask.answer(answer)?;
                }
                Next::Wait(wait) => next = wait.block()?,
            }
        }
    }
}

impl<K: Keyring, S: AsyncKeyService> Client<K, Awaited<S>> {
    /// Seals `plaintext` into a message, waiting for KMS.
    ///
    /// # Errors
    /// As for offline keyrings, and [`KmsError`](crate::KmsError).
    pub async fn encrypt(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, Error> {
        let next = self.begin_encrypt_up_to(context, plaintext.len() as u64)?;
        self.drive(next).await?.seal(plaintext)
    }

    /// Opens a message, waiting for KMS.
    ///
    /// # Errors
    /// [`DecryptError`] and [`KmsError`](crate::KmsError).
    pub async fn decrypt(
        &self,
        message: &[u8],
        context: &EncryptionContext,
    ) -> Result<Decrypted, Error> {
        let header = self.parse_header(message)?;
        open(self.drive(self.begin_decrypt(header, context)?).await?, message)
    }

    /// As [`encrypt`](Client::encrypt), into memory of the caller's: what was in `message` is
    /// replaced.
    ///
    /// # Errors
    /// As [`Client::encrypt`], and then `message` is empty.
    pub async fn encrypt_into(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
        message: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let sealer = match self.begin_encrypt_up_to(context, plaintext.len() as u64) {
            Ok(next) => self.drive(next).await,
            Err(error) => Err(error),
        };
        seal_to(sealer, plaintext, message)
    }

    /// As [`decrypt`](Client::decrypt), into memory of the caller's: what was in `plaintext` is
    /// replaced, and wiped where it is not written over. All of it is wiped when it is dropped.
    ///
    /// # Errors
    /// As [`Client::decrypt`], and then `plaintext` is empty.
    pub async fn decrypt_into(
        &self,
        message: &[u8],
        context: &EncryptionContext,
        plaintext: &mut Plaintext,
    ) -> Result<Decrypting, Error> {
        let header = self.parse_header(message).map_err(Error::from);
        let opener = match header.and_then(|header| self.begin_decrypt(header, context)) {
            Ok(next) => self.drive(next).await,
            Err(error) => Err(error),
        };
        open_to(opener, message, plaintext)
    }

    /// Seals a message whose plaintext arrives piece by piece. Waits for KMS once.
    ///
    /// # Errors
    /// As [`Client::encrypt`].
    pub async fn encryptor(&self, context: &EncryptionContext) -> Result<Encryptor, Error> {
        Ok(self.drive(self.begin_encrypt(context)?).await?.into_encryptor())
    }

    /// As [`encryptor`](Client::encryptor), for at most this much plaintext: with the bound known,
    /// a [`DataKeyCache`](crate::DataKeyCache) can serve.
    ///
    /// # Errors
    /// As [`Client::encrypt`]; the encryptor refuses more than `max_plaintext_len` bytes.
    pub async fn encryptor_up_to(
        &self,
        context: &EncryptionContext,
        max_plaintext_len: u64,
    ) -> Result<Encryptor, Error> {
        let next = self.begin_encrypt_up_to(context, max_plaintext_len)?;
        Ok(self.drive(next).await?.into_encryptor())
    }

    /// Opens a message whose header has been read and whose body arrives piece by piece.
    ///
    /// # Errors
    /// As [`Client::decrypt`].
    pub async fn decryptor(
        &self,
        header: Header,
        context: &EncryptionContext,
    ) -> Result<Decryptor, Error> {
        Ok(self.drive(self.begin_decrypt(header, context)?).await?.into_decryptor())
    }

    async fn drive<V>(&self, mut next: Next<V>) -> Result<V, Error> {
        loop {
            match next {
                Next::Ready(value) => return Ok(value),
                Next::Ask(ask) => {
                    let answer = self.transport.0.call(ask.request()).await;
                    next = ask.answer(answer)?;
                }
                Next::Wait(wait) => next = wait.await?,
            }
        }
    }
}

impl<K: Keyring, T> Client<K, T> {
    /// Starts to encrypt, for callers that carry requests to KMS themselves.
    ///
    /// # Errors
    /// When the context cannot be used, or the keyring cannot encrypt as it is set up.
    pub fn begin_encrypt(&self, context: &EncryptionContext) -> Result<Next<Sealer>, Error> {
        self.begin(context, None)
    }

    /// As [`begin_encrypt`](Client::begin_encrypt), for at most this much plaintext: with the bound
    /// known, a [`DataKeyCache`](crate::DataKeyCache) can serve.
    ///
    /// # Errors
    /// As [`begin_encrypt`](Client::begin_encrypt); the sealer refuses more than
    /// `max_plaintext_len` bytes.
    pub fn begin_encrypt_up_to(
        &self,
        context: &EncryptionContext,
        max_plaintext_len: u64,
    ) -> Result<Next<Sealer>, Error> {
        self.begin(context, Some(max_plaintext_len))
    }

    fn begin(
        &self,
        context: &EncryptionContext,
        max_plaintext_len: Option<u64>,
    ) -> Result<Next<Sealer>, Error> {
        let settings = self.settings.clone();
        settings.check_context(context)?;
        let cached = match &self.cache {
            Some(cache) => cache
                .to_encrypt(settings.suite, context, max_plaintext_len)?
                .map(|place| (cache.clone(), place)),
            None => None,
        };
        let Some((cache, place)) = cached else {
            let materials = EncryptionMaterials::new(settings.suite, context.clone())?;
            return self.keyring.begin_encrypt(materials)?.and_then(move |materials| {
                let finished = settings.finish(materials)?;
                settings.sealer(&finished, max_plaintext_len).map(Next::Ready)
            });
        };
        let keyring = Arc::clone(&self.keyring);
        let (context, making) = (context.clone(), settings.clone());
        let make = move || {
            let materials = EncryptionMaterials::new(making.suite, context)?;
            let next = keyring.begin_encrypt(materials)?;
            next.and_then(move |materials| making.finish(materials).map(Next::Ready))
        };
        cache.get(place, make)?.and_then(move |finished| {
            settings.sealer(&finished, max_plaintext_len).map(Next::Ready)
        })
    }

    /// Starts to decrypt, for callers that carry requests to KMS themselves.
    ///
    /// # Errors
    /// When the commitment policy or a limit refuses the message, when `context` is not the
    /// message's, or when no keyring matches.
    pub fn begin_decrypt(
        &self,
        header: Header,
        context: &EncryptionContext,
    ) -> Result<Next<Opener>, Error> {
        let (materials, hidden) = self.settings.decryption_materials(&header, context)?;
        let engine = self.settings.engine;
        let cached =
            self.cache.clone().and_then(|cache| Some((cache.to_decrypt(&materials)?, cache)));
        let Some((place, cache)) = cached else {
            let next = self.keyring.begin_decrypt(materials)?;
            return next.and_then(move |data_key| {
                check_len(header.suite, Some(&data_key))?;
                Ok(Next::Ready(Opener::new(header, &hidden, &data_key, engine)?))
            });
        };
        let keyring = Arc::clone(&self.keyring);
        let make = move || {
            let (suite, calls) = (materials.suite(), Arc::clone(&materials.kms_calls));
            keyring.begin_decrypt(materials)?.and_then(move |data_key| {
                check_len(suite, Some(&data_key))?;
                let calls = calls.load(Ordering::Relaxed);
                Ok(Next::Ready(Finished::unwrapped(data_key, calls)))
            })
        };
        cache.get(place, make)?.and_then(move |finished| {
            Ok(Next::Ready(Opener::new(header, &hidden, &finished.data_key, engine)?))
        })
    }

    /// Reads the header of a message that is whole in memory.
    ///
    /// # Errors
    /// When this is not a message, or its header is malformed, cut off or over the client's limit.
    pub fn parse_header(&self, message: &[u8]) -> Result<Header, DecryptError> {
        parse_header(message, self.settings.max_encrypted_data_keys)
    }

    /// The most encrypted data keys that a message may have, if there is a limit.
    #[must_use]
    pub fn max_encrypted_data_keys(&self) -> Option<u16> {
        self.settings.max_encrypted_data_keys
    }

    /// The keyring.
    #[must_use]
    pub fn keyring(&self) -> &K {
        &self.keyring
    }
}

/// Finishes what needs no network.
fn finish<V>(mut next: Next<V>) -> Result<V, Error> {
    loop {
        match next {
            Next::Ready(value) => return Ok(value),
            Next::Wait(wait) => next = wait.block()?,
            Next::Ask(ask) => {
                let message = format!("nobody carries {:?} to KMS", ask.request());
                return Err(KeyringError::Invalid(message).into());
            }
        }
    }
}

fn open(opener: Opener, message: &[u8]) -> Result<Decrypted, Error> {
    let (encryption_context, algorithm_suite) =
        (opener.encryption_context().clone(), opener.algorithm_suite());
    let plaintext = opener.open(message)?;
    Ok(Decrypted { plaintext, encryption_context, algorithm_suite })
}

fn seal_to(
    sealer: Result<Sealer, Error>,
    plaintext: &[u8],
    message: &mut Vec<u8>,
) -> Result<(), Error> {
    let sealed = sealer.and_then(|sealer| sealer.seal_to(plaintext, message));
    sealed.inspect_err(|_| message.clear())
}

fn open_to(
    opener: Result<Opener, Error>,
    message: &[u8],
    plaintext: &mut Plaintext,
) -> Result<Decrypting, Error> {
    let opened = opener.and_then(|opener| {
        opener.open_to(message, plaintext)?;
        Ok(Decrypting {
            encryption_context: opener.encryption_context().clone(),
            algorithm_suite: opener.algorithm_suite(),
        })
    });
    opened.inspect_err(|_| plaintext.wipe())
}
