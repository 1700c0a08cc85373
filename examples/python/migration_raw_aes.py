import os

key = os.urandom(32)

# Before
from aws_encryption_sdk import EncryptionSDKClient
from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider


class Provider(RawMasterKeyProvider):
    provider_id = "my-app"

    def _get_raw_key(self, key_id):
        return WrappingKey(WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING, key, EncryptionKeyType.SYMMETRIC)


provider = Provider()
provider.add_master_key("key-2026")
sdk = EncryptionSDKClient()
old_message, _header = sdk.encrypt(source=b"secret", key_provider=provider)

# After
from zt.crypto import Client, RawAesKeyring

client = Client(RawAesKeyring("my-app", "key-2026", key))
message = client.encrypt(b"secret")

# Each opens what the other wrote.
assert client.decrypt(old_message).plaintext == b"secret"
assert sdk.decrypt(source=message, key_provider=provider)[0] == b"secret"
