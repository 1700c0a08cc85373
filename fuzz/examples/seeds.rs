//! Writes the seeds for messages, headers and key files: one message for each suite, in small
//! frames, and one key file of each kind. The last byte of a message's seed says how to cut it.

use std::fs;
use std::path::Path;

use zt_crypto::{
    AlgorithmSuite, Client, CommitmentPolicy, EncryptionContext, LocalKeyring, OfflineMultiKeyring,
    RawAesKeyring, inspect,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let keyring = || RawAesKeyring::new("fuzz", "k", &[7; 32]);
    let context = EncryptionContext::from([("a", "b"), ("tenant", "a")]);
    for suite in AlgorithmSuite::ALL {
        let policy = match suite.commits() {
            true => CommitmentPolicy::RequireEncryptRequireDecrypt,
            false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
        };
        let other = RawAesKeyring::new("fuzz", "other", &[8; 32])?;
        let client = Client::builder(OfflineMultiKeyring::new(other).with_child(keyring()?));
        let client = client.algorithm_suite(suite).commitment_policy(policy).frame_length(8);
        let mut message = client.build()?.encrypt(b"three frames of 8", &context)?;
        let header = inspect(&message)?.header_len;
        message.push(10);
        fs::write(seeds.join("message").join(format!("{:04x}", suite.id())), &message)?;
        message.truncate(header);
        message.push(6);
        fs::write(seeds.join("header").join(format!("{:04x}", suite.id())), &message)?;
    }
    for (name, passphrase) in [("plain.json", None), ("protected.json", Some(b"correct horse"))] {
        let path = seeds.join("key_file").join(name);
        let _ = fs::remove_file(&path);
        let mut options = LocalKeyring::options().create(true).passphrase_cost(8192, 1, 1);
        if let Some(passphrase) = passphrase {
            options = options.passphrase(passphrase);
        }
        options.open(&path)?.rotate()?;
        fs::remove_file(path.with_extension("json.lock"))?;
    }
    Ok(())
}
