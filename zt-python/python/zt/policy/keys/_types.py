"""Condition keys that know their type, and so offer only the operators that fit it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Generic, TypeAlias, TypeVar

from zt import _zt
from zt._zt import Condition

Number: TypeAlias = int | float | Decimal
Address: TypeAlias = str | IPv4Address | IPv4Network | IPv6Address | IPv6Network
Instant: TypeAlias = str | datetime

T = TypeVar("T")
K = TypeVar("K", bound="Key")
OneOrMany: TypeAlias = T | Sequence[T]


class Key:
    """A condition key. The subclasses have the comparisons."""

    kind = ""

    def __init__(
        self, name: str, *, _if_exists: bool = False, _set_operator: str = "", _multi: bool = False
    ) -> None:
        self._key = _zt.Key(name, self.kind, _multi)
        self._if_exists = _if_exists
        self._set_operator = _set_operator

    @property
    def name(self) -> str:
        """The key's name, such as ``aws:SourceIp``."""
        return self._key.name

    def if_exists(self: K) -> K:
        """The comparison also holds when the request does not have the key: ``...IfExists``."""
        multi = bool(self._set_operator)
        return type(self)(
            self.name, _if_exists=True, _set_operator=self._set_operator, _multi=multi
        )

    def is_absent(self) -> Condition:
        """``Null: true``."""
        return self._key.is_absent()

    def is_present(self) -> Condition:
        """``Null: false``."""
        return self._key.is_present()

    def _compare(self, method: str, values: Any) -> Condition:
        if not isinstance(values, list | tuple | str | bytes) and isinstance(values, Sequence):
            values = list(values)
        return self._key.compare(
            method, values, if_exists=self._if_exists, set_operator=self._set_operator
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class TextKey(Key):
    """A key that is a text."""

    kind = "Str"

    def is_(self, values: OneOrMany[str]) -> Condition:
        """``StringEquals``: one of these texts. Case matters, ``*`` is itself."""
        return self._compare("is", values)

    def is_not(self, values: OneOrMany[str]) -> Condition:
        """``StringNotEquals``: none of these texts. Also holds when the key is absent."""
        return self._compare("is_not", values)

    def is_in(self, values: OneOrMany[str]) -> Condition:
        """The same as :meth:`is_`; reads better with several values."""
        return self._compare("is_in", values)

    def is_not_in(self, values: OneOrMany[str]) -> Condition:
        """The same as :meth:`is_not`; reads better with several values."""
        return self._compare("is_not_in", values)

    def is_ignoring_case(self, values: OneOrMany[str]) -> Condition:
        """``StringEqualsIgnoreCase``."""
        return self._compare("is_ignoring_case", values)

    def is_not_ignoring_case(self, values: OneOrMany[str]) -> Condition:
        """``StringNotEqualsIgnoreCase``. Also holds when the key is absent."""
        return self._compare("is_not_ignoring_case", values)

    def is_like(self, values: OneOrMany[str]) -> Condition:
        """``StringLike``: ``*`` is any run of characters and ``?`` exactly one."""
        return self._compare("is_like", values)

    def is_not_like(self, values: OneOrMany[str]) -> Condition:
        """``StringNotLike``. Also holds when the key is absent."""
        return self._compare("is_not_like", values)


class NumericKey(Key):
    """A key that is a number."""

    kind = "Num"

    def is_(self, values: OneOrMany[Number]) -> Condition:
        """``NumericEquals``."""
        return self._compare("is", values)

    def is_not(self, values: OneOrMany[Number]) -> Condition:
        """``NumericNotEquals``. Also holds when the key is absent."""
        return self._compare("is_not", values)

    def is_in(self, values: OneOrMany[Number]) -> Condition:
        """The same as :meth:`is_`; reads better with several values."""
        return self._compare("is_in", values)

    def is_not_in(self, values: OneOrMany[Number]) -> Condition:
        """The same as :meth:`is_not`; reads better with several values."""
        return self._compare("is_not_in", values)

    def less_than(self, value: Number) -> Condition:
        """``NumericLessThan``."""
        return self._compare("less_than", value)

    def at_most(self, value: Number) -> Condition:
        """``NumericLessThanEquals``."""
        return self._compare("at_most", value)

    def greater_than(self, value: Number) -> Condition:
        """``NumericGreaterThan``."""
        return self._compare("greater_than", value)

    def at_least(self, value: Number) -> Condition:
        """``NumericGreaterThanEquals``."""
        return self._compare("at_least", value)


class DateKey(Key):
    """A key that is an instant: a datetime with a time zone, or a text such as 2025-01-31T12:00:00Z."""

    kind = "Date"

    def is_(self, values: OneOrMany[Instant]) -> Condition:
        """``DateEquals``."""
        return self._compare("is", values)

    def is_not(self, values: OneOrMany[Instant]) -> Condition:
        """``DateNotEquals``. Also holds when the key is absent."""
        return self._compare("is_not", values)

    def before(self, value: Instant) -> Condition:
        """``DateLessThan``."""
        return self._compare("before", value)

    def at_or_before(self, value: Instant) -> Condition:
        """``DateLessThanEquals``."""
        return self._compare("at_or_before", value)

    def after(self, value: Instant) -> Condition:
        """``DateGreaterThan``."""
        return self._compare("after", value)

    def at_or_after(self, value: Instant) -> Condition:
        """``DateGreaterThanEquals``."""
        return self._compare("at_or_after", value)


class BoolKey(Key):
    """A key that is true or false."""

    kind = "Bool"

    def is_(self, value: bool) -> Condition:
        """``Bool``. A Deny on False usually wants :meth:`if_exists`."""
        return self._compare("is", value)


class IpKey(Key):
    """A key that is an address."""

    kind = "Ip"

    def is_in(self, ranges: OneOrMany[Address]) -> Condition:
        """``IpAddress``. An IPv4 range contains no IPv6 address, and the other way round."""
        return self._compare("is_in", ranges)

    def is_not_in(self, ranges: OneOrMany[Address]) -> Condition:
        """``NotIpAddress``. Also holds when the key is absent, as behind a VPC endpoint."""
        return self._compare("is_not_in", ranges)


class ArnKey(Key):
    """A key that is an ARN."""

    kind = "Arn"

    def is_(self, values: OneOrMany[str]) -> Condition:
        """``ArnEquals``: the same as :meth:`is_like`."""
        return self._compare("is", values)

    def is_not(self, values: OneOrMany[str]) -> Condition:
        """``ArnNotEquals``. Also holds when the key is absent."""
        return self._compare("is_not", values)

    def is_in(self, values: OneOrMany[str]) -> Condition:
        """The same as :meth:`is_`; reads better with several values."""
        return self._compare("is_in", values)

    def is_not_in(self, values: OneOrMany[str]) -> Condition:
        """The same as :meth:`is_not`; reads better with several values."""
        return self._compare("is_not_in", values)

    def is_like(self, values: OneOrMany[str]) -> Condition:
        """``ArnLike``: each of the six parts for itself."""
        return self._compare("is_like", values)

    def is_not_like(self, values: OneOrMany[str]) -> Condition:
        """``ArnNotLike``. Also holds when the key is absent."""
        return self._compare("is_not_like", values)


class BinaryKey(Key):
    """A key that is bytes."""

    kind = "Binary"

    def is_(self, value: bytes) -> Condition:
        """``BinaryEquals``."""
        return self._compare("is", value)


class Multi(Generic[K]):
    """A key with any number of values: say first how they are compared."""

    def __init__(self, name: str, key: type[K]) -> None:
        self._name = name
        self._class = key

    @property
    def name(self) -> str:
        """The key's name, such as ``aws:TagKeys``."""
        return self._name

    def for_any_value(self) -> K:
        """``ForAnyValue``: at least one value must match. False when there is none."""
        return self._class(self._name, _set_operator="any", _multi=True)

    def for_all_values(self) -> K:
        """``ForAllValues``: every value must match. True when there is none."""
        return self._class(self._name, _set_operator="all", _multi=True)

    def is_absent(self) -> Condition:
        """``Null: true``."""
        return self._class(self._name, _multi=True).is_absent()

    def is_present(self) -> Condition:
        """``Null: false``."""
        return self._class(self._name, _multi=True).is_present()

    def __repr__(self) -> str:
        return f"Multi({self._name!r})"


class TagKeys(Generic[K]):
    """Keys with a part that is up to you, often a tag: ``keys.aws.principal_tag("team")``."""

    def __init__(self, prefix: str, key: type[K], suffix: str = "") -> None:
        self._prefix = prefix
        self._class = key
        self._suffix = suffix

    def __call__(self, tag: str) -> K:
        return self._class(self._prefix + tag + self._suffix)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._prefix!r})"


class MultiTagKeys(Generic[K]):
    """Keys with any number of values and a part that is up to you."""

    def __init__(self, prefix: str, key: type[K]) -> None:
        self._prefix = prefix
        self._class = key

    def __call__(self, tag: str) -> Multi[K]:
        return Multi(self._prefix + tag, self._class)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._prefix!r})"
