"""Packs the crates, the wheel, the sdist and the npm tarball; installs each into an empty project and runs it there.

What a package forgets to contain is found here, not by its first user.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

#: What a user downloads for one platform, in bytes at the most.
LIMIT = 4_000_000

RUST = """
use zt_core::evaluate::{Evaluator, Request};
use zt_core::{action, policy::{Policy, Statement}};
use zt_crypto::{Client, EncryptionContext, RawAesKeyring};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = Policy::new([Statement::allow("Read").actions([action!("s3:GetObject")]).any_resource()])?;
    let request = Request::new("arn:aws:iam::111122223333:user/alice", "s3:GetObject", "arn:aws:s3:::b/k");
    assert!(Evaluator::builder().identity([&policy]).build()?.evaluate(&request).is_allowed());
    let client = Client::builder(RawAesKeyring::new("app", "key", &[7; 32])?).build()?;
    let context = EncryptionContext::new();
    assert_eq!(*client.decrypt(&client.encrypt(b"secret", &context)?, &context)?.plaintext, b"secret");
    Ok(())
}
"""

PYTHON = """
import zt
from zt.crypto import Client, RawAesKeyring
from zt.policy import Policy, Request, Statement, evaluate, guardrails, validate
policy = Policy([Statement.allow("Read").actions("s3:GetObject").resources("*")])
request = Request("arn:aws:iam::111122223333:user/alice", "s3:GetObject", "arn:aws:s3:::b/k")
assert evaluate(request, identity=[policy]).allowed
assert evaluate(request, identity=[policy, guardrails.require_mfa()]).outcome == "explicit_deny"
assert validate(guardrails.trust.saml("arn:aws:iam::111122223333:saml-provider/corp"), "trust") == []
client = Client(RawAesKeyring("app", "key", bytes(32)))
assert client.decrypt(client.encrypt(b"secret")).plaintext == b"secret"
import importlib.metadata
assert importlib.metadata.version("zt-python") == zt.__version__
"""

NODE = """
const { strictEqual } = require('node:assert')
const { Client, Policy, RawAesKeyring, Request, Statement, evaluate, guardrails, validate } = require('zt-node')
const policy = new Policy([Statement.allow('Read').actions('s3:GetObject').resources('*')])
const request = new Request({ principal: 'arn:aws:iam::111122223333:user/alice', action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' })
strictEqual(evaluate(request, { identity: [policy] }).outcome, 'allowed')
strictEqual(evaluate(request, { identity: [policy, guardrails.requireMfa()] }).outcome, 'explicit_deny')
strictEqual(validate(guardrails.trust.saml('arn:aws:iam::111122223333:saml-provider/corp'), { kind: 'trust' }).length, 0)
const client = new Client(new RawAesKeyring('app', 'key', new Uint8Array(32)))
strictEqual(client.decryptSync(client.encryptSync(Buffer.from('secret'))).plaintext.toString(), 'secret')
import('zt-node').then((module) => strictEqual(module.Client, Client))
"""


def run(*command: str | Path, cwd: Path = ROOT, **variables: str) -> str:
    """Runs a command and gives its output; shows all of it when the command fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout}")
    return done.stdout


def crates(folder: Path) -> None:
    """The two crates, from their `.crate` files, without the AWS SDK."""
    packed = ["zt-core", "zt-crypto"]
    version = json.loads(run("cargo", "metadata", "--format-version=1", "--no-deps"))["packages"][0]["version"]
    run("cargo", "package", "--locked", "--no-verify", "--allow-dirty", *(f"--package={name}" for name in packed))
    for name in packed:
        with tarfile.open(TARGET / "package" / f"{name}-{version}.crate") as archive:
            archive.extractall(folder, filter="data")
    dependencies = "\n".join(f'{name} = {{ path = "{name}-{version}" }}' for name in packed)
    # The same profile as the workspace's, so that what it depends on need not be built again.
    profile = (ROOT / "Cargo.toml").read_text().split("[profile.release]")[1].split("\n\n")[0]
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "empty"\nedition = "2024"\n\n[dependencies]\n{dependencies}\n\n[profile.release]{profile}\n'
    )
    shutil.copy(ROOT / "Cargo.lock", folder)
    (folder / "src").mkdir()
    (folder / "src" / "main.rs").write_text(RUST)
    run("cargo", "run", "--release", "--quiet", cwd=folder)
    tree = run("cargo", "tree", "--edges=normal,build", "--prefix=none", "--target=all", cwd=folder)
    needless = {line.split()[0] for line in tree.splitlines() if line.startswith(("aws-sdk", "aws-smithy", "aws-config", "tokio "))}
    if needless:
        sys.exit(f"without the feature aws-kms, zt-crypto depends on {needless}")


def python(folder: Path) -> None:
    """The wheel as it was built, and the sdist, which has to build one."""
    (wheel,) = (ROOT / "target" / "wheel").glob("*.whl")
    if wheel.stat().st_size > LIMIT:
        sys.exit(f"{wheel.name} has {wheel.stat().st_size} bytes, the limit is {LIMIT}")
    run(Path(sys.executable).parent / "maturin", "sdist", "--manifest-path", "zt-python/Cargo.toml", "--out", folder)
    (sdist,) = folder.glob("*.tar.gz")
    for package in wheel, sdist:
        environment = folder / f"venv-{package.suffix}"
        venv.create(environment, with_pip=True)
        interpreter = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
        run(interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package, CARGO_TARGET_DIR=str(TARGET))
        run(interpreter, "-W", "error", "-c", PYTHON, cwd=folder)


def node(folder: Path) -> None:
    """The npm tarball, with the addon that was built here."""
    tarball = run("npm", "pack", "--silent", "--pack-destination", folder, cwd=ROOT / "zt-node").split()[-1]
    if (folder / tarball).stat().st_size > LIMIT:
        sys.exit(f"{tarball} has {(folder / tarball).stat().st_size} bytes, the limit is {LIMIT}")
    project = folder / "project"
    project.mkdir()
    (project / "package.json").write_text('{"private": true}')
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "--omit=peer", folder / tarball, cwd=project)
    (project / "index.cjs").write_text(NODE)
    run("node", "index.cjs", cwd=project)


def main() -> None:
    """Each in an empty project of its own."""
    for packer in crates, python, node:
        with tempfile.TemporaryDirectory() as folder:
            packer(Path(folder))
        print(f"packages: {packer.__name__}: installed and ran in an empty project", flush=True)


if __name__ == "__main__":
    main()
