//! A labelled set, made from a seed: lines of many sorts of text, each with what is in it and where.
//!
//! Written apart from the classifier, and shares no code or list with it: numbers are made digit by digit with their check
//! digits worked out as the standards' texts say, and the words around them are what people write, whether or not the
//! classifier knows them. A third of the lines hold near misses: numbers that look right and are something else.

/// What is in a line: the name of the kind, and the bytes it takes.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) kind: &'static str,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// One document of the set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) labels: Vec<Label>,
}

/// The kinds whose numbers have check digits.
pub(crate) const CHECKED: [&str; 4] = ["payment_card", "iban", "my_number", "passport_zone"];

/// How well a classifier did on one kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    pub(crate) right: u32,
    pub(crate) wrong: u32,
    pub(crate) missed: u32,
}

impl Score {
    pub(crate) fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.wrong).max(1))
    }

    pub(crate) fn recall(&self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.missed).max(1))
    }
}

/// Documents, each of a few lines.
pub(crate) fn documents(seed: u64, count: usize) -> Vec<Document> {
    let mut random = Random(seed);
    (0..count).map(|_| document(&mut random)).collect()
}

/// SplitMix64: the same numbers from the same seed, everywhere and always.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    fn digits(&mut self, length: usize) -> String {
        self.text("0123456789", length)
    }
}

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HEX: &str = "0123456789abcdef";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn document(random: &mut Random) -> Document {
    let mut document = Document::default();
    for _ in 0..1 + random.below(4) {
        match random.below(9) {
            0..=4 => sensitive(random, &mut document),
            5..=7 => near_miss(random, &mut document),
            _ => document.text.push_str(prose(random)),
        }
        document.text.push('\n');
    }
    document
}

/// Writes a template, with `{}` for the value, and labels the value.
fn write(document: &mut Document, template: &str, kind: Option<&'static str>, value: &str) {
    let (before, after) = template.split_once("{}").expect("a template has a place");
    document.text.push_str(before);
    let start = document.text.len();
    document.text.push_str(value);
    document.labels.extend(kind.map(|kind| Label { kind, start, end: start + value.len() }));
    document.text.push_str(after);
}

fn sensitive(random: &mut Random, document: &mut Document) {
    match random.below(13) {
        0 | 1 => {
            let number = card(random);
            // A fifth without any word that tells.
            let template = random.pick(&[
                "Card number: {}",
                "paid with Visa {} exp 09/27",
                "{\"creditCard\": \"{}\", \"cvv\": \"***\"}",
                "カード番号：{}",
                "ご利用のクレジットカード {} の件",
                "cc={}&amount=10",
                "PAN {} was declined",
                "Kreditkarte {} belastet",
                "please charge {} for the room",
                "{}",
            ]);
            // Braces of JSON are not places.
            let template = template.replace("{\"creditCard\"", "[\"creditCard\"");
            write(document, &template, Some("payment_card"), &number);
        }
        2 | 3 => {
            let number = iban(random);
            let template = random.pick(&[
                "IBAN: {}",
                "Please transfer to {} by Friday.",
                "\"iban\":\"{}\"",
                "Konto {}, Sparkasse",
                "振込先 {}",
                "{}",
                "debtor;{};EUR",
            ]);
            write(document, template, Some("iban"), &number);
        }
        4 | 5 => {
            let number = my_number(random);
            let template = random.pick(&[
                "マイナンバー：{}",
                "個人番号 {}",
                "個人番号は{}です。",
                "my number: {}",
                "{\"myNumber\":\"{}\"",
                "従業員のマイナンバー（{}）を登録しました",
                "Individual Number {}",
            ]);
            let template = template.replace("{\"myNumber\"", "[\"myNumber\"");
            write(document, &template, Some("my_number"), &number);
        }
        6 => {
            let number = match random.below(3) {
                0 => random.text(UPPER, 2) + &random.digits(7),
                1 => random.text(UPPER, 1) + &random.digits(8),
                _ => random.digits(9),
            };
            let template = random.pick(&[
                "Passport No. {}",
                "旅券番号: {}",
                "passport={}",
                "パスポート番号 {} 有効期限 2031",
                "Reisepass {}",
            ]);
            write(document, template, Some("passport"), &number);
        }
        7 => {
            let zone = zone(random);
            write(document, "{}", Some("passport_zone"), &zone);
        }
        8 => {
            let area = 201 + random.below(780);
            let number = match random.below(7) {
                0 => format!(
                    "+81 {}0-{}-{}",
                    7 + random.below(3),
                    random.digits(4),
                    random.digits(4)
                ),
                1 => format!("0{}0-{}-{}", 7 + random.below(3), random.digits(4), random.digits(4)),
                2 => format!("03-{}-{}", random.digits(4), random.digits(4)),
                3 => format!(
                    "+1 {area}-{}{}-{}",
                    2 + random.below(8),
                    random.digits(2),
                    random.digits(4)
                ),
                4 => format!(
                    "({area}) {}{}-{}",
                    2 + random.below(8),
                    random.digits(2),
                    random.digits(4)
                ),
                5 => format!("+44 20 {} {}", random.digits(4), random.digits(4)),
                _ => format!("+4930{}", random.digits(8)),
            };
            let template = random.pick(&[
                "Tel {}",
                "電話：{}",
                "reach me at {} after six",
                "携帯 {}",
                "phone=\"{}\"",
                "Fax: {}",
                "{}",
            ]);
            write(document, template, Some("phone_number"), &number);
        }
        9 => {
            let name =
                random.pick(&["alice", "bob.smith", "t-yamada", "x_1", "anna+news", "taro.suzuki"]);
            let host = random.pick(&[
                "example.com",
                "mail.example.co.jp",
                "firma.example.de",
                "uni.example.ac.uk",
                "example.io",
            ]);
            let template = random.pick(&[
                "<{}>",
                "contact {}.",
                "mailto:{}",
                "{\"email\":\"{}\"",
                "メール：{}",
                "{}, hello",
            ]);
            let template = template.replace("{\"email\"", "[\"email\"");
            write(document, &template, Some("email_address"), &format!("{name}@{host}"));
        }
        10 => {
            let id = format!("AKIA{}", random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16));
            write(
                document,
                random.pick(&["aws_access_key_id = {}", "key {} was rotated", "{}"]),
                Some("aws_access_key_id"),
                &id,
            );
            if random.below(2) == 0 {
                let secret = random.text(BASE64, 40);
                write(
                    document,
                    "\naws_secret_access_key = {}",
                    Some("aws_secret_access_key"),
                    &secret,
                );
            }
        }
        11 => {
            let (kind, value) = match random.below(5) {
                0 => ("api_token", format!("ghp_{}", random.text(ALNUM, 36))),
                1 => {
                    ("api_token", format!("xoxb-{}-{}", random.digits(12), random.text(ALNUM, 24)))
                }
                2 => ("api_token", format!("sk_live_{}", random.text(ALNUM, 24))),
                3 => ("api_token", format!("AIza{}", random.text(ALNUM, 35))),
                _ => (
                    "json_web_token",
                    format!(
                        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{}.{}",
                        random.text(ALNUM, 60),
                        random.text(ALNUM, 43)
                    ),
                ),
            };
            write(
                document,
                random.pick(&["Authorization: Bearer {}", "export X={}", "'{}'", "uses {} in CI"]),
                Some(kind),
                &value,
            );
        }
        _ => {
            let value = random.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 10)
                + random.pick(&["!", "#", "7", "-x"]);
            write(
                document,
                random.pick(&[
                    "password: {}",
                    "DB_PASSWORD={}",
                    "\"passwd\": \"{}\"",
                    "パスワード：{}",
                ]),
                Some("password"),
                &value,
            );
        }
    }
}

/// Numbers that look like something and are not.
fn near_miss(random: &mut Random, document: &mut Document) {
    let (template, value) = match random.below(16) {
        // Order numbers with a Luhn digit, and half of them with a prefix of Visa's.
        0 | 1 => {
            let mut digits = random.digits(15);
            if random.below(2) == 0 {
                digits.replace_range(..1, "4");
            }
            let number = with_luhn(&digits);
            (
                random.pick(&[
                    "Order {} shipped",
                    "order_id={}",
                    "ご注文番号：{}",
                    "Bestellnummer {}",
                    "Invoice no. {}",
                    "tracking {}",
                    "lot {} in stock",
                ]),
                number,
            )
        }
        2 => (
            random.pick(&["IMEI {}", "device {}", "imei={}"]),
            with_luhn(&format!("35{}", random.digits(12))),
        ),
        // Cards with a wrong digit.
        3 => {
            let number = card(random).replace([' ', '-'], "");
            let last = number.as_bytes()[number.len() - 1] - b'0';
            let wrong = format!(
                "{}{}",
                &number[..number.len() - 1],
                (last + 1 + random.below(9) as u8) % 10
            );
            (random.pick(&["card {}", "カード {}", "{}"]), wrong)
        }
        4 => (random.pick(&["sha1 {}", "commit {}", "etag: {}"]), random.text(HEX, 40)),
        5 => (random.pick(&["sha256:{}", "digest {}", "{}  file.bin"]), random.text(HEX, 64)),
        6 => (random.pick(&["id={}", "request {}", "{}"]), uuid(random)),
        // Hashes and UUIDs of digits alone, as some are.
        7 => (random.pick(&["trace {}", "{}"]), random.digits(32)),
        8 => {
            let all = random.digits(32);
            (
                random.pick(&["uuid {}", "{}"]),
                format!(
                    "{}-{}-{}-{}-{}",
                    &all[..8],
                    &all[8..12],
                    &all[12..16],
                    &all[16..20],
                    &all[20..]
                ),
            )
        }
        // AWS account ids: twelve digits, of which one in ten passes for an individual number.
        9 => (
            random.pick(&["arn:aws:iam::{}:root", "account {}", "AWS アカウント {}"]),
            random.digits(12),
        ),
        10 => (random.pick(&["epoch {}", "ts={}", "{} ms"]), format!("17{}", random.digits(11))),
        11 => {
            let number = iban(random).replace(' ', "");
            let check =
                (number[2..4].parse::<u32>().expect("digits") + 1 + random.below(90) as u32) % 97;
            (
                random.pick(&["IBAN {}", "ref {}", "{}"]),
                format!("{}{check:02}{}", &number[..2], &number[4..]),
            )
        }
        12 => {
            let number = plain_my_number(random);
            let last = number.as_bytes()[11] - b'0';
            (
                random.pick(&["マイナンバー {}", "個人番号 {}"]),
                format!("{}{}", &number[..11], (last + 1 + random.below(9) as u8) % 10),
            )
        }
        13 => (random.pick(&["pi is 3.{}", "ratio 0.{}"]), random.digits(16)),
        14 => {
            (random.pick(&["icon@2x.{}", "left@home ({})", "user@localhost:{}"]), "png".to_owned())
        }
        _ => (
            random.pick(&["password = ${{}}", "token: <{}>", "secret_name={}"]),
            "db-credentials".to_owned(),
        ),
    };
    write(document, template, None, &value);
}

fn prose(random: &mut Random) -> &'static str {
    random.pick(&[
        "The meeting moved to 14:30 on 2026-03-01 in room 4.",
        "Version 12.4.1 fixes 37 defects; see section 3.2.",
        "請求書は月末までにお送りください。",
        "10.0.0.1 - - [01/Mar/2026:10:00:00 +0000] \"GET /index.html HTTP/1.1\" 200 5124",
        "Keep the token count under 4096 and the password policy in the wiki.",
        "Die Karte zeigt 1200 Orte im Umkreis von 50 km.",
        "ISBN 978-3-16-148410-0, second edition",
        "本日の来場者数は12,345人でした。",
    ])
}

/// The digit that makes a number valid: from the right, every second digit doubled, the sum a multiple of ten.
fn with_luhn(digits: &str) -> String {
    for check in 0..10 {
        let number = format!("{digits}{check}");
        let mut sum = 0;
        let mut double = false;
        for digit in number.chars().rev() {
            let mut value = digit.to_digit(10).expect("a digit");
            if double {
                value *= 2;
                if value > 9 {
                    value -= 9;
                }
            }
            sum += value;
            double = !double;
        }
        if sum % 10 == 0 {
            return number;
        }
    }
    panic!("one of ten digits fits")
}

fn card(random: &mut Random) -> String {
    let (prefix, length) = match random.below(9) {
        0 | 1 => ("4".to_owned(), 16),
        2 => (format!("5{}", 1 + random.below(5)), 16),
        3 => (format!("{}", 2221 + random.below(500)), 16),
        4 => (random.pick(&["34", "37"]).to_owned(), 15),
        5 => (format!("{}", 3528 + random.below(62)), 16),
        6 => (random.pick(&["6011", "65", "644"]).to_owned(), 16),
        7 => ("62".to_owned(), 16),
        _ => ("36".to_owned(), 14),
    };
    let number = with_luhn(&format!("{prefix}{}", random.digits(length - prefix.len() - 1)));
    let groups: &[usize] = match length {
        16 => &[4, 4, 4, 4],
        15 => &[4, 6, 5],
        _ => &[4, 6, 4],
    };
    match random.below(4) {
        0 => split(&number, groups, " "),
        1 => split(&number, groups, "-"),
        _ => number,
    }
}

fn split(text: &str, groups: &[usize], joint: &str) -> String {
    let mut rest = text;
    let mut parts = Vec::new();
    for group in groups {
        let (part, tail) = rest.split_at(*group);
        parts.push(part);
        rest = tail;
    }
    parts.join(joint)
}

/// Check digits as ISO 13616 has them: country and `00` moved to the end, letters as numbers from 10, 98 less the remainder.
fn iban(random: &mut Random) -> String {
    let (country, body) = match random.below(7) {
        0 | 1 => ("DE", random.digits(18)),
        2 => ("GB", random.text(UPPER, 4) + &random.digits(14)),
        3 => (
            "FR",
            random.digits(10)
                + &random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 11)
                + &random.digits(2),
        ),
        4 => ("NL", random.text(UPPER, 4) + &random.digits(10)),
        5 => ("ES", random.digits(20)),
        _ => ("BE", random.digits(12)),
    };
    let mut remainder = 0;
    for character in format!("{body}{country}00").chars() {
        let value = character.to_digit(36).expect("a letter or digit");
        remainder = (remainder * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    let number = format!("{country}{:02}{body}", 98 - remainder);
    if random.below(2) == 0 {
        return number;
    }
    let characters: Vec<char> = number.chars().collect();
    characters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The order's formula: 11 less (the sum of P(n) times Q(n) modulo 11); nought where that remainder is 0 or 1. Q(n) is n + 1
/// for the lowest six digits, n - 5 for the others.
fn plain_my_number(random: &mut Random) -> String {
    let digits = random.digits(11);
    let mut sum = 0;
    for n in 1..=11 {
        let p = digits.as_bytes()[11 - n] - b'0';
        let q = if n <= 6 { n + 1 } else { n - 5 };
        sum += usize::from(p) * q;
    }
    let check = if sum % 11 <= 1 { 0 } else { 11 - sum % 11 };
    format!("{digits}{check}")
}

fn my_number(random: &mut Random) -> String {
    let number = plain_my_number(random);
    match random.below(4) {
        0 => split(&number, &[4, 4, 4], " "),
        1 => split(&number, &[4, 4, 4], "-"),
        2 => number
            .chars()
            .map(|digit| {
                char::from_u32(0xFF10 + digit.to_digit(10).expect("a digit")).expect("a digit")
            })
            .collect(),
        _ => number,
    }
}

/// A passport's machine readable zone, of Utopia.
fn zone(random: &mut Random) -> String {
    let check = |text: &str| {
        let sum: u32 = text
            .chars()
            .enumerate()
            .map(|(place, character)| character.to_digit(36).unwrap_or(0) * [7, 3, 1][place % 3])
            .sum();
        sum % 10
    };
    let lengths = [4 + random.below(8), 3 + random.below(6), random.below(10)];
    let [surname, first, optional] = lengths.map(|length| random.text(UPPER, length));
    let number = random.text(UPPER, 1) + &random.digits(8);
    let birth =
        format!("{:02}{:02}{:02}", random.below(100), 1 + random.below(12), 1 + random.below(28));
    let expiry = format!(
        "{:02}{:02}{:02}",
        26 + random.below(10),
        1 + random.below(12),
        1 + random.below(28)
    );
    let sex = random.pick(&["M", "F", "<"]);
    let optional = format!("{optional:<<14}");
    let numbered = format!("{number}{}", check(&number));
    let born = format!("{birth}{}", check(&birth));
    let expires = format!("{expiry}{}", check(&expiry));
    let extra = format!("{optional}{}", check(&optional));
    let all = check(&format!("{numbered}{born}{expires}{extra}"));
    format!(
        "{:<<44}\n{numbered}UTO{born}{sex}{expires}{extra}{all}",
        format!("P<UTO{surname}<<{first}")
    )
}

fn uuid(random: &mut Random) -> String {
    let all = random.text(HEX, 32);
    format!("{}-{}-4{}-a{}-{}", &all[..8], &all[8..12], &all[13..16], &all[17..20], &all[20..])
}

/// Compares what was found with the labels, kind by kind: a finding is right when it has a label's kind and place.
pub(crate) fn score(
    documents: &[Document],
    find: impl Fn(&str) -> Vec<(&'static str, std::ops::Range<usize>)>,
    mut report: impl FnMut(&str),
) -> std::collections::BTreeMap<&'static str, Score> {
    let mut scores = std::collections::BTreeMap::<_, Score>::new();
    for document in documents {
        let mut open: Vec<&Label> = document.labels.iter().collect();
        for (kind, range) in find(&document.text) {
            // The zone of a passport is told by its two lines.
            let zone = kind == "passport" && document.text[range.clone()].contains('\n');
            let kind = if zone { "passport_zone" } else { kind };
            let fits = |label: &&Label| {
                label.kind == kind && label.start == range.start && label.end == range.end
            };
            match open.iter().position(fits) {
                Some(place) => {
                    open.swap_remove(place);
                    scores.entry(kind).or_default().right += 1;
                }
                None => {
                    report(&format!(
                        "wrong {kind}: {:?} in {:?}",
                        &document.text[range], document.text
                    ));
                    scores.entry(kind).or_default().wrong += 1;
                }
            }
        }
        for label in open {
            report(&format!(
                "missed {}: {:?} in {:?}",
                label.kind,
                &document.text[label.start..label.end],
                document.text
            ));
            scores.entry(label.kind).or_default().missed += 1;
        }
    }
    scores
}
