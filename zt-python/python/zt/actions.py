"""Actions as constants, by service: ``actions.s3.GetObject``.

A service whose prefix has a hyphen is spelt with ``_``, and ``lambda`` is ``lambda_``.

>>> from zt import actions
>>> actions.s3.GetObject
Action('s3:GetObject')
>>> actions.access_analyzer.GetFinding
Action('access-analyzer:GetFinding')
>>> actions.s3.GetObjct
Traceback (most recent call last):
AttributeError: AWS has no action `s3:GetObjct`, did you mean `s3:GetObject`?
"""

from __future__ import annotations

from collections.abc import Iterator

from zt import _zt
from zt.catalog import Action

__all__ = ["ServiceActions"]


class ServiceActions:
    """The actions of one service."""

    __slots__ = ("_prefix",)

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __getattr__(self, name: str) -> Action:
        if not name.startswith("_"):
            full = f"{self._prefix}:{name}"
            for candidate in (full, full.replace("_", "-")):
                if _zt.catalog_action(candidate) == candidate:
                    return Action(candidate)
            close = _zt.did_you_mean(full)
            hint = f", did you mean `{close[0]}`?" if close else ""
            raise AttributeError(f"AWS has no action `{full}`{hint}")
        raise AttributeError(name)

    def __iter__(self) -> Iterator[Action]:
        return map(Action, _zt.expand(f"{self._prefix}:*"))

    def __len__(self) -> int:
        return len(_zt.expand(f"{self._prefix}:*"))

    def __dir__(self) -> list[str]:
        return [action.action_name.replace("-", "_") for action in self]

    def __repr__(self) -> str:
        return f"<actions of {self._prefix}>"


def __getattr__(name: str) -> ServiceActions:
    prefix = name.removesuffix("_").replace("_", "-")
    if not name.startswith("_") and _zt.catalog_service(prefix) is not None:
        return ServiceActions(prefix)
    raise AttributeError(f"AWS has no service `{prefix}`")


def __dir__() -> list[str]:
    prefixes = (prefix.replace("-", "_") for prefix in _zt.catalog_services())
    return [*__all__, *("lambda_" if prefix == "lambda" else prefix for prefix in prefixes)]
