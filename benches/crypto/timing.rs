//! The best of several runs, taken in turns.

use std::time::Instant;

use anyhow::Result;

/// Something that is measured: seconds to encrypt and to decrypt.
pub(crate) struct Job<'a> {
    name: String,
    run: Box<dyn FnMut() -> Result<(f64, f64)> + 'a>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(name: String, run: impl FnMut() -> Result<(f64, f64)> + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Runs every job so often, in turns, and gives back the best times of each.
pub(crate) fn best(rounds: usize, jobs: &mut [Job<'_>]) -> Result<Vec<(String, (f64, f64))>> {
    let mut results: Vec<_> =
        jobs.iter().map(|job| (job.name.clone(), (f64::MAX, f64::MAX))).collect();
    for _ in 0..rounds {
        for (job, (_, best)) in jobs.iter_mut().zip(&mut results) {
            let (encrypt, decrypt) = (job.run)()?;
            *best = (best.0.min(encrypt), best.1.min(decrypt));
        }
    }
    Ok(results)
}

/// Seconds that `work` takes.
pub(crate) fn time(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

pub(crate) fn mb_per_s(bytes: usize, seconds: f64) -> f64 {
    bytes as f64 / seconds / 1e6
}

/// Forgets the peak so far (Linux). Gives back the memory in use, in bytes.
pub(crate) fn reset_peak_memory() -> Option<u64> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    status("VmRSS:")
}

/// The most memory in use since then, in bytes (Linux).
pub(crate) fn peak_memory() -> Option<u64> {
    status("VmHWM:")
}

fn status(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}
