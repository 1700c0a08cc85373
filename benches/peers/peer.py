"""PyPI `aws-encryption-sdk`: raw AES key, suite 0x0478, one core.

Prints lines for `bench-crypto --peers`: name, length, frame length, seconds to encrypt, to decrypt.
"""

import time
from collections.abc import Callable

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    AesWrappingAlg,
    CreateRawAesKeyringInput,
)
from aws_encryption_sdk.identifiers import Algorithm

CONTEXT = {"tenant": "a", "purpose": "bench"}


def best(calls: int, rounds: int, work: Callable[[], object]) -> float:
    """Seconds per call, in the best round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        times.append((time.perf_counter() - start) / calls)
    return min(times)


def main() -> None:
    """Measures the three sizes."""
    keyring = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig()).create_raw_aes_keyring(
        input=CreateRawAesKeyringInput(
            key_namespace="bench",
            key_name="k",
            wrapping_key=bytes([7] * 32),
            wrapping_alg=AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16,
        )
    )
    client = aws_encryption_sdk.EncryptionSDKClient()
    for length, frame, calls, rounds in [
        (16 << 20, 4096, 1, 5),
        (16 << 20, 65536, 1, 5),
        (1024, 4096, 200, 5),
    ]:
        plaintext = b"\x01" * length

        def encrypt() -> bytes:
            message, _ = client.encrypt(
                source=plaintext,
                keyring=keyring,
                encryption_context=CONTEXT,
                frame_length=frame,
                algorithm=Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
            )
            return message

        message = encrypt()

        def decrypt() -> bytes:
            opened, _ = client.decrypt(source=message, keyring=keyring)
            return opened

        assert decrypt() == plaintext
        seconds = best(calls, rounds, encrypt), best(calls, rounds, decrypt)
        print("python", length, frame, *(f"{each:.9f}" for each in seconds), flush=True)


main()
