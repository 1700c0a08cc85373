"""A run that one language has begun is resumed by another, and undone by the third."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from whole import LANGUAGES, ROOT, Programs, release

ALICE = "arn:aws:iam::123456789012:user/alice"
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}],
}


def grant(programs: Programs, language: str, *words: str) -> str:
    command = {
        "Rust": [str(release() / "zt-grant")],
        "Python": [sys.executable, str(ROOT / "examples" / "python" / "grant.py")],
        "Node": ["node", "--no-warnings", str(programs.node / "grant.mjs")],
    }[language]
    done = subprocess.run(
        [*command, *words], env=programs.environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def made(endpoint: str) -> dict[str, Any]:
    """The roles of grants, with what they hold."""
    iam = boto3.client("iam", endpoint_url=endpoint)
    found: dict[str, Any] = {}
    for role in iam.list_roles(PathPrefix="/zt/temporary/")["Roles"]:
        name = role["RoleName"]
        policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in policies]
        found[name] = (role["AssumeRolePolicyDocument"], documents)
    return found


@pytest.mark.parametrize(("begins", "resumes", "undoes"), list(itertools.permutations(LANGUAGES)))
def test_one_format_of_plans_and_journals(
    programs: Programs, endpoint: str, tmp_path: Path, begins: str, resumes: str, undoes: str
) -> None:
    policy, plan, journal = tmp_path / "read.json", tmp_path / "grant.json", tmp_path / "run.jsonl"
    policy.write_text(json.dumps(READ))
    plan.write_text(grant(programs, begins, "plan", ALICE, str(policy), "3600"))
    texts = {grant(programs, language, "show", str(plan)).strip() for language in LANGUAGES}
    assert len(texts) == 1
    grant(programs, begins, "run", str(plan), str(journal))
    whole = made(endpoint)
    assert len(whole) == 1
    # As if it had been killed while the answer to the last call was on its way, in the middle of a line.
    lines = journal.read_text().splitlines(keepends=True)
    assert [json.loads(line)["event"]["kind"] for line in lines[-3:]] == ["begin", "done", "end"]
    journal.write_text("".join(lines[:-2]) + lines[-2][:40])
    grant(programs, resumes, "resume", str(plan), str(journal))
    assert made(endpoint) == whole
    assert journal.read_text().startswith("".join(lines[:-2]))
    grant(programs, undoes, "roll-back", str(plan), str(journal))
    assert made(endpoint) == {}
