"""Plans, temporary access and the runner, against an emulated account."""

from __future__ import annotations

import json
import os
import signal
import stat
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError
from zt import PlanError, PolicyError, RunError
from zt._zt import PlanRequest, PlanRun
from zt.access import AccessContext, AccessPolicy, Grant, Posture, TemporaryAccess, TimeWindow, sweep
from zt.aws import Progress, Runner
from zt.plan import Plan
from zt.policy import Policy, Request, Statement, evaluate

ACCOUNT = "123456789012"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
READ = Policy(
    [Statement.allow("Read").actions("s3:GetObject").resources("arn:aws:s3:::reports/*")]
)


OBJECT = "arn:aws:s3:::reports/june"
SCHEDULED = {"scheduled_deletion": (f"arn:aws:iam::{ACCOUNT}:role/cleaner", "eu-central-1")}


@pytest.fixture
def session(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """A session of an account without roles."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    post(moto_url, "reset")
    yield boto3.Session("testing", "testing", region_name="eu-central-1")
    post(moto_url, "reset")


def post(url: str, path: str, body: str = "") -> None:
    headers = {"Content-Type": "text/plain"}
    request = urllib.request.Request(f"{url}/moto-api/{path}", body.encode(), headers)
    urllib.request.urlopen(request).close()


def grant(**options: Any) -> Plan:
    return TemporaryAccess(ALICE, READ, timedelta(hours=1), **options).plan()


def account(session: boto3.Session) -> dict[str, Any]:
    """All that plans of temporary access can change."""
    iam, scheduler = session.client("iam"), session.client("scheduler")
    found: dict[str, Any] = {}
    for listed in iam.list_roles()["Roles"]:
        name = listed["RoleName"]
        role = iam.get_role(RoleName=name)["Role"]
        kept = ("Path", "AssumeRolePolicyDocument", "Tags", "MaxSessionDuration", "PermissionsBoundary")
        found[f"role {name}"] = {member: role.get(member) for member in kept}
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            found[f"policy {name} {policy}"] = document
    for schedule in scheduler.list_schedules()["Schedules"]:
        one = scheduler.get_schedule(Name=schedule["Name"])
        facts = ("ScheduleExpression", "Target", "FlexibleTimeWindow", "ActionAfterCompletion")
        found[f"schedule {schedule['Name']}"] = {member: one.get(member) for member in facts}
    return found


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def test_a_grant_runs_again_and_is_undone(session: boto3.Session, tmp_path: Path) -> None:
    seen: list[Progress] = []
    runner = Runner(session, account_id=ACCOUNT, on_step=seen.append)
    plan, journal = grant(), tmp_path / "run.jsonl"
    assert [drift.state for drift in runner.dry_run(plan).drift] == ["missing", "missing"]
    assert account(session) == {}
    run = runner.run(plan, journal=journal)
    assert run.status == "finished"
    assert run.outputs["role_arn"].startswith(f"arn:aws:iam::{ACCOUNT}:role/zt/temporary/zt-grant-")
    after = account(session)
    assert [name.split()[0] for name in after] == ["role", "policy"]
    assert seen[-1].number == seen[-1].total == 2
    assert stat.S_IMODE(os.stat(journal).st_mode) == 0o600
    assert [drift.state for drift in runner.dry_run(plan).drift] == ["done", "done"]

    again = runner.run(plan, journal=tmp_path / "again.jsonl")
    assert (again.status, again.outputs, account(session)) == ("finished", run.outputs, after)
    assert runner.roll_back(plan, journal=tmp_path / "again.jsonl").status == "rolled_back"
    assert account(session) == after, "what a run found is not its own"

    assert runner.resume(plan, journal=journal).status == "finished"
    assert runner.roll_back(plan, journal=journal).status == "rolled_back"
    assert account(session) == {}
    with pytest.raises(FileExistsError):
        runner.run(plan, journal=journal)


def test_revoking_leaves_nothing(session: boto3.Session, tmp_path: Path) -> None:
    runner, plan = Runner(session), grant()
    runner.run(plan, journal=tmp_path / "grant.jsonl")
    made = Grant.of(plan)
    assert made is not None
    assert runner.run(made.revoke(), journal=tmp_path / "revoke.jsonl").status == "finished"
    assert account(session) == {}


def test_another_account_region_plan_or_journal_is_refused(
    session: boto3.Session, tmp_path: Path
) -> None:
    other = TemporaryAccess(
        "arn:aws:iam::444455556666:user/bob", READ, timedelta(hours=1)
    ).plan()
    with pytest.raises(RunError, match="account: expected 444455556666"):
        Runner(session).run(other, journal=tmp_path / "other.jsonl")
    assert not (tmp_path / "other.jsonl").exists()
    with pytest.raises(RunError, match="account: expected 444455556666"):
        Runner(session, account_id="444455556666").run(grant(), journal=tmp_path / "j")
    scheduled = grant(scheduled_deletion=(f"arn:aws:iam::{ACCOUNT}:role/cleaner", "us-west-2"))
    with pytest.raises(RunError, match="region: expected us-west-2") as caught:
        Runner(session).run(scheduled, journal=tmp_path / "j")
    assert caught.value.code == "OTHER_ACCOUNT_OR_REGION"
    plan, journal = grant(), tmp_path / "run.jsonl"
    Runner(session).run(plan, journal=journal)
    with pytest.raises(RunError, match="journal: expected the journal of plan"):
        Runner(session).roll_back(grant(), journal=journal)
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:2] + lines[3:]))
    with pytest.raises(RunError, match="journal: line 3 is damaged"):
        Runner(session).resume(plan, journal=journal)
    letter = tmp_path / "letter"
    letter.write_text("dear journal")
    with pytest.raises(RunError, match="it is no line of a journal"):
        Runner(session).resume(plan, journal=letter)
    assert letter.read_text() == "dear journal"


def test_a_failure_says_what_remains(session: boto3.Session, tmp_path: Path) -> None:
    plan, journal = grant(), tmp_path / "run.jsonl"
    runner = Runner(session)
    iam = runner._client("iam")

    def refuse(**_: object) -> None:
        raise iam.exceptions.ClientError({"Error": {"Code": "AccessDenied"}}, "PutRolePolicy")

    put, iam.put_role_policy = iam.put_role_policy, refuse
    with pytest.raises(
        RunError, match="the run failed at step `policy`, iam PutRolePolicy: AccessDenied; of it remain"
    ) as caught:
        runner.run(plan, journal=journal)
    assert caught.value.run is not None
    assert caught.value.run.remains == ["role", "policy"]
    assert caught.value.run.call == "iam PutRolePolicy"
    assert isinstance(caught.value.__cause__, exceptions.ClientError)
    iam.put_role_policy = put
    assert runner.roll_back(plan, journal=journal).status == "rolled_back"
    assert account(session) == {}


def test_cancelling_leaves_a_run_that_resumes(session: boto3.Session, tmp_path: Path) -> None:
    plan, journal = grant(), tmp_path / "run.jsonl"
    runner = Runner(session, on_step=lambda step: runner.cancel())
    assert runner.run(plan, journal=journal).status == "cancelled"
    assert Runner(session).resume(plan, journal=journal).status == "finished"
    assert len(account(session)) == 2


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """As at a terminal, wherever the tests run: shells tell what they run in the background to ignore it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_leaves_a_run_that_resumes_or_is_rolled_back(
    session: boto3.Session, tmp_path: Path
) -> None:
    before = account(session)
    for number in range(1, 7):
        for back in [False, True]:
            plan, journal = grant(), tmp_path / f"{number}-{back}.jsonl"
            calls = iter(range(1, 100))

            def interrupt(step: Progress, at: int = number, calls: Iterator[int] = calls) -> None:
                if next(calls) == at:
                    signal.raise_signal(signal.SIGINT)

            interrupted = True
            try:
                Runner(session, on_step=interrupt).run(plan, journal=journal)
                interrupted = False
            except KeyboardInterrupt:
                pass
            assert interrupted == (number <= 5), number
            if not back:
                assert Runner(session).resume(plan, journal=journal).status == "finished"
                assert len(account(session)) == 2
            assert Runner(session).roll_back(plan, journal=journal).status == "rolled_back"
            assert account(session) == before


class Killed(Runner):
    """Kills its process before or after a call has taken effect, or while a line is written."""

    def __init__(self, session: boto3.Session, at: int, how: str) -> None:
        super().__init__(session)
        self.left, self.how = at, how

    def count(self) -> bool:
        self.left -= 1
        return self.left == 0

    def _call(
        self, request: PlanRequest, secrets: dict[str, str]
    ) -> tuple[str | None, str | None, Exception | None]:
        if self.how == "before a call" and self.count():
            os.kill(os.getpid(), signal.SIGKILL)
        made = super()._call(request, secrets)
        if self.how == "inside a call" and self.count():
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    def _drive(self, machine: PlanRun, journal: Any, secrets: dict[str, str]) -> Any:
        append = journal.append

        def torn(line: str) -> None:
            if self.how == "inside a line" and self.count():
                append(line[: len(line) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            append(line)

        journal.append = torn
        return super()._drive(machine, journal, secrets)


def is_killed(run: Callable[[], object]) -> bool:
    """Runs something in a process of its own: whether it was killed."""
    with warnings.catch_warnings():
        # Of Python 3.12 and later, when other tests have left threads. None of them holds a lock that is needed here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            run()
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code != 0


@pytest.mark.parametrize("how", ["before a call", "inside a call", "inside a line"])
def test_killed_anywhere_it_ends_equal_or_as_before(
    session: boto3.Session, tmp_path: Path, how: str
) -> None:
    before, runner = account(session), Runner(session)
    plan, journal = grant(**SCHEDULED), tmp_path / "whole.jsonl"
    runner.run(plan, journal=journal)
    whole = account(session)
    assert len(whole) == 4
    runner.roll_back(plan, journal=journal)
    killed = 0
    for number in range(1, 30):
        for back in [False, True]:
            journal = tmp_path / f"{number}-{back}.jsonl"
            child = Killed(session, number, how)
            was_killed = is_killed(lambda: child.run(plan, journal=journal))
            killed += was_killed
            if not back:
                assert runner.resume(plan, journal=journal).status == "finished"
                assert account(session) == whole, (number, how)
            assert runner.roll_back(plan, journal=journal).status == "rolled_back"
            assert account(session) == before, (number, how, back)
        if not was_killed:
            break
    assert killed == 2 * (number - 1)
    assert number > 8


def test_killed_while_rolling_back_it_can_be_rolled_back(
    session: boto3.Session, tmp_path: Path
) -> None:
    before, runner = account(session), Runner(session)
    for how in ["before a call", "inside a call", "inside a line"]:
        for number in range(1, 30):
            plan, journal = grant(), tmp_path / f"{how}-{number}.jsonl"
            runner.run(plan, journal=journal)
            child = Killed(session, number, how)
            was_killed = is_killed(lambda: child.roll_back(plan, journal=journal))
            # What was not written down has not begun.
            if was_killed and (how, number) != ("inside a line", 1):
                with pytest.raises(RunError, match="was being rolled back") as caught:
                    runner.resume(plan, journal=journal)
                assert caught.value.code == "ROLLING_BACK"
            assert runner.roll_back(plan, journal=journal).status == "rolled_back"
            assert account(session) == before, (number, how)
            if not was_killed:
                break
        assert number > 2


FAULTS: list[Exception] = [
    exceptions.ClientError({"Error": {"Code": "Throttling"}}, "x"),
    exceptions.ReadTimeoutError(endpoint_url="x"),
    ResponseParserError("x"),
    exceptions.EndpointConnectionError(endpoint_url="x"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("operation", ["create_role", "get_role", "put_role_policy", "get_role_policy"])
@pytest.mark.parametrize("took_effect", [False, True])
def test_a_fault_is_overcome(
    session: boto3.Session, tmp_path: Path, operation: str, fault: Exception, took_effect: bool
) -> None:
    if took_effect and isinstance(fault, (exceptions.ClientError, exceptions.EndpointConnectionError)):
        took_effect = False
    runner = Runner(session)
    iam = runner._client("iam")
    method, calls = getattr(iam, operation), iter([fault])

    def faulty(**arguments: Any) -> Any:
        for error in calls:
            if took_effect:
                method(**arguments)
            raise error
        return method(**arguments)

    setattr(iam, operation, faulty)
    plan, journal = grant(), tmp_path / "run.jsonl"
    assert runner.run(plan, journal=journal).status == "finished"
    assert next(calls, None) is None, "the fault happened"
    assert len(account(session)) == 2
    assert runner.roll_back(plan, journal=journal).status == "rolled_back"
    assert account(session) == {}


def test_exactly_the_required_actions_are_needed(
    session: boto3.Session, moto_url: str, tmp_path: Path
) -> None:
    """The emulator compares names of actions only, and does not check tags. It refuses boto3's signatures of
    GET, so that the scheduler is left to the tests in Node."""
    admin = session.client("iam")
    admin.create_user(UserName="operator")
    key = admin.create_access_key(UserName="operator")["AccessKey"]
    plan = grant()
    unchecked = {"iam:TagRole"}

    def needed(phase: Any) -> set[str]:
        policy = plan.required_policy(ACCOUNT, "eu-central-1", phase=phase).to_dict()
        actions = [statement["Action"] for statement in policy["Statement"]]
        return {name for one in actions for name in ([one] if isinstance(one, str) else one)}

    def runner(actions: set[str]) -> Runner:
        post(moto_url, "reset-auth", "1000000")
        allowed = sorted(actions | {"sts:GetCallerIdentity"})
        statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        admin.put_user_policy(UserName="operator", PolicyName="plan", PolicyDocument=document)
        post(moto_url, "reset-auth", "0")
        own = boto3.Session(
            key["AccessKeyId"], key["SecretAccessKey"], region_name="eu-central-1"
        )
        return Runner(own)

    run, undo = needed("run"), needed("undo")
    assert run >= unchecked
    assert needed("both") == run | undo
    try:
        journal = tmp_path / "run.jsonl"
        assert runner(run).run(plan, journal=journal).status == "finished"
        assert runner(undo).roll_back(plan, journal=journal).status == "rolled_back"
        for action in sorted(run - unchecked):
            name = tmp_path / f"{action.replace(':', '-')}.jsonl"
            with pytest.raises(RunError, match="AccessDenied"):
                runner(run - {action}).run(plan, journal=name)
            assert runner(undo).roll_back(plan, journal=name).status == "rolled_back"
        for action in sorted(undo):
            name = tmp_path / f"undo-{action.replace(':', '-')}.jsonl"
            runner(run).run(plan, journal=name)
            # What is known to be done needs no look.
            if action in {"iam:GetRole", "iam:GetRolePolicy"}:
                assert runner(undo - {action}).roll_back(plan, journal=name).status == "rolled_back"
                continue
            with pytest.raises(RunError, match="AccessDenied"):
                runner(undo - {action}).roll_back(plan, journal=name)
            assert runner(undo).roll_back(plan, journal=name).status == "rolled_back"
    finally:
        post(moto_url, "reset-auth", "1000000")
    assert not [name for name in account(session) if name.startswith("role")]


def test_a_dry_run_reports_drift(session: boto3.Session, tmp_path: Path) -> None:
    runner, plan = Runner(session), grant()
    run = runner.run(plan, journal=tmp_path / "run.jsonl")
    name = run.outputs["role_name"]
    iam = session.client("iam")
    iam.put_role_policy(RoleName=name, PolicyName="access", PolicyDocument=READ.to_json())
    after = account(session)
    drift = runner.dry_run(plan).drift
    assert [(one.step, one.state, one.note) for one in drift] == [
        ("role", "done", None),
        ("policy", "different", "PolicyDocument"),
    ]
    assert account(session) == after
    with pytest.raises(RunError, match="somebody else's is there: PolicyDocument is otherwise"):
        runner.run(plan, journal=tmp_path / "again.jsonl")
    assert account(session) == after


def test_a_journal_holds_no_secrets_and_nobody_else_reads_it(
    session: boto3.Session, tmp_path: Path
) -> None:
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sts:AssumeRole"}
            ],
        }
    )
    role = {"RoleName": "audit"}
    create = {**role, "AssumeRolePolicyDocument": trust, "Description": {"$secret": "word"}}
    plan = Plan.from_json(
        {
            "format": "zt-plan-1",
            "id": "audit",
            "title": "a role for the audit",
            "account": ACCOUNT,
            "region": "aws-global",
            "steps": [
                {
                    "id": "role",
                    "reason": "make the role",
                    "call": {"service": "iam", "operation": "CreateRole", "input": create},
                    "again": {
                        "found": {
                            "read": {"service": "iam", "operation": "GetRole", "input": role},
                            "expect": [{"path": "Role.RoleName", "is": "audit"}],
                            "outputs": [{"path": "Role", "at": "Role"}],
                        }
                    },
                    "undo": {"service": "iam", "operation": "DeleteRole", "input": role},
                }
            ],
            "outputs": {"arn": {"$ref": "role.Role.Arn"}},
        }
    )
    assert plan.secrets == ["word"]
    runner, journal = Runner(session), tmp_path / "run.jsonl"
    with pytest.raises(RunError, match="secrets: expected `word`, found none") as caught:
        runner.run(plan, journal=journal)
    assert (caught.value.code, journal.exists()) == ("MISSING_SECRET", False)
    previous = os.umask(0)
    try:
        run = runner.run(plan, journal=journal, secrets={"word": "swordfish"})
    finally:
        os.umask(previous)
    assert session.client("iam").get_role(RoleName="audit")["Role"]["Description"] == "swordfish"
    assert run.outputs == {"arn": f"arn:aws:iam::{ACCOUNT}:role/audit"}
    assert stat.S_IMODE(os.stat(journal).st_mode) == 0o600
    text = journal.read_text()
    assert "swordfish" not in text + str(plan) + repr(plan) + plan.to_json() + repr(run)
    done = [line["event"] for line in lines(journal) if line["event"]["kind"] == "done"]
    assert [one["outputs"] for one in done] == [{"Role.Arn": run.outputs["arn"]}]


def test_a_journal_belongs_to_one_run_at_a_time(session: boto3.Session, tmp_path: Path) -> None:
    plan, journal = grant(), tmp_path / "run.jsonl"

    def intrude(step: Progress) -> None:
        with pytest.raises(RunError, match="in use") as caught:
            Runner(session).roll_back(plan, journal=journal)
        assert (caught.value.code, caught.value.retryable) == ("JOURNAL_IN_USE", True)

    assert Runner(session, on_step=intrude).run(plan, journal=journal).status == "finished"


def test_a_hundred_grants_at_once_do_not_collide(session: boto3.Session, tmp_path: Path) -> None:
    now = datetime.now(timezone.utc)
    access = TemporaryAccess(ALICE, READ, timedelta(hours=1))
    runner = Runner(session)
    plans = [access.plan(now=now) for _ in range(100)]

    def run(plan: Plan) -> str:
        name: str = runner.run(plan, journal=tmp_path / f"{plan.id}.jsonl").outputs["role_name"]
        return name

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(run, plans))
    assert len(set(names)) == 100
    assert len(account(session)) == 200
    # One is undone, the others stay.
    runner.roll_back(plans[0], journal=tmp_path / f"{plans[0].id}.jsonl")
    left = {name.split()[1] for name in account(session)}
    assert left == set(names[1:])


def decide(session: boto3.Session, role: str, now: datetime) -> tuple[str, str]:
    """What the documents in the account say: of assuming the role, and of a session reading."""
    iam = session.client("iam")
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    identity = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    context = {"aws:CurrentTime": now}
    assume = Request(ALICE, "sts:AssumeRole", arn, context=context)
    acting = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/alice"
    use = Request(acting, "s3:GetObject", OBJECT, role_arn=arn, context=context)
    return evaluate(assume, resource=trust).outcome, evaluate(use, identity=identity).outcome


def test_a_grant_past_its_end_allows_nothing(session: boto3.Session, tmp_path: Path) -> None:
    start = datetime.now(timezone.utc) + timedelta(minutes=10)
    plan = grant(starts_at=start)
    role = Runner(session).run(plan, journal=tmp_path / "run.jsonl").outputs["role_name"]
    second, hour = timedelta(seconds=1), timedelta(hours=1)
    assert decide(session, role, start + second) == ("allowed", "allowed")
    assert decide(session, role, start + hour - 2 * second) == ("allowed", "allowed")
    for too_late in [start + hour, start + 2 * hour]:
        assume, use = decide(session, role, too_late)
        assert (assume, use) in [("implicit_deny", "explicit_deny"), ("explicit_deny", "explicit_deny")]
    assert "allowed" not in decide(session, role, start - 2 * second)


def test_a_revoked_session_is_denied(session: boto3.Session, tmp_path: Path) -> None:
    runner, plan = Runner(session), grant()
    role = runner.run(plan, journal=tmp_path / "grant.jsonl").outputs["role_name"]
    now = datetime.now(timezone.utc)
    assert decide(session, role, now) == ("allowed", "allowed")
    made = Grant.of(plan)
    assert made == Grant(ACCOUNT, role)
    revoke = made.revoke()
    # Stopped when the access has ended and nothing is deleted yet.
    stopping = Runner(session, on_step=lambda step: stopping.cancel() if step.step == "deny" else None)
    journal = tmp_path / "revoke.jsonl"
    states: list[str] = []
    while not states or states[-1] != "finished":
        states.append((stopping.resume if states else stopping.run)(revoke, journal=journal).status)
        names = [name for name in account(session) if name.endswith("zt-revoked")]
        if names:
            assert decide(session, role, now) == ("explicit_deny", "explicit_deny")
    assert len(states) > 1
    assert account(session) == {}


def test_a_sweep_removes_what_has_ended(session: boto3.Session, tmp_path: Path) -> None:
    runner = Runner(session)
    assert runner.sweep() is None
    session.client("iam").create_role(
        RoleName="zt-theirs", Path="/zt/temporary/", AssumeRolePolicyDocument="{}"
    )
    long = TemporaryAccess(ALICE, READ, timedelta(hours=9)).plan()
    runner.run(long, journal=tmp_path / "long.jsonl")
    stays = account(session)
    for _ in range(2):
        plan = grant()
        runner.run(plan, journal=tmp_path / f"{plan.id}.jsonl")
    all_of_them = account(session)
    assert runner.sweep() is None
    removal = runner.sweep(now=datetime.now(timezone.utc) + timedelta(hours=2))
    assert removal is not None
    assert account(session) == all_of_them, "a sweep only looks"
    assert "zt-theirs" not in str(removal)
    assert runner.run(removal, journal=tmp_path / "sweep.jsonl").status == "finished"
    assert account(session) == stays
    with pytest.raises(PlanError, match="roles as IAM answers"):
        sweep.look(ACCOUNT, "roles")


def test_a_plan_approved_too_late_does_nothing(session: boto3.Session, tmp_path: Path) -> None:
    now = datetime.now(timezone.utc) - timedelta(minutes=10)
    plan = TemporaryAccess(ALICE, READ, timedelta(minutes=5)).plan(now=now)
    with pytest.raises(RunError, match="must not be run any more"):
        Runner(session).run(plan, journal=tmp_path / "run.jsonl")
    assert account(session) == {}


def test_the_context_of_a_request_is_checked() -> None:
    signed: list[tuple[bytes, bytes]] = []

    def verify(claim: bytes, signature: bytes) -> bool:
        signed.append((claim, signature))
        return signature == b"good"

    policy = AccessPolicy(
        networks=["203.0.113.0/24"],
        signed_posture=(verify, timedelta(minutes=5)),
        windows=[TimeWindow(["mon", "sunday"], "22:00", "04:00", "Europe/Berlin")],
        behavior_at_most=0.5,
    )
    now = datetime(2026, 6, 1, 21, 30, tzinfo=timezone.utc)
    claim = {"device_id": "d", "user_id": "u", "compliant": True, "issued_at": now.isoformat()}

    def context(signature: bytes = b"good", **changes: Any) -> AccessContext:
        posture = Posture.signed(json.dumps({**claim, **changes}).encode(), signature)
        return AccessContext(
            "203.0.113.7", "d", now, "u", posture=posture, behavior_score=0.1
        )

    verdict = policy.check(context())
    assert verdict.allowed
    assert [(check.name, check.passed) for check in verdict.checks] == [
        ("network", True), ("device", True), ("time", True), ("behavior", True),
    ]  # fmt: skip
    assert signed[-1][1] == b"good"
    assert str(verdict).startswith("allowed\n- network passed: ")
    for denied, why in [
        (context(b"bad"), "not signed by the management service"),
        (context(device_id="e"), "about another device"),
        (context(user_id="e"), "about another user"),
        (context(compliant=False), "is not compliant"),
        (context(issued_at=(now - timedelta(minutes=6)).isoformat()), "too old"),
        (context(issued_at=(now + timedelta(minutes=6)).isoformat()), "from the future"),
        (AccessContext(posture=Posture.asserted(True)), "only asserted by the caller"),
    ]:
        verdict = policy.check(denied)
        assert not verdict.allowed
        assert why in verdict.checks[1].reason
    nothing = policy.check(AccessContext())
    assert [check.passed for check in nothing.checks] == [False] * 4
    with pytest.raises(TypeError, match="ask verdict.allowed"):
        bool(nothing)

    def broken(claim: bytes, signature: bytes) -> bool:
        raise OSError("the key is not there")

    with pytest.raises(OSError, match="the key is not there"):
        AccessPolicy(signed_posture=(broken, 300)).check(context())
    asserted = AccessPolicy(asserted_posture=True).check(AccessContext(posture=Posture.asserted(True)))
    assert asserted.allowed
    assert "nobody verified it" in asserted.checks[0].reason
    with pytest.raises(PolicyError, match="at least one check") as caught:
        AccessPolicy()
    assert caught.value.code == "INVALID_ACCESS"
    with pytest.raises(PolicyError, match="Europe/Berlin, found `Mars`"):
        TimeWindow(["mon"], "09:00", "17:00", "Mars")


def test_plans_are_read_back_and_fit_their_schema() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
    access = TemporaryAccess(ALICE, READ, timedelta(hours=1))
    plan = access.plan(now=now, plan_id="june")
    schema = Plan.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(plan.to_dict(), schema)
    assert Plan.from_json(plan.to_json()) == Plan.from_json(plan.to_dict()) == plan
    assert plan.not_after == now + timedelta(hours=1)
    assert (plan.id, plan.account, plan.region) == ("june", ACCOUNT, "aws-global")
    assert [step.id for step in plan.steps] == ["role", "policy"]
    assert plan.steps[0].input["RoleName"] == "zt-june"
    assert "2026-06-01T13:00:00Z" in str(plan)
    assert plan.to_mermaid().startswith("flowchart TD")
    later = access.plan(now=now + timedelta(days=1), plan_id="june")
    assert "~ role: call.input.Tags[1].Value" in later.changes_since(plan)
    policy = plan.required_policy(ACCOUNT, "eu-central-1", phase="both")
    assert "iam:CreateRole" in policy.to_json()
    assert plan.escalations(ACCOUNT, "eu-central-1") != []
    wrong = json.loads(plan.to_json().replace("PutRolePolicy", "PutRolesPolicy"))
    with pytest.raises(PlanError, match="did you mean `PutRolePolicy`") as caught:
        Plan.from_json(wrong)
    assert (caught.value.code, caught.value.step) == ("INVALID_PLAN", "policy")
    with pytest.raises(PlanError, match="external id: expected none"):
        TemporaryAccess(ALICE, READ, 3600, external_id="7f3c9a52")
    with pytest.raises(ValueError, match="no time zone"):
        access.plan(now=datetime(2026, 6, 1))
