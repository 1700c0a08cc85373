"""A message sealed in one language opens in the others, and in AWS's own SDK; wrong input leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import aws_encryption_sdk
import boto3
import pytest
from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider
from whole import LANGUAGES, Programs

KEY = bytes(range(32))
CONTEXT = {"purpose": "demo"}
#: Some bytes over a few frames, so that the final frame is short.
PLAINTEXT = os.urandom(3 * 4096 + 17)


class Provider(RawMasterKeyProvider):  # type: ignore[misc]
    """The raw AES key of the examples, for AWS's own SDK."""

    provider_id = "zt-examples"

    def _get_raw_key(self, key_id: bytes) -> WrappingKey:
        return WrappingKey(
            wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
            wrapping_key=KEY,
            wrapping_key_type=EncryptionKeyType.SYMMETRIC,
        )


class Sdk:
    """AWS's own SDK, with its defaults."""

    def __init__(self) -> None:
        self.client = aws_encryption_sdk.EncryptionSDKClient()
        self.provider = Provider()
        self.provider.add_master_key("raw")

    def encrypt(self, plaintext: bytes) -> bytes:
        message, _ = self.client.encrypt(source=plaintext, key_provider=self.provider, encryption_context=CONTEXT)
        return bytes(message)

    def decrypt(self, message: bytes) -> bytes:
        plaintext, _ = self.client.decrypt(source=message, key_provider=self.provider)
        return bytes(plaintext)


@pytest.fixture
def raw(tmp_path: Path) -> list[str]:
    """The arguments for the raw AES key."""
    path = tmp_path / "key"
    path.write_bytes(KEY)
    return ["--keyring", "raw", "--key-file", str(path)]


@pytest.fixture
def local(tmp_path: Path) -> list[str]:
    """The arguments for a key file, which the first to need it makes."""
    return ["--keyring", "local", "--key-file", str(tmp_path / "local.keys")]


@pytest.fixture
def kms(endpoint: str) -> list[str]:
    """The arguments for a new key of KMS."""
    client = boto3.client("kms", endpoint_url=endpoint)
    return ["--keyring", "kms", "--key-arn", client.create_key()["KeyMetadata"]["Arn"]]


@pytest.mark.parametrize("keyring", ["raw", "local", "kms"])
@pytest.mark.parametrize("writer", LANGUAGES)
def test_what_one_seals_the_others_open(
    writer: str, keyring: str, programs: Programs, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    arguments: list[str] = request.getfixturevalue(keyring)
    source, message, target = tmp_path / "source", tmp_path / "message", tmp_path / "target"
    source.write_bytes(PLAINTEXT)
    sealed = programs.sealed(writer, "encrypt", *arguments, "--in", str(source), "--out", str(message))
    for reader in LANGUAGES:
        opened = programs.sealed(reader, "decrypt", *arguments, "--in", str(message), "--out", str(target))
        assert target.read_bytes() == PLAINTEXT
        assert opened["sha256_plaintext"] == sealed["sha256_plaintext"]
        target.unlink()


@pytest.mark.parametrize("language", LANGUAGES)
def test_aws_own_sdk_opens_it_and_the_other_way_round(
    language: str, programs: Programs, raw: list[str], tmp_path: Path
) -> None:
    source, message, target = tmp_path / "source", tmp_path / "message", tmp_path / "target"
    source.write_bytes(PLAINTEXT)
    programs.seal(language, "encrypt", *raw, "--in", str(source), "--out", str(message))
    assert Sdk().decrypt(message.read_bytes()) == PLAINTEXT

    # AWS's SDK signs by default: suite 0x0578.
    message.write_bytes(Sdk().encrypt(PLAINTEXT))
    programs.seal(language, "decrypt", *raw, "--in", str(message), "--out", str(target))
    assert target.read_bytes() == PLAINTEXT


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_key_is_one_clear_error_and_leaves_nothing(
    language: str, programs: Programs, raw: list[str], tmp_path: Path
) -> None:
    source, message, target = tmp_path / "source", tmp_path / "message", tmp_path / "target"
    source.write_bytes(PLAINTEXT)
    programs.seal(language, "encrypt", *raw, "--in", str(source), "--out", str(message))
    (tmp_path / "key").write_bytes(bytes(32))
    refused_without_a_trace(programs, language, raw, message, target)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_that_was_cut_off_leaves_nothing(
    language: str, programs: Programs, raw: list[str], tmp_path: Path
) -> None:
    source, message, target = tmp_path / "source", tmp_path / "message", tmp_path / "target"
    source.write_bytes(PLAINTEXT)
    programs.seal(language, "encrypt", *raw, "--in", str(source), "--out", str(message))
    message.write_bytes(message.read_bytes()[:-1])
    refused_without_a_trace(programs, language, raw, message, target)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_file_that_cannot_be_read(language: str, programs: Programs, tmp_path: Path) -> None:
    source, target, keys = tmp_path / "source", tmp_path / "target", tmp_path / "broken.keys"
    source.write_bytes(PLAINTEXT)
    keys.write_text("this is no key file")
    keys.chmod(0o600)
    done = refused_without_a_trace(
        programs, language, ["--keyring", "local", "--key-file", str(keys)], source, target, "encrypt"
    )
    assert "broken.keys" in done
    assert keys.read_text() == "this is no key file"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_emulator_that_is_not_there(language: str, programs: Programs, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(PLAINTEXT)
    key_arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    # Port 9 is discard: nobody listens there. One attempt, or the SDKs try for a while.
    nowhere = Programs(
        programs.node, programs.environment | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    )
    done = refused_without_a_trace(
        nowhere, language, ["--keyring", "kms", "--key-arn", key_arn], source, target, "encrypt"
    )
    assert key_arn in done


def refused_without_a_trace(
    programs: Programs, language: str, keyring: list[str], source: Path, target: Path, command: str = "decrypt"
) -> str:
    """Asserts that it fails and writes nothing, and gives what it says."""
    before = sorted(path.name for path in target.parent.iterdir())
    done = programs.seal(language, command, *keyring, "--in", str(source), "--out", str(target), check=False)
    assert done.returncode not in (0, 101), "it has to fail, and not by a panic"
    assert done.stderr.strip()
    assert sorted(path.name for path in target.parent.iterdir()) == before
    return done.stderr
