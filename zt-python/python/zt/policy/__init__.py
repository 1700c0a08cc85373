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

What is wrong or risky in a policy, and how to mend it:

>>> from zt.policy import validate
>>> typo = Policy([Statement.allow().actions("s3:GetObjct").any_resource()])
>>> finding = validate(typo)[0]
>>> print(finding)
warning unknown-action at /Statement/0/Action: `s3` has no action `s3:GetObjct` (replace it with "s3:GetObject")
>>> finding.suggestion.apply(typo).to_dict()["Statement"][0]["Action"]
's3:GetObject'

Other ways to write one, that decide alike:

>>> from zt.policy import equivalent
>>> long = Policy([Statement.allow().actions("s3:Get*", "s3:GetObject").any_resource()])
>>> long.minimize().to_dict()["Statement"][0]["Action"]
's3:Get*'
>>> equivalent(long, long.minimize())
Equivalence(equal=True)

Ready policies are in :mod:`zt.policy.guardrails`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Final, Literal, TypeAlias

from zt._zt import (
    AccessMatrix,
    Choice,
    Condition,
    Decision,
    Equivalence,
    Evaluator,
    Finding,
    JointDecision,
    Policy,
    PolicyError,
    Reason,
    Request,
    Rule,
    Statement,
    Suggestion,
    Unknown,
    choices,
    equivalent,
    rules,
    validate,
)
from zt.policy import guardrails, keys

__all__ = [
    "UNKNOWN",
    "AccessMatrix",
    "Choice",
    "Condition",
    "Context",
    "ContextItem",
    "ContextValue",
    "Decision",
    "Equivalence",
    "Evaluator",
    "Finding",
    "JointDecision",
    "Kind",
    "NamedPolicy",
    "Outcome",
    "Policies",
    "Policy",
    "PolicyError",
    "PolicySource",
    "Principal",
    "Reason",
    "Request",
    "Rule",
    "Severity",
    "SizeLimit",
    "Statement",
    "Suggestion",
    "Unknown",
    "choices",
    "equivalent",
    "evaluate",
    "guardrails",
    "keys",
    "rules",
    "validate",
]

#: A context value that is not known: it may be anything, or absent.
UNKNOWN: Final = Unknown()

#: A policy, or its JSON.
PolicySource: TypeAlias = Policy | str | bytes | dict[str, Any]

#: A policy, or a pair of the name that explanations give it and the policy.
NamedPolicy: TypeAlias = PolicySource | tuple[str, PolicySource]

#: One policy, or several of one type.
Policies: TypeAlias = PolicySource | Iterable[NamedPolicy]

#: Someone: ``"*"``, an ARN, an account id, or a dict such as ``{"Service": "sns.amazonaws.com"}``.
Principal: TypeAlias = str | dict[str, str] | dict[str, list[str]] | dict[str, str | list[str]]

#: One value of a condition key.
ContextItem: TypeAlias = (
    str
    | bool
    | int
    | float
    | Decimal
    | bytes
    | datetime
    | IPv4Address
    | IPv6Address
    | IPv4Network
    | IPv6Network
)

#: What a request has for a condition key.
ContextValue: TypeAlias = ContextItem | Sequence[ContextItem] | AbstractSet[ContextItem] | Unknown

#: Condition keys and their values.
Context: TypeAlias = Mapping[str, ContextValue]

#: What a policy is attached to.
Kind: TypeAlias = Literal[
    "identity", "resource", "trust", "scp", "rcp", "boundary", "session", "endpoint"
]

#: How bad a finding is.
Severity: TypeAlias = Literal["error", "security warning", "warning", "suggestion"]

#: The answer to a request.
Outcome: TypeAlias = Literal["allowed", "explicit_deny", "implicit_deny", "unknown"]

#: How large policies may be.
SizeLimit: TypeAlias = Literal[
    "managed_policy",
    "user_inline",
    "group_inline",
    "role_inline",
    "trust_policy",
    "session_policy",
    "scp",
    "rcp",
    "endpoint",
    "bucket_policy",
    "key_policy",
    "queue_policy",
]


def evaluate(
    request: Request,
    *,
    identity: Policies = (),
    resource: PolicySource | None = None,
    scps: Iterable[Iterable[NamedPolicy]] = (),
    rcps: Iterable[Iterable[NamedPolicy]] = (),
    boundaries: Policies = (),
    session: Policies = (),
    endpoint: PolicySource | None = None,
) -> Decision:
    """Decides one request. For many under the same policies, make an :class:`Evaluator` once.

    Where several policies go, each may be a pair of a name and the policy: explanations use the name.

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
