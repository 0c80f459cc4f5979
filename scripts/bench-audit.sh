#!/usr/bin/env bash
# The audit's figures on this machine: appends a second, and a million records verified and searched. Prints a
# table of medians and exits 1 where a figure is missed. Needs about 1 GB of disk.
# Usage: scripts/bench-audit.sh [DIRECTORY ON THE DISK [RECORDS [ROUNDS]]]
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --locked -p plyrum-audit --example bench_audit
exec "${CARGO_TARGET_DIR:-target}/release/examples/bench_audit" "${1:-${TMPDIR:-/tmp}}" "${2:-1000000}" "${3:-5}"
