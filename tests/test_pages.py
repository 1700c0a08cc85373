"""The pages under ``docs/`` are true: their examples are the files in ``examples/``, and print what they say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from whole import ROOT, release

DOCS = ROOT / "docs"


def test_a_network_is_proved_drawn_and_planned(tmp_path: Path) -> None:
    page = (DOCS / "micro-segmentation.md").read_text()
    blocks = re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL)
    assert [language for language, _ in blocks] == ["rust", "text", "mermaid"]
    code, output, diagram = (text for _, text in blocks)
    assert (ROOT / "examples" / "rust" / "examples" / "segment.rs").read_text() == code

    program = release() / "examples" / "segment"
    done = subprocess.run([program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == output
    assert (tmp_path / "shop.mmd").read_text() == diagram
    assert (tmp_path / "shop.svg").read_bytes() == (DOCS / "micro-segmentation.svg").read_bytes()
