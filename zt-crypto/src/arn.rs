//! ARNs of KMS keys, and multi-Region keys.
//!
//! Source: AWS Encryption SDK specification, "AWS KMS key ARN" and "AWS KMS MRK match for decrypt";
//! AWS KMS Developer Guide, "Key identifiers", "Multi-Region keys".

use std::fmt;

/// The ARN of a KMS key: `arn:partition:kms:region:account:key/id`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct KmsKeyArn {
    pub(crate) partition: String,
    pub(crate) region: String,
    pub(crate) account: String,
    id: String,
}

impl KmsKeyArn {
    /// Reads a key's ARN. An alias's ARN is not one.
    pub(crate) fn parse(arn: &str) -> Option<Self> {
        let parts: Vec<_> = arn.split(':').collect();
        let ["arn", partition, "kms", region, account, resource] = parts.as_slice() else {
            return None;
        };
        let id = resource.strip_prefix("key/")?;
        if [*partition, region, account, id].contains(&"") {
            return None;
        }
        let [partition, region, account, id] = [*partition, region, account, id].map(str::to_owned);
        Some(Self { partition, region, account, id })
    }

    /// The last part: the key's id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether the key is a multi-Region key: a primary or one of its replicas.
    pub(crate) fn is_multi_region(&self) -> bool {
        self.id.starts_with("mrk-")
    }

    /// Whether this is the same key, or a replica of the same multi-Region key.
    pub(crate) fn is_related_to(&self, other: &Self) -> bool {
        self == other || self.is_multi_region() && *self == other.in_region(&self.region)
    }

    /// The same key in another Region. Only for multi-Region keys is there one.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }
}

impl fmt::Display for KmsKeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account, id } = self;
        write!(f, "arn:{partition}:kms:{region}:{account}:key/{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::KmsKeyArn;

    #[test]
    fn key_arns() {
        for good in [
            "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1234",
        ] {
            assert_eq!(KmsKeyArn::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "alias/a",
            "arn:aws:kms:us-east-1:111122223333:alias/a",
            "arn:aws:kms:us-east-1:111122223333:key/",
            "arn:aws:kms:us-east-1:111122223333:key/a:b",
            "arn:aws:kms:us-east-1::key/a",
            "arn:aws:kms::111122223333:key/a",
            "arn::kms:us-east-1:111122223333:key/a",
            "arn:aws:s3:us-east-1:111122223333:key/a",
            "Arn:aws:kms:us-east-1:111122223333:key/a",
        ] {
            assert_eq!(KmsKeyArn::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn replicas_are_related() {
        let key = |region: &str, id: &str| {
            KmsKeyArn::parse(&format!("arn:aws:kms:{region}:111122223333:key/{id}")).unwrap()
        };
        assert!(key("us-east-1", "mrk-1").is_related_to(&key("eu-west-1", "mrk-1")));
        assert!(!key("us-east-1", "mrk-1").is_related_to(&key("eu-west-1", "mrk-2")));
        assert!(!key("us-east-1", "a").is_related_to(&key("eu-west-1", "a")));
        assert!(key("us-east-1", "a").is_related_to(&key("us-east-1", "a")));
    }
}
