"""Stand-ins for the tests of those who use this package. Not for anything else.

>>> from zt.crypto import Client, KmsKeyring
>>> from zt.crypto.testing import InMemoryKms
>>> kms = InMemoryKms()
>>> key_arn = kms.create_key()["KeyMetadata"]["Arn"]
>>> client = Client(KmsKeyring(key_arn, client=kms))
>>> client.decrypt(client.encrypt(b"secret")).plaintext
b'secret'
>>> kms.calls
['GenerateDataKey', 'Decrypt']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zt import _zt
from zt._zt import StaticBranchKeys

__all__ = ["InMemoryKms", "KmsClientError", "StaticBranchKeys"]


class KmsClientError(Exception):
    """Shaped as botocore's ``ClientError``."""

    def __init__(self, code: str, message: str, operation: str) -> None:
        super().__init__(f"An error occurred ({code}) when calling {operation}: {message}")
        self.response = {"Error": {"Code": code, "Message": message}}
        self.operation_name = operation


class InMemoryKms(_zt.InMemoryKms):
    """AWS KMS in memory, shaped as a boto3 client. Its ciphertexts hide nothing."""

    def create_key(
        self,
        *,
        MultiRegion: bool = False,
        region: str = "us-east-1",
        account_id: str = "111122223333",
    ) -> dict[str, Any]:
        """Makes a symmetric key."""
        make = self.add_multi_region_key if MultiRegion else self.add_key
        arn = make(region, account_id)
        return {"KeyMetadata": {"Arn": arn, "KeyId": arn.rsplit("/", 1)[1]}}

    def create_alias(self, *, AliasName: str, TargetKeyId: str) -> dict[str, Any]:
        """Makes ``alias/name`` stand for a key's ARN."""
        self.add_alias(AliasName, TargetKeyId)
        return {}

    def disable_key(self, *, KeyId: str) -> dict[str, Any]:
        """Every call under the key's ARN is refused from now on."""
        self.disable(KeyId)
        return {}

    def generate_data_key(
        self,
        *,
        KeyId: str,
        NumberOfBytes: int = 32,
        EncryptionContext: Mapping[str, str] | None = None,
        GrantTokens: Sequence[str] = (),
    ) -> dict[str, Any]:
        """As in boto3."""
        return self._call("GenerateDataKey", KeyId, EncryptionContext, NumberOfBytes, None)

    def encrypt(
        self,
        *,
        KeyId: str,
        Plaintext: bytes,
        EncryptionContext: Mapping[str, str] | None = None,
        GrantTokens: Sequence[str] = (),
    ) -> dict[str, Any]:
        """As in boto3."""
        return self._call("Encrypt", KeyId, EncryptionContext, None, Plaintext)

    def decrypt(
        self,
        *,
        KeyId: str,
        CiphertextBlob: bytes,
        EncryptionContext: Mapping[str, str] | None = None,
        GrantTokens: Sequence[str] = (),
    ) -> dict[str, Any]:
        """As in boto3."""
        return self._call("Decrypt", KeyId, EncryptionContext, None, CiphertextBlob)

    def _call(
        self,
        operation: str,
        key_id: str,
        context: Mapping[str, str] | None,
        number_of_bytes: int | None,
        blob: bytes | None,
    ) -> dict[str, Any]:
        first, plaintext, ciphertext, message = self.carry(
            operation, key_id, context, number_of_bytes, blob
        )
        if message is not None:
            raise KmsClientError(first or "", message, operation)
        members = {"KeyId": first, "Plaintext": plaintext, "CiphertextBlob": ciphertext}
        return {name: value for name, value in members.items() if value is not None}
