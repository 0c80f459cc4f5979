#!/usr/bin/env bash
# How large a ledger of many attempts is, and how fast reports over it are. Needs hyperfine, and about 0.8 GB of disk
# for each million attempts; everything is deleted at the end.
# Usage: scripts/bench-ledger-size.sh [ATTEMPTS]   (10 000 000)
set -euo pipefail
cd "$(dirname "$0")/.."
attempts=${1:-10000000}
cargo build --quiet --release --locked -p plyrum-cli
cargo build --quiet --release --locked -p plyrum-ledger --example ledger_of_size
target=$(realpath "${CARGO_TARGET_DIR:-target}")/release
PLYRUM_HOME=$(mktemp -d)
export PLYRUM_HOME
trap 'rm -rf "$PLYRUM_HOME"' EXIT
mkdir -m 700 "$PLYRUM_HOME/data"
ledger=$PLYRUM_HOME/data/ledger.sqlite
"$target/examples/ledger_of_size" "$ledger" "$attempts"
bytes=$(stat -c %s "$ledger")
echo "size: $bytes bytes, $((bytes / attempts)) an attempt"
for command in "usage --by model" "usage --by day" statusline; do
  hyperfine -N -w 2 -r 20 "$target/plyrum $command"
done
