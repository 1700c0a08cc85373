"""The names that other people's code depends on, each called as the design says."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import pytest

import zt
from zt.policy import (
    UNKNOWN,
    Evaluator,
    Policy,
    Request,
    Statement,
    evaluate,
    guardrails,
    keys,
    validate,
)

ALICE = "arn:aws:iam::111122223333:user/alice"


def test_policies() -> None:
    policy = Policy(
        [
            Statement.deny("DenyAllExceptMFAAuthenticated")
            .not_actions("iam:CreateVirtualMFADevice", "sts:GetSessionToken")
            .resources("*")
            .when(keys.aws.multi_factor_auth_present.if_exists().is_(False))
        ]
    )
    assert Policy.parse(policy.to_json(indent=None)).to_dict() == policy.to_dict()


@pytest.mark.parametrize(
    "principal",
    [ALICE, "111122223333", "*", {"Service": "a"}, {"Federated": "a"}, {"CanonicalUser": "a"}],
)
def test_requests(principal: str | dict[str, str]) -> None:
    request = Request(
        principal,
        "s3:GetObject",
        "*",
        resource_account=None,
        role_arn=None,
        context={"a:text": "a", "a:bool": True, "a:int": 1, "a:float": 0.5, "a:list": ["a", "b"], "a:unknown": UNKNOWN},
    )
    assert request.principal == principal
    given = {key: value for key, value in request.context.items() if key.startswith("a:")}
    assert given == {
        **{"a:text": "a", "a:bool": "true", "a:int": "1", "a:float": "0.5"},
        **{"a:list": ["a", "b"], "a:unknown": UNKNOWN},
    }


def test_decisions() -> None:
    everything = Policy([Statement.allow("All").actions("*").resources("*")])
    request = Request(ALICE, "s3:GetObject", "*")
    decision = evaluate(
        request, identity=[everything], resource=None, scps=[[everything]], rcps=(), boundaries=(), session=(), endpoint=None
    )
    assert decision.outcome == "allowed"
    assert decision.allowed
    assert decision.unknown_keys == []
    [reason] = decision.reasons
    found = (reason.policy_type, reason.policy, reason.statement, reason.effect, reason.text)
    assert found == ("identity", "#1", "All", "Allow", str(decision).removeprefix("allowed: "))
    assert Evaluator(identity=[everything]).evaluate(request).allowed
    assert [each.allowed for each in Evaluator(identity=[everything]).evaluate_many([request])] == [True]


def test_findings() -> None:
    policy = Policy([Statement.allow().actions("s3:GetObjct").resources("*")])
    parameters = inspect.signature(validate).parameters
    assert (parameters["kind"].default, parameters["now"].default) == ("identity", None)
    assert parameters["now"].kind is inspect.Parameter.KEYWORD_ONLY
    finding = validate(policy, now=datetime.now(UTC))[0]
    assert (finding.code, finding.severity, finding.pointer) == ("unknown-action", "warning", "/Statement/0/Action")
    assert "s3:GetObjct" in finding.message
    assert finding.suggestion is not None
    for kind in "identity", "resource", "trust", "scp", "rcp", "boundary", "session", "endpoint":
        assert isinstance(validate(policy, kind), list)


def test_guardrails() -> None:
    assert isinstance(guardrails.require_mfa(), Policy)
    assert isinstance(guardrails.restrict_access(require_tls=True).deny(), Policy)
    read = Policy([Statement.allow("Read").actions("s3:GetObject").resources("*")])
    administrators = ["arn:aws:iam::111122223333:role/Admin"]
    assert isinstance(guardrails.kms_key_policy("111122223333", administrators=administrators), Policy)
    assert isinstance(guardrails.temporary_access(read, datetime(2027, 1, 1, tzinfo=UTC)), Policy)


def test_the_catalogue() -> None:
    assert zt.actions.s3.GetObject == "s3:GetObject"
    assert "s3" in zt.catalog.services()
    assert "s3:GetObject" in zt.catalog.actions("s3")
    assert zt.catalog.action("s3:GetObject") == zt.actions.s3.GetObject
    assert zt.actions.s3.GetObject in zt.catalog.expand("s3:Get*")
    assert zt.catalog.condition_key("aws:SourceIp") == "aws:SourceIp"


def test_errors() -> None:
    assert issubclass(zt.PolicyError, zt.ZtError)
    for cause in '{"Statement": 1}', "", "[":
        with pytest.raises(zt.PolicyError, match="line 1, column") as raised:
            Policy.parse(cause)
        error = raised.value
        assert (error.code, error.retryable, error.line is not None, bool(error.expected)) == ("INVALID_POLICY", False, True, True)
