"""Access that ends by itself.

>>> from datetime import datetime, timedelta, timezone
>>> from zt.access import TemporaryAccess
>>> from zt.policy import Policy, Statement
>>> read = Policy([Statement.allow("Read").actions("s3:GetObject").resources("arn:aws:s3:::reports/*")])
>>> access = TemporaryAccess("arn:aws:iam::111122223333:user/alice", read, timedelta(hours=1))
>>> plan = access.plan(now=datetime(2026, 6, 1, 12, tzinfo=timezone.utc))
>>> [f"{step.service} {step.operation}" for step in plan.steps]
['iam CreateRole', 'iam PutRolePolicy']
"""

from zt._zt import Grant, TemporaryAccess

__all__ = ["Grant", "TemporaryAccess"]
