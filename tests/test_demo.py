"""``make demo`` tells the truth, and nothing is left of it, also after Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from whole import ROOT


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """As at a terminal, wherever the tests run: shells tell what they run in the background to ignore it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


def start(zt_demo: Path, folder: Path) -> subprocess.Popen[str]:
    """Starts the demo in a process group of its own, with a folder of its own for temporary files."""
    command = [sys.executable, str(ROOT / "examples" / "python" / "demo.py"), "--zt-demo", str(zt_demo)]
    return subprocess.Popen(
        command,
        # No profile of the user's may be read: this one would break the run.
        env=os.environ | {"TMPDIR": str(folder), "AWS_PROFILE": "somebody-elses", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def members(group: int) -> list[str]:
    """The processes of a group that still run."""
    done = subprocess.run(["ps", "-e", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    return [row[2] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def test_the_page(zt_demo: Path, tmp_path: Path) -> None:
    with start(zt_demo, tmp_path) as demo:
        page, errors = demo.communicate(timeout=180)
    assert demo.returncode == 0, errors
    assert page.count(" equal") == 6
    assert "DenyAllExceptMFAAuthenticated" in page
    for outcome in "allowed", "explicit_deny", "implicit_deny":
        assert outcome in page
    assert list(tmp_path.iterdir()) == []
    assert members(demo.pid) == []


@pytest.mark.usefixtures("ctrl_c")
def test_nothing_is_left_after_ctrl_c(zt_demo: Path, tmp_path: Path) -> None:
    with start(zt_demo, tmp_path) as demo:
        # Interrupted in the middle of its work: the folder is there, so the emulator is starting or there.
        deadline = time.monotonic() + 60
        while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert list(tmp_path.iterdir())
        os.killpg(demo.pid, signal.SIGINT)
        demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert list(tmp_path.iterdir()) == []
    assert members(demo.pid) == []
