//! Amazon Resource Names.

use std::fmt;
use std::str::FromStr;

/// The name of one resource: `arn:partition:service:region:account:resource`.
///
/// AWS General Reference, *Amazon Resource Names (ARNs)*. For patterns of names see [`Resource`](super::Resource).
///
/// ```
/// use zt_core::policy::{Arn, Resource};
///
/// let arn: Arn = "arn:aws:iam::111122223333:user/alice".parse()?;
/// assert_eq!((arn.service(), arn.region(), arn.account()), ("iam", "", "111122223333"));
/// assert_eq!(arn.resource(), "user/alice");
///
/// // As a resource it names itself only, whatever characters it has.
/// let arn: Arn = "arn:aws:s3:::bucket/what*".parse()?;
/// assert_eq!(Resource::from(&arn).as_str(), "arn:aws:s3:::bucket/what${*}");
///
/// let error = "arn:aws:iam::1111:user/alice".parse::<Arn>().unwrap_err();
/// assert_eq!(error.part(), "account");
/// assert_eq!(
///     error.to_string(),
///     "account of `arn:aws:iam::1111:user/alice` (column 14): expected 12 digits, or nothing, found `1111`",
/// );
/// # Ok::<(), zt_core::policy::ArnError>(())
/// ```
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Arn {
    /// INVARIANT: [`check`] has passed.
    text: String,
}

impl Arn {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The group of Regions: `aws`, `aws-cn`, `aws-us-gov`, ...
    #[must_use]
    pub fn partition(&self) -> &str {
        self.parts().partition
    }

    /// The service's name in ARNs: `s3`. Not always the prefix of its actions.
    #[must_use]
    pub fn service(&self) -> &str {
        self.parts().service
    }

    /// The Region: `eu-central-1`. Empty for resources of no Region.
    #[must_use]
    pub fn region(&self) -> &str {
        self.parts().region
    }

    /// The account: 12 digits, `aws` for what AWS owns, or another owner's name. Empty where a service leaves it out.
    #[must_use]
    pub fn account(&self) -> &str {
        self.parts().account
    }

    /// What the service calls the resource: `user/alice`, `bucket/key`, `function:name:1`.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.parts().resource
    }

    fn parts(&self) -> ArnParts<'_> {
        ArnParts::of(&self.text).unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        check(text).map(|()| Self { text: text.to_owned() })
    }
}

impl TryFrom<&str> for Arn {
    type Error = ArnError;

    fn try_from(text: &str) -> Result<Self, ArnError> {
        text.parse()
    }
}

impl AsRef<str> for Arn {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arn({})", self.text)
    }
}

/// The parts of an ARN, or of a pattern of ARNs, as they stand.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ArnParts<'a> {
    /// `aws`.
    pub partition: &'a str,
    /// `s3`.
    pub service: &'a str,
    /// `eu-central-1`, or empty.
    pub region: &'a str,
    /// 12 digits, or empty.
    pub account: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

impl<'a> ArnParts<'a> {
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }
}

/// Why a text is not an ARN, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{part} of `{text}` (column {column}): expected {expected}, found `{found}`")]
pub struct ArnError {
    part: &'static str,
    text: String,
    column: usize,
    expected: &'static str,
    found: String,
}

impl ArnError {
    /// The part that is wrong: `start`, `partition`, `service`, `region`, `account` or `resource`.
    #[must_use]
    pub fn part(&self) -> &'static str {
        self.part
    }

    /// Where the part begins, in characters, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What was expected there, as a phrase.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

fn check(text: &str) -> Result<(), ArnError> {
    let fail = |part, before: &str, expected, found: &str| ArnError {
        part,
        text: text.to_owned(),
        column: before.chars().count() + 1,
        expected,
        found: found.to_owned(),
    };
    let Some(mut rest) = text.strip_prefix("arn:") else {
        return Err(fail("start", "", "`arn:`", text.split(':').next().unwrap_or(text)));
    };
    let rules: [(&str, Rule, &str); 4] = [
        ("partition", |part| is_name(part) && part.starts_with("aws"), "`aws`, `aws-cn`, ..."),
        ("service", is_name, "a service, such as `s3`"),
        ("region", |part| part.is_empty() || is_name(part), "a Region, or nothing"),
        ("account", is_account, "12 digits, or nothing"),
    ];
    for (part, is_right, expected) in rules {
        let before = text.strip_suffix(rest).unwrap_or_default();
        let Some((found, tail)) = rest.split_once(':') else {
            return Err(fail(part, before, "a part that ends in a colon: ARNs have five", rest));
        };
        if !is_right(found) {
            return Err(fail(part, before, expected, found));
        }
        rest = tail;
    }
    if rest.is_empty() || rest.chars().any(char::is_control) {
        let before = text.strip_suffix(rest).unwrap_or_default();
        return Err(fail("resource", before, "a resource, without control characters", rest));
    }
    Ok(())
}

type Rule = fn(&str) -> bool;

fn is_name(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A wrong number of digits is a mistake; a name is that of an owner such as `aws` or `cloudfront`.
fn is_account(part: &str) -> bool {
    let is_number = part.bytes().all(|b| b.is_ascii_digit());
    if is_number { part.is_empty() || part.len() == 12 } else { is_name(part) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn real_names_are_read() {
        for text in [
            "arn:aws:s3:::bucket",
            "arn:aws-cn:iam::111122223333:role/path/name",
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
            "arn:aws:lambda:eu-central-1:111122223333:function:name:1",
            "arn:aws:execute-api:us-east-1:111122223333:api/*/GET/",
            "arn:aws-us-gov:sns:us-gov-west-1:111122223333:topic",
        ] {
            let arn: Arn = text.parse().unwrap();
            assert_eq!(arn.to_string(), text);
            let parts =
                [arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()];
            assert_eq!(format!("arn:{}", parts.join(":")), text);
        }
    }

    #[test]
    fn errors_say_where() {
        for (text, part, column) in [
            ("", "start", 1),
            ("bucket", "start", 1),
            ("ARN:aws:s3:::bucket", "start", 1),
            ("arn:", "partition", 5),
            ("arn:aws", "partition", 5),
            ("arn:gcp:s3:::bucket", "partition", 5),
            ("arn:aws::::bucket", "service", 9),
            ("arn:aws:S3:::bucket", "service", 9),
            ("arn:aws:s3", "service", 9),
            ("arn:aws:s3:*::bucket", "region", 12),
            ("arn:aws:s3::1234:bucket", "account", 13),
            ("arn:aws:s3::*:bucket", "account", 13),
            ("arn:aws:s3::bucket", "account", 13),
            ("arn:aws:s3:::", "resource", 14),
            ("arn:aws:s3:::a\nb", "resource", 14),
        ] {
            let error = text.parse::<Arn>().unwrap_err();
            assert_eq!((error.part(), error.column()), (part, column), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_printed(text in "arn:[a-z*:é0-9]{0,30}") {
            if let Ok(arn) = text.parse::<Arn>() {
                prop_assert_eq!(arn.as_str(), text);
            }
        }
    }
}
