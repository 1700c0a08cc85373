//! The file of a local keyring: what it holds, how it is protected, and how it is replaced.
//!
//! It is JSON. Without a passphrase the keys stand in it in the clear and the file's permissions
//! protect them. With one, everything but what it takes to derive the file's key (Argon2id,
//! RFC 9106) is sealed with AES-256-GCM, which authenticates those parameters too.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use zeroize::{Zeroize, Zeroizing};

use crate::aead::{AeadKey, IV_LEN, TAG_LEN};
use crate::error::{Error, KeyFileProblem, KeyringError};
use crate::random;
use crate::secret::DataKey;

/// The keys of a file, and which of them encrypts.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) active: String,
    pub(super) keys: Vec<(String, DataKey)>,
}

/// Where a key file is, and what protects it.
pub(super) struct KeyFile {
    path: PathBuf,
    passphrase: Option<Zeroizing<Vec<u8>>>,
    cost: Cost,
}

/// What it costs to try a passphrase: KiB of memory, passes, lanes.
pub(super) type Cost = (u32, u32, u32);

/// RFC 9106, section 4, second recommended option: 64 MiB, three passes, four lanes.
pub(super) const RECOMMENDED_COST: Cost = (64 * 1024, 3, 4);

/// Length of a wrapping key in bytes.
pub(super) const KEY_LEN: usize = 32;
/// A key file is a few hundred bytes; one with ten thousand keys is below this.
const LONGEST_FILE: u64 = 1 << 20;
const FORMAT: &str = "zt key file";
const SALT_LEN: usize = 16;

/// The file as it stands on disk.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    format: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<Keys>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    protected: Option<Protected>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    active: String,
    all: Vec<Key>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: String,
    /// Base64.
    key: Zeroizing<String>,
}

/// What it takes to open a protected file. All of it but the ciphertext is authenticated.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Protected {
    #[serde(flatten)]
    argon2id: Argon2id,
    /// Base64.
    iv: String,
    /// Base64, tag included.
    ciphertext: String,
}

#[derive(Clone, Deserialize, Serialize)]
struct Argon2id {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
    /// Base64.
    salt: String,
}

impl Argon2id {
    /// A new salt.
    fn new((memory_kib, iterations, parallelism): Cost) -> Result<Self, Error> {
        let mut salt = [0; SALT_LEN];
        random::fill(&mut salt)?;
        let salt = STANDARD.encode(salt);
        Ok(Self { memory_kib, iterations, parallelism, salt })
    }

    /// Checks the parameters before any memory is taken for them: they come from the file.
    fn derive(&self, passphrase: &[u8]) -> Result<AeadKey, KeyFileProblem> {
        let Self { memory_kib, iterations, parallelism, salt } = self;
        let bounded = (8 * 1024..=1024 * 1024).contains(memory_kib)
            && (1..=16).contains(iterations)
            && (1..=16).contains(parallelism);
        if !bounded {
            return Err(malformed(
                "Argon2id parameters are out of bounds: expected 8192 to 1048576 KiB, 1 to 16 \
                 passes, 1 to 16 lanes",
            ));
        }
        let salt = decode(salt).filter(|salt| salt.len() == SALT_LEN);
        let salt = salt.ok_or_else(|| malformed("the salt is not 16 bytes of base64"))?;
        let params = Params::new(*memory_kib, *iterations, *parallelism, Some(KEY_LEN));
        let params = params.map_err(|error| malformed(&error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0; KEY_LEN]);
        argon2
            .hash_password_into(passphrase, &salt, key.as_mut_slice())
            .map_err(|error| malformed(&error.to_string()))?;
        AeadKey::new(key.as_slice()).ok_or_else(|| malformed("the derived key is unusable"))
    }

    /// What the ciphertext is bound to.
    fn aad(&self) -> String {
        let Self { memory_kib, iterations, parallelism, salt } = self;
        format!("{FORMAT}\n1\n{memory_kib}\n{iterations}\n{parallelism}\n{salt}")
    }
}

impl KeyFile {
    pub(super) fn new(path: PathBuf, passphrase: Option<Zeroizing<Vec<u8>>>, cost: Cost) -> Self {
        Self { path, passphrase, cost }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file; `None` when there is none.
    pub(super) fn read(&self) -> Result<Option<Content>, Error> {
        let text = match self.read_bytes() {
            Ok(text) => text,
            Err(KeyFileProblem::NotFound) => return Ok(None),
            Err(problem) => return Err(self.error(problem)),
        };
        self.parse(&text).map(Some).map_err(|problem| self.error(problem))
    }

    /// Reads the file, changes what it holds, and replaces it at once. Others who do the same wait:
    /// nothing of what they write is lost.
    pub(super) fn update(
        &self,
        change: impl FnOnce(Option<Content>) -> Result<Content, Error>,
    ) -> Result<Content, Error> {
        let lock = self.lock().map_err(|error| self.error(error.into()))?;
        let content = change(self.read()?)?;
        let written = self
            .serialize(&content)
            .and_then(|text| match text.len() as u64 {
                len if len <= LONGEST_FILE => Ok(text),
                // It could be written, but not read any more.
                _ => Err(self.error(KeyFileProblem::Full)),
            })
            .and_then(|text| self.replace(&text).map_err(|error| self.error(error.into())));
        drop(lock);
        written.map(|()| content)
    }

    pub(super) fn error(&self, problem: KeyFileProblem) -> Error {
        KeyringError::key_file(&self.path, problem).into()
    }

    fn read_bytes(&self) -> Result<Zeroizing<Vec<u8>>, KeyFileProblem> {
        let mut options = OpenOptions::new();
        options.read(true);
        platform::refuse_links(&mut options);
        let file =
            options.open(&self.path).map_err(|error| platform::open_problem(&self.path, error))?;
        // What was opened is checked, not what the name stands for a moment later.
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(KeyFileProblem::NotRegular);
        }
        platform::check_permissions(&metadata)?;
        if metadata.len() > LONGEST_FILE {
            return Err(malformed("it is longer than 1 MiB"));
        }
        // Room for all of it at once: growing would leave copies behind.
        let capacity = usize::try_from(metadata.len()).unwrap_or(0) + 1;
        let mut text = Zeroizing::new(Vec::with_capacity(capacity));
        file.take(LONGEST_FILE).read_to_end(&mut text)?;
        Ok(text)
    }

    fn parse(&self, text: &[u8]) -> Result<Content, KeyFileProblem> {
        let envelope: Envelope =
            serde_json::from_slice(text).map_err(|error| malformed(&error.to_string()))?;
        if envelope.format != FORMAT || envelope.version != 1 {
            return Err(malformed("expected `zt key file`, version 1"));
        }
        match (envelope.keys, envelope.protected, &self.passphrase) {
            (Some(keys), None, None) => Content::from_json(keys),
            (Some(_), None, Some(_)) => Err(KeyFileProblem::NotProtected),
            (None, Some(_), None) => Err(KeyFileProblem::PassphraseNeeded),
            (None, Some(protected), Some(passphrase)) => {
                let text = protected.open(passphrase)?;
                let keys =
                    serde_json::from_slice(&text).map_err(|error| malformed(&error.to_string()))?;
                Content::from_json(keys)
            }
            _ => Err(malformed("expected either `keys` or `protected`")),
        }
    }

    fn serialize(&self, content: &Content) -> Result<Zeroizing<Vec<u8>>, Error> {
        let keys = content.to_json();
        let (keys, protected) = match &self.passphrase {
            None => (Some(keys), None),
            Some(passphrase) => {
                let text = to_json(&keys).map_err(|error| self.error(error.into()))?;
                (None, Some(Protected::seal(&text, passphrase, self.cost)?))
            }
        };
        let envelope = Envelope { format: FORMAT.to_owned(), version: 1, keys, protected };
        to_json(&envelope).map_err(|error| self.error(error.into()))
    }

    /// Puts `text` under the file's name: all of it or nothing.
    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        // `tempfile` makes files that only their owner may read.
        let mut temporary = NamedTempFile::new_in(folder)?;
        temporary.write_all(text)?;
        temporary.as_file().sync_all()?;
        temporary.persist(&self.path).map_err(|error| error.error)?;
        platform::sync_folder(folder)
    }

    fn lock(&self) -> io::Result<File> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".lock");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        platform::private(&mut options);
        platform::refuse_links(&mut options);
        let file = options.open(name)?;
        file.lock()?;
        Ok(file)
    }
}

impl Protected {
    fn seal(text: &[u8], passphrase: &[u8], cost: Cost) -> Result<Self, Error> {
        let argon2id = Argon2id::new(cost)?;
        let unusable = |problem: KeyFileProblem| KeyringError::Invalid(problem.to_string());
        let key = argon2id.derive(passphrase).map_err(unusable)?;
        let mut iv = [0; IV_LEN];
        random::fill(&mut iv)?;
        let mut sealed = vec![0; text.len() + TAG_LEN];
        let (ciphertext, tag) = sealed.split_at_mut(text.len());
        key.seal(iv, argon2id.aad().as_bytes(), text, ciphertext, tag)
            .map_err(|_| KeyringError::Invalid("the key file could not be sealed".to_owned()))?;
        Ok(Self { argon2id, iv: STANDARD.encode(iv), ciphertext: STANDARD.encode(sealed) })
    }

    fn open(&self, passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyFileProblem> {
        let iv = decode(&self.iv).and_then(|iv| iv.as_slice().try_into().ok());
        let iv: [u8; IV_LEN] = iv.ok_or_else(|| malformed("the IV is not 12 bytes of base64"))?;
        let sealed = decode(&self.ciphertext);
        let sealed = sealed.ok_or_else(|| malformed("the ciphertext is not base64"))?;
        let split = sealed.len().checked_sub(TAG_LEN).ok_or(KeyFileProblem::NotAuthentic)?;
        let (ciphertext, tag) = sealed.split_at(split);
        let key = self.argon2id.derive(passphrase)?;
        let mut text = Zeroizing::new(vec![0; ciphertext.len()]);
        key.open(iv, self.argon2id.aad().as_bytes(), ciphertext, tag, &mut text)
            .map_err(|_| KeyFileProblem::NotAuthentic)?;
        Ok(text)
    }
}

impl Content {
    fn from_json(json: Keys) -> Result<Self, KeyFileProblem> {
        let mut keys = Vec::with_capacity(json.all.len());
        for Key { id, key } in json.all {
            let bytes = decode(&key).filter(|bytes| bytes.len() == KEY_LEN);
            let bytes = bytes.ok_or_else(|| malformed("a key is not 32 bytes of base64"))?;
            if id.is_empty() || keys.iter().any(|(known, _)| *known == id) {
                return Err(malformed("key ids are empty or not unique"));
            }
            keys.push((id, DataKey::from(bytes)));
        }
        if keys.iter().any(|(id, _)| *id == json.active) {
            Ok(Self { active: json.active, keys })
        } else {
            Err(malformed("the active key is not among the keys"))
        }
    }

    fn to_json(&self) -> Keys {
        let encode = |key: &DataKey| Zeroizing::new(STANDARD.encode(key.expose()));
        let all = self.keys.iter().map(|(id, key)| Key { id: id.clone(), key: encode(key) });
        Keys { active: self.active.clone(), all: all.collect() }
    }
}

/// JSON in a buffer that wipes itself; it is measured first so that it need not grow.
fn to_json(value: &impl Serialize) -> io::Result<Zeroizing<Vec<u8>>> {
    struct Length(usize);
    impl Write for Length {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut length = Length(0);
    serde_json::to_writer_pretty(&mut length, value)?;
    let mut text = Zeroizing::new(Vec::with_capacity(length.0 + 1));
    serde_json::to_writer_pretty(&mut *text, value)?;
    text.push(b'\n');
    Ok(text)
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; text.len()]);
    let len = STANDARD.decode_slice(text, &mut bytes).ok()?;
    bytes.get_mut(len..)?.zeroize();
    bytes.truncate(len);
    Some(bytes)
}

fn malformed(message: &str) -> KeyFileProblem {
    KeyFileProblem::Malformed(message.to_owned())
}

/// Permissions and links, where the operating system has them.
#[cfg(unix)]
mod platform {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    use crate::error::KeyFileProblem;

    pub(super) fn refuse_links(options: &mut OpenOptions) {
        // Without `O_NONBLOCK`, opening a pipe would wait for its other end.
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC);
    }

    pub(super) fn private(options: &mut OpenOptions) {
        options.mode(0o600);
    }

    pub(super) fn open_problem(_: &Path, error: io::Error) -> KeyFileProblem {
        match error.raw_os_error() {
            Some(libc::ELOOP) => KeyFileProblem::NotRegular,
            Some(libc::ENOENT) => KeyFileProblem::NotFound,
            _ => KeyFileProblem::Io(error),
        }
    }

    pub(super) fn check_permissions(metadata: &Metadata) -> Result<(), KeyFileProblem> {
        match metadata.permissions().mode() & 0o777 {
            mode if mode & 0o077 == 0 => Ok(()),
            mode => Err(KeyFileProblem::Permissions(mode)),
        }
    }

    pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs::{Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    use crate::error::KeyFileProblem;

    pub(super) fn refuse_links(_: &mut OpenOptions) {}

    pub(super) fn private(_: &mut OpenOptions) {}

    pub(super) fn open_problem(_: &Path, error: io::Error) -> KeyFileProblem {
        match error.kind() {
            io::ErrorKind::NotFound => KeyFileProblem::NotFound,
            _ => KeyFileProblem::Io(error),
        }
    }

    pub(super) fn check_permissions(_: &Metadata) -> Result<(), KeyFileProblem> {
        Ok(())
    }

    pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }
}
