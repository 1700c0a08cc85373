//! Messages in the making: first whatever KMS has to be asked, then the message itself.
//!
//! JavaScript carries the requests. It takes [`KmsCall`]s while there are any, answers each, and
//! then takes the result.

use napi::bindgen_prelude::{AsyncTask, Object, Uint8Array};
use napi::{Env, Result};
use napi_derive::napi;
use zt_crypto::{DataKey, KmsError, KmsRequest, KmsResponse, Next, Opener, Plaintext, Sealer};

use crate::background::{Background, in_background};
use crate::bytes::Bytes;
use crate::error::{failure, misused};
use crate::pairs::{Pairs, from_context};
use crate::stream::{Decryptor, Encryptor};

/// A request that JavaScript has to carry to KMS.
#[napi(object)]
pub struct KmsCall {
    /// The number of the keyring that asks.
    pub route: u32,
    /// `GenerateDataKey`, `Encrypt` or `Decrypt`.
    pub operation: String,
    /// The KMS key.
    pub key_id: String,
    /// Bound to the data key.
    pub encryption_context: Pairs,
    /// For grants that are new.
    pub grant_tokens: Vec<String>,
    /// For `GenerateDataKey`.
    pub number_of_bytes: Option<u32>,
    /// For `Encrypt`. Whoever takes it has to wipe it.
    pub plaintext: Option<Uint8Array>,
    /// For `Decrypt`.
    pub ciphertext_blob: Option<Uint8Array>,
}

impl std::fmt::Debug for KmsCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KmsCall").field("operation", &self.operation).finish_non_exhaustive()
    }
}

impl KmsCall {
    fn new(request: &KmsRequest, route: u32) -> Self {
        let mut call = Self {
            route,
            operation: request.operation().to_owned(),
            key_id: request.key_id().to_owned(),
            encryption_context: from_context(request.encryption_context()),
            grant_tokens: request.grant_tokens().to_vec(),
            number_of_bytes: None,
            plaintext: None,
            ciphertext_blob: None,
        };
        match request {
            KmsRequest::GenerateDataKey { number_of_bytes, .. } => {
                call.number_of_bytes = u32::try_from(*number_of_bytes).ok();
            }
            KmsRequest::Encrypt { plaintext, .. } => {
                call.plaintext = Some(plaintext.expose().into());
            }
            KmsRequest::Decrypt { ciphertext_blob, .. } => {
                call.ciphertext_blob = Some(ciphertext_blob.clone().into());
            }
            _ => {}
        }
        call
    }
}

/// How an exchange with KMS stands. Gone once its result is taken, or it failed.
#[derive(Debug)]
struct Exchange<T>(Option<Next<T>>);

impl<T> Exchange<T> {
    fn ready(&self) -> bool {
        !matches!(self.0, Some(Next::Ask(_) | Next::Wait(_)))
    }

    fn wait<'env>(&self, env: &'env Env) -> Result<Option<Object<'env>>> {
        let Some(Next::Wait(wait)) = &self.0 else { return Ok(None) };
        let (deferred, promise) = env.create_deferred::<(), fn(Env) -> Result<()>>()?;
        // From whichever thread: the promise finds its own.
        wait.when_over(move || deferred.resolve(|_| Ok(())));
        Ok(Some(promise))
    }

    fn go_on(&mut self) -> Result<()> {
        self.0 = match self.0.take() {
            Some(Next::Wait(wait)) => Some(wait.look_again().map_err(failure)?),
            other => other,
        };
        Ok(())
    }

    fn give_up(&mut self) {
        self.0 = None;
    }

    fn request(&self) -> Option<KmsCall> {
        match &self.0 {
            Some(Next::Ask(ask)) => Some(KmsCall::new(ask.request(), ask.route())),
            _ => None,
        }
    }

    fn answer(
        &mut self,
        answer: impl FnOnce(&KmsRequest) -> std::result::Result<KmsResponse, KmsError>,
    ) -> Result<()> {
        let Some(Next::Ask(ask)) = self.0.take() else {
            return Err(misused("an answer without a request"));
        };
        let answer = answer(ask.request());
        self.0 = Some(ask.answer(answer).map_err(failure)?);
        Ok(())
    }

    fn result(&mut self) -> Result<T> {
        match self.0.take() {
            Some(Next::Ready(value)) => Ok(value),
            _ => Err(misused("a result before its time")),
        }
    }
}

fn response(
    key_id: Option<String>,
    plaintext: Option<&[u8]>,
    ciphertext_blob: Option<&[u8]>,
) -> KmsResponse {
    KmsResponse {
        key_id,
        plaintext: plaintext.map(DataKey::copy_from),
        ciphertext_blob: ciphertext_blob.map(<[u8]>::to_vec),
    }
}

/// How long to wait for another's request before looking again, in milliseconds.
#[napi]
#[must_use]
pub fn patience() -> f64 {
    zt_crypto::Wait::<Sealer>::PATIENCE.as_secs_f64() * 1000.0
}

/// How a request to KMS failed.
#[napi(string_enum)]
#[derive(Debug)]
pub enum KmsFailure {
    /// KMS said no.
    Refused,
    /// KMS was not reached.
    Unreachable,
    /// The request was not sent: there are no credentials, or no Region.
    NotSent,
    /// What came back is not an answer of KMS.
    WrongAnswer,
}

fn error(request: &KmsRequest, kind: &KmsFailure, code: &str, message: &str) -> KmsError {
    match kind {
        KmsFailure::Refused => KmsError::refused(request, code, message),
        KmsFailure::Unreachable => KmsError::unreachable(request, message),
        KmsFailure::NotSent => KmsError::not_sent(request, message),
        KmsFailure::WrongAnswer => KmsError::wrong_answer(request, message),
    }
}

/// A message that is being made.
#[napi]
#[derive(Debug)]
pub struct Sealing {
    exchange: Exchange<Sealer>,
    plaintext: Plaintext,
}

#[napi]
impl Sealing {
    pub(crate) fn new(next: Next<Sealer>) -> Self {
        Self { exchange: Exchange(Some(next)), plaintext: Plaintext::default() }
    }

    /// Whether there is nothing to ask of KMS.
    #[napi]
    #[must_use]
    pub fn ready(&self) -> bool {
        self.exchange.ready()
    }

    /// What to ask of KMS, while there is something to ask.
    #[napi]
    #[must_use]
    pub fn request(&self) -> Option<KmsCall> {
        self.exchange.request()
    }

    /// KMS's answer. The plaintext is copied; whoever gives it has to wipe it.
    ///
    /// # Errors
    /// When the answer is not one to the request.
    #[napi]
    pub fn answer(
        &mut self,
        key_id: Option<String>,
        plaintext: Option<&[u8]>,
        ciphertext_blob: Option<&[u8]>,
    ) -> Result<()> {
        self.exchange.answer(|_| Ok(response(key_id, plaintext, ciphertext_blob)))
    }

    /// That there is no answer.
    ///
    /// # Errors
    /// Unless another keyring can do without.
    #[napi]
    pub fn fail(&mut self, kind: KmsFailure, code: String, message: String) -> Result<()> {
        self.exchange.answer(|request| Err(error(request, &kind, &code, &message)))
    }

    /// When another message in the making has asked for what this one needs: a promise of its
    /// answer. Then go on.
    ///
    /// # Errors
    /// When there can be no promise.
    #[napi(ts_return_type = "Promise<void> | null")]
    pub fn wait<'env>(&self, env: &'env Env) -> Result<Option<Object<'env>>> {
        self.exchange.wait(env)
    }

    /// Goes on after waiting, or when that has taken too long: then this one may ask itself.
    ///
    /// # Errors
    /// That of the request that was waited for.
    #[napi]
    pub fn go_on(&mut self) -> Result<()> {
        self.exchange.go_on()
    }

    /// Gives up, so that whoever waits for the same answer asks instead.
    #[napi]
    pub fn give_up(&mut self) {
        self.exchange.give_up();
    }

    /// Copies the plaintext, which its owner may change from now on.
    #[napi]
    pub fn hold(&mut self, plaintext: &[u8]) {
        self.plaintext = Plaintext::from(plaintext.to_vec());
    }

    /// The message with the plaintext that it holds.
    ///
    /// # Errors
    /// When requests are open.
    #[napi(ts_return_type = "Promise<Buffer>")]
    pub fn seal(&mut self) -> Result<AsyncTask<Background<Bytes>>> {
        let sealer = self.exchange.result()?;
        let plaintext = std::mem::take(&mut self.plaintext);
        Ok(in_background(move || Ok(sealer.seal(&plaintext)?.into())))
    }

    /// The message with this plaintext, at once.
    ///
    /// # Errors
    /// When requests are open, or the plaintext is too long.
    #[napi(ts_return_type = "Buffer")]
    pub fn seal_now(&mut self, plaintext: &[u8]) -> Result<Bytes> {
        let message = self.exchange.result()?.seal(plaintext).map_err(failure)?;
        Ok(message.into())
    }

    /// For plaintext that arrives piece by piece.
    ///
    /// # Errors
    /// When requests are open.
    #[napi]
    pub fn encryptor(&mut self) -> Result<Encryptor> {
        self.exchange.result().map(Encryptor::new)
    }
}

/// A message that was opened.
#[napi(object, object_from_js = false)]
pub struct Opened {
    /// The plaintext.
    #[napi(ts_type = "Buffer")]
    pub plaintext: Bytes,
    /// The encryption context, authenticated.
    pub encryption_context: Pairs,
    /// The id of the algorithm suite.
    pub algorithm_suite: u16,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

impl Opened {
    pub(crate) fn new(
        opener: &Opener,
        message: &[u8],
    ) -> std::result::Result<Self, zt_crypto::Error> {
        let mut plaintext = Plaintext::from(vec![0; opener.plaintext_len(message)?]);
        opener.open_into(message, &mut plaintext)?;
        Ok(Self {
            plaintext: plaintext.into(),
            encryption_context: from_context(opener.encryption_context()),
            algorithm_suite: opener.algorithm_suite().id(),
        })
    }
}

/// A message that is being opened.
#[napi]
#[derive(Debug)]
pub struct Opening {
    exchange: Exchange<Opener>,
    /// The message, or what follows its header.
    held: Vec<u8>,
}

#[napi]
impl Opening {
    pub(crate) fn new(next: Next<Opener>) -> Self {
        Self { exchange: Exchange(Some(next)), held: Vec::new() }
    }

    pub(crate) fn followed_by(mut self, rest: Vec<u8>) -> Self {
        self.held = rest;
        self
    }

    /// Whether there is nothing to ask of KMS.
    #[napi]
    #[must_use]
    pub fn ready(&self) -> bool {
        self.exchange.ready()
    }

    /// What to ask of KMS, while there is something to ask.
    #[napi]
    #[must_use]
    pub fn request(&self) -> Option<KmsCall> {
        self.exchange.request()
    }

    /// KMS's answer. The plaintext is copied; whoever gives it has to wipe it.
    ///
    /// # Errors
    /// When the answer is not one to the request.
    #[napi]
    pub fn answer(
        &mut self,
        key_id: Option<String>,
        plaintext: Option<&[u8]>,
        ciphertext_blob: Option<&[u8]>,
    ) -> Result<()> {
        self.exchange.answer(|_| Ok(response(key_id, plaintext, ciphertext_blob)))
    }

    /// That there is no answer.
    ///
    /// # Errors
    /// Unless another keyring can do without.
    #[napi]
    pub fn fail(&mut self, kind: KmsFailure, code: String, message: String) -> Result<()> {
        self.exchange.answer(|request| Err(error(request, &kind, &code, &message)))
    }

    /// When another message in the making has asked for what this one needs: a promise of its
    /// answer. Then go on.
    ///
    /// # Errors
    /// When there can be no promise.
    #[napi(ts_return_type = "Promise<void> | null")]
    pub fn wait<'env>(&self, env: &'env Env) -> Result<Option<Object<'env>>> {
        self.exchange.wait(env)
    }

    /// Goes on after waiting, or when that has taken too long: then this one may ask itself.
    ///
    /// # Errors
    /// That of the request that was waited for.
    #[napi]
    pub fn go_on(&mut self) -> Result<()> {
        self.exchange.go_on()
    }

    /// Gives up, so that whoever waits for the same answer asks instead.
    #[napi]
    pub fn give_up(&mut self) {
        self.exchange.give_up();
    }

    /// Copies the message, which its owner may change from now on.
    #[napi]
    pub fn hold(&mut self, message: &[u8]) {
        self.held = message.to_vec();
    }

    /// What the message that it holds says.
    ///
    /// # Errors
    /// When requests are open.
    #[napi(ts_return_type = "Promise<Opened>")]
    pub fn open(&mut self) -> Result<AsyncTask<Background<Opened>>> {
        let opener = self.exchange.result()?;
        let message = std::mem::take(&mut self.held);
        Ok(in_background(move || Opened::new(&opener, &message)))
    }

    /// What this message says, at once.
    ///
    /// # Errors
    /// When requests are open, or the message is not authentic or not whole.
    #[napi]
    pub fn open_now(&mut self, message: &[u8]) -> Result<Opened> {
        Opened::new(&self.exchange.result()?, message).map_err(failure)
    }

    /// For a message that arrives piece by piece.
    ///
    /// # Errors
    /// When requests are open.
    #[napi]
    pub fn decryptor(&mut self) -> Result<Decryptor> {
        let decryptor = self.exchange.result()?.into_decryptor();
        Ok(Decryptor::new(decryptor, std::mem::take(&mut self.held)))
    }

    pub(crate) fn take_decryptor(&mut self) -> Result<zt_crypto::Decryptor> {
        self.exchange.result().map(Opener::into_decryptor)
    }
}

impl Sealing {
    pub(crate) fn take_encryptor(&mut self) -> Result<zt_crypto::Encryptor> {
        self.exchange.result().map(Sealer::into_encryptor)
    }
}
