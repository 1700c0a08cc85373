"""PyPI `parliament` and `cloudsplaining` over the corpus of policies, on one core.

Prints lines for `bench-validate --peers`: name, version, documents, documents that raised an error, seconds.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import parliament
from cloudsplaining.scan.policy_document import PolicyDocument


def corpus(folder: Path) -> list[str]:
    """Every document as text, in the order of the files' names."""
    files = sorted(folder.glob("*.jsonl"))
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return [json.dumps(json.loads(line)["document"]) for line in lines]


def lint(text: str) -> object:
    """What `parliament --string` does."""
    return parliament.analyze_policy_string(text).findings


def scan(text: str) -> object:
    """What `cloudsplaining scan-policy-file` looks for."""
    policy = PolicyDocument(json.loads(text))
    return (
        policy.allows_privilege_escalation,
        policy.allows_data_exfiltration_actions,
        policy.permissions_management_without_constraints,
        policy.write_actions_without_constraints,
        policy.credentials_exposure,
        policy.service_wildcard,
        policy.infrastructure_modification,
    )


def measure(name: str, documents: list[str], work: Callable[[str], object]) -> None:
    """One pass, after a few documents that load the peer's tables."""
    for text in documents[:3]:
        work(text)
    failed = 0
    start = time.perf_counter()
    for text in documents:
        try:
            work(text)
        except Exception:  # noqa: BLE001 - a document that it does not take is counted
            failed += 1
    seconds = time.perf_counter() - start
    print(name, version(name), len(documents), failed, f"{seconds:.6f}", flush=True)


def main() -> None:
    """Measures both."""
    documents = corpus(Path(sys.argv[1]))
    measure("parliament", documents, lint)
    measure("cloudsplaining", documents, scan)


main()
