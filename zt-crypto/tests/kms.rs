//! KMS keyrings: which key each asks for, which it never asks for, and what it says then.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::{Arc, Mutex};

use zt_crypto::testing::InMemoryKms;
use zt_crypto::{
    Client, EncryptionContext, Error, KeyService, Keyring, KmsDiscoveryKeyring, KmsError,
    KmsKeyring, KmsRequest, KmsResponse, MultiKeyring, RawAesKeyring,
};

const ACCOUNT: &str = "111122223333";

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "a")])
}

/// A KMS that notes which key each call was about, and what else was sent.
#[derive(Clone, Debug, Default)]
struct Noting {
    kms: InMemoryKms,
    calls: Arc<Mutex<Vec<(&'static str, String)>>>,
}

impl KeyService for Noting {
    fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        let call = (request.operation(), request.key_id().to_owned());
        self.calls.lock().unwrap().push(call);
        assert_eq!(request.grant_tokens(), ["granted"]);
        assert_eq!(request.encryption_context().get("tenant"), Some("a"));
        KeyService::call(&self.kms, request)
    }
}

impl Noting {
    fn key(&self, region: &str) -> String {
        self.kms.create_key(region, ACCOUNT)
    }

    fn encrypt(&self, keyring: impl Keyring) -> Vec<u8> {
        let client = Client::builder(keyring).key_service(self.clone()).build().unwrap();
        client.encrypt(b"secret", &context()).unwrap()
    }

    /// The plaintext, and the keys that `Decrypt` was called with.
    fn decrypt(
        &self,
        keyring: impl Keyring,
        message: &[u8],
    ) -> (Result<Vec<u8>, Error>, Vec<String>) {
        self.calls.lock().unwrap().clear();
        let client = Client::builder(keyring).key_service(self.clone()).build().unwrap();
        let opened = client.decrypt(message, &context());
        let calls = std::mem::take(&mut *self.calls.lock().unwrap()).into_iter().map(
            |(operation, key_id)| {
                assert_eq!(operation, "Decrypt");
                key_id
            },
        );
        (opened.map(|opened| opened.plaintext.to_vec()), calls.collect())
    }
}

fn strict(key_id: &str) -> KmsKeyring {
    KmsKeyring::new(key_id).unwrap().with_grant_tokens(["granted"])
}

fn discovery(partition: &str, account_id: &str) -> KmsDiscoveryKeyring {
    KmsDiscoveryKeyring::new(partition, [account_id]).unwrap().with_grant_tokens(["granted"])
}

#[test]
fn strict_asks_only_for_its_own_key() {
    let kms = Noting::default();
    let [one, two] = [kms.key("us-east-1"), kms.key("us-east-1")];
    let message = kms.encrypt(MultiKeyring::new(strict(&one)).with_child(strict(&two)));
    let (opened, calls) = kms.decrypt(strict(&two), &message);
    assert_eq!((opened.unwrap().as_slice(), calls.as_slice()), (&b"secret"[..], &[two][..]));
    let other = kms.key("us-east-1");
    let (opened, calls) = kms.decrypt(strict(&other), &message);
    let error = opened.unwrap_err().to_string();
    assert!(error.contains(&one) && error.contains(&format!("configured: `{other}`")), "{error}");
    assert!(calls.is_empty());
}

#[test]
fn strict_takes_replicas_only_when_told() {
    let kms = Noting::default();
    let here = kms.kms.create_multi_region_key("eu-west-1", ACCOUNT);
    let there = kms.kms.replicate_key(&here, "us-east-1");
    let message = kms.encrypt(strict(&here));
    let (opened, calls) = kms.decrypt(strict(&there), &message);
    assert_eq!((opened.unwrap_err().code(), calls.len()), ("NO_MATCHING_KEY", 0));
    let (opened, calls) = kms.decrypt(strict(&there).multi_region_aware(), &message);
    assert_eq!((opened.unwrap(), calls), (b"secret".to_vec(), vec![there]));
    // A key that is not a multi-Region key matches only itself.
    let single = kms.key("eu-west-1");
    let (opened, calls) = kms.decrypt(strict(&single).multi_region_aware(), &message);
    assert_eq!((opened.unwrap_err().code(), calls.len()), ("NO_MATCHING_KEY", 0));
}

#[test]
fn an_alias_encrypts_and_its_failure_to_decrypt_names_both() {
    let kms = Noting::default();
    let arn = kms.key("us-east-1");
    for id in ["alias/app", arn.rsplit('/').next().unwrap()] {
        kms.kms.create_alias("alias/app", &arn);
        let message = kms.encrypt(strict(id));
        let (opened, calls) = kms.decrypt(strict(id), &message);
        assert_eq!(
            opened.unwrap_err().to_string(),
            format!(
                "no keyring matches the message: it was encrypted under `{arn}`, configured: \
                 `{id}`: decrypting needs the key ARN: an alias or a key id only encrypts"
            )
        );
        assert!(calls.is_empty());
        assert!(kms.decrypt(strict(&arn), &message).0.is_ok());
    }
}

#[test]
fn key_ids_that_are_none() {
    for bad in ["", "arn:aws:kms:us-east-1:111122223333:key/", "arn:aws:s3:::bucket"] {
        let error = KmsKeyring::new(bad).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{bad}` is not a KMS key: expected")), "{error}");
    }
}

#[test]
fn discovery_stays_within_its_filter() {
    let kms = Noting::default();
    let arn = kms.key("us-east-1");
    let message = kms.encrypt(strict(&arn));
    let (opened, calls) = kms.decrypt(discovery("aws", ACCOUNT), &message);
    assert_eq!((opened.unwrap(), calls), (b"secret".to_vec(), vec![arn.clone()]));
    for filter in [discovery("aws-cn", ACCOUNT), discovery("aws", "999999999999")] {
        let (opened, calls) = kms.decrypt(filter, &message);
        let error = opened.unwrap_err().to_string();
        assert!(error.contains(&arn) && error.contains("KMS keys of"), "{error}");
        assert!(calls.is_empty());
    }
    let unfiltered = KmsDiscoveryKeyring::unfiltered().with_grant_tokens(["granted"]);
    assert!(kms.decrypt(unfiltered, &message).0.is_ok());
    for (partition, accounts) in [("", vec![ACCOUNT]), ("aws", vec![]), ("aws", vec!["123"])] {
        assert!(KmsDiscoveryKeyring::new(partition, accounts).is_err());
    }
    let client = Client::builder(discovery("aws", ACCOUNT)).key_service(kms).build().unwrap();
    let error = client.encrypt(b"x", &context()).unwrap_err();
    assert_eq!(error.code(), "KEYRING_CANNOT_ENCRYPT");
}

#[test]
fn discovery_in_one_region_uses_its_replicas_and_passes_over_others() {
    let kms = Noting::default();
    let far = kms.kms.create_multi_region_key("eu-west-1", ACCOUNT);
    let near = kms.kms.replicate_key(&far, "us-east-1");
    let single = kms.key("eu-west-1");
    let message = kms.encrypt(MultiKeyring::new(strict(&single)).with_child(strict(&far)));
    let here = || discovery("aws", ACCOUNT).multi_region_aware("us-east-1");
    let (opened, calls) = kms.decrypt(here(), &message);
    assert_eq!((opened.unwrap(), calls), (b"secret".to_vec(), vec![near]));
    let only_far = kms.encrypt(strict(&single));
    let (opened, calls) = kms.decrypt(here(), &only_far);
    assert_eq!((opened.unwrap_err().code(), calls.len()), ("NO_MATCHING_KEY", 0));
    // Outside its filter a replica is no better.
    let stranger = discovery("aws", "999999999999").multi_region_aware("us-east-1");
    assert!(kms.decrypt(stranger, &message).1.is_empty());
}

#[test]
fn every_wrapped_key_is_tried_and_what_may_pass_is_told() {
    let kms = Noting::default();
    let arns = [(); 3].map(|()| kms.key("us-east-1"));
    let [one, two, three] = arns.each_ref().map(|arn| strict(arn));
    let message = kms.encrypt(MultiKeyring::new(one).with_child(two).with_child(three));
    let [first, second, _] = &arns;
    kms.kms.disable_key(first);
    kms.kms.disable_key(second);
    let (opened, calls) = kms.decrypt(discovery("aws", ACCOUNT), &message);
    assert_eq!((opened.unwrap(), calls), (b"secret".to_vec(), arns.to_vec()));

    for arn in &arns {
        kms.kms.disable_key(arn);
    }
    let error = kms.decrypt(discovery("aws", ACCOUNT), &message).0.unwrap_err().to_string();
    assert!(error.contains("DisabledException") && error.contains(first), "{error}");
    let multi = MultiKeyring::new(strict(first)).with_child(strict(second));
    let throttled = Throttled { kms, key_id: second.clone() };
    for keyring in [&multi as &dyn Tried, &discovery("aws", ACCOUNT)] {
        let error = keyring.decrypt(&throttled, &message).unwrap_err();
        assert!(error.retryable() && error.to_string().contains(second), "{error}");
    }
}

/// Both keyrings, tried the same way.
trait Tried {
    fn decrypt(&self, kms: &Throttled, message: &[u8]) -> Result<(), Error>;
}

impl<K: Keyring + Clone> Tried for K {
    fn decrypt(&self, kms: &Throttled, message: &[u8]) -> Result<(), Error> {
        let client = Client::builder(self.clone()).key_service(kms.clone()).build()?;
        client.decrypt(message, &context()).map(drop)
    }
}

/// Throttles calls for one key.
#[derive(Clone)]
struct Throttled {
    kms: Noting,
    key_id: String,
}

impl KeyService for Throttled {
    fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        if request.key_id() == self.key_id {
            return Err(KmsError::refused(request, "ThrottlingException", "Rate exceeded"));
        }
        self.kms.call(request)
    }
}

#[test]
fn replicas_of_one_key_are_not_two_keys() {
    let arn = |region: &str, id: &str| format!("arn:aws:kms:{region}:{ACCOUNT}:key/{id}");
    let keyrings = |ids: &[String]| {
        MultiKeyring::of_multi_region_keys(ids.iter().map(|id| KmsKeyring::new(id).unwrap()))
    };
    let (one, two) = (arn("eu-west-1", "mrk-1"), arn("us-east-1", "mrk-1"));
    let error = keyrings(&[arn("eu-west-1", "x"), one.clone(), two.clone()]).unwrap_err();
    assert_eq!(error.to_string(), format!("`{one}` and `{two}` are the same multi-Region key"));
    assert!(keyrings(&["mrk-1".to_owned(), two]).is_err());
    assert!(keyrings(&[]).is_err());
    // An alias may be called anything; single-Region keys of one id are different keys.
    let fine = [one, "alias/mrk-1".to_owned(), arn("eu-west-1", "x"), arn("us-east-1", "x")];
    assert!(keyrings(&fine).is_ok());
}

#[test]
fn a_multi_region_multi_keyring_opens_with_any_replica() {
    let kms = InMemoryKms::new();
    let [one, two] = [(); 2].map(|()| kms.create_multi_region_key("eu-west-1", ACCOUNT));
    let replica = kms.replicate_key(&two, "us-east-1");
    let keyring = |ids: &[&String]| {
        let keyrings = ids.iter().map(|id| KmsKeyring::new(id.as_str()).unwrap());
        let keyring = MultiKeyring::of_multi_region_keys(keyrings).unwrap();
        Client::builder(keyring).key_service(kms.clone()).build().unwrap()
    };
    let message = keyring(&[&one, &two]).encrypt(b"secret", &context()).unwrap();
    let opened = keyring(&[&replica]).decrypt(&message, &context()).unwrap();
    assert_eq!(*opened.plaintext, b"secret");
    assert_eq!(kms.calls(), ["GenerateDataKey", "Encrypt", "Decrypt"]);
}

/// Answers to encrypt with another key than the one asked for.
struct AnotherKey(InMemoryKms, String);

impl KeyService for AnotherKey {
    fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        let answer = KeyService::call(&self.0, request)?;
        Ok(KmsResponse { key_id: Some(self.1.clone()), ..answer })
    }
}

#[test]
fn a_data_key_wrapped_under_another_key_is_refused() {
    let kms = InMemoryKms::new();
    let [own, other] = [(); 2].map(|()| kms.create_key("us-east-1", ACCOUNT));
    let raw = RawAesKeyring::new("escrow", "safe", &[9; 32]).unwrap();
    let generating = MultiKeyring::new(KmsKeyring::new(&own).unwrap());
    let wrapping = MultiKeyring::new(raw).with_child(KmsKeyring::new(&own).unwrap());
    for (keyring, operation) in [(generating, "GenerateDataKey"), (wrapping, "Encrypt")] {
        let service = AnotherKey(kms.clone(), other.clone());
        let client = Client::builder(keyring).key_service(service).build().unwrap();
        let error = client.encrypt(b"x", &context()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "KMS answered {operation} under `{own}` wrongly: its KeyId is `{other}`, not the \
                 key asked for"
            )
        );
        assert_eq!((error.code(), error.retryable()), ("KMS_WRONG_ANSWER", false));
    }
}

#[test]
fn a_message_cannot_have_kms_asked_for_what_is_no_key() {
    // The provider info stands in the message: whoever wrote it chose it.
    #[derive(Debug)]
    struct Forging(&'static str);
    impl zt_crypto::OfflineKeyring for Forging {
        fn on_encrypt(
            &self,
            mut materials: zt_crypto::EncryptionMaterials,
        ) -> Result<zt_crypto::EncryptionMaterials, Error> {
            materials.data_key_or_generate()?;
            materials.push_encrypted_data_key(zt_crypto::EncryptedDataKey {
                provider_id: "aws-kms".to_owned(),
                provider_info: self.0.into(),
                ciphertext: vec![0; 8],
            });
            Ok(materials)
        }

        fn on_decrypt(
            &self,
            _: &zt_crypto::DecryptionMaterials,
        ) -> Result<zt_crypto::DataKey, Error> {
            panic!("not of this test")
        }
    }
    for info in [
        "alias/a",
        "key",
        "",
        "arn:aws:kms:us-east-1:111122223333:alias/a",
        "arn:aws:kms:us-east-1:111122223333:key/a b:c",
    ] {
        let message = Client::builder(Forging(info)).build().unwrap().encrypt(b"x", &context());
        let unfiltered = KmsDiscoveryKeyring::unfiltered();
        let (opened, calls) = Noting::default().decrypt(unfiltered, &message.unwrap());
        assert_eq!((opened.unwrap_err().code(), calls.len()), ("NO_MATCHING_KEY", 0), "{info}");
    }
}
