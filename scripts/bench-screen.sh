#!/usr/bin/env bash
# The screen as a person meets it: first picture (<= 60 ms), key to echo under 5 000 deltas a second (p99 <= 10 ms), a
# conversation of 100 MB opened (<= 200 ms) and scrolled (each picture <= 16.7 ms, <= 80 MiB), and nothing while nothing
# happens. Prints a table; exits 1 where a figure is missed.
# Usage: scripts/bench-screen.sh [--json] [--megabytes N] [--rounds N] [--pages N] [--only first|echo|long|idle]…
# PLYRUM names the binary.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --release --locked -p plyrum-cli --bin plyrum
  PLYRUM=${CARGO_TARGET_DIR:-target}/release/plyrum
fi
cargo build --quiet --release --locked -p plyrum-cli --example bench_screen
exec "${CARGO_TARGET_DIR:-target}/release/examples/bench_screen" "$(realpath "$PLYRUM")" "$@"
