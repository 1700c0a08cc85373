//! Key files: no bytes panic, take more memory than the format admits, or open half.
#![no_main]

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tempfile::TempDir;
use zt_crypto::{Client, EncryptionContext, LocalKeyring};

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    tempfile::tempdir_in(folder).expect("a folder for files")
});

fuzz_target!(|data: &[u8]| {
    let path = FOLDER.path().join("keys.json");
    let mut file = File::create(&path).expect("a new file");
    file.set_permissions(PermissionsExt::from_mode(0o600)).expect("our own file");
    file.write_all(data).expect("room for a file");
    drop(file);
    let mut options = LocalKeyring::options();
    if is_cheap(data) {
        options = options.passphrase(b"correct horse");
    }
    if let Ok(keyring) = options.open(&path) {
        assert!(keyring.key_ids().contains(&keyring.active_key_id()));
        let client = Client::builder(keyring).build().expect("the settings are the default");
        let context = EncryptionContext::new();
        let message = client.encrypt(b"secret", &context).expect("it has an active key");
        assert_eq!(*client.decrypt(&message, &context).expect("it is our own").plaintext, b"secret");
    }
});

/// Whether trying a passphrase takes milliseconds. The format admits a gigabyte and sixteen passes:
/// fuzzing that would find nothing but that it takes its time.
fn is_cheap(data: &[u8]) -> bool {
    let Ok(json) = serde_json::from_slice::<Value>(data) else { return false };
    let number = |name: &str| json.pointer(&format!("/protected/{name}")).and_then(Value::as_u64);
    // Out of bounds is cheap: it is refused before any memory is taken.
    let small = |name, most| number(name).is_none_or(|number| number <= most || number > 1 << 20);
    json.get("protected").is_some() && small("memory_kib", 8192) && small("iterations", 1)
}
