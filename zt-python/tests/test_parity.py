"""The table of calls that all three languages make: see ``testdata/policy/README.md``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from zt.policy import (
    UNKNOWN,
    AccessMatrix,
    Condition,
    Evaluator,
    Policy,
    PolicyError,
    Request,
    choices,
    equivalent,
    guardrails,
    rules,
    validate,
)

FOLDER = Path(__file__).parent.parent.parent / "testdata" / "policy"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "cases.json").read_text())["cases"]
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_gives_what_it_gives_in_rust(case: dict[str, Any]) -> None:
    try:
        given = CALLS[case["do"]](case)
    except PolicyError as error:
        given = {"error": {"code": error.code, "message": str(error)}}
    assert given == EXPECTED[case["name"]]


def test_the_whole_table() -> None:
    assert {case["name"] for case in CASES} == set(EXPECTED)
    assert {case["do"] for case in CASES} == set(CALLS)


def findings(case: dict[str, Any]) -> list[Any]:
    given = {name: case[name] for name in ("now", "account_id", "size_limit") if name in case}
    return list(validate(case["policy"], case.get("kind", "identity"), **given))


def apply(case: dict[str, Any]) -> str:
    [suggestion, *_] = [each.suggestion for each in findings(case) if each.suggestion is not None]
    mended: Policy = suggestion.apply(case["policy"])
    return mended.to_json()


def guardrail(case: dict[str, Any]) -> dict[str, Any]:
    made: Any = getattr(guardrails, case["guardrail"])(**case["parameters"])
    match made:
        case guardrails.RestrictAccess():
            deny = made.deny()
            allow = made.allow().to_json() if "actions" in case["parameters"] else None
            assert deny.limits == made.limits
            return {"allow": allow, "deny": deny.to_json(), "limits": made.limits}
        case guardrails.TemporaryAccess():
            role = made.trust("arn:aws:iam::111122223333:role/Operator", require_source_identity=True)
            return {"policy": made.to_json(), "limits": made.limits, "trust": role.to_json()}
    return {"policy": made.to_json(), "limits": made.limits}


def trust(case: dict[str, Any]) -> dict[str, Any]:
    made = getattr(guardrails.trust, case["trust"])(*case["arguments"], **case["parameters"])
    return {"policy": made.to_json(), "limits": made.limits}


def split(case: dict[str, Any]) -> list[dict[str, Any]]:
    parts = Policy.parse(case["policy"]).split(case["limit"])
    return [{"size": part.size(case["limit"]), "policy": part.to_json()} for part in parts]


def same(case: dict[str, Any]) -> dict[str, Any]:
    found = equivalent(case["a"], case["b"])
    return {"equal": found.equal, "witness": found.witness and found.witness.to_dict()}


def policy(given: dict[str, Any]) -> Any:
    return (given["name"], given["policy"]) if "name" in given else given


def evaluator(given: dict[str, Any]) -> Evaluator:
    return Evaluator(
        identity=[policy(each) for each in given.get("identity", ())],
        resource=given.get("resource"),
        scps=[[policy(each) for each in level] for level in given.get("scps", ())],
        rcps=[[policy(each) for each in level] for level in given.get("rcps", ())],
        boundaries=[policy(each) for each in given.get("boundaries", ())],
        session=[policy(each) for each in given.get("session", ())],
        endpoint=given.get("endpoint"),
    )


def context(given: dict[str, Any]) -> dict[str, Any]:
    return {key: UNKNOWN if value is None else value for key, value in given.items()}


def request(given: dict[str, Any]) -> Request:
    return Request(**{**given, "context": context(given["context"])})


def evaluate(case: dict[str, Any]) -> dict[str, Any]:
    asked = request(case["request"])
    decision = evaluator(case["policies"]).evaluate(asked)
    [again] = evaluator(case["policies"]).evaluate_many([asked])
    assert again.to_dict() == decision.to_dict()
    return {
        "decision": decision.to_dict(),
        "choices": [choice.id for choice in decision.choices],
        "request": decision.request.to_dict(),
    }


def evaluate_all(case: dict[str, Any]) -> dict[str, Any]:
    requests = request(case["request"]).for_each(case["resources"])
    return evaluator(case["policies"]).evaluate_all(requests).to_dict()


def matrix(case: dict[str, Any]) -> dict[str, Any]:
    made = AccessMatrix(
        [(one["name"], one["principal"], evaluator(one["policies"])) for one in case["principals"]],
        case["actions"],
        case["resources"],
        resource_accounts=case["resource_accounts"],
        context=context(case["context"]),
    )
    return {"data": made.to_dict(), "text": str(made), "markdown": made.to_markdown()}


CALLS: dict[str, Any] = {
    "validate": lambda case: [finding.to_dict() for finding in findings(case)],
    "apply": apply,
    "guardrail": guardrail,
    "trust": trust,
    "normalize": lambda case: Policy.parse(case["policy"]).normalize().to_json(),
    "minimize": lambda case: Policy.parse(case["policy"]).minimize().to_json(),
    "split": split,
    "equivalent": same,
    "evaluate": evaluate,
    "evaluate_all": evaluate_all,
    "matrix": matrix,
    "numbers": lambda case: Condition("NumericEquals", "k:n", case["numbers"]).values,
    "instants": lambda case: Condition(
        "DateEquals", "k:d", [datetime.fromisoformat(text) for text in case["instants"]]
    ).values,
    "rules": lambda case: [rule.to_dict() for rule in rules()],
    "choices": lambda case: [choice.to_dict() for choice in choices()],
}
