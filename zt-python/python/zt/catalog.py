"""What AWS defines: services, actions, types of resources, condition keys.

>>> from zt import catalog
>>> action = catalog.action("s3:getobject")
>>> action
Action('s3:GetObject')
>>> action.access_level
'Read'
>>> catalog.expand("s3:Get*Tagging")[0]
Action('s3:GetBucketTagging')
>>> catalog.shrink(["sqs:ListQueues", "sqs:ListQueueTags"])
['sqs:ListQueue*']
>>> catalog.condition_key("aws:SourceIp").type
'IPAddress'
>>> catalog.did_you_mean("s3:GetObjct")
['s3:GetObject']

The facts are those of AWS's Service Authorization Reference. AWS adds actions every week: a name that is not here may
exist. Names are found in any case. Services, actions and keys are ``str``, so they go wherever a name goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, final

from zt import _zt
from zt._zt import did_you_mean, did_you_mean_key

__all__ = [
    "Action",
    "ActionResource",
    "ConditionKey",
    "ResourceType",
    "Service",
    "action",
    "actions",
    "condition_key",
    "did_you_mean",
    "did_you_mean_key",
    "expand",
    "resource_types",
    "service",
    "services",
    "shrink",
    "source",
]


@final
class Service(str):
    """The prefix of a service, such as ``s3``. From :func:`service` or :func:`services`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """What AWS calls it: ``Amazon S3``."""
        found = _zt.catalog_service(self)
        return found[1] if found else ""

    @property
    def supports_resource_control_policies(self) -> bool:
        """Whether resource control policies apply to it."""
        found = _zt.catalog_service(self)
        return found is not None and found[2]

    @property
    def actions(self) -> list[Action]:
        """Its actions, sorted."""
        return expand(f"{self}:*")

    @property
    def resource_types(self) -> list[ResourceType]:
        """The types of resources that its actions act on, sorted."""
        return [_resource_type(row) for row in _zt.catalog_resource_types(self)]

    @property
    def condition_keys(self) -> list[ConditionKey]:
        """The condition keys that it documents, sorted."""
        return [ConditionKey(name) for name in _zt.catalog_service_keys(self)]

    def __repr__(self) -> str:
        return f"Service({str(self)!r})"


@final
class Action(str):
    """An action, such as ``s3:GetObject``. From :func:`action`, or :mod:`zt.actions`."""

    __slots__ = ()

    @property
    def service(self) -> Service:
        """Its service: ``s3``."""
        return Service(self.partition(":")[0])

    @property
    def action_name(self) -> str:
        """Its name without the service: ``GetObject``."""
        return self.partition(":")[2]

    @property
    def access_level(self) -> str:
        """``List``, ``Read``, ``Write``, ``Permissions management`` or ``Tagging``."""
        return _zt.catalog_action_facts(self)[0]

    @property
    def resources(self) -> list[ActionResource]:
        """The types of resources that it acts on. Without any, a statement must name ``*``."""
        return [
            ActionResource(_resource_type(kind), required, [ConditionKey(key) for key in keys])
            for kind, required, keys in _zt.catalog_action_facts(self)[1]
        ]

    @property
    def condition_keys(self) -> list[ConditionKey]:
        """The condition keys that it knows whatever it acts on. Those of :attr:`resources` come on top."""
        return [ConditionKey(key) for key in _zt.catalog_action_facts(self)[2]]

    def __repr__(self) -> str:
        return f"Action({str(self)!r})"


@final
class ConditionKey(str):
    """A condition key, such as ``s3:prefix``. From :func:`condition_key`. To write conditions see :mod:`zt.policy.keys`."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """``String``, ``Numeric``, ``Date``, ``Bool``, ``IPAddress``, ``ARN`` or ``Binary``."""
        found = _zt.catalog_condition_key(self)
        return found[1] if found else "String"

    @property
    def is_multivalued(self) -> bool:
        """Whether a request can have several values for it."""
        found = _zt.catalog_condition_key(self)
        return found is not None and found[2]

    def __repr__(self) -> str:
        return f"ConditionKey({str(self)!r})"


class ResourceType(NamedTuple):
    """A type of resource, such as ``bucket`` of ``s3``."""

    service: Service
    #: ``bucket``.
    name: str
    #: ``arn:${Partition}:s3:::${BucketName}``.
    arn_pattern: str
    #: The condition keys that requests for such resources can have.
    condition_keys: list[ConditionKey]


class ActionResource(NamedTuple):
    """A type of resource, as one action knows it."""

    resource_type: ResourceType
    #: Whether every request for the action names such a resource.
    required: bool
    #: The condition keys that the action knows with this type only.
    condition_keys: list[ConditionKey]


def source() -> str:
    """The data set that the facts come from: name, version and licence."""
    return _zt.catalog_source()


def services() -> list[Service]:
    """All services, sorted by prefix."""
    return [Service(prefix) for prefix in _zt.catalog_services()]


def service(prefix: str) -> Service | None:
    """The service with a prefix, in any case."""
    found = _zt.catalog_service(prefix)
    return Service(found[0]) if found else None


def actions(prefix: str) -> list[Action]:
    """The actions of the service with a prefix; none when there is no such service."""
    found = service(prefix)
    return found.actions if found else []


def action(name: str) -> Action | None:
    """The action with a name, in any case."""
    found = _zt.catalog_action(name)
    return Action(found) if found else None


def expand(pattern: str) -> list[Action]:
    """The actions that fit a pattern, in any case, sorted: ``s3:Get*``."""
    return [Action(name) for name in _zt.expand(pattern)]


def shrink(actions: Iterable[str]) -> list[str]:
    """Few patterns instead of many actions; :func:`expand` gives the same for both.

    A wildcard only ever stands after a whole word: ``Describe*``, never ``D*``, which some day matches a ``Delete...``.
    """
    return _zt.shrink(list(actions))


def condition_key(name: str) -> ConditionKey | None:
    """The condition key with a name, in any case: ``aws:SourceIp``, ``aws:ResourceTag/team``."""
    found = _zt.catalog_condition_key(name)
    return ConditionKey(found[0]) if found else None


def resource_types(arn: str) -> list[ResourceType]:
    """The types of resources that an ARN can be of, the one whose form is closest first."""
    return [_resource_type(row) for row in _zt.catalog_resource_types_of(arn)]


def _resource_type(row: tuple[str, str, str, list[str]]) -> ResourceType:
    prefix, name, arn_pattern, keys = row
    return ResourceType(Service(prefix), name, arn_pattern, [ConditionKey(key) for key in keys])
