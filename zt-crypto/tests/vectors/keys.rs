//! From a manifest's descriptions of keys to keyrings.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zt_crypto::{OfflineKeyring, OfflineMultiKeyring, RawAesKeyring};

use crate::Case;

/// The keys of one folder.
pub(crate) struct Keys(Value);

impl Keys {
    pub(crate) fn new(file: &Value) -> Self {
        Self(file["keys"].clone())
    }

    /// A keyring over all of a case's keys that this library has a keyring for.
    pub(crate) fn keyring(&self, case: &Case) -> Option<OfflineMultiKeyring> {
        let descriptions = match case.field("master-keys") {
            Value::Array(keys) => keys.clone(),
            _ => vec![case.field("decryptKeyDescription").clone()],
        };
        let keyrings: Vec<_> =
            descriptions.iter().flat_map(|description| self.described(description)).collect();
        OfflineMultiKeyring::without_generator(keyrings).ok()
    }

    fn described(&self, description: &Value) -> Vec<Arc<dyn OfflineKeyring>> {
        match description["type"].as_str().unwrap() {
            "raw" if description["encryption-algorithm"] == "aes" => {
                vec![Arc::new(self.raw_aes(description))]
            }
            "multi-keyring" => {
                let children = description["childKeyrings"].as_array().into_iter().flatten();
                let all = description.get("generator").into_iter().chain(children);
                all.flat_map(|description| self.described(description)).collect()
            }
            "required-encryption-context-cmm" => self.described(&description["underlying"]),
            _ => Vec::new(),
        }
    }

    fn raw_aes(&self, description: &Value) -> RawAesKeyring {
        let key = &self.0[description["key"].as_str().unwrap()];
        let material = STANDARD.decode(key["material"].as_str().unwrap()).unwrap();
        let namespace = description["provider-id"].as_str().unwrap();
        RawAesKeyring::new(namespace, key["key-id"].as_str().unwrap(), &material).unwrap()
    }
}
