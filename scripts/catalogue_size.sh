#!/usr/bin/env bash
# What the catalogue adds to a program, as published (profile `dist`: whole-program optimisation, no symbols): table, code
# and what they need. Fails above 500 KiB.
set -euo pipefail
cd "$(dirname "$0")/.."
limit=$((500 * 1024))

cargo build --quiet --locked --profile dist --package zt-catalogue --example size_with --example size_without
programs=${CARGO_TARGET_DIR:-target}/dist/examples
size() { wc -c < "$programs/$1"; }
with=$(size size_with) without=$(size size_without) table=$(wc -c < zt-core/src/catalog/catalogue.bin)
added=$((with - without))
printf '%9d bytes  a program that reads and prints policies\n' "$without"
printf '%9d bytes  the same with the whole catalogue\n' "$with"
printf '%9d bytes  the catalogue: a table of %d and code of %d (limit %d)\n' \
  "$added" "$table" "$((added - table))" "$limit"
[ "$added" -le "$limit" ]
