#!/usr/bin/env bash
# The redactor's figures: kinds, recall on generated secrets, false hits, MB/s, bytes held back. Exits
# with 1 if one is missed. False hits are counted in generated texts, in this repository, and in the
# sources of the dependencies, where they are there; further folders can be named.
# Usage: scripts/bench-redact.sh [--show] [--data FOLDER]…
set -euo pipefail
cd "$(dirname "$0")/.."
folders=()
while [ $# -gt 0 ]; do
  case $1 in
    --show) folders+=(--show) ;;
    --data) folders+=("${2:?--data FOLDER}") && shift ;;
    *) echo "usage: scripts/bench-redact.sh [--show] [--data FOLDER]…" >&2 && exit 2 ;;
  esac
  shift
done
cargo build --quiet --release --locked -p plyrum-redact --example bench_redact
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
[ -d "$sources" ] && folders+=("$sources")
exec "${CARGO_TARGET_DIR:-target}/release/examples/bench_redact" "$PWD" "${folders[@]}"
