//! From a manifest's descriptions of keys to keyrings.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zt_crypto::{
    HierarchicalKeyring, OfflineKeyring, OfflineMultiKeyring, RawAesKeyring, RawEcdhKeyring,
    RawRsaKeyring, RsaPadding, StaticBranchKeys,
};

use crate::Case;

/// The keys of one folder.
pub(crate) struct Keys(Value);

impl Keys {
    pub(crate) fn new(file: &Value) -> Self {
        Self(file["keys"].clone())
    }

    /// A keyring over all of a case's keys.
    pub(crate) fn keyring(&self, case: &Case) -> OfflineMultiKeyring {
        let descriptions = match case.field("master-keys") {
            Value::Array(keys) => keys.clone(),
            _ => vec![case.field("decryptKeyDescription").clone()],
        };
        let keyrings: Vec<_> =
            descriptions.iter().flat_map(|description| self.described(description)).collect();
        OfflineMultiKeyring::without_generator(keyrings).unwrap()
    }

    fn described(&self, description: &Value) -> Vec<Arc<dyn OfflineKeyring>> {
        match description["type"].as_str().unwrap() {
            "raw" if description["encryption-algorithm"] == "aes" => {
                vec![Arc::new(self.raw_aes(description))]
            }
            "raw" => vec![Arc::new(self.raw_rsa(description))],
            "multi-keyring" => {
                let children = description["childKeyrings"].as_array().into_iter().flatten();
                let all = description.get("generator").into_iter().chain(children);
                all.flat_map(|description| self.described(description)).collect()
            }
            "raw-ecdh" => vec![Arc::new(self.raw_ecdh(description))],
            "aws-kms-hierarchy" => vec![Arc::new(self.hierarchical(description))],
            "required-encryption-context-cmm" => self.described(&description["underlying"]),
            other => panic!("no keyring for {other}"),
        }
    }

    fn raw_ecdh(&self, description: &Value) -> RawEcdhKeyring {
        let key = &self.0[description["recipient"].as_str().unwrap()];
        let text = |field: &str| key[field].as_str().unwrap();
        match description["schema"].as_str().unwrap() {
            "discovery" => RawEcdhKeyring::discovery(text("recipient-material")).unwrap(),
            _ => {
                // The public key of the recipient stands in base64 of DER.
                let der = text("recipient-material-public-key").as_bytes();
                let lines: Vec<_> =
                    der.chunks(64).map(str::from_utf8).map(Result::unwrap).collect();
                let der = lines.join("\n");
                let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----");
                RawEcdhKeyring::static_static(text("sender-material"), &pem).unwrap()
            }
        }
    }

    fn hierarchical(&self, description: &Value) -> HierarchicalKeyring<StaticBranchKeys> {
        let key = &self.0[description["key"].as_str().unwrap()];
        let text = |field: &str| key[field].as_str().unwrap();
        let branch_key = STANDARD.decode(text("branchKey")).unwrap();
        let keys = StaticBranchKeys::new();
        let version = text("branchKeyVersion").parse().unwrap();
        keys.insert(text("key-id"), version, &branch_key).unwrap();
        HierarchicalKeyring::new(keys, text("key-id"), Duration::from_secs(60)).unwrap()
    }

    fn raw_rsa(&self, description: &Value) -> RawRsaKeyring {
        let key = &self.0[description["key"].as_str().unwrap()];
        let padding = match (&description["padding-algorithm"], &description["padding-hash"]) {
            (Value::String(pkcs1), _) if pkcs1 == "pkcs1" => "PKCS1".to_owned(),
            (_, hash) => format!("OAEP_{}", hash.as_str().unwrap().to_uppercase()),
        };
        let padding = RsaPadding::from_name(&padding).unwrap();
        let namespace = description["provider-id"].as_str().unwrap();
        let material = key["material"].as_str().unwrap();
        let keyring = RawRsaKeyring::builder(namespace, key["key-id"].as_str().unwrap(), padding);
        match key["type"] == "private" {
            true => keyring.private_key_pem(material).build().unwrap(),
            false => keyring.public_key_pem(material).build().unwrap(),
        }
    }

    fn raw_aes(&self, description: &Value) -> RawAesKeyring {
        let key = &self.0[description["key"].as_str().unwrap()];
        let material = STANDARD.decode(key["material"].as_str().unwrap()).unwrap();
        let namespace = description["provider-id"].as_str().unwrap();
        RawAesKeyring::new(namespace, key["key-id"].as_str().unwrap(), &material).unwrap()
    }
}
