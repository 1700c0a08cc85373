//! Words near a number that say what it is, or that it is something else.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::Kind;

/// A word, and what it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sign {
    /// The kind it speaks for; `None` for words of orders, serial numbers and the like, which speak against all.
    pub(super) kind: Option<Kind>,
    pub(super) word: &'static str,
}

/// Text, with the names of its columns where it has some.
pub(super) struct Context<'t> {
    text: &'t [u8],
    columns: Option<Columns>,
}

/// How far before and after a number a word counts, in bytes of UTF-8.
pub(super) const BEFORE: usize = 64;
pub(super) const AFTER: usize = 24;

impl<'t> Context<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, columns: Columns::of(text) }
    }

    /// What is said of the number here: by the name of its column, or else by the word closest before it on its line, or else
    /// by the first one after it, or else by the line above. Numbers are asked about in order.
    pub(super) fn of(&mut self, start: usize, end: usize) -> Option<Sign> {
        if let Some(columns) = &mut self.columns
            && let Some(sign) = columns.of_place(self.text, start)
        {
            return Some(sign);
        }
        let before = self.text.get(start.saturating_sub(BEFORE)..start).unwrap_or_default();
        let after = self.text.get(end..(end + AFTER).min(self.text.len())).unwrap_or_default();
        let line = |text: &'t [u8]| text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let mut lines = before.rsplit(|byte| *byte == b'\n');
        signs(lines.next().unwrap_or_default())
            .last()
            .or_else(|| signs(line(after)).next())
            .or_else(|| heading(lines.next()?))
    }
}

/// What a line says of the number in the next one: `Card number:`, without a number of its own.
fn heading(line: &[u8]) -> Option<Sign> {
    (!line.iter().any(u8::is_ascii_digit))
        .then(|| signs(line).last())
        .flatten()
        .filter(|sign| sign.kind.is_some())
}

/// The names in the first line of text that is a table.
struct Columns {
    names: Vec<Option<Sign>>,
    delimiter: u8,
    /// Where the last number was, and the column there.
    at: usize,
    column: usize,
    quoted: bool,
}

impl Columns {
    fn of(text: &[u8]) -> Option<Self> {
        let mut lines = text.get(..LINES.min(text.len()))?.split(|byte| *byte == b'\n');
        let (first, second) = (lines.next()?, lines.next()?);
        let count =
            |line: &[u8], delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
        let delimiter = *b",\t;|".iter().max_by_key(|delimiter| count(first, **delimiter))?;
        let names = first.split(|byte| *byte == delimiter);
        let table = count(first, delimiter) > 0
            && count(second, delimiter) >= count(first, delimiter)
            && names.clone().all(|name| {
                name.len() <= NAME && name.iter().filter(|byte| byte.is_ascii_digit()).count() < 6
            });
        if !table {
            return None;
        }
        let names: Vec<_> = names.map(|name| signs(name).last()).collect();
        names.iter().any(Option::is_some).then_some(Self {
            names,
            delimiter,
            at: 0,
            column: 0,
            quoted: false,
        })
    }

    /// What the name of the column at this place says. Places are asked for in order.
    fn of_place(&mut self, text: &[u8], place: usize) -> Option<Sign> {
        for byte in text.get(self.at..place).unwrap_or_default() {
            match *byte {
                b'"' => self.quoted = !self.quoted,
                b'\n' if !self.quoted => self.column = 0,
                byte if byte == self.delimiter && !self.quoted => self.column += 1,
                _ => {}
            }
        }
        self.at = self.at.max(place);
        self.names.get(self.column).copied().flatten()
    }
}

/// Bytes in which the first two lines of a table must end, and that a name of a column may have.
const LINES: usize = 8192;
const NAME: usize = 48;

/// The signs in a text, in order.
fn signs(text: &[u8]) -> impl Iterator<Item = Sign> {
    WORDS.0.iter().flat_map(move |words| words.find_iter(text)).filter_map(move |found| {
        let sign = WORDS.1.get(found.pattern().as_usize())?;
        whole(text, found.start(), found.end()).then_some(*sign)
    })
}

/// Whether a word stands by itself: not within a longer one, though `cardNumber` and `cards` count.
pub(super) fn whole(text: &[u8], start: usize, end: usize) -> bool {
    let at =
        |place: Option<usize>| place.and_then(|place| text.get(place)).copied().unwrap_or(b' ');
    let (before, first) = (at(start.checked_sub(1)), at(Some(start)));
    let (last, mut after) = (at(end.checked_sub(1)), at(Some(end)));
    if matches!(after, b's' | b'S') {
        after = at(Some(end + 1));
    }
    let starts = !before.is_ascii_alphabetic()
        || !first.is_ascii_alphabetic()
        || (before.is_ascii_lowercase() && first.is_ascii_uppercase());
    let ends = !after.is_ascii_alphabetic()
        || !last.is_ascii_alphabetic()
        || (last.is_ascii_lowercase() && after.is_ascii_uppercase());
    starts && ends
}

static WORDS: LazyLock<(Option<AhoCorasick>, Vec<Sign>)> = LazyLock::new(|| {
    let lists = [
        (Some(Kind::PaymentCard), CARD),
        (Some(Kind::MyNumber), MY_NUMBER),
        (Some(Kind::Passport), PASSPORT),
        (Some(Kind::PhoneNumber), PHONE),
        (None, OTHER),
    ];
    let signs: Vec<Sign> = lists
        .iter()
        .flat_map(|(kind, words)| words.iter().map(|word| Sign { kind: *kind, word }))
        .collect();
    (automaton(signs.iter().map(|sign| sign.word)), signs)
});

/// Finds words in any case. `None` for gigabytes of words only.
pub(super) fn automaton(words: impl Iterator<Item = &'static str>) -> Option<AhoCorasick> {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .ok()
}

const CARD: &[&str] = &[
    "card",
    "cardno",
    "cardnum",
    "cardnumber",
    "creditcard",
    "debitcard",
    "credit",
    "debit",
    "visa",
    "mastercard",
    "amex",
    "american express",
    "jcb",
    "discover",
    "diners",
    "unionpay",
    "maestro",
    "pan",
    "cc",
    "ccnum",
    "ccnumber",
    "cvv",
    "cvc",
    "kreditkarte",
    "karte",
    "kartennummer",
    "carte",
    "tarjeta",
    "カード",
    "クレジット",
    "クレカ",
    "デビット",
    "卡号",
    "信用卡",
];
const MY_NUMBER: &[&str] = &[
    "my number",
    "mynumber",
    "my_number",
    "my-number",
    "individual number",
    "マイナンバー",
    "個人番号",
    "マイナ",
];
const PASSPORT: &[&str] = &[
    "passport",
    "passportno",
    "passeport",
    "pasaporte",
    "reisepass",
    "パスポート",
    "旅券",
    "護照",
    "护照",
];
const PHONE: &[&str] = &[
    "phone",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "cellphone",
    "fax",
    "call",
    "sms",
    "whatsapp",
    "telefon",
    "téléphone",
    "teléfono",
    "handy",
    "電話",
    "携帯",
    "ファックス",
    "ＴＥＬ",
    "ＦＡＸ",
    "手机",
    "电话",
];
const OTHER: &[&str] = &[
    "order",
    "orderid",
    "orderno",
    "invoice",
    "tracking",
    "shipment",
    "parcel",
    "waybill",
    "serial",
    "serialno",
    "sku",
    "imei",
    "imsi",
    "iccid",
    "ticket",
    "ref",
    "reference",
    "transaction",
    "txn",
    "receipt",
    "product",
    "isbn",
    "ean",
    "gtin",
    "upc",
    "batch",
    "timestamp",
    "epoch",
    "hash",
    "checksum",
    "uuid",
    "guid",
    "nonce",
    "version",
    "build",
    "offset",
    "counter",
    "account id",
    "accountid",
    "account_id",
    "aws account",
    "注文",
    "伝票",
    "追跡",
    "受付",
    "品番",
    "型番",
    "製造",
    "シリアル",
    "請求書",
    "予約",
    "会員",
    "法人番号",
    "bestellung",
    "bestellnummer",
    "auftrag",
    "auftragsnummer",
    "rechnung",
    "rechnungsnummer",
    "sendungsnummer",
    "seriennummer",
    "kundennummer",
    "commande",
    "facture",
    "pedido",
    "factura",
    "订单",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, number: &str) -> Option<(Option<Kind>, &'static str)> {
        let start = text.find(number).unwrap();
        Context::new(text.as_bytes())
            .of(start, start + number.len())
            .map(|sign| (sign.kind, sign.word))
    }

    #[test]
    fn the_nearest_word_counts() {
        let card = Some(Kind::PaymentCard);
        assert_eq!(said("cardNumber: 42", "42"), Some((card, "cardnumber")));
        assert_eq!(said("CREDIT_CARD=42", "42"), Some((card, "card")));
        assert_eq!(said("order 1, card 42", "42"), Some((card, "card")));
        assert_eq!(said("card, order 42", "42"), Some((None, "order")));
        assert_eq!(said("42 (card)", "42"), Some((card, "card")));
        assert_eq!(said("カード番号：42", "42"), Some((card, "カード")));
        assert_eq!(said("discard 42", "42"), None);
        assert_eq!(said("cardboard 42", "42"), None);
        assert_eq!(said("42\ncard", "42"), None);
        assert_eq!(said("Card number:\n42", "42"), Some((card, "card")));
        // A word with a number of its own says nothing of the next line, nor does one that speaks against.
        assert_eq!(said("card 7\n42", "42"), None);
        assert_eq!(said("order\n42", "42"), None);
    }

    #[test]
    fn columns_name_their_numbers() {
        let table = "name,card number,order\n\"a, b\",42,77\n\"c\nd\",43,78\n";
        let mut context = Context::new(table.as_bytes());
        for (number, word) in [("42", "card"), ("77", "order"), ("43", "card"), ("78", "order")] {
            let start = table.find(number).unwrap();
            assert_eq!(context.of(start, start + 2).unwrap().word, word, "{number}");
        }
    }
}
