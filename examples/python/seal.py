"""Section 4.1 of the article: envelope encryption, of files, in Python.

    python examples/python/seal.py encrypt --keyring local --key-file my.keys --in report.pdf --out report.zt
    python examples/python/seal.py decrypt --keyring kms --key-arn arn:aws:kms:... --in report.zt --out report.pdf

It prints one line of JSON: how many bytes, how long it took, and the plaintext's SHA-256. The Rust and the Node example take the
same arguments, and open each other's messages.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path

from zt.crypto import Client, Keyring, KmsKeyring, LocalKeyring, RawAesKeyring

CONTEXT = {"purpose": "demo"}


def keyring(args: argparse.Namespace) -> Keyring:
    """The keyring that the arguments ask for."""
    match args.keyring:
        case "local":
            return LocalKeyring.open(args.key_file, create=True)
        case "kms":
            # Made with boto3 from the environment and the profile; pass client= for a session of your own.
            return KmsKeyring(args.key_arn)
        case _:
            return RawAesKeyring("zt-examples", "raw", args.key_file.read_bytes())


def main() -> None:
    """Seals or opens one file."""
    parser = argparse.ArgumentParser(description="Seal and open files in the AWS Encryption SDK's message format.")
    parser.add_argument("command", choices=["encrypt", "decrypt"])
    parser.add_argument("--keyring", choices=["local", "kms", "raw"], required=True)
    parser.add_argument("--key-file", type=Path, help="for local: the key file, made when there is none; for raw: 32 bytes")
    parser.add_argument("--key-arn", help="for kms")
    parser.add_argument("--in", dest="source", type=Path, required=True)
    parser.add_argument("--out", dest="target", type=Path, required=True)
    args = parser.parse_args()

    client = Client(keyring(args))
    start = time.perf_counter()
    if args.command == "encrypt":
        client.encrypt_stream(args.source, args.target, encryption_context=CONTEXT)
    else:
        client.decrypt_stream(args.source, args.target, encryption_context=CONTEXT)
    seconds = time.perf_counter() - start

    plaintext = args.source if args.command == "encrypt" else args.target
    with plaintext.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = plaintext.stat().st_size
    print(
        json.dumps(
            {"bytes": size, "seconds": seconds, "mb_per_second": size / 1e6 / seconds, "sha256_plaintext": digest}
        )
    )


if __name__ == "__main__":
    main()
