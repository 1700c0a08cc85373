"""Plans, temporary access and the runner, against an emulated account."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest
from zt import PlanError, RunError
from zt.access import Grant, TemporaryAccess
from zt.aws import Progress, Runner
from zt.plan import Plan
from zt.policy import Policy, Statement

ACCOUNT = "123456789012"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
READ = Policy(
    [Statement.allow("Read").actions("s3:GetObject").resources("arn:aws:s3:::reports/*")]
)


@pytest.fixture
def session(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """A session of an account without roles."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    reset(moto_url)
    yield boto3.Session("testing", "testing", region_name="eu-central-1")
    reset(moto_url)


def reset(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()


def grant(**options: Any) -> Plan:
    return TemporaryAccess(ALICE, READ, timedelta(hours=1), **options).plan()


def roles(session: boto3.Session) -> dict[str, Any]:
    """All roles with all that a plan can change of them."""
    iam = session.client("iam")
    found = {}
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        policies = {
            policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in names
        }
        found[name] = (role["Path"], role["AssumeRolePolicyDocument"], policies)
    return found


def test_a_grant_runs_again_and_is_undone(session: boto3.Session, tmp_path: Path) -> None:
    seen: list[Progress] = []
    runner = Runner(session, account_id=ACCOUNT, on_step=seen.append)
    plan, journal = grant(), tmp_path / "run.jsonl"
    assert [drift.state for drift in runner.dry_run(plan).drift] == ["missing", "missing"]
    assert roles(session) == {}
    run = runner.run(plan, journal=journal)
    assert run.status == "finished"
    assert run.outputs["role_arn"].startswith(f"arn:aws:iam::{ACCOUNT}:role/zt/temporary/zt-grant-")
    after = roles(session)
    assert len(after) == 1
    assert seen[-1].number == seen[-1].total == 2
    assert stat.S_IMODE(os.stat(journal).st_mode) == 0o600
    assert [drift.state for drift in runner.dry_run(plan).drift] == ["done", "done"]

    again = runner.run(plan, journal=tmp_path / "again.jsonl")
    assert (again.status, again.outputs, roles(session)) == ("finished", run.outputs, after)
    assert runner.roll_back(plan, journal=tmp_path / "again.jsonl").status == "rolled_back"
    assert roles(session) == after, "what a run found is not its own"

    assert runner.resume(plan, journal=journal).status == "finished"
    assert runner.roll_back(plan, journal=journal).status == "rolled_back"
    assert roles(session) == {}
    with pytest.raises(FileExistsError):
        runner.run(plan, journal=journal)


def test_revoking_leaves_nothing(session: boto3.Session, tmp_path: Path) -> None:
    runner, plan = Runner(session), grant()
    runner.run(plan, journal=tmp_path / "grant.jsonl")
    made = Grant.of(plan)
    assert made is not None
    assert runner.run(made.revoke(), journal=tmp_path / "revoke.jsonl").status == "finished"
    assert roles(session) == {}


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
    with pytest.raises(RunError, match="the run failed at step `policy`: AccessDenied") as caught:
        runner.run(plan, journal=journal)
    assert caught.value.run is not None
    assert caught.value.run.remains == ["role", "policy"]
    iam.put_role_policy = put
    assert runner.roll_back(plan, journal=journal).status == "rolled_back"
    assert roles(session) == {}


def test_cancelling_leaves_a_run_that_resumes(session: boto3.Session, tmp_path: Path) -> None:
    plan, journal = grant(), tmp_path / "run.jsonl"
    runner = Runner(session, on_step=lambda step: runner.cancel())
    assert runner.run(plan, journal=journal).status == "cancelled"
    assert Runner(session).resume(plan, journal=journal).status == "finished"
    assert len(roles(session)) == 1


CHILD = textwrap.dedent("""
    import os, sys, boto3
    from pathlib import Path
    from zt.aws import Runner
    from zt.plan import Plan

    path, journal, count, how = sys.argv[1:]
    calls = 0

    class Killed(Runner):
        def _call(self, *arguments):
            global calls
            calls += 1
            if (calls, how) == (int(count), "before"):
                os.kill(os.getpid(), 9)
            super()._call(*arguments)
            if (calls, how) == (int(count), "inside"):
                os.kill(os.getpid(), 9)

    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    Killed(session).run(Plan.from_json(Path(path).read_text()), journal=journal)
""")


@pytest.mark.parametrize("inside", ["before", "inside"])
def test_killed_at_every_call(session: boto3.Session, tmp_path: Path, inside: str) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    killed = 0
    for number in range(1, 12):
        for back in [False, True]:
            plan, journal = grant(), tmp_path / f"{number}-{back}.jsonl"
            (tmp_path / "plan.json").write_text(plan.to_json())
            command = [sys.executable, "child.py", "plan.json", str(journal), str(number), inside]
            code = subprocess.run(command, cwd=tmp_path).returncode
            killed += code == -9
            runner = Runner(session)
            if back:
                assert runner.roll_back(plan, journal=journal).status == "rolled_back"
            else:
                assert runner.resume(plan, journal=journal).status == "finished"
                assert len(roles(session)) == 1
                assert runner.roll_back(plan, journal=journal).status == "rolled_back"
            assert roles(session) == {}, (number, inside, back)
        if code == 0:
            break
    assert killed >= 8


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
    wrong = json.loads(plan.to_json().replace("PutRolePolicy", "PutRolesPolicy"))
    with pytest.raises(PlanError, match="did you mean `PutRolePolicy`") as caught:
        Plan.from_json(wrong)
    assert (caught.value.code, caught.value.step) == ("INVALID_PLAN", "policy")
    with pytest.raises(PlanError, match="external id: expected none"):
        TemporaryAccess(ALICE, READ, 3600, external_id="7f3c9a52")
    with pytest.raises(ValueError, match="no time zone"):
        access.plan(now=datetime(2026, 6, 1))
