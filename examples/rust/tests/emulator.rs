//! The drivers over the AWS SDK, against an emulator of AWS on loopback.
//!
//! `make test` starts the emulator and puts its address into `ZT_EMULATOR`. It answers as KMS does
//! except where a test says otherwise; nothing here shows how AWS itself behaves.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail loudly")]

use std::time::Duration;

use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use tokio::runtime::Runtime;
use zt_crypto::aws_kms::{BlockingKms, Kms};
use zt_crypto::{
    Client, EncryptionContext, KmsKeyring, MultiKeyring, OfflineKeyring, RawAesKeyring,
};

fn endpoint() -> String {
    std::env::var("ZT_EMULATOR").expect("ZT_EMULATOR is not set: run this through `make test`")
}

fn sdk(endpoint: &str) -> aws_sdk_kms::Client {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("testing", "testing", None, None, "tests"))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .build();
    aws_sdk_kms::Client::from_conf(config)
}

async fn create_key() -> String {
    let made = sdk(&endpoint()).create_key().send().await.unwrap();
    made.key_metadata.unwrap().arn.unwrap()
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "a")])
}

#[test]
fn blocking_round_trip() {
    let key_arn = Runtime::new().unwrap().block_on(create_key());
    let kms = BlockingKms::new(sdk(&endpoint())).unwrap();
    let client =
        Client::builder(KmsKeyring::new(&key_arn).unwrap()).key_service(kms).build().unwrap();
    let message = client.encrypt(b"secret", &context()).unwrap();
    assert_eq!(*client.decrypt(&message, &context()).unwrap().plaintext, b"secret");
    let info = zt_crypto::inspect(&message).unwrap();
    assert_eq!(info.encrypted_data_keys.first().unwrap().key_name(), key_arn);
}

#[tokio::test]
async fn awaited_round_trip_and_the_generator_is_kms() {
    let key_arn = create_key().await;
    let raw = || RawAesKeyring::new("escrow", "safe", &[9; 32]).unwrap();
    let keyring = MultiKeyring::new(KmsKeyring::new(&key_arn).unwrap()).with_child(raw());
    let kms = Kms::new(sdk(&endpoint()));
    let client = Client::builder(keyring).async_key_service(kms).build().unwrap();
    let message = client.encrypt(b"secret", &context()).await.unwrap();
    assert_eq!(*client.decrypt(&message, &context()).await.unwrap().plaintext, b"secret");
    assert_eq!(opened_by(raw(), &message), b"secret");
}

#[tokio::test]
async fn kms_wraps_a_key_that_another_keyring_made() {
    let key_arn = create_key().await;
    let raw = RawAesKeyring::new("escrow", "safe", &[9; 32]).unwrap();
    let keyring = MultiKeyring::new(raw).with_child(KmsKeyring::new(&key_arn).unwrap());
    let kms = Kms::new(sdk(&endpoint()));
    let client = Client::builder(keyring).async_key_service(kms.clone()).build().unwrap();
    let message = client.encrypt(b"secret", &context()).await.unwrap();
    let only_kms = Client::builder(KmsKeyring::new(&key_arn).unwrap());
    let only_kms = only_kms.async_key_service(kms).build().unwrap();
    assert_eq!(*only_kms.decrypt(&message, &context()).await.unwrap().plaintext, b"secret");
}

fn opened_by(keyring: impl OfflineKeyring, message: &[u8]) -> Vec<u8> {
    let client = Client::builder(keyring).build().unwrap();
    client.decrypt(message, &context()).unwrap().plaintext.to_vec()
}

#[tokio::test]
async fn an_alias_encrypts_but_cannot_decrypt() {
    let key_arn = create_key().await;
    let alias = format!("alias/{}", key_arn.rsplit('/').next().unwrap());
    sdk(&endpoint())
        .create_alias()
        .alias_name(&alias)
        .target_key_id(&key_arn)
        .send()
        .await
        .unwrap();
    let client = Client::builder(KmsKeyring::new(&alias).unwrap());
    let client = client.async_key_service(Kms::new(sdk(&endpoint()))).build().unwrap();
    let message = client.encrypt(b"secret", &context()).await.unwrap();
    let error = client.decrypt(&message, &context()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "no keyring matches the message: it was encrypted under `{key_arn}`, configured: \
             `{alias}`: decrypting needs the key ARN: an alias or a key id only encrypts"
        )
    );
}

#[tokio::test]
async fn refusals_name_the_key_and_kms_own_code() {
    let missing = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000";
    let client = Client::builder(KmsKeyring::new(missing).unwrap());
    let client = client.async_key_service(Kms::new(sdk(&endpoint()))).build().unwrap();
    let error = client.encrypt(b"secret", &context()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&format!("KMS refused GenerateDataKey under `{missing}`: NotFound")));
    assert_eq!((error.code(), error.retryable()), ("KMS_REFUSED", false));
}

#[tokio::test]
async fn an_emulator_that_is_not_there() {
    // Nothing listens on port 1 of loopback.
    let kms = Kms::new(sdk("http://127.0.0.1:1"));
    let keyring = KmsKeyring::new("alias/any").unwrap();
    let client = Client::builder(keyring).async_key_service(kms).build().unwrap();
    let error = client.encrypt(b"secret", &context()).await.unwrap_err();
    assert_eq!((error.code(), error.retryable()), ("KMS_UNREACHABLE", true));
    let text = error.to_string();
    assert!(text.starts_with("KMS could not be reached for GenerateDataKey under `alias/any`:"));
}
