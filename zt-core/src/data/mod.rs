//! Sensitivity of data: levels, and a classifier that finds what makes data sensitive.
//!
//! Behind the Cargo feature `data`. Nothing leaves the process: [`classify`] reads bytes in memory. It is no replacement
//! for Amazon Macie over many buckets; it is what runs before a file is stored, in a pipeline, or where data may not leave.
//!
//! ```
//! use zt_core::data::{Kind, Level, classify};
//!
//! let found = classify(b"Order 77 paid by card 4111 1111 1111 1111, receipt to alice@example.com");
//! assert_eq!(found.level(), Some(Level::Restricted));
//! assert_eq!(found.findings()[0].kind(), Kind::PaymentCard);
//! assert_eq!(found.findings()[0].range(), 22..41);
//! assert_eq!(found.findings()[0].excerpt(), "************1111");
//!
//! // Nothing found does not make it public.
//! assert_eq!(classify(b"lunch at noon").level(), None);
//! ```
//!
//! # What is found, and how sure it is
//!
//! Confidence is a score from 0 to 100, to compare with a [threshold](Classifier::threshold) (default 50); it is not a
//! probability. *In context*: the closest word of our lists in the 64 bytes before on the same line, or else in the 24 after, or
//! else in a line above without digits, or the name of the column in a table, speaks for the kind (`card`, カード); *contrary*: that word speaks of orders, serial
//! numbers and the like (`order`, 注文).
//!
//! | kind | what has to fit | alone | in context | contrary |
//! |---|---|---|---|---|
//! | payment card, in groups as printed | issuer's prefix, length, Luhn digit | 80 | 95 | 45 |
//! | payment card, 13 to 19 digits together | the same | 60 | 90 | 25 |
//! | IBAN | country's length and structure, remainder modulo 97 | 95 | 99 | 95 |
//! | My Number, in three groups | check digit (one number in ten passes) | 30 | 90 | 10 |
//! | My Number, 12 digits together | the same | 20 | 90 | 10 |
//! | passport, machine readable zone | four check digits of ICAO 9303 | 99 | 99 | 99 |
//! | passport number | 1 or 2 letters and 6 to 8 digits, or 9 digits | 10 | 75 | 0 |
//! | telephone number with `+` | country code, count of digits | 85 | 95 | 30 |
//! | telephone number, Japan or North America, with hyphens, points or parentheses | groups of the numbering plan | 65 | 90 | 30 |
//! | the same with spaces | the same | 35 | 85 | 30 |
//! | other telephone number | 9 to 12 digits after a zero, or 10 | 15 | 75 | 15 |
//! | e-mail address | RFC 5321's lengths, a domain name | 90 | | |
//! | AWS access key id | `AKIA` or `ASIA` and 16 of base32 | 95 | | |
//! | AWS secret access key | 40 of base64, at least 4 bits of entropy a character, by a key id (95) or such a word (90) | | | |
//! | private key | PEM header (99), PuTTY's or age's form (95) | | | |
//! | API token | its issuer's prefix and length | 95 | | |
//! | JSON web token | three parts, a header with `alg` | 95 | | |
//! | password | after a word such as `password` and `=` or `:` (65, of three classes of characters 80), or in a URL (90) | | | |
//! | secret | after a word such as `token`, 16 or more characters, at least 3 bits of entropy each (60, from 3.75 on 80) | | | |
//!
//! # The level that follows
//!
//! | found | level |
//! |---|---|
//! | payment card, My Number, passport, secret access key, private key, token, password, other secret | restricted |
//! | IBAN; ten or more different telephone numbers, or ten or more different e-mail addresses | confidential |
//! | fewer telephone numbers or e-mail addresses; an access key id alone | internal |
//! | nothing | none: not known |
//!
//! # Limits
//!
//! - *Names and postal addresses are not found.* They take a model of the language: the libraries for Rust that find them
//!   (redact-ner, pii) need neural networks that are downloaded apart.
//!   A list of names would find the rose in the garden.
//! - *Telephone numbers are judged by a few rules*, not by libphonenumber's tables: the maintained crate adds 4 MB and 6 µs
//!   a number.
//! - *Random values without a word before them are not reported*: hashes, identifiers and ciphertext look the same.
//! - *A card and an order number with the same digits look the same* where no word tells. Luhn's digit lets one number in ten
//!   pass.
//! - Compressed and encrypted data, images and office documents hold their text where this does not look.
//!
//! # Input
//!
//! UTF-8, UTF-16 of either byte order and Shift_JIS, told apart by a byte order mark or by what bytes there are, or
//! [given](Classifier::encoding); whatever else there is, the ASCII in it is read. Full-width digits count as digits.
//! Time grows in proportion to the input. Places are bytes of the input as given.

mod account;
mod card;
mod classify;
mod contact;
mod context;
mod finding;
mod identity;
mod level;
mod number;
mod redact;
mod scan;
mod secret;
mod text;

pub use self::classify::{Classifier, ThresholdOutOfRange, classify};
pub use self::finding::{Classification, Finding, Kind};
pub use self::level::{Level, UnknownLevel};
pub use self::text::Encoding;
