//! Messages piece by piece.

use std::sync::{Arc, Mutex, PoisonError};

use napi::Result;
use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi_derive::napi;
use zt_crypto::{Header, Plaintext, Sealer};

use crate::background::{Background, in_background};
use crate::error::{failure, misused};
use crate::pairs::{Pairs, from_context};

/// Finds the header at the start of a message.
#[napi]
#[derive(Debug)]
pub struct HeaderReader {
    reader: zt_crypto::HeaderReader,
    found: Option<(Header, Vec<u8>)>,
}

#[napi]
impl HeaderReader {
    pub(crate) fn new(max_encrypted_data_keys: Option<u16>) -> Self {
        Self { reader: zt_crypto::HeaderReader::new(max_encrypted_data_keys), found: None }
    }

    /// Takes bytes of the message. Says whether the header is whole.
    ///
    /// # Errors
    /// When this is not a message.
    #[napi]
    pub fn push(&mut self, bytes: &[u8]) -> Result<bool> {
        self.found = self.reader.push(bytes).map_err(failure)?;
        Ok(self.found.is_some())
    }

    /// Takes the end of a message that ends before its header does.
    ///
    /// # Errors
    /// Always.
    #[napi]
    pub fn finish(&self) -> Result<()> {
        Err(failure(self.reader.cut_off()))
    }

    pub(crate) fn take(&mut self) -> Result<(Header, Vec<u8>)> {
        self.found.take().ok_or_else(|| misused("a header that is not whole"))
    }
}

/// Work that is shared with a thread; gone once finished.
type Shared<T> = Arc<Mutex<Option<T>>>;

fn with<T, R>(shared: &Shared<T>, work: impl FnOnce(&mut T) -> R) -> Option<R> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(work)
}

fn take<T>(shared: &Shared<T>) -> Option<T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Wipes what is shared at once, unless a thread is at work with it.
fn discard<T>(shared: &Shared<T>) {
    if let Ok(mut work) = shared.try_lock() {
        *work = None;
    }
}

/// Plaintext in, message out.
#[napi]
#[derive(Debug)]
pub struct Encryptor(Shared<zt_crypto::Encryptor>);

#[napi]
impl Encryptor {
    pub(crate) fn new(sealer: Sealer) -> Self {
        Self(Arc::new(Mutex::new(Some(sealer.into_encryptor()))))
    }

    /// Takes plaintext, gives what is ready of the message.
    ///
    /// # Errors
    /// When the plaintext is too long.
    #[napi]
    pub fn push(&self, plaintext: &[u8]) -> Result<Buffer> {
        push_plaintext(&self.0, plaintext).map_err(failure)
    }

    /// The same in the background, with a copy of the plaintext.
    #[napi(ts_return_type = "Promise<Buffer>")]
    #[must_use]
    pub fn push_later(&self, plaintext: &[u8]) -> AsyncTask<Background<Buffer>> {
        let (shared, plaintext) = (self.0.clone(), Plaintext::from(plaintext.to_vec()));
        in_background(move || push_plaintext(&shared, &plaintext))
    }

    /// Lets go of the key: nothing more comes.
    #[napi]
    pub fn discard(&self) {
        discard(&self.0);
    }

    /// The end of the message.
    ///
    /// # Errors
    /// When the plaintext is too long.
    #[napi]
    pub fn finish(&self) -> Result<Buffer> {
        let encryptor = take(&self.0).ok_or_else(|| misused("a stream that has ended"))?;
        let mut out = Vec::new();
        encryptor.finish(&mut out).map_err(failure)?;
        Ok(out.into())
    }
}

fn push_plaintext(
    shared: &Shared<zt_crypto::Encryptor>,
    plaintext: &[u8],
) -> std::result::Result<Buffer, zt_crypto::Error> {
    let mut out = Vec::new();
    with(shared, |encryptor| encryptor.push(plaintext, &mut out)).transpose()?;
    Ok(out.into())
}

/// Message in, plaintext out. The header is not part of it.
#[napi]
#[derive(Debug)]
pub struct Decryptor {
    shared: Shared<zt_crypto::Decryptor>,
    rest: Vec<u8>,
    encryption_context: Pairs,
    algorithm_suite: &'static str,
}

#[napi]
impl Decryptor {
    pub(crate) fn new(decryptor: zt_crypto::Decryptor, rest: Vec<u8>) -> Self {
        Self {
            rest,
            encryption_context: from_context(decryptor.encryption_context()),
            algorithm_suite: decryptor.algorithm_suite().name(),
            shared: Arc::new(Mutex::new(Some(decryptor))),
        }
    }

    /// The encryption context, authenticated.
    #[napi(getter)]
    #[must_use]
    pub fn encryption_context(&self) -> Pairs {
        self.encryption_context.clone()
    }

    /// The name of the algorithm suite.
    #[napi(getter)]
    #[must_use]
    pub fn algorithm_suite(&self) -> String {
        self.algorithm_suite.to_owned()
    }

    /// Gives the plaintext of what came with the header.
    ///
    /// # Errors
    /// When the message is not authentic.
    #[napi]
    pub fn start(&mut self) -> Result<Buffer> {
        push_message(&self.shared, &std::mem::take(&mut self.rest)).map_err(failure)
    }

    /// Takes bytes of the message, gives the plaintext that is authentic.
    ///
    /// # Errors
    /// When the message is not authentic.
    #[napi]
    pub fn push(&self, bytes: &[u8]) -> Result<Buffer> {
        push_message(&self.shared, bytes).map_err(failure)
    }

    /// The same in the background, with a copy of the bytes.
    #[napi(ts_return_type = "Promise<Buffer>")]
    #[must_use]
    pub fn push_later(&self, bytes: &[u8]) -> AsyncTask<Background<Buffer>> {
        let (shared, bytes) = (self.shared.clone(), bytes.to_vec());
        in_background(move || push_message(&shared, &bytes))
    }

    /// Lets go of the key: nothing more comes.
    #[napi]
    pub fn discard(&self) {
        discard(&self.shared);
    }

    /// Says whether the message was whole.
    ///
    /// # Errors
    /// When it was not.
    #[napi]
    pub fn finish(&self) -> Result<()> {
        let decryptor = take(&self.shared).ok_or_else(|| misused("a stream that has ended"))?;
        decryptor.finish().map_err(failure)
    }
}

fn push_message(
    shared: &Shared<zt_crypto::Decryptor>,
    bytes: &[u8],
) -> std::result::Result<Buffer, zt_crypto::Error> {
    let mut out = Plaintext::default();
    with(shared, |decryptor| decryptor.push(bytes, &mut out)).transpose()?;
    Ok(std::mem::take(&mut *out).into())
}
