"""What tests share: the vectors' keys, an emulated KMS on loopback, and its clients."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

PROJECT = Path(__file__).parent.parent
VECTORS = PROJECT.parent / "testdata" / "esdk"

# The user's AWS profile is not read, and no metadata service is asked.
os.environ["AWS_CONFIG_FILE"] = os.devnull
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


def pem(der: str) -> str:
    """Base64 of a public key's DER, as PEM."""
    lines = "\n".join(der[at : at + 64] for at in range(0, len(der), 64))
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"


@pytest.fixture(scope="session")
def vector_keys() -> dict[str, dict[str, str]]:
    """Public test keys, by name."""
    file = json.loads((VECTORS / "esdk-4.1.0-dafny" / "keys.json").read_text())
    keys: dict[str, dict[str, str]] = file["keys"]
    return keys


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """The emulator, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if server.poll() is not None:
                pytest.fail(f"the emulator ended with {server.returncode}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def kms_client(url: str, region: str = "us-east-1", **config: Any) -> Any:
    """A boto3 client with dummy credentials."""
    return boto3.client(
        "kms",
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=boto3.session.Config(**config),
    )


@pytest.fixture(scope="session")
def kms(moto_url: str) -> Iterator[Any]:
    """KMS, emulated."""
    client = kms_client(moto_url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def key_arn(kms: Any) -> str:
    """A key in the emulated KMS."""
    arn: str = kms.create_key()["KeyMetadata"]["Arn"]
    return arn
