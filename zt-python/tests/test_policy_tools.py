"""Validation, guardrails, rewriting, joint requests and the matrix, as Python has them. What they give: ``test_parity``."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import pytest

from zt.policy import (
    UNKNOWN,
    AccessMatrix,
    Evaluator,
    Policy,
    PolicyError,
    Request,
    Statement,
    choices,
    equivalent,
    evaluate,
    guardrails,
    keys,
    rules,
    validate,
)

ALICE = "arn:aws:iam::111122223333:user/alice"
TYPO = Policy([Statement.allow("Read").actions("s3:GetObjct").resources("arn:aws:s3:::b/*")])
READ = Policy([Statement.allow("Read").actions("s3:Get*").resources("*")])
WRITE = Policy([Statement.allow("Write").actions("s3:Put*").resources("*")])
END = datetime(2026, 6, 1, 12, tzinfo=UTC)


def refused(code: str, match: str) -> Any:
    """The block raises a PolicyError with this code."""
    return pytest.raises(PolicyError, match=match, check=lambda error: error.code == code)


def test_findings() -> None:
    [finding] = validate(TYPO)
    assert finding.rule in rules()
    assert finding.rule.source.startswith("Service Authorization Reference")
    assert json.loads(json.dumps(finding.to_dict())) == finding.to_dict()
    assert finding == validate(TYPO.to_json())[0]
    assert str(finding).startswith("warning unknown-action at /Statement/0/Action: ")
    suggestion = finding.suggestion
    assert suggestion is not None
    assert (suggestion.action, suggestion.pointer, suggestion.name, suggestion.value) == (
        *("replace", "/Statement/0/Action", None),
        "s3:GetObject",
    )
    assert str(suggestion) == 'replace it with "s3:GetObject"'
    mended = suggestion.apply(TYPO)
    assert validate(mended) == []
    assert mended.statements[0].sid == "Read"
    with refused("NO_SUCH_PLACE", "no such place"):
        suggestion.apply('{"Statement": []}')
    with refused("UNKNOWN_NAME", "`bucket`: expected one of identity, resource, trust, scp") as raised:
        validate(TYPO, "bucket")  # type: ignore[arg-type]
    assert raised.value.found == "bucket"
    with refused("UNKNOWN_NAME", "managed_policy"):
        validate(TYPO, size_limit="tiny")  # type: ignore[arg-type]
    with refused("INVALID_POLICY", "expected"):
        validate("{}")


def test_dates_are_in_the_past_when_it_is_known_what_is_now() -> None:
    dated = Policy([Statement.allow().actions("s3:GetObject").resources("arn:aws:s3:::b/*").when(keys.aws.current_time.before(END))])
    past = [finding.code for finding in validate(dated, now=END + timedelta(days=1))]
    assert past == [finding.code for finding in validate(dated, now="2026-06-02T12:00:00Z")] != []
    assert validate(dated) == validate(dated, now=END - timedelta(days=1)) == []
    with pytest.raises(ValueError, match="no time zone"):
        validate(dated, now=datetime(2026, 1, 1))
    with pytest.raises(TypeError, match="expected datetime or str"):
        validate(dated, now=7)  # type: ignore[arg-type]


def test_rules() -> None:
    assert len(rules()) >= 40
    assert all(rule.why and rule.title and rule.source for rule in rules())
    assert len({rule.code for rule in rules()}) == len(rules())


def test_guardrails_take_what_python_has() -> None:
    assert guardrails.require_mfa(max_age=timedelta(hours=1)) == guardrails.require_mfa(max_age=3600)
    made = guardrails.restrict_access(
        source_ips=(IPv4Network("203.0.113.0/24"), IPv6Network("2001:db8::/48"), "198.51.100.7"),
        not_after=END.astimezone(timezone(timedelta(hours=2))),
        actions=iter(["s3:GetObject"]),
    )
    texts = guardrails.restrict_access(
        source_ips=["203.0.113.0/24", "2001:db8::/48", "198.51.100.7/32"], not_after="2026-06-01T12:00:00Z", actions=["s3:GetObject"]
    )
    assert made.allow() == texts.allow()
    assert made.deny() == texts.deny()
    with pytest.raises(ValueError, match="no time zone"):
        guardrails.restrict_access(not_after=datetime(2026, 1, 1))
    with pytest.raises(TypeError, match="actions is a list, not str"):
        guardrails.restrict_access(actions="s3:GetObject")
    with refused("INVALID_VALUE", "expected a date"):
        guardrails.temporary_access(READ, "tomorrow")
    with pytest.raises(TypeError):
        guardrails.require_mfa(max_ages=3600)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        guardrails.trust.principal(ALICE, when=["aws:SourceIp"])  # type: ignore[list-item]


def test_a_guardrail_is_a_policy() -> None:
    mfa = guardrails.require_mfa()
    assert mfa == Policy.parse(mfa.to_json())
    assert mfa in {Policy.parse(mfa.to_json())}
    assert evaluate(Request(ALICE, "s3:GetObject", "*"), identity=[READ, ("mfa", mfa)]).outcome == "explicit_deny"
    assert mfa.limits == guardrails.require_mfa().limits != []
    assert [finding for finding in validate(mfa) if finding.severity == "error"] == []
    assert equivalent(mfa, mfa.minimize()).equal is True


def test_temporary_access_ends() -> None:
    access = guardrails.temporary_access(READ, END, not_before=END - timedelta(hours=4))
    role = access.trust(ALICE, when=[keys.aws.source_ip.is_in("203.0.113.0/24")])
    for hour, outcome in (7, "explicit_deny"), (8, "allowed"), (12, "explicit_deny"):
        now = END.replace(hour=hour)
        request = Request(ALICE, "s3:GetObject", "*", context={"aws:CurrentTime": now})
        assert evaluate(request, identity=[access]).outcome == outcome
        assume = Request(
            *(ALICE, "sts:AssumeRole", "arn:aws:iam::111122223333:role/r"),
            context={"aws:CurrentTime": now, "aws:SourceIp": "203.0.113.7"},
        )
        assert evaluate(assume, resource=role).allowed is (outcome == "allowed")
    for guardrail in access, role:
        assert guardrail.limits


def test_constants() -> None:
    key = guardrails.kms_key_policy("111122223333", administrators=[ALICE], users=["arn:aws:iam::111122223333:role/App"])
    allowed = {statement["Sid"]: statement["Action"] for statement in key.to_dict()["Statement"]}
    assert tuple(allowed["AllowAdministration"]) == guardrails.KEY_ADMINISTRATION
    assert tuple(allowed["AllowUse"]) == guardrails.KEY_USE
    mine = Statement.deny("Mine").principal("*").actions("kms:PutKeyPolicy").any_resource()
    extended = guardrails.kms_key_policy("111122223333", administrators=[ALICE], statements=[mine])
    assert extended.statements[-1] == mine
    deny = guardrails.restrict_access(regions=["eu-central-1"]).deny()
    assert tuple(deny.to_dict()["Statement"][0]["NotAction"]) == guardrails.GLOBAL_SERVICES
    for action in guardrails.OUTLIVING_ACTIONS:
        with refused("INVALID_PARAMETER", action):
            wide = Policy([Statement.allow().actions(f"{action[:-1]}?").any_resource()])
            guardrails.temporary_access(wide, END)


def test_rewriting() -> None:
    long = Policy([Statement.allow(sid).actions("s3:Get*", "s3:GetObject").resources("*") for sid in ("A", "B")])
    short = long.minimize()
    assert short.to_dict()["Statement"] == [{"Sid": "A", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]
    assert equivalent(long, short).equal is True
    different = equivalent(READ, WRITE)
    assert different.equal is False
    assert different.witness is not None
    assert evaluate(different.witness, identity=[READ]).outcome != evaluate(different.witness, identity=[WRITE]).outcome
    with pytest.raises(TypeError, match=r"equivalence\.equal"):
        bool(different)
    assert long.split("managed_policy") == [long]
    with refused("UNKNOWN_NAME", "size limit `identity`"):
        long.split("identity")  # type: ignore[arg-type]


def test_named_policies() -> None:
    request = Request(ALICE, "ec2:RunInstances", "*", context={"aws:RequestedRegion": "eu-west-1"})
    everything = Policy([Statement.allow().actions("*").any_resource()])
    decision = evaluate(request, identity=[("admin", everything)], scps=[[("p-1", READ.to_json())]])
    assert str(decision) == "denied: the organisation's policy `p-1` does not allow `ec2:RunInstances` in `eu-west-1`"
    with pytest.raises(TypeError, match="list of levels"):
        evaluate(request, scps=[("p-1", READ)])
    with pytest.raises((TypeError, ValueError)):
        evaluate(request, identity=[("p-1", READ, READ)])  # type: ignore[list-item]


def test_joint_decisions() -> None:
    evaluator = Evaluator(identity=[Policy([Statement.allow().actions("ec2:*").resources("arn:aws:ec2:::a")])])
    request = Request(ALICE, "ec2:RunInstances", "*")
    joint = evaluator.evaluate_all(request.for_each(["arn:aws:ec2:::a", "arn:aws:ec2:::b"]))
    assert (joint.outcome, joint.allowed) == ("implicit_deny", False)
    assert [each.allowed for each in joint.decisions] == [True, False]
    assert [each.request.resource for each in joint.failed] == ["arn:aws:ec2:::b"]
    assert str(joint).startswith("denied: 1 of 2 resources failed; on `arn:aws:ec2:::b`: ")
    with pytest.raises(TypeError, match=r"decision\.allowed"):
        bool(joint)
    with pytest.raises(TypeError):
        request.for_each("arn:aws:ec2:::a")


def test_requests_are_made_from_requests() -> None:
    request = Request(ALICE, "s3:GetObject", "*", context={"aws:TagKeys": {"a"}})
    more = request.with_context({"aws:SecureTransport": True, "aws:SourceIp": UNKNOWN})
    assert more.context["aws:SecureTransport"] == "true"
    assert more.context["aws:SourceIp"] == UNKNOWN
    assert more.to_dict()["context"]["aws:SourceIp"] is None
    assert request.context["aws:PrincipalAccount"] == "111122223333"
    assert request.without_derived_keys().context == {"aws:TagKeys": ["a"]}
    assert "aws:SecureTransport" not in request.context


def test_the_matrix() -> None:
    matrix = AccessMatrix(
        [("alice", ALICE, Evaluator(identity=[READ])), ("nobody", "*", Evaluator())],
        ["s3:GetObject", "s3:PutObject"],
        ["arn:aws:s3:::b/k"],
    )
    assert str(matrix) == (
        "principal  resource          s3:GetObject  s3:PutObject\n"
        "alice      arn:aws:s3:::b/k  allowed       -\n"
        "nobody     arn:aws:s3:::b/k  -             -\n"
    )
    assert matrix.to_markdown().count("\n") == 4
    assert (matrix.principals, matrix.actions, matrix.resources) == (
        *(["alice", "nobody"], ["s3:GetObject", "s3:PutObject"]),
        ["arn:aws:s3:::b/k"],
    )
    assert matrix.decision(0, 0, 0).allowed
    assert [name for name, decision in matrix.entries() if decision.allowed] == ["alice"]
    assert json.loads(json.dumps(matrix.to_dict()))["entries"][0]["outcome"] == "allowed"
    with pytest.raises(IndexError):
        matrix.decision(2, 0, 0)


def test_choices() -> None:
    odd = {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Odd": {"a:b": "c"}}}]}
    decision = evaluate(Request(ALICE, "s3:GetObject", "*"), identity=[odd])
    [choice] = decision.choices
    assert choice in choices()
    assert decision.reasons[0].choices == [choice]
    assert (str(choice), choice.to_dict()["id"]) == ("unknown-operator", "unknown-operator")
    assert decision.to_dict()["reasons"][0]["choices"] == ["unknown-operator"]
    assert decision.request.action == "s3:GetObject"


def test_an_evaluator_is_shared_by_threads() -> None:
    evaluator = Evaluator(identity=[READ])
    requests = [Request(ALICE, "s3:GetObject", f"arn:aws:s3:::b/{number}") for number in range(500)]
    outcomes: list[bool] = []

    def decide() -> None:
        outcomes.append(all(decision.allowed for decision in evaluator.evaluate_many(requests)))

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 4
