#!/usr/bin/env bash
# Runs the peers, our bindings and then `bench-crypto`, on one machine, one after the other, into one table.
# Sets up what it needs in this folder (Python 3.11+, Node 20+, Rust); `make bench-crypto` builds our wheel and addon first.
# Not part of `make test`. With `benches/peers/esdk.figures` (`make bench-esdk`) the table has crates.io `aws-esdk` too.
#   PYTHON: one that has our wheel
set -euo pipefail
cd "$(dirname "$0")"

[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
npm install --no-audit --no-fund --loglevel=error
( cd ../.. && cargo build --quiet --release --locked --package zt-benches --bin bench-crypto )

results=$(mktemp)
trap 'rm -f "$results"' EXIT
one_core=(taskset --cpu-list 0)
command -v taskset > /dev/null || one_core=()

echo 'peers and bindings: name, length, frame length, seconds to encrypt, to decrypt' >&2
"${one_core[@]}" .venv/bin/python peer.py | tee -a "$results" >&2
"${one_core[@]}" node peer.mjs | tee -a "$results" >&2
[ ! -f esdk.figures ] || tee -a "$results" < esdk.figures >&2
for where in one-core all-cores; do
	run=()
	[ "$where" = all-cores ] || run=("${one_core[@]}")
	"${run[@]}" "${PYTHON:-python3}" ours.py "$where" | tee -a "$results" >&2
	"${run[@]}" node ours.mjs "$where" | tee -a "$results" >&2
done
cd ../..
"${CARGO_TARGET_DIR:-target}/release/bench-crypto" --peers "$results" "$@"
