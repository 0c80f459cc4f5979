#!/usr/bin/env bash
# The ledger's figures on this machine's disk: hold+settle pairs a second with 64 concurrent runs beside
# the disk's own flush rate (the aim: at least 20 times), and the flushes of one `plyrum ask`, counted in
# the daemon by strace: two of the ledger on the path of the answer (hold and settle); those of the audit
# log happen beside it. Needs strace and python3 for the second part.
# Usage: scripts/bench-ledger.sh [DIRECTORY ON THE DISK [ROUNDS]]
set -euo pipefail
cd "$(dirname "$0")/.."
disk=${1:-${TMPDIR:-/tmp}}
rounds=${2:-5}
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d "$disk/plyrum-bench.XXXXXX")
export PLYRUM_HOME=$work/home LANG=C.UTF-8
fake_pid='' trace_pid=''
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  [ -n "$trace_pid" ] && kill "$trace_pid" 2>/dev/null || true
  [ -x "${PLYRUM:-}" ] && "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  [ -n "$fake_pid" ] && kill "$fake_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

[ -n "${LEDGER_BENCH:-}" ] || cargo build --quiet --release --locked -p plyrum-ledger --example bench_ledger
LEDGER_BENCH=${LEDGER_BENCH:-$target/release/examples/bench_ledger}
echo "pairs, $(stat -f -c %T "$work") in $disk:"
"$LEDGER_BENCH" "$work" "$rounds"

if ! command -v strace >/dev/null; then
  echo "no strace: the flushes of one ask were not counted" >&2
  exit 0
fi
# Which build it is does not change how often it flushes.
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --locked -p plyrum-cli -p plyrum-fake-provider
  PLYRUM=$target/debug/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
cat >"$work/script.toml" <<'TOML'
[[reply]]
model = "one"
steps = [{ text = "token " }, { finish = "stop" }, { usage = { prompt_tokens = 10, completion_tokens = 1 } }, "done"]
TOML
"$(dirname "$PLYRUM")/plyrum-fake-provider" --listen 127.0.0.1:0 --script "$work/script.toml" >"$work/fake.out" 2>&1 &
fake_pid=$!
for _ in $(seq 200); do grep -q http "$work/fake.out" && break; sleep 0.05; done
url=$(grep -o 'http://[0-9.:]*[^ ]*' "$work/fake.out" | head -n 1)
mkdir -p "$PLYRUM_HOME/config"
cat >"$PLYRUM_HOME/config/config.toml" <<TOML
[providers.lab]
kind = "openai-chat"
base_url = "$url"
[models."lab/one"]
provider = "lab"
name = "one"
context_tokens = 128000
max_output_tokens = 1000
price = { currency = "RUB", input = "100", output = "400" }
TOML
ask() { "$PLYRUM" ask -q -m lab/one hello </dev/null >/dev/null; }
ask # starts the daemon and makes all files
sleep 1 # what this one left in the outbox is carried over within 200 ms
pid=$("$PLYRUM" daemon status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
strace -f -tt -y -s 4096 -e trace=fsync,fdatasync,write,writev,sendto,sendmsg -p "$pid" -o "$work/trace" 2>"$work/strace.out" &
trace_pid=$!
for _ in $(seq 200); do grep -q attached "$work/strace.out" && break; sleep 0.05; done
ask
sleep 1 # the audit's writer flushes within 200 ms after the answer
kill "$trace_pid"
wait "$trace_pid" 2>/dev/null || true
trace_pid=''
TRACE=$work/trace python3 - <<'PY'
import collections, os, re

before, after, answered = collections.Counter(), collections.Counter(), False
for line in open(os.environ["TRACE"], errors="replace"):
    # 1234 17:00:00.000001 fdatasync(7</path/of/the/file>) = 0
    flush = re.match(r"\d+ +(\S+) (fsync|fdatasync)\(\d+<([^>]*)>", line)
    if flush:
        name = os.path.basename(flush[3])
        kind = "ledger" if name.startswith("ledger") else "audit" if name[:12].isdigit() else "session"
        (after if answered else before)[kind] += 1
        print(f"  {flush[1]} {kind}: {name}")
    elif not answered and "run.finished" in line and re.search(r"<(socket|UNIX)", line):
        answered = True
        print(f"  {line.split()[1]} the end of the run goes to the client")
for name, counted in (("before the answer's end", before), ("after it", after)):
    print(f"flushes of one ask {name}: ledger {counted['ledger']}, audit {counted['audit']}, session {counted['session']}")
PY
