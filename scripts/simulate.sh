#!/usr/bin/env bash
# The engine through many random schedules, in release, with every invariant checked. Usage: scripts/simulate.sh [N]
set -euo pipefail
cd "$(dirname "$0")/.."
PLYRUM_SIM_SCHEDULES=${1:-100000} cargo test --release --locked -p plyrum-engine --test simulation
