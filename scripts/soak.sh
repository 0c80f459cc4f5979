#!/usr/bin/env bash
# Run after run through one daemon, offline and at full speed: does it keep its memory, descriptors and threads?
# Prints a line every 10 000 runs; fails where memory at the end is over 1.05 times that at 10 000 runs.
# Usage: scripts/soak.sh [RUNS=100000] [CONNECTIONS=2] [IN_FLIGHT=64]      PLYRUM names the binary.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --locked -p plyrum-client --example soak
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --release --locked -p plyrum-cli
  PLYRUM=${CARGO_TARGET_DIR:-target}/release/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
work=$(mktemp -d)
export PLYRUM_HOME=$work/home LANG=C.UTF-8
unset PLYRUM_OFFLINE_SCRIPT PLYRUM_LANG LC_ALL
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
"$PLYRUM" daemon start
pid=$("$PLYRUM" daemon status --json | sed 's/.*"pid":\([0-9]*\).*/\1/')
"${CARGO_TARGET_DIR:-target}"/release/examples/soak "$PLYRUM_HOME/run/plyrum.sock" "$pid" "${1:-100000}" "${2:-2}" "${3:-64}"
"$PLYRUM" balance show --json | grep -q '"held_micro_rub":0' || { echo "something stays held"; exit 1; }
du -sh "$PLYRUM_HOME/data" | sed 's/\t.*/ on disk/'
"$PLYRUM" audit verify
