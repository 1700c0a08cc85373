//! Messages that others wrote: each gives its documented result.
//!
//! The data and where it comes from: `testdata/esdk/README.md`.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use zt_crypto::{Client, CommitmentPolicy, Decrypted, EncryptionContext, Error, OfflineKeyring};

mod commitment;
mod keys;

use keys::Keys;

/// One case of a manifest.
struct Case {
    name: String,
    folder: PathBuf,
    body: Value,
}

impl Case {
    /// Version 5 manifests put the case one level down.
    fn field(&self, name: &str) -> &Value {
        match self.body.get("decryption-scenario") {
            Some(scenario) => &scenario[name],
            None => &self.body[name],
        }
    }

    fn file(&self, uri: &Value) -> Vec<u8> {
        let uri = uri.as_str().unwrap().strip_prefix("file://").unwrap();
        fs::read(self.folder.join(uri)).unwrap()
    }

    fn message(&self) -> Vec<u8> {
        self.file(self.field("ciphertext"))
    }

    fn plaintext(&self) -> Vec<u8> {
        match self.field("result") {
            uri @ Value::String(_) => self.file(uri),
            result => self.file(&result["output"]["plaintext"]),
        }
    }

    /// Pairs that the header does not hold, which the reader has to give.
    fn reproduced(&self) -> EncryptionContext {
        let pairs = match self.field("reproduced-encryption-context") {
            Value::Null if self.body["cmm"] == "RequiredEncryptionContext" => {
                self.field("encryption-context")
            }
            pairs => pairs,
        };
        let pairs = pairs.as_object().into_iter().flatten();
        pairs.map(|(key, value)| (key.as_str(), value.as_str().unwrap())).collect()
    }

    fn decrypt(&self, keyring: impl OfflineKeyring) -> Result<Decrypted, Error> {
        let policy = CommitmentPolicy::RequireEncryptAllowDecrypt;
        let client = Client::builder(keyring).commitment_policy(policy).build()?;
        client.decrypt(&self.message(), &self.reproduced())
    }
}

fn cases(folder: &str) -> (Keys, Vec<Case>) {
    let folder = testdata().join(folder);
    let manifest = read_json(&folder.join("manifest.json"));
    let keys = Keys::new(&read_json(&folder.join("keys.json")));
    let tests: BTreeMap<String, Value> = serde_json::from_value(manifest["tests"].clone()).unwrap();
    let cases = tests.into_iter().map(|(name, body)| Case { name, folder: folder.clone(), body });
    (keys, cases.collect())
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/esdk")
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Every case has to open, and how many there are is known.
fn must_decrypt(folder: &str, expected: usize) {
    let (keys, cases) = cases(folder);
    let mut opened = 0;
    for case in cases {
        let keyring = keys.keyring(&case);
        let decrypted = case.decrypt(keyring);
        let decrypted = decrypted.unwrap_or_else(|error| panic!("{folder}/{}: {error}", case.name));
        assert!(*decrypted.plaintext == case.plaintext(), "{folder}/{}", case.name);
        opened += 1;
    }
    assert_eq!(opened, expected, "cases opened in {folder}");
}

/// Every case has to be refused, and how many there are is known.
fn must_refuse(folder: &str, expected: usize) {
    let (keys, cases) = cases(folder);
    let mut refused = 0;
    for case in cases {
        let keyring = keys.keyring(&case);
        let result = case.decrypt(keyring);
        assert!(matches!(result, Err(Error::Decrypt(_))), "{folder}/{}: {result:?}", case.name);
        refused += 1;
    }
    assert_eq!(refused, expected, "cases refused in {folder}");
}

#[test]
fn written_by_the_python_sdk() {
    must_decrypt("py-4.0.7", 149);
}

#[test]
fn written_by_the_dafny_sdk() {
    must_decrypt("esdk-4.1.0-dafny", 150);
}

#[test]
fn written_by_this_library_in_three_languages() {
    must_decrypt("zt-0.1.0", 21);
}

#[test]
fn written_by_the_net_sdk() {
    must_decrypt("net-4.0.1", 51);
}

#[test]
fn written_by_the_first_net_sdk_and_valid() {
    must_decrypt("net-4.0.0-valid", 4);
}

#[test]
fn written_by_the_first_net_sdk_and_invalid() {
    must_refuse("net-4.0.0-must-fail", 14);
}

#[test]
fn altered_or_cut_off() {
    must_refuse("mutated-must-fail", 323);
}
