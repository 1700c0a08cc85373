"""Access that ends by itself.

>>> from datetime import datetime, timedelta, timezone
>>> from zt.access import TemporaryAccess
>>> from zt.policy import Policy, Statement
>>> read = Policy([Statement.allow("Read").actions("s3:GetObject").resources("arn:aws:s3:::reports/*")])
>>> access = TemporaryAccess("arn:aws:iam::111122223333:user/alice", read, timedelta(hours=1))
>>> plan = access.plan(now=datetime(2026, 6, 1, 12, tzinfo=timezone.utc))
>>> [f"{step.service} {step.operation}" for step in plan.steps]
['iam CreateRole', 'iam PutRolePolicy']

Whether a request comes from where and when it should:

>>> from zt.access import AccessContext, AccessPolicy, TimeWindow
>>> office = AccessPolicy(
...     networks=["203.0.113.0/24"],
...     windows=[TimeWindow(["mon", "tue", "wed", "thu", "fri"], "08:00", "18:00", "Europe/Berlin")])
>>> context = AccessContext("203.0.113.7", timestamp=datetime(2026, 6, 1, 17, tzinfo=timezone.utc))
>>> print(office.check(context))
denied
- network passed: `203.0.113.7` is in 203.0.113.0/24
- time failed: 2026-06-01T17:00:00Z is in no window
"""

from zt._zt import (
    AccessCheck,
    AccessContext,
    AccessPolicy,
    AccessVerdict,
    Grant,
    Posture,
    TemporaryAccess,
    TimeWindow,
)
from zt.access import sweep

__all__ = [
    "AccessCheck",
    "AccessContext",
    "AccessPolicy",
    "AccessVerdict",
    "Grant",
    "Posture",
    "TemporaryAccess",
    "TimeWindow",
    "sweep",
]
