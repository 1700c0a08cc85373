"""Messages: what goes in comes out, and what was altered does not."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import zt
from zt.crypto import (
    AlgorithmSuite,
    Client,
    CommitmentPolicy,
    DecryptError,
    EncryptError,
    KeyringError,
    KmsError,
    RawAesKeyring,
    RequiredEncryptionContext,
    ZtError,
    inspect,
)

KEY = bytes(range(32))
KEYRING = RawAesKeyring("tests", "k", KEY)


def for_suite(suite: AlgorithmSuite, **options: Any) -> Client:
    policy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
    if "COMMIT" not in suite.name:
        policy = CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    return Client(KEYRING, algorithm_suite=suite, commitment_policy=policy, **options)


def test_enums_are_those_of_the_library() -> None:
    from zt import _zt

    assert [(suite.name, suite.id) for suite in AlgorithmSuite] == _zt.algorithm_suites()
    assert [policy.value for policy in CommitmentPolicy] == _zt.commitment_policies()


@pytest.mark.parametrize("suite", AlgorithmSuite)
@pytest.mark.parametrize("length", [0, 1, 4095, 4096, 4097, 20_000])
def test_round_trip(suite: AlgorithmSuite, length: int) -> None:
    client = for_suite(suite)
    plaintext = bytes(at % 251 for at in range(length))
    message = client.encrypt(plaintext, encryption_context={"tenant": "a", "é": "ü"})
    result = client.decrypt(message, encryption_context={"tenant": "a"})
    assert result.plaintext == plaintext
    assert {"tenant": "a", "é": "ü"}.items() <= result.encryption_context.items()
    assert result.algorithm_suite is suite


def test_a_policy_has_a_suite_of_its_own() -> None:
    client = Client(KEYRING, commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
    assert inspect(client.encrypt(b"x")).algorithm_suite is AlgorithmSuite.AES_256_GCM_HKDF_SHA256
    # So that one who only reads has nothing else to say.
    assert client.decrypt(Client(KEYRING).encrypt(b"x")).plaintext == b"x"
    with pytest.raises(ZtError) as raised:
        Client(
            KEYRING,
            algorithm_suite=AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
            commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT,
        )
    assert raised.value.code == "COMMITMENT_POLICY"


def test_default_suite_and_policy() -> None:
    message = Client(KEYRING).encrypt(b"x")
    assert inspect(message).algorithm_suite is AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    with pytest.raises(ZtError) as raised:
        Client(KEYRING, algorithm_suite=AlgorithmSuite.AES_256_GCM_NO_KDF).encrypt(b"x")
    assert raised.value.code == "COMMITMENT_POLICY"
    old = for_suite(AlgorithmSuite.AES_256_GCM_NO_KDF).encrypt(b"x")
    with pytest.raises(DecryptError) as refused:
        Client(KEYRING).decrypt(old)
    assert refused.value.code == "COMMITMENT_POLICY"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer(kind: Callable[[bytes], Any]) -> None:
    client = Client(RawAesKeyring("tests", "k", kind(KEY)))
    message = client.encrypt(kind(b"secret"))
    assert client.decrypt(kind(message)).plaintext == b"secret"
    assert inspect(kind(message)).version == 2


def test_a_view_that_is_not_contiguous() -> None:
    client = Client(KEYRING)
    message = client.encrypt(memoryview(b"s_e_c_r_e_t_")[::2])
    assert client.decrypt(message).plaintext == b"secret"


@pytest.mark.parametrize("wrong", ["text", 7, None, [1, 2]])
def test_what_is_no_buffer(wrong: Any) -> None:
    client = Client(KEYRING)
    with pytest.raises(TypeError, match="expected bytes, not"):
        client.encrypt(wrong)
    with pytest.raises(TypeError, match="expected bytes, not"):
        client.decrypt(wrong)


@pytest.mark.parametrize("wrong", [{"a": 1}, {1: "a"}, {"a": None}, "a=b", 7, [("a", "b")]])
def test_what_is_no_context(wrong: Any) -> None:
    with pytest.raises(TypeError, match="an encryption context maps str to str: found <class"):
        Client(KEYRING).encrypt(b"x", encryption_context=wrong)


def test_every_flipped_byte_and_every_prefix_is_refused() -> None:
    client = Client(KEYRING)
    message = client.encrypt(b"attack at dawn", encryption_context={"tenant": "a"})
    for at in range(len(message)):
        altered = bytearray(message)
        altered[at] ^= 1
        with pytest.raises(DecryptError):
            client.decrypt(altered)
        with pytest.raises(DecryptError):
            client.decrypt(message[:at])
    with pytest.raises(DecryptError) as raised:
        client.decrypt(message + b"\0")
    assert raised.value.code == "TRAILING_BYTES"


def test_errors_say_what_is_not_secret() -> None:
    import base64

    client = Client(KEYRING)
    message = client.encrypt(b"x", encryption_context={"tenant": "a"})

    def refused(message: bytes, **context: str) -> DecryptError:
        with pytest.raises(DecryptError) as raised:
            client.decrypt(message, encryption_context=context)
        assert raised.value.retryable is False
        return raised.value

    assert refused(b"").code == "NOT_A_MESSAGE"
    assert refused(b"PK\3\4 a zip file").code == "NOT_A_MESSAGE"
    assert refused(base64.b64encode(message)).code == "BASE64_INPUT"
    assert refused(message[:20]).code == "TRUNCATED"
    assert refused(message, tenant="b").code == "ENCRYPTION_CONTEXT_MISMATCH"
    assert refused(message[:-1] + b"\0").code in {"NOT_AUTHENTIC"}
    other = Client(RawAesKeyring("tests", "other", KEY)).encrypt(b"x")
    error = refused(other)
    assert error.code == "NO_MATCHING_KEY"
    assert "other" in str(error.message_keys) and "k" in str(error.configured_keys)


def test_wrong_key_is_opaque() -> None:
    message = Client(RawAesKeyring("tests", "k", bytes(32))).encrypt(b"x")
    with pytest.raises(DecryptError) as raised:
        Client(KEYRING).decrypt(message)
    assert raised.value.code == "NOT_AUTHENTIC"
    assert "not authentic" in str(raised.value)


def test_limits() -> None:
    with pytest.raises(EncryptError) as raised:
        Client(KEYRING).encrypt(b"x", encryption_context={"aws-crypto-public-key": "a"})
    assert raised.value.code == "RESERVED_CONTEXT_KEY"
    with pytest.raises(ZtError) as frame:
        Client(KEYRING, frame_length=0)
    assert frame.value.code == "FRAME_LENGTH"
    with pytest.raises(ValueError, match="unknown algorithm suite `AES_1`: expected one of AES_128"):
        Client(KEYRING, algorithm_suite="AES_1")
    with pytest.raises(TypeError, match="expected a keyring"):
        Client(object())  # type: ignore[arg-type]


@pytest.mark.parametrize("backend", [None, "aws-lc-rs", "ring"])
def test_backends_and_threads_make_the_same_message(backend: Any) -> None:
    plaintext = bytes(3 << 20)
    for threads in (None, 1, 2):
        client = Client(KEYRING, backend=backend, threads=threads)
        assert Client(KEYRING).decrypt(client.encrypt(plaintext)).plaintext == plaintext
        assert client.decrypt(Client(KEYRING).encrypt(plaintext)).plaintext == plaintext


def test_backends_and_threads_that_are_none() -> None:
    with pytest.raises(ValueError, match="unknown backend `openssl`: expected one of aws-lc-rs, ring"):
        Client(KEYRING, backend="openssl")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="zero"):
        Client(KEYRING, threads=0)


def test_frames() -> None:
    message = Client(KEYRING, frame_length=16).encrypt(bytes(100))
    assert inspect(message).frame_length == 16
    assert Client(KEYRING).decrypt(message).plaintext == bytes(100)


def test_required_encryption_context() -> None:
    keyring = RequiredEncryptionContext(KEYRING, required_keys=("tenant",))
    assert keyring.required_keys == ("tenant",)
    client = Client(keyring)
    message = client.encrypt(b"x", encryption_context={"tenant": "a", "seen": "b"})
    assert inspect(message).encryption_context == {"seen": "b"}
    assert client.decrypt(message, encryption_context={"tenant": "a"}).plaintext == b"x"
    for context, code in [({}, "MISSING_CONTEXT_KEY"), ({"tenant": "b"}, "NOT_AUTHENTIC")]:
        with pytest.raises(DecryptError) as raised:
            client.decrypt(message, encryption_context=context)
        assert raised.value.code == code
    with pytest.raises(EncryptError) as missing:
        client.encrypt(b"x")
    assert missing.value.code == "MISSING_CONTEXT_KEY"
    with pytest.raises(TypeError):
        RequiredEncryptionContext(KEYRING, "tenant")


def test_inspect_needs_no_key() -> None:
    message = Client(KEYRING).encrypt(b"x", encryption_context={"tenant": "a"})
    info = inspect(message)
    assert info.encryption_context == {"tenant": "a"}
    assert info.authenticated is False
    assert len(info.message_id) == 32
    assert 0 < info.header_length < len(message)
    (key,) = info.encrypted_data_keys
    assert key.provider_id == "tests"
    assert key.provider_info.startswith(b"k")
    assert "authenticated=False" in repr(info)


def test_reprs_hide_secrets() -> None:
    secret = b"\xc3\xa9crystal-clear-wrapping-key-32b"
    keyring = RawAesKeyring("tests", "k", secret)
    client = Client(keyring)
    result = client.decrypt(client.encrypt(b"crystal-clear plaintext"))
    for shown in (keyring, client, result, RequiredEncryptionContext(keyring, ["a"])):
        for text in (repr(shown), str(shown)):
            assert "crystal" not in text
            assert secret.hex() not in text
            assert str(list(secret))[1:-1] not in text


def test_errors_have_one_root() -> None:
    for error in (DecryptError, EncryptError, KeyringError, KmsError, zt.PolicyError):
        assert issubclass(error, ZtError)
        # As in the tests of those who use this.
        raised = error("made up")
        assert (raised.code, raised.retryable) == ("ERROR", False)
    assert KmsError("made up").service_code is None


def test_errors_survive_pickling() -> None:
    with pytest.raises(DecryptError) as raised:
        Client(KEYRING).decrypt(b"")
    again = pickle.loads(pickle.dumps(raised.value))
    assert (type(again), again.code, str(again)) == (DecryptError, "NOT_A_MESSAGE", str(raised.value))


def test_keyrings_are_not_copied() -> None:
    for secret in (KEYRING, Client(KEYRING)):
        with pytest.raises(TypeError):
            pickle.dumps(secret)
        with pytest.raises(TypeError):
            copy.deepcopy(secret)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_draws_its_own_random_bytes() -> None:
    client = Client(KEYRING)
    client.encrypt(b"x")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, inspect(client.encrypt(bytes(3 << 20))).message_id)
        os._exit(0)
    os.close(writer)
    theirs = os.read(reader, 32)
    assert os.waitpid(child, 0)[1] == 0
    assert len(theirs) == 32
    assert theirs != inspect(client.encrypt(b"x")).message_id


def test_client_is_a_context_manager() -> None:
    with Client(KEYRING) as client:
        assert client.decrypt(client.encrypt(b"x")).plaintext == b"x"
