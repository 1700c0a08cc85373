//! Files and file objects as readers and writers.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zt_crypto::io::{open_file, to_file};
use zt_crypto::{Error, KeyringError};

use crate::buffer::Data;

/// A path, or an object with `read`.
pub(crate) enum Source {
    Path(PathBuf),
    Object(Py<PyAny>),
}

/// A path, or an object with `write`.
pub(crate) enum Sink {
    Path(PathBuf),
    Object(Py<PyAny>),
}

impl Source {
    /// The reader, and its length where it is known.
    pub(crate) fn open(self) -> Result<(Box<dyn Read + Send>, Option<u64>), Error> {
        match self {
            Self::Path(path) => {
                let (file, len) = open_file(&path)?;
                Ok((Box::new(file), len))
            }
            Self::Object(object) => Ok((Box::new(Object(object)), None)),
        }
    }
}

impl Sink {
    pub(crate) fn is_path(&self) -> bool {
        matches!(self, Self::Path(_))
    }

    pub(crate) fn write<T>(
        self,
        work: impl FnOnce(&mut dyn Write) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self {
            Self::Path(path) => to_file(&path, |file| work(file)),
            Self::Object(object) => work(&mut Object(object)),
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Source {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        path_or(&object, "read", "readable").map(|path| match path {
            Some(path) => Self::Path(path),
            None => Self::Object(object.to_owned().unbind()),
        })
    }
}

impl<'py> FromPyObject<'_, 'py> for Sink {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        path_or(&object, "write", "writable").map(|path| match path {
            Some(path) => Self::Path(path),
            None => Self::Object(object.to_owned().unbind()),
        })
    }
}

fn path_or(object: &Bound<'_, PyAny>, method: &str, what: &str) -> PyResult<Option<PathBuf>> {
    if object.hasattr(method)? {
        return Ok(None);
    }
    object.extract().map(Some).map_err(|_| {
        let found = object.get_type().to_string();
        PyTypeError::new_err(format!("expected a path or a {what} binary file, not {found}"))
    })
}

/// A Python file object.
struct Object(Py<PyAny>);

impl Read for Object {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Python::attach(|py| {
            let got = self.0.bind(py).call_method1("read", (out.len(),))?;
            let got = got.extract::<Data<'_>>().map_err(|_| {
                let found = got.get_type().to_string();
                PyTypeError::new_err(format!("read() gave {found}, not bytes: open it with 'rb'"))
            })?;
            let bytes = got.as_slice();
            match out.get_mut(..bytes.len()) {
                Some(out) => out.copy_from_slice(bytes),
                None => return Err(PyTypeError::new_err("read(n) gave more than n bytes")),
            }
            Ok(bytes.len())
        })
        .map_err(|error: PyErr| io::Error::other(error))
    }
}

impl Write for Object {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Python::attach(|py| {
            let written = self.0.bind(py).call_method1("write", (PyBytes::new(py, bytes),))?;
            // Writers that say nothing took all.
            Ok(if written.is_none() { bytes.len() } else { written.extract()? })
        })
        .map_err(|error: PyErr| io::Error::other(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        Python::attach(|py| {
            let object = self.0.bind(py);
            if object.hasattr("flush")? {
                object.call_method0("flush")?;
            }
            Ok(())
        })
        .map_err(|error: PyErr| io::Error::other(error))
    }
}

/// Calls back after each piece. What the callback raises, and Ctrl-C, end the work.
pub(crate) struct Progress {
    callback: Option<Py<PyAny>>,
    total: Option<u64>,
    raised: Arc<Mutex<Option<PyErr>>>,
}

impl Progress {
    pub(crate) fn new(callback: Option<Py<PyAny>>, total: Option<u64>) -> Self {
        Self { callback, total, raised: Arc::default() }
    }

    pub(crate) fn report(&self, done: u64) {
        let called = Python::attach(|py| {
            py.check_signals()?;
            match &self.callback {
                Some(callback) => callback.call1(py, (done, self.total)).map(drop),
                None => Ok(()),
            }
        });
        if let Err(error) = called {
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }

    /// What the last callback raised, as the error of the whole.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match self.raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(KeyringError::Custom(Box::new(error)).into()),
            None => Ok(()),
        }
    }

    /// A reader that stops once something was raised.
    pub(crate) fn watch<R: Read>(&self, source: R) -> impl Read {
        Watched { source, raised: Arc::clone(&self.raised) }
    }
}

struct Watched<R> {
    source: R,
    raised: Arc<Mutex<Option<PyErr>>>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(io::Error::other(error)),
            None => self.source.read(out),
        }
    }
}
