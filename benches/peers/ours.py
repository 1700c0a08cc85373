"""Our Python package on the peers' messages, and on those of the table of frames.

Prints lines for `bench-crypto --peers`: name, length, frame length, seconds to encrypt, to decrypt. The argument is
what stands after the name, such as `one-core`.
"""

import sys
import time
from collections.abc import Callable

from zt.crypto import Client, RawAesKeyring

CONTEXT = {"tenant": "a", "purpose": "bench"}
SIZES = [
    (1024, 4096, 2000, 25),
    (16 << 20, 4096, 1, 9),
    (16 << 20, 65536, 1, 9),
    (64 << 20, 4096, 1, 5),
    (64 << 20, 65536, 1, 5),
    (64 << 20, 1 << 20, 1, 5),
]


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
    """Measures every size; on several cores only what they share."""
    suffix = sys.argv[1]
    for length, frame, calls, rounds in SIZES:
        if suffix != "one-core" and length != 64 << 20:
            continue
        client = Client(RawAesKeyring("bench", "k", bytes([7] * 32)), frame_length=frame)
        plaintext = b"\x01" * length
        message = client.encrypt(plaintext, encryption_context=CONTEXT)
        assert client.decrypt(message, encryption_context=CONTEXT).plaintext == plaintext
        seconds = (
            best(calls, rounds, lambda: client.encrypt(plaintext, encryption_context=CONTEXT)),
            best(calls, rounds, lambda: client.decrypt(message, encryption_context=CONTEXT)),
        )
        print(f"zt-python,{suffix}", length, frame, *(f"{each:.9f}" for each in seconds), flush=True)


main()
