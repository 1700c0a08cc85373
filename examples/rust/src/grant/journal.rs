//! The file of a journal: only its owner can read it, and every line is on disk before the run goes on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// An open journal. Nobody else's until it is closed.
pub(crate) struct JournalFile {
    file: File,
    text: String,
}

impl JournalFile {
    /// A new one.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = Self::opened(options.open(path), path)?;
        // Its name is on disk when its folder is; Windows cannot open folders.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
            folder.sync_all()?;
        }
        Ok(opened)
    }

    /// One that is there.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Self::opened(OpenOptions::new().read(true).write(true).open(path), path)
    }

    fn opened(file: std::io::Result<File>, path: &Path) -> Result<Self> {
        let mut file = file.with_context(|| path.display().to_string())?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            bail!("journal: expected one that no run has open, found one that is in use");
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        // A line that was cut off need not be text.
        Ok(Self { file, text: String::from_utf8_lossy(&bytes).into_owned() })
    }

    /// What was in it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Removes a line that was cut off.
    pub(crate) fn cut(&mut self, length: usize) -> Result<()> {
        self.file.set_len(length.try_into()?)?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    pub(crate) fn append(&mut self, line: &str) -> Result<()> {
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        Ok(())
    }
}
