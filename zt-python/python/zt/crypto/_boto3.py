"""KMS clients for keyrings that are given none."""

from __future__ import annotations

from typing import Any


def kms_client(region: str | None, endpoint_url: str | None) -> Any:
    """A boto3 KMS client from the default session."""
    try:
        import boto3
    except ImportError as error:
        message = "boto3 is not installed: pip install 'zt-python[boto3]', or pass client="
        raise ImportError(message) from error
    return boto3.client("kms", region_name=region, endpoint_url=endpoint_url)
