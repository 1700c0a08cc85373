//! What was found, without the thing itself.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::{Encoding, Level};

/// What a finding is.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The number of a payment card (ISO/IEC 7812-1): issuer, length and Luhn digit.
    PaymentCard,
    /// An international bank account number (ISO 13616): country, structure and remainder modulo 97.
    Iban,
    /// A Japanese individual number (マイナンバー) with its check digit.
    MyNumber,
    /// The number of a passport beside a word that says so, or the machine readable zone of one (ICAO 9303).
    Passport,
    /// A telephone number.
    PhoneNumber,
    /// An e-mail address.
    EmailAddress,
    /// The id of an AWS access key. Not a secret, but it names who holds one.
    AwsAccessKeyId,
    /// The secret of an AWS access key.
    AwsSecretAccessKey,
    /// A private key in PEM, PuTTY's or age's form.
    PrivateKey,
    /// A token whose form tells its issuer: GitHub, GitLab, Slack, Stripe, Google and others.
    ApiToken,
    /// A JSON web token (RFC 7519).
    JsonWebToken,
    /// A password beside a word that says so, or in a URL.
    Password,
    /// A value of high entropy beside a word such as `secret` or `api_key`.
    Secret,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::PaymentCard,
        Self::Iban,
        Self::MyNumber,
        Self::Passport,
        Self::PhoneNumber,
        Self::EmailAddress,
        Self::AwsAccessKeyId,
        Self::AwsSecretAccessKey,
        Self::PrivateKey,
        Self::ApiToken,
        Self::JsonWebToken,
        Self::Password,
        Self::Secret,
    ];

    /// The name, as in `payment_card`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaymentCard => "payment_card",
            Self::Iban => "iban",
            Self::MyNumber => "my_number",
            Self::Passport => "passport",
            Self::PhoneNumber => "phone_number",
            Self::EmailAddress => "email_address",
            Self::AwsAccessKeyId => "aws_access_key_id",
            Self::AwsSecretAccessKey => "aws_secret_access_key",
            Self::PrivateKey => "private_key",
            Self::ApiToken => "api_token",
            Self::JsonWebToken => "json_web_token",
            Self::Password => "password",
            Self::Secret => "secret",
        }
    }

    /// The level that this many of a kind give to what holds them: the table in [`data`](super).
    #[must_use]
    pub const fn level(self, count: u64) -> Level {
        match self {
            Self::PaymentCard
            | Self::MyNumber
            | Self::Passport
            | Self::AwsSecretAccessKey
            | Self::PrivateKey
            | Self::ApiToken
            | Self::JsonWebToken
            | Self::Password
            | Self::Secret => Level::Restricted,
            Self::Iban => Level::Confidential,
            Self::PhoneNumber | Self::EmailAddress if count >= MANY => Level::Confidential,
            Self::PhoneNumber | Self::EmailAddress | Self::AwsAccessKeyId => Level::Internal,
        }
    }
}

/// So many telephone numbers or e-mail addresses are a list of people.
const MANY: u64 = 10;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that was found. It does not hold the thing: only where it is, and an excerpt that is safe to log.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) confidence: u8,
    pub(super) word: Option<&'static str>,
    pub(super) excerpt: String,
}

impl Finding {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it is, in bytes of the input as it was given, whatever its encoding.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// How sure the finding is, 0 to 100: the table in [`data`](super). A score to compare, not a probability.
    #[must_use]
    pub fn confidence(&self) -> u8 {
        self.confidence
    }

    /// The context word that raised the confidence, such as `card`: in lower case, from our own list.
    #[must_use]
    pub fn context(&self) -> Option<&'static str> {
        self.word
    }

    /// What may be shown of it: `************1111`, `DE****************00`, `a***@example.com`.
    #[must_use]
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, start, end, confidence, excerpt, .. } = self;
        write!(f, "{kind} at {start}..{end}, confidence {confidence}: {excerpt}")
    }
}

/// What [`classify`](super::classify) found, and the level that follows.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Classification {
    pub(super) level: Option<Level>,
    pub(super) findings: Vec<Finding>,
    pub(super) counts: BTreeMap<Kind, u64>,
    pub(super) encoding: Encoding,
}

impl Classification {
    /// The level of what was found: the join over all kinds. `None` when nothing was found, which does not make data
    /// public: it may hold what no pattern shows, such as names, or be compressed or encrypted.
    ///
    /// A lower bound either way: join it with what is known otherwise.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.level
    }

    /// The findings, in order of place, not overlapping, at most
    /// [`max_findings`](super::Classifier::max_findings).
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many there are of each kind, those past [`max_findings`](super::Classifier::max_findings) included.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<Kind, u64> {
        &self.counts
    }

    /// How the input was read.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }
}
