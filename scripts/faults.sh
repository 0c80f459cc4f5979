#!/usr/bin/env bash
# The fault matrix: every fault of the design on every wire, streamed or whole, before and after the first output, through
# the daemon's own driver, ledger and transport. Runs it, fails where a cell is not as it should be, prints the table.
# Usage: scripts/faults.sh      UPDATE_SNAPSHOTS=1 scripts/faults.sh writes snapshots/providers/faults.txt anew
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --quiet --locked -p plyrum-daemon --lib driver::faults -- --nocapture
cat snapshots/providers/faults.txt
