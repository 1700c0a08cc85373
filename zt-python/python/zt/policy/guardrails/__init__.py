"""Ready policies for what every account needs, with parameters that are checked.

Each is a :class:`~zt.policy.Policy` and has ``limits``: sentences that say what it does not cover.
Read them before relying on one. What a parameter is when it is left out, is said with it.

>>> from datetime import datetime, timezone
>>> from zt.policy import Request, evaluate, guardrails
>>> mfa = guardrails.require_mfa()
>>> alice = "arn:aws:iam::111122223333:user/alice"
>>> evaluate(Request(alice, "s3:GetObject", "arn:aws:s3:::b/k"), identity=[mfa]).outcome
'explicit_deny'
>>> print(mfa.limits[3])
It does not ask for a device that resists phishing, such as a passkey: any registered device counts.

Conditional access comes as an Allow, and as the Deny that no other Allow gets past:

>>> office = guardrails.restrict_access(
...     actions=["s3:GetObject"], source_ips=["203.0.113.0/24"], require_tls=True,
...     not_after=datetime(2027, 1, 1, tzinfo=timezone.utc))
>>> [statement.sid for statement in office.deny().statements]
['DenyOtherNetworks', 'DenyTooLate', 'DenyWithoutTls']
"""

from typing import Final

from zt import _zt
from zt._zt import (
    Guardrail,
    RestrictAccess,
    TemporaryAccess,
    kms_key_policy,
    require_mfa,
    restrict_access,
    temporary_access,
)
from zt.policy.guardrails import trust

__all__ = [
    "GLOBAL_SERVICES",
    "KEY_ADMINISTRATION",
    "KEY_USE",
    "OUTLIVING_ACTIONS",
    "Guardrail",
    "RestrictAccess",
    "TemporaryAccess",
    "kms_key_policy",
    "require_mfa",
    "restrict_access",
    "temporary_access",
    "trust",
]

#: What managing a key takes, without using it: what :func:`kms_key_policy` gives to administrators.
KEY_ADMINISTRATION: Final = tuple(_zt.key_administration())

#: What encrypting and decrypting takes: what :func:`kms_key_policy` gives to users.
KEY_USE: Final = tuple(_zt.key_use())

#: Actions whose endpoints are in one Region: a Deny by Region for all actions exempts them.
GLOBAL_SERVICES: Final = tuple(_zt.global_services())

#: Actions whose effects stay when access has ended: :func:`temporary_access` refuses wildcards that allow one.
OUTLIVING_ACTIONS: Final = tuple(_zt.outliving_actions())
