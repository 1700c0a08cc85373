//! Files by length: on the disk, in memory (`/dev/shm`, where there is one), and from a generator
//! to nowhere. Beside each what copying the same bytes takes, and how much memory it took.

use std::fs::File;
use std::io::{Read, copy, repeat, sink};
use std::path::Path;

use anyhow::Result;
use zt_crypto::{Client, RawAesKeyring, io};

use crate::timing::{mb_per_s, peak_memory, reset_peak_memory, time};
use crate::{AesClient, MIB, context, label};

const LENGTHS: [usize; 4] = [128 * MIB, 256 * MIB, 512 * MIB, 1024 * MIB];

pub(crate) fn table() -> Result<()> {
    println!(
        "\nFiles, 4 KiB frames, all cores, MB/s; a straight line has the same figures in each row"
    );
    println!(
        "{:10} {:9} {:>9} {:>9} {:>9} {:>18}",
        "where", "length", "copy", "encrypt", "decrypt", "memory above idle"
    );
    let client = Client::builder(RawAesKeyring::new("bench", "k", &[7; 32])?).build()?;
    let idle = reset_peak_memory();
    let show = |place: &str, len: usize, [copy, encrypt, decrypt]: [Option<f64>; 3]| {
        let memory = match (idle, peak_memory()) {
            (Some(idle), Some(peak)) => format!("{} MiB", peak.saturating_sub(idle) >> 20),
            _ => "unknown".to_owned(),
        };
        let speed = |time: Option<f64>| {
            time.map_or("-".to_owned(), |time| format!("{:.0}", mb_per_s(len, time)))
        };
        println!(
            "{place:10} {:9} {:>9} {:>9} {:>9} {memory:>18}",
            label(len),
            speed(copy),
            speed(encrypt),
            speed(decrypt)
        );
    };
    for len in LENGTHS {
        show("nowhere", len, [None, Some(to_nowhere(&client, len)?), None]);
    }
    let shm = Path::new("/dev/shm");
    if shm.is_dir() {
        for len in LENGTHS {
            show("memory", len, in_files(&client, &tempfile::tempdir_in(shm)?, len)?);
        }
    }
    for len in LENGTHS {
        show("disk", len, in_files(&client, &tempfile::tempdir_in(".")?, len)?);
    }
    Ok(())
}

fn to_nowhere(client: &AesClient, len: usize) -> Result<f64> {
    time(|| {
        let encryptor = client.encryptor(&context())?;
        io::encrypt(encryptor, repeat(1).take(len as u64), None, &mut sink(), &mut io::silent)?;
        Ok(())
    })
}

/// Seconds to copy a file, to encrypt it and to decrypt it, each until it is on the disk.
fn in_files(
    client: &AesClient,
    folder: &tempfile::TempDir,
    len: usize,
) -> Result<[Option<f64>; 3]> {
    let [plain, sealed, opened] =
        ["plain", "sealed", "opened"].map(|name| folder.path().join(name));
    let mut file = File::create(&plain)?;
    copy(&mut repeat(1).take(len as u64), &mut file)?;
    file.sync_all()?;
    let copied = time(|| {
        let mut buffer = vec![0; 128 * 1024];
        let (mut from, mut to) = (File::open(&plain)?, File::create(&opened)?);
        loop {
            let len = from.read(&mut buffer)?;
            if len == 0 {
                break;
            }
            std::io::Write::write_all(&mut to, buffer.get(..len).unwrap_or_default())?;
        }
        Ok(to.sync_all()?)
    })?;
    std::fs::remove_file(&opened)?;
    let encrypt = time(|| {
        client.encrypt_file(&plain, &sealed, &context(), &mut io::silent)?;
        Ok(())
    })?;
    let decrypt = time(|| {
        client.decrypt_file(&sealed, &opened, &context(), &mut io::silent)?;
        Ok(())
    })?;
    Ok([copied, encrypt, decrypt].map(Some))
}
