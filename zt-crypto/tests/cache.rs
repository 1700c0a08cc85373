//! The data key cache: how often KMS is asked, who waits for whom, and what is never shared.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;
use zt_crypto::testing::{InMemoryKms, ManualClock};
use zt_crypto::{
    AlgorithmSuite, Ask, AsyncKeyService, Blocking, BranchKey, BranchKeyStore, Client,
    CommitmentPolicy, DataKey, DataKeyCache, DecryptionMaterials, EncryptionContext,
    EncryptionMaterials, Error, HierarchicalKeyring, KeyService, KmsError, KmsKeyring, KmsRequest,
    KmsResponse, MultiKeyring, Next, OfflineKeyring, RawAesKeyring, Sealer, StaticBranchKeys,
    inspect,
};

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "a")])
}

fn key_arn(kms: &InMemoryKms) -> String {
    kms.create_key("us-east-1", "111122223333")
}

fn client(kms: &InMemoryKms, cache: &DataKeyCache) -> Client<KmsKeyring, Blocking<InMemoryKms>> {
    let keyring = KmsKeyring::new(key_arn(kms)).unwrap();
    Client::builder(keyring).key_service(kms.clone()).cache(cache.clone()).build().unwrap()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How often KMS was asked to do this.
fn calls(kms: &InMemoryKms, operation: &str) -> usize {
    kms.calls().iter().filter(|call| **call == operation).count()
}

// The limits' arithmetic.

proptest! {
    #[test]
    fn messages_cost_a_call_for_every_so_many(messages in 1usize..60, limit in 1u64..20) {
        let kms = InMemoryKms::new();
        let cache = DataKeyCache::builder().max_messages(limit).build().unwrap();
        let client = client(&kms, &cache);
        for _ in 0..messages {
            client.encrypt(b"secret", &context()).unwrap();
        }
        let expected = messages.div_ceil(usize::try_from(limit).unwrap());
        prop_assert_eq!(calls(&kms, "GenerateDataKey"), expected);
        let saved = cache.stats().kms_calls_saved;
        prop_assert_eq!(usize::try_from(saved).unwrap(), messages - expected);
    }

    #[test]
    fn bytes_cost_a_call_for_every_so_many(messages in 1usize..60, len in 1u64..20, limit in 1u64..100) {
        let kms = InMemoryKms::new();
        let cache = DataKeyCache::builder().max_bytes(limit).build().unwrap();
        let client = client(&kms, &cache);
        let plaintext = vec![0; usize::try_from(len).unwrap()];
        for _ in 0..messages {
            client.encrypt(&plaintext, &context()).unwrap();
        }
        // A message that is over the limit alone has a data key of its own.
        let fit = usize::try_from(limit / len).unwrap().max(1);
        prop_assert_eq!(calls(&kms, "GenerateDataKey"), messages.div_ceil(fit));
    }

    #[test]
    fn ages_cost_a_call_for_each(pauses in prop::collection::vec(0u64..40, 1..60), age in 1u64..100, early in 0u64..50) {
        prop_assume!(early < age);
        let (kms, clock) = (InMemoryKms::new(), ManualClock::default());
        let cache = DataKeyCache::builder().max_age(seconds(age)).refresh_before(seconds(early));
        let client = client(&kms, &cache.clock(clock.clone()).build().unwrap());
        let message = client.encrypt(b"secret", &context()).unwrap();
        client.decrypt(&message, &context()).unwrap();
        let (mut now, mut made, mut expected) = (0, 0, 1);
        for pause in pauses {
            clock.advance(seconds(pause));
            now += pause;
            if now - made >= age - early {
                (made, expected) = (now, expected + 1);
            }
            client.encrypt(b"secret", &context()).unwrap();
            client.decrypt(&message, &context()).unwrap();
        }
        prop_assert_eq!(calls(&kms, "GenerateDataKey"), expected);
        prop_assert_eq!(calls(&kms, "Decrypt"), expected);
    }

    /// All limits at once, contexts in any order, against a model of a few lines.
    #[test]
    fn all_limits_together(
        steps in prop::collection::vec((0u64..20, 0u64..50, 0usize..3), 1..80),
        messages in 2u64..10,
        bytes in 1u64..120,
        age in 1u64..60,
    ) {
        let (kms, clock) = (InMemoryKms::new(), ManualClock::default());
        let cache = DataKeyCache::builder().max_messages(messages).max_bytes(bytes);
        let cache = cache.max_age(seconds(age)).refresh_before(Duration::ZERO).clock(clock.clone());
        let client = client(&kms, &cache.build().unwrap());
        let mut model: [Option<(u64, u64, u64)>; 3] = [None; 3];
        let (mut now, mut expected) = (0, 0);
        for (pause, len, tenant) in steps {
            clock.advance(seconds(pause));
            now += pause;
            let entry = model.get_mut(tenant).unwrap();
            let usable = |(made, used, spent): &(u64, u64, u64)| {
                now < made + age && *used < messages && spent + len <= bytes
            };
            if len > bytes {
                expected += 1;
            } else if let Some((_, used, spent)) = entry.as_mut().filter(|entry| usable(entry)) {
                (*used, *spent) = (*used + 1, *spent + len);
            } else {
                expected += 1;
                *entry = Some((now, 1, len));
            }
            let context = EncryptionContext::from([("tenant", tenant.to_string())]);
            let plaintext = vec![0; usize::try_from(len).unwrap()];
            let message = client.encrypt(&plaintext, &context).unwrap();
            prop_assert_eq!(&*client.decrypt(&message, &context).unwrap().plaintext, &plaintext);
        }
        prop_assert_eq!(calls(&kms, "GenerateDataKey"), expected);
    }
}

#[test]
fn entries_are_bounded_and_the_least_recent_goes() {
    let kms = InMemoryKms::new();
    let cache = DataKeyCache::builder().max_entries(2).build().unwrap();
    let client = client(&kms, &cache);
    let encrypt = |tenant: &str| {
        client.encrypt(b"x", &EncryptionContext::from([("tenant", tenant)])).unwrap();
        kms.calls().len()
    };
    assert_eq!([encrypt("a"), encrypt("b"), encrypt("a"), encrypt("c")], [1, 2, 2, 3]);
    assert_eq!(cache.stats().entries, 2);
    assert_eq!([encrypt("a"), encrypt("b")], [3, 4]);
    cache.clear();
    assert_eq!(cache.stats().entries, 0);
    assert_eq!(encrypt("a"), 5);
}

#[test]
fn limits_out_of_range() {
    let error = |builder: zt_crypto::DataKeyCacheBuilder| {
        let error = Error::from(builder.build().unwrap_err());
        assert_eq!(error.code(), "CACHE_LIMIT");
        error.to_string()
    };
    let builder = DataKeyCache::builder;
    assert_eq!(
        error(builder().max_messages((1 << 32) + 1)),
        "data key cache: max_messages is 4294967297, expected 1 to 4294967296"
    );
    assert!(error(builder().max_messages(0)).contains("max_messages is 0"));
    assert!(error(builder().max_bytes(0)).contains("max_bytes is 0"));
    assert!(error(builder().max_bytes(1 << 63)).contains("max_bytes is 9223372036854775808"));
    assert!(error(builder().max_entries(0)).contains("max_entries is 0"));
    let early = builder().max_age(seconds(5)).refresh_before(seconds(5));
    assert_eq!(error(early), "data key cache: refresh_before is 5s, expected less than max_age");
}

// What is shared, and what never is.

#[test]
fn messages_of_one_data_key_differ_and_open_without_the_cache() {
    for suite in AlgorithmSuite::ALL {
        let policy = match suite.commits() {
            true => CommitmentPolicy::RequireEncryptRequireDecrypt,
            false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
        };
        let (kms, cache) = (InMemoryKms::new(), DataKeyCache::default());
        let arn = key_arn(&kms);
        let builder = || {
            let builder = Client::builder(KmsKeyring::new(&arn).unwrap());
            builder.algorithm_suite(suite).commitment_policy(policy).key_service(kms.clone())
        };
        let cached = builder().cache(cache.clone()).build().unwrap();
        let messages = [(); 3].map(|()| cached.encrypt(b"secret", &context()).unwrap());
        let infos = messages.each_ref().map(|message| inspect(message).unwrap());
        let [one, two, _] = &infos;
        assert_ne!(one.message_id, two.message_id);
        let identity = suite.name().contains("NO_KDF");
        assert_eq!(one.encrypted_data_keys == two.encrypted_data_keys, !identity, "{suite}");
        assert_eq!(one.encryption_context, two.encryption_context);
        let plain = builder().build().unwrap();
        for message in &messages {
            for client in [&plain, &cached] {
                assert_eq!(*client.decrypt(message, &context()).unwrap().plaintext, b"secret");
            }
        }
        let stats = cache.stats();
        let expected = if identity { (0, 0, 6, 0) } else { (4, 2, 0, 4) };
        let found = (stats.hits, stats.misses, stats.bypassed, stats.kms_calls_saved);
        assert_eq!(found, expected, "{suite}");
    }
}

#[test]
fn another_context_is_another_entry() {
    let (kms, cache) = (InMemoryKms::new(), DataKeyCache::default());
    let client = client(&kms, &cache);
    let contexts = [
        EncryptionContext::new(),
        context(),
        EncryptionContext::from([("tenant", "b")]),
        EncryptionContext::from([("tenant", "a"), ("purpose", "")]),
    ];
    for context in contexts.iter().chain(&contexts) {
        let message = client.encrypt(b"x", context).unwrap();
        client.decrypt(&message, context).unwrap();
    }
    assert_eq!(calls(&kms, "GenerateDataKey"), 4);
    assert_eq!(calls(&kms, "Decrypt"), 4);
}

/// What the caller alone knows of the context is looked up too: an entry made by one who knew it
/// must not serve one who guesses.
#[test]
fn required_pairs_are_part_of_the_look_up() {
    let (kms, cache) = (InMemoryKms::new(), DataKeyCache::default());
    let keyring = KmsKeyring::new(key_arn(&kms)).unwrap();
    let client = Client::builder(keyring).required_encryption_context(["tenant"]);
    let client = client.key_service(kms.clone()).cache(cache).build().unwrap();
    let message = client.encrypt(b"x", &context()).unwrap();
    client.decrypt(&message, &context()).unwrap();
    let wrong = EncryptionContext::from([("tenant", "b")]);
    let error = client.decrypt(&message, &wrong).unwrap_err();
    assert!(error.to_string().contains("InvalidCiphertextException"), "{error}");
    assert_eq!(
        client.decrypt(&message, &EncryptionContext::new()).unwrap_err().code(),
        "MISSING_CONTEXT_KEY"
    );
    assert_eq!(
        client.encrypt(b"x", &EncryptionContext::new()).unwrap_err().code(),
        "MISSING_CONTEXT_KEY"
    );
}

#[test]
fn an_altered_message_is_refused_from_the_cache_too() {
    let (kms, cache) = (InMemoryKms::new(), DataKeyCache::default());
    let client = client(&kms, &cache);
    let message = client.encrypt(b"secret", &context()).unwrap();
    client.decrypt(&message, &context()).unwrap();
    for index in 0..message.len() {
        let mut altered = message.clone();
        *altered.get_mut(index).unwrap() ^= 1;
        client.decrypt(&altered, &context()).unwrap_err();
    }
    let reserved = EncryptionContext::from([("aws-crypto-public-key", "x")]);
    assert_eq!(client.encrypt(b"x", &reserved).unwrap_err().code(), "RESERVED_CONTEXT_KEY");
}

#[test]
fn clients_share_only_a_named_partition() {
    let (kms, cache) = (InMemoryKms::new(), DataKeyCache::default());
    let arn = key_arn(&kms);
    let with = |cache: DataKeyCache| {
        let client = Client::builder(KmsKeyring::new(&arn).unwrap()).key_service(kms.clone());
        client.cache(cache).build().unwrap().encrypt(b"x", &context()).unwrap();
        kms.calls().len()
    };
    assert_eq!([with(cache.clone()), with(cache.clone())], [1, 2]);
    let named = cache.in_partition("orders");
    assert_eq!([with(named.clone()), with(named), with(cache.in_partition("b"))], [3, 3, 4]);
}

#[test]
fn every_call_of_a_multi_keyring_is_counted() {
    let (kms, cache) = (InMemoryKms::new(), DataKeyCache::default());
    let keyring = || KmsKeyring::new(key_arn(&kms)).unwrap();
    let keyring = MultiKeyring::new(keyring()).with_child(keyring());
    let client = Client::builder(keyring).key_service(kms.clone()).cache(cache.clone());
    let client = client.build().unwrap();
    for _ in 0..3 {
        client.encrypt(b"x", &context()).unwrap();
    }
    assert_eq!(kms.calls(), ["GenerateDataKey", "Encrypt"]);
    assert_eq!(cache.stats().kms_calls_saved, 4);
}

#[test]
fn streams_of_unknown_length_are_not_cached_and_bounded_ones_are() {
    let (kms, cache) = (InMemoryKms::new(), DataKeyCache::builder().max_bytes(10).build().unwrap());
    let client = client(&kms, &cache);
    for _ in 0..2 {
        client.encryptor(&context()).unwrap();
    }
    assert_eq!(cache.stats().bypassed, 2);
    for _ in 0..2 {
        let mut encryptor = client.encryptor_up_to(&context(), 5).unwrap();
        let mut message = Vec::new();
        encryptor.push(b"abc", &mut message).unwrap();
        let error = encryptor.push(b"def", &mut message).unwrap_err();
        assert_eq!(error.to_string(), "plaintext is too long: the limit is 5 bytes");
        let encryptor = client.encryptor_up_to(&context(), 5).unwrap();
        encryptor.finish(&mut message).unwrap();
    }
    // Four of five bytes each: the limit of ten is reached by every second.
    assert_eq!(calls(&kms, "GenerateDataKey"), 2 + 2);
}

#[test]
fn a_failure_is_not_kept() {
    let (kms, cache) = (InMemoryKms::new(), DataKeyCache::default());
    let client = client(&kms, &cache);
    kms.fail_next("ThrottlingException", "");
    assert!(client.encrypt(b"x", &context()).unwrap_err().retryable());
    client.encrypt(b"x", &context()).unwrap();
    client.encrypt(b"x", &context()).unwrap();
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits, stats.entries), (2, 1, 1));
}

// One request in flight.

/// A KMS that answers only once it is let.
#[derive(Clone, Debug)]
struct Gated {
    kms: InMemoryKms,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Gated {
    fn new(kms: InMemoryKms) -> Self {
        Self { kms, gate: Arc::default() }
    }

    fn open(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }

    fn wait(&self) {
        let open = self.gate.0.lock().unwrap();
        drop(self.gate.1.wait_while(open, |open| !*open).unwrap());
    }
}

impl KeyService for Gated {
    fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        let answer = KeyService::call(&self.kms, request);
        self.wait();
        answer
    }
}

/// Runs `work` on many threads at once, and `meanwhile` once all of them have begun.
fn at_once(work: impl Fn() + Send + Sync, meanwhile: impl FnOnce()) {
    const THREADS: usize = 16;
    let begin = Barrier::new(THREADS + 1);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                begin.wait();
                work();
            });
        }
        begin.wait();
        meanwhile();
    });
}

#[test]
fn threads_at_once_cost_one_call() {
    let kms = InMemoryKms::new();
    let keyring = KmsKeyring::new(key_arn(&kms)).unwrap();
    let cache = DataKeyCache::default();
    let gated = Gated::new(kms.clone());
    let client = Client::builder(keyring).key_service(gated.clone()).cache(cache.clone());
    let client = client.build().unwrap();
    let message = Mutex::new(Vec::new());
    let encrypt = || {
        let made = client.encrypt(b"secret", &context()).unwrap();
        *message.lock().unwrap() = made;
    };
    at_once(encrypt, || gated.open());
    assert_eq!(calls(&kms, "GenerateDataKey"), 1);
    *gated.gate.0.lock().unwrap() = false;
    let message = message.into_inner().unwrap();
    at_once(
        || assert_eq!(*client.decrypt(&message, &context()).unwrap().plaintext, b"secret"),
        || gated.open(),
    );
    assert_eq!(calls(&kms, "Decrypt"), 1);
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits, stats.kms_calls_saved), (2, 30, 30));
}

/// An offline keyring that is slow, as one that asks a module in hardware.
#[derive(Debug)]
struct Slow {
    keyring: RawAesKeyring,
    gate: Gated,
    used: Arc<AtomicUsize>,
}

impl OfflineKeyring for Slow {
    fn on_encrypt(&self, materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        self.used.fetch_add(1, Ordering::SeqCst);
        self.gate.wait();
        self.keyring.on_encrypt(materials)
    }

    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        self.keyring.on_decrypt(materials)
    }
}

#[test]
fn offline_keyrings_are_used_once_too() {
    let used = Arc::new(AtomicUsize::new(0));
    let gate = Gated::new(InMemoryKms::new());
    let keyring = RawAesKeyring::new("tests", "k", &[7; 32]).unwrap();
    let keyring = Slow { keyring, gate: gate.clone(), used: Arc::clone(&used) };
    let client = Client::builder(keyring).cache(DataKeyCache::default()).build().unwrap();
    at_once(|| drop(client.encrypt(b"secret", &context()).unwrap()), || gate.open());
    assert_eq!(used.load(Ordering::SeqCst), 1);
}

/// A branch key store that counts, and answers only once it is let.
#[derive(Debug)]
struct Store(StaticBranchKeys, Gated, Arc<AtomicUsize>);

impl BranchKeyStore for Store {
    fn active(&self, branch_key_id: &str) -> Result<BranchKey, Error> {
        self.2.fetch_add(1, Ordering::SeqCst);
        self.1.wait();
        self.0.active(branch_key_id)
    }

    fn version(&self, branch_key_id: &str, version: Uuid) -> Result<BranchKey, Error> {
        self.2.fetch_add(1, Ordering::SeqCst);
        self.0.version(branch_key_id, version)
    }
}

#[test]
fn branch_keys_are_fetched_once_however_many_wait() {
    let keys = StaticBranchKeys::new();
    keys.insert("b", Uuid::from_u128(1), &[7; 32]).unwrap();
    let (gate, fetched) = (Gated::new(InMemoryKms::new()), Arc::default());
    let store = Store(keys, gate.clone(), Arc::clone(&fetched));
    let keyring = HierarchicalKeyring::new(store, "b", seconds(600)).unwrap();
    let client = Client::builder(keyring).build().unwrap();
    at_once(|| drop(client.encrypt(b"secret", &context()).unwrap()), || gate.open());
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
    let message = client.encrypt(b"secret", &context()).unwrap();
    at_once(|| drop(client.decrypt(&message, &context()).unwrap()), || {});
    assert_eq!(fetched.load(Ordering::SeqCst), 2);
}

/// A KMS whose answers are awaited, until it is let answer.
#[derive(Clone, Debug)]
struct Later {
    kms: InMemoryKms,
    ready: Arc<AtomicBool>,
}

impl AsyncKeyService for Later {
    async fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        let answer = KeyService::call(&self.kms, request);
        std::future::poll_fn(|_| match self.ready.load(Ordering::SeqCst) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        answer
    }
}

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn futures_at_once_cost_one_call_and_a_dropped_one_hands_over() {
    let kms = InMemoryKms::new();
    let later = Later { kms: kms.clone(), ready: Arc::default() };
    let keyring = KmsKeyring::new(key_arn(&kms)).unwrap();
    let client = Client::builder(keyring).async_key_service(later.clone());
    let client = client.cache(DataKeyCache::default()).build().unwrap();
    let context = context();
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut waking = Context::from_waker(&waker);

    let mut first = Box::pin(client.encrypt(b"1", &context));
    let mut second = pin!(client.encrypt(b"2", &context));
    let mut third = pin!(client.encrypt(b"3", &context));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert!(second.as_mut().poll(&mut waking).is_pending());
    assert!(third.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!((kms.calls().len(), woken.0.load(Ordering::SeqCst)), (1, 0));

    drop(first);
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    assert!(second.as_mut().poll(&mut waking).is_pending());
    assert!(third.as_mut().poll(&mut waking).is_pending());
    assert_eq!(kms.calls().len(), 2);

    later.ready.store(true, Ordering::SeqCst);
    assert!(matches!(second.as_mut().poll(&mut waking), Poll::Ready(Ok(_))));
    assert_eq!(woken.0.load(Ordering::SeqCst), 2);
    assert!(matches!(third.as_mut().poll(&mut waking), Poll::Ready(Ok(_))));
    assert_eq!(kms.calls().len(), 2);
}

// The same for those who carry requests themselves, as an event loop does.

struct Loop {
    kms: InMemoryKms,
    clock: ManualClock,
    cache: DataKeyCache,
    client: Client<KmsKeyring>,
}

impl Loop {
    fn new() -> Self {
        let (kms, clock) = (InMemoryKms::new(), ManualClock::default());
        let cache = DataKeyCache::builder().clock(clock.clone()).build().unwrap();
        let keyring = KmsKeyring::new(key_arn(&kms)).unwrap();
        let client = Client::builder(keyring).cache(cache.clone()).build().unwrap();
        Self { kms, clock, cache, client }
    }

    fn begin(&self) -> Next<Sealer> {
        self.client.begin_encrypt_up_to(&context(), 6).unwrap()
    }

    fn answer(&self, ask: Ask<Sealer>) -> Result<Next<Sealer>, Error> {
        let answer = KeyService::call(&self.kms, ask.request());
        ask.answer(answer)
    }
}

fn asks(next: Next<Sealer>) -> Ask<Sealer> {
    match next {
        Next::Ask(ask) => ask,
        other => panic!("expected a request, not {other:?}"),
    }
}

fn waits(next: Next<Sealer>) -> zt_crypto::Wait<Sealer> {
    match next {
        Next::Wait(wait) => wait,
        other => panic!("expected to wait, not {other:?}"),
    }
}

fn is_ready(next: &Next<Sealer>) -> bool {
    matches!(next, Next::Ready(_))
}

#[test]
fn who_waits_is_called_and_goes_on() {
    let it = Loop::new();
    let ask = asks(it.begin());
    let wait = waits(it.begin());
    let called = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&called);
    wait.when_over(move || _ = count.fetch_add(1, Ordering::SeqCst));
    let wait = waits(wait.go_on().unwrap());
    assert_eq!(called.load(Ordering::SeqCst), 0);
    assert!(is_ready(&it.answer(ask).unwrap()));
    assert_eq!(called.load(Ordering::SeqCst), 1);
    let count = Arc::clone(&called);
    wait.when_over(move || _ = count.fetch_add(1, Ordering::SeqCst));
    assert_eq!(called.load(Ordering::SeqCst), 2);
    let Next::Ready(sealer) = wait.go_on().unwrap() else { panic!("it is over") };
    assert_eq!(sealer.seal(b"seven b").unwrap_err().code(), "PLAINTEXT_TOO_LONG");
    assert_eq!(it.kms.calls(), ["GenerateDataKey"]);
}

#[test]
fn a_failure_is_shared_by_all_who_waited() {
    let it = Loop::new();
    let (ask, wait, other) = (asks(it.begin()), waits(it.begin()), waits(it.begin()));
    it.kms.fail_next("AccessDeniedException", "no");
    let error = it.answer(ask).unwrap_err().to_string();
    assert!(error.ends_with("AccessDeniedException: no"), "{error}");
    assert_eq!(wait.go_on().unwrap_err().to_string(), error);
    assert_eq!(other.block().unwrap_err().to_string(), error);
    // Whoever comes later asks again.
    assert!(is_ready(&it.answer(asks(it.begin())).unwrap()));
    assert_eq!(it.kms.calls().len(), 2);
}

#[test]
fn a_request_that_is_dropped_is_made_by_another() {
    let it = Loop::new();
    let (ask, wait, other) = (asks(it.begin()), waits(it.begin()), waits(it.begin()));
    drop(ask);
    let ask = asks(wait.go_on().unwrap());
    let other = waits(other.go_on().unwrap());
    assert!(is_ready(&it.answer(ask).unwrap()));
    assert!(is_ready(&other.go_on().unwrap()));
    assert_eq!(it.kms.calls().len(), 1);
}

#[test]
fn a_request_that_takes_too_long_is_overtaken() {
    let it = Loop::new();
    let (lost, wait) = (asks(it.begin()), waits(it.begin()));
    it.clock.advance(Duration::from_millis(9_999));
    let wait = waits(wait.go_on().unwrap());
    drop(waits(it.begin()));
    it.clock.advance(Duration::from_millis(1));
    let ask = asks(it.begin());
    let wait = waits(wait.go_on().unwrap());
    assert!(is_ready(&it.answer(ask).unwrap()));
    assert!(is_ready(&wait.go_on().unwrap()));
    // The answer that comes late is good for who asked.
    assert!(is_ready(&it.answer(lost).unwrap()));
    assert!(is_ready(&it.begin()));
    assert_eq!(it.kms.calls().len(), 2);
}

#[test]
fn who_waits_for_one_that_never_ends_asks_itself() {
    let it = Loop::new();
    let (lost, first, second) = (asks(it.begin()), waits(it.begin()), waits(it.begin()));
    // Too early: it waits on.
    let first = waits(first.look_again().unwrap());
    it.clock.advance(zt_crypto::Wait::<Sealer>::PATIENCE);
    let ask = asks(first.look_again().unwrap());
    // The other now waits for the first.
    let second = waits(second.block_at_most(Duration::ZERO).unwrap());
    assert!(is_ready(&it.answer(ask).unwrap()));
    assert!(is_ready(&second.go_on().unwrap()));
    assert_eq!(it.kms.calls().len(), 1);
    drop(lost);
}

/// Everybody comes once the entry has expired.
#[test]
fn a_storm_on_an_expired_entry_costs_one_call() {
    let (kms, clock) = (InMemoryKms::new(), ManualClock::default());
    let gated = Gated::new(kms.clone());
    let cache = DataKeyCache::builder().clock(clock.clone()).build().unwrap();
    let keyring = KmsKeyring::new(key_arn(&kms)).unwrap();
    let client = Client::builder(keyring).key_service(gated.clone()).cache(cache).build().unwrap();
    for round in 1..=3 {
        let encrypt = || drop(client.encrypt(b"secret", &context()).unwrap());
        at_once(encrypt, || gated.open());
        assert_eq!(calls(&kms, "GenerateDataKey"), round);
        *gated.gate.0.lock().unwrap() = false;
        clock.advance(seconds(300));
    }
}

#[test]
fn the_valid_entry_serves_while_one_refreshes() {
    let it = Loop::new();
    it.answer(asks(it.begin())).unwrap();
    it.clock.advance(Duration::from_millis(289_999));
    assert!(is_ready(&it.begin()));
    it.clock.advance(Duration::from_millis(1));
    let refresh = asks(it.begin());
    assert!(is_ready(&it.begin()) && is_ready(&it.begin()));
    assert!(is_ready(&it.answer(refresh).unwrap()));
    it.clock.advance(seconds(289));
    assert!(is_ready(&it.begin()));
    let stats = it.cache.stats();
    assert_eq!((stats.misses, stats.refreshes, stats.hits), (1, 1, 4));
    assert_eq!(it.kms.calls().len(), 2);
}

#[test]
fn a_refresh_that_fails_is_not_noticed_until_the_entry_ends() {
    let it = Loop::new();
    it.answer(asks(it.begin())).unwrap();
    for attempt in 0..10 {
        it.clock.advance(seconds(if attempt == 0 { 290 } else { 1 }));
        let refresh = asks(it.begin());
        // Not again within a second.
        assert!(is_ready(&it.begin()));
        it.kms.fail_next("AccessDeniedException", "revoked");
        assert!(is_ready(&it.answer(refresh).unwrap()), "attempt {attempt}");
    }
    it.clock.advance(seconds(1));
    let ask = asks(it.begin());
    assert_eq!(it.cache.stats().entries, 0);
    it.kms.fail_next("AccessDeniedException", "revoked");
    assert!(it.answer(ask).is_err());
}

#[test]
fn decrypting_waits_too() {
    let it = Loop::new();
    let Next::Ready(sealer) = it.answer(asks(it.begin())).unwrap() else { panic!("ready") };
    let message = sealer.seal(b"secret").unwrap();
    let begin = || {
        let header = it.client.parse_header(&message).unwrap();
        it.client.begin_decrypt(header, &context()).unwrap()
    };
    let Next::Ask(ask) = begin() else { panic!("expected a request") };
    let Next::Wait(wait) = begin() else { panic!("expected to wait") };
    let answer = KeyService::call(&it.kms, ask.request());
    assert!(matches!(ask.answer(answer).unwrap(), Next::Ready(_)));
    assert!(matches!(wait.go_on().unwrap(), Next::Ready(_)));
    assert_eq!(it.kms.calls(), ["GenerateDataKey", "Decrypt"]);
}

#[test]
fn nothing_secret_is_printed() {
    let (kms, cache) = (InMemoryKms::new(), DataKeyCache::default());
    let client = client(&kms, &cache);
    client.encrypt(b"x", &context()).unwrap();
    let printed = format!("{client:?} {cache:?} {:?}", DataKeyCache::builder());
    assert!(printed.contains("misses: 1") && !printed.contains("data_key:"), "{printed}");
}
