//! The classifier from outside: the labelled set, and whatever bytes there are.
#![cfg(test)]
#![expect(clippy::string_slice, reason = "tests know their texts")]

mod labelled;

use std::collections::BTreeMap;

use proptest::prelude::*;
use zt_core::data::{Classifier, Encoding, Kind, Level, classify};

use labelled::{CHECKED, Score};

fn scores(seed: u64, count: usize) -> BTreeMap<&'static str, Score> {
    labelled::score(
        &labelled::documents(seed, count),
        |text| {
            classify(text.as_bytes())
                .findings()
                .iter()
                .map(|found| (found.kind().name(), found.range()))
                .collect()
        },
        |error| println!("{error}"),
    )
}

#[test]
fn kinds_with_check_digits_are_found_and_little_else() {
    let scores = scores(7, 20_000);
    for kind in CHECKED {
        let score = scores[kind];
        assert!(score.right > 500, "{kind}: {score:?}");
        assert!(score.precision() >= 0.95, "{kind}: {score:?}");
        assert!(score.recall() >= 0.95, "{kind}: {score:?}");
    }
    for (kind, score) in &scores {
        assert!(score.precision() >= 0.9 && score.recall() >= 0.9, "{kind}: {score:?}");
    }
}

const CARD: &str = "4111111111111111";

#[test]
fn a_finding_does_not_hold_what_it_found() {
    let secrets = [
        CARD,
        "DE89370400440532013000",
        "123456789018",
        "AB1234567",
        "090-1234-5678",
        "alice.smith@example.com",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "hunter2!pass",
        "9f8A7b6C5d4E3f2A1b0C",
    ];
    let text = format!(
        "card {}\n{}\nマイナンバー {}\npassport {}\ntel {}\n{}\naws_secret_access_key={}\npassphrase={}\napi_key={}\n",
        secrets[0],
        secrets[1],
        secrets[2],
        secrets[3],
        secrets[4],
        secrets[5],
        secrets[6],
        secrets[7],
        secrets[8],
    );
    let found = classify(text.as_bytes());
    assert_eq!(found.findings().len(), secrets.len(), "{found:#?}");
    let json = serde_json::to_string(&found).unwrap();
    for (finding, secret) in found.findings().iter().zip(secrets) {
        assert_eq!(&text[finding.range()], secret);
        for shown in [format!("{found:?}"), json.clone(), finding.to_string()] {
            assert!(!shown.contains(secret), "{shown}");
            assert!(!shown.contains(&secret[..secret.len() - 4]), "{shown}");
        }
    }
}

#[test]
fn levels_follow_from_what_is_found() {
    let level = |text: &str| classify(text.as_bytes()).level();
    assert_eq!(level(CARD), Some(Level::Restricted));
    assert_eq!(level("DE89370400440532013000"), Some(Level::Confidential));
    assert_eq!(level("a@example.com"), Some(Level::Internal));
    // The same address ten times is one person, ten addresses are a list.
    assert_eq!(level(&"a@example.com ".repeat(10)), Some(Level::Internal));
    let list: String = (0..10).map(|n| format!("a{n}@example.com\n")).collect();
    assert_eq!(level(&list), Some(Level::Confidential));
    assert_eq!(level("nothing"), None);
    assert_eq!(level(""), None);
}

#[test]
fn context_decides_where_digits_cannot() {
    let confidence =
        |text: &str| classify(text.as_bytes()).findings().first().map(|found| found.confidence());
    assert_eq!(confidence(CARD), Some(60));
    assert_eq!(confidence(&format!("card {CARD}")), Some(90));
    assert_eq!(confidence(&format!("カード {CARD}")), Some(90));
    assert_eq!(confidence(&format!("order {CARD}")), None);
    assert_eq!(confidence("4111 1111 1111 1111"), Some(80));
    assert_eq!(confidence("123456789018"), None);
    assert_eq!(confidence("マイナンバー 123456789018"), Some(90));
    // A table is read by the names of its columns.
    let table = format!("id,card_number,order_id\n1,{CARD},{CARD}\n");
    let found = classify(table.as_bytes());
    assert_eq!(found.findings().len(), 1);
    assert_eq!(found.findings()[0].range(), 26..42);
}

#[test]
fn near_misses_are_left_alone() {
    for text in [
        "550e8400-e29b-41d4-a716-446655440000",
        "41111111-1111-1111-4111-111111111111",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "411111111111111122223333444455556666",
        "a4111111111111111",
        "4111111111111111b",
        "0.4111111111111111",
        "4111 1111 1111 1111 1111 1111 1111 1111",
        "IMEI 490154203237518",
        "arn:aws:iam::123456789018:role/x",
        "2026-03-01T10:00:00Z 192.168.100.200",
        "1700000000000",
        "978-3-16-148410-0",
    ] {
        assert_eq!(classify(text.as_bytes()).findings(), [], "{text}");
    }
}

#[test]
fn every_encoding_gives_the_same_findings_at_its_own_places() {
    let text = "カード番号は４１１１ 1111 1111 1111です。マイナンバー：１２３４５６７８９０１８\n";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = [&[0xFF, 0xFE], utf16.as_slice()].concat();
    let sjis = encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    for (bytes, encoding, ranges) in [
        (text.as_bytes(), Encoding::Utf8, [18..45, 75..111]),
        (&utf16, Encoding::Utf16Le, [12..50, 70..94]),
        (&with_mark, Encoding::Utf16Le, [14..52, 72..96]),
        (&sjis, Encoding::ShiftJis, [12..35, 55..79]),
    ] {
        let found = classify(bytes);
        assert_eq!(found.encoding(), encoding);
        let kinds: Vec<_> =
            found.findings().iter().map(|found| (found.kind(), found.range())).collect();
        let [card, number] = ranges;
        assert_eq!(kinds, [(Kind::PaymentCard, card), (Kind::MyNumber, number)], "{encoding:?}");
    }
}

#[test]
fn findings_are_capped_and_counts_are_not() {
    let text = format!("{CARD}\n").repeat(50);
    let found = Classifier::new().max_findings(7).classify(text.as_bytes());
    assert_eq!((found.findings().len(), found.counts()[&Kind::PaymentCard]), (7, 50));
    assert_eq!(found.level(), Some(Level::Restricted));
    let none = Classifier::new().max_findings(0).classify(text.as_bytes());
    assert_eq!((none.findings().len(), none.level()), (0, Some(Level::Restricted)));
    assert!(Classifier::new().threshold(0).is_err() && Classifier::new().threshold(101).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// No bytes panic, and findings are in order, apart, and within the input.
    #[test]
    fn any_bytes_will_do(
        mut parts in proptest::collection::vec(prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..24),
            proptest::sample::select(&[
                "4111 1111 1111 1111", "DE89 3704 0044", "+81 90", "password=", "AKIAIOSFODNN7EXAMPLE", "eyJ", "-----BEGIN ", "<<", "@",
                "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n", "マイナンバー", "１２３４", "\0", "card", "://a:b", "https://u:passw0rd", "(", " ",
            ][..]).prop_map(|text| text.as_bytes().to_vec()),
        ], 0..12),
        encoding in proptest::option::of(proptest::sample::select(
            &[Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::ShiftJis, Encoding::Bytes][..],
        )),
    ) {
        parts.push(Vec::new());
        let bytes = parts.concat();
        let mut classifier = Classifier::new().threshold(1).unwrap();
        if let Some(encoding) = encoding {
            classifier = classifier.encoding(encoding);
        }
        let found = classifier.classify(&bytes);
        let mut end = 0;
        for finding in found.findings() {
            let range = finding.range();
            prop_assert!(end <= range.start && range.start < range.end && range.end <= bytes.len(), "{finding:?}");
            end = range.end;
        }
        prop_assert_eq!(found.level().is_some(), !found.findings().is_empty());
        prop_assert_eq!(&found, &classifier.classify(&bytes));
    }
}
