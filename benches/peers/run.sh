#!/usr/bin/env bash
# Runs the peers and then `bench-crypto`, on one machine, one after the other, into one table.
# Sets up what it needs in this folder (Python 3.11+, Node 20+, Rust). Not part of `make test`.
set -euo pipefail
cd "$(dirname "$0")"

[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
npm install --no-audit --no-fund --loglevel=error

results=$(mktemp)
trap 'rm -f "$results"' EXIT
.venv/bin/python peer.py | tee -a "$results"
node peer.mjs | tee -a "$results"
cd ../..
cargo run --quiet --release --package zt-benches --bin bench-crypto -- --peers "$results"
