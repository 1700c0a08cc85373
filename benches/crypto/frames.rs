//! 64 MiB in memory, at three frame lengths: from a buffer into another, into new memory, and
//! through a stream, against what the libraries do with nothing but frames.

use std::cell::RefCell;
use std::io::{Read, repeat, sink};

use anyhow::Result;
use zt_crypto::{AlgorithmSuite, HeaderReader, Plaintext, io};

use crate::limits::{Buffers, Raw};
use crate::peers::Peers;
use crate::timing::{Job, best, mb_per_s, time};
use crate::{AesClient, MIB, client, context, label};

const LEN: usize = 64 * MIB;

pub(crate) fn table(cores: usize, peers: &Peers) -> Result<()> {
    println!("\n64 MiB, suite 0x0478, MB/s");
    println!("ratios: to the fastest library sealing in place, on one core and on all");
    println!(
        "{:8} {:38} {:>9} {:>6} {:>6} {:>9} {:>6} {:>6}",
        "frame", "what", "encrypt", "one", "all", "decrypt", "one", "all"
    );
    let plaintext = vec![1u8; LEN];
    for frame in [4096, 65_536, MIB] {
        let buffers = RefCell::new(Buffers::new(LEN));
        let raws = Raw::all(&[7; 32]);
        let [one, all] =
            [1, cores].map(|threads| client(frame, threads, AlgorithmSuite::default()));
        let (one, all) = (one?, all?);
        let message = one.encrypt(&plaintext, &context())?;
        let out = RefCell::new((Vec::new(), Plaintext::default()));
        let mut jobs = raw_jobs(&raws, cores, frame, &plaintext, &buffers);
        for (name, client) in [("one core", &one), ("all cores", &all)] {
            jobs.extend(our_jobs(name, client, &plaintext, &message, &out));
        }
        let mut results = best(9, &mut jobs)?;
        let theirs = peers.of(LEN, frame);
        results.extend(theirs.map(|(name, times)| (name.to_owned(), times)));
        let limit = |end: &str, pick: fn(&(f64, f64)) -> f64| {
            let raw = results.iter().filter(|(name, _)| name.ends_with(end));
            raw.map(|(_, times)| pick(times)).fold(f64::MAX, f64::min)
        };
        let limits = [IN_PLACE_ONE, IN_PLACE_ALL]
            .map(|end| (limit(end, |times| times.0), limit(end, |times| times.1)));
        let [one, all] = limits;
        for (name, times) in &results {
            println!(
                "{:8} {name:38} {:9.0} {:6.2} {:6.2} {:9.0} {:6.2} {:6.2}",
                label(frame),
                mb_per_s(LEN, times.0),
                one.0 / times.0,
                all.0 / times.0,
                mb_per_s(LEN, times.1),
                one.1 / times.1,
                all.1 / times.1,
            );
        }
    }
    Ok(())
}

const IN_PLACE_ONE: &str = "in place, one core";
const IN_PLACE_ALL: &str = "in place, all cores";

/// What the libraries do with frames alone.
fn raw_jobs<'a>(
    raws: &'a [Raw],
    cores: usize,
    frame: usize,
    plaintext: &'a [u8],
    buffers: &'a RefCell<Buffers>,
) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for (end, threads) in [(IN_PLACE_ONE, 1), (IN_PLACE_ALL, cores)] {
        for raw in raws {
            let name = format!("raw {}, {end}", raw.name());
            jobs.push(Job::new(name, move || raw.in_place(LEN, frame, threads)));
        }
    }
    for (end, threads) in [("one core", 1), ("all cores", cores)] {
        for raw in raws {
            let name = format!("raw {}, buffers, {end}", raw.name());
            jobs.push(Job::new(name, move || {
                raw.buffer_to_buffer(plaintext, &mut buffers.borrow_mut(), frame, threads)
            }));
        }
    }
    jobs
}

type Out = RefCell<(Vec<u8>, Plaintext)>;

fn our_jobs<'a>(
    name: &str,
    client: &'a AesClient,
    plaintext: &'a [u8],
    message: &'a [u8],
    out: &'a Out,
) -> [Job<'a>; 3] {
    let buffers = Job::new(format!("ours, buffers, {name}"), move || {
        let (sealed, opened) = &mut *out.borrow_mut();
        let encrypt = time(|| Ok(client.encrypt_into(plaintext, &context(), sealed)?))?;
        let decrypt = time(|| {
            client.decrypt_into(message, &context(), opened)?;
            Ok(())
        })?;
        Ok((encrypt, decrypt))
    });
    let new_memory = Job::new(format!("ours, new memory, {name}"), move || {
        let encrypt = time(|| Ok(client.encrypt(plaintext, &context()).map(drop)?))?;
        let decrypt = time(|| Ok(client.decrypt(message, &context()).map(drop)?))?;
        Ok((encrypt, decrypt))
    });
    let stream = Job::new(format!("ours, stream, {name}"), move || {
        let encrypt = time(|| {
            let encryptor = client.encryptor(&context())?;
            let source = repeat(1).take(LEN as u64);
            io::encrypt(encryptor, source, None, &mut sink(), &mut io::silent)?;
            Ok(())
        })?;
        let decrypt = time(|| {
            let open = |header| client.decryptor(header, &context());
            io::decrypt(
                HeaderReader::new(None),
                open,
                message,
                None,
                &mut sink(),
                &mut io::silent,
            )?;
            Ok(())
        })?;
        Ok((encrypt, decrypt))
    });
    [buffers, new_memory, stream]
}
