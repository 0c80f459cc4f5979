#!/usr/bin/env bash
# Every figure of conversations, audit, redaction and the daemon's life, by the scripts that measure them, one after
# the other on a quiet machine; exits 1 where one is missed. About three quarters of an hour.
# Usage: scripts/evidence.sh [QUICK]      with QUICK: smaller numbers, about ten minutes
set -uo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --locked -p plyrum-cli -p plyrum-fake-provider || exit 1
PLYRUM=$(realpath "${CARGO_TARGET_DIR:-target}/release/plyrum")
export PLYRUM
quick=${1:-}
missed=()
run() { # title, command…
  printf '\n== %s\n' "$1"
  shift
  bash "$@" || missed+=("$*")
}
run "autostart races" scripts/race.sh $([ -n "$quick" ] && echo 20 || echo 200) 20
run "fan-out: slow and frozen clients" scripts/fanout.sh
run "a hostile local user" scripts/hostile.sh
run "the screen" scripts/bench-screen.sh
run "attach to first frame" scripts/bench-attach.sh 100
run "search over a million messages, a log of 100 MB" scripts/bench-sessions.sh
run "audit: append, verify, search" scripts/bench-audit.sh
run "redactor: recall, false hits, speed" scripts/bench-redact.sh
run "faults of providers" scripts/faults.sh
run "streams of a provider" scripts/streams.sh 200 100 $([ -n "$quick" ] && echo 3 || echo 10)
run "soak" scripts/soak.sh $([ -n "$quick" ] && echo 20000 || echo 100000)
run "kill loop" scripts/kill-loop.sh $([ -n "$quick" ] && echo 100 || echo 1000)
printf '\n'
if [ ${#missed[@]} -gt 0 ]; then
  printf 'missed: %s\n' "${missed[@]}"
  exit 1
fi
echo "every figure is reached"
