//! Keyrings: what each seals it opens, and what it says when it cannot.

#![expect(
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;
use zt_crypto::testing::InMemoryKms;
use zt_crypto::{
    AlgorithmSuite, BranchKey, BranchKeyId, BranchKeyStore, Client, CommitmentPolicy,
    EncryptionContext, Error, HierarchicalKeyring, KmsKeyring, MultiKeyring, OfflineKeyring,
    RawAesKeyring, RawEcdhKeyring, RawRsaKeyring, RsaPadding, StaticBranchKeys, inspect,
};

/// A key of the official test vectors: public test material.
fn key(name: &str, field: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/esdk/esdk-4.1.0-dafny");
    let file = fs::read(folder.join("keys.json")).unwrap();
    let keys: Value = serde_json::from_slice(&file).unwrap();
    keys["keys"][name][field].as_str().unwrap().to_owned()
}

/// Base64 of DER as PEM.
fn pem(der: &str) -> String {
    let lines: Vec<_> =
        der.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "a")])
}

fn seal(keyring: impl OfflineKeyring) -> Result<Vec<u8>, Error> {
    Client::builder(keyring).build()?.encrypt(b"secret", &context())
}

fn open(keyring: impl OfflineKeyring, message: &[u8]) -> Result<Vec<u8>, Error> {
    let client = Client::builder(keyring)
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .build()?;
    Ok(client.decrypt(message, &EncryptionContext::new())?.plaintext.to_vec())
}

#[test]
fn aes_of_every_length() {
    for len in [16, 24, 32] {
        let keyring = || RawAesKeyring::new("tests", "k", &vec![len; len.into()]).unwrap();
        assert_eq!(open(keyring(), &seal(keyring()).unwrap()).unwrap(), b"secret");
    }
    let error = RawAesKeyring::new("tests", "k", &[0; 20]).unwrap_err();
    assert_eq!(error.to_string(), "wrapping key is 20 bytes, expected 16, 24 or 32");
    let error = RawAesKeyring::new("aws-kms", "k", &[0; 32]).unwrap_err();
    assert_eq!(error.code(), "RESERVED_NAMESPACE");
}

#[test]
fn rsa_with_every_padding() {
    for padding in RsaPadding::ALL {
        let name = || RawRsaKeyring::builder("tests", "k", padding);
        let public = name().public_key_pem(key("rsa-4096-public", "material")).build().unwrap();
        let private =
            || name().private_key_pem(key("rsa-4096-private", "material")).build().unwrap();
        let message = seal(public).unwrap();
        assert_eq!(open(private(), &message).unwrap(), b"secret");
        // A private key holds the public one.
        assert_eq!(open(private(), &seal(private()).unwrap()).unwrap(), b"secret");
    }
}

#[test]
fn rsa_that_cannot() {
    let name = || RawRsaKeyring::builder("tests", "k", RsaPadding::OaepSha256);
    let public = || name().public_key_pem(key("rsa-4096-public", "material")).build().unwrap();
    let message = seal(public()).unwrap();
    let error = open(public(), &message).unwrap_err();
    assert_eq!(error.to_string(), "the RSA keyring cannot decrypt: it has no private key");
    let error = name().build().unwrap_err();
    assert_eq!(error.to_string(), "an RSA keyring needs a public key, a private key, or both");
    let swapped = name().private_key_pem(key("rsa-4096-public", "material")).build().unwrap_err();
    assert_eq!(swapped.to_string(), "private key is `PUBLIC KEY`, expected `PRIVATE KEY`");
    let curve = name().private_key_pem(key("ecc-256-private", "sender-material")).build();
    let text = curve.unwrap_err().to_string();
    assert_eq!(text, "private key is not an RSA key of 2048 to 8192 bits");
}

/// With PKCS #1 v1.5, a wrong padding and a wrong key must look alike.
#[test]
fn rsa_padding_is_no_oracle() {
    for padding in [RsaPadding::Pkcs1, RsaPadding::OaepSha256] {
        let keyring = || {
            let pem = key("rsa-4096-private", "material");
            RawRsaKeyring::builder("tests", "k", padding).private_key_pem(pem).build().unwrap()
        };
        let message = seal(keyring()).unwrap();
        let wrapped = inspect(&message).unwrap().encrypted_data_keys.remove(0).ciphertext;
        let place = message.windows(wrapped.len()).position(|part| part == wrapped).unwrap();
        for at in [0, 1, 255, 511] {
            let mut altered = message.clone();
            *altered.get_mut(place + at).unwrap() ^= 1;
            let error = open(keyring(), &altered).unwrap_err();
            assert_eq!(error.code(), "NOT_AUTHENTIC", "{padding:?}, byte {at}");
        }
    }
}

#[test]
fn ecdh_in_every_mode_on_every_curve() {
    for curve in ["ecc-256-private", "ecc-384-private", "ecc-521-private"] {
        let text = |field: &str| key(curve, field);
        let (alice, bob) = (text("sender-material"), text("recipient-material"));
        let to_alice = pem(&text("sender-material-public-key"));
        let to_bob = pem(&text("recipient-material-public-key"));

        let message = seal(RawEcdhKeyring::ephemeral(&to_bob).unwrap()).unwrap();
        assert_eq!(open(RawEcdhKeyring::discovery(&bob).unwrap(), &message).unwrap(), b"secret");
        let error = open(RawEcdhKeyring::discovery(&alice).unwrap(), &message).unwrap_err();
        assert_eq!(error.code(), "NO_MATCHING_KEY");

        let from_alice = || RawEcdhKeyring::static_static(&alice, &to_bob).unwrap();
        let from_bob = || RawEcdhKeyring::static_static(&bob, &to_alice).unwrap();
        let message = seal(from_alice()).unwrap();
        for keyring in [from_alice(), from_bob(), RawEcdhKeyring::discovery(&bob).unwrap()] {
            assert_eq!(open(keyring, &message).unwrap(), b"secret");
        }
        let error = open(RawEcdhKeyring::ephemeral(&to_bob).unwrap(), &message).unwrap_err();
        assert_eq!(error.to_string(), "the ECDH keyring cannot decrypt: it has no private key");
        let error = seal(RawEcdhKeyring::discovery(&bob).unwrap()).unwrap_err();
        assert_eq!(error.code(), "KEYRING_CANNOT_ENCRYPT");
    }
}

#[test]
fn ecdh_wants_one_curve() {
    let to_bob = pem(&key("ecc-256-private", "recipient-material-public-key"));
    let error = RawEcdhKeyring::static_static(&key("ecc-384-private", "sender-material"), &to_bob);
    assert_eq!(
        error.unwrap_err().to_string(),
        "sender and recipient are on different curves: p384 and p256"
    );
}

/// Counts how often it is asked.
#[derive(Debug, Default)]
struct Counting {
    keys: StaticBranchKeys,
    asked: AtomicUsize,
}

impl BranchKeyStore for Counting {
    fn active(&self, id: &str) -> Result<BranchKey, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.keys.active(id)
    }

    fn version(&self, id: &str, version: Uuid) -> Result<BranchKey, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.keys.version(id, version)
    }
}

#[test]
fn branch_keys_are_kept_for_their_time_and_rotate() {
    let store = std::sync::Arc::new(Counting::default());
    store.keys.insert("b", Uuid::from_u128(1), &[1; 32]).unwrap();
    let keyring =
        || HierarchicalKeyring::new(store.clone(), "b", Duration::from_secs(600)).unwrap();
    let client = Client::builder(keyring()).build().unwrap();
    let messages: Vec<_> =
        (0..10).map(|_| client.encrypt(b"secret", &context()).unwrap()).collect();
    for message in &messages {
        client.decrypt(message, &context()).unwrap();
    }
    // The active version once, and the same version by its name once.
    assert_eq!(store.asked.load(Ordering::SeqCst), 2);

    store.keys.insert("b", Uuid::from_u128(2), &[2; 32]).unwrap();
    let rotated = seal(keyring()).unwrap();
    assert_eq!(open(keyring(), &rotated).unwrap(), b"secret");
    assert_eq!(open(keyring(), messages.first().unwrap()).unwrap(), b"secret");
}

#[test]
fn branch_keys_by_context() {
    let keys = StaticBranchKeys::new();
    keys.insert("branch-a", Uuid::from_u128(1), &[1; 32]).unwrap();
    let by_tenant = BranchKeyId::from_context(|context| {
        Ok(format!("branch-{}", context.get("tenant").unwrap_or_default()))
    });
    let keyring = HierarchicalKeyring::new(keys, by_tenant, Duration::from_secs(1)).unwrap();
    let client = Client::builder(keyring).build().unwrap();
    let message = client.encrypt(b"secret", &context()).unwrap();
    assert_eq!(*client.decrypt(&message, &context()).unwrap().plaintext, b"secret");
    let other = EncryptionContext::from([("tenant", "b")]);
    let error = client.encrypt(b"secret", &other).unwrap_err();
    assert_eq!(error.to_string(), "there is no such branch key or version: `branch-b`");
}

#[test]
fn kms_answers_that_are_wrong() {
    use zt_crypto::{DataKey, KmsResponse, Next};
    let key_arn = "arn:aws:kms:us-east-1:111122223333:key/a";
    let client = Client::builder(KmsKeyring::new(key_arn).unwrap()).build().unwrap();
    let answers = [
        (KmsResponse::default(), "a data key of 0 bytes"),
        (
            KmsResponse { plaintext: Some(DataKey::copy_from(&[0; 16])), ..KmsResponse::default() },
            "a data key of 16 bytes",
        ),
        (
            KmsResponse {
                plaintext: Some(DataKey::copy_from(&[0; 32])),
                key_id: Some("alias/a".to_owned()),
                ciphertext_blob: Some(vec![1]),
            },
            "its KeyId `alias/a` is not a key ARN",
        ),
        (
            KmsResponse {
                plaintext: Some(DataKey::copy_from(&[0; 32])),
                key_id: Some(key_arn.to_owned()),
                ciphertext_blob: None,
            },
            "it has no CiphertextBlob",
        ),
    ];
    for (answer, expected) in answers {
        let Next::Ask(ask) = client.begin_encrypt(&context()).unwrap() else { unreachable!() };
        let error = ask.answer(Ok(answer)).unwrap_err();
        assert_eq!(error.code(), "KMS_WRONG_ANSWER");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.retryable());
    }
}

#[test]
fn kms_that_answers_for_another_key() {
    use zt_crypto::{KmsResponse, Next};
    let kms = InMemoryKms::new();
    let key_arn = kms.create_key("us-east-1", "111122223333");
    let client = Client::builder(KmsKeyring::new(&key_arn).unwrap()).key_service(kms).build();
    let client = client.unwrap();
    let message = client.encrypt(b"secret", &context()).unwrap();
    let header = client.parse_header(&message).unwrap();
    let Next::Ask(ask) = client.begin_decrypt(header, &context()).unwrap() else { unreachable!() };
    let key_id = Some("arn:aws:kms:us-east-1:111122223333:key/other".to_owned());
    let error = ask.answer(Ok(KmsResponse { key_id, ..KmsResponse::default() })).unwrap_err();
    assert!(error.to_string().contains("key/other`, not the key asked for"), "{error}");
}

#[test]
fn kms_failures_are_passed_on() {
    let kms = InMemoryKms::new();
    let key_arn = kms.create_key("us-east-1", "111122223333");
    let client = Client::builder(KmsKeyring::new(&key_arn).unwrap());
    let client = client.key_service(kms.clone()).build().unwrap();
    kms.fail_next("ThrottlingException", "Rate exceeded");
    let error = client.encrypt(b"secret", &context()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "KMS refused GenerateDataKey under `{key_arn}`: ThrottlingException: Rate exceeded"
        )
    );
    assert!(error.retryable());
    kms.disable_key(&key_arn);
    let error = client.encrypt(b"secret", &context()).unwrap_err();
    assert!(!error.retryable());
}

#[test]
fn a_multi_keyring_opens_with_any_of_its_keys() {
    let kms = InMemoryKms::new();
    let arns = [(); 3].map(|()| kms.create_key("us-east-1", "111122223333"));
    let all = arns.iter().map(|arn| KmsKeyring::new(arn).unwrap());
    let keyring =
        all.clone().skip(1).fold(MultiKeyring::new(all.clone().next().unwrap()), |multi, child| {
            multi.with_child(child)
        });
    let client = Client::builder(keyring).key_service(kms.clone()).build().unwrap();
    let message = client.encrypt(b"secret", &context()).unwrap();
    assert_eq!(kms.calls(), ["GenerateDataKey", "Encrypt", "Encrypt"]);
    // The first two keys are gone; the third still opens it.
    kms.disable_key(arns.first().unwrap());
    kms.disable_key(arns.get(1).unwrap());
    assert_eq!(*client.decrypt(&message, &context()).unwrap().plaintext, b"secret");
    kms.disable_key(arns.get(2).unwrap());
    let error = client.decrypt(&message, &context()).unwrap_err();
    assert!(error.to_string().contains("DisabledException"), "{error}");
}

#[test]
fn a_multi_keyring_names_all_that_did_not_match() {
    let message = seal(RawAesKeyring::new("tests", "k", &[1; 32]).unwrap()).unwrap();
    let keyring =
        zt_crypto::OfflineMultiKeyring::new(RawAesKeyring::new("x", "1", &[1; 32]).unwrap())
            .with_child(RawAesKeyring::new("x", "2", &[1; 32]).unwrap());
    let error = open(keyring, &message).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no keyring matches the message: it was encrypted under `tests/k`, configured: `x/1`, `x/2`"
    );
}

#[test]
fn wrap_and_unwrap_under_every_suite() {
    let keyring = || {
        let pem = key("rsa-4096-private", "material");
        let padding = RsaPadding::OaepSha256;
        let rsa = RawRsaKeyring::builder("tests", "r", padding).private_key_pem(pem).build();
        zt_crypto::OfflineMultiKeyring::new(rsa.unwrap())
            .with_child(RawAesKeyring::new("tests", "a", &[3; 32]).unwrap())
    };
    for suite in AlgorithmSuite::ALL {
        let policy = match suite.commits() {
            true => CommitmentPolicy::RequireEncryptRequireDecrypt,
            false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
        };
        let client = Client::builder(keyring()).algorithm_suite(suite).commitment_policy(policy);
        let message = client.build().unwrap().encrypt(b"secret", &context()).unwrap();
        assert_eq!(
            open(RawAesKeyring::new("tests", "a", &[3; 32]).unwrap(), &message).unwrap(),
            b"secret"
        );
        assert_eq!(open(keyring(), &message).unwrap(), b"secret");
    }
}
