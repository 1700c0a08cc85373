#!/usr/bin/env bash
# Are the tools there that everything else is built with? Says what is missing, and how new it has to be.
set -u
python=${1:-python3}
missing=0
miss() {
    echo "make: $*" >&2
    missing=1
}

command -v cargo >/dev/null || miss "cargo is not installed: Rust is needed, see rustup.rs"
command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null || miss "there is no C compiler: aws-lc is built from C"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    miss "$python is not Python 3.11 or later: set PYTHON=, as in 'make PYTHON=python3.12 test'"
"$python" -c 'import ensurepip, venv' 2>/dev/null || miss "$python has no venv module: on Debian, install python3-venv"
node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null || miss "node is not Node 20 or later"
command -v npm >/dev/null || miss "npm is not installed"
exit $missing
