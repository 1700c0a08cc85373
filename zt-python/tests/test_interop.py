"""Both directions with PyPI ``aws-encryption-sdk``, under the same keys."""

from __future__ import annotations

import io
from typing import Any

import aws_encryption_sdk
import pytest
from aws_encryption_sdk import CommitmentPolicy as TheirPolicy
from aws_encryption_sdk.identifiers import Algorithm, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.kms import StrictAwsKmsMasterKeyProvider
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider
from botocore.session import Session

from zt.crypto import (
    AlgorithmSuite,
    Client,
    CommitmentPolicy,
    Keyring,
    KmsKeyring,
    RawAesKeyring,
    RawRsaKeyring,
    RsaPadding,
)

CONTEXT = {"tenant": "a", "purpose": "é"}
AES = {
    16: WrappingAlgorithm.AES_128_GCM_IV12_TAG16_NO_PADDING,
    24: WrappingAlgorithm.AES_192_GCM_IV12_TAG16_NO_PADDING,
    32: WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
}
RSA = {
    RsaPadding.PKCS1: WrappingAlgorithm.RSA_PKCS1,
    RsaPadding.OAEP_SHA1: WrappingAlgorithm.RSA_OAEP_SHA1_MGF1,
    RsaPadding.OAEP_SHA256: WrappingAlgorithm.RSA_OAEP_SHA256_MGF1,
    RsaPadding.OAEP_SHA384: WrappingAlgorithm.RSA_OAEP_SHA384_MGF1,
    RsaPadding.OAEP_SHA512: WrappingAlgorithm.RSA_OAEP_SHA512_MGF1,
}


class Theirs(RawMasterKeyProvider):  # type: ignore[misc]
    """One raw key."""

    provider_id = "interop"

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.wrapping_key: WrappingKey

    def _get_raw_key(self, key_id: bytes) -> WrappingKey:
        return self.wrapping_key


def provider(algorithm: WrappingAlgorithm, key: bytes, kind: EncryptionKeyType) -> Theirs:
    theirs = Theirs()
    theirs.wrapping_key = WrappingKey(
        wrapping_algorithm=algorithm, wrapping_key=key, wrapping_key_type=kind
    )
    theirs.add_master_key("k")
    return theirs


def both_ways(keyring: Keyring, theirs: Any, suite: AlgorithmSuite, plaintext: bytes) -> None:
    committing = "COMMIT" in suite.name
    name = "REQUIRE_ENCRYPT_REQUIRE_DECRYPT" if committing else "FORBID_ENCRYPT_ALLOW_DECRYPT"
    ours = Client(
        keyring, algorithm_suite=suite, commitment_policy=CommitmentPolicy[name], frame_length=512
    )
    sdk = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=TheirPolicy[name])

    message = ours.encrypt(plaintext, encryption_context=CONTEXT)
    opened, header = sdk.decrypt(source=message, key_provider=theirs)
    assert opened == plaintext
    assert CONTEXT.items() <= header.encryption_context.items()

    message, _ = sdk.encrypt(
        source=plaintext,
        key_provider=theirs,
        encryption_context=CONTEXT,
        algorithm=Algorithm.get_by_id(suite.id),
        frame_length=512,
    )
    result = ours.decrypt(message, encryption_context=CONTEXT)
    assert result.plaintext == plaintext
    assert result.algorithm_suite is suite
    sink = io.BytesIO()
    ours.decrypt_stream(io.BytesIO(message), sink)
    assert sink.getvalue() == plaintext


@pytest.mark.parametrize("suite", AlgorithmSuite)
def test_every_suite(suite: AlgorithmSuite) -> None:
    key = bytes(range(32))
    theirs = provider(AES[32], key, EncryptionKeyType.SYMMETRIC)
    for length in (0, 1, 511, 512, 513, 5000):
        both_ways(RawAesKeyring("interop", "k", key), theirs, suite, bytes(length))


@pytest.mark.parametrize("length", AES)
def test_every_length_of_aes_key(length: int) -> None:
    key = bytes(range(length))
    theirs = provider(AES[length], key, EncryptionKeyType.SYMMETRIC)
    suite = AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    both_ways(RawAesKeyring("interop", "k", key), theirs, suite, b"secret")


@pytest.mark.parametrize("padding", RSA)
def test_rsa(padding: RsaPadding, vector_keys: dict[str, dict[str, str]]) -> None:
    pem = vector_keys["rsa-4096-private"]["material"]
    theirs = provider(RSA[padding], pem.encode(), EncryptionKeyType.PRIVATE)
    keyring = RawRsaKeyring("interop", "k", padding, private_key_pem=pem)
    both_ways(keyring, theirs, AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY, b"secret")


def test_kms(
    kms: Any, moto_url: str, key_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Their provider makes its own clients.
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", moto_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    theirs = StrictAwsKmsMasterKeyProvider(key_ids=[key_arn], botocore_session=Session())
    for suite in (
        AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
        AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
    ):
        both_ways(KmsKeyring(key_arn, client=kms), theirs, suite, b"secret")
