//! Messages over tokio's readers and writers, through a pipe that holds a few bytes at a time.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use tokio::io::AsyncWriteExt;
use zt_crypto::{
    AlgorithmSuite, Client, EncryptionContext, HeaderReader, Offline, RawAesKeyring, async_io,
};

fn client(suite: AlgorithmSuite) -> Client<RawAesKeyring, Offline> {
    let keyring = RawAesKeyring::new("tests", "k", &[7; 32]).unwrap();
    Client::builder(keyring).algorithm_suite(suite).frame_length(1000).build().unwrap()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

#[test]
fn through_a_narrow_pipe() {
    let context = EncryptionContext::from([("purpose", "test")]);
    let plaintext: Vec<u8> = (0..=255).cycle().take(150_000).collect();
    for suite in [
        AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
        AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
    ] {
        let client = client(suite);
        let (mut writer, reader) = tokio::io::duplex(77);
        let (mut sealed, mut opened) = (Vec::new(), Vec::new());
        let mut out = Vec::new();
        let decrypting = run(async {
            let sealing = async {
                let encryptor = client.encryptor(&context).unwrap();
                let progress = |done| sealed.push(done);
                let done = async_io::encrypt(encryptor, &plaintext[..], &mut writer, progress);
                assert_eq!(done.await.unwrap(), 150_000);
                writer.shutdown().await.unwrap();
            };
            let open = async |header| client.decryptor(header, &context);
            let progress = |done| opened.push(done);
            let opening =
                async_io::decrypt(HeaderReader::new(None), open, reader, &mut out, progress);
            tokio::join!(sealing, opening).1.unwrap()
        });
        assert!(out == plaintext);
        assert_eq!(decrypting.algorithm_suite, suite);
        assert_eq!(decrypting.encryption_context.get("purpose"), Some("test"));
        assert_eq!(sealed.last(), Some(&150_000));
        assert!(sealed.is_sorted() && opened.is_sorted() && opened.last() > Some(&150_000));
    }
}

#[test]
fn what_is_cut_off_is_refused() {
    let client = client(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey);
    let context = EncryptionContext::new();
    let message = client.encrypt(&[1; 5000], &context).unwrap();
    for len in [0, 10, 300, message.len() - 1] {
        let open = async |header| client.decryptor(header, &context);
        let mut out = Vec::new();
        let reader = HeaderReader::new(None);
        let error = run(async_io::decrypt(reader, open, &message[..len], &mut out, |_| {}));
        let expected = if len == 0 { "NOT_A_MESSAGE" } else { "TRUNCATED" };
        assert_eq!(error.unwrap_err().code(), expected);
    }
}
