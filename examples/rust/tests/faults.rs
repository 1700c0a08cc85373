//! KMS in trouble: a server on loopback that answers wrongly on purpose, through the real AWS SDK.
//!
//! Each case asserts what a caller goes by: the error's code, whether to try again, and that it
//! names the key.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use serde_json::{Value, json};
use zt_crypto::aws_kms::{BlockingKms, Kms};
use zt_crypto::{
    AsyncKeyService, Client, DataKeyCache, EncryptionContext, Error, KmsError, KmsKeyring,
    KmsRequest, KmsResponse,
};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000001";
const OTHER: &str = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000002";
/// 32 bytes, and 16, in base64.
const KEY_32: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
const KEY_16: &str = "BwcHBwcHBwcHBwcHBwcHBw==";

/// One answer.
#[derive(Clone, Debug)]
enum Answer {
    /// An HTTP status and a body.
    Http(u16, String),
    /// Nothing: the connection stays open.
    Silence,
    /// Nothing: the connection is closed.
    HangUp,
    /// Half of an answer, then the connection is closed.
    Half,
}

impl Answer {
    fn ok(body: &Value) -> Self {
        Self::Http(200, body.to_string())
    }

    fn refused(status: u16, code: &str, message: &str) -> Self {
        Self::Http(status, json!({ "__type": code, "message": message }).to_string())
    }

    /// A good answer to `GenerateDataKey`.
    fn data_key() -> Self {
        Self::ok(&json!({ "KeyId": KEY, "Plaintext": KEY_32, "CiphertextBlob": "d3JhcHBlZA==" }))
    }
}

/// A server that gives these answers in their order, and the last of them again and again. It ends
/// with the process, and listens on loopback only.
struct Server {
    endpoint: String,
    /// The operations asked for.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answers, noted) = (Arc::clone(&answers), Arc::clone(&noted));
                thread::spawn(move || drop(serve(&stream.unwrap(), &answers, &noted)));
            }
        });
        Self { endpoint, asked }
    }

    /// The SDK's client, which gives an answer this long before it tries again.
    fn sdk(&self, patience: Duration) -> aws_sdk_kms::Client {
        let retries = RetryConfig::standard().with_max_attempts(3);
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("testing", "testing", None, None, "tests"))
            .retry_config(retries.with_initial_backoff(Duration::from_millis(1)))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(patience).build())
            .build();
        aws_sdk_kms::Client::from_conf(config)
    }

    fn client(&self) -> Client<KmsKeyring, zt_crypto::Blocking<BlockingKms>> {
        self.client_with(Duration::from_secs(60))
    }

    fn client_with(
        &self,
        patience: Duration,
    ) -> Client<KmsKeyring, zt_crypto::Blocking<BlockingKms>> {
        let kms = BlockingKms::new(self.sdk(patience)).unwrap();
        Client::builder(KmsKeyring::new(KEY).unwrap()).key_service(kms).build().unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Serves one connection until it is closed.
fn serve(
    stream: &TcpStream,
    answers: &Mutex<VecDeque<Answer>>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut len, mut operation) = (0, String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_owned();
            match line.to_lowercase().split_once(": ") {
                Some(("content-length", value)) => len = value.parse().unwrap(),
                Some(("x-amz-target", _)) => {
                    operation = line.rsplit('.').next().unwrap().to_owned()
                }
                _ if line.is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; len];
        reader.read_exact(&mut body)?;
        asked.lock().unwrap().push(operation);
        let answer = {
            let mut answers = answers.lock().unwrap();
            let first = answers.pop_front().unwrap();
            if answers.is_empty() {
                answers.push_back(first.clone());
            }
            first
        };
        let (status, body) = match answer {
            Answer::Http(status, body) => (status, body),
            Answer::HangUp => return Ok(()),
            Answer::Silence => {
                // Until the other side gives up.
                let _ = reader.read(&mut [0]);
                return Ok(());
            }
            Answer::Half => {
                let mut stream = stream;
                return write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{{\"KeyId\"");
            }
        };
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status} Answer\r\ncontent-type: application/x-amz-json-1.1\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "a")])
}

/// The error of an encryption that gets this answer, after however many tries.
fn failure(answer: Answer) -> (Error, usize) {
    let server = Server::answering([answer]);
    let error = server.client().encrypt(b"secret", &context()).unwrap_err();
    assert!(error.to_string().contains(KEY), "{error}");
    (error, server.asked().len())
}

#[test]
fn a_good_answer_is_a_message() {
    let server = Server::answering([Answer::data_key()]);
    let message = server.client().encrypt(b"secret", &context()).unwrap();
    let unwrapped = Answer::ok(&json!({ "KeyId": KEY, "Plaintext": KEY_32 }));
    let server = Server::answering([unwrapped]);
    let opened = server.client().decrypt(&message, &context()).unwrap();
    assert_eq!(*opened.plaintext, b"secret");
    assert_eq!(server.asked(), ["Decrypt"]);
}

#[test]
fn refusals_that_stay_are_told_at_once_with_kms_own_code() {
    for (status, code) in [
        (400, "DisabledException"),
        (400, "KMSInvalidStateException"),
        (400, "NotFoundException"),
        (400, "AccessDeniedException"),
        (400, "InvalidGrantTokenException"),
        (400, "InvalidKeyUsageException"),
        (400, "UnrecognizedClientException"),
        (400, "ExpiredTokenException"),
    ] {
        let message = format!("{KEY} is pending deletion.");
        let (error, tries) = failure(Answer::refused(status, code, &message));
        let expected = format!("KMS refused GenerateDataKey under `{KEY}`: {code}: {message}");
        assert_eq!(error.to_string(), expected);
        assert_eq!((error.code(), error.retryable(), tries), ("KMS_REFUSED", false, 1), "{code}");
        let Error::Kms(error) = error else { panic!("{error:?}") };
        assert_eq!((error.service_code(), error.key_id()), (Some(code), KEY));
    }
}

#[test]
fn trouble_that_passes_is_tried_again_and_then_told() {
    for (status, code) in [
        (400, "ThrottlingException"),
        (500, "KMSInternalException"),
        (500, "DependencyTimeoutException"),
        (500, "KeyUnavailableException"),
        (503, "ServiceUnavailableException"),
    ] {
        let (error, tries) = failure(Answer::refused(status, code, "later"));
        assert_eq!((error.code(), error.retryable(), tries), ("KMS_REFUSED", true, 3), "{code}");
        assert!(error.to_string().contains(code), "{error}");

        let trouble = Answer::refused(status, code, "later");
        let server = Server::answering([trouble.clone(), trouble, Answer::data_key()]);
        server.client().encrypt(b"secret", &context()).unwrap();
        assert_eq!(server.asked(), ["GenerateDataKey"; 3], "{code}");
    }
}

#[test]
fn a_proxy_that_answers_for_kms() {
    let page = "<html>502 Bad Gateway</html>";
    let (error, tries) = failure(Answer::Http(502, page.to_owned()));
    assert_eq!((error.code(), error.retryable(), tries), ("KMS_REFUSED", true, 3), "{error}");
    let (error, tries) = failure(Answer::Http(403, page.to_owned()));
    assert_eq!((error.retryable(), tries), (false, 1), "{error}");
}

#[test]
fn no_answer_in_time() {
    let patience = Duration::from_millis(500);
    let server = Server::answering([Answer::Silence]);
    let error = server.client_with(patience).encrypt(b"secret", &context()).unwrap_err();
    assert_eq!((error.code(), error.retryable()), ("KMS_UNREACHABLE", true), "{error}");
    assert!(error.to_string().contains(KEY), "{error}");
}

#[test]
fn a_connection_that_is_closed() {
    for answer in [Answer::HangUp, Answer::Half] {
        let (error, _) = failure(answer);
        assert_eq!((error.code(), error.retryable()), ("KMS_UNREACHABLE", true), "{error}");
    }
    let server = Server::answering([Answer::HangUp, Answer::data_key()]);
    server.client().encrypt(b"secret", &context()).unwrap();
}

#[test]
fn answers_that_are_wrong() {
    let blob = "d3JhcHBlZA==";
    let cases = [
        ("not json", "not json".to_owned()),
        ("half of json", format!("{{\"KeyId\": \"{KEY}\"")),
        ("an array", "[]".to_owned()),
        (
            "no base64",
            json!({ "KeyId": KEY, "Plaintext": "!", "CiphertextBlob": blob }).to_string(),
        ),
        ("empty", "{}".to_owned()),
        ("no key id", json!({ "Plaintext": KEY_32, "CiphertextBlob": blob }).to_string()),
        ("no plaintext", json!({ "KeyId": KEY, "CiphertextBlob": blob }).to_string()),
        ("no blob", json!({ "KeyId": KEY, "Plaintext": KEY_32 }).to_string()),
        (
            "another key",
            json!({ "KeyId": OTHER, "Plaintext": KEY_32, "CiphertextBlob": blob }).to_string(),
        ),
        (
            "an alias",
            json!({ "KeyId": "alias/a", "Plaintext": KEY_32, "CiphertextBlob": blob }).to_string(),
        ),
        (
            "a short key",
            json!({ "KeyId": KEY, "Plaintext": KEY_16, "CiphertextBlob": blob }).to_string(),
        ),
    ];
    for (name, body) in cases {
        let (error, _) = failure(Answer::Http(200, body));
        assert_eq!(
            (error.code(), error.retryable()),
            ("KMS_WRONG_ANSWER", false),
            "{name}: {error}"
        );
        // A data key must not come out with the error that complains of it.
        for secret in [KEY_32, KEY_16, "7, 7, 7"] {
            assert!(!format!("{error} {error:?}").contains(secret), "{name}: {error:?}");
        }
    }
}

#[test]
fn decrypting_with_answers_that_are_wrong() {
    let message = Server::answering([Answer::data_key()]).client().encrypt(b"x", &context());
    let message = message.unwrap();
    for (body, code) in [
        (json!({ "KeyId": OTHER, "Plaintext": KEY_32 }), "KMS_WRONG_ANSWER"),
        (json!({ "Plaintext": KEY_32 }), "KMS_WRONG_ANSWER"),
        (json!({ "KeyId": KEY, "Plaintext": KEY_16 }), "KMS_WRONG_ANSWER"),
        (json!({ "KeyId": KEY }), "KMS_WRONG_ANSWER"),
        // The right length and the wrong key: whoever stands between is found out here.
        (json!({ "KeyId": KEY, "Plaintext": KEY_32.replace('B', "C") }), "NOT_AUTHENTIC"),
    ] {
        let server = Server::answering([Answer::ok(&body)]);
        let error = server.client().decrypt(&message, &context()).unwrap_err();
        assert_eq!((error.code(), error.retryable()), (code, false), "{body}");
    }
    let refused = Answer::refused(400, "InvalidCiphertextException", "");
    let server = Server::answering([refused]);
    let error = server.client().decrypt(&message, &context()).unwrap_err();
    let expected = format!("KMS refused Decrypt under `{KEY}`: InvalidCiphertextException");
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[test]
fn no_credentials() {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url("http://127.0.0.1:1")
        .region(Region::new("us-east-1"))
        .build();
    let kms = BlockingKms::new(aws_sdk_kms::Client::from_conf(config)).unwrap();
    let client = Client::builder(KmsKeyring::new(KEY).unwrap()).key_service(kms).build().unwrap();
    let error = client.encrypt(b"secret", &context()).unwrap_err();
    assert_eq!((error.code(), error.retryable()), ("KMS_NOT_SENT", false), "{error}");
    assert!(error.to_string().contains(KEY), "{error}");
}

#[test]
fn nobody_listens() {
    // The port was ours a moment ago, and is nobody's now.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = Server { endpoint, asked: Arc::default() };
    let error = server.client().encrypt(b"secret", &context()).unwrap_err();
    assert_eq!((error.code(), error.retryable()), ("KMS_UNREACHABLE", true), "{error}");
}

/// Does not ask before all of one task's callers have begun.
struct Later(Kms);

impl AsyncKeyService for Later {
    async fn call(&self, request: &KmsRequest) -> Result<KmsResponse, KmsError> {
        tokio::task::yield_now().await;
        self.0.call(request).await
    }
}

/// With a cache, callers who wait for one another wait for the SDK, too, and fail alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_cost_one_call() {
    for (answer, hits) in
        [(Answer::data_key(), 15), (Answer::refused(400, "AccessDeniedException", "no"), 0)]
    {
        let server = Server::answering([answer]);
        let cache = DataKeyCache::default();
        let client = Client::builder(KmsKeyring::new(KEY).unwrap());
        let client = client
            .async_key_service(Later(Kms::new(server.sdk(Duration::from_secs(60)))))
            .cache(cache.clone());
        let client = Arc::new(client.build().unwrap());
        let context = context();
        // All of them begin before any is answered: they are polled in turn on one task.
        let mut messages: Vec<_> =
            (0..16).map(|_| Box::pin(client.encrypt(b"secret", &context))).collect();
        let mut results = Vec::new();
        std::future::poll_fn(|waking| {
            messages.retain_mut(|message| match message.as_mut().poll(waking) {
                std::task::Poll::Ready(result) => {
                    results.push(result);
                    false
                }
                std::task::Poll::Pending => true,
            });
            if messages.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        assert_eq!(server.asked(), ["GenerateDataKey"]);
        assert_eq!((results.len(), cache.stats().hits), (16, hits));
        assert_eq!(
            results.iter().filter(|result| result.is_ok()).count(),
            if hits > 0 { 16 } else { 0 }
        );
    }
}
