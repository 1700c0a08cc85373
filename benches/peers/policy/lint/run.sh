#!/usr/bin/env bash
# parliament, cloudsplaining and then zt-core over one corpus, on one machine, one after the other, into one table.
# Sets up what it needs in this folder (Python 3.11+, Rust). Not part of `make test`.
set -euo pipefail
cd "$(dirname "$0")"

[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt

results=$(mktemp)
trap 'rm -f "$results"' EXIT
.venv/bin/python -W ignore peer.py ../../../../zt-core/tests/data/policy/corpus | tee -a "$results"
cd ../../../..
cargo run --quiet --release --locked --package zt-benches --bin bench-validate -- --peers "$results"
