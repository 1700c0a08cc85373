//! The official known answers for key commitment: the data key is given, so every provider works.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zt_crypto::{
    Client, DataKey, DecryptionMaterials, EncryptionContext, EncryptionMaterials, Error,
    KeyringError, OfflineKeyring,
};

use crate::{read_json, testdata};

/// Unwraps nothing: it holds the data key.
#[derive(Debug)]
struct Known(DataKey);

impl OfflineKeyring for Known {
    fn on_encrypt(&self, _: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        Err(KeyringError::CannotEncrypt("the known key", "it only decrypts").into())
    }

    fn on_decrypt(&self, _: &DecryptionMaterials) -> Result<DataKey, Error> {
        Ok(self.0.duplicate())
    }
}

fn bytes(test: &Value, field: &str) -> Vec<u8> {
    STANDARD.decode(test[field].as_str().unwrap()).unwrap()
}

#[test]
fn known_answers() {
    let file = testdata().join("commitment-kat/commitment_known_answer_tests.json");
    let tests = read_json(&file)["tests"].as_array().unwrap().clone();
    let (mut opened, mut refused) = (0, 0);
    for test in tests {
        let message = bytes(&test, "ciphertext");
        let data_key = DataKey::take(&mut bytes(&test, "decrypted-dek"));
        let client = Client::builder(Known(data_key)).build().unwrap();
        let comment = &test["comment"];
        let result = client.decrypt(&message, &EncryptionContext::new());
        if test["status"] == true {
            let frames = test["plaintext-frames"].as_array().unwrap();
            let expected: String = frames.iter().map(|frame| frame.as_str().unwrap()).collect();
            assert_eq!(*result.unwrap().plaintext, expected.as_bytes(), "{comment}");
            opened += 1;
        } else {
            assert!(matches!(result, Err(Error::Decrypt(_))), "{comment}: {result:?}");
            refused += 1;
        }
    }
    assert_eq!((opened, refused), (20, 4));
}
