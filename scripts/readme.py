"""Puts the examples and the decision table into README.md, where ``tests/test_readme.py`` checks them.

    python scripts/readme.py target/release/zt-demo
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Rewrites the code blocks that a comment names."""
    readme = ROOT / "README.md"

    def block(match: re.Match[str]) -> str:
        source = match["source"]
        if source == "zt-demo decisions":
            done = subprocess.run([sys.argv[1], "decisions"], capture_output=True, text=True, check=True)
            code = done.stdout.strip() + "\n"
        else:
            code = (ROOT / source).read_text()
        return f"<!-- {source} -->\n```{match['language']}\n{code}```"

    pattern = r"<!-- (?P<source>[^>]+) -->\n```(?P<language>\w+)\n.*?```"
    readme.write_text(re.sub(pattern, block, readme.read_text(), flags=re.DOTALL))


if __name__ == "__main__":
    main()
