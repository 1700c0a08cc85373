//! Messages of our own: whole, in pieces, altered, cut off, and under the wrong key.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use zt_crypto::{
    AlgorithmSuite, Client, CommitmentPolicy, DecryptError, Decryptor, EncryptError,
    EncryptionContext, Error, HeaderReader, Offline, OfflineMultiKeyring, Plaintext, RawAesKeyring,
    inspect,
};

fn keyring(name: &str, byte: u8) -> RawAesKeyring {
    RawAesKeyring::new("tests", name, &[byte; 32]).unwrap()
}

fn client(frame_length: u32) -> Client<RawAesKeyring, Offline> {
    Client::builder(keyring("k", 7)).frame_length(frame_length).build().unwrap()
}

/// A client that reads and writes `suite`.
fn client_of(suite: AlgorithmSuite, frame_length: u32) -> Client<RawAesKeyring, Offline> {
    let policy = match suite.commits() {
        true => CommitmentPolicy::RequireEncryptRequireDecrypt,
        false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
    };
    let builder = Client::builder(keyring("k", 7)).frame_length(frame_length);
    builder.algorithm_suite(suite).commitment_policy(policy).build().unwrap()
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("purpose", "test"), ("tenant", "a")])
}

/// Decrypts in pieces of these lengths, over and over.
fn decrypt_in_pieces(
    client: &Client<RawAesKeyring, Offline>,
    message: &[u8],
    lengths: &[usize],
) -> Result<Vec<u8>, Error> {
    let mut reader = HeaderReader::new(None);
    let mut decryptor: Option<Decryptor> = None;
    let mut out = Vec::new();
    let mut rest = message;
    for len in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*len).min(rest.len()));
        rest = after;
        match &mut decryptor {
            Some(decryptor) => decryptor.push(piece, &mut out)?,
            None => {
                if let Some((header, body)) = reader.push(piece)? {
                    let decryptor = decryptor.insert(client.decryptor(header, &context())?);
                    decryptor.push(&body, &mut out)?;
                }
            }
        }
    }
    decryptor.ok_or_else(|| reader.cut_off())?.finish()?;
    Ok(out)
}

#[test]
fn every_length_around_a_frame() {
    for suite in AlgorithmSuite::ALL {
        let client = client_of(suite, 16);
        for len in 0..=50 {
            let plaintext: Vec<u8> = (0..len).collect();
            let message = client.encrypt(&plaintext, &context()).unwrap();
            let opened = client.decrypt(&message, &context()).unwrap();
            assert_eq!(*opened.plaintext, plaintext);
            for (name, value) in &context() {
                assert_eq!(opened.encryption_context.get(name), Some(value));
            }
            assert_eq!(opened.algorithm_suite, suite);
        }
    }
}

#[test]
fn message_length_is_as_the_format_says() {
    let client = client(4096);
    let header = inspect(&client.encrypt(&[], &context()).unwrap()).unwrap().header_len;
    for (plaintext, regular) in [(0, 0), (1, 0), (4096, 0), (4097, 1), (8192, 1), (8193, 2)] {
        let message = client.encrypt(&vec![0; plaintext], &context()).unwrap();
        assert_eq!(message.len(), header + plaintext + 32 * regular + 40, "{plaintext}");
    }
}

#[test]
fn two_messages_of_one_plaintext_differ() {
    let client = client(4096);
    let [one, two] = [(); 2].map(|()| client.encrypt(b"same", &context()).unwrap());
    assert_ne!(one, two);
    assert_ne!(inspect(&one).unwrap().message_id, inspect(&two).unwrap().message_id);
}

#[test]
fn every_flipped_bit_is_refused() {
    for suite in AlgorithmSuite::ALL {
        let client = client_of(suite, 8);
        let message = client.encrypt(b"three frames of 8", &context()).unwrap();
        for index in 0..message.len() {
            for bit in 0..8 {
                let mut altered = message.clone();
                altered[index] ^= 1 << bit;
                for result in [
                    client.decrypt(&altered, &context()).map(|opened| opened.plaintext.to_vec()),
                    decrypt_in_pieces(&client, &altered, &[11]),
                ] {
                    assert!(
                        matches!(result, Err(Error::Decrypt(_))),
                        "{suite} byte {index}: {result:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_truncation_is_refused_and_named() {
    for suite in AlgorithmSuite::ALL {
        let client = client_of(suite, 8);
        let message = client.encrypt(b"three frames of 8", &context()).unwrap();
        for len in 0..message.len() {
            let cut = &message[..len];
            for error in [
                client.decrypt(cut, &context()).unwrap_err(),
                decrypt_in_pieces(&client, cut, &[5]).unwrap_err(),
            ] {
                let expected = if len == 0 { "NOT_A_MESSAGE" } else { "TRUNCATED" };
                assert_eq!(error.code(), expected, "{suite}, {len} bytes: {error}");
            }
        }
        let mut longer = message.clone();
        longer.push(0);
        let errors = [
            client.decrypt(&longer, &context()).unwrap_err(),
            decrypt_in_pieces(&client, &longer, &[5]).unwrap_err(),
        ];
        assert_eq!(errors.map(|error| error.code()), ["TRAILING_BYTES"; 2]);
    }
}

#[test]
fn frames_out_of_order_are_refused() {
    let client = client(8);
    let message = client.encrypt(&[1; 24], &context()).unwrap();
    let header = inspect(&message).unwrap().header_len;
    let frame = 8 + 32;
    let (first, second) = (header..header + frame, header + frame..header + 2 * frame);
    let swapped =
        [&message[..header], &message[second.clone()], &message[first], &message[second.end..]];
    let error = client.decrypt(&swapped.concat(), &context()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("message is malformed: sequence number at byte {header}: expected the next number")
    );
}

#[test]
fn a_frame_of_another_message_is_refused() {
    let client = client(8);
    let [one, two] = [(); 2].map(|()| client.encrypt(&[1; 24], &context()).unwrap());
    let header = inspect(&one).unwrap().header_len;
    let mixed = [&one[..header], &two[header..]].concat();
    let error = client.decrypt(&mixed, &context()).unwrap_err();
    assert!(matches!(error, Error::Decrypt(DecryptError::NotAuthentic)));
}

#[test]
fn a_length_of_64_gib_is_refused_before_allocation() {
    // An unframed body may claim up to 2^36 - 32 bytes. The claim is compared with what is there.
    let client = client(4096);
    let message = client.encrypt(b"x", &context()).unwrap();
    let header = inspect(&message).unwrap().header_len;
    let mut claims = message.clone();
    claims[header + 20..header + 24].copy_from_slice(&u32::MAX.to_be_bytes());
    let error = client.decrypt(&claims, &context()).unwrap_err();
    assert_eq!(error.code(), "MALFORMED_MESSAGE");
}

#[test]
fn wrong_key_and_wrong_name() {
    let message = client(4096).encrypt(b"secret", &context()).unwrap();
    let wrong_key = Client::builder(keyring("k", 8)).build().unwrap();
    let error = wrong_key.decrypt(&message, &context()).unwrap_err();
    assert_eq!(error.to_string(), "message is not authentic under this key and encryption context");

    let wrong_name = Client::builder(keyring("other", 7)).build().unwrap();
    let error = wrong_name.decrypt(&message, &context()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no keyring matches the message: it was encrypted under `tests/k`, configured: `tests/other`"
    );
}

#[test]
fn context_is_checked_pair_by_pair() {
    let client = client(4096);
    let message = client.encrypt(b"secret", &context()).unwrap();
    let decrypt = |pairs: &[(&str, &str)]| {
        client.decrypt(&message, &pairs.iter().copied().collect()).map(|opened| opened.plaintext)
    };
    assert!(decrypt(&[]).is_ok());
    assert!(decrypt(&[("tenant", "a")]).is_ok());
    assert_eq!(decrypt(&[("tenant", "b")]).unwrap_err().code(), "ENCRYPTION_CONTEXT_MISMATCH");
    // A pair that the header does not hold would have been authenticated with it.
    assert_eq!(decrypt(&[("other", "a")]).unwrap_err().code(), "NOT_AUTHENTIC");
}

#[test]
fn what_is_not_a_message_is_explained() {
    use base64::Engine;
    let client = client(4096);
    let message = client.encrypt(b"secret", &context()).unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(&message);
    let explain = |bytes: &[u8]| client.decrypt(bytes, &context()).unwrap_err().to_string();
    assert_eq!(explain(text.as_bytes()), "message is base64 text: decode it to bytes first");
    assert_eq!(explain(b""), "not an encrypted message: the input is empty");
    assert_eq!(
        explain(b"hello"),
        "not an encrypted message: the first byte is 0x68, expected 0x01 or 0x02"
    );
    assert_eq!(
        explain(&message[..40]),
        "message is truncated: it ends within the header after 40 bytes"
    );
    assert_eq!(explain(&[2, 0, 0x70]), "algorithm suite 0x0070 is not supported");
}

#[test]
fn signed_plaintext_waits_for_the_signature() {
    let client = client_of(AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384, 8);
    let message = client.encrypt(b"three frames of 8", &context()).unwrap();
    let signature = message.len() - 105;
    let open = || {
        let (header, rest) = HeaderReader::new(None).push(&message[..signature]).unwrap().unwrap();
        (client.decryptor(header, &context()).unwrap(), rest)
    };
    let mut out = Vec::new();
    let (mut decryptor, rest) = open();
    decryptor.push(&rest, &mut out).unwrap();
    assert_eq!(out, b"");
    decryptor.push(&message[signature..], &mut out).unwrap();
    assert_eq!(out, b"three frames of 8");
    decryptor.finish().unwrap();

    let mut out = Vec::new();
    let (decryptor, rest) = open();
    let mut decryptor = decryptor.release_unverified_plaintext();
    decryptor.push(&rest, &mut out).unwrap();
    assert_eq!(out, b"three frames of "); // all but the last frame
    assert_eq!(decryptor.finish().unwrap_err().code(), "TRUNCATED");
}

#[test]
fn commitment_policy() {
    let old = client_of(AlgorithmSuite::Aes256GcmHkdfSha256, 4096);
    let message = old.encrypt(b"secret", &context()).unwrap();
    let error = client(4096).decrypt(&message, &context()).unwrap_err();
    assert_eq!(error.code(), "COMMITMENT_POLICY");
    let migrating = Client::builder(keyring("k", 7))
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .build()
        .unwrap();
    assert_eq!(*migrating.decrypt(&message, &context()).unwrap().plaintext, b"secret");
    let refused = Client::builder(keyring("k", 7))
        .algorithm_suite(AlgorithmSuite::Aes256GcmHkdfSha256)
        .build();
    assert!(matches!(refused, Err(Error::Encrypt(EncryptError::CommitmentPolicy { .. }))));
}

#[test]
fn too_many_encrypted_data_keys() {
    let keyring = || OfflineMultiKeyring::new(keyring("a", 1)).with_child(keyring("b", 2));
    let message = Client::builder(keyring()).build().unwrap().encrypt(b"", &context()).unwrap();
    let strict = Client::builder(keyring()).max_encrypted_data_keys(1).build().unwrap();
    let error = strict.decrypt(&message, &context()).unwrap_err();
    assert_eq!(error.to_string(), "message has 2 encrypted data keys, the limit is 1");
    let error = strict.encrypt(b"", &context()).unwrap_err();
    assert_eq!(error.to_string(), "2 encrypted data keys, the limit is 1");
}

#[test]
fn nothing_secret_is_printed() {
    let client = client(4096);
    let message = client.encrypt(b"plaintext!", &context()).unwrap();
    let opened = client.decrypt(&message, &context()).unwrap();
    let printed = format!("{client:?} {opened:?}");
    assert!(!printed.contains("plaintext!") && !printed.contains("7, 7"), "{printed}");
    assert!(printed.contains("10 bytes, hidden"), "{printed}");
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same(
        plaintext in prop::collection::vec(any::<u8>(), 0..300),
        frame_length in 1u32..70,
        lengths in prop::collection::vec(1usize..80, 1..6),
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
    ) {
        let client = client_of(suite, frame_length);
        let mut encryptor = client.encryptor(&context()).unwrap();
        let mut message = Vec::new();
        let mut rest = plaintext.as_slice();
        for len in lengths.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*len).min(rest.len()));
            encryptor.push(piece, &mut message).unwrap();
            rest = after;
        }
        encryptor.finish(&mut message).unwrap();
        prop_assert_eq!(message.len(), client.encrypt(&plaintext, &context()).unwrap().len());
        prop_assert_eq!(&*client.decrypt(&message, &context()).unwrap().plaintext, &plaintext);
        prop_assert_eq!(&decrypt_in_pieces(&client, &message, &lengths).unwrap(), &plaintext);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), version in 1u8..=2) {
        let client = client(64);
        let mut message = bytes;
        prop_assert!(client.decrypt(&message, &context()).is_err());
        if let Some(first) = message.first_mut() {
            *first = version;
        }
        prop_assert!(client.decrypt(&message, &context()).is_err());
        prop_assert!(decrypt_in_pieces(&client, &message, &[3]).is_err());
    }

    #[test]
    fn contexts_round_trip(pairs in prop::collection::btree_map("\\PC{0,8}", "\\PC{0,8}", 0..6)) {
        let given: EncryptionContext = pairs.into_iter().map(|(key, value)| (format!("k{key}"), value)).collect();
        let client = client(64);
        let message = client.encrypt(b"x", &given).unwrap();
        prop_assert_eq!(client.decrypt(&message, &given).unwrap().encryption_context, given);
    }
}

#[test]
fn a_client_that_names_no_suite_has_that_of_its_policy() {
    let committing = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    for (policy, suite) in [
        (CommitmentPolicy::ForbidEncryptAllowDecrypt, AlgorithmSuite::Aes256GcmHkdfSha256),
        (CommitmentPolicy::RequireEncryptAllowDecrypt, committing),
        (CommitmentPolicy::RequireEncryptRequireDecrypt, committing),
    ] {
        let client = Client::builder(keyring("k", 7)).commitment_policy(policy).build().unwrap();
        let message = client.encrypt(b"secret", &context()).unwrap();
        assert_eq!(inspect(&message).unwrap().algorithm_suite, suite);
        assert_eq!(client.decrypt(&message, &context()).unwrap().algorithm_suite, suite);
    }
    // Named, it has to be one that the policy admits.
    let policy = CommitmentPolicy::ForbidEncryptAllowDecrypt;
    let builder = Client::builder(keyring("k", 7)).commitment_policy(policy);
    let error = builder.algorithm_suite(committing).build().unwrap_err();
    assert_eq!(error.code(), "COMMITMENT_POLICY");
}

#[test]
fn buffers_used_again_hold_what_is_new_and_nothing_else() {
    let client = client(16);
    let (mut message, mut plaintext) = (Vec::new(), Plaintext::default());
    for len in [100, 7, 0, 50, 3000, 100] {
        let secret: Vec<u8> = (0..=255).cycle().take(len).collect();
        client.encrypt_into(&secret, &context(), &mut message).unwrap();
        let opened = client.decrypt_into(&message, &context(), &mut plaintext).unwrap();
        assert_eq!(*plaintext, secret);
        assert_eq!(opened.encryption_context, context());
        assert_eq!(opened.algorithm_suite, AlgorithmSuite::default());
        let again = client.decrypt(&message, &context()).unwrap();
        assert_eq!(*again.plaintext, secret);
    }
    // What is refused leaves nothing.
    *message.last_mut().unwrap() ^= 1;
    let error = client.decrypt_into(&message, &context(), &mut plaintext).unwrap_err();
    assert_eq!(error.code(), "NOT_AUTHENTIC");
    assert!(plaintext.is_empty());
    client.decrypt_into(b"hello", &context(), &mut plaintext).unwrap_err();
    let reserved = EncryptionContext::from([("aws-crypto-x", "")]);
    client.encrypt_into(b"secret", &reserved, &mut message).unwrap_err();
    assert!(message.is_empty());
}

#[test]
fn large_messages_on_one_thread() {
    for suite in AlgorithmSuite::ALL {
        let policy = match suite.commits() {
            true => CommitmentPolicy::RequireEncryptRequireDecrypt,
            false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
        };
        let builder = Client::builder(keyring("k", 7)).commitment_policy(policy);
        let builder = builder.algorithm_suite(suite).threads(std::num::NonZeroUsize::MIN);
        let client = builder.build().unwrap();
        for len in [131_071, 131_072, 200_000] {
            let plaintext: Vec<u8> = (0..=255).cycle().take(len).collect();
            let mut message = client.encrypt(&plaintext, &context()).unwrap();
            assert!(*client.decrypt(&message, &context()).unwrap().plaintext == plaintext);
            let refused = |message: &[u8]| client.decrypt(message, &context()).unwrap_err().code();
            assert_eq!(refused(&message[..message.len() - 1]), "TRUNCATED");
            assert_eq!(refused(&[message.as_slice(), b"x"].concat()), "TRAILING_BYTES");
            message[len / 2] ^= 1;
            assert_eq!(refused(&message), "NOT_AUTHENTIC");
        }
    }
}
