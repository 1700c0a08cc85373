//! No key is left in memory after use: seen from outside, by a scan of another process.
//!
//! This program starts itself as a child, once per case and backend. The child works with keys that
//! it is given masked, so that they stand in its memory only where it uses them; this process reads
//! the child's memory (`/proc/PID/mem`) while the keys are in use, when they must be found, and
//! after, when they must not. What is looked for is each half of each key by itself, in case only a
//! part of it is left.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a test may fail loudly")]

#[cfg(target_os = "linux")]
fn main() {
    match std::env::var("ZT_MEMORY_CASE") {
        Ok(case) => linux::child(&case),
        Err(_) => linux::parent(),
    }
}

/// There is no way to read another process there that needs no privileges.
#[cfg(not(target_os = "linux"))]
fn main() {
    println!("memory: only on Linux");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::num::NonZeroUsize;
    use std::os::unix::fs::FileExt;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};

    use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, Pkcs8V1Der};
    use aws_lc_rs::{agreement, hkdf, hmac, rand};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use zeroize::{Zeroize, Zeroizing};
    use zt_crypto::{
        AlgorithmSuite, Backend, Client, DataKey, DecryptionMaterials, EncryptionContext,
        EncryptionMaterials, Error, HeaderReader, LocalKeyring, OfflineKeyring, RawAesKeyring,
        RawEcdhKeyring, inspect,
    };

    // --- the child ----------------------------------------------------------------------------

    /// Wraps a data key that is known from outside.
    #[derive(Debug)]
    struct Known<K> {
        data_key: DataKey,
        inner: K,
    }

    impl<K: OfflineKeyring> OfflineKeyring for Known<K> {
        fn on_encrypt(
            &self,
            mut materials: EncryptionMaterials,
        ) -> Result<EncryptionMaterials, Error> {
            materials.set_data_key(self.data_key.duplicate())?;
            self.inner.on_encrypt(materials)
        }

        fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
            self.inner.on_decrypt(materials)
        }
    }

    pub(super) fn child(case: &str) {
        let backend = Backend::from_name(&std::env::var("ZT_TEST_BACKEND").unwrap()).unwrap();
        match case {
            "raw-aes" => with_keyring(backend, AlgorithmSuite::default(), |secret| {
                RawAesKeyring::new("tests", "k", secret).unwrap()
            }),
            "raw-aes-signed" => {
                let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
                with_keyring(backend, suite, |secret| {
                    RawAesKeyring::new("tests", "k", secret).unwrap()
                });
            }
            "raw-ecdh" => with_keyring(backend, AlgorithmSuite::default(), |pem| {
                let pem = std::str::from_utf8(pem).unwrap();
                RawEcdhKeyring::static_static(pem, &std::env::var("ZT_MEMORY_PUBLIC").unwrap())
                    .unwrap()
            }),
            "local" => with_keyring(backend, AlgorithmSuite::default(), |passphrase| {
                let folder = tempfile::tempdir().unwrap();
                LocalKeyring::options()
                    .create(true)
                    .passphrase(passphrase)
                    .open(folder.path().join("keys"))
                    .unwrap()
            }),
            _ => assert_eq!(case, "raw-aes", "there is no such case"),
        }
    }

    fn with_keyring<K: OfflineKeyring>(
        backend: Backend,
        suite: AlgorithmSuite,
        keyring: impl FnOnce(&[u8]) -> K,
    ) {
        let data_key = DataKey::from(receive());
        let inner = {
            let secret = receive();
            keyring(&secret)
        };
        let client = Client::builder(Known { data_key, inner })
            .algorithm_suite(suite)
            .backend(backend)
            .threads(NonZeroUsize::new(2).unwrap())
            .build()
            .unwrap();
        let context = EncryptionContext::from([("purpose", "test")]);

        // Small, large (on two threads), in pieces; opened, altered, cut off.
        let large = vec![0; 3 << 20];
        for plaintext in [&b"secret"[..], &large] {
            let message = client.encrypt(plaintext, &context).unwrap();
            tell_header(&message);
            assert!(*client.decrypt(&message, &context).unwrap().plaintext == *plaintext);
            let mut altered = message.clone();
            *altered.last_mut().unwrap() ^= 1;
            client.decrypt(&altered, &context).unwrap_err();
            let header = inspect(&message).unwrap().header_len;
            altered[header - 1] ^= 1; // the header's tag
            client.decrypt(&altered, &context).unwrap_err();
            client.decrypt(&message[..message.len() - 1], &context).unwrap_err();
        }
        let mut sealed = Vec::new();
        let mut encryptor = client.encryptor(&context).unwrap();
        encryptor.push(&[0; 10_000], &mut sealed).unwrap();
        tell_header(&sealed);
        let (header, rest) = HeaderReader::new(None).push(&sealed).unwrap().unwrap();
        let mut decryptor = client.decryptor(header, &context).unwrap();
        decryptor.push(&rest, &mut Vec::new()).unwrap();

        say("in use");
        drop((client, encryptor, decryptor));
        say("done");
    }

    /// The parent needs it to derive the keys.
    fn tell_header(message: &[u8]) {
        println!("{}", STANDARD.encode(inspect(message).unwrap().message_id));
    }

    fn say(what: &str) {
        println!("{what}");
        std::io::stdout().flush().unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }

    /// A secret that comes masked, in a buffer that is wiped.
    fn receive() -> Zeroizing<Vec<u8>> {
        let part = || {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).unwrap();
            STANDARD.decode(line.trim()).unwrap()
        };
        let (mask, masked) = (part(), part());
        let mut secret = Zeroizing::new(vec![0; mask.len()]);
        for ((to, a), b) in secret.iter_mut().zip(mask).zip(masked) {
            *to = a ^ b;
        }
        secret
    }

    // --- the parent ---------------------------------------------------------------------------

    /// Secrets by name.
    type Secrets<'a> = Vec<(&'a str, Vec<u8>)>;

    pub(super) fn parent() {
        let wrapping_key = random(32);
        let mut passphrase = String::new();
        random(20).iter().for_each(|byte| passphrase += &format!("{byte:02x}"));
        let (pem, scalar, public) = ecdh_key();
        // What the child gets, and what may not be left of it.
        let cases: [(&str, &[u8], Secrets<'_>); 4] = [
            ("raw-aes", &wrapping_key, vec![("wrapping key", wrapping_key.clone())]),
            ("raw-aes-signed", &wrapping_key, vec![("wrapping key", wrapping_key.clone())]),
            ("raw-ecdh", pem.as_bytes(), scalar),
            ("local", passphrase.as_bytes(), vec![("passphrase", passphrase.clone().into())]),
        ];
        let mut left = Vec::new();
        for backend in Backend::ALL {
            for (case, secret, secrets) in &cases {
                left.extend(run(*backend, case, secret, secrets, &public));
            }
        }
        assert!(left.is_empty(), "left in memory:\n{}", left.join("\n"));
    }

    fn run(
        backend: Backend,
        case: &str,
        secret: &[u8],
        secrets: &Secrets<'_>,
        public: &str,
    ) -> Vec<String> {
        let data_key = random(32);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env("ZT_MEMORY_CASE", case)
            .env("ZT_TEST_BACKEND", backend.name())
            .env("ZT_MEMORY_PUBLIC", public)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        send(&mut child, &data_key);
        send(&mut child, secret);
        let mut keys = BTreeMap::new();
        add(&mut keys, "data key", &data_key);
        for (name, secret) in secrets {
            add(&mut keys, name, secret);
        }
        for line in (&mut out).lines() {
            let line = line.unwrap();
            if line == "in use" {
                break;
            }
            let message_id = STANDARD.decode(line).unwrap();
            let (prk, key) = derive(&data_key, &message_id);
            add(&mut keys, "pseudorandom key", &prk);
            add(&mut keys, "content key", &key);
        }
        let found = scan(child.id(), &keys);
        // Each shows that the scan after would find it, where it is kept for longer than a call.
        for name in ["data key", "content key"] {
            assert!(found.contains_key(name), "{case}, {backend}: no {name} while in use");
        }
        if case.starts_with("raw-aes") {
            assert!(
                found.contains_key("wrapping key"),
                "{case}, {backend}: no wrapping key in use"
            );
        }
        go_on(&mut child);
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "done\n", "{case}, {backend}");
        let left = scan(child.id(), &keys);
        go_on(&mut child);
        assert!(child.wait().unwrap().success());
        println!("{case}, {backend}: in use {found:?}, after {left:?}");
        left.iter().map(|(name, times)| format!("{case}, {backend}: {name}, {times}")).collect()
    }

    fn send(child: &mut Child, secret: &[u8]) {
        let mask = random(secret.len());
        let masked: Vec<u8> = mask.iter().zip(secret).map(|(a, b)| a ^ b).collect();
        let text = format!("{}\n{}\n", STANDARD.encode(mask), STANDARD.encode(masked));
        child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn go_on(child: &mut Child) {
        child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    fn random(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        rand::fill(&mut bytes).unwrap();
        bytes
    }

    /// The first extract and expand of suite 0x0478 and 0x0578.
    fn derive(data_key: &[u8], message_id: &[u8]) -> (Vec<u8>, Vec<u8>) {
        struct Len;
        impl hkdf::KeyType for Len {
            fn len(&self) -> usize {
                32
            }
        }
        let prk = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, message_id), data_key);
        let mut keys = Vec::new();
        for suite in [[4, 0x78], [5, 0x78]] {
            let mut key = [0; 32];
            hkdf::Prk::new_less_safe(hkdf::HKDF_SHA512, prk.as_ref())
                .expand(&[&suite, b"DERIVEKEY"], Len)
                .unwrap()
                .fill(&mut key)
                .unwrap();
            keys.extend_from_slice(&key);
        }
        (prk.as_ref().to_vec(), keys)
    }

    /// A private key in PEM, what stands for it in memory, and a public key in PEM.
    fn ecdh_key() -> (String, Secrets<'static>, String) {
        let key = agreement::PrivateKey::generate(&agreement::ECDH_P384).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", wrap(&text));
        let scalar: EcPrivateKeyBin<'_> = key.as_be_bytes().unwrap();
        let scalar = scalar.as_ref().to_vec();
        let mut reversed = scalar.clone();
        reversed.reverse();
        let peer = agreement::PrivateKey::generate(&agreement::ECDH_P384).unwrap();
        let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> =
            peer.compute_public_key().unwrap().as_der().unwrap();
        let public = STANDARD.encode(public.as_ref());
        let public =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", wrap(&public));
        let text = text.as_bytes()[40..72].to_vec(); // within the first lines: the scalar's start
        let secrets = vec![
            ("private key", scalar),
            ("private key, little-endian", reversed),
            ("private key, PEM", text),
        ];
        (pem, secrets, public)
    }

    fn wrap(text: &str) -> String {
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        lines.join("\n")
    }

    /// What to look for: pieces of 16 bytes, and of which key they are.
    type Keys<'a> = BTreeMap<[u8; 16], &'a str>;

    fn add<'a>(keys: &mut Keys<'a>, name: &'a str, key: &[u8]) {
        for piece in key.as_chunks::<16>().0 {
            keys.insert(*piece, name);
        }
    }

    /// How many pieces of each key are in the memory of a process.
    fn scan<'a>(pid: u32, keys: &Keys<'a>) -> BTreeMap<&'a str, usize> {
        const BLOCK: usize = 1 << 20;
        let folder = Path::new("/proc").join(pid.to_string());
        let memory = File::open(folder.join("mem")).expect("another process's memory");
        let mut maps = String::new();
        File::open(folder.join("maps")).unwrap().read_to_string(&mut maps).unwrap();
        let mut starts = vec![false; 1 << 16];
        for key in keys.keys() {
            starts[usize::from(u16::from_le_bytes([key[0], key[1]]))] = true;
        }
        let mut found = BTreeMap::new();
        let mut block = vec![0; BLOCK + 16];
        let mut scanned = 0u64;
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (from, to) = words.next().unwrap().split_once('-').unwrap();
            let [from, to] = [from, to].map(|hex| u64::from_str_radix(hex, 16).unwrap());
            if !words.next().unwrap().starts_with("rw") {
                continue; // keys are only where something can be written
            }
            for at in (from..to).step_by(BLOCK) {
                let want = usize::try_from(to - at).unwrap().min(BLOCK + 15);
                // Pages that were never touched read as zeros; what cannot be read is no memory.
                let Ok(len) = memory.read_at(&mut block[..want], at) else { continue };
                scanned += len as u64;
                for window in block[..len].windows(16) {
                    if starts[usize::from(u16::from_le_bytes([window[0], window[1]]))]
                        && let Some(name) = keys.get(window)
                    {
                        *found.entry(*name).or_default() += 1;
                    }
                }
            }
        }
        assert!(scanned > 1 << 20, "only {scanned} bytes could be read");
        block.zeroize();
        found
    }
}
