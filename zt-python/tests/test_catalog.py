"""The catalogue, actions as constants, and the condition keys of services."""

from __future__ import annotations

import pytest

from zt import actions, catalog
from zt.policy import Policy, Statement, keys


def test_everything_is_there() -> None:
    services = catalog.services()
    every = catalog.expand("*")
    assert (len(services), len(every)) == (456, 22_091)
    assert sum(len(service.resource_types) for service in services) == 2_334
    assert sum(len(service.condition_keys) for service in services) == 2_578
    assert "s3" in services
    assert catalog.source().endswith("(MIT)")


def test_an_action_tells_its_facts() -> None:
    action = catalog.action("S3:getobject")
    assert action == "s3:GetObject"
    assert action is not None
    assert (action.service, action.action_name) == ("s3", "GetObject")
    assert action.access_level == "Read"
    found = {each.resource_type.name: each for each in action.resources}
    assert "s3:ExistingObjectTag/<key>" in action.condition_keys
    pattern = "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    assert found["object"].resource_type.arn_pattern == pattern
    assert catalog.action("s3:GetObjct") is None
    assert action.service.name == "Amazon S3"
    assert action.service.supports_resource_control_policies


def test_keys_and_types() -> None:
    key = catalog.condition_key("aws:resourcetag/team")
    assert key is not None
    assert (key, key.type, key.is_multivalued) == ("aws:ResourceTag/${TagKey}", "String", False)
    tags = catalog.condition_key("aws:TagKeys")
    assert tags is not None
    assert tags.is_multivalued
    assert catalog.condition_key("aws:SuorceIp") is None
    assert catalog.did_you_mean_key("aws:SuorceIp")[0] == "aws:SourceIp"
    [bucket, *_] = catalog.resource_types("arn:aws:s3:::bucket")
    assert (bucket.service, bucket.name) == ("s3", "bucket")


def test_patterns() -> None:
    reads = catalog.expand("s3:Get*")
    assert catalog.shrink(reads) == ["s3:Get*"]
    assert catalog.actions("s3") == catalog.expand("s3:*")
    assert catalog.actions("nothing") == []
    assert catalog.did_you_mean("s3:GetObjct") == ["s3:GetObject"]


def test_every_action_is_a_constant() -> None:
    seen = 0
    for name in dir(actions):
        if name == "ServiceActions":
            continue
        service = getattr(actions, name)
        assert len(service) == len(list(service)) == len(dir(service))
        seen += len(service)
    assert seen == 22_091
    statement = Statement.allow().actions(actions.s3.GetObject, actions.lambda_.InvokeFunction)
    document = Policy([statement.any_resource()]).to_dict()
    assert document["Statement"][0]["Action"] == ["s3:GetObject", "lambda:InvokeFunction"]


def test_a_misspelt_constant_says_what_was_meant() -> None:
    with pytest.raises(AttributeError, match="did you mean `s3:GetObject`"):
        getattr(actions.s3, "GetObjct")  # noqa: B009
    with pytest.raises(AttributeError, match="no service `s4`"):
        getattr(actions, "s4")  # noqa: B009


def test_services_have_their_keys() -> None:
    condition = keys.s3.prefix.is_like("home/*")
    assert str(condition) == str(keys.TextKey("s3:prefix").is_like("home/*"))
    assert keys.kms.encryption_context("tenant").name == "kms:EncryptionContext:tenant"
    assert keys.codebuild.secondary_sources_source_identifier_auth_type("x").name == (
        "codebuild:secondarySources/x.auth.type"
    )
    assert keys.events.metadata("a").for_any_value().name == "events:Metadata/a"
    assert keys.ec2.source_instance_arn.name == "ec2:SourceInstanceArn"
    assert "s3" in dir(keys)
    with pytest.raises(AttributeError, match="no condition keys `s4`"):
        getattr(keys, "s4")  # noqa: B009
