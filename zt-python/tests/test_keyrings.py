"""Keyrings: what each wraps it unwraps, and what it says when it cannot."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import pem

from zt.crypto import (
    AlgorithmSuite,
    Client,
    DecryptError,
    HierarchicalKeyring,
    Keyring,
    KeyringError,
    LocalKeyring,
    MultiKeyring,
    RawAesKeyring,
    RawEcdhKeyring,
    RawRsaKeyring,
    RsaPadding,
    StaticBranchKeys,
    inspect,
)

Keys = dict[str, dict[str, str]]


def seal(keyring: Keyring) -> bytes:
    return Client(keyring).encrypt(b"secret", encryption_context={"tenant": "a"})


def opened(keyring: Keyring, message: bytes) -> bytes:
    return Client(keyring).decrypt(message, encryption_context={"tenant": "a"}).plaintext


@pytest.mark.parametrize("length", [16, 24, 32])
def test_aes(length: int) -> None:
    keyring = RawAesKeyring("tests", "k", os.urandom(length))
    assert opened(keyring, seal(keyring)) == b"secret"


def test_aes_refused() -> None:
    with pytest.raises(KeyringError) as length:
        RawAesKeyring("tests", "k", bytes(20))
    assert length.value.code == "WRAPPING_KEY_LENGTH"
    assert str(length.value) == "wrapping key is 20 bytes, expected 16, 24 or 32"
    with pytest.raises(KeyringError) as namespace:
        RawAesKeyring("aws-kms", "k", bytes(32))
    assert namespace.value.code == "RESERVED_NAMESPACE"


@pytest.mark.parametrize("padding", [*RsaPadding, *(padding.name for padding in RsaPadding)])
def test_rsa(padding: RsaPadding | str, vector_keys: Keys) -> None:
    public = vector_keys["rsa-4096-public"]["material"]
    private = vector_keys["rsa-4096-private"]["material"]
    writer = RawRsaKeyring("tests", "k", padding, public_key_pem=public)
    reader = RawRsaKeyring("tests", "k", padding, private_key_pem=private.encode())
    assert opened(reader, seal(writer)) == b"secret"
    with pytest.raises(KeyringError) as raised:
        opened(writer, seal(writer))
    assert "no private key" in str(raised.value)


def test_rsa_padding_must_exist() -> None:
    with pytest.raises(ValueError, match="unknown RSA padding `OAEP`: expected one of PKCS1, OAEP_SHA1"):
        RawRsaKeyring("tests", "k", "OAEP", "", "")
    with pytest.raises(KeyringError, match="needs a public key, a private key, or both"):
        RawRsaKeyring("tests", "k", RsaPadding.OAEP_SHA256)


@pytest.mark.parametrize("curve", ["ecc-256-private", "ecc-384-private", "ecc-521-private"])
def test_ecdh(curve: str, vector_keys: Keys) -> None:
    key = vector_keys[curve]
    alice, bob = key["sender-material"], key["recipient-material"]
    to_alice = pem(key["sender-material-public-key"])
    to_bob = pem(key["recipient-material-public-key"])
    assert opened(RawEcdhKeyring.discovery(bob), seal(RawEcdhKeyring.ephemeral(to_bob))) == b"secret"
    from_alice = RawEcdhKeyring.static(alice, to_bob)
    from_bob = RawEcdhKeyring.static(bob, to_alice)
    assert opened(from_bob, seal(from_alice)) == b"secret"
    with pytest.raises(KeyringError) as raised:
        seal(RawEcdhKeyring.discovery(bob))
    assert raised.value.code == "KEYRING_CANNOT_ENCRYPT"


@pytest.mark.parametrize("ttl", [60, 0.5, timedelta(minutes=5)])
def test_hierarchical(ttl: float | timedelta) -> None:
    branch_keys = StaticBranchKeys({"b": (str(uuid.uuid4()), os.urandom(32))})
    keyring = HierarchicalKeyring(branch_keys, "b", ttl=ttl)
    message = seal(keyring)
    branch_keys.insert("b", uuid.uuid4(), os.urandom(32))
    assert opened(HierarchicalKeyring(branch_keys, "b", ttl=60), message) == b"secret"


def test_hierarchical_by_context() -> None:
    keys = {name: (str(uuid.uuid4()), os.urandom(32)) for name in ("for-a", "for-b")}
    keyring = HierarchicalKeyring(
        StaticBranchKeys(keys), lambda context: f"for-{context['tenant']}", ttl=60
    )
    message = seal(keyring)
    only = HierarchicalKeyring(StaticBranchKeys({"for-a": keys["for-a"]}), "for-a", ttl=60)
    assert opened(only, message) == b"secret"
    with pytest.raises(KeyError, match="tenant"):
        Client(keyring).encrypt(b"x")


@pytest.mark.parametrize("ttl", [-1, float("nan"), timedelta(seconds=-1)])
def test_durations_are_positive(ttl: Any) -> None:
    with pytest.raises(ValueError, match="positive|negative"):
        HierarchicalKeyring(StaticBranchKeys({}), "b", ttl=ttl)


def test_branch_key_versions_are_uuids() -> None:
    with pytest.raises(ValueError, match="branch key version `1` is not a UUID"):
        StaticBranchKeys({"b": ("1", bytes(32))})
    assert "\\x00" not in repr(StaticBranchKeys({"b": (uuid.uuid4(), bytes(32))}))


def test_multi() -> None:
    one, two = (RawAesKeyring("tests", name, os.urandom(32)) for name in ("one", "two"))
    message = seal(MultiKeyring(one, [two]))
    assert len(inspect(message).encrypted_data_keys) == 2
    for keyring in (one, two, MultiKeyring(children=(two,))):
        assert opened(keyring, message) == b"secret"
    three = RawAesKeyring("tests", "three", bytes(32))
    with pytest.raises(DecryptError) as raised:
        opened(three, message)
    assert raised.value.code == "NO_MATCHING_KEY"
    with pytest.raises(DecryptError) as limit:
        Client(one, max_encrypted_data_keys=1).decrypt(message)
    assert limit.value.code == "TOO_MANY_ENCRYPTED_DATA_KEYS"
    with pytest.raises(KeyringError):
        MultiKeyring()


@pytest.mark.parametrize("passphrase", [None, b"correct horse", lambda: bytearray(b"correct horse")])
def test_local(tmp_path: Path, passphrase: Any) -> None:
    path = tmp_path / "zt.key"
    keyring = LocalKeyring.open(path, passphrase=passphrase, create=True)
    message = seal(keyring)
    before = keyring.active_key_id
    assert keyring.rotate() == keyring.active_key_id != before
    again = LocalKeyring.open(str(path), passphrase=passphrase)
    assert again.path == path
    assert set(again.key_ids) == {before, keyring.active_key_id}
    assert opened(again, message) == b"secret"


def test_local_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="not found") as raised:
        LocalKeyring.open(tmp_path / "absent.key")
    assert raised.value.code == "KEY_FILE"
    assert list(tmp_path.iterdir()) == []
    LocalKeyring.open(tmp_path / "zt.key", passphrase=b"right", create=True)
    for wrong in (None, b"wrong"):
        with pytest.raises(KeyringError) as refused:
            LocalKeyring.open(tmp_path / "zt.key", passphrase=wrong)
        assert refused.value.code == "KEY_FILE"
    (tmp_path / "bad.key").write_bytes(b"not a key file")
    (tmp_path / "bad.key").chmod(0o600)
    with pytest.raises(KeyringError) as bad:
        LocalKeyring.open(tmp_path / "bad.key")
    assert bad.value.code == "KEY_FILE"


class Counting(Keyring):
    """Adds to another keyring."""

    def __init__(self, inner: Keyring) -> None:
        self.inner = inner
        self.calls: list[str] = []

    def on_encrypt(self, materials: Any) -> None:
        self.calls.append("encrypt")
        self.inner.on_encrypt(materials)

    def on_decrypt(self, materials: Any) -> Any:
        self.calls.append("decrypt")
        return self.inner.on_decrypt(materials)


class Xor(Keyring):
    """All of a keyring's own: no keyring to use."""

    def on_encrypt(self, materials: Any) -> None:
        assert materials.encryption_context == {"tenant": "a"}
        assert materials.algorithm_suite is AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
        key = materials.data_key_or_generate()
        assert materials.data_key == key
        materials.add_encrypted_data_key("xor", b"7", bytes(byte ^ 7 for byte in key))
        assert materials.encrypted_data_keys[-1].provider_id == "xor"

    def on_decrypt(self, materials: Any) -> bytes | None:
        for key in materials.encrypted_data_keys:
            if key.provider_id == "xor":
                return bytes(byte ^ 7 for byte in key.ciphertext)
        return None


def test_keyring_of_ones_own() -> None:
    assert opened(Xor(), seal(Xor())) == b"secret"
    other = seal(RawAesKeyring("tests", "k", bytes(32)))
    with pytest.raises(DecryptError) as raised:
        opened(Xor(), other)
    assert raised.value.code == "NO_MATCHING_KEY"
    aes = RawAesKeyring("tests", "k", bytes(32))
    message = seal(MultiKeyring(aes, [Xor()]))
    assert opened(aes, message) == opened(Xor(), message) == b"secret"
    assert opened(MultiKeyring(children=[Xor(), aes]), other) == b"secret"


def test_keyring_that_adds_to_another() -> None:
    keyring = Counting(RawAesKeyring("tests", "k", bytes(32)))
    assert opened(keyring, seal(keyring)) == b"secret"
    assert keyring.calls == ["encrypt", "decrypt"]
    assert repr(keyring) == "Counting(...)"


def test_copies_of_the_data_key_are_wiped() -> None:
    kept: list[bytearray] = []

    class Keeping(Xor):
        inner = RawAesKeyring("tests", "k", bytes(32))
        fails = False

        def on_encrypt(self, materials: Any) -> None:
            kept.extend((materials.data_key_or_generate(), materials.data_key))
            self.inner.on_encrypt(materials)
            assert kept[-2] == kept[-1] != bytes(32)
            if self.fails:
                raise LookupError("the HSM is away")

        def on_decrypt(self, materials: Any) -> Any:
            data_key = self.inner.on_decrypt(materials)
            assert isinstance(data_key, bytearray)
            kept.append(data_key)
            return data_key

    keyring = Keeping()
    message = seal(keyring)
    assert opened(keyring, message) == b"secret"
    keyring.fails = True
    with pytest.raises(LookupError):
        seal(keyring)
    assert [type(key) for key in kept] == [bytearray] * 5
    assert kept == [bytes(32)] * 5


def test_keyring_that_fails() -> None:
    class Failing(Xor):
        def on_encrypt(self, materials: Any) -> None:
            raise LookupError("the HSM is away")

        on_decrypt = on_encrypt

    with pytest.raises(LookupError, match="the HSM is away"):
        seal(Failing())
    with pytest.raises(LookupError, match="the HSM is away"):
        opened(Failing(), seal(Xor()))


def test_keyring_that_forgets() -> None:
    class Empty(Keyring):
        def on_encrypt(self, materials: Any) -> None:
            self.kept = materials

    keyring = Empty()
    with pytest.raises(KeyringError):
        seal(keyring)
    with pytest.raises(RuntimeError, match="only within on_encrypt"):
        keyring.kept.data_key_or_generate()
    with pytest.raises(NotImplementedError, match="does not decrypt"):
        opened(keyring, seal(Xor()))


def test_keyring_with_a_wrong_key() -> None:
    class Wrong(Xor):
        def on_decrypt(self, materials: Any) -> bytes | None:
            return self.key

        def __init__(self, key: bytes) -> None:
            self.key = key

    for key, kind in [(bytes(32), DecryptError), (bytes(5), KeyringError)]:
        with pytest.raises(kind):
            opened(Wrong(key), seal(Xor()))
