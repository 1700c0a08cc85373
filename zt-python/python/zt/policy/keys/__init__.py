"""Condition keys. Those of AWS itself are in namespaces; make others from their type.

>>> from zt.policy import keys
>>> keys.aws.source_ip.is_in(["203.0.113.0/24"])
Condition("IpAddress", "aws:SourceIp", ["203.0.113.0/24"])
>>> keys.TextKey("s3:prefix").is_like("home/*")
Condition("StringLike", "s3:prefix", ["home/*"])
"""

from zt.policy.keys import aws, codebuild, ec2, glue, identitystore, lambda_, ssm
from zt.policy.keys._types import (
    ArnKey,
    BinaryKey,
    BoolKey,
    DateKey,
    IpKey,
    Key,
    Multi,
    NumericKey,
    TagKeys,
    TextKey,
)

__all__ = [
    "ArnKey",
    "BinaryKey",
    "BoolKey",
    "DateKey",
    "IpKey",
    "Key",
    "Multi",
    "NumericKey",
    "TagKeys",
    "TextKey",
    "aws",
    "codebuild",
    "ec2",
    "glue",
    "identitystore",
    "lambda_",
    "ssm",
]
