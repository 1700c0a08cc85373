//! The key file: what it protects, what it refuses, and that nothing is lost.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use tempfile::TempDir;
use zt_crypto::{
    Client, EncryptionContext, Error, LocalKeyring, LocalKeyringOptions, RawAesKeyring, inspect,
};

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    (folder, path)
}

/// The lowest cost that is accepted, so that many openings take little time.
fn cheap() -> LocalKeyringOptions {
    LocalKeyring::options().passphrase(b"correct horse").passphrase_cost(8192, 1, 1)
}

fn seal(keyring: LocalKeyring) -> Vec<u8> {
    let client = Client::builder(keyring).build().unwrap();
    client.encrypt(b"secret", &EncryptionContext::new()).unwrap()
}

fn open(keyring: LocalKeyring, message: &[u8]) -> Result<Vec<u8>, Error> {
    let client = Client::builder(keyring).build()?;
    Ok(client.decrypt(message, &EncryptionContext::new())?.plaintext.to_vec())
}

fn write(path: &Path, bytes: &[u8]) {
    // Writing over it keeps its permissions.
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_file_is_made_once_and_opened_after() {
    let (_folder, path) = folder();
    let error = LocalKeyring::open(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("key file `{}`: not found: create it with `create`", path.display())
    );
    let message = seal(LocalKeyring::options().create(true).open(&path).unwrap());
    let again = LocalKeyring::options().create(true).open(&path).unwrap();
    assert_eq!(open(again, &message).unwrap(), b"secret");
    assert_eq!(open(LocalKeyring::open(&path).unwrap(), &message).unwrap(), b"secret");
}

#[test]
fn another_sdk_needs_only_namespace_name_and_key() {
    use base64::Engine;
    let (_folder, path) = folder();
    let message = seal(LocalKeyring::options().create(true).open(&path).unwrap());
    let json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let key = json.pointer("/keys/all/0").unwrap();
    let text = |field: &str| key.get(field).unwrap().as_str().unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text("key")).unwrap();
    let raw = RawAesKeyring::new("zt-local", text("id"), &bytes).unwrap();
    let client = Client::builder(raw).build().unwrap();
    let opened = client.decrypt(&message, &EncryptionContext::new()).unwrap();
    assert_eq!(*opened.plaintext, b"secret");
}

#[test]
fn rotation_opens_old_messages_and_is_seen_by_others() {
    let (_folder, path) = folder();
    let first = LocalKeyring::options().create(true).open(&path).unwrap();
    let stale = LocalKeyring::open(&path).unwrap();
    let old_id = first.active_key_id();
    let new_id = first.rotate().unwrap();
    assert_ne!(old_id, new_id);
    assert_eq!(first.key_ids(), [old_id.clone(), new_id.clone()]);
    assert_eq!(first.active_key_id(), new_id);
    let old_message = seal(LocalKeyring::open(&path).unwrap());
    let message = seal(first);
    let name = inspect(&message).unwrap().encrypted_data_keys.remove(0).key_name();
    assert_eq!(name, format!("zt-local/{new_id}"));
    assert_eq!(stale.key_ids(), [old_id]);
    let client = Client::builder(stale).build().unwrap();
    for message in [&message, &old_message] {
        assert_eq!(
            *client.decrypt(message, &EncryptionContext::new()).unwrap().plaintext,
            b"secret"
        );
    }
    assert_eq!(client.keyring().key_ids().len(), 2);
}

#[test]
fn a_stranger_s_message_is_named() {
    let ((_one, one), (_two, two)) = (folder(), folder());
    let message = seal(LocalKeyring::options().create(true).open(one).unwrap());
    let other = LocalKeyring::options().create(true).open(two).unwrap();
    let id = other.active_key_id();
    let error = open(other, &message).unwrap_err().to_string();
    assert!(error.ends_with(&format!("configured: `zt-local/{id}`")), "{error}");
}

#[test]
fn passphrases() {
    let (_folder, path) = folder();
    let message = seal(cheap().create(true).open(&path).unwrap());
    assert_eq!(open(cheap().open(&path).unwrap(), &message).unwrap(), b"secret");
    let rotated = cheap().open(&path).unwrap();
    rotated.rotate().unwrap();
    assert_eq!(open(rotated, &message).unwrap(), b"secret");

    let problem = |error: Error| error.to_string().rsplit_once("`: ").unwrap().1.to_owned();
    let wrong = LocalKeyring::options().passphrase(b"wrong").open(&path).unwrap_err();
    assert_eq!(problem(wrong), "wrong passphrase, or the file was altered");
    let none = LocalKeyring::open(&path).unwrap_err();
    assert_eq!(problem(none), "is protected: give its passphrase");
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("active") && !text.contains("\"key\""), "{text}");

    let (_folder, open_path) = folder();
    LocalKeyring::options().create(true).open(&open_path).unwrap();
    let error = cheap().open(&open_path).unwrap_err();
    assert!(problem(error).starts_with("is not protected: a passphrase was given"));
}

#[test]
fn every_altered_byte_of_a_protected_file_is_refused() {
    let (_folder, path) = folder();
    let keyring = cheap().create(true).open(&path).unwrap();
    let id = keyring.active_key_id();
    let file = fs::read(&path).unwrap();
    for index in 0..file.len() {
        let mut altered = file.clone();
        *altered.get_mut(index).unwrap() ^= 1;
        write(&path, &altered);
        // White space between the elements has no meaning; everything else is refused.
        match cheap().open(&path) {
            Ok(opened) => {
                assert_eq!(opened.active_key_id(), id);
                assert!(altered.get(index).unwrap().is_ascii_whitespace(), "byte {index}");
            }
            Err(error) => assert_eq!(error.code(), "KEY_FILE"),
        }
    }
    for len in 0..file.len() - 1 {
        write(&path, file.get(..len).unwrap());
        assert_eq!(cheap().open(&path).unwrap_err().code(), "KEY_FILE");
    }
}

#[test]
fn argon2_parameters_are_bounded_before_memory_is_taken() {
    let (_folder, path) = folder();
    cheap().create(true).open(&path).unwrap();
    let file = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("\"memory_kib\": 8192", "\"memory_kib\": 4294967295"),
        ("\"memory_kib\": 8192", "\"memory_kib\": 8"),
        ("\"iterations\": 1", "\"iterations\": 4294967295"),
        ("\"iterations\": 1", "\"iterations\": 0"),
        ("\"parallelism\": 1", "\"parallelism\": 16777215"),
    ] {
        assert!(file.contains(from), "{file}");
        write(&path, file.replace(from, to).as_bytes());
        let error = cheap().open(&path).unwrap_err().to_string();
        assert!(error.contains("Argon2id parameters are out of bounds"), "{error}");
    }
    let error = LocalKeyring::options().passphrase(b"x").passphrase_cost(1, 1, 1);
    let (_folder, path) = self::folder();
    assert!(error.create(true).open(&path).is_err());
    assert!(!path.exists());
}

#[cfg(unix)]
#[test]
fn permissions_links_and_folders() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, path) = folder();
    LocalKeyring::options().create(true).open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for mode in [0o644, 0o660, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = LocalKeyring::open(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("permissions are {mode:o}, expected 600")), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    for not_a_file in [link.as_path(), folder.path()] {
        let error = LocalKeyring::options().create(true).open(not_a_file).unwrap_err().to_string();
        assert!(error.contains("is not a regular file: symbolic links are refused"), "{error}");
    }
}

#[test]
fn a_full_file_stays_as_it_is() {
    let (_folder, path) = folder();
    let keyring = LocalKeyring::options().create(true).open(&path).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let len = |json: &serde_json::Value| serde_json::to_vec_pretty(json).unwrap().len();
    let one = len(&json);
    let add = |json: &mut serde_json::Value, number: usize| {
        let keys = json.pointer_mut("/keys/all").unwrap().as_array_mut().unwrap();
        let mut key = keys.first().unwrap().clone();
        *key.get_mut("id").unwrap() = format!("{number:032x}").into();
        keys.push(key);
    };
    add(&mut json, 0);
    let each = len(&json) - one;
    (1..((1 << 20) - one) / each - 3).for_each(|number| add(&mut json, number));
    write(&path, &serde_json::to_vec_pretty(&json).unwrap());
    let message = seal(LocalKeyring::open(&path).unwrap());
    let mut rotated = 0;
    let error = loop {
        match keyring.rotate() {
            Ok(_) => rotated += 1,
            Err(error) => break error,
        }
        assert!(rotated < 10);
    };
    assert!(error.to_string().contains("is full: start another"), "{error}");
    let still = LocalKeyring::open(&path).unwrap();
    assert_eq!(open(still, &message).unwrap(), b"secret");
}

#[test]
fn a_folder_that_is_not_there() {
    let (folder, _) = folder();
    let path = folder.path().join("no/such/keys.json");
    let error = LocalKeyring::options().create(true).open(path).unwrap_err();
    assert_eq!(error.code(), "KEY_FILE");
}

#[test]
fn no_key_is_printed() {
    let (_folder, path) = folder();
    let keyring = LocalKeyring::options().create(true).open(&path).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let key = json.pointer("/keys/all/0/key").unwrap().as_str().unwrap();
    let printed = format!("{keyring:?} {:?}", cheap());
    assert!(!printed.contains(key) && !printed.contains("horse"), "{printed}");
}

const CHILD: &str = "ZT_TEST_ROTATE";

/// Not a test of its own: what the processes of the next test do.
#[test]
fn rotate_in_a_child() {
    if let Some(path) = std::env::var_os(CHILD) {
        let keyring = LocalKeyring::options().create(true).open(path).unwrap();
        for _ in 0..5 {
            keyring.rotate().unwrap();
        }
    }
}

#[test]
fn processes_and_threads_at_once_lose_no_key() {
    let (_folder, path) = folder();
    let this = std::env::current_exe().unwrap();
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut child = Command::new(&this);
            child.args(["--exact", "rotate_in_a_child"]).env(CHILD, &path);
            child.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || {
                let keyring = LocalKeyring::options().create(true).open(&path).unwrap();
                let ids: Vec<_> = (0..5).map(|_| keyring.rotate().unwrap()).collect();
                // At every moment the file is whole.
                LocalKeyring::open(&path).unwrap();
                ids
            })
        })
        .collect();
    let ids: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let all = LocalKeyring::open(&path).unwrap().key_ids();
    assert_eq!(all.len(), 1 + 4 * 5 + 4 * 5);
    assert!(ids.iter().all(|id| all.contains(id)));
}

proptest! {
    #[test]
    fn no_file_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (_folder, path) = folder();
        LocalKeyring::options().create(true).open(&path).unwrap();
        write(&path, &bytes);
        prop_assert!(LocalKeyring::open(&path).is_err());
    }
}
