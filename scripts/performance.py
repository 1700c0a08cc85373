"""Puts the table of ``make bench-crypto``, which is on standard input, into docs/performance.md."""

from __future__ import annotations

import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def main() -> None:
    """Rewrites the block that the comment names."""
    table = sys.stdin.read().strip()
    block = f"<!-- make bench-crypto -->\n```text\n{table}\n```"
    pattern = r"<!-- make bench-crypto -->\n```text\n.*?```"
    page, count = re.subn(pattern, lambda _: block, PAGE.read_text(), flags=re.DOTALL)
    if count != 1 or not table:
        sys.exit("there is no table, or no place for it")
    PAGE.write_text(page)


main()
