//! Work on libuv's threads, so that the event loop stays free.

use napi::bindgen_prelude::{AsyncTask, ToNapiValue, TypeName};
use napi::{Env, Result, Task};

use crate::error::{failure, misused};

/// One piece of work, and the promise of its result.
pub struct Background<T>(Option<Work<T>>);

type Work<T> = Box<dyn FnOnce() -> std::result::Result<T, zt_crypto::Error> + Send>;

/// Starts `work` on a thread of libuv's pool.
pub(crate) fn in_background<T>(
    work: impl FnOnce() -> std::result::Result<T, zt_crypto::Error> + Send + 'static,
) -> AsyncTask<Background<T>>
where
    T: Send + ToNapiValue + TypeName + 'static,
{
    AsyncTask::new(Background(Some(Box::new(work))))
}

impl<T: Send + ToNapiValue + TypeName + 'static> Task for Background<T> {
    type Output = T;
    type JsValue = T;

    fn compute(&mut self) -> Result<T> {
        match self.0.take() {
            Some(work) => work().map_err(failure),
            None => Err(misused("a piece of work ran twice")),
        }
    }

    fn resolve(&mut self, _: Env, output: T) -> Result<T> {
        Ok(output)
    }
}

impl<T> std::fmt::Debug for Background<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Background(..)")
    }
}
