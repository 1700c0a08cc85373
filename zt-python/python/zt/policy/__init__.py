"""IAM policies: typed to write, exact to read, decided offline.

>>> from zt.policy import Policy, Request, Statement, evaluate, keys
>>> policy = Policy([
...     Statement.allow("Read").actions("s3:GetObject").any_resource(),
...     Statement.deny("DenyWithoutMfa").not_actions("sts:GetSessionToken").any_resource()
...         .when(keys.aws.multi_factor_auth_present.if_exists().is_(False)),
... ])
>>> request = Request("arn:aws:iam::111122223333:user/alice", "s3:GetObject", "arn:aws:s3:::b/k",
...                   context={"aws:MultiFactorAuthPresent": True})
>>> evaluate(request, identity=[policy]).outcome
'allowed'
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from zt._zt import (
    Condition,
    Decision,
    Evaluator,
    Policy,
    PolicyError,
    Reason,
    Request,
    Statement,
    Unknown,
)
from zt.policy import keys

__all__ = [
    "UNKNOWN",
    "Condition",
    "Decision",
    "Evaluator",
    "Policy",
    "PolicyError",
    "PolicySource",
    "Reason",
    "Request",
    "Statement",
    "Unknown",
    "evaluate",
    "keys",
]

#: A context value that is not known: it may be anything, or absent.
UNKNOWN: Final = Unknown()

#: A policy, or its JSON.
PolicySource: TypeAlias = Policy | str | bytes | dict[str, Any]


def evaluate(
    request: Request,
    *,
    identity: Iterable[PolicySource] = (),
    resource: PolicySource | None = None,
    scps: Iterable[Iterable[PolicySource]] = (),
    rcps: Iterable[Iterable[PolicySource]] = (),
    boundaries: Iterable[PolicySource] = (),
    session: Iterable[PolicySource] = (),
    endpoint: PolicySource | None = None,
) -> Decision:
    """Decides one request. For many under the same policies, make an :class:`Evaluator` once.

    :param scps: service control policies, level by level: root, each OU, account.
    :param rcps: resource control policies, level by level.
    """
    evaluator = Evaluator(
        identity=identity,
        resource=resource,
        scps=scps,
        rcps=rcps,
        boundaries=boundaries,
        session=session,
        endpoint=endpoint,
    )
    return evaluator.evaluate(request)
