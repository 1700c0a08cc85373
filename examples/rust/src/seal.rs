//! Section 4.1 of the article: envelope encryption, of files.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use aws_config::{BehaviorVersion, Region};
use aws_lc_rs::digest;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;
use zt_crypto::aws_kms::BlockingKms;
use zt_crypto::{
    Blocking, Client, EncryptionContext, KmsKeyring, LocalKeyring, Offline, RawAesKeyring, io,
};

use crate::{Job, KeyringKind};

/// Seals a file, and says how long that took.
pub(crate) fn encrypt(job: &Job) -> anyhow::Result<Value> {
    let (source, target, context) = (&job.source, &job.target, context());
    let start = Instant::now();
    match job.keyring {
        KeyringKind::Local => {
            local(job)?.encrypt_file(source, target, &context, &mut io::silent)?
        }
        KeyringKind::Kms => kms(job)?.encrypt_file(source, target, &context, &mut io::silent)?,
        KeyringKind::Raw => raw(job)?.encrypt_file(source, target, &context, &mut io::silent)?,
    };
    report(source, start.elapsed())
}

/// Opens a message, and says how long that took.
pub(crate) fn decrypt(job: &Job) -> anyhow::Result<Value> {
    let (source, target, context) = (&job.source, &job.target, context());
    let start = Instant::now();
    match job.keyring {
        KeyringKind::Local => {
            local(job)?.decrypt_file(source, target, &context, &mut io::silent)?
        }
        KeyringKind::Kms => kms(job)?.decrypt_file(source, target, &context, &mut io::silent)?,
        KeyringKind::Raw => raw(job)?.decrypt_file(source, target, &context, &mut io::silent)?,
    };
    report(target, start.elapsed())
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("purpose", "demo")])
}

fn local(job: &Job) -> anyhow::Result<Client<LocalKeyring, Offline>> {
    let path = job.key_file.as_deref().context("--key-file is missing")?;
    Ok(Client::builder(LocalKeyring::options().create(true).open(path)?).build()?)
}

fn raw(job: &Job) -> anyhow::Result<Client<RawAesKeyring, Offline>> {
    let path = job.key_file.as_deref().context("--key-file is missing")?;
    let key = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let key = Zeroizing::new(key);
    Ok(Client::builder(RawAesKeyring::new("zt-examples", "raw", &key)?).build()?)
}

fn kms(job: &Job) -> anyhow::Result<Client<KmsKeyring, Blocking<BlockingKms>>> {
    let mut config = aws_config::defaults(BehaviorVersion::latest());
    if let Some(endpoint) = &job.endpoint {
        config = config.endpoint_url(endpoint);
    }
    if let Some(region) = &job.region {
        config = config.region(Region::new(region.clone()));
    }
    let config = Runtime::new()?.block_on(config.load());
    let kms = BlockingKms::new(aws_sdk_kms::Client::new(&config))?;
    let key_arn = job.key_arn.as_deref().context("--key-arn is missing")?;
    Ok(Client::builder(KmsKeyring::new(key_arn)?).key_service(kms).build()?)
}

fn report(plaintext: &Path, took: Duration) -> anyhow::Result<Value> {
    let bytes = std::fs::read(plaintext)?;
    let digest = digest::digest(&digest::SHA256, &bytes);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let seconds = took.as_secs_f64();
    Ok(json!({
        "bytes": bytes.len(),
        "seconds": seconds,
        "mb_per_second": bytes.len() as f64 / 1e6 / seconds,
        "sha256_plaintext": hex,
    }))
}
