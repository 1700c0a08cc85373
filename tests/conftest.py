"""An emulator for the whole run, and the programs that use it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from whole import ROOT, Programs, release

sys.path.insert(0, str(ROOT / "examples" / "python"))

from emulator import emulator, environment  # noqa: E402  (it is an example, not a package)


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The emulator's address. The variables of this process lead to it, too: nothing here reaches AWS."""
    with emulator() as address, pytest.MonkeyPatch.context() as patch:
        for name, value in environment(address).items():
            patch.setenv(name, value)
        yield address


@pytest.fixture(scope="session")
def programs(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """The examples; those in Node find the packages as a user's program does."""
    folder = tmp_path_factory.mktemp("node")
    shutil.copytree(ROOT / "examples" / "node", folder / "examples")
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "zt-node").symlink_to(ROOT / "zt-node", target_is_directory=True)
    for package in ("@aws-sdk", "@aws-crypto"):
        (modules / package).symlink_to(ROOT / "zt-node" / "node_modules" / package, target_is_directory=True)
    return Programs(folder / "examples", environment(endpoint))


@pytest.fixture(scope="session")
def zt_demo() -> Path:
    """The Rust program."""
    return release() / "zt-demo"
