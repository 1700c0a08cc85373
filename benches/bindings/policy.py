"""Decisions through Python: nanoseconds for each, as a line of JSON for each row. `bench-bindings` runs this.

Arguments: how many requests in a batch; the policies and requests are those of `bench-bindings`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from time import perf_counter

from zt.policy import Evaluator, Request


def request(number: int) -> Request:
    """One of many: half of them are allowed."""
    bucket = "sensitive-data" if number % 2 == 0 else "elsewhere"
    return Request(
        "arn:aws:iam::111122223333:user/alice",
        "s3:GetObject",
        f"arn:aws:s3:::{bucket}/report-{number}",
        context={
            "aws:SourceIp": "203.0.113.7",
            "aws:RequestedRegion": "us-east-1",
            "aws:SecureTransport": True,
            "aws:MultiFactorAuthPresent": True,
        },
    )


def fastest(job: Callable[[], object]) -> float:
    """Seconds of the fastest of fifteen rounds."""
    times = []
    for _ in range(15):
        start = perf_counter()
        job()
        times.append(perf_counter() - start)
    return min(times)


def allowed(evaluator: Evaluator, requests: Sequence[Request]) -> int:
    return sum(decision.allowed for decision in evaluator.evaluate_many(requests))


def main() -> None:
    size = int(sys.argv[1])
    for line in sys.stdin:
        policy = json.loads(line)
        evaluator = Evaluator(identity=[policy])
        requests = [request(number) for number in range(size)]
        if allowed(evaluator, requests) != size // 2:
            sys.exit("half of the requests are allowed")
        jobs = {
            "evaluate_many": lambda: evaluator.evaluate_many(requests),
            "evaluate_many, and .allowed of each": lambda: allowed(evaluator, requests),
            "evaluate, one by one": lambda: [evaluator.evaluate(one) for one in requests],
            "requests made": lambda: [request(number) for number in range(size)],
        }
        for what, job in jobs.items():
            nanoseconds = fastest(job) / size * 1e9
            print(json.dumps({"what": what, "statements": len(policy["Statement"]), "nanoseconds": nanoseconds}), flush=True)


if __name__ == "__main__":
    main()
