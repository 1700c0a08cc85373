import os

import boto3

key_arn = os.environ["KEY_ARN"]
context = {"tenant": "a"}

# Before
from aws_encryption_sdk import EncryptionSDKClient, StrictAwsKmsMasterKeyProvider

sdk = EncryptionSDKClient()
provider = StrictAwsKmsMasterKeyProvider(key_ids=[key_arn])
old_message, _header = sdk.encrypt(source=b"secret", key_provider=provider, encryption_context=context)
plaintext, header = sdk.decrypt(source=old_message, key_provider=provider)
assert header.encryption_context["tenant"] == "a"  # yours to check, or to forget

# After
from zt.crypto import Client, KmsKeyring

client = Client(KmsKeyring(key_arn, client=boto3.client("kms")))
message = client.encrypt(b"secret", encryption_context=context)
result = client.decrypt(message, encryption_context=context)  # checked, or it does not open

# Each opens what the other wrote.
assert client.decrypt(old_message, encryption_context=context).plaintext == plaintext
assert sdk.decrypt(source=message, key_provider=provider)[0] == result.plaintext
