"""Messages that others wrote: each gives its documented result. The data: testdata/esdk/README.md."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import VECTORS, pem

from zt.crypto import (
    Client,
    CommitmentPolicy,
    DecryptError,
    HierarchicalKeyring,
    Keyring,
    MultiKeyring,
    RawAesKeyring,
    RawEcdhKeyring,
    RawRsaKeyring,
    StaticBranchKeys,
    ZtError,
)


class Folder:
    """A manifest, its keys and its cases."""

    def __init__(self, name: str) -> None:
        self.path = VECTORS / name
        self.keys = json.loads((self.path / "keys.json").read_text())["keys"]
        tests = json.loads((self.path / "manifest.json").read_text())["tests"]
        self.cases: dict[str, dict[str, Any]] = {
            name: case.get("decryption-scenario", case) for name, case in tests.items()
        }

    def read(self, uri: str) -> bytes:
        return Path(self.path, uri.removeprefix("file://")).read_bytes()

    def keyring(self, case: dict[str, Any]) -> Keyring:
        described = case.get("master-keys") or [case["decryptKeyDescription"]]
        return MultiKeyring(children=[key for one in described for key in self.described(one)])

    def described(self, key: dict[str, Any]) -> list[Keyring]:
        match key["type"]:
            case "raw" if key["encryption-algorithm"] == "aes":
                found = self.keys[key["key"]]
                material = base64.b64decode(found["material"])
                return [RawAesKeyring(key["provider-id"], found["key-id"], material)]
            case "raw":
                return [self.rsa(key)]
            case "multi-keyring":
                children = [key["generator"], *key["childKeyrings"]]
                return [keyring for child in children for keyring in self.described(child)]
            case "raw-ecdh":
                return [self.ecdh(key)]
            case "aws-kms-hierarchy":
                found = self.keys[key["key"]]
                branch_key = base64.b64decode(found["branchKey"])
                keys = StaticBranchKeys({found["key-id"]: (found["branchKeyVersion"], branch_key)})
                return [HierarchicalKeyring(keys, found["key-id"], ttl=60)]
            case "required-encryption-context-cmm":
                return self.described(key["underlying"])
            case other:
                raise AssertionError(f"no keyring for {other}")

    def rsa(self, key: dict[str, Any]) -> Keyring:
        found = self.keys[key["key"]]
        padding = "PKCS1"
        if key["padding-algorithm"] != "pkcs1":
            padding = f"OAEP_{key['padding-hash'].upper()}"
        which = f"{found['type']}_key_pem"
        return RawRsaKeyring(
            key["provider-id"], found["key-id"], padding, **{which: found["material"]}
        )

    def ecdh(self, key: dict[str, Any]) -> Keyring:
        found = self.keys[key["recipient"]]
        if key["schema"] == "discovery":
            return RawEcdhKeyring.discovery(found["recipient-material"])
        recipient = pem(found["recipient-material-public-key"])
        return RawEcdhKeyring.static(found["sender-material"], recipient)

    def decrypt(self, case: dict[str, Any]) -> bytes:
        context = case.get("reproduced-encryption-context", {})
        if case.get("cmm") == "RequiredEncryptionContext":
            context = case["encryption-context"]
        policy = CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
        client = Client(self.keyring(case), commitment_policy=policy)
        return client.decrypt(self.read(case["ciphertext"]), context).plaintext


@pytest.mark.parametrize(
    ("name", "count"),
    [("esdk-4.1.0-dafny", 150), ("net-4.0.0-valid", 4), ("net-4.0.1", 51), ("py-4.0.7", 149), ("zt-0.1.0", 21)],
)
def test_opens(name: str, count: int) -> None:
    folder = Folder(name)
    for test, case in folder.cases.items():
        uri = case["result"]
        if not isinstance(uri, str):
            uri = uri["output"]["plaintext"]
        assert folder.decrypt(case) == folder.read(uri), test
    assert len(folder.cases) == count


@pytest.mark.parametrize(("name", "count"), [("mutated-must-fail", 323), ("net-4.0.0-must-fail", 14)])
def test_refuses(name: str, count: int) -> None:
    folder = Folder(name)
    for case in folder.cases.values():
        with pytest.raises(DecryptError):
            folder.decrypt(case)
    assert len(folder.cases) == count


class Known(Keyring):
    """Unwraps nothing: it holds the data key."""

    def __init__(self, data_key: bytes) -> None:
        self.data_key = data_key

    def on_decrypt(self, materials: object) -> bytes:
        return self.data_key


def test_known_answers_for_commitment() -> None:
    file = VECTORS / "commitment-kat" / "commitment_known_answer_tests.json"
    results = []
    for test in json.loads(file.read_text())["tests"]:
        client = Client(Known(base64.b64decode(test["decrypted-dek"])))
        message = base64.b64decode(test["ciphertext"])
        if test["status"]:
            frames = "".join(test["plaintext-frames"])
            assert client.decrypt(message).plaintext == frames.encode(), test["comment"]
        else:
            with pytest.raises(ZtError):
                client.decrypt(message)
        results.append(test["status"])
    assert (results.count(True), results.count(False)) == (20, 4)
