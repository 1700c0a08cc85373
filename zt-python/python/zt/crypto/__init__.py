"""Envelope encryption in the AWS Encryption SDK's message format.

>>> import os
>>> from zt.crypto import Client, RawAesKeyring
>>> client = Client(RawAesKeyring("my-app", "key-2026", os.urandom(32)))
>>> message = client.encrypt(b"attack at dawn", encryption_context={"tenant": "a"})
>>> client.decrypt(message, encryption_context={"tenant": "a"}).plaintext
b'attack at dawn'

Python's ``bytes`` cannot be wiped: plaintext that is returned, and data keys that boto3 returns,
stay in memory until it is used for something else. Keys held by keyrings are wiped. Give yours as a
``bytearray``, and overwrite it: ``key[:] = bytes(len(key))``.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING

from zt import _zt
from zt._zt import (
    CacheStats,
    DataKeyCache,
    DecryptError,
    DecryptionMaterials,
    DecryptResult,
    EncryptError,
    EncryptedDataKey,
    EncryptionMaterials,
    HierarchicalKeyring,
    Keyring,
    KeyringError,
    KmsDiscoveryKeyring,
    KmsError,
    KmsKeyring,
    LocalKeyring,
    MessageInfo,
    MultiKeyring,
    RawAesKeyring,
    RawEcdhKeyring,
    RawRsaKeyring,
    RequiredEncryptionContext,
    StaticBranchKeys,
    StreamResult,
    ZtError,
    inspect,
)

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Buffer, Self

__all__ = [
    "AlgorithmSuite",
    "CacheStats",
    "Client",
    "CommitmentPolicy",
    "DataKeyCache",
    "DecryptError",
    "DecryptResult",
    "DecryptionMaterials",
    "EncryptError",
    "EncryptedDataKey",
    "EncryptionMaterials",
    "HierarchicalKeyring",
    "Keyring",
    "KeyringError",
    "KmsDiscoveryKeyring",
    "KmsError",
    "KmsKeyring",
    "LocalKeyring",
    "MessageInfo",
    "MultiKeyring",
    "RawAesKeyring",
    "RawEcdhKeyring",
    "RawRsaKeyring",
    "RequiredEncryptionContext",
    "RsaPadding",
    "StaticBranchKeys",
    "StreamResult",
    "ZtError",
    "inspect",
]


class AlgorithmSuite(enum.Enum):
    """An algorithm suite of the message format; its value is its id.

    The default, ``AES_256_GCM_HKDF_SHA512_COMMIT_KEY``, is not signed; AWS's own SDKs default to
    the signed ``AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384``. Without a signature, whoever can
    decrypt a message can also forge one.
    """

    AES_128_GCM_NO_KDF = 0x0014
    AES_192_GCM_NO_KDF = 0x0046
    AES_256_GCM_NO_KDF = 0x0078
    AES_128_GCM_HKDF_SHA256 = 0x0114
    AES_192_GCM_HKDF_SHA256 = 0x0146
    AES_256_GCM_HKDF_SHA256 = 0x0178
    AES_128_GCM_HKDF_SHA256_ECDSA_P256 = 0x0214
    AES_192_GCM_HKDF_SHA384_ECDSA_P384 = 0x0346
    AES_256_GCM_HKDF_SHA384_ECDSA_P384 = 0x0378
    AES_256_GCM_HKDF_SHA512_COMMIT_KEY = 0x0478
    AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384 = 0x0578

    @property
    def id(self) -> int:
        """The two-byte id in a message's header."""
        return self.value


class CommitmentPolicy(enum.Enum):
    """Which suites a client writes and reads, as far as key commitment goes."""

    FORBID_ENCRYPT_ALLOW_DECRYPT = "FORBID_ENCRYPT_ALLOW_DECRYPT"
    REQUIRE_ENCRYPT_ALLOW_DECRYPT = "REQUIRE_ENCRYPT_ALLOW_DECRYPT"
    REQUIRE_ENCRYPT_REQUIRE_DECRYPT = "REQUIRE_ENCRYPT_REQUIRE_DECRYPT"


class RsaPadding(enum.Enum):
    """How a data key is padded before RSA. Choose ``OAEP_SHA256`` unless something asks for another."""

    PKCS1 = "PKCS1"
    OAEP_SHA1 = "OAEP_SHA1"
    OAEP_SHA256 = "OAEP_SHA256"
    OAEP_SHA384 = "OAEP_SHA384"
    OAEP_SHA512 = "OAEP_SHA512"


class Client(_zt.Client):
    """Encrypts and decrypts messages under a keyring. Safe to share between threads.

    :param keyring: who wraps and unwraps data keys.
    :param algorithm_suite: to encrypt with. None for that of the policy:
        ``AES_256_GCM_HKDF_SHA512_COMMIT_KEY``, and ``AES_256_GCM_HKDF_SHA256`` where the policy
        forbids commitment. Neither is signed.
    :param commitment_policy: which suites to write and read. Any but the default admits messages
        that two different keys may open to two different plaintexts.
    :param frame_length: plaintext bytes in a frame, 1 to 2**32 - 1. Each frame adds 32 bytes.
    :param max_encrypted_data_keys: the most that a message may have; None for no limit.
    :param threads: the most that work on one message, the caller's among them; None for as many as
        the process may use. 1 where a service has a thread for every request already.
    :param backend: the library that does the AES-GCM of messages, ``"aws-lc-rs"`` or ``"ring"``. All
        make the same bytes; None for the fastest on this CPU.
    :param cache: keeps data keys for several messages; a :class:`DataKeyCache`. None keeps none.
        Streams and files, whose length is not known, have data keys of their own.
    """

    async def encrypt_async(
        self, plaintext: Buffer, encryption_context: Mapping[str, str] | None = None
    ) -> bytes:
        """:meth:`encrypt` in a worker thread: KMS is waited for there."""
        return await asyncio.to_thread(self.encrypt, plaintext, encryption_context)

    async def decrypt_async(
        self, message: Buffer, encryption_context: Mapping[str, str] | None = None
    ) -> DecryptResult:
        """:meth:`decrypt` in a worker thread: KMS is waited for there."""
        return await asyncio.to_thread(self.decrypt, message, encryption_context)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing to close: keys are wiped when the keyring is no longer used."""
