#!/usr/bin/env bash
# Learns the router's weights from a data pack and our own labelled prompts, measures them, and writes
# crates/plyrum-router/weights/router.bin and CARD.md. The same data gives the same bytes on every machine.
set -euo pipefail
data=${1:?usage: scripts/train-router.sh DATA_DIR}
cd "$(dirname "$0")/.."
cargo run --quiet --release --package plyrum-bench --example train_router -- "$data" crates/plyrum-router/weights
sha256sum crates/plyrum-router/weights/router.bin
