"""The process whose memory ``test_memory.py`` reads. It gets secrets masked, uses them, and lets go of them."""

from __future__ import annotations

import asyncio
import base64
import gc
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from zt.crypto import (
    AlgorithmSuite,
    Client,
    DataKeyCache,
    DecryptError,
    DecryptionMaterials,
    EncryptionMaterials,
    HierarchicalKeyring,
    Keyring,
    KmsKeyring,
    LocalKeyring,
    MultiKeyring,
    RawAesKeyring,
    RawEcdhKeyring,
    StaticBranchKeys,
    inspect,
)

CONTEXT = {"purpose": "test"}
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-00000000000"
LARGE = 3 << 20


class Known(Keyring):
    """Another keyring, with a data key that is known from outside."""

    def __init__(self, data_key: bytearray, inner: Keyring) -> None:
        self.data_key, self.inner = data_key, inner

    def on_encrypt(self, materials: EncryptionMaterials) -> None:
        materials.set_data_key(self.data_key)
        assert materials.data_key == self.data_key
        self.inner.on_encrypt(materials)

    def on_decrypt(self, materials: DecryptionMaterials) -> bytearray:
        data_key = self.inner.on_decrypt(materials)
        assert isinstance(data_key, bytearray)
        return data_key


class Kms:
    """A KMS client that always gives the same data key, in memory that can be wiped."""

    def __init__(self, data_key: bytearray) -> None:
        self.data_key = data_key

    def generate_data_key(self, *, KeyId: str, **members: Any) -> dict[str, object]:
        return {"KeyId": KeyId, "Plaintext": bytearray(self.data_key), "CiphertextBlob": b"wrapped"}

    def encrypt(self, *, KeyId: str, Plaintext: bytearray, **members: Any) -> dict[str, object]:
        assert Plaintext == self.data_key
        return {"KeyId": KeyId, "CiphertextBlob": b"wrapped"}

    def decrypt(self, *, KeyId: str, **members: Any) -> dict[str, object]:
        return {"KeyId": KeyId, "Plaintext": bytearray(self.data_key)}


class Source:
    """Gives bytes, and at one place in them tells the parent that keys are in use."""

    def __init__(self, data: bytes, tell: Any) -> None:
        self.data, self.at, self.tell = data, 0, tell

    def read(self, size: int) -> bytes:
        piece = self.data[self.at : self.at + size]
        self.at += len(piece)
        if self.tell is not None and self.at == len(self.data):
            self.tell()
            self.tell = None
        return piece


class Sink:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


def receive() -> bytearray:
    """A secret that comes masked. Numbers below 256 are never made anew, so only the result has it."""
    mask, masked = (base64.b64decode(sys.stdin.readline()) for _ in range(2))
    secret = bytearray(len(mask))
    for at in range(len(secret)):
        secret[at] = mask[at] ^ masked[at]
    return secret


def wipe(secret: bytearray) -> None:
    secret[:] = bytes(len(secret))


def say(what: str) -> None:
    print(what, flush=True)
    sys.stdin.readline()


def tell_header(message: bytes | bytearray) -> None:
    """The parent needs it to derive the keys."""
    print(base64.b64encode(inspect(message).message_id).decode(), flush=True)


def keyring_of(case: str, secret: bytearray, data_key: bytearray, public_pem: str) -> Keyring:
    match case:
        case "raw-ecdh":
            return Known(data_key, RawEcdhKeyring.static(secret, public_pem))
        case "hierarchical":
            version = "00000000-0000-4000-8000-000000000001"
            return Known(data_key, HierarchicalKeyring(StaticBranchKeys({"b": (version, secret)}), "b", ttl=60))
        case "local":
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "keys")
                return Known(data_key, LocalKeyring.open(path, passphrase=lambda: secret, create=True))
        case "kms":
            one, two = (KmsKeyring(KEY_ARN + number, client=Kms(data_key)) for number in "12")
            return MultiKeyring(one, [two])
        case _:
            return Known(data_key, RawAesKeyring("tests", "k", secret))


def refused(client: Client, message: bytes) -> None:
    try:
        client.decrypt(message, CONTEXT)
    except DecryptError:
        return
    raise AssertionError("it was altered")


def use(client: Client, plaintext: bytes) -> None:
    """Opened, altered, cut off, on another thread, into a file."""
    message = client.encrypt(plaintext, CONTEXT)
    tell_header(message)
    assert client.decrypt(message, CONTEXT).plaintext == plaintext
    refused(client, message[:-1] + bytes([message[-1] ^ 1]))
    refused(client, message[:-1])
    tag = inspect(message).header_length - 1
    refused(client, message[:tag] + bytes([message[tag] ^ 1]) + message[tag + 1 :])


async def later(client: Client) -> None:
    message = await client.encrypt_async(b"secret", CONTEXT)
    tell_header(message)
    await client.decrypt_async(message, CONTEXT)


def files(client: Client) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain, sealed = Path(folder, "plain"), Path(folder, "sealed")
        plain.write_bytes(bytes(10_000))
        client.encrypt_stream(plain, sealed, CONTEXT)
        tell_header(sealed.read_bytes())
        client.decrypt_stream(sealed, plain, CONTEXT)
        sealed.write_bytes(sealed.read_bytes()[:-1])
        try:
            client.decrypt_stream(sealed, plain, CONTEXT)
        except DecryptError:
            pass


def work(case: str, backend: Any, public_pem: str, pool: ThreadPoolExecutor) -> None:
    data_key, secret = receive(), receive()
    suite = AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    if case == "raw-aes-signed":
        suite = AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384
    keyring = keyring_of(case, secret, data_key, public_pem)
    wipe(secret)
    client = Client(keyring, algorithm_suite=suite, backend=backend, threads=2)
    cached = Client(keyring, algorithm_suite=suite, backend=backend, cache=DataKeyCache())
    use(client, b"secret")
    use(client, bytes(LARGE))
    use(cached, b"secret")
    pool.submit(use, cached, b"secret").result()
    asyncio.run(later(client))
    files(client)

    # In use: the content key in the middle of a stream, the data key in the cache.
    sealed, opened = Sink(), Sink()
    client.encrypt_stream(Source(bytes(LARGE), lambda: tell_header(sealed.data)), sealed, CONTEXT)
    wipe(data_key)
    say_in_use = Source(bytes(sealed.data), None if case == "kms" else lambda: say("in use"))
    if case == "kms":
        # Its KMS has no other data key to give than the one that was wiped.
        say("in use")
    else:
        client.decrypt_stream(say_in_use, opened, CONTEXT)
        assert opened.data == bytes(LARGE)


def main() -> None:
    case, backend, public_pem = sys.argv[1:]
    # A thread that lives on, with whatever is on its stack.
    with ThreadPoolExecutor(1) as pool:
        work(case, backend, public_pem, pool)
        gc.collect()
        say("done")


main()
