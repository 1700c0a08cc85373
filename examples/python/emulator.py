"""An AWS emulator on a free loopback port, and an environment that reaches nothing else.

As a program it runs a command in that environment::

    python examples/python/emulator.py -- cargo test

The emulator is ``moto_server`` (PyPI ``moto[server]``). It lives in this process, so nothing is left
running when this process ends, however it ends. The user's AWS profile is not read.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

from moto.server import ThreadedMotoServer

#: Variables that could lead an AWS SDK to somebody's account, or a request away from this machine.
_LEADING_OUT = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@contextlib.contextmanager
def emulator() -> Iterator[str]:
    """Gives the address of an emulator that answers while the block runs."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def environment(endpoint: str, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """An environment whose AWS SDKs have dummy credentials and only this endpoint."""
    kept = {name: value for name, value in base.items() if not name.startswith(_LEADING_OUT)}
    return kept | {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "ZT_EMULATOR": endpoint,
    }


def main() -> int:
    """Runs the command after ``--``."""
    command = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    if not command:
        print(f"usage: {sys.argv[0]} -- command ...", file=sys.stderr)
        return 2
    with emulator() as endpoint:
        try:
            return subprocess.run(command, env=environment(endpoint), check=False).returncode
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
