//! Messages to and from readers, writers and files.
//!
//! A file appears under its name only when it is whole and verified: until then the bytes are in a
//! temporary file beside it, which goes away when something fails.
//!
//! Where there is more than a little to do and the client may use more than one thread, the calling
//! thread reads and writes while another seals or opens what was read.

use std::fs::{File, Metadata};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;

use tempfile::NamedTempFile;

use crate::decryptor::{Decryptor, HeaderReader};
use crate::encryptor::Encryptor;
use crate::engine::Chunks;
use crate::error::{Error, IoError};
use crate::header::Header;
use crate::secret::Plaintext;

/// How many bytes are read at a time, to find a header.
const HEADER_CHUNK: usize = 64 * 1024;

/// How many bytes are done by the calling thread alone before a second one helps.
const ALONE: u64 = 4 * 1024 * 1024;

/// How many chunks are on their way at a time: one is read or written, one is worked on, one waits.
const IN_FLIGHT: usize = 3;

/// Called with the number of input bytes done so far, and with the whole number where it is known.
pub type Progress<'a> = &'a mut dyn FnMut(u64, Option<u64>);

/// Shows no progress.
pub fn silent(_done: u64, _total: Option<u64>) {}

/// Seals everything that `source` gives into `sink`. `total` is its length in bytes, for progress.
///
/// Returns the number of plaintext bytes.
///
/// # Errors
/// When reading, writing or sealing fails. What `sink` holds then is not a message.
///
/// ```
/// use zt_crypto::{Client, EncryptionContext, HeaderReader, RawAesKeyring, io};
/// let client = Client::builder(RawAesKeyring::new("my-app", "k", &[7; 32])?).build()?;
/// let context = EncryptionContext::new();
/// let mut message = Vec::new();
/// io::encrypt(client.encryptor(&context)?, &b"secret"[..], Some(6), &mut message, &mut |_, _| {})?;
/// let mut plaintext = Vec::new();
/// let open = |header| client.decryptor(header, &context);
/// io::decrypt(HeaderReader::new(None), open, &message[..], None, &mut plaintext, &mut |_, _| {})?;
/// assert_eq!(plaintext, b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// ```
pub fn encrypt(
    mut encryptor: Encryptor,
    source: impl Read,
    total: Option<u64>,
    sink: &mut (impl Write + ?Sized),
    progress: Progress<'_>,
) -> Result<u64, Error> {
    let chunks = encryptor.chunks();
    let push = |chunk: &[u8], out: &mut Vec<u8>| Ok(encryptor.push(chunk, out)?);
    let pump = Pump { source, sink, progress, done: 0, total };
    let done = pump.run(chunks, push)?;
    let mut out = Vec::new();
    encryptor.finish(&mut out)?;
    write(sink, &mut out)?;
    sink.flush().map_err(|error| IoError::new("write the sink", error))?;
    Ok(done)
}

/// Opens the message that `source` gives into `sink`. `open` gets the header and unwraps the key.
///
/// Returns the decryptor, which holds the authenticated encryption context.
///
/// # Errors
/// When reading or writing fails, or the message is not authentic or not whole. `sink` may have
/// been given the start of the plaintext by then: write to a file with [`to_file`], or discard it.
pub fn decrypt(
    reader: HeaderReader,
    open: impl FnOnce(Header) -> Result<Decryptor, Error>,
    mut source: impl Read,
    total: Option<u64>,
    sink: &mut (impl Write + ?Sized),
    progress: Progress<'_>,
) -> Result<Decrypting, Error> {
    let (header, rest) = read_header(reader, &mut source)?;
    decrypt_body(open(header)?, &rest, source, total, sink, progress)
}

/// The first half of [`decrypt`], for callers who cannot wait for KMS in the middle of a call:
/// reads the header, and gives it back with the bytes after it that have been read.
///
/// # Errors
/// When reading fails, or this is not a message.
pub fn read_header(
    mut reader: HeaderReader,
    source: &mut impl Read,
) -> Result<(Header, Vec<u8>), Error> {
    let mut chunk = vec![0; HEADER_CHUNK];
    loop {
        let len = read(source, &mut chunk)?;
        if len == 0 {
            return Err(reader.cut_off().into());
        }
        if let Some(found) = reader.push(chunk.get(..len).unwrap_or_default())? {
            return Ok(found);
        }
    }
}

/// The second half of [`decrypt`]. `rest` are the bytes that [`read_header`] gave back.
///
/// # Errors
/// As [`decrypt`].
pub fn decrypt_body(
    mut decryptor: Decryptor,
    rest: &[u8],
    source: impl Read,
    total: Option<u64>,
    sink: &mut (impl Write + ?Sized),
    progress: Progress<'_>,
) -> Result<Decrypting, Error> {
    let mut out = Plaintext::default();
    decryptor.push(rest, &mut out)?;
    write(sink, &mut out)?;
    let done = decryptor.header_len().saturating_add(rest.len() as u64);
    progress(done, total);
    let chunks = decryptor.chunks();
    let push = |chunk: &[u8], out: &mut Vec<u8>| Ok(decryptor.push(chunk, out)?);
    Pump { source, sink, progress, done, total }.run(chunks, push)?;
    let opened = Decrypting {
        encryption_context: decryptor.encryption_context().clone(),
        algorithm_suite: decryptor.algorithm_suite(),
    };
    decryptor.finish()?;
    sink.flush().map_err(|error| IoError::new("write the sink", error))?;
    Ok(opened)
}

/// What is known of a message that was opened into a sink.
#[derive(Clone, Debug)]
pub struct Decrypting {
    /// The encryption context, authenticated.
    pub encryption_context: crate::EncryptionContext,
    /// The suite that the message was written with.
    pub algorithm_suite: crate::AlgorithmSuite,
}

/// Seals the file `source` into the file `target`, which appears only when it is whole.
///
/// Returns the number of plaintext bytes.
///
/// # Errors
/// As [`encrypt`]; [`IoError`] names the file.
pub fn encrypt_file(
    encryptor: Encryptor,
    source: &Path,
    target: &Path,
    progress: Progress<'_>,
) -> Result<u64, Error> {
    let (file, total) = open_file(source)?;
    to_file(target, |sink| encrypt(encryptor, file, total, sink, progress))
}

/// Opens the message in the file `source` into the file `target`, which appears only when the
/// message was whole and authentic, its signature included.
///
/// # Errors
/// As [`decrypt`]; [`IoError`] names the file.
pub fn decrypt_file(
    reader: HeaderReader,
    open: impl FnOnce(Header) -> Result<Decryptor, Error>,
    source: &Path,
    target: &Path,
    progress: Progress<'_>,
) -> Result<Decrypting, Error> {
    let (file, total) = open_file(source)?;
    // The temporary file is nobody's to read yet, and goes away when the signature is wrong.
    let open = |header| open(header).map(Decryptor::release_unverified_plaintext);
    to_file(target, |sink| decrypt(reader, open, file, total, sink, progress))
}

/// Opens a file for reading, and tells its length where it has one.
///
/// # Errors
/// [`IoError`] names the file.
pub fn open_file(path: &Path) -> Result<(File, Option<u64>), IoError> {
    let file = File::open(path).map_err(|error| IoError::at("read", path, error))?;
    let metadata = file.metadata().map_err(|error| IoError::at("read", path, error))?;
    if metadata.is_dir() {
        let error = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(IoError::at("read", path, error));
    }
    let len = Some(&metadata).filter(|metadata| metadata.is_file()).map(Metadata::len);
    Ok((file, len))
}

/// Writes a file through `work`: it gets a temporary file in the same folder, which takes the place
/// of `path` at once when `work` succeeds and goes away when it fails.
///
/// # Errors
/// Those of `work`, and [`IoError`] with the file's name.
pub fn to_file<T>(
    path: &Path,
    work: impl FnOnce(&mut File) -> Result<T, Error>,
) -> Result<T, Error> {
    let failed = |error| IoError::at("write", path, error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut temporary = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    let value = work(temporary.as_file_mut())?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    Ok(value)
}

/// Moves bytes from a source through `push` into a sink.
struct Pump<'a, R, W: ?Sized> {
    source: R,
    sink: &'a mut W,
    progress: Progress<'a>,
    /// Input bytes done so far.
    done: u64,
    total: Option<u64>,
}

/// Plaintext on one side or the other: wiped when done.
type Buffer = Plaintext;

/// What goes back and forth between the two threads.
struct Chunk {
    input: Buffer,
    /// How much of `input` was read.
    len: usize,
    output: Buffer,
}

impl<R: Read, W: Write + ?Sized> Pump<'_, R, W> {
    /// Reads the source to its end. Returns the number of bytes done.
    fn run(
        mut self,
        chunks: Chunks,
        mut push: impl FnMut(&[u8], &mut Vec<u8>) -> Result<(), Error> + Send,
    ) -> Result<u64, Error> {
        let new_chunk = || Chunk {
            input: Plaintext::from(vec![0; chunks.len]),
            len: 0,
            output: Plaintext::from(Vec::with_capacity(chunks.len + chunks.len / 8)),
        };
        let mut chunk = new_chunk();
        let mut len = chunks.first;
        while !chunks.aside || self.done < ALONE {
            if !self.read(&mut chunk, len)? {
                return Ok(self.done);
            }
            push(chunk.input.get(..chunk.len).unwrap_or_default(), &mut chunk.output)?;
            self.write(&mut chunk)?;
            len = chunks.len;
        }
        thread::scope(|scope| {
            let (work, todo) = mpsc::channel::<Chunk>();
            let (result, results) = mpsc::channel();
            let worker = move || {
                for mut chunk in todo {
                    let input = chunk.input.get(..chunk.len).unwrap_or_default();
                    let pushed = push(input, &mut chunk.output);
                    let failed = pushed.is_err();
                    if result.send(pushed.map(|()| chunk)).is_err() || failed {
                        return;
                    }
                }
            };
            thread::Builder::new()
                .spawn_scoped(scope, worker)
                .map_err(|error| IoError::new("start a thread", error))?;
            let mut spare = vec![chunk];
            spare.extend((1..IN_FLIGHT).map(|_| new_chunk()));
            let (mut in_flight, mut ended) = (0usize, false);
            loop {
                // What is ready is written first, so that it is not waited for.
                let ready = match results.try_recv() {
                    Ok(ready) => Some(ready),
                    Err(TryRecvError::Disconnected) => return Ok(self.done),
                    Err(TryRecvError::Empty) => None,
                };
                let ready = match (ready, ended, spare.pop()) {
                    (Some(ready), _, chunk) => {
                        spare.extend(chunk);
                        ready
                    }
                    (None, false, Some(mut chunk)) => {
                        if self.read(&mut chunk, chunks.len)? {
                            in_flight += 1;
                            // It only fails when the worker has, and then the error is on its way.
                            let _ = work.send(chunk);
                        } else {
                            ended = true;
                        }
                        continue;
                    }
                    _ if in_flight == 0 => return Ok(self.done),
                    _ => match results.recv() {
                        Ok(ready) => ready,
                        Err(mpsc::RecvError) => return Ok(self.done),
                    },
                };
                let mut chunk = ready?;
                in_flight = in_flight.saturating_sub(1);
                self.write(&mut chunk)?;
                spare.push(chunk);
            }
        })
    }

    /// Reads up to `len` bytes; whether there were any.
    fn read(&mut self, chunk: &mut Chunk, len: usize) -> Result<bool, Error> {
        let len = len.min(chunk.input.len());
        chunk.len = read(&mut self.source, chunk.input.get_mut(..len).unwrap_or_default())?;
        Ok(chunk.len != 0)
    }

    fn write(&mut self, chunk: &mut Chunk) -> Result<(), Error> {
        write(self.sink, &mut chunk.output)?;
        self.done = self.done.saturating_add(chunk.len as u64);
        (self.progress)(self.done, self.total);
        Ok(())
    }
}

fn read(source: &mut impl Read, chunk: &mut [u8]) -> Result<usize, IoError> {
    loop {
        match source.read(chunk) {
            Ok(len) => return Ok(len),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(IoError::new("read the source", error)),
        }
    }
}

fn write(sink: &mut (impl Write + ?Sized), out: &mut Vec<u8>) -> Result<(), Error> {
    sink.write_all(out).map_err(|error| IoError::new("write the sink", error))?;
    out.clear();
    Ok(())
}
