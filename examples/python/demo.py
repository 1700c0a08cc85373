"""``make demo``: the product's core job on one page, without an AWS account.

Two policies are written, requests are decided under them, and a file is sealed in Rust and opened in Python and in Node: once
under a key file, once under a key of an emulated KMS. Nothing leaves this machine, and nothing stays behind.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import boto3
from emulator import emulator, environment

from zt.policy import Policy, Statement, keys

ROOT = Path(__file__).resolve().parent.parent.parent
MIB = 1024 * 1024
SIZE = 24 * MIB


def require_mfa() -> Policy:
    """Section 2.1 of the article: without MFA, nothing but setting it up."""
    return Policy(
        [
            Statement.deny("DenyAllExceptMFAAuthenticated")
            .not_actions(
                "iam:CreateVirtualMFADevice",
                "iam:EnableMFADevice",
                "iam:GetUser",
                "iam:ListMFADevices",
                "iam:ListVirtualMFADevices",
                "iam:ResyncMFADevice",
                "sts:GetSessionToken",
            )
            .resources("*")
            .when(keys.aws.multi_factor_auth_present.if_exists().is_(False))
        ]
    )


def conditional_access() -> Policy:
    """Section 2.3 of the article: sensitive data, from two networks, in two Regions, in 2025, with TLS and MFA."""
    return Policy(
        [
            Statement.allow("SensitiveData")
            .actions("s3:GetObject", "s3:PutObject")
            .resources("arn:aws:s3:::sensitive-data/*")
            .when(
                keys.aws.source_ip.is_in(["203.0.113.0/24", "198.51.100.0/24"]),
                keys.aws.current_time.after(datetime(2025, 1, 1, tzinfo=UTC)),
                keys.aws.current_time.before(datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
                keys.aws.requested_region.is_in(["us-east-1", "us-west-2"]),
                keys.aws.secure_transport.is_(True),
                keys.aws.multi_factor_auth_present.is_(True),
            )
        ]
    )


class Page:
    """What a person sees: bold where a terminal can."""

    def __init__(self) -> None:
        self.bold, self.plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")

    def heading(self, text: str) -> None:
        """A chapter."""
        print(f"\n{self.bold}{text}{self.plain}\n", flush=True)

    def text(self, text: str) -> None:
        """A paragraph, indented."""
        print("\n".join(f"  {line}" for line in text.splitlines()), flush=True)


class Programs:
    """The same program in three languages."""

    def __init__(self, zt_demo: Path, folder: Path) -> None:
        # A program finds the npm package as a user's would: in `node_modules`, beside itself.
        modules = folder / "node_modules"
        shutil.copytree(ROOT / "examples" / "node", folder / "node")
        modules.mkdir()
        (modules / "zt-node").symlink_to(ROOT / "zt-node", target_is_directory=True)
        (modules / "@aws-sdk").symlink_to(ROOT / "zt-node" / "node_modules" / "@aws-sdk", target_is_directory=True)
        self.commands = {
            "Rust": [str(zt_demo)],
            "Python": [sys.executable, str(ROOT / "examples" / "python" / "seal.py")],
            "Node": ["node", str(folder / "node" / "seal.mjs")],
        }

    def run(self, language: str, *arguments: str) -> dict[str, Any]:
        """Runs it and reads the line of JSON that it prints."""
        command = [*self.commands[language], *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            fail(f"{language} failed: {done.stderr.strip()}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def fail(message: str) -> NoReturn:
    """Ends the demo: something is not as it should be."""
    print(f"\nmake demo: {message}", file=sys.stderr)
    raise SystemExit(1)


@contextlib.contextmanager
def cleaned_up() -> Iterator[Path]:
    """A folder that is gone afterwards, also after Ctrl-C and a polite kill."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="zt-demo-") as folder:
        yield Path(folder)


def show_policies(page: Page) -> None:
    """Chapter 1."""
    page.heading("1. Two policies, written with types (the article's 2.1 and 2.3)")
    for policy in require_mfa(), conditional_access():
        text = policy.to_json(indent=2)
        if Policy.parse(text) != policy:
            fail("a policy changed when it was printed and read back")
        page.text(text)


def show_decisions(page: Page, zt_demo: Path) -> None:
    """Chapter 2."""
    page.heading("2. What they decide, and why")
    done = subprocess.run([zt_demo, "decisions"], capture_output=True, text=True, check=True)
    page.text(done.stdout.rstrip())


def show_files(page: Page, programs: Programs, folder: Path) -> None:
    """Chapter 3."""
    page.heading(f"3. A file of {SIZE // MIB} MiB, sealed in Rust, opened in Python and in Node")
    source = folder / "report"
    source.write_bytes(os.urandom(SIZE))
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    key_arn = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    page.text(f"SHA-256 of the plaintext: {digest}\n")
    page.text(f"{'under':<22}{'in':<9}{'does':<9}{'MB/s':>7}   SHA-256 of the plaintext")
    for name, arguments in {
        "a key file": ["--keyring", "local", "--key-file", str(folder / "demo.keys")],
        "a key of KMS": ["--keyring", "kms", "--key-arn", key_arn],
    }.items():
        message = folder / "message"
        for language, command in [("Rust", "encrypt"), ("Python", "decrypt"), ("Node", "decrypt")]:
            opened = folder / f"opened-{language}"
            files = [str(source), str(message)] if command == "encrypt" else [str(message), str(opened)]
            done = programs.run(language, command, *arguments, "--in", files[0], "--out", files[1])
            same = done["sha256_plaintext"] == digest
            verdict = f"{done['sha256_plaintext'][:16]}... {'equal' if same else 'DIFFERENT'}"
            page.text(f"{name:<22}{language:<9}{command:<9}{done['mb_per_second']:>7,.0f}   {verdict}")
            if not same:
                fail(f"what {language} opened is not what was sealed")
    page.text("\nMB/s: file to file, key service and fsync included; plaintext bytes, 10^6 a second.")


def main() -> None:
    """The page, top to bottom."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zt-demo", type=Path, required=True, help="the Rust program, built by `make demo`")
    zt_demo = parser.parse_args().zt_demo.resolve()
    page = Page()
    print(f"{page.bold}Zero trust on AWS, as a library.{page.plain} No AWS account is used: KMS is an emulator on this machine.")
    try:
        with cleaned_up() as folder, emulator() as endpoint:
            # From here on no AWS SDK, here or in a program started here, knows of the user's account.
            kept = environment(endpoint)
            os.environ.clear()
            os.environ.update(kept)
            show_policies(page)
            show_decisions(page, zt_demo)
            show_files(page, Programs(zt_demo, folder), folder)
    except KeyboardInterrupt:
        print("\nmake demo: interrupted; nothing is left behind", file=sys.stderr)
        raise SystemExit(130) from None
    page.heading("What you saw")
    page.text(
        "Policies are values that print and parse without loss; a decision names the statement that made it;\n"
        "a message sealed in one language opens in the others. The programs are in examples/, the next step in README.md."
    )


if __name__ == "__main__":
    main()
