//! What the peers are measured on: suite 0x0478, raw AES keyring, one core, new memory each time;
//! and what a call through the bindings costs more than one in Rust.

use anyhow::Result;
use zt_crypto::AlgorithmSuite;

use crate::peers::Peers;
use crate::timing::{Job, best, mb_per_s, time};
use crate::{MIB, client, context, label};

/// Length, frame length, and how many times as fast as the fastest peer we want to be.
const SIZES: [(usize, usize, u32); 3] =
    [(16 * MIB, 4096, 20), (16 * MIB, 65_536, 10), (1024, 4096, 40)];

pub(crate) fn table(peers: &Peers) -> Result<()> {
    println!("\nSuite 0x0478, raw AES keyring, one core; ratio: their time to that of Rust");
    println!(
        "{:28} {:24} {:>13} {:>7} {:>13} {:>7}",
        "what", "who", "encrypt", "ratio", "decrypt", "ratio"
    );
    for (len, frame, wanted) in SIZES {
        let ours = measure(len, frame)?;
        let what = format!("{} in {} frames", label(len), label(frame));
        let row = |who: &str, times: (f64, f64)| {
            println!(
                "{what:28} {who:24} {:>13} {:7.2} {:>13} {:7.2}",
                show(len, times.0),
                times.0 / ours.0,
                show(len, times.1),
                times.1 / ours.1,
            );
        };
        row("Rust", ours);
        let mut fastest = (f64::MAX, f64::MAX);
        for (name, times) in peers.of(len, frame) {
            row(name, times);
            if !name.starts_with("zt-") {
                fastest = (fastest.0.min(times.0), fastest.1.min(times.1));
            } else if len == 1024 {
                println!(
                    "{what:28} {:24} {:>10.2} us {:7} {:>10.2} us",
                    format!("{name}, over Rust"),
                    (times.0 - ours.0) * 1e6,
                    "",
                    (times.1 - ours.1) * 1e6,
                );
            }
        }
        if fastest.0 < f64::MAX {
            println!(
                "{what:28} {:24} {:>13} {:7.2} {:>13} {:7.2}",
                "fastest peer to Rust",
                format!("want {wanted}"),
                fastest.0 / ours.0,
                format!("want {wanted}"),
                fastest.1 / ours.1,
            );
        }
    }
    Ok(())
}

/// Seconds to encrypt and to decrypt one message.
fn measure(len: usize, frame: usize) -> Result<(f64, f64)> {
    let context = context();
    let client = client(frame, 1, AlgorithmSuite::default())?;
    let plaintext = vec![1u8; len];
    let message = client.encrypt(&plaintext, &context)?;
    let calls = if len == 1024 { 2000 } else { 1 };
    let mut jobs = [Job::new(String::new(), || {
        let encrypt = time(|| {
            (0..calls).try_for_each(|_| client.encrypt(&plaintext, &context).map(drop))?;
            Ok(())
        })?;
        let decrypt = time(|| {
            (0..calls).try_for_each(|_| client.decrypt(&message, &context).map(drop))?;
            Ok(())
        })?;
        Ok((encrypt, decrypt))
    })];
    let results = best(25, &mut jobs)?;
    let (encrypt, decrypt) = results.first().map_or((f64::NAN, f64::NAN), |(_, times)| *times);
    Ok((encrypt / f64::from(calls), decrypt / f64::from(calls)))
}

fn show(len: usize, seconds: f64) -> String {
    match len {
        1024 => format!("{:.2} us", seconds * 1e6),
        _ => format!("{:.0} MB/s", mb_per_s(len, seconds)),
    }
}
