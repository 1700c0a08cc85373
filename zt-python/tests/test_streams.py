"""Streams and files: whole or not at all."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from zt.crypto import (
    AlgorithmSuite,
    Client,
    CommitmentPolicy,
    DecryptError,
    RawAesKeyring,
    StreamResult,
)

CLIENT = Client(RawAesKeyring("tests", "k", bytes(range(32))))
SIGNED = Client(
    RawAesKeyring("tests", "k", bytes(range(32))),
    algorithm_suite=AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
)
MIB = 1024 * 1024


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain"
    path.write_bytes(os.urandom(3 * MIB + 17))
    return path


@pytest.mark.parametrize("client", [CLIENT, SIGNED], ids=["unsigned", "signed"])
def test_files(client: Client, plain: Path, tmp_path: Path) -> None:
    sealed, again = tmp_path / "sealed", tmp_path / "again"
    seen: list[tuple[int, int | None]] = []
    done = client.encrypt_stream(
        plain, sealed, encryption_context={"tenant": "a"}, progress=lambda *at: seen.append(at)
    )
    size = plain.stat().st_size
    assert done == size
    assert seen[-1] == (size, size)
    assert [at for at, _ in seen] == sorted({at for at, _ in seen})
    seen.clear()
    result = client.decrypt_stream(
        str(sealed), again, encryption_context={"tenant": "a"}, progress=lambda *at: seen.append(at)
    )
    assert again.read_bytes() == plain.read_bytes()
    assert isinstance(result, StreamResult)
    assert result.encryption_context["tenant"] == "a"
    assert seen[-1] == (sealed.stat().st_size, sealed.stat().st_size)
    assert client.decrypt(sealed.read_bytes()).plaintext == plain.read_bytes()


def test_file_objects(plain: Path) -> None:
    sealed, again = io.BytesIO(), io.BytesIO()
    with plain.open("rb") as source:
        CLIENT.encrypt_stream(source, sealed)
    sealed.seek(0)
    totals: set[int | None] = set()
    CLIENT.decrypt_stream(sealed, again, progress=lambda done, total: totals.add(total))
    assert again.getvalue() == plain.read_bytes()
    assert totals == {None}


class Odd:
    """A reader of bytearrays in small pieces, a writer of a few bytes at a time."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)

    def read(self, size: int) -> bytearray:
        piece = self.data[: min(size, 7)]
        del self.data[: len(piece)]
        return piece

    def write(self, data: bytes) -> int:
        self.data += data[:5]
        return min(len(data), 5)


def test_objects_that_read_and_write_little() -> None:
    sealed, again = Odd(), Odd()
    CLIENT.encrypt_stream(Odd(bytes(10_000)), sealed)
    CLIENT.decrypt_stream(Odd(bytes(sealed.data)), again)
    assert again.data == bytes(10_000)


def test_a_truncated_file_leaves_nothing(plain: Path, tmp_path: Path) -> None:
    CLIENT.encrypt_stream(plain, tmp_path / "sealed")
    whole = (tmp_path / "sealed").read_bytes()
    for cut in (0, 10, 300, MIB, len(whole) - 1):
        (tmp_path / "cut").write_bytes(whole[:cut])
        with pytest.raises(DecryptError):
            CLIENT.decrypt_stream(tmp_path / "cut", tmp_path / "again")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["cut", "plain", "sealed"]


def test_a_failure_keeps_the_file_that_was_there(plain: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    with pytest.raises(DecryptError):
        CLIENT.decrypt_stream(plain, target)
    assert target.read_bytes() == b"precious"


def test_signed_plaintext_waits_for_its_signature(plain: Path) -> None:
    message = bytearray(SIGNED.encrypt(plain.read_bytes()))
    message[-1] ^= 1
    sink = io.BytesIO()
    with pytest.raises(DecryptError):
        SIGNED.decrypt_stream(io.BytesIO(message), sink)
    assert sink.getvalue() == b""


@pytest.mark.parametrize("last", [False, True], ids=["at first", "at last"])
def test_progress_that_raises_ends_the_work(last: bool, plain: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if not last or done == total:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        CLIENT.encrypt_stream(plain, tmp_path / "sealed", progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]
    CLIENT.encrypt_stream(plain, tmp_path / "sealed")
    with pytest.raises(LookupError, match="enough"):
        CLIENT.decrypt_stream(tmp_path / "sealed", tmp_path / "again", progress=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain", "sealed"]


def test_what_a_file_object_raises_comes_back(tmp_path: Path) -> None:
    class Broken:
        def read(self, size: int) -> bytes:
            raise ConnectionResetError("the peer is gone")

        def write(self, data: bytes) -> int:
            raise BlockingIOError("the pipe is full")

    with pytest.raises(ConnectionResetError, match="the peer is gone"):
        CLIENT.encrypt_stream(Broken(), tmp_path / "sealed")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BlockingIOError, match="the pipe is full"):
        CLIENT.encrypt_stream(io.BytesIO(b"x"), Broken())


def test_paths_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as absent:
        CLIENT.encrypt_stream(tmp_path / "absent", tmp_path / "sealed")
    assert absent.value.filename == str(tmp_path / "absent")
    (tmp_path / "plain").write_bytes(b"x")
    with pytest.raises(FileNotFoundError):
        CLIENT.encrypt_stream(tmp_path / "plain", tmp_path / "no folder" / "sealed")
    with pytest.raises(OSError):
        CLIENT.encrypt_stream(tmp_path, tmp_path / "sealed")
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]


@pytest.mark.parametrize("wrong", [7, None, b"\0"])
def test_what_is_no_source(wrong: Any, tmp_path: Path) -> None:
    with pytest.raises((TypeError, ValueError, FileNotFoundError)):
        CLIENT.encrypt_stream(wrong, tmp_path / "sealed")
    assert list(tmp_path.iterdir()) == []


def test_text_files_are_refused(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="open it with 'rb'"):
        CLIENT.encrypt_stream(io.StringIO("text"), tmp_path / "sealed")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        CLIENT.encrypt_stream(plain, io.StringIO())  # type: ignore[arg-type]
