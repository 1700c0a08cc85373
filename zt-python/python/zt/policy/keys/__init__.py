"""Condition keys. Each knows its type; each service has a namespace, ``aws`` is that of AWS itself.

>>> from zt.policy import keys
>>> keys.aws.source_ip.is_in(["203.0.113.0/24"])
Condition("IpAddress", "aws:SourceIp", ["203.0.113.0/24"])
>>> keys.s3.prefix.is_like("home/*")
Condition("StringLike", "s3:prefix", ["home/*"])
>>> keys.s3.existing_object_tag("stage").is_("test")
Condition("StringEquals", "s3:ExistingObjectTag/stage", ["test"])

Make a key that is in no namespace from its type:

>>> keys.TextKey("s3:NewKey").is_("value")
Condition("StringEquals", "s3:NewKey", ["value"])
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from zt.policy.keys._types import (
    ArnKey,
    BinaryKey,
    BoolKey,
    DateKey,
    IpKey,
    Key,
    Multi,
    MultiTagKeys,
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
    "MultiTagKeys",
    "NumericKey",
    "TagKeys",
    "TextKey",
]

if TYPE_CHECKING:
    from zt.policy.keys._all import *
else:

    def __getattr__(name: str) -> Any:
        """A namespace is imported when it is first used."""
        if not name.startswith("_"):
            try:
                return import_module(f"{__name__}.{name}")
            except ModuleNotFoundError as error:
                if error.name != f"{__name__}.{name}":
                    raise
        raise AttributeError(f"no condition keys `{name}`: make one with a type such as `TextKey`")

    def __dir__() -> list[str]:
        modules = [module.name for module in iter_modules(__path__)]
        return sorted({*globals(), *modules})
