//! Messages to and from readers, writers and files.
//!
//! A file appears under its name only when it is whole and verified: until then the bytes are in a
//! temporary file beside it, which goes away when something fails.

use std::fs::{File, Metadata};
use std::io::{Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::decryptor::{Decryptor, HeaderReader};
use crate::encryptor::Encryptor;
use crate::error::{Error, IoError};
use crate::header::Header;

/// How many bytes are read at a time.
const CHUNK: usize = 256 * 1024;

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
    let mut out = Vec::new();
    let done = pump(source, progress, 0, total, |chunk| {
        encryptor.push(chunk, &mut out)?;
        write(sink, &mut out)
    })?;
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
    let mut chunk = vec![0; CHUNK];
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
    let mut out = Zeroizing::new(Vec::new());
    decryptor.push(rest, &mut out)?;
    write(sink, &mut out)?;
    let done = decryptor.header_len().saturating_add(rest.len() as u64);
    progress(done, total);
    pump(source, progress, done, total, |chunk| {
        decryptor.push(chunk, &mut out)?;
        write(sink, &mut out)
    })?;
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

/// Reads `source` to its end, chunk by chunk. `done` bytes have been done before.
fn pump(
    mut source: impl Read,
    progress: Progress<'_>,
    mut done: u64,
    total: Option<u64>,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<u64, Error> {
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    loop {
        let len = read(&mut source, &mut chunk)?;
        if len == 0 {
            return Ok(done);
        }
        take(chunk.get(..len).unwrap_or_default())?;
        done = done.saturating_add(len as u64);
        progress(done, total);
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
