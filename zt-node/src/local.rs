//! The keyring in a key file.

use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use zt_crypto::{AnyKeyring, LocalKeyringOptions};

use crate::background::{Background, in_background};
use crate::error::failure;
use crate::keyring::Keyring;

/// A key file that is open.
#[napi]
#[derive(Debug)]
pub struct LocalKeyFile(Arc<zt_crypto::LocalKeyring>);

#[napi]
impl LocalKeyFile {
    /// Opens a key file in the background: Argon2id is slow on purpose.
    #[napi(ts_return_type = "Promise<LocalKeyFile>")]
    #[must_use]
    pub fn open(
        path: String,
        passphrase: Option<&[u8]>,
        create: bool,
    ) -> AsyncTask<Background<LocalKeyFile>> {
        let options = options(passphrase, create);
        in_background(move || Ok(Self(Arc::new(options.open(path)?))))
    }

    /// Opens a key file at once.
    ///
    /// # Errors
    /// When it cannot be opened.
    #[napi]
    pub fn open_now(path: String, passphrase: Option<&[u8]>, create: bool) -> Result<LocalKeyFile> {
        Ok(Self(Arc::new(options(passphrase, create).open(path).map_err(failure)?)))
    }

    /// Adds a key, which encrypts from now on. Gives its id.
    #[napi(ts_return_type = "Promise<string>")]
    #[must_use]
    pub fn rotate(&self) -> AsyncTask<Background<String>> {
        let keyring = Arc::clone(&self.0);
        in_background(move || keyring.rotate())
    }

    /// The keyring itself.
    #[napi]
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        Keyring::of(AnyKeyring::new(Arc::clone(&self.0)))
    }

    /// The key that encrypts.
    #[napi(getter)]
    #[must_use]
    pub fn active_key_id(&self) -> String {
        self.0.active_key_id()
    }

    /// All keys.
    #[napi(getter)]
    #[must_use]
    pub fn key_ids(&self) -> Vec<String> {
        self.0.key_ids()
    }
}

fn options(passphrase: Option<&[u8]>, create: bool) -> LocalKeyringOptions {
    let options = zt_crypto::LocalKeyring::options().create(create);
    match passphrase {
        Some(passphrase) => options.passphrase(passphrase),
        None => options,
    }
}
