//! What raw keyrings share: names, and what to say when nothing opened.

use crate::error::{DecryptError, Error, KeyringError, NoMatchingKey};
use crate::materials::DecryptionMaterials;
use crate::secret::DataKey;

/// Namespace and name of a raw key, as they stand in messages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RawName {
    namespace: String,
    name: String,
}

impl RawName {
    pub(crate) fn new(namespace: String, name: String) -> Result<Self, KeyringError> {
        check("key namespace", &namespace)?;
        check("key name", &name)?;
        if namespace.starts_with("aws-kms") {
            return Err(KeyringError::ReservedNamespace(namespace));
        }
        Ok(Self { namespace, name })
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// The data key, or why there is none.
pub(crate) fn opened_or_not(
    opened: Option<DataKey>,
    matched: bool,
    name: &RawName,
    materials: &DecryptionMaterials,
) -> Result<DataKey, Error> {
    opened.ok_or_else(|| {
        if matched {
            DecryptError::NotAuthentic.into()
        } else {
            let configured = vec![format!("{}/{}", name.namespace, name.name)];
            let names = NoMatchingKey::new(materials.key_names(), configured);
            DecryptError::NoMatchingKey(names).into()
        }
    })
}

fn check(what: &str, name: &str) -> Result<(), KeyringError> {
    // The header gives a name 16 bits of length, and in the provider info of an AES keyring 20
    // bytes follow it.
    const LIMIT: usize = 65_535 - 20;
    match name.len() {
        0 => Err(KeyringError::Invalid(format!("{what} is empty"))),
        len if len > LIMIT => {
            Err(KeyringError::Invalid(format!("{what} is {len} bytes, the limit is {LIMIT}")))
        }
        _ => Ok(()),
    }
}
