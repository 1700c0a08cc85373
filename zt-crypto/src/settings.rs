//! What a client was told, and what follows from it for one message.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::client::DEFAULT_FRAME_LENGTH;
use crate::context::EncryptionContext;
use crate::engine::Engine;
use crate::error::{DecryptError, EncryptError, Error, KeyringError};
use crate::header::Header;
use crate::materials::{DecryptionMaterials, EncryptionMaterials, Finished};
use crate::message::{Sealer, hidden_context};
use crate::suite::{AlgorithmSuite, CommitmentPolicy};

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) suite: AlgorithmSuite,
    pub(crate) policy: CommitmentPolicy,
    pub(crate) frame_length: u32,
    pub(crate) max_encrypted_data_keys: Option<u16>,
    pub(crate) required_context: Arc<BTreeSet<String>>,
    pub(crate) engine: Engine,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            suite: AlgorithmSuite::default(),
            policy: CommitmentPolicy::default(),
            frame_length: DEFAULT_FRAME_LENGTH,
            max_encrypted_data_keys: None,
            required_context: Arc::default(),
            engine: Engine::default(),
        }
    }
}

impl Settings {
    /// What is refused of the caller's context, whether a data key is cached or not.
    pub(crate) fn check_context(&self, context: &EncryptionContext) -> Result<(), EncryptError> {
        match self.required_context.iter().find(|key| context.get(key).is_none()) {
            Some(missing) => Err(EncryptError::MissingContextKey(missing.clone())),
            None => context.check_for_encrypt(),
        }
    }

    /// Checks what the keyrings made.
    pub(crate) fn finish(&self, materials: EncryptionMaterials) -> Result<Finished, Error> {
        if materials.suite() != self.suite {
            let message = "the keyring gave back materials of another algorithm suite";
            return Err(KeyringError::Invalid(message.to_owned()).into());
        }
        materials.finish(self.max_encrypted_data_keys)
    }

    pub(crate) fn sealer(&self, finished: &Finished, bound: Option<u64>) -> Result<Sealer, Error> {
        let sealer = Sealer::new(
            self.suite,
            finished,
            &self.required_context,
            self.frame_length,
            self.engine,
        )?;
        Ok(match bound {
            Some(bytes) => sealer.up_to(bytes),
            None => sealer,
        })
    }

    /// What the keyrings get, and the pairs that the header does not hold.
    pub(crate) fn decryption_materials(
        &self,
        header: &Header,
        context: &EncryptionContext,
    ) -> Result<(DecryptionMaterials, EncryptionContext), Error> {
        let (suite, policy) = (header.suite, self.policy);
        if !policy.allows_decrypt(suite) {
            return Err(DecryptError::CommitmentPolicy { suite, policy }.into());
        }
        if let Some(missing) = self.required_context.iter().find(|key| context.get(key).is_none()) {
            return Err(DecryptError::MissingContextKey(missing.clone()).into());
        }
        let hidden = hidden_context(header, context)?;
        let mut whole = header.context.clone();
        for (name, value) in &hidden {
            whole.insert(name, value);
        }
        let keys = header.encrypted_data_keys.clone();
        Ok((DecryptionMaterials::new(suite, whole, keys), hidden))
    }
}
