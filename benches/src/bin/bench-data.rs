//! The classifier: how much it reads a second on one core, and how well it does on the labelled set.
//!
//! ```text
//! cargo run --release -p zt-benches --bin bench-data
//! ```

use std::time::{Duration, Instant};

use zt_core::data::{Classification, classify};

#[path = "../../../zt-core/tests/classifier/labelled.rs"]
#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a generator of test data, which the tests run too"
)]
mod labelled;

use labelled::{CHECKED, Random};

/// Bytes of each kind of input.
const SIZE: usize = 16 << 20;
/// How long each kind of input is read again and again.
const TIME: Duration = Duration::from_secs(1);

fn main() {
    speed();
    quality();
}

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn speed() {
    println!("Classifying, one core, {} MiB of each", SIZE >> 20);
    println!("| input | MB/s | findings a MB |");
    println!("|---|---|---|");
    for (name, data) in inputs() {
        let start = Instant::now();
        let (mut bytes, mut found) = (0, 0);
        while start.elapsed() < TIME {
            found = total(&classify(&data));
            bytes += data.len();
        }
        let megabytes = |bytes: usize| bytes as f64 / 1e6;
        let rate = megabytes(bytes) / start.elapsed().as_secs_f64();
        println!("| {name} | {rate:.0} | {:.0} |", found as f64 / megabytes(data.len()));
    }
}

fn total(found: &Classification) -> u64 {
    found.counts().values().sum()
}

fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let fill = |text: &str| {
        text.as_bytes()
            .iter()
            .copied()
            .cycle()
            .take(SIZE / text.len() * text.len())
            .collect::<Vec<u8>>()
    };
    let log = "10.0.0.17 - - [01/Mar/2026:10:00:00 +0000] \"GET /api/v1/items/48213?page=2 HTTP/1.1\" 200 5124 \"-\" \"Mozilla/5.0\" rid=7f3a9c\n";
    let prose = "The committee met on Tuesday to look at the plans for the new bridge, and agreed to hear the neighbours first.\n";
    let japanese = "ご利用ありがとうございます。お客様の情報は厳重に管理し、目的以外には使用いたしません。詳しくは規約をご覧ください。\n";
    let table = "1048213,\"Alice Smith\",alice@example.com,+44 20 7946 0958,4111 1111 1111 1111,DE89370400440532013000\n";
    let labelled: String =
        labelled::documents(1, 20_000).into_iter().map(|document| document.text).collect();
    let sjis = encoding_rs::SHIFT_JIS.encode(japanese).0.into_owned();
    let utf16: Vec<u8> = japanese.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let repeat = |bytes: &[u8]| {
        bytes.iter().copied().cycle().take(SIZE / bytes.len() * bytes.len()).collect::<Vec<u8>>()
    };
    let mut random = Random(3);
    let binary: Vec<u8> =
        (0..SIZE).map(|_| u8::try_from(random.below(256)).unwrap_or_default()).collect();
    let digits: Vec<u8> = (0..SIZE)
        .map(|_| b"0123456789 -".get(random.below(12)).copied().unwrap_or_default())
        .collect();
    vec![
        ("web server log", fill(log)),
        ("English prose", fill(prose)),
        ("Japanese prose, UTF-8", fill(japanese)),
        ("Japanese prose, Shift_JIS", repeat(&sjis)),
        ("Japanese prose, UTF-16", repeat(&utf16)),
        ("random bytes", binary),
        ("table of customers, all sensitive", fill(table)),
        ("the labelled set", fill(&labelled)),
        ("hostile: digits, spaces and hyphens", digits),
        ("hostile: starts of account numbers", fill("AA00 AA00 AA00 ")),
        ("hostile: starts of tokens", fill("eyJ-eyJ_token=xoxb-")),
    ]
}

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn quality() {
    let documents = labelled::documents(2026, 50_000);
    let scores = labelled::score(
        &documents,
        |text| {
            let found = classify(text.as_bytes());
            found.findings().iter().map(|found| (found.kind().name(), found.range())).collect()
        },
        |_| {},
    );
    println!("\nThe labelled set: {} documents; * has check digits", documents.len());
    println!("| kind | right | wrong | missed | precision | recall |");
    println!("|---|---|---|---|---|---|");
    for (kind, score) in scores {
        let star = if CHECKED.contains(&kind) { " *" } else { "" };
        let labelled::Score { right, wrong, missed } = score;
        println!(
            "| {kind}{star} | {right} | {wrong} | {missed} | {:.4} | {:.4} |",
            score.precision(),
            score.recall()
        );
    }
}
