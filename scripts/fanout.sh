#!/usr/bin/env bash
# Many runs at once, each followed by several of many clients, of which some read slowly and some not at all.
# Every client that reads, however slowly, must have every lifecycle frame of its runs, once and in order; a frozen one must be
# hung up on after 30 s; memory stays under 512 MiB.
# Usage: scripts/fanout.sh [RUNS=1000] [CLIENTS=100] [SLOW=10] [FROZEN=10] [FOLLOWED=50] [RATE=5] [SECONDS=40]
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --locked -p plyrum-client --example fanout
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --release --locked -p plyrum-cli
  PLYRUM=${CARGO_TARGET_DIR:-target}/release/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
work=$(mktemp -d)
export PLYRUM_HOME=$work/home PLYRUM_OFFLINE_SCRIPT=$work/script.toml LANG=C.UTF-8
unset PLYRUM_LANG LC_ALL
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  "$PLYRUM" daemon stop --force >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
runs=${1:-1000} clients=${2:-100} slow=${3:-10} frozen=${4:-10} followed=${5:-50} rate=${6:-5} seconds=${7:-40}
mkdir -p "$PLYRUM_HOME/config"
cat >"$PLYRUM_HOME/config/config.toml" <<TOML
[providers.offline]
kind = "offline"
max_concurrency = 1024

[models."offline/script"]
provider = "offline"
name = "script"
context_tokens = 1000000
max_output_tokens = 100000
price = { currency = "RUB", input = "1", output = "2" }
TOML
python3 - "$runs" "$rate" "$seconds" >"$PLYRUM_OFFLINE_SCRIPT" <<'PY'
import sys
runs, rate, seconds = map(int, sys.argv[1:])
words = [f"слово{n}" if n % 2 else f"a word of number {n}" for n in range(rate * seconds)]
text = " ".join(words)
for n in range(runs):
    print(f'[[turn]]\ntext = "{text}"\nchunk_bytes = {len(text.encode()) // len(words)}\ndelay_ms = {1000 // rate}')
PY
"$PLYRUM" daemon start
pid=$("$PLYRUM" daemon status --json | sed 's/.*"pid":\([0-9]*\).*/\1/')
"${CARGO_TARGET_DIR:-target}"/release/examples/fanout "$PLYRUM_HOME/run/plyrum.sock" "$pid" "$runs" "$clients" "$slow" "$frozen" "$followed"
"$PLYRUM" balance show --json | grep -q '"held_micro_rub":0' || { echo "something stays held"; exit 1; }
"$PLYRUM" audit verify
