//! Large messages: worked on by several threads, in every way of cutting them, on every backend.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::num::NonZeroUsize;

use zt_crypto::{
    AlgorithmSuite, Backend, Client, CommitmentPolicy, EncryptionContext, Error, HeaderReader,
    Offline, RawAesKeyring, inspect,
};

/// Enough for four threads.
const LEN: usize = (2 << 20) + 12_345;

fn client(
    suite: AlgorithmSuite,
    frame_length: u32,
    threads: usize,
    backend: Backend,
) -> Client<RawAesKeyring, Offline> {
    let policy = match suite.commits() {
        true => CommitmentPolicy::RequireEncryptRequireDecrypt,
        false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
    };
    Client::builder(RawAesKeyring::new("tests", "k", &[7; 32]).unwrap())
        .algorithm_suite(suite)
        .commitment_policy(policy)
        .frame_length(frame_length)
        .threads(NonZeroUsize::new(threads).unwrap())
        .backend(backend)
        .build()
        .unwrap()
}

fn plaintext() -> Vec<u8> {
    (0..LEN).map(|index| (index * 7 + index / 251) as u8).collect()
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("purpose", "test")])
}

fn push_all(
    client: &Client<RawAesKeyring, Offline>,
    message: &[u8],
    piece: usize,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let (header, rest) = HeaderReader::new(None).push(message)?.unwrap();
    let mut decryptor = client.decryptor(header, &context())?;
    for piece in rest.chunks(piece) {
        decryptor.push(piece, out)?;
    }
    Ok(decryptor.finish()?)
}

const SUITES: [AlgorithmSuite; 4] = [
    AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
    AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
    AlgorithmSuite::Aes192GcmHkdfSha256,
    AlgorithmSuite::Aes128GcmHkdfSha256EcdsaP256,
];

#[test]
fn what_one_sealed_all_open() {
    let plaintext = plaintext();
    for suite in SUITES {
        for (frame_length, threads) in [(4096, 1), (4096, 4), (1000, 3), (1 << 20, 2)] {
            for &backend in Backend::ALL {
                let sealing = client(suite, frame_length, threads, backend);
                let whole = sealing.encrypt(&plaintext, &context()).unwrap();
                let mut streamed = Vec::new();
                let mut encryptor = sealing.encryptor(&context()).unwrap();
                for piece in plaintext.chunks(1_100_000) {
                    encryptor.push(piece, &mut streamed).unwrap();
                }
                encryptor.finish(&mut streamed).unwrap();
                assert_eq!(whole.len(), streamed.len());
                for message in [whole, streamed] {
                    for (threads, piece) in [(1, 50_000), (4, 1_500_000)] {
                        let opening = client(suite, 4096, threads, Backend::AwsLc);
                        let opened = opening.decrypt(&message, &context()).unwrap();
                        assert!(*opened.plaintext == plaintext);
                        let mut out = Vec::new();
                        push_all(&opening, &message, piece, &mut out).unwrap();
                        assert!(out == plaintext);
                    }
                }
            }
        }
    }
}

#[test]
fn errors_are_those_of_one_thread() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let plaintext = plaintext();
    let message =
        client(suite, 4096, 4, Backend::fastest()).encrypt(&plaintext, &context()).unwrap();
    let body = inspect(&message).unwrap().header_len;
    let frame = 4096 + 32;
    let alter = |at: usize, byte: u8| {
        let mut altered = message.clone();
        altered[body + at] ^= byte;
        altered
    };
    let altered = [
        alter(100 * frame + 20, 1), // ciphertext of frame 101
        alter(100 * frame + 3, 1),  // its number
        alter(100 * frame + 15, 1), // its IV
        alter(300 * frame - 1, 1),  // a tag
        [&message[..body + 300 * frame], &message[body + 301 * frame..]].concat(),
        message[..message.len() - 1].to_vec(),
        message[..body + 300 * frame + 50].to_vec(),
        [&message[..], &[0]].concat(),
        {
            // Two wrong frames: the first counts.
            let mut altered = alter(100 * frame + 20, 1);
            altered[body + 400 * frame + 3] ^= 1;
            altered
        },
        {
            let mut altered = message.clone();
            altered[body + 200 * frame..][..4].fill(0xff); // an end mark too early
            altered
        },
    ];
    for (index, message) in altered.iter().enumerate() {
        let [one, four] = [1, 4].map(|threads| client(suite, 4096, threads, Backend::fastest()));
        let expected = one.decrypt(message, &context()).unwrap_err().to_string();
        assert_eq!(four.decrypt(message, &context()).unwrap_err().to_string(), expected, "{index}");
        let mut released = [Vec::new(), Vec::new()];
        let mut errors = Vec::new();
        for ((client, piece), out) in
            [(&one, 1_000), (&four, usize::MAX)].into_iter().zip(&mut released)
        {
            errors.push(push_all(client, message, piece, out).unwrap_err().to_string());
        }
        assert_eq!(errors[0], errors[1], "{index}");
        assert!(released[0] == released[1], "{index}");
        assert!(plaintext.starts_with(&released[0]), "{index}");
    }
}

#[test]
fn an_output_that_was_refused_holds_zeros() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    for threads in [1, 4] {
        let client = client(suite, 4096, threads, Backend::fastest());
        let mut message = client.encrypt(&plaintext(), &context()).unwrap();
        let last = message.len() - 1;
        message[last] ^= 1; // the signature
        let header = client.parse_header(&message).unwrap();
        let opener = client.opener(header, &context()).unwrap();
        let mut out = vec![9; opener.plaintext_len(&message).unwrap()];
        assert_eq!(opener.open_into(&message, &mut out).unwrap_err().code(), "NOT_AUTHENTIC");
        assert!(out.iter().all(|byte| *byte == 0));
    }
}
