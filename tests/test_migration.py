"""The migration guide is true: its programs are files in ``examples/``, and they run."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import pytest
from whole import ROOT, Programs

GUIDE = (ROOT / "docs" / "migrating-from-the-aws-encryption-sdk.md").read_text()
BLOCKS = {
    match["path"]: match["code"]
    for match in re.finditer(r"<!-- (?P<path>examples/\S+) -->\n```\w+\n(?P<code>.*?)```", GUIDE, re.DOTALL)
}
LANGUAGES = {".py": "Python", ".mjs": "Node"}


def test_every_program_is_in_the_guide_and_as_it_is() -> None:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "examples").glob("*/migration_*")}
    assert set(BLOCKS) == files
    assert len(files) == 8
    for path, code in BLOCKS.items():
        assert (ROOT / path).read_text() == code, f"the guide shows another {path}"


@pytest.mark.parametrize("path", sorted(BLOCKS))
def test_it_runs(path: str, programs: Programs, endpoint: str, tmp_path: Path) -> None:
    kms = boto3.client("kms", endpoint_url=endpoint)
    key_arn = kms.create_key()["KeyMetadata"]["Arn"]
    file = ROOT / path
    programs.example(LANGUAGES[file.suffix], file.stem, tmp_path, KEY_ARN=key_arn)
