"""No key is left in memory after use: seen from outside, by a scan of another process.

``memory_child.py`` works with keys that it is given masked, so that they stand in its memory only where
it uses them. This process reads the child's memory while keys are in use, when they must be found, and
after, when they must not. What is looked for is each 16 bytes of each key by themselves.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from zt import _zt

CHILD = Path(__file__).with_name("memory_child.py")
BLOCK = 1 << 20

# No other system lets a process read another's memory without privileges.
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/PID/mem")

# The backends differ in what they do with the content key; wrapping has the fastest one, always.
CASES = [
    *((case, backend) for case in ("raw-aes", "raw-aes-signed") for backend in _zt.backends()),
    *((case, _zt.backends()[-1]) for case in ("raw-ecdh", "hierarchical", "local", "kms")),
]


class Secrets:
    """What to look for: pieces of 16 bytes, and of which key they are."""

    def __init__(self) -> None:
        self.pieces: dict[bytes, str] = {}

    def add(self, name: str, key: bytes) -> None:
        for at in range(0, len(key) - 15, 16):
            self.pieces[key[at : at + 16]] = name

    def derived(self, data_key: bytes, message_id: bytes) -> None:
        """HKDF-SHA-512 (RFC 5869) of suites 0x0478 and 0x0578, without this package."""
        key = hmac.digest(message_id, data_key, hashlib.sha512)
        self.add("pseudorandom key", key)
        for suite in (b"\x04\x78", b"\x05\x78"):
            self.add("content key", hmac.digest(key, suite + b"DERIVEKEY\x01", hashlib.sha512)[:32])

    def scan(self, pid: int) -> Counter[str]:
        """How many pieces of each key are in the memory of a process."""
        found: Counter[str] = Counter()
        scanned = 0
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for line in maps:
                place, rights = line.split()[:2]
                if not rights.startswith("rw"):
                    continue  # keys are only where something can be written
                start, end = (int(at, 16) for at in place.split("-"))
                for at in range(start, end, BLOCK):
                    try:
                        block = os.pread(memory.fileno(), min(BLOCK + 15, end - at), at)
                    except OSError:
                        continue  # what cannot be read is no memory
                    scanned += len(block)
                    if block.count(0) == len(block):
                        continue
                    for piece, name in self.pieces.items():
                        if piece in block:
                            found[name] += 1
        assert scanned > 1 << 20, f"only {scanned} bytes could be read"
        return found


class Child:
    """The process with the secrets."""

    def __init__(self, case: str, backend: str, public_pem: str) -> None:
        command = [sys.executable, str(CHILD), case, backend, public_pem]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, secret: bytes) -> None:
        mask = os.urandom(len(secret))
        for part in (mask, bytes(a ^ b for a, b in zip(mask, secret, strict=True))):
            self.go_on(base64.b64encode(part).decode())

    def go_on(self, line: str = "") -> None:
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)

    def hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the child ended early"
        return line.strip()


@pytest.mark.parametrize(("case", "backend"), CASES)
def test_no_key_is_left(case: str, backend: str) -> None:
    secrets, data_key = Secrets(), os.urandom(32)
    given, public_pem = wrapping_secret(case, secrets)
    secrets.add("data key", data_key)
    child = Child(case, backend, public_pem)
    try:
        child.send(data_key)
        child.send(given)
        while (line := child.hear()) != "in use":
            secrets.derived(data_key, base64.b64decode(line))
        in_use = secrets.scan(child.process.pid)
        child.go_on()
        assert child.hear() == "done"
        after = secrets.scan(child.process.pid)
        child.go_on()
        assert child.process.wait() == 0
    finally:
        child.process.kill()
        child.process.communicate()
    # The first shows that the second would find it, where it is kept for longer than a call.
    expected = {"data key"} if case == "kms" else {"data key", "content key"}
    if case.startswith("raw-aes"):
        expected.add("wrapping key")
    assert expected <= in_use.keys()
    assert after == {}, f"left in memory: {after}"


def wrapping_secret(case: str, secrets: Secrets) -> tuple[bytes, str]:
    """What the child gets, noted with all that stands for it in memory; and the other's public key."""
    if case != "raw-ecdh":
        secret = os.urandom(20).hex().encode() if case == "local" else os.urandom(32)
        secrets.add({"local": "passphrase", "kms": "unused"}.get(case, "wrapping key"), secret)
        return secret, ""
    own, other = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
    scalar = own.private_numbers().private_value
    secrets.add("private key", scalar.to_bytes(48, "big"))
    secrets.add("private key, little-endian", scalar.to_bytes(48, "little"))
    pem = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # Within the first lines, where the scalar starts.
    secrets.add("private key, PEM", pem.splitlines()[1][40:56])
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    return pem, other.public_key().public_bytes(serialization.Encoding.PEM, public).decode()
