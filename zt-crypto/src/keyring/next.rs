//! Operations in steps: what is asked of KMS, or waited for, and what then happens.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::cache::{Flight, IN_FLIGHT_FOR};
use crate::error::Error;
use crate::kms::{KmsError, KmsRequest, KmsResponse};

/// How far an operation has come: done, in need of an answer from KMS, or waiting for somebody else
/// who is getting the same one.
///
/// ```
/// use zt_crypto::{Error, KeyService, Next};
/// fn drive<T>(mut next: Next<T>, kms: &impl KeyService) -> Result<T, Error> {
///     loop {
///         next = match next {
///             Next::Ready(value) => return Ok(value),
///             Next::Ask(ask) => {
///                 let answer = kms.call(ask.request());
///                 ask.answer(answer)?
///             }
///             // Only with a data key cache. It is a future, too: `wait.await?`.
///             Next::Wait(wait) => wait.block()?,
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub enum Next<T> {
    /// The result.
    Ready(T),
    /// A request that somebody has to carry to KMS.
    Ask(Ask<T>),
    /// Another caller of the same [`DataKeyCache`](crate::DataKeyCache) is asking KMS for what this
    /// operation needs.
    Wait(Wait<T>),
}

impl<T: 'static> Next<T> {
    /// A request, and what to do with the answer.
    pub fn ask(
        request: KmsRequest,
        then: impl FnOnce(&KmsRequest, Result<KmsResponse, KmsError>) -> Result<Self, Error>
        + Send
        + 'static,
    ) -> Self {
        Self::Ask(Ask { request, route: 0, then: Box::new(then) })
    }

    /// Says which of several key services the request is for; see [`Ask::route`].
    #[must_use]
    pub fn via(self, route: u32) -> Self {
        match self {
            Self::Ask(ask) => Self::Ask(Ask { route, ..ask }),
            other => other,
        }
    }

    /// Goes on with another step once this one is done.
    ///
    /// # Errors
    /// Those of `then`.
    pub fn and_then<U: 'static>(
        self,
        then: impl FnOnce(T) -> Result<Next<U>, Error> + Send + 'static,
    ) -> Result<Next<U>, Error> {
        self.then(|result| then(result?))
    }

    /// Tries something else when this step fails.
    #[must_use]
    pub fn or_else(
        self,
        otherwise: impl FnOnce(Error) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        match self {
            Self::Ready(value) => Self::Ready(value),
            Self::Ask(Ask { request, route, then: first }) => {
                Next::ask(request, |request, answer| match first(request, answer) {
                    Ok(next) => Ok(next.or_else(otherwise)),
                    Err(error) => otherwise(error),
                })
                .via(route)
            }
            Self::Wait(Wait { flight, then: first }) => Self::Wait(Wait {
                flight,
                then: Box::new(|waited| match first(waited) {
                    Ok(next) => Ok(next.or_else(otherwise)),
                    Err(error) => otherwise(error),
                }),
            }),
        }
    }

    /// Goes on once this step is done or has failed.
    pub(crate) fn then<U: 'static>(
        self,
        then: impl FnOnce(Result<T, Error>) -> Result<Next<U>, Error> + Send + 'static,
    ) -> Result<Next<U>, Error> {
        match self {
            Self::Ready(value) => then(Ok(value)),
            Self::Ask(Ask { request, route, then: first }) => {
                Ok(Next::ask(request, |request, answer| match first(request, answer) {
                    Ok(next) => next.then(then),
                    Err(error) => then(Err(error)),
                })
                .via(route))
            }
            Self::Wait(Wait { flight, then: first }) => Ok(Next::Wait(Wait {
                flight,
                then: Box::new(|waited| match first(waited) {
                    Ok(next) => next.then(then),
                    Err(error) => then(Err(error)),
                }),
            })),
        }
    }

    /// Waits for `flight`; `then` gets its failure, if it was one that all share.
    pub(crate) fn wait(
        flight: Arc<Flight>,
        then: impl FnOnce(Result<(), Error>) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::Wait(Wait { flight, then: Box::new(then) })
    }
}

type Answered<T> =
    Box<dyn FnOnce(&KmsRequest, Result<KmsResponse, KmsError>) -> Result<Next<T>, Error> + Send>;

/// A request to KMS, and the rest of the operation that waits for its answer.
///
/// Dropping it gives the operation up; with a data key cache, whoever waited for the same answer
/// then asks for it.
pub struct Ask<T> {
    request: KmsRequest,
    route: u32,
    then: Answered<T>,
}

impl<T> Ask<T> {
    /// What to ask of KMS.
    #[must_use]
    pub fn request(&self) -> &KmsRequest {
        &self.request
    }

    /// Which of the caller's KMS clients the request is for: the number that
    /// [`KmsKeyring::with_route`](crate::KmsKeyring::with_route) was given, or 0. Only for callers
    /// that hold more than one.
    #[must_use]
    pub fn route(&self) -> u32 {
        self.route
    }

    /// Goes on with KMS's answer.
    ///
    /// # Errors
    /// When KMS refused, when the answer is not one to this request, or when what follows fails.
    pub fn answer(self, answer: Result<KmsResponse, KmsError>) -> Result<Next<T>, Error> {
        (self.then)(&self.request, answer)
    }
}

impl<T> fmt::Debug for Ask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").field("request", &self.request).finish_non_exhaustive()
    }
}

type Waited<T> = Box<dyn FnOnce(Result<(), Error>) -> Result<Next<T>, Error> + Send>;

/// An operation that waits for another caller's request, and then has its answer too.
///
/// Threads [`block`](Wait::block) on it and futures `.await` it. An event loop that is neither has
/// itself [called](Wait::when_over), and then [goes on](Wait::go_on). Dropping it gives up: nobody
/// waits for who waits.
///
/// A request that never ends holds up whoever awaits it; with a timer of your own, [look
/// again](Wait::look_again) after [`PATIENCE`](Wait::PATIENCE), as `block` does.
pub struct Wait<T> {
    flight: Arc<Flight>,
    then: Waited<T>,
}

impl<T> Wait<T> {
    /// How long a request may take before one who waits for it makes it anew: 10 seconds.
    pub const PATIENCE: Duration = IN_FLIGHT_FOR;

    /// Blocks the thread until the other request is over, and goes on.
    ///
    /// Waits at most [`PATIENCE`](Wait::PATIENCE) at a time: whoever asked may be gone without a word.
    ///
    /// # Errors
    /// That of the other request, or when what follows fails.
    pub fn block(self) -> Result<Next<T>, Error> {
        self.block_at_most(Self::PATIENCE)
    }

    /// As [`block`](Wait::block), for at most this long; then [looks again](Wait::look_again). For
    /// threads that have to look after something else meanwhile, such as signals.
    ///
    /// # Errors
    /// That of the other request, or when what follows fails.
    pub fn block_at_most(self, time: Duration) -> Result<Next<T>, Error> {
        let waited = self.flight.block(time);
        (self.then)(waited)
    }

    /// Goes on even if the other request is not over: asks in its stead when it has taken longer
    /// than [`PATIENCE`](Wait::PATIENCE), and else waits on.
    ///
    /// # Errors
    /// That of the other request, or when what follows fails.
    pub fn look_again(self) -> Result<Next<T>, Error> {
        self.block_at_most(Duration::ZERO)
    }

    /// Has `call` called once the other request is over: at once if it is, else on the thread of
    /// whoever ends it.
    pub fn when_over(&self, call: impl FnOnce() + Send + 'static) {
        let call = Arc::new(Callback(std::sync::Mutex::new(Some(Box::new(call)))));
        if self.flight.poll(&Waker::from(Arc::clone(&call))).is_ready() {
            call.wake();
        }
    }

    /// Goes on if the other request is over, and else waits on.
    ///
    /// # Errors
    /// That of the other request, or when what follows fails.
    pub fn go_on(self) -> Result<Next<T>, Error> {
        match self.flight.poll(Waker::noop()) {
            Poll::Ready(waited) => (self.then)(waited),
            Poll::Pending => Ok(Next::Wait(self)),
        }
    }
}

impl<T> IntoFuture for Wait<T> {
    type Output = Result<Next<T>, Error>;
    type IntoFuture = Waiting<T>;

    fn into_future(self) -> Waiting<T> {
        Waiting(Some(self))
    }
}

/// The future of a [`Wait`]. What it yields is the next step.
#[derive(Debug)]
pub struct Waiting<T>(Option<Wait<T>>);

impl<T> Future for Waiting<T> {
    type Output = Result<Next<T>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Polled after its end: nothing more comes.
        let Some(wait) = &this.0 else { return Poll::Pending };
        match wait.flight.poll(context.waker()) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(waited) => match this.0.take() {
                Some(wait) => Poll::Ready((wait.then)(waited)),
                None => Poll::Pending,
            },
        }
    }
}

impl<T> fmt::Debug for Wait<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wait(..)")
    }
}

/// A function that is called once, as a waker.
struct Callback(std::sync::Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Wake for Callback {
    fn wake(self: Arc<Self>) {
        let call = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(call) = call {
            call();
        }
    }
}
