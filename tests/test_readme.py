"""The README is true: its examples are the files in ``examples/``, and they do what it says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import boto3
import pytest
from whole import ROOT, Programs

README = (ROOT / "README.md").read_text()
BLOCKS = {
    match["path"]: match["code"]
    for match in re.finditer(r"<!-- (?P<path>examples/\S+) -->\n```\w+\n(?P<code>.*?)```", README, re.DOTALL)
}


def test_the_examples_are_those_of_the_readme() -> None:
    expected = {
        *("examples/rust/examples/kms_file.rs", "examples/python/kms_file.py", "examples/node/kms_file.mjs"),
        *("examples/rust/examples/decide.rs", "examples/python/decide.py", "examples/node/decide.mjs"),
        "examples/python/guard.py",
    }
    assert set(BLOCKS) == expected
    for path, code in BLOCKS.items():
        assert (ROOT / path).read_text() == code, f"README.md shows another {path}"


def test_it_starts_with_the_two_commands() -> None:
    first = re.search(r"```\w*\n(.*?)```", README, re.DOTALL)
    assert first is not None
    commands = [line.split("#")[0].strip() for line in first[1].splitlines()]
    assert commands == ["make demo", "make test"]


@pytest.mark.parametrize("language", ["Rust", "Python", "Node"])
def test_a_file_is_sealed_under_a_key_of_kms(language: str, programs: Programs, endpoint: str, tmp_path: Path) -> None:
    kms = boto3.client("kms", endpoint_url=endpoint)
    key_arn = kms.create_key()["KeyMetadata"]["Arn"]
    report = os.urandom(100_000)
    (tmp_path / "report.pdf").write_bytes(report)

    programs.example(language, "kms_file", tmp_path, KEY_ARN=key_arn)

    assert (tmp_path / "copy.pdf").read_bytes() == report
    assert report[:64] not in (tmp_path / "report.zt").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.pdf", "report.pdf", "report.zt"]


@pytest.mark.parametrize("language", ["Rust", "Python", "Node"])
def test_a_decision_says_why(language: str, programs: Programs, tmp_path: Path) -> None:
    answer = re.search(r"All three print:\n\n```text\n(.*?)```", README, re.DOTALL)
    assert answer is not None
    assert programs.example(language, "decide", tmp_path) == answer[1]


@pytest.mark.parametrize("language", ["Rust", "Python", "Node"])
def test_a_policy_is_checked_and_guarded(language: str, programs: Programs, tmp_path: Path) -> None:
    answer = re.search(r"print the same:\n\n```text\n(.*?)```", README, re.DOTALL)
    assert answer is not None
    assert programs.example(language, "guard", tmp_path) == answer[1]


def test_the_decision_table_is_what_the_program_prints(zt_demo: Path) -> None:
    done = subprocess.run([zt_demo, "decisions"], capture_output=True, text=True, check=True)
    table = re.search(r"<!-- zt-demo decisions -->\n```text\n(.*?)```", README, re.DOTALL)
    assert table is not None
    assert done.stdout.strip() == table[1].strip()
