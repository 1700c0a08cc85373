"""Roles of grants that have ended, found by their path and their tag, and removed: three plans, of which two only look.

:meth:`zt.aws.Runner.sweep` runs the two that look.
"""

from zt._zt import sweep_list as list
from zt._zt import sweep_look as look
from zt._zt import sweep_remove as remove

__all__ = ["list", "look", "remove"]
