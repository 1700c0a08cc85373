//! Credentials: by the form their issuers give them, or by a word before them and their entropy.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::context::{automaton, whole};
use super::scan::Candidate;
use super::{Kind, redact};

/// What a mark in the text starts.
#[derive(Clone, Copy, Debug)]
enum Mark {
    /// A token: so many characters of the alphabet after the prefix.
    Token(Kind, Alphabet, usize, usize),
    Pem,
    Jwt,
    /// A word before a password, or before another secret.
    Before(Kind),
}

#[derive(Clone, Copy, Debug)]
enum Alphabet {
    /// `A` to `Z` and `2` to `7` (RFC 4648, base32).
    Base32,
    Alphanumeric,
    /// Letters, digits, `_` and `-`.
    Word,
    /// Letters, digits, `_`, `-` and `.`.
    Dotted,
    /// Letters, digits, `+`, `/` and `=`.
    Base64,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        }
    }
}

/// The longest value that is read as a secret, and what may stand between a word and its value, in bytes.
const LONGEST: usize = 512;
const NAME: usize = 40;

/// Marks as issuers document them.
const MARKS: &[(&str, Mark)] = {
    use Alphabet::*;
    use Kind::*;
    use Mark::*;
    &[
        // IAM User Guide, *IAM identifiers*: long-term and temporary access keys.
        ("AKIA", Token(AwsAccessKeyId, Base32, 16, 16)),
        ("ASIA", Token(AwsAccessKeyId, Base32, 16, 16)),
        ("-----BEGIN ", Pem),
        ("PuTTY-User-Key-File-", Pem),
        ("AGE-SECRET-KEY-1", Token(PrivateKey, Alphanumeric, 58, 58)),
        ("eyJ", Jwt),
        ("ghp_", Token(ApiToken, Alphanumeric, 36, 255)),
        ("gho_", Token(ApiToken, Alphanumeric, 36, 255)),
        ("ghu_", Token(ApiToken, Alphanumeric, 36, 255)),
        ("ghs_", Token(ApiToken, Alphanumeric, 36, 255)),
        ("ghr_", Token(ApiToken, Alphanumeric, 36, 255)),
        ("github_pat_", Token(ApiToken, Word, 82, 255)),
        ("glpat-", Token(ApiToken, Dotted, 20, 255)),
        ("xoxb-", Token(ApiToken, Word, 20, 255)),
        ("xoxp-", Token(ApiToken, Word, 20, 255)),
        ("xoxa-", Token(ApiToken, Word, 20, 255)),
        ("xapp-", Token(ApiToken, Word, 20, 255)),
        ("sk_live_", Token(ApiToken, Alphanumeric, 24, 255)),
        ("rk_live_", Token(ApiToken, Alphanumeric, 24, 255)),
        ("sk-ant-", Token(ApiToken, Word, 40, 255)),
        ("sk-proj-", Token(ApiToken, Word, 40, 255)),
        ("AIza", Token(ApiToken, Word, 35, 35)),
        ("ya29.", Token(ApiToken, Word, 20, 511)),
        ("npm_", Token(ApiToken, Alphanumeric, 36, 36)),
        ("pypi-AgEIcHlwaS5vcmc", Token(ApiToken, Word, 50, 500)),
        ("dckr_pat_", Token(ApiToken, Word, 27, 27)),
        ("hf_", Token(ApiToken, Alphanumeric, 34, 34)),
        ("SG.", Token(ApiToken, Dotted, 66, 66)),
        ("hooks.slack.com/services/T", Token(ApiToken, Base64, 30, 80)),
        ("AccountKey=", Token(Secret, Base64, 88, 88)),
        ("password", Before(Password)),
        ("passwd", Before(Password)),
        ("passphrase", Before(Password)),
        ("pwd", Before(Password)),
        ("パスワード", Before(Password)),
        ("暗証番号", Before(Password)),
        ("secret", Before(Secret)),
        ("secretkey", Before(Secret)),
        ("token", Before(Secret)),
        ("apikey", Before(Secret)),
        ("api_key", Before(Secret)),
        ("api-key", Before(Secret)),
        ("api key", Before(Secret)),
        ("access_key", Before(Secret)),
        ("accesskey", Before(Secret)),
        ("private_key", Before(Secret)),
        ("encryption_key", Before(Secret)),
        ("credential", Before(Secret)),
    ]
};

static AUTOMATON: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| automaton(MARKS.iter().map(|(text, _)| *text)));

/// Adds the secrets in a text.
pub(super) fn secrets(text: &[u8], found: &mut Vec<Candidate>) {
    let Some(automaton) = &*AUTOMATON else { return };
    // What has been read is not read again, so that time stays in proportion: `secret_access_key=`, `eyJ-eyJ-eyJ-`.
    let mut read = 0;
    for mark in automaton.find_iter(text) {
        let Some((exact, meaning)) = MARKS.get(mark.pattern().as_usize()) else { continue };
        let (start, end) = (mark.start(), mark.end());
        match meaning {
            Mark::Before(kind) => {
                if start >= read
                    && whole(text, start, end)
                    && let Some((candidate, value_end)) = assigned(text, end, *kind)
                {
                    read = value_end;
                    found.extend(candidate);
                }
                continue;
            }
            _ if text.get(start..end) != Some(exact.as_bytes()) => continue,
            _ if start < read => continue,
            _ if start
                .checked_sub(1)
                .and_then(|at| text.get(at))
                .is_some_and(u8::is_ascii_alphanumeric) =>
            {
                continue;
            }
            Mark::Token(kind, alphabet, shortest, longest) => {
                let Some(len) = run(text, end, *alphabet, *longest).filter(|len| len >= shortest)
                else {
                    continue;
                };
                read = end + len;
                let excerpt = match kind {
                    Kind::AwsAccessKeyId => {
                        redact::ends(text.get(start..end + len).unwrap_or_default(), 4, 4)
                    }
                    _ => format!("{exact}{}", redact::all(len)),
                };
                found.push(candidate(*kind, start, end + len, 95, excerpt));
                if *kind == Kind::AwsAccessKeyId {
                    secret_access_key(text, start, end + len, found);
                }
            }
            Mark::Pem => found.extend(private_key(text, start, end)),
            Mark::Jwt => {
                found.extend(json_web_token(text, start));
                read = end + run(text, end, Alphabet::Word, PART).unwrap_or(PART);
            }
        }
    }
}

fn candidate(kind: Kind, start: usize, end: usize, confidence: u8, excerpt: String) -> Candidate {
    let word = None;
    Candidate {
        kind,
        start,
        end,
        base: confidence,
        in_context: confidence,
        contrary: confidence,
        excerpt,
        word,
    }
}

/// How many characters of the alphabet there are here. `None`: more than may be.
fn run(text: &[u8], from: usize, alphabet: Alphabet, longest: usize) -> Option<usize> {
    let rest = text.get(from..(from + longest + 1).min(text.len()))?;
    let len = rest.iter().take_while(|byte| alphabet.has(**byte)).count();
    (len <= longest).then_some(len)
}

/// The header of a private key, up to the end of the key where that is near.
fn private_key(text: &[u8], start: usize, label: usize) -> Option<Candidate> {
    const KEY: usize = 16 * 1024;
    let rest = text.get(label..(label + KEY).min(text.len()))?;
    let line = rest.get(..64.min(rest.len()))?;
    if text.get(start) == Some(&b'P') {
        return Some(candidate(
            Kind::PrivateKey,
            start,
            label,
            95,
            "PuTTY-User-Key-File-***".into(),
        ));
    }
    let name = line.windows(5).position(|five| five == b"-----").and_then(|end| line.get(..end))?;
    let words = name.strip_suffix(b" BLOCK").unwrap_or(name);
    if !words.ends_with(b"PRIVATE KEY")
        || !name
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ')
    {
        return None;
    }
    // `-----END …` is looked for where a key would end; a header alone is reported too.
    let body = name.len() + 5;
    let dashes = rest
        .get(body..)?
        .windows(9)
        .take_while(|nine| *nine != b"-----BEGI")
        .position(|nine| nine == b"-----END ");
    let end = match dashes {
        Some(at) => label + (body + at + 9 + name.len() + 5).min(rest.len()),
        None => label + body,
    };
    let name = String::from_utf8_lossy(name);
    Some(candidate(Kind::PrivateKey, start, end, 99, format!("-----BEGIN {name}-----***")))
}

/// The longest part of a token that is read, in bytes.
const PART: usize = 8 * 1024;

/// Three parts in base64url with points between, of which the first is a header (RFC 7515, RFC 7519).
fn json_web_token(text: &[u8], start: usize) -> Option<Candidate> {
    let part = |from: usize| Some(from + run(text, from, Alphabet::Word, PART)?);
    let header = part(start)?;
    let payload = (text.get(header) == Some(&b'.')).then(|| part(header + 1))??;
    let signature = (text.get(payload) == Some(&b'.')).then(|| part(payload + 1))??;
    let fields = URL_SAFE_NO_PAD.decode(text.get(start..header)?).ok()?;
    let named = fields.windows(5).any(|five| five == b"\"alg\"");
    (named && payload > header + 10)
        .then(|| candidate(Kind::JsonWebToken, start, signature, 95, "eyJ***".to_owned()))
}

/// The forty characters of base64 that belong to the key id here.
fn secret_access_key(text: &[u8], start: usize, end: usize, found: &mut Vec<Candidate>) {
    const NEAR: usize = 160;
    let from = start.saturating_sub(NEAR);
    let window = text.get(from..(end + NEAR).min(text.len())).unwrap_or_default();
    let mut at = 0;
    for word in window.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')))
    {
        // The first and last word may be cut.
        let whole = (at > 0 || from == 0)
            && (at + word.len() < window.len() || from + window.len() == text.len());
        if whole && is_secret_access_key(word) {
            let (start, excerpt) = (from + at, redact::all(word.len()));
            found.push(candidate(Kind::AwsSecretAccessKey, start, start + word.len(), 95, excerpt));
        }
        at += word.len() + 1;
    }
}

fn is_secret_access_key(word: &[u8]) -> bool {
    word.len() == 40
        && word.iter().all(|byte| Alphabet::Base64.has(*byte) && *byte != b'=')
        && classes(word) >= 3
        && entropy(word) >= 4.0
}

/// What is assigned to a word that ends here: `= "…"`, `: …`, `=> …`, `</…`. Returns where the value ends too, found or not.
fn assigned(text: &[u8], word: usize, kind: Kind) -> Option<(Option<Candidate>, usize)> {
    let rest = text.get(word..(word + LONGEST).min(text.len()))?;
    let count = |from: usize, test: fn(u8) -> bool| {
        rest.get(from..)
            .unwrap_or_default()
            .iter()
            .take(NAME)
            .take_while(|byte| test(**byte))
            .count()
    };
    // The rest of the name, as in `secret_access_key`, a quote that ends it, then the sign.
    let mut at = count(0, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    // `access_key_id`, `secret_name` and `token_url` are no secrets.
    let name = rest.get(..at).unwrap_or_default().to_ascii_lowercase();
    if [&b"id"[..], b"name", b"arn", b"url", b"uri", b"path", b"file", b"type"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return None;
    }
    at += count(at, |byte| matches!(byte, b'"' | b'\'' | b'`' | b']' | b' ' | b'\t'));
    let sign = match rest.get(at..)? {
        [b':', b'=', ..] | [b'=', b'>', ..] => 2,
        [b'=' | b':', ..] => 1,
        // A full-width colon.
        [0xEF, 0xBC, 0x9A, ..] => 3,
        _ => return None,
    };
    at += sign;
    at += count(at, |byte| matches!(byte, b' ' | b'\t'));
    let quote = rest.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    at += usize::from(quote.is_some());
    let value = rest.get(at..)?;
    let len = value
        .iter()
        .take_while(|byte| match quote {
            Some(quote) => **byte != quote && **byte != b'\n',
            None => {
                !byte.is_ascii_whitespace()
                    && !matches!(byte, b',' | b';' | b'"' | b'\'' | b'<' | b'&' | b')' | b'}')
            }
        })
        .count();
    let value = value.get(..len)?;
    let start = word + at;
    let kind = match kind {
        Kind::Secret if is_secret_access_key(value) => Kind::AwsSecretAccessKey,
        kind => kind,
    };
    let confidence = match kind {
        Kind::AwsSecretAccessKey => 90,
        _ if stands_for_another(value) => return Some((None, start + len)),
        Kind::Password
            if len >= 6
                && (quote.is_some()
                    || classes(value) >= 2
                    || len >= 8 && entropy(value) >= 2.5) =>
        {
            if classes(value) >= 3 {
                80
            } else {
                65
            }
        }
        Kind::Secret
            if len >= 16
                && classes(value) >= 2
                && entropy(value) >= 3.0
                && !value.contains(&b' ') =>
        {
            if entropy(value) >= 3.75 {
                80
            } else {
                60
            }
        }
        _ => return Some((None, start + len)),
    };
    let excerpt = redact::all(len.min(8));
    Some((Some(candidate(kind, start, start + len, confidence, excerpt)), start + len))
}

/// Placeholders, references to where the secret is, calls, types, and words that documentation puts there.
fn stands_for_another(value: &[u8]) -> bool {
    const STARTS: [&[u8]; 14] = [
        b"$",
        b"%",
        b"{",
        b"<",
        b"(",
        b"[",
        b"arn:",
        b"http",
        b"vault:",
        b"os.",
        b"process.",
        b"env.",
        b"ssm:",
        b"secretsmanager:",
    ];
    const WORDS: [&[u8]; 16] = [
        b"example",
        b"changeme",
        b"change_me",
        b"placeholder",
        b"your",
        b"xxxx",
        b"****",
        b"....",
        b"redacted",
        b"password",
        b"passwd",
        b"secret",
        b"getenv",
        b"none",
        b"null",
        b"required",
    ];
    let lower: Vec<u8> = value.iter().take(64).map(u8::to_ascii_lowercase).collect();
    STARTS.iter().any(|start| lower.starts_with(start))
        || WORDS.iter().any(|word| lower.windows(word.len()).any(|window| window == *word))
        || value.contains(&b'(')
        || uuid(value)
}

/// A UUID (RFC 9562) names things; as a secret it would be a poor one.
fn uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// How many of these there are: lower case, upper case, digits, others.
fn classes(value: &[u8]) -> usize {
    let tests: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, |byte| {
            !byte.is_ascii_alphanumeric()
        }];
    tests.iter().filter(|test| value.iter().any(**test)).count()
}

/// Shannon's entropy of the bytes, in bits a byte.
fn entropy(value: &[u8]) -> f64 {
    let mut sorted = value.to_vec();
    sorted.sort_unstable();
    let count = |len: usize| f64::from(u32::try_from(len).unwrap_or(u32::MAX));
    let total = count(value.len());
    sorted
        .chunk_by(|a, b| a == b)
        .map(|same| count(same.len()) / total)
        .map(|share| -share * share.log2())
        .sum()
}

/// The password in `scheme://user:password@host`; `at` is at the `@`.
pub(super) fn url_password(text: &[u8], at: usize) -> Option<Candidate> {
    const AUTHORITY: usize = 256;
    let before = text.get(at.saturating_sub(AUTHORITY)..at)?;
    let user = before
        .iter()
        .rev()
        .take_while(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'/' | b'@' | b'"' | b'\'' | b'<' | b'>')
        })
        .count();
    let authority = before.get(before.len() - user..)?;
    let scheme = before.get(..before.len() - user)?;
    let colon = authority.iter().position(|byte| *byte == b':')?;
    let password = authority.get(colon + 1..)?;
    let host = text.get(at + 1).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'[');
    if !scheme.ends_with(b"://") || !host || password.len() < 3 || stands_for_another(password) {
        return None;
    }
    let excerpt = redact::all(password.len().min(8));
    Some(candidate(Kind::Password, at - password.len(), at, 90, excerpt))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Kind, String)> {
        let mut found = Vec::new();
        secrets(text.as_bytes(), &mut found);
        found
            .into_iter()
            .map(|found| (found.kind, text.get(found.start..found.end).unwrap().to_owned()))
            .collect()
    }

    fn one(text: &str) -> (Kind, String) {
        let mut found = found(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found.remove(0)
    }

    #[test]
    fn keys_of_aws() {
        // The example pair of AWS's documentation.
        let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        assert_eq!(one(&format!("id={id}.")), (Kind::AwsAccessKeyId, id.into()));
        assert_eq!(
            one(&format!("aws_secret_access_key = {secret}")),
            (Kind::AwsSecretAccessKey, secret.into())
        );
        assert_eq!(found(&format!("{id},{secret}\n")).len(), 2);
        assert_eq!(found(&format!("X{id} {id}7 akiaiosfodnn7example")), []);
        // A SHA-1 near a key id is not its secret.
        assert_eq!(found(&format!("{id} da39a3ee5e6b4b0d3255bfef95601890afd80709")).len(), 1);
    }

    #[test]
    fn tokens_by_their_form() {
        let token = format!("ghp_{}", "a1B2".repeat(9));
        assert_eq!(one(&format!("\"{token}\"")), (Kind::ApiToken, token.clone()));
        assert_eq!(found(token.get(..20).unwrap()), []);
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLWJ5dGVz";
        assert_eq!(one(&format!("Bearer {jwt}")), (Kind::JsonWebToken, jwt.into()));
        assert_eq!(found("eyJub3QiOiJhIGp3dCJ9.eyJzdWIiOiJhbGljZSJ9.c2ln"), []);
        let pem = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----";
        assert_eq!(one(&format!("{pem}\n")), (Kind::PrivateKey, pem.into()));
        assert_eq!(found("-----BEGIN PUBLIC KEY-----\nMHcC\n-----END PUBLIC KEY-----"), []);
    }

    #[test]
    fn values_beside_words() {
        assert_eq!(one("password: \"hunter2!\""), (Kind::Password, "hunter2!".into()));
        assert_eq!(one("パスワード：hunter2!"), (Kind::Password, "hunter2!".into()));
        assert_eq!(
            one("{\"api_key\": \"9f8A7b6C5d4E3f2A1b0C\"}"),
            (Kind::Secret, "9f8A7b6C5d4E3f2A1b0C".into())
        );
        for text in [
            "password = ${DB_PASSWORD}",
            "password: str",
            "token = get_token()",
            "secret: arn:aws:secretsmanager:eu-west-1:1:secret:x",
            "your password must be long",
            "api_key=YOUR_API_KEY_GOES_HERE",
            "token: 550e8400-e29b-41d4-a716-446655440000",
            "password=********",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        let url = "postgres://app:S3cure-pw@db.internal/x";
        let password = url_password(url.as_bytes(), url.find('@').unwrap()).unwrap();
        assert_eq!(url.get(password.start..password.end), Some("S3cure-pw"));
        assert!(url_password(b"see https://a.b/c:d@e", 19).is_none());
    }
}
