"""What the types say: right uses pass ``mypy --strict``, wrong ones do not."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest
from mypy import api

RIGHT = """
import io
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import assert_type
from zt import ZtError
from zt.crypto import (
    AlgorithmSuite, Client, DecryptionMaterials, DecryptResult, EncryptionMaterials,
    HierarchicalKeyring, Keyring, KmsKeyring, LocalKeyring, MultiKeyring, RawAesKeyring,
    RequiredEncryptionContext, RsaPadding, RawRsaKeyring, StaticBranchKeys, inspect,
)
from zt.crypto.testing import InMemoryKms
from zt import actions, catalog
from zt.policy import (
    UNKNOWN, AccessMatrix, Choice, Condition, Context, Equivalence, Evaluator, Finding, JointDecision, Policy, Request,
    Rule, Statement, Suggestion, choices, equivalent, evaluate, guardrails, keys, rules, validate,
)

class Mine(Keyring):
    def on_encrypt(self, materials: EncryptionMaterials) -> None:
        materials.add_encrypted_data_key("mine", b"", materials.data_key_or_generate())

    def on_decrypt(self, materials: DecryptionMaterials) -> bytes | None:
        return materials.encrypted_data_keys[0].ciphertext

client = Client(MultiKeyring(RawAesKeyring("a", "b", bytearray(32)), [Mine()]), frame_length=512)
assert_type(client.encrypt(memoryview(b""), {"a": "b"}), bytes)
assert_type(client.decrypt(b""), DecryptResult)
assert_type(client.decrypt(b"").algorithm_suite, AlgorithmSuite)
client.encrypt_stream(Path("a"), "b", progress=lambda done, total: print(done, total))
client.decrypt_stream(io.BytesIO(), open("b", "wb"))
with client as same:
    assert_type(same, Client)
async def main() -> bytes:
    return await client.encrypt_async(b"", encryption_context={})
Client(RequiredEncryptionContext(LocalKeyring.open("p", passphrase=lambda: b""), ["a"]))
HierarchicalKeyring(StaticBranchKeys({"b": ("v", b"")}), "b", ttl=timedelta(minutes=1))
KmsKeyring("arn", client=InMemoryKms(), grant_tokens=["a"])
RawRsaKeyring("a", "b", RsaPadding.PKCS1, private_key_pem="")
assert_type(inspect(b"").frame_length, int | None)

condition = keys.aws.multi_factor_auth_present.if_exists().is_(False)
assert_type(condition, Condition)
keys.aws.tag_keys.for_any_value().is_like("a*")
keys.aws.current_time.before(datetime.now(timezone.utc))
keys.aws.principal_tag("team").is_not("a")
policy = Policy([Statement.deny("Sid").not_actions("a:b").resources("*").when(condition)])
request = Request({"Service": "a"}, "a:b", "*", context={"aws:SourceIp": UNKNOWN})
decision = evaluate(request, identity=[policy, "{}", {}], scps=[[policy]])
if decision.outcome == "unknown":
    print(decision.unknown_keys, [reason.text for reason in decision.reasons])
evaluator = Evaluator(identity=[("mine", policy)], scps=[[("p-1", "{}"), policy]], boundaries=policy)
evaluator.evaluate_many([request])
joint = evaluator.evaluate_all(request.for_each(["a", "b"]))
assert_type(joint, JointDecision)
assert_type(joint.failed[0].choices, list[Choice])
context: Context = {"aws:SourceIp": "10.0.0.1", "aws:TagKeys": {"a"}, "aws:CurrentTime": datetime.now(timezone.utc)}
request.with_context(context)
matrix = AccessMatrix([("a", {"Service": "a"}, evaluator)], ["a:b"], ["*"], resource_accounts={"*": "1"}, context=context)
assert_type(matrix.entries()[0][1].allowed, bool)
found = validate(policy, "scp", now=datetime.now(timezone.utc), size_limit="scp")
assert_type(found, list[Finding])
if (suggestion := found[0].suggestion) is not None:
    assert_type(suggestion, Suggestion)
    assert_type(suggestion.apply(policy), Policy)
assert_type(rules(), list[Rule])
assert_type(choices(), list[Choice])
assert_type(equivalent(policy, policy.minimize().normalize()), Equivalence)
assert_type(policy.split("managed_policy"), list[Policy])
guardrail: Policy = guardrails.require_mfa(max_age=timedelta(hours=1))
assert_type(guardrails.restrict_access(actions=["a:b"], require_tls=True).deny().limits, list[str])
guardrails.temporary_access(policy, datetime.now(timezone.utc)).trust("arn", when=[condition])
guardrails.trust.oidc("arn", "audience", ["subject"], not_after=datetime.now(timezone.utc))
assert_type(actions.s3.GetObject, catalog.Action)
Statement.allow().actions(actions.lambda_.InvokeFunction, *catalog.expand("s3:Get*"))
keys.s3.max_keys.at_most(10)
keys.s3.existing_object_tag("stage").is_("test")
keys.events.metadata("a").for_any_value().is_like("b*")
try:
    pass
except ZtError as error:
    assert_type(error.code, str)
"""


def check(text: str, folder: Path) -> list[str]:
    """The errors of mypy, each as ``line: code``."""
    file = folder / "use.py"
    file.write_text(text)
    cache = f"--cache-dir={folder / 'cache'}"
    out, err, _ = api.run(["--strict", "--config-file=", cache, str(file)])
    assert err == ""
    return [
        f"{line}: {code}" for line, code in re.findall(r"use\.py:(\d+): error: .*\[([\w-]+)\]", out)
    ]


def test_right_uses(tmp_path: Path) -> None:
    assert check(RIGHT, tmp_path) == []


def test_wrong_uses(tmp_path: Path) -> None:
    head = "from zt.crypto import *\nfrom zt.policy import *\nfrom zt.policy import keys\nfrom zt import actions\n"
    wrong = [
        # An operator that the key's type does not have.
        ("keys.aws.source_ip.is_like('10.*')", "attr-defined"),
        ("keys.aws.source_ip.is_('10.0.0.1')", "attr-defined"),
        ("keys.aws.source_ip.before('2025-01-01T00:00:00Z')", "attr-defined"),
        ("keys.aws.current_time.is_like('2025*')", "attr-defined"),
        ("keys.aws.username.at_most(7)", "attr-defined"),
        ("keys.aws.multi_factor_auth_present.is_not(True)", "attr-defined"),
        # A value that the key's type does not have.
        ("keys.aws.multi_factor_auth_present.is_('false')", "arg-type"),
        ("keys.aws.username.is_(7)", "arg-type"),
        ("keys.NumericKey('s3:max-keys').at_most('10')", "arg-type"),
        ("keys.s3.max_keys.is_like('1*')", "attr-defined"),
        ("keys.s3.prefx", "attr-defined"),
        ("keys.s4", "attr-defined"),
        # Actions and services that AWS does not have.
        ("actions.s3.GetObjct", "attr-defined"),
        ("actions.s4", "attr-defined"),
        # Several values, and not said how they are compared; one value, and said.
        ("keys.aws.tag_keys.is_('a')", "attr-defined"),
        ("keys.aws.tag_keys.if_exists()", "attr-defined"),
        ("keys.aws.source_ip.for_any_value()", "attr-defined"),
        ("keys.aws.multi_factor_auth_presnt", "attr-defined"),
        # Messages.
        ("Client(RawAesKeyring('a', 'b', 'text'))", "arg-type"),
        ("Client(RawAesKeyring('a', 'b', b'')).encrypt('text')", "arg-type"),
        ("Client(RawAesKeyring('a', 'b', b'')).encrypt(b'', {'a': 1})", "dict-item"),
        ("KmsDiscoveryKeyring()", "call-arg"),
        ("Client(InMemoryKms())", "name-defined"),
        ("Request('*', 'a:b')", "call-arg"),
        ("Policy(Statement.allow())", "arg-type"),
        # Kinds and limits that there are not.
        ("validate({}, 'bucket')", "arg-type"),
        ("validate({}, 'scp', '2026-01-01')", "call-arg"),
        ("Policy([]).split('identity')", "arg-type"),
        ("validate({})[0].severity == 'fatal'", "comparison-overlap"),
        # Parameters that there are not, or that are something else.
        ("guardrails.require_mfa(max_age='1h')", "arg-type"),
        ("guardrails.restrict_access(source_ip=['10.0.0.0/8'])", "call-arg"),
        ("guardrails.restrict_access(source_ips=[10])", "list-item"),
        ("guardrails.restrict_access().limits()", "operator"),
        ("guardrails.temporary_access({})", "call-arg"),
        ("guardrails.temporary_access({}, 1767225600)", "arg-type"),
        ("guardrails.trust.third_party('444455556666')", "call-arg"),
        ("guardrails.trust.principal('arn', when=['a'])", "list-item"),
        # Values and policies in the wrong place.
        ("Request('*', 'a:b', '*', context={'a:b': None})", "dict-item"),
        ("Evaluator(scps=[Policy([])])", "list-item"),
        ("Evaluator(identity=[(Policy([]), 'name')])", "list-item"),
        ("AccessMatrix([('a', '*')], [], [])", "list-item"),
        ("equivalent({}, 1)", "arg-type"),
    ]
    text = head + "\n".join(line for line, _ in wrong)
    expected = [f"{number}: {code}" for number, (_, code) in enumerate(wrong, start=5)]
    assert check(text, tmp_path) == expected


@pytest.mark.parametrize("package", ["zt", "zt.catalog", "zt.crypto", "zt.policy", "zt.policy.guardrails", "zt.policy.guardrails.trust", "zt.policy.keys"])
def test_all_is_all(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(module.__all__) == sorted(set(module.__all__))
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, type) or inspect.isroutine(value):
            assert value.__doc__, name
