//! ARNs of KMS keys.
//!
//! Source: AWS Encryption SDK specification, "AWS KMS key ARN"; AWS KMS Developer Guide,
//! "Key identifiers".

/// Whether `arn` is the ARN of a KMS key: `arn:partition:kms:region:account:key/id`.
pub(crate) fn is_kms_key_arn(arn: &str) -> bool {
    kms_resource(arn)
        .and_then(|resource| resource.strip_prefix("key/"))
        .is_some_and(|id| !id.is_empty())
}

/// The resource part of a KMS ARN, when all the parts before it are as they have to be.
fn kms_resource(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    let head = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let resource = parts.next()?;
    let ("arn", partition, "kms", region, account) = head else { return None };
    let whole = ![partition, region, account].contains(&"") && parts.next().is_none();
    whole.then_some(resource)
}

#[cfg(test)]
mod tests {
    use super::is_kms_key_arn;

    #[test]
    fn key_arns() {
        let good = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        assert!(is_kms_key_arn(good));
        assert!(is_kms_key_arn("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1234"));
        for bad in [
            "",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "alias/a",
            "arn:aws:kms:us-east-1:111122223333:alias/a",
            "arn:aws:kms:us-east-1:111122223333:key/",
            "arn:aws:kms:us-east-1:111122223333:key/a:b",
            "arn:aws:kms:us-east-1::key/a",
            "arn::kms:us-east-1:111122223333:key/a",
            "arn:aws:s3:us-east-1:111122223333:key/a",
            "Arn:aws:kms:us-east-1:111122223333:key/a",
        ] {
            assert!(!is_kms_key_arn(bad), "{bad}");
        }
    }
}
