"""What the documentation shows, run."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
MODULES = [
    "zt",
    "zt.actions",
    "zt.catalog",
    "zt.crypto",
    "zt.crypto.testing",
    "zt.policy",
    "zt.policy.guardrails",
    "zt.policy.guardrails.trust",
    "zt.policy.keys",
]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_there_are_docstring_examples() -> None:
    finder = doctest.DocTestFinder()
    modules = [importlib.import_module(name) for name in MODULES]
    examples = [test.examples for module in modules for test in finder.find(module)]
    assert sum(map(len, examples)) >= 10


def test_readme(
    tmp_path: Path,
    key_arn: str,
    moto_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY_ARN", key_arn)
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", moto_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    examples = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        exec(compile(example, README.name, "exec"), {})
    assert "NoMfa" in capsys.readouterr().out
