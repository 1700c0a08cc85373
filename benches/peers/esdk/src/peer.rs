//! The peer, behind the few calls that are made of it.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow};
use aws_esdk::client::Client;
use aws_esdk::material_providers::client as mpl;
use aws_esdk::material_providers::types::material_providers_config::MaterialProvidersConfig;
use aws_esdk::material_providers::types::{EsdkAlgorithmSuiteId, EsdkCommitmentPolicy};
use aws_esdk::types::aws_encryption_sdk_config::AwsEncryptionSdkConfig;
use zt_crypto::AlgorithmSuite;

pub(crate) type KeyringRef = aws_esdk::material_providers::types::keyring::KeyringRef;

pub(crate) struct Peer {
    committing: Client,
    other: Client,
}

impl Peer {
    pub(crate) fn new() -> Result<Self> {
        let client = |policy| {
            let config = AwsEncryptionSdkConfig::builder().commitment_policy(policy).build()?;
            Client::from_conf(config).map_err(|error| anyhow!("{error:?}"))
        };
        Ok(Self {
            committing: client(EsdkCommitmentPolicy::RequireEncryptRequireDecrypt)?,
            other: client(EsdkCommitmentPolicy::ForbidEncryptAllowDecrypt)?,
        })
    }

    fn of(&self, suite: AlgorithmSuite) -> &Client {
        if suite.commits() { &self.committing } else { &self.other }
    }

    pub(crate) async fn encrypt(
        &self,
        suite: AlgorithmSuite,
        keyring: &KeyringRef,
        frame_length: i64,
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        let call = self.of(suite).encrypt().plaintext(plaintext).keyring(keyring.clone());
        let call = call.encryption_context(context()).algorithm_suite_id(id(suite));
        let sealed = call.frame_length(frame_length).send().await;
        let sealed = sealed.map_err(|error| anyhow!("the peer does not encrypt: {error:?}"))?;
        Ok(sealed.ciphertext.context("no ciphertext")?.into_inner())
    }

    pub(crate) async fn decrypt(
        &self,
        suite: AlgorithmSuite,
        keyring: &KeyringRef,
        message: &[u8],
    ) -> Result<Vec<u8>> {
        let call = self.of(suite).decrypt().ciphertext(message).keyring(keyring.clone());
        let opened = call.encryption_context(context()).send().await;
        let opened = opened.map_err(|error| anyhow!("the peer does not decrypt: {error:?}"))?;
        Ok(opened.plaintext.context("no plaintext")?.into_inner())
    }
}

/// What makes the peer's keyrings.
pub(crate) fn providers() -> Result<mpl::Client> {
    let config = MaterialProvidersConfig::builder().build()?;
    mpl::Client::from_conf(config).map_err(|error| anyhow!("{error:?}"))
}

pub(crate) const CONTEXT: [(&str, &str); 2] = [("purpose", "bench"), ("tenant", "a")];

fn context() -> HashMap<String, String> {
    CONTEXT.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn id(suite: AlgorithmSuite) -> EsdkAlgorithmSuiteId {
    use EsdkAlgorithmSuiteId as Id;
    match suite {
        AlgorithmSuite::Aes128GcmNoKdf => Id::AlgAes128GcmIv12Tag16NoKdf,
        AlgorithmSuite::Aes192GcmNoKdf => Id::AlgAes192GcmIv12Tag16NoKdf,
        AlgorithmSuite::Aes256GcmNoKdf => Id::AlgAes256GcmIv12Tag16NoKdf,
        AlgorithmSuite::Aes128GcmHkdfSha256 => Id::AlgAes128GcmIv12Tag16HkdfSha256,
        AlgorithmSuite::Aes192GcmHkdfSha256 => Id::AlgAes192GcmIv12Tag16HkdfSha256,
        AlgorithmSuite::Aes256GcmHkdfSha256 => Id::AlgAes256GcmIv12Tag16HkdfSha256,
        AlgorithmSuite::Aes128GcmHkdfSha256EcdsaP256 => {
            Id::AlgAes128GcmIv12Tag16HkdfSha256EcdsaP256
        }
        AlgorithmSuite::Aes192GcmHkdfSha384EcdsaP384 => {
            Id::AlgAes192GcmIv12Tag16HkdfSha384EcdsaP384
        }
        AlgorithmSuite::Aes256GcmHkdfSha384EcdsaP384 => {
            Id::AlgAes256GcmIv12Tag16HkdfSha384EcdsaP384
        }
        AlgorithmSuite::Aes256GcmHkdfSha512CommitKey => Id::AlgAes256GcmHkdfSha512CommitKey,
        AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384 => {
            Id::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384
        }
    }
}
