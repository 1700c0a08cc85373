import os

import boto3

key_arn = os.environ["KEY_ARN"]

# Before
from aws_encryption_sdk import (
    CachingCryptoMaterialsManager,
    EncryptionSDKClient,
    LocalCryptoMaterialsCache,
    StrictAwsKmsMasterKeyProvider,
)

sdk = EncryptionSDKClient()
manager = CachingCryptoMaterialsManager(
    master_key_provider=StrictAwsKmsMasterKeyProvider(key_ids=[key_arn]),
    cache=LocalCryptoMaterialsCache(capacity=100),
    max_age=60.0,
    max_messages_encrypted=1000,
)
old_messages = [sdk.encrypt(source=b"secret", materials_manager=manager)[0] for _ in range(10)]

# After
from zt.crypto import Client, DataKeyCache, KmsKeyring

cache = DataKeyCache(max_entries=100, max_age=60, max_messages=1000)
client = Client(KmsKeyring(key_arn, client=boto3.client("kms")), cache=cache)
messages = [client.encrypt(b"secret") for _ in range(10)]
assert cache.stats.kms_calls_saved == 9

assert [client.decrypt(message).plaintext for message in old_messages] == [b"secret"] * 10
