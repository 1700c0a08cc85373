"""The data key cache: how often KMS is asked, and what it says it saved."""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from zt.crypto import (
    Client,
    DataKeyCache,
    KeyringError,
    KmsError,
    KmsKeyring,
    MultiKeyring,
    RawAesKeyring,
    inspect,
)
from zt.crypto.testing import InMemoryKms

CONTEXT = {"tenant": "a"}


def key_arn(kms: InMemoryKms) -> str:
    arn: str = kms.create_key()["KeyMetadata"]["Arn"]
    return arn


def cached(kms: InMemoryKms, cache: DataKeyCache) -> Client:
    return Client(KmsKeyring(key_arn(kms), client=kms), cache=cache)


def test_one_call_for_many_messages() -> None:
    kms, cache = InMemoryKms(), DataKeyCache()
    client = cached(kms, cache)
    messages = [client.encrypt(b"secret", CONTEXT) for _ in range(10)]
    assert [client.decrypt(message, CONTEXT).plaintext for message in messages] == [b"secret"] * 10
    assert kms.calls == ["GenerateDataKey", "Decrypt"]
    assert len({inspect(message).message_id for message in messages}) == 10
    stats = cache.stats
    assert (stats.hits, stats.misses, stats.kms_calls_saved) == (18, 2, 18)
    assert (stats.refreshes, stats.bypassed, stats.entries) == (0, 0, 2)
    cache.clear()
    assert cache.stats.entries == 0
    client.encrypt(b"secret", CONTEXT)
    assert kms.calls[2:] == ["GenerateDataKey"]


@pytest.mark.parametrize(
    ("limits", "calls"),
    [
        ({"max_messages": 4}, 3),
        ({"max_bytes": 20}, 4),
        ({"max_entries": 1}, 1),
        ({"max_age": timedelta(days=1)}, 1),
        ({"max_messages": 1}, 10),
    ],
)
def test_limits_are_kept(limits: dict[str, Any], calls: int) -> None:
    kms = InMemoryKms()
    client = cached(kms, DataKeyCache(**limits))
    for _ in range(10):
        client.encrypt(b"secret", CONTEXT)
    assert kms.calls == ["GenerateDataKey"] * calls


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_entries": 0}, "data key cache: max_entries is 0, expected at least 1"),
        ({"max_age": 0}, "data key cache: max_age is 0ns, expected more than zero"),
        ({"max_messages": 2**32 + 1}, "max_messages is 4294967297, expected 1 to 4294967296"),
        ({"max_bytes": 2**63}, "max_bytes is 9223372036854775808, expected 1 to"),
    ],
)
def test_limits_out_of_range(limits: dict[str, Any], message: str) -> None:
    with pytest.raises(KeyringError) as raised:
        DataKeyCache(**limits)
    assert message in str(raised.value)
    assert raised.value.code == "CACHE_LIMIT"


def test_contexts_and_clients_do_not_share() -> None:
    kms, cache = InMemoryKms(), DataKeyCache()
    keyring = KmsKeyring(key_arn(kms), client=kms)
    for client in (Client(keyring, cache=cache), Client(keyring, cache=cache)):
        for tenant in ("a", "b", "a"):
            client.encrypt(b"secret", {"tenant": tenant})
    assert kms.calls == ["GenerateDataKey"] * 4


class Gated:
    """A KMS client that answers only once it is let."""

    def __init__(self, kms: InMemoryKms) -> None:
        self.kms = kms
        self.called, self.gate = threading.Event(), threading.Event()

    def generate_data_key(self, **members: Any) -> Any:
        answer = self.kms.generate_data_key(**members)
        self.called.set()
        assert self.gate.wait(30)
        return answer

    def decrypt(self, **members: Any) -> Any:
        return self.kms.decrypt(**members)


def test_callers_at_once_cost_one_call() -> None:
    kms, cache = InMemoryKms(), DataKeyCache()
    gated = Gated(kms)
    client = Client(KmsKeyring(key_arn(kms), client=gated), cache=cache)
    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(client.encrypt, b"secret", CONTEXT) for _ in range(16)]
        assert gated.called.wait(30)
        # The interpreter is free while they wait: this line runs.
        gated.gate.set()
        assert len({future.result() for future in waiting}) == 16
    assert kms.calls == ["GenerateDataKey"]
    assert cache.stats.kms_calls_saved == 15


def test_async_callers_cost_one_call() -> None:
    kms = InMemoryKms()
    client = cached(kms, DataKeyCache())

    async def all_at_once() -> None:
        await asyncio.gather(*(client.encrypt_async(b"secret", CONTEXT) for _ in range(16)))

    asyncio.run(all_at_once())
    assert kms.calls == ["GenerateDataKey"]


def test_a_storm_on_an_expired_entry_costs_one_call() -> None:
    kms = InMemoryKms()
    cache = DataKeyCache(max_messages=16)
    client = cached(kms, cache)
    with ThreadPoolExecutor(16) as pool:
        for round in range(1, 4):
            # Each round uses the entry up: the next finds none.
            for future in [pool.submit(client.encrypt, b"secret", CONTEXT) for _ in range(16)]:
                future.result()
            assert kms.calls == ["GenerateDataKey"] * round
    assert cache.stats.kms_calls_saved == 45


def test_who_is_cancelled_holds_up_nobody() -> None:
    kms = InMemoryKms()
    gated = Gated(kms)
    client = Client(KmsKeyring(key_arn(kms), client=gated), cache=DataKeyCache())

    async def main() -> None:
        asking, waiting, other = (asyncio.create_task(client.encrypt_async(b"secret")) for _ in range(3))
        await asyncio.to_thread(gated.called.wait, 30)
        asking.cancel()
        waiting.cancel()
        for cancelled in (asking, waiting):
            with pytest.raises(asyncio.CancelledError):
                await cancelled
        gated.gate.set()
        assert client.decrypt(await other).plaintext == b"secret"

    asyncio.run(main())
    # The thread of the one that was cancelled went on, and the others have its answer.
    assert kms.calls == ["GenerateDataKey", "Decrypt"]


def test_ctrl_c_is_heard_while_waiting() -> None:
    kms = InMemoryKms()
    gated = Gated(kms)
    client = Client(KmsKeyring(key_arn(kms), client=gated), cache=DataKeyCache())
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(client.encrypt, b"secret")
        assert gated.called.wait(30)
        before = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(KeyboardInterrupt):
                client.encrypt(b"secret")
        finally:
            signal.signal(signal.SIGALRM, before)
            gated.gate.set()
        assert client.decrypt(asking.result()).plaintext == b"secret"
    assert kms.calls == ["GenerateDataKey", "Decrypt"]


def test_failures_are_not_kept() -> None:
    kms = InMemoryKms()
    client = cached(kms, DataKeyCache())
    kms.fail_next("ThrottlingException", "Rate exceeded")
    with pytest.raises(KmsError) as raised:
        client.encrypt(b"secret", CONTEXT)
    assert raised.value.retryable
    client.encrypt(b"secret", CONTEXT)
    client.encrypt(b"secret", CONTEXT)
    assert kms.calls == ["GenerateDataKey"] * 2


def test_every_call_of_a_multi_keyring_is_saved() -> None:
    kms, cache = InMemoryKms(), DataKeyCache()
    one, two = (KmsKeyring(key_arn(kms), client=kms) for _ in range(2))
    escrow = RawAesKeyring("escrow", "safe", bytes(32))
    client = Client(MultiKeyring(one, [two, escrow]), cache=cache)
    for _ in range(3):
        client.encrypt(b"secret")
    assert kms.calls == ["GenerateDataKey", "Encrypt"]
    assert cache.stats.kms_calls_saved == 4


def test_only_a_cache_is_a_cache() -> None:
    with pytest.raises(TypeError):
        Client(RawAesKeyring("n", "k", bytes(32)), cache=object())  # type: ignore[arg-type]


def test_repr_shows_no_key() -> None:
    kms, cache = InMemoryKms(), DataKeyCache()
    cached(kms, cache).encrypt(b"secret")
    assert repr(cache) == "DataKeyCache(entries=1, hits=0)"
    assert "misses: 1" in repr(cache.stats)
