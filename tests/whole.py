"""The programs under ``examples/``, run as their users would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("Rust", "Python", "Node")


def release() -> Path:
    """Where the Rust programs are."""
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


class Programs:
    """Each example in each language."""

    def __init__(self, node: Path, environment: Mapping[str, str]) -> None:
        self.node = node
        self.environment = dict(environment)

    def seal(self, language: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """``seal encrypt --keyring ...`` in one language."""
        command = {
            "Rust": [str(release() / "zt-demo")],
            "Python": [sys.executable, str(ROOT / "examples" / "python" / "seal.py")],
            "Node": ["node", str(self.node / "seal.mjs")],
        }[language]
        done = subprocess.run(
            [*command, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def sealed(self, language: str, *arguments: str) -> dict[str, Any]:
        """The line of JSON that ``seal`` prints."""
        answer: dict[str, Any] = json.loads(self.seal(language, *arguments).stdout)
        return answer

    def example(self, language: str, name: str, folder: Path, **variables: str) -> str:
        """Runs an example in a folder, and gives what it prints."""
        command = {
            "Rust": [str(release() / "examples" / name)],
            "Python": [sys.executable, str(ROOT / "examples" / "python" / f"{name}.py")],
            "Node": ["node", str(self.node / f"{name}.mjs")],
        }[language]
        done = subprocess.run(
            command, env=self.environment | variables, cwd=folder, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
