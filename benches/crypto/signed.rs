//! Signed suites against what signing costs alone.

use std::cell::RefCell;

use anyhow::Result;
use zt_crypto::{AlgorithmSuite, Plaintext};

use crate::limits::{self, Raw};
use crate::timing::{Job, best, time};
use crate::{MIB, client, context, label};

pub(crate) fn table(cores: usize) -> Result<()> {
    println!("\nSigned suite 0x0578, 4 KiB frames");
    println!("alone: SHA-384, a key pair and a signature; SHA-384 and a verification");
    println!("{:42} {:>12} {:>7} {:>12} {:>7}", "what", "encrypt", "over", "decrypt", "over");
    let context = context();
    for len in [1024, 64 * MIB] {
        let plaintext = vec![1u8; len];
        let calls = if len == 1024 { 200 } else { 1 };
        let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
        let unsigned = client(4096, 1, AlgorithmSuite::default())?;
        let mut clients = vec![("one core", client(4096, 1, suite)?)];
        if len > MIB {
            clients.push(("all cores", client(4096, cores, suite)?));
        }
        let message = client(4096, 1, suite)?.encrypt(&plaintext, &context)?;
        let out = RefCell::new((Vec::new(), Plaintext::default()));
        let raws = Raw::all(&[7; 32]);
        let mut jobs =
            vec![Job::new("alone".to_owned(), || limits::signing(&message, calls, false))];
        jobs.push(Job::new("alone, public key compressed".to_owned(), || {
            limits::signing(&message, calls, true)
        }));
        if len > MIB {
            for raw in &raws {
                let name = format!("raw {}, in place, not signed", raw.name());
                jobs.push(Job::new(name, || raw.in_place(len, 4096, 1)));
            }
        }
        let ours = [("not signed, one core", &unsigned)]
            .into_iter()
            .chain(clients.iter().map(|(name, client)| (*name, client)));
        for (name, client) in ours {
            let (plaintext, context, out) = (&plaintext, &context, &out);
            let message = client.encrypt(plaintext, context)?;
            jobs.push(Job::new(format!("ours, {name}"), move || {
                let (sealed, opened) = &mut *out.borrow_mut();
                let encrypt = time(|| {
                    (0..calls).try_for_each(|_| client.encrypt_into(plaintext, context, sealed))?;
                    Ok(())
                })?;
                let decrypt = time(|| {
                    (0..calls).try_for_each(|_| {
                        client.decrypt_into(&message, context, opened).map(drop)
                    })?;
                    Ok(())
                })?;
                Ok((encrypt, decrypt))
            }));
        }
        let results = best(9, &mut jobs)?;
        let alone = results.first().map_or((1.0, 1.0), |(_, times)| *times);
        for (name, times) in &results {
            println!(
                "{:42} {:9.1} us {:6.0}% {:9.1} us {:6.0}%",
                format!("{}, {name}", label(len)),
                times.0 / f64::from(calls) * 1e6,
                (times.0 / alone.0 - 1.0) * 100.0,
                times.1 / f64::from(calls) * 1e6,
                (times.1 / alone.1 - 1.0) * 100.0,
            );
        }
    }
    Ok(())
}
