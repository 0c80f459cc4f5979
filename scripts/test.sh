#!/usr/bin/env bash
# The test command: equals CI. Format, lints, boundaries, all tests, licences, smoke.
# One build profile (dev) for tests and smoke, so nothing is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s  (%d min %02d s)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }

step format
cargo fmt --all --check

step "lints (warnings are errors)"
cargo clippy --workspace --all-targets --locked -- -D warnings

step "crate boundaries"
bash scripts/check-boundaries.sh

step tests
cargo test --workspace --locked

step "licences and bans"
if cargo deny --version >/dev/null 2>&1; then
  cargo deny --offline check licenses bans sources
else
  echo "SKIPPED: cargo deny is not installed (cargo install cargo-deny)"
fi

step "cargo run is plyrum, as the README says"
cargo run --quiet --locked -- --version

step smoke
bash scripts/smoke.sh

step "autostart races"
bash scripts/race.sh 10

step "hostile local user"
bash scripts/hostile.sh

step "kill loop"
bash scripts/kill-loop.sh 100

step "all of it passed"
