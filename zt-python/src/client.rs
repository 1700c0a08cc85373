//! The client. Python adds `async` twins and `with`.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use zt_crypto::{
    AlgorithmSuite, Error, HeaderReader, KeyringError, Next, Offline, OfflineKeyring, io,
};

use crate::buffer::Data;
use crate::cache::DataKeyCache;
use crate::context::{Context, to_dict};
use crate::error::to_py;
use crate::keyring::{
    RequiredEncryptionContext, backend_of, policy_of, shared, suite_object, suite_of,
};
use crate::stream::{Progress, Sink, Source};

/// Below this many bytes, releasing the interpreter costs more than it gives.
const WORTH_RELEASING: usize = 1024;

/// Encrypts and decrypts messages under a keyring.
#[pyclass(frozen, subclass, module = "zt.crypto")]
pub(crate) struct Client(zt_crypto::Client<Arc<dyn OfflineKeyring>, Offline>);

#[pymethods]
impl Client {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments in Python")]
    #[pyo3(signature = (
        keyring, *, algorithm_suite=None, commitment_policy=None, frame_length=None,
        max_encrypted_data_keys=None, cache=None, threads=None, backend=None,
    ))]
    fn new(
        keyring: &Bound<'_, PyAny>,
        algorithm_suite: Option<&Bound<'_, PyAny>>,
        commitment_policy: Option<&Bound<'_, PyAny>>,
        frame_length: Option<u32>,
        max_encrypted_data_keys: Option<u16>,
        cache: Option<&Bound<'_, DataKeyCache>>,
        threads: Option<NonZeroUsize>,
        backend: Option<&str>,
    ) -> PyResult<Self> {
        let mut builder = match keyring.cast::<RequiredEncryptionContext>() {
            Ok(required) => required.get().builder(keyring.py())?,
            Err(_) => zt_crypto::Client::builder(shared(keyring)?),
        };
        if let Some(suite) = algorithm_suite {
            builder = builder.algorithm_suite(suite_of(suite)?);
        }
        if let Some(policy) = commitment_policy {
            builder = builder.commitment_policy(policy_of(policy)?);
        }
        if let Some(bytes) = frame_length {
            builder = builder.frame_length(bytes);
        }
        if let Some(limit) = max_encrypted_data_keys {
            builder = builder.max_encrypted_data_keys(limit);
        }
        if let Some(cache) = cache {
            builder = builder.cache(cache.get().0.clone());
        }
        if let Some(most) = threads {
            builder = builder.threads(most);
        }
        if let Some(name) = backend {
            builder = builder.backend(backend_of(name)?);
        }
        builder.build().map(Self).map_err(to_py)
    }

    /// The message: `plaintext` encrypted under a new data key.
    #[pyo3(signature = (plaintext, encryption_context=None))]
    fn encrypt<'py>(
        &self,
        py: Python<'py>,
        plaintext: Data<'_>,
        encryption_context: Option<Context>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let context = encryption_context.unwrap_or_default().0;
        let plaintext = plaintext.as_slice();
        let most = plaintext.len() as u64;
        let sealer =
            py.detach(|| finish(self.0.begin_encrypt_up_to(&context, most)?)).map_err(to_py)?;
        let len = sealer.message_len(plaintext.len()).map_err(to_py)?;
        PyBytes::new_with(py, len, |out| {
            let sealed = if len < WORTH_RELEASING {
                sealer.seal_into(plaintext, out)
            } else {
                py.detach(|| sealer.seal_into(plaintext, out))
            };
            sealed.map_err(to_py)
        })
    }

    /// The plaintext of `message`, all of it authenticated; every pair given is checked.
    #[pyo3(signature = (message, encryption_context=None))]
    fn decrypt(
        &self,
        py: Python<'_>,
        message: Data<'_>,
        encryption_context: Option<Context>,
    ) -> PyResult<DecryptResult> {
        let context = encryption_context.unwrap_or_default().0;
        let message = message.as_slice();
        let opener = py.detach(|| {
            let header = self.0.parse_header(message)?;
            finish(self.0.begin_decrypt(header, &context)?)
        });
        let opener = opener.map_err(to_py)?;
        let len = opener.plaintext_len(message).map_err(to_py)?;
        let plaintext = PyBytes::new_with(py, len, |out| {
            let opened = if len < WORTH_RELEASING {
                opener.open_into(message, out)
            } else {
                py.detach(|| opener.open_into(message, out))
            };
            opened.map_err(to_py)
        })?;
        Ok(DecryptResult {
            plaintext: plaintext.unbind(),
            encryption_context: to_dict(py, opener.encryption_context())?.unbind(),
            algorithm_suite: opener.algorithm_suite(),
        })
    }

    /// Encrypts a path or binary file into another; gives the number of plaintext bytes.
    #[pyo3(signature = (source, sink, encryption_context=None, progress=None))]
    fn encrypt_stream(
        &self,
        py: Python<'_>,
        source: Source,
        sink: Sink,
        encryption_context: Option<Context>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<u64> {
        let context = encryption_context.unwrap_or_default().0;
        py.detach(|| {
            let (source, total) = source.open()?;
            let encryptor = self.0.encryptor(&context)?;
            let progress = Progress::new(progress, total);
            let source = progress.watch(source);
            sink.write(|sink| {
                let done = io::encrypt(encryptor, source, total, sink, &mut |done, _| {
                    progress.report(done);
                })?;
                progress.finish().map(|()| done)
            })
        })
        .map_err(to_py)
    }

    /// Decrypts a path or binary file into another. A path appears only when all is authentic.
    #[pyo3(signature = (source, sink, encryption_context=None, progress=None))]
    fn decrypt_stream(
        &self,
        py: Python<'_>,
        source: Source,
        sink: Sink,
        encryption_context: Option<Context>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<StreamResult> {
        let context = encryption_context.unwrap_or_default().0;
        let opened = py.detach(|| {
            let (source, total) = source.open()?;
            let progress = Progress::new(progress, total);
            let source = progress.watch(source);
            // A file is seen by nobody before it is whole; an object is.
            let release = sink.is_path();
            let open = |header| {
                let decryptor = self.0.decryptor(header, &context)?;
                Ok(if release { decryptor.release_unverified_plaintext() } else { decryptor })
            };
            let reader = HeaderReader::new(self.0.max_encrypted_data_keys());
            sink.write(|sink| {
                let opened = io::decrypt(reader, open, source, total, sink, &mut |done, _| {
                    progress.report(done);
                })?;
                progress.finish().map(|()| opened)
            })
        });
        let opened = opened.map_err(to_py)?;
        Ok(StreamResult {
            encryption_context: to_dict(py, &opened.encryption_context)?.unbind(),
            algorithm_suite: opened.algorithm_suite,
        })
    }

    fn __repr__(&self) -> String {
        format!("Client({:?})", self.0.keyring())
    }
}

/// Finishes what needs nobody to carry requests: keyrings here carry their own. While it waits for
/// another thread's request, Ctrl-C is heard.
fn finish<T>(mut next: Next<T>) -> Result<T, Error> {
    const BETWEEN_SIGNALS: Duration = Duration::from_millis(100);
    loop {
        next = match next {
            Next::Ready(value) => return Ok(value),
            Next::Wait(wait) => wait.block_at_most(BETWEEN_SIGNALS)?,
            Next::Ask(ask) => {
                let message = format!("nobody carries {:?} to KMS", ask.request());
                return Err(KeyringError::Invalid(message).into());
            }
        };
        if matches!(next, Next::Wait(_)) {
            Python::attach(|py| py.check_signals())
                .map_err(|raised| KeyringError::Custom(Box::new(raised)))?;
        }
    }
}

/// A message that was opened: its plaintext, and what was authenticated with it.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct DecryptResult {
    #[pyo3(get)]
    plaintext: Py<PyBytes>,
    #[pyo3(get)]
    encryption_context: Py<PyDict>,
    algorithm_suite: AlgorithmSuite,
}

#[pymethods]
impl DecryptResult {
    #[getter]
    fn algorithm_suite<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        suite_object(py, self.algorithm_suite)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let len = self.plaintext.bind(py).len()?;
        let context = self.encryption_context.bind(py).repr()?;
        Ok(format!("DecryptResult(plaintext=({len} bytes, hidden), encryption_context={context})"))
    }
}

/// What is known of a message that was opened into a sink.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct StreamResult {
    #[pyo3(get)]
    encryption_context: Py<PyDict>,
    algorithm_suite: AlgorithmSuite,
}

#[pymethods]
impl StreamResult {
    #[getter]
    fn algorithm_suite<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        suite_object(py, self.algorithm_suite)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let context = self.encryption_context.bind(py).repr()?;
        Ok(format!("StreamResult(encryption_context={context})"))
    }
}
