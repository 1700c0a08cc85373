import os

import boto3

from zt.crypto import Client, KmsKeyring

client = Client(KmsKeyring(os.environ["KEY_ARN"], client=boto3.client("kms")))

client.encrypt_stream("report.pdf", "report.zt", encryption_context={"tenant": "a"})
client.decrypt_stream("report.zt", "copy.pdf", encryption_context={"tenant": "a"})
