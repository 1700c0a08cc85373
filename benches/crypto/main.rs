//! One table: the envelope encryption of `zt-crypto` against the hardware's limits, and against
//! peers when their results are given (`--peers FILE`, made by `benches/peers/run.sh`).
//!
//! Every figure is the best of several runs, and what is compared runs in turns: other work on the
//! machine slows a run down and never speeds it up.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod limits;
mod peers;
mod timing;

use std::num::NonZeroUsize;

use anyhow::{Context, Result};
use zt_crypto::{
    AlgorithmSuite, Backend, Client, EncryptionContext, HeaderReader, Offline, RawAesKeyring, io,
};

use crate::limits::Raw;
use crate::peers::Peers;
use crate::timing::{Job, best, mb_per_s};

const MIB: usize = 1 << 20;

type AesClient = Client<RawAesKeyring, Offline>;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let peers = match (args.next().as_deref(), args.next()) {
        (None, _) => Peers::default(),
        (Some("--peers"), Some(path)) => Peers::read(path.as_ref())?,
        _ => anyhow::bail!("usage: bench-crypto [--peers FILE]"),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("default backend on this CPU: {}; cores: {cores}", Backend::fastest());
    frames(cores)?;
    peer_sizes(&peers)?;
    signed()?;
    file()
}

fn client(frame_length: usize, threads: usize, suite: AlgorithmSuite) -> Result<AesClient> {
    Ok(Client::builder(RawAesKeyring::new("bench", "k", &[7; 32])?)
        .frame_length(u32::try_from(frame_length)?)
        .threads(NonZeroUsize::new(threads).context("no threads")?)
        .algorithm_suite(suite)
        .build()?)
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "a"), ("purpose", "bench")])
}

/// 64 MiB in memory, from a buffer into another; a stream through one chunk; raw limits.
fn frames(cores: usize) -> Result<()> {
    println!("\n64 MiB, suite 0x0478, MB/s; ratio to the fastest library sealing in place");
    println!(
        "{:8} {:34} {:>9} {:>6} {:>9} {:>6}",
        "frame", "what", "encrypt", "ratio", "decrypt", "ratio"
    );
    let len = 64 * MIB;
    let plaintext = vec![1u8; len];
    let context = context();
    for frame in [4096, 65_536, MIB] {
        let [one, all] =
            [1, cores].map(|threads| client(frame, threads, AlgorithmSuite::default()));
        let (one, all) = (one?, all?);
        let message = one.encrypt(&plaintext, &context)?;
        let raws = Raw::all(&[7; 32]);
        let mut jobs: Vec<Job<'_>> = Vec::new();
        for raw in &raws {
            let name = format!("raw {}, in place", raw.name());
            jobs.push(Job::new(name, move || raw.in_place(len, frame)));
        }
        for raw in &raws {
            let name = format!("raw {}, buffer to buffer", raw.name());
            let (plaintext, out) = (&plaintext, std::cell::RefCell::new(vec![0u8; len]));
            jobs.push(Job::new(name, move || {
                raw.buffer_to_buffer(plaintext, &mut out.borrow_mut(), frame)
            }));
        }
        for (name, client) in [("one core", &one), ("all cores", &all)] {
            let message = &message;
            let (plaintext, context) = (&plaintext, &context);
            let mut out = vec![0; message.len()];
            let mut back = vec![0; len];
            jobs.push(Job::new(format!("ours, {name}, buffer to buffer"), move || {
                let encrypt = timing::time(|| {
                    client.sealer(context)?.seal_into(plaintext, &mut out)?;
                    Ok(())
                })?;
                let decrypt = timing::time(|| {
                    let opener = client.opener(client.parse_header(message)?, context)?;
                    opener.plaintext_len(message)?;
                    opener.open_into(message, &mut back)?;
                    Ok(())
                })?;
                Ok((encrypt, decrypt))
            }));
            jobs.push(Job::new(format!("ours, {name}, new memory"), move || {
                let encrypt = timing::time(|| {
                    client.encrypt(plaintext, context).map(drop).map_err(Into::into)
                })?;
                let decrypt = timing::time(|| {
                    client.decrypt(message, context).map(drop).map_err(Into::into)
                })?;
                Ok((encrypt, decrypt))
            }));
            jobs.push(Job::new(format!("ours, {name}, stream"), move || {
                let encrypt = timing::time(|| {
                    let encryptor = client.encryptor(context)?;
                    let source = std::io::Read::take(std::io::repeat(1), len as u64);
                    io::encrypt(encryptor, source, None, &mut std::io::sink(), &mut io::silent)?;
                    Ok(())
                })?;
                let decrypt = timing::time(|| {
                    let open = |header| client.decryptor(header, context);
                    let (reader, sink) = (HeaderReader::new(None), &mut std::io::sink());
                    io::decrypt(reader, open, &message[..], None, sink, &mut io::silent)?;
                    Ok(())
                })?;
                Ok((encrypt, decrypt))
            }));
        }
        let results = best(9, &mut jobs)?;
        let limit = |pick: fn(&(f64, f64)) -> f64| {
            results.iter().take(3).map(|(_, times)| pick(times)).fold(f64::MAX, f64::min)
        };
        let limits = (limit(|times| times.0), limit(|times| times.1));
        for (name, times) in &results {
            println!(
                "{:8} {name:34} {:9.0} {:6.2} {:9.0} {:6.2}",
                label(frame),
                mb_per_s(len, times.0),
                limits.0 / times.0,
                mb_per_s(len, times.1),
                limits.1 / times.1,
            );
        }
    }
    Ok(())
}

fn label(bytes: usize) -> String {
    if bytes < MIB { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

/// What the peers are measured on: one core, raw AES keyring, suite 0x0478, new memory each time.
fn peer_sizes(peers: &Peers) -> Result<()> {
    println!("\nSuite 0x0478, raw AES keyring, one core");
    println!("{:24} {:>14} {:>14}  peers, encrypt / decrypt", "what", "encrypt", "decrypt");
    let context = context();
    for (len, frame) in [(16 * MIB, 4096), (16 * MIB, 65_536), (1024, 4096)] {
        let client = client(frame, 1, AlgorithmSuite::default())?;
        let plaintext = vec![1u8; len];
        let message = client.encrypt(&plaintext, &context)?;
        let calls = if len == 1024 { 2000 } else { 1 };
        let mut jobs = vec![Job::new("ours".to_owned(), || {
            let encrypt = timing::time(|| {
                (0..calls).try_for_each(|_| client.encrypt(&plaintext, &context).map(drop))?;
                Ok(())
            })?;
            let decrypt = timing::time(|| {
                (0..calls).try_for_each(|_| client.decrypt(&message, &context).map(drop))?;
                Ok(())
            })?;
            Ok((encrypt, decrypt))
        })];
        let results = best(25, &mut jobs)?;
        let Some((_, (encrypt, decrypt))) = results.first() else { continue };
        let (encrypt, decrypt) = (encrypt / f64::from(calls), decrypt / f64::from(calls));
        let show = |seconds: f64| match len {
            1024 => format!("{:.2} us", seconds * 1e6),
            _ => format!("{:.0} MB/s", mb_per_s(len, seconds)),
        };
        let what = format!(
            "{} in {} frames",
            if len == 1024 { "1 KiB".to_owned() } else { label(len) },
            label(frame)
        );
        print!("{what:24} {:>14} {:>14} ", show(encrypt), show(decrypt));
        for (name, theirs) in peers.of(len, frame) {
            print!(
                " {name} {} ({:.0}x) / {} ({:.0}x);",
                show(theirs.0),
                theirs.0 / encrypt,
                show(theirs.1),
                theirs.1 / decrypt,
            );
        }
        println!();
    }
    Ok(())
}

/// Signed suites against what signing alone costs: hashing, a key pair, a signature.
fn signed() -> Result<()> {
    println!(
        "\nSigned suite 0x0578, 4 KiB frames, against SHA-384, a key pair and a signature alone"
    );
    println!("{:24} {:>12} {:>7} {:>12} {:>7}", "what", "encrypt", "over", "decrypt", "over");
    let context = context();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for len in [1024, 64 * MIB] {
        let plaintext = vec![1u8; len];
        let calls = if len == 1024 { 200 } else { 1 };
        let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
        let clients =
            [("one core", client(4096, 1, suite)?), ("all cores", client(4096, cores, suite)?)];
        let [(_, first), _] = &clients;
        let message = first.encrypt(&plaintext, &context)?;
        let mut out = vec![0; message.len()];
        let out = std::cell::RefCell::new(&mut out);
        let mut jobs = vec![Job::new("alone".to_owned(), || limits::signing(&message, calls))];
        for (name, client) in &clients {
            let (plaintext, message, context, out) = (&plaintext, &message, &context, &out);
            jobs.push(Job::new((*name).to_owned(), move || {
                let mut out = out.borrow_mut();
                let encrypt = timing::time(|| {
                    (0..calls).try_for_each(|_| {
                        let sealer = client.sealer(context)?;
                        sealer.seal_into(plaintext, &mut out)?;
                        Ok(())
                    })
                })?;
                let mut back = vec![0; len];
                let decrypt = timing::time(|| {
                    (0..calls).try_for_each(|_| {
                        let opener = client.opener(client.parse_header(message)?, context)?;
                        opener.open_into(message, &mut back)?;
                        Ok(())
                    })
                })?;
                Ok((encrypt, decrypt))
            }));
        }
        let results = best(9, &mut jobs)?;
        let alone = results.first().map_or((1.0, 1.0), |(_, times)| *times);
        for (name, times) in &results {
            println!(
                "{:24} {:9.1} us {:6.0}% {:9.1} us {:6.0}%",
                format!("{}, {name}", if len == 1024 { "1 KiB".to_owned() } else { label(len) }),
                times.0 / f64::from(calls) * 1e6,
                (times.0 / alone.0 - 1.0) * 100.0,
                times.1 / f64::from(calls) * 1e6,
                (times.1 / alone.1 - 1.0) * 100.0,
            );
        }
    }
    Ok(())
}

/// Files: time by length, and memory.
fn file() -> Result<()> {
    println!("\nFiles, 4 KiB frames, all cores");
    println!("{:8} {:>12} {:>12} {:>22}", "length", "encrypt", "decrypt", "memory above idle");
    let folder = tempfile::tempdir()?;
    let [plain, sealed, opened] =
        ["plain", "sealed", "opened"].map(|name| folder.path().join(name));
    let client = Client::builder(RawAesKeyring::new("bench", "k", &[7; 32])?).build()?;
    let context = context();
    let idle = timing::reset_peak_memory();
    for len in [128 * MIB, 256 * MIB, 512 * MIB, 1024 * MIB] {
        let mut file = std::fs::File::create(&plain)?;
        std::io::copy(&mut std::io::Read::take(std::io::repeat(1), len as u64), &mut file)?;
        let encrypt = timing::time(|| {
            client.encrypt_file(&plain, &sealed, &context, &mut io::silent)?;
            Ok(())
        })?;
        let decrypt = timing::time(|| {
            client.decrypt_file(&sealed, &opened, &context, &mut io::silent)?;
            Ok(())
        })?;
        let memory = match (idle, timing::peak_memory()) {
            (Some(idle), Some(peak)) => format!("{} MiB", peak.saturating_sub(idle) >> 20),
            _ => "unknown".to_owned(),
        };
        println!(
            "{:8} {:7.0} MB/s {:7.0} MB/s {memory:>22}",
            label(len),
            mb_per_s(len, encrypt),
            mb_per_s(len, decrypt),
        );
    }
    Ok(())
}
