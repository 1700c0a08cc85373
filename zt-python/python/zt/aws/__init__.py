"""Runs plans with boto3.

::

    runner = zt.aws.Runner(boto3.Session())
    run = runner.run(plan, journal="grant.jsonl")
    print(run.outputs["role_arn"])
    runner.roll_back(plan, journal="grant.jsonl")

The rules of a run (order, retries, what is done already, undo) are in Rust; what is here makes the
calls and writes the journal.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

from zt._zt import Plan, PlanRequest, PlanRun, RunEnd, RunError
from zt.access import sweep

__all__ = ["Drift", "Progress", "Run", "RunError", "Runner"]


@dataclass(frozen=True)
class Progress:
    """A call that is about to be made."""

    step: str
    """The id of the step."""
    number: int
    """The number of the step, from 1."""
    total: int
    """How many steps there are."""
    service: str
    """The service: ``iam``."""
    operation: str
    """The operation: ``CreateRole``."""


@dataclass(frozen=True)
class Drift:
    """What a dry run says of a step."""

    step: str
    """The id of the step."""
    state: str
    """``done``, ``missing``, ``different`` (a run would stop there) or ``unknown``."""
    note: str | None
    """The place that is different, or why it is unknown."""


@dataclass(frozen=True)
class Run:
    """How a run ended."""

    status: str
    """``finished``, ``rolled_back``, ``cancelled`` or, in errors, ``failed``."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """The outputs of the plan that are known."""
    step: str | None = None
    """The step that failed."""
    call: str | None = None
    """The call that failed: ``iam PutRolePolicy``."""
    service_code: str | None = None
    """Why: the service's own code, or a phrase."""
    remains: list[str] = field(default_factory=list)
    """Steps that this run has done, or may have, and that are not undone."""
    drift: list[Drift] = field(default_factory=list)
    """Of a dry run: what it says of each step."""


class Runner:
    """Runs plans with the credentials and the Region of a session.

    The journal is a file of one JSON line before and after each call, each on disk before the run
    goes on; only its owner can read it, and it holds no secrets. A run that is killed at any point,
    by Ctrl-C too, is resumed or rolled back from it.

    :param session: a ``boto3.Session``; default: a new one.
    :param account_id: the account that the credentials must be for. Default: the plan's, in any case.
    :param on_step: called with a :class:`Progress` before every call.
    """

    def __init__(
        self,
        session: Any = None,
        *,
        account_id: str | None = None,
        on_step: Callable[[Progress], object] | None = None,
    ) -> None:
        if session is None:
            import boto3

            session = boto3.Session()
        self._session = session
        self._account_id = account_id
        self._on_step = on_step
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()
        self._running: set[threading.Event] = set()

    def run(
        self,
        plan: Plan,
        *,
        journal: str | os.PathLike[str],
        secrets: Mapping[str, str] | None = None,
    ) -> Run:
        """Runs a plan, with a new journal.

        :param secrets: the values of the plan's secrets, by name.
        :raises RunError: it failed (``.run`` says where and what remains, ``__cause__`` is what boto3
            raised), or the account or the Region is not the plan's.
        :raises FileExistsError: there is a journal: resume, roll back, or take another name.
        """
        machine = PlanRun.start(plan, *self._place())
        secrets = _secrets(plan, secrets)
        with _Journal.new(journal) as lines:
            return self._drive(machine, lines, secrets)

    def resume(
        self,
        plan: Plan,
        *,
        journal: str | os.PathLike[str],
        secrets: Mapping[str, str] | None = None,
    ) -> Run:
        """Goes on with a run. Steps that were in hand are looked for, and not done twice.

        :raises RunError: as :meth:`run`; the journal is another plan's or damaged.
        """
        with _Journal.open(journal) as lines:
            machine, whole = PlanRun.resume(plan, lines.text, *self._place())
            secrets = _secrets(plan, secrets)
            lines.cut(whole)
            return self._drive(machine, lines, secrets)

    def roll_back(
        self,
        plan: Plan,
        *,
        journal: str | os.PathLike[str],
        secrets: Mapping[str, str] | None = None,
    ) -> Run:
        """Undoes a run, the last step first: what it made, not what it found.

        :raises RunError: as :meth:`resume`.
        """
        with _Journal.open(journal) as lines:
            machine, whole = PlanRun.roll_back(plan, lines.text, *self._place())
            secrets = _secrets(plan, secrets)
            lines.cut(whole)
            return self._drive(machine, lines, secrets)

    def dry_run(self, plan: Plan, *, secrets: Mapping[str, str] | None = None) -> Run:
        """Looks how far the account is from the plan, by reads alone: :attr:`Run.drift`.

        :raises RunError: as :meth:`run`.
        """
        machine = PlanRun.dry_run(plan, *self._place())
        return self._drive(machine, None, _secrets(plan, secrets))

    def sweep(self, *, now: datetime | None = None) -> Plan | None:
        """The plan that removes the roles of grants that have ended, or None when there are none.

        They are found by path and tag, by reads alone. Read the plan, then :meth:`run` it. At most
        1,000 roles are looked at: run it and sweep again.

        :param now: which grants have ended by then. Default: by now.
        """
        account, region = self._place()

        def read(plan: Plan) -> dict[str, Any]:
            return self._drive(PlanRun.start(plan, account, region), None, {}).outputs

        look = sweep.look(account, read(sweep.list(account))["roles"])
        return None if look is None else sweep.remove(account, read(look).values(), now=now)

    def cancel(self) -> None:
        """Stops the runs of this runner after the call in hand; from any thread, or from ``on_step``.

        They can be resumed or rolled back.
        """
        for run in tuple(self._running):
            run.set()

    def _place(self) -> tuple[str, str]:
        account: str = self._client("sts").get_caller_identity()["Account"]
        if self._account_id not in (None, account):
            error = RunError(f"account: expected {self._account_id}, found `{account}`")
            error.code = "OTHER_ACCOUNT_OR_REGION"
            raise error
        return account, self._session.region_name or ""

    def _client(self, service: str) -> Any:
        from botocore.config import Config

        # Threads can share clients, but not a session that makes them.
        with self._making:
            if service not in self._clients:
                # The run retries, and must know of every attempt: one that was lost may have worked.
                config = Config(retries={"total_max_attempts": 1})
                region = self._session.region_name or "us-east-1"
                self._clients[service] = self._session.client(
                    service, region_name=region, config=config
                )
            return self._clients[service]

    def _drive(
        self, machine: PlanRun, journal: _Journal | None, secrets: dict[str, str]
    ) -> Run:
        cancelled = threading.Event()
        self._running.add(cancelled)
        raised = None
        try:
            while True:
                if cancelled.is_set():
                    machine.cancel()
                todo = machine.next(datetime.now(timezone.utc))
                if isinstance(todo, RunEnd):
                    return _result(todo, machine, raised)
                if isinstance(todo, str):
                    if journal is not None:
                        journal.append(todo)
                elif isinstance(todo, float):
                    cancelled.wait(todo)
                else:
                    answer, code, raised = self._call(todo, secrets)
                    if cancelled.is_set():
                        machine.cancel()
                    if answer is not None:
                        machine.answer(answer)
                    elif code is not None:
                        machine.refused(code)
                    else:
                        machine.lost(type(raised).__name__)
        finally:
            self._running.discard(cancelled)

    def _call(
        self, request: PlanRequest, secrets: dict[str, str]
    ) -> tuple[str | None, str | None, Exception | None]:
        """Makes a call. Its answer as JSON; or the code of the service's error; or neither, when nobody knows
        whether it took effect."""
        from botocore import exceptions, xform_name
        from botocore.parsers import ResponseParserError

        if self._on_step is not None:
            number, total = request.progress
            operation = request.operation
            self._on_step(Progress(request.step, number, total, request.service, operation))
        method = getattr(self._client(request.service), xform_name(request.operation))
        try:
            answer = method(**request.input(secrets))
        except exceptions.ClientError as error:
            return None, error.response.get("Error", {}).get("Code", "Unknown"), error
        except (
            exceptions.ConnectionError,
            exceptions.HTTPClientError,
            exceptions.IncompleteReadError,
            ResponseParserError,
        ) as error:
            return None, None, error
        answer.pop("ResponseMetadata", None)
        return json.dumps(answer, default=_plain), None, None


def _secrets(plan: Plan, given: Mapping[str, str] | None) -> dict[str, str]:
    secrets = dict(given or {})
    missing = [name for name in plan.secrets if name not in secrets]
    if missing:
        error = RunError(f"secrets: expected `{missing[0]}`, found none")
        error.code = "MISSING_SECRET"
        raise error
    return secrets


def _result(end: RunEnd, machine: PlanRun, cause: Exception | None) -> Run:
    outputs, drift = machine.outputs(), [Drift(*one) for one in end.drift]
    run = Run(end.status, outputs, end.step, end.call, end.service_code, end.remains, drift)
    if end.status == "failed":
        error = RunError(str(end))
        error.code = "RUN_FAILED"
        error.run = run
        raise error from cause
    return run


def _plain(value: object) -> str:
    """What JSON does not have, as plans have it."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"cannot be read: {type(value).__name__}")


class _Journal:
    """An open file, its text, and nobody else's until it is closed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        try:
            _lock(descriptor)
            with os.fdopen(os.dup(descriptor), "rb") as file:
                self.text = file.read().decode("utf-8", "replace")
        except BaseException:
            os.close(descriptor)
            raise

    @classmethod
    def new(cls, path: str | os.PathLike[str]) -> _Journal:
        opened = cls(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600))
        _sync_folder(path)
        return opened

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> _Journal:
        return cls(os.open(path, os.O_RDWR | _BINARY))

    def cut(self, length: int) -> None:
        """Removes a line that was cut off."""
        os.ftruncate(self._descriptor, length)
        os.lseek(self._descriptor, 0, os.SEEK_END)

    def append(self, line: str) -> None:
        rest = memoryview(line.encode("utf-8"))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        os.fsync(self._descriptor)

    def __enter__(self) -> _Journal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


_BINARY = getattr(os, "O_BINARY", 0)


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        error = RunError("journal: expected one that no run has open, found one that is in use")
        error.code = "JOURNAL_IN_USE"
        error.retryable = True
        raise error from None


def _sync_folder(path: str | os.PathLike[str]) -> None:
    """The name of a new file is on disk when its folder is."""
    try:
        descriptor = os.open(os.path.dirname(os.fspath(path)) or ".", os.O_RDONLY)
    except OSError:  # Windows has no such thing
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
