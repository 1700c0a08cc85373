#!/usr/bin/env bash
# crates.io `aws-esdk`: `run.sh interop` has it and zt-crypto open each other's messages; `run.sh bench` writes its figures
# where `make bench-crypto` finds them. It takes minutes to build, and so is not part of `make test`.
set -euo pipefail
cd "$(dirname "$0")"
# Beside the workspace's own builds, not among them.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-../../../target}/esdk"
cargo build --quiet --release --locked
peer=$CARGO_TARGET_DIR/release/zt-peer-esdk
case ${1:-} in
interop) "$peer" interop ;;
bench)
	one_core=(taskset --cpu-list 0)
	command -v taskset > /dev/null || one_core=()
	"${one_core[@]}" "$peer" bench | tee ../esdk.figures
	;;
*)
	echo "usage: run.sh bench | interop" >&2
	exit 2
	;;
esac
