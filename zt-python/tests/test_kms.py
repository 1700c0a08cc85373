"""KMS: emulated by moto on loopback, and in memory."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import kms_client

from zt.crypto import (
    Client,
    DecryptError,
    KeyringError,
    KmsDiscoveryKeyring,
    KmsError,
    KmsKeyring,
    MultiKeyring,
    RawAesKeyring,
    inspect,
)
from zt.crypto.testing import InMemoryKms, KmsClientError

CONTEXT = {"tenant": "a"}


def test_round_trip(kms: Any, key_arn: str) -> None:
    client = Client(KmsKeyring(key_arn, client=kms))
    message = client.encrypt(b"secret", encryption_context=CONTEXT)
    assert client.decrypt(message, encryption_context=CONTEXT).plaintext == b"secret"
    (key,) = inspect(message).encrypted_data_keys
    assert (key.provider_id, key.provider_info.decode()) == ("aws-kms", key_arn)


def test_discovery(kms: Any, key_arn: str) -> None:
    message = Client(KmsKeyring(key_arn, client=kms)).encrypt(b"secret")
    account = key_arn.split(":")[4]
    found = KmsDiscoveryKeyring(account_ids=[account], client=kms)
    assert Client(found).decrypt(message).plaintext == b"secret"
    anybody = KmsDiscoveryKeyring.unfiltered(client=kms)
    assert Client(anybody).decrypt(message).plaintext == b"secret"
    other = KmsDiscoveryKeyring(account_ids=["999999999999"], client=kms)
    with pytest.raises(DecryptError) as raised:
        Client(other).decrypt(message)
    assert raised.value.code == "NO_MATCHING_KEY"
    assert key_arn in str(raised.value)
    with pytest.raises(KeyringError) as refused:
        Client(found).encrypt(b"x")
    assert refused.value.code == "KEYRING_CANNOT_ENCRYPT"
    with pytest.raises(TypeError):
        KmsDiscoveryKeyring(client=kms)  # type: ignore[call-arg]


def test_a_client_is_made(
    moto_url: str, key_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    client = Client(KmsKeyring(key_arn, endpoint_url=moto_url))
    assert client.decrypt(client.encrypt(b"secret")).plaintext == b"secret"
    account = key_arn.split(":")[4]
    found = KmsDiscoveryKeyring(account_ids=[account], region="us-east-1", endpoint_url=moto_url)
    assert Client(found).decrypt(client.encrypt(b"secret")).plaintext == b"secret"


def test_without_boto3(key_arn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ImportError, match=r"pip install 'zt-python\[boto3\]', or pass client="):
        KmsKeyring(key_arn)


def test_an_alias_encrypts_and_says_why_it_cannot_decrypt(kms: Any, key_arn: str) -> None:
    kms.create_alias(AliasName="alias/zt-tests", TargetKeyId=key_arn)
    client = Client(KmsKeyring("alias/zt-tests", client=kms))
    message = client.encrypt(b"secret")
    assert Client(KmsKeyring(key_arn, client=kms)).decrypt(message).plaintext == b"secret"
    with pytest.raises(DecryptError, match="alias") as raised:
        client.decrypt(message)
    assert raised.value.code == "NO_MATCHING_KEY"
    assert any(key_arn in key for key in raised.value.message_keys)


def test_kms_refuses(kms: Any, key_arn: str) -> None:
    absent = key_arn[:-12] + "000000000000"
    with pytest.raises(KmsError, match="NotFoundException") as raised:
        Client(KmsKeyring(absent, client=kms)).encrypt(b"x")
    error = raised.value
    assert (error.code, error.service_code) == ("KMS_REFUSED", "NotFoundException")
    assert (error.operation, error.key_id, error.retryable) == ("GenerateDataKey", absent, False)


def test_kms_is_not_reached(key_arn: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    kms = kms_client(url, retries={"total_max_attempts": 1}, connect_timeout=5)
    with pytest.raises(KmsError) as raised:
        Client(KmsKeyring(key_arn, client=kms)).encrypt(b"x")
    kms.close()
    assert (raised.value.code, raised.value.retryable) == ("KMS_UNREACHABLE", True)
    assert raised.value.service_code is None


def test_several_keys(kms: Any, key_arn: str) -> None:
    backup = RawAesKeyring("tests", "backup", bytes(32))
    message = Client(MultiKeyring(KmsKeyring(key_arn, client=kms), [backup])).encrypt(b"secret")
    assert Client(backup).decrypt(message).plaintext == b"secret"


def test_in_memory() -> None:
    kms = InMemoryKms()
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    client = Client(KmsKeyring(arn, client=kms, grant_tokens=["token"]))
    message = client.encrypt(b"secret", encryption_context=CONTEXT)
    assert client.decrypt(message).plaintext == b"secret"
    assert kms.calls == ["GenerateDataKey", "Decrypt"]
    kms.fail_next("ThrottlingException", "slow down")
    with pytest.raises(KmsError) as raised:
        client.decrypt(message)
    assert (raised.value.service_code, raised.value.retryable) == ("ThrottlingException", True)
    assert client.decrypt(message).plaintext == b"secret"
    kms.disable_key(KeyId=arn)
    with pytest.raises(KmsError, match="DisabledException"):
        client.encrypt(b"x")
    with pytest.raises(KmsClientError, match="DisabledException"):
        kms.decrypt(KeyId=arn, CiphertextBlob=b"x")


def test_in_memory_multi_region() -> None:
    kms = InMemoryKms()
    arn = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    replica = kms.replicate_key(arn, "eu-west-1")
    message = Client(KmsKeyring(arn, client=kms)).encrypt(b"secret")
    aware = KmsKeyring(replica, client=kms, multi_region_aware=True)
    assert Client(aware).decrypt(message).plaintext == b"secret"
    with pytest.raises(DecryptError):
        Client(KmsKeyring(replica, client=kms)).decrypt(message)


def test_a_client_that_answers_wrongly() -> None:
    arn = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000001"

    class Wrong:
        def __init__(self, answer: Any) -> None:
            self.answer = answer

        def generate_data_key(self, **members: Any) -> Any:
            return self.answer

    short = {"KeyId": arn, "Plaintext": b"short", "CiphertextBlob": b"x"}
    for answer in ({}, {"KeyId": arn}, short):
        with pytest.raises((KmsError, KeyringError)) as raised:
            Client(KmsKeyring(arn, client=Wrong(answer))).encrypt(b"x")
        assert raised.value.retryable is False
        assert "short" not in str(raised.value).replace("too short", "")
    for no_answer in (None, 7):
        with pytest.raises(TypeError):
            Client(KmsKeyring(arn, client=Wrong(no_answer))).encrypt(b"x")
    with pytest.raises(AttributeError, match="generate_data_key"):
        Client(KmsKeyring(arn, client=object())).encrypt(b"x")


def test_interrupts_come_through() -> None:
    class Interrupted:
        def generate_data_key(self, **members: Any) -> Any:
            raise KeyboardInterrupt

    arn = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000001"
    with pytest.raises(KeyboardInterrupt):
        Client(KmsKeyring(arn, client=Interrupted())).encrypt(b"x")


def test_async(kms: Any, key_arn: str) -> None:
    client = Client(KmsKeyring(key_arn, client=kms))

    async def main() -> list[bytes]:
        texts = [str(at).encode() for at in range(8)]
        tasks = [asyncio.create_task(client.encrypt_async(text, CONTEXT)) for text in texts]
        messages = await asyncio.gather(*tasks)
        results = await asyncio.gather(*(client.decrypt_async(one) for one in messages))
        with pytest.raises(DecryptError):
            await client.decrypt_async(b"no message")
        return [result.plaintext for result in results]

    assert asyncio.run(main()) == [str(at).encode() for at in range(8)]


def test_the_event_loop_is_free_while_kms_is_waited_for() -> None:
    kms = InMemoryKms()
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    answered = threading.Event()

    class Slow(InMemoryKms):
        def generate_data_key(self, **members: Any) -> Any:
            # Only the event loop sets it: a loop that is not free would wait here for ever.
            assert answered.wait(60)
            return kms.generate_data_key(**members)

    async def main() -> bytes:
        task = asyncio.create_task(Client(KmsKeyring(arn, client=Slow())).encrypt_async(b"x"))
        await asyncio.sleep(0)
        answered.set()
        return await task

    assert Client(KmsKeyring(arn, client=kms)).decrypt(asyncio.run(main())).plaintext == b"x"


def test_threads_share_a_client() -> None:
    kms = InMemoryKms()
    client = Client(KmsKeyring(kms.create_key()["KeyMetadata"]["Arn"], client=kms))

    def work(at: int) -> bool:
        text = bytes([at]) * 50_000
        return client.decrypt(client.encrypt(text)).plaintext == text

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))
    assert len(kms.calls) == 128
