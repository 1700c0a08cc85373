"""Temporary access as a plan that is read, run, resumed and undone.

::

    python grant.py plan arn:aws:iam::111122223333:user/alice read.json 3600 > grant.json
    python grant.py show grant.json
    python grant.py run grant.json grant.jsonl      # stopped? `resume` goes on, `roll-back` undoes
"""

import sys
from datetime import timedelta
from pathlib import Path

from zt import RunError
from zt.access import TemporaryAccess
from zt.aws import Progress, Runner
from zt.plan import Plan


def show(progress: Progress) -> None:
    print(f"{progress.number}/{progress.total} {progress.service} {progress.operation}", file=sys.stderr)


match sys.argv[1:]:
    case ["plan", principal, policy, seconds]:
        access = TemporaryAccess(principal, Path(policy).read_text(), timedelta(seconds=int(seconds)))
        print(access.plan().to_json())
    case ["show", plan]:
        print(Plan.from_json(Path(plan).read_text()))
    case ["run" | "resume" | "roll-back" as verb, path, journal]:
        runner = Runner(on_step=show)
        begin = {"run": runner.run, "resume": runner.resume, "roll-back": runner.roll_back}[verb]
        try:
            run = begin(Plan.from_json(Path(path).read_text()), journal=journal)
        except RunError as error:
            sys.exit(str(error))
        print(run.status, run.outputs)
    case _:
        sys.exit("usage: grant.py plan PRINCIPAL POLICY SECONDS | show PLAN | run|resume|roll-back PLAN JOURNAL")
