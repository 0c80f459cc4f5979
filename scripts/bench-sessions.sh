#!/usr/bin/env bash
# The reading side of conversations: search over a million messages (<= 50 ms), a log of 100 MB from its end.
# Prints a table; exits 1 where a figure is missed.      Usage: scripts/bench-sessions.sh [MESSAGES]
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo run --quiet --release --locked -p plyrum-sessions --example bench_sessions -- "${1:-1000000}"
