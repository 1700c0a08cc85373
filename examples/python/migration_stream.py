import os
from pathlib import Path

import boto3

key_arn = os.environ["KEY_ARN"]
Path("report.csv").write_bytes(b"a,b\n" * 100_000)

# Before
from aws_encryption_sdk import EncryptionSDKClient, StrictAwsKmsMasterKeyProvider

sdk = EncryptionSDKClient()
provider = StrictAwsKmsMasterKeyProvider(key_ids=[key_arn])
with open("report.csv", "rb") as source, open("report.sdk", "wb") as sink:
    with sdk.stream(mode="e", source=source, key_provider=provider) as stream:
        for chunk in stream:
            sink.write(chunk)

# After
from zt.crypto import Client, KmsKeyring

client = Client(KmsKeyring(key_arn, client=boto3.client("kms")))
client.encrypt_stream("report.csv", "report.zt")  # appears when it is whole, and not before

client.decrypt_stream("report.sdk", "copy.csv")
assert Path("copy.csv").read_bytes() == Path("report.csv").read_bytes()
