"""Policies: parsed, printed, built and decided."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from ipaddress import IPv4Network
from typing import Any

import pytest

from zt.policy import (
    UNKNOWN,
    Condition,
    ContextValue,
    Decision,
    Evaluator,
    Policy,
    PolicyError,
    Request,
    Statement,
    evaluate,
    keys,
)

# The two policies of the article this library follows: its sections 2.1 and 2.3.
MFA = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "DenyAllExceptMFAAuthenticated",
            "Effect": "Deny",
            "NotAction": [
                "iam:CreateVirtualMFADevice",
                "iam:EnableMFADevice",
                "iam:GetUser",
                "iam:ListMFADevices",
                "iam:ListVirtualMFADevices",
                "iam:ResyncMFADevice",
                "sts:GetSessionToken",
            ],
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        }
    ],
}
CONDITIONAL = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::sensitive-data/*",
            "Condition": {
                "IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]},
                "DateGreaterThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"},
                "DateLessThan": {"aws:CurrentTime": "2025-12-31T23:59:59Z"},
                "StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]},
                "Bool": {"aws:SecureTransport": "true", "aws:MultiFactorAuthPresent": "true"},
            },
        }
    ],
}
ALICE = "arn:aws:iam::111122223333:user/alice"
OBJECT = "arn:aws:s3:::sensitive-data/report"
GOOD: dict[str, ContextValue] = {
    "aws:SourceIp": "203.0.113.7",
    "aws:CurrentTime": datetime(2025, 6, 1, tzinfo=UTC),
    "aws:RequestedRegion": "us-east-1",
    "aws:SecureTransport": True,
    "aws:MultiFactorAuthPresent": True,
}


def mfa() -> Policy:
    return Policy(
        [
            Statement.deny("DenyAllExceptMFAAuthenticated")
            .not_actions(*MFA["Statement"][0]["NotAction"])  # type: ignore[index]
            .resources("*")
            .when(keys.aws.multi_factor_auth_present.if_exists().is_(False))
        ]
    )


def conditional() -> Policy:
    return Policy(
        [
            Statement.allow()
            .actions("s3:GetObject", "s3:PutObject")
            .resources("arn:aws:s3:::sensitive-data/*")
            .when(
                keys.aws.source_ip.is_in([IPv4Network("203.0.113.0/24"), "198.51.100.0/24"]),
                keys.aws.current_time.after(datetime(2025, 1, 1, tzinfo=UTC)),
                keys.aws.current_time.before("2025-12-31T23:59:59Z"),
                keys.aws.requested_region.is_in(["us-east-1", "us-west-2"]),
                keys.aws.secure_transport.is_(True),
                keys.aws.multi_factor_auth_present.is_(True),
            )
        ]
    )


@pytest.mark.parametrize(("text", "built"), [(MFA, mfa), (CONDITIONAL, conditional)])
def test_the_articles_policies(text: dict[str, Any], built: Any) -> None:
    assert built().to_dict() == text
    for source in (text, json.dumps(text), json.dumps(text).encode(), json.dumps(text, indent=7)):
        parsed = Policy.parse(source)
        assert parsed.to_dict() == text
        assert json.loads(parsed.to_json()) == text
        assert parsed.to_json(indent=2) == json.dumps(text, indent=2)
        assert parsed == built()
        assert hash(parsed) == hash(built())
    assert Policy.parse(built().to_json()) == built()
    assert list(parsed.to_dict()) == list(text)


def test_parts() -> None:
    policy = Policy.parse({**MFA, "Id": "mine"})
    assert (policy.id, policy.version) == ("mine", "2012-10-17")
    (statement,) = policy.statements
    assert (statement.sid, statement.effect) == ("DenyAllExceptMFAAuthenticated", "Deny")
    assert statement.to_dict() == MFA["Statement"][0]
    assert Policy.parse(eval(repr(policy), {"Policy": Policy}).to_json()) == policy
    assert mfa() != conditional()


@pytest.mark.parametrize(
    ("text", "pointer", "line", "column", "expected"),
    [
        (
            '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Alow", "Action": "*"}]}',
            "/Statement/0/Effect",
            2,
            27,
            '"Allow" or "Deny"',
        ),
        ('{"Statement": [}', None, 1, 16, None),
    ],
)
def test_refused_with_place(
    text: str, pointer: str | None, line: int, column: int, expected: str | None
) -> None:
    with pytest.raises(PolicyError) as raised:
        Policy.parse(text)
    error = raised.value
    assert (error.line, error.column) == (line, column)
    assert error.pointer == pointer
    assert (expected or error.expected) == error.expected
    assert error.expected in str(error) and f"line {line}, column {column}" in str(error)
    assert error.code == "INVALID_POLICY"
    again = pickle.loads(pickle.dumps(error))
    assert (again.pointer, again.line, again.code) == (error.pointer, line, error.code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "{",
        '{"Statement": []',
        b"\xff",
        {"Statement": [{"Effect": "Allow", "Actions": "s3:GetObject", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "s3", "Resource": 7}]},
        '{"Statement": [], "Statement": []}',
        "[" * 100_000,
    ],
)
def test_malformed(text: Any) -> None:
    with pytest.raises(PolicyError) as raised:
        Policy.parse(text)
    assert raised.value.expected


def test_what_is_no_policy() -> None:
    with pytest.raises(TypeError, match="expected str, bytes or dict, not list"):
        Policy.parse([])  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Policy("x")  # type: ignore[arg-type]
    with pytest.raises(PolicyError):
        Policy([Statement.allow()])


def test_condition_values() -> None:
    def values(condition: Condition) -> list[str]:
        return condition.values

    assert values(keys.NumericKey("s3:max-keys").at_most(10)) == ["10"]
    assert values(keys.NumericKey("k:n").is_in([1, 2.5, Decimal("1E+3")])) == ["1", "2.5", "1000"]
    assert values(keys.NumericKey("k:n").less_than(1e-7)) == ["0.0000001"]
    assert values(keys.BinaryKey("k:b").is_(b"\0\1")) == ["AAE="]
    assert values(keys.aws.source_ip.is_in("2001:db8::/32")) == ["2001:db8::/32"]
    assert values(keys.aws.principal_tag("team").is_("a")) == ["a"]
    condition = keys.aws.tag_keys.for_all_values().is_in(["a", "b"])
    assert (condition.operator, condition.key) == ("ForAllValues:StringEquals", "aws:TagKeys")
    assert keys.aws.tag_keys.for_any_value().if_exists().is_like("a*").operator == (
        "ForAnyValue:StringLikeIfExists"
    )
    assert keys.aws.source_ip.is_absent() == Condition("Null", "aws:SourceIp", True)
    assert keys.aws.tag_keys.is_present() == Condition("Null", "aws:TagKeys", False)
    assert keys.lambda_.source_function_arn.name == "lambda:SourceFunctionArn"


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (lambda: keys.aws.current_time.before(datetime(2025, 1, 1)), ValueError),
        (lambda: keys.aws.current_time.before(date(2025, 1, 1)), TypeError),  # type: ignore[arg-type]
        (lambda: keys.aws.current_time.before("yesterday"), ValueError),
        (lambda: keys.aws.source_ip.is_in("300.1.1.1"), ValueError),
        (lambda: keys.aws.source_ip.is_in([]), ValueError),
        (lambda: keys.aws.multi_factor_auth_present.is_("maybe"), ValueError),  # type: ignore[arg-type]
        (lambda: keys.aws.multi_factor_auth_present.is_(None), TypeError),  # type: ignore[arg-type]
        (lambda: keys.NumericKey("k:n").at_most(float("nan")), ValueError),
        (lambda: keys.TextKey("k:t").is_(object()), TypeError),  # type: ignore[arg-type]
        (lambda: keys.TextKey("k:t").is_(["a", None]), TypeError),  # type: ignore[list-item]
    ],
)
def test_values_that_do_not_fit(wrong: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        wrong()


def decide(**changed: Any) -> Decision:
    context = {**GOOD, **changed.pop("context", {})}
    for key in changed.pop("without", ()):
        del context[key]
    request = Request(ALICE, "s3:GetObject", OBJECT, context=context)
    return evaluate(request, identity=[MFA, conditional()])


def test_allowed_with_reason() -> None:
    decision = decide()
    assert decision.outcome == "allowed"
    assert decision.allowed is True
    assert any(reason.effect == "Allow" for reason in decision.reasons)
    assert all(reason.text and reason.policy_type for reason in decision.reasons)
    assert decision.reasons[0].text in str(decision)
    with pytest.raises(TypeError, match="ask decision.allowed"):
        bool(decision)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:SourceIp", "192.0.2.1"),
        ("aws:CurrentTime", "2024-06-01T00:00:00Z"),
        ("aws:CurrentTime", datetime(2026, 1, 1, tzinfo=UTC)),
        ("aws:RequestedRegion", "eu-west-1"),
        ("aws:SecureTransport", False),
    ],
)
def test_conditions_decide(key: str, value: Any) -> None:
    decision = decide(context={key: value})
    assert decision.outcome == "implicit_deny"
    assert key in str(decision)


def test_mfa_decides() -> None:
    denied = decide(context={"aws:MultiFactorAuthPresent": False})
    assert denied.outcome == "explicit_deny"
    assert any(reason.statement == "DenyAllExceptMFAAuthenticated" for reason in denied.reasons)
    absent = decide(without=["aws:MultiFactorAuthPresent"])
    assert absent.outcome == "explicit_deny"
    request = Request(ALICE, "iam:GetUser", ALICE)
    assert evaluate(request, identity=[MFA]).outcome == "implicit_deny"


def test_unknown() -> None:
    decision = decide(context={"aws:SourceIp": UNKNOWN})
    assert decision.outcome == "unknown"
    assert decision.unknown_keys == ["aws:SourceIp"]
    assert decision.allowed is False
    # What does not matter may be unknown.
    assert decide(context={"aws:UserAgent": UNKNOWN}).outcome == "allowed"
    assert repr(UNKNOWN) == "UNKNOWN"


def test_evaluator() -> None:
    evaluator = Evaluator(identity=[MFA, conditional()])
    requests = [
        Request(ALICE, action, OBJECT, context=GOOD) for action in ("s3:GetObject", "s3:DeleteObject")
    ]
    outcomes = [decision.outcome for decision in evaluator.evaluate_many(requests)]
    assert outcomes == ["allowed", "implicit_deny"]
    assert [evaluator.evaluate(request).outcome for request in requests] == outcomes
    assert evaluator.evaluate_many(iter(())) == []
    with pytest.raises(TypeError):
        evaluator.evaluate_many(["x"])  # type: ignore[list-item]


def test_levels() -> None:
    everything = Policy([Statement.allow("All").actions("*").resources("*")])
    no_s3 = Policy([Statement.deny("NoS3").actions("s3:*").resources("*")])
    request = Request(ALICE, "s3:GetObject", OBJECT)
    allowed = evaluate(request, identity=[everything], scps=[[everything], [everything]])
    assert allowed.outcome == "allowed"
    assert evaluate(request, identity=[everything], boundaries=[no_s3]).outcome == "explicit_deny"
    denied = evaluate(request, identity=[everything], scps=[[everything], [everything, no_s3]])
    assert denied.outcome == "explicit_deny"
    assert any(reason.policy_type == "scp" for reason in denied.reasons)
    no_levels: list[Any] = [[None], [everything], everything]
    for wrong in no_levels:
        with pytest.raises(TypeError):
            evaluate(request, identity=[everything], scps=wrong)
    with pytest.raises(PolicyError):
        evaluate(request, identity=["{}"])


@pytest.mark.parametrize(
    "principal",
    [ALICE, "111122223333", "*", {"Service": "ec2.amazonaws.com"}, {"Federated": "www.amazon.com"}],
)
def test_principals(principal: Any) -> None:
    shared = Policy([Statement.allow().principal("*").actions("s3:*").resources("*")])
    request = Request(principal, "s3:GetObject", OBJECT, resource_account="111122223333")
    assert evaluate(request, resource=shared).outcome == "allowed"
    assert (request.action, request.resource) == ("s3:GetObject", OBJECT)


@pytest.mark.parametrize("wrong", [7, None, {"Kind": "x"}, {}, {"AWS": ["1", "2"]}])
def test_wrong_principals(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Request(wrong, "s3:GetObject", OBJECT)


def test_context_values() -> None:
    policy = Policy(
        [
            Statement.allow()
            .actions("s3:*")
            .resources("*")
            .when(
                keys.aws.tag_keys.for_all_values().is_in(["a", "b"]),
                keys.NumericKey("s3:max-keys").at_most(10),
            )
        ]
    )
    for tags in (["a"], ("a", "b"), {"a"}, frozenset("b")):
        context = {"aws:TagKeys": tags, "s3:max-keys": 10}
        request = Request(ALICE, "s3:ListBucket", "*", context=context)
        assert evaluate(request, identity=[policy]).allowed
    with pytest.raises(TypeError, match="leave the key out when it is absent, or use UNKNOWN"):
        Request(ALICE, "s3:ListBucket", "*", context={"aws:SourceIp": None})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="expected str, bool"):
        Request(ALICE, "s3:ListBucket", "*", context={"aws:SourceIp": object()})  # type: ignore[dict-item]
