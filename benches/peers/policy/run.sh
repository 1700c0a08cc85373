#!/usr/bin/env bash
# Runs the peers and then `bench-policy`, on one machine, one after the other, into one table. See README.md.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)

inputs=$(mktemp)
results=$(mktemp)
trap 'rm -f "$inputs" "$results"' EXIT
bench() { (cd "$root" && cargo run --quiet --release --locked --package zt-benches --bin bench-policy -- "$@"); }

bench --inputs "$inputs"
for rows in */rows.sh; do
  "$rows" "$inputs" >>"$results"
done
bench --peers "$results"
