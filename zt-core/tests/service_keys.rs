//! The functions of `policy::keys` for the keys of services, against the catalogue.
#![cfg(test)]

use zt_core::catalog;
use zt_core::policy::Arn;
use zt_core::policy::keys::{
    Arn as ArnKind, Key, MultiKey, Str, codebuild, ec2, elasticloadbalancing,
};
use zt_core::policy::keys::{kms, s3, secretsmanager, sts};

#[test]
fn functions_have_the_types_of_the_catalogue() {
    let prefix: Key<Str> = s3::prefix();
    let services: MultiKey<Str> = kms::grant_operations();
    let key: Key<ArnKind> = s3::x_amz_server_side_encryption_aws_kms_key_id();
    for (name, is_multivalued) in
        [(prefix.name(), false), (services.name(), true), (key.name(), false)]
    {
        let known = catalog::condition_key(name).unwrap();
        assert_eq!((known.name().as_str(), known.is_multivalued()), (name, is_multivalued));
    }
}

#[test]
fn open_parts_are_arguments() {
    assert_eq!(secretsmanager::resource_tag("team").name(), "secretsmanager:ResourceTag/team");
    assert_eq!(
        elasticloadbalancing::resource_tag("a").name(),
        "elasticloadbalancing:ResourceTag/a"
    );
    assert_eq!(kms::encryption_context("tenant").name(), "kms:EncryptionContext:tenant");
    assert_eq!(
        codebuild::secondary_sources_source_identifier_auth_type("x").name(),
        "codebuild:secondarySources/x.auth.type"
    );
}

#[test]
fn keys_that_any_request_may_have_stand_with_the_others() {
    assert_eq!(ec2::source_instance_arn().name(), "ec2:SourceInstanceArn");
    assert_eq!(ec2::instance_type().name(), "ec2:InstanceType");
    assert_eq!(sts::external_id().name(), "sts:ExternalId");
}

#[test]
fn an_arn_is_compared_with_itself_only() {
    let arn: Arn = "arn:aws:s3:::bucket/a*".parse().unwrap();
    let condition = zt_core::policy::keys::aws::source_arn().is(&arn);
    assert_eq!(condition.values().as_slice(), ["arn:aws:s3:::bucket/a${*}".into()]);
}
