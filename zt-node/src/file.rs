//! Messages in files, on a thread.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use napi::Result;
use napi::Status;
use napi::bindgen_prelude::{AsyncTask, FnArgs};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use zt_crypto::io::{decrypt_body, encrypt, open_file, read_header, to_file};
use zt_crypto::{Header, HeaderReader};

use crate::background::{Background, in_background};
use crate::error::misused;
use crate::exchange::{Opening, Sealing};
use crate::pairs::{Pairs, from_context};

/// Called with the bytes done, and the bytes there are where that is known.
type OnProgress =
    ThreadsafeFunction<FnArgs<(f64, Option<f64>)>, (), FnArgs<(f64, Option<f64>)>, Status, false>;

/// Files being worked on, which can be told to stop.
#[napi]
#[derive(Debug, Default)]
pub struct FileJob {
    stopped: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    total: Arc<OnceLock<u64>>,
}

/// What a message in a file said of itself.
#[napi(object)]
#[derive(Debug)]
pub struct OpenedFile {
    /// The encryption context, authenticated.
    pub encryption_context: Pairs,
    /// The name of the algorithm suite.
    pub algorithm_suite: String,
}

#[napi]
impl FileJob {
    /// A job that has not begun.
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the work fail soon.
    #[napi]
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// How many bytes are done. The last call of `onProgress` may come later than the result.
    #[napi(getter)]
    #[must_use]
    pub fn done(&self) -> f64 {
        self.done.load(Ordering::Relaxed) as f64
    }

    /// How many bytes there are, once that is known.
    #[napi(getter)]
    #[must_use]
    pub fn total(&self) -> Option<f64> {
        self.total.get().map(|total| *total as f64)
    }

    /// Seals the file `source` into the file `sink`. Gives the number of plaintext bytes.
    ///
    /// # Errors
    /// When requests to KMS are open.
    #[napi(
        ts_args_type = "sealing: Sealing, source: string, sink: string, onProgress?: (done: number, total: number | null) => void",
        ts_return_type = "Promise<number>"
    )]
    pub fn seal(
        &self,
        sealing: &mut Sealing,
        source: String,
        sink: String,
        on_progress: Option<OnProgress>,
    ) -> Result<AsyncTask<Background<f64>>> {
        let encryptor = sealing.take_encryptor()?;
        let stopped = self.stopped.clone();
        let mut progress = self.report(on_progress);
        Ok(in_background(move || {
            let (file, total) = open_file(Path::new(&source))?;
            let source = Stoppable { source: file, stopped };
            let read = to_file(Path::new(&sink), |sink| {
                encrypt(encryptor, source, total, sink, &mut progress)
            })?;
            Ok(read as f64)
        }))
    }

    /// Opens the message in `file` into the file `sink`.
    ///
    /// # Errors
    /// When requests to KMS are open.
    #[napi(
        ts_args_type = "opening: Opening, file: MessageFile, sink: string, onProgress?: (done: number, total: number | null) => void",
        ts_return_type = "Promise<OpenedFile>"
    )]
    pub fn open(
        &self,
        opening: &mut Opening,
        file: &mut MessageFile,
        sink: String,
        on_progress: Option<OnProgress>,
    ) -> Result<AsyncTask<Background<OpenedFile>>> {
        let decryptor = opening.take_decryptor()?;
        let MessageSource { rest, file, total } =
            file.source.take().ok_or_else(|| misused("a file that was read"))?;
        let stopped = self.stopped.clone();
        let mut progress = self.report(on_progress);
        Ok(in_background(move || {
            let source = Stoppable { source: file, stopped };
            let opened = to_file(Path::new(&sink), |sink| {
                decrypt_body(decryptor, &rest, source, total, sink, &mut progress)
            })?;
            Ok(OpenedFile {
                encryption_context: from_context(&opened.encryption_context),
                algorithm_suite: opened.algorithm_suite.name().to_owned(),
            })
        }))
    }
}

impl FileJob {
    /// Notes how far the work is, and tells JavaScript, whose queue may be behind.
    fn report(&self, on_progress: Option<OnProgress>) -> impl FnMut(u64, Option<u64>) + use<> {
        let (so_far, of) = (self.done.clone(), self.total.clone());
        move |done, total| {
            so_far.store(done, Ordering::Relaxed);
            if let Some(total) = total {
                of.get_or_init(|| total);
            }
            if let Some(on_progress) = &on_progress {
                let value = (done as f64, total.map(|total| total as f64)).into();
                on_progress.call(value, ThreadsafeFunctionCallMode::NonBlocking);
            }
        }
    }
}

/// A file whose header has been read.
#[napi]
#[derive(Debug)]
pub struct MessageFile {
    pub(crate) header: Header,
    source: Option<MessageSource>,
}

#[derive(Debug)]
struct MessageSource {
    /// The bytes after the header that have been read.
    rest: Vec<u8>,
    file: File,
    total: Option<u64>,
}

impl MessageFile {
    pub(crate) fn open(
        path: PathBuf,
        max_encrypted_data_keys: Option<u16>,
    ) -> std::result::Result<Self, zt_crypto::Error> {
        let (mut file, total) = open_file(&path)?;
        let reader = HeaderReader::new(max_encrypted_data_keys);
        let (header, rest) = read_header(reader, &mut file)?;
        Ok(Self { header, source: Some(MessageSource { rest, file, total }) })
    }
}

/// A reader that fails once it has been stopped.
struct Stoppable<R> {
    source: R,
    stopped: Arc<AtomicBool>,
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(io::Error::other("stopped"));
        }
        self.source.read(out)
    }
}
