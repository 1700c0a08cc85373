#!/usr/bin/env bash
# Rows of `cedar-policy` and `iam-rs`.
set -euo pipefail
cd "$(dirname "$0")"
cargo run --quiet --release --locked -- "$1"
