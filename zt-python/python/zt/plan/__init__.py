"""Plans: calls of AWS APIs as data, read by people before they run.

A plan is made by a building block, such as :class:`zt.access.TemporaryAccess`, or read back with
:meth:`Plan.from_json`, and is checked both times. :class:`zt.aws.Runner` runs, resumes and undoes it.
"""

from zt._zt import Plan, PlanError, RunError, Step

__all__ = ["Plan", "PlanError", "RunError", "Step"]
