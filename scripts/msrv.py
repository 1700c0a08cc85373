"""Checks that the workspace's minimum Rust version is one that its dependencies allow.

A dependency that asks for a newer Rust than `rust-version` in Cargo.toml would break users who rely on it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def version(text: str | None) -> tuple[int, ...]:
    """``1.95`` as ``(1, 95, 0)``; nothing stated is no demand."""
    parts = [int(part) for part in (text or "0").split(".")]
    return (*parts, 0, 0)[:3]


def main() -> int:
    """Says which dependencies ask for too much."""
    command = ["cargo", "metadata", "--format-version=1", "--all-features", "--locked"]
    answer = subprocess.run(command, check=True, capture_output=True)
    metadata: dict[str, Any] = json.loads(answer.stdout)
    members = set(metadata["workspace_members"])
    ours = {p["rust_version"] for p in metadata["packages"] if p["id"] in members}
    if len(ours) != 1 or None in ours:
        print(f"the members state different minimum Rust versions: {ours}")
        return 1
    (stated,) = ours
    above = [
        f"{p['name']} {p['version']} asks for Rust {p['rust_version']}"
        for p in metadata["packages"]
        if version(p["rust_version"]) > version(stated)
    ]
    print(*above, sep="\n") if above else print(f"minimum Rust version: {stated}")
    return len(above)


if __name__ == "__main__":
    sys.exit(main())
