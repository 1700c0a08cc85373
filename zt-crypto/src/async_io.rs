//! Messages to and from tokio's readers and writers. Cargo feature `tokio`.
//!
//! The functions of [`io`](crate::io), awaited. They need no runtime of their own and start no
//! thread: sealing a chunk takes tens of microseconds between two points where they wait.

use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

use crate::decryptor::{Decryptor, HeaderReader};
use crate::encryptor::Encryptor;
use crate::error::{Error, IoError};
use crate::header::Header;
use crate::io::Decrypting;

/// How many bytes are read at a time.
const CHUNK: usize = 64 * 1024;

/// Seals everything that `source` gives into `sink`. `progress` gets the number of bytes done so far.
///
/// Returns the number of plaintext bytes.
///
/// # Errors
/// When reading, writing or sealing fails. What `sink` holds then is not a message.
///
/// ```
/// # ::tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use zt_crypto::{Client, EncryptionContext, HeaderReader, RawAesKeyring, async_io};
/// let client = Client::builder(RawAesKeyring::new("my-app", "k", &[7; 32])?).build()?;
/// let context = EncryptionContext::new();
/// let mut message = Vec::new();
/// async_io::encrypt(client.encryptor(&context)?, &b"secret"[..], &mut message, |_| {}).await?;
/// let mut plaintext = Vec::new();
/// let open = async |header| client.decryptor(header, &context);
/// let reader = HeaderReader::new(None);
/// async_io::decrypt(reader, open, &message[..], &mut plaintext, |_| {}).await?;
/// assert_eq!(plaintext, b"secret");
/// # Ok::<(), zt_crypto::Error>(())
/// # }).unwrap();
/// ```
pub async fn encrypt(
    mut encryptor: Encryptor,
    mut source: impl AsyncRead + Unpin,
    sink: &mut (impl AsyncWrite + Unpin + ?Sized),
    mut progress: impl FnMut(u64),
) -> Result<u64, Error> {
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    let mut out = Vec::new();
    let mut done = 0u64;
    loop {
        let len = read(&mut source, &mut chunk).await?;
        if len == 0 {
            break;
        }
        encryptor.push(chunk.get(..len).unwrap_or_default(), &mut out)?;
        write(sink, &mut out).await?;
        done = done.saturating_add(len as u64);
        progress(done);
    }
    encryptor.finish(&mut out)?;
    write(sink, &mut out).await?;
    flush(sink).await?;
    Ok(done)
}

/// Opens the message that `source` gives into `sink`. `open` gets the header and unwraps the key;
/// `progress` gets the number of message bytes done so far.
///
/// # Errors
/// When reading or writing fails, or the message is not authentic or not whole. `sink` may have
/// been given the start of the plaintext by then: **discard it**.
pub async fn decrypt(
    mut reader: HeaderReader,
    open: impl AsyncFnOnce(Header) -> Result<Decryptor, Error>,
    mut source: impl AsyncRead + Unpin,
    sink: &mut (impl AsyncWrite + Unpin + ?Sized),
    mut progress: impl FnMut(u64),
) -> Result<Decrypting, Error> {
    let mut chunk = vec![0; CHUNK];
    let (header, rest) = loop {
        let len = read(&mut source, &mut chunk).await?;
        if len == 0 {
            return Err(reader.cut_off().into());
        }
        if let Some(found) = reader.push(chunk.get(..len).unwrap_or_default())? {
            break found;
        }
    };
    let mut decryptor = open(header).await?;
    let mut out = Zeroizing::new(Vec::new());
    let mut done = decryptor.header_len().saturating_add(rest.len() as u64);
    decryptor.push(&rest, &mut out)?;
    loop {
        write(sink, &mut out).await?;
        progress(done);
        let len = read(&mut source, &mut chunk).await?;
        if len == 0 {
            break;
        }
        decryptor.push(chunk.get(..len).unwrap_or_default(), &mut out)?;
        done = done.saturating_add(len as u64);
    }
    let opened = Decrypting {
        encryption_context: decryptor.encryption_context().clone(),
        algorithm_suite: decryptor.algorithm_suite(),
    };
    decryptor.finish()?;
    flush(sink).await?;
    Ok(opened)
}

async fn read(source: &mut (impl AsyncRead + Unpin), chunk: &mut [u8]) -> Result<usize, Error> {
    Ok(source.read(chunk).await.map_err(|error| IoError::new("read the source", error))?)
}

async fn write(
    sink: &mut (impl AsyncWrite + Unpin + ?Sized),
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    sink.write_all(out).await.map_err(|error| IoError::new("write the sink", error))?;
    out.clear();
    Ok(())
}

async fn flush(sink: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Result<(), Error> {
    Ok(sink.flush().await.map_err(|error| IoError::new("write the sink", error))?)
}
