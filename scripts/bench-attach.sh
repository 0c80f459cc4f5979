#!/usr/bin/env bash
# From connecting to the first frame of `run/attach`: of a run that lives, of one that is over, and of both in a session
# whose log has MEGABYTES. The socket is spoken to directly, so that no program's start is in the figure.
# Usage: scripts/bench-attach.sh [MEGABYTES=100] [ROUNDS=30]      PLYRUM names the binary.
set -euo pipefail
cd "$(dirname "$0")/.."
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
mkdir -p "$PLYRUM_HOME/config"
cat >"$PLYRUM_HOME/config/config.toml" <<TOML
[models."offline/script"]
provider = "offline"
name = "script"
context_tokens = 1000000
max_output_tokens = 100000
price = { currency = "RUB", input = "0", output = "0" }
TOML
PLYRUM=$PLYRUM MEGABYTES=${1:-100} ROUNDS=${2:-30} python3 - <<'PY'
import datetime, json, os, re, socket, statistics, subprocess, sys, time

plyrum, home = os.environ["PLYRUM"], os.environ["PLYRUM_HOME"]
megabytes, rounds = int(os.environ["MEGABYTES"]), int(os.environ["ROUNDS"])
with open(os.environ["PLYRUM_OFFLINE_SCRIPT"], "w") as f:
    f.write('[[turn]]\nmatch = "short"\ntext = "A short answer."\n' * 2)
    f.write(f'[[turn]]\nmatch = "long"\ntext = {json.dumps("a word " * 3000)}\nchunk_bytes = 7\ndelay_ms = 100\n' * 2)

def run(*args):
    done = subprocess.run([plyrum, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"plyrum {' '.join(args)}: {done.stderr}")
    return done.stdout

def first_frame_ms(run_id):
    began = time.perf_counter()
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.path.join(home, "run/plyrum.sock"))
    hello = {"proto_min": 1, "proto_max": 1, "build": "bench", "schema": 1}
    attach = {"run": run_id, "after_seq": 0}
    s.sendall((json.dumps({"jsonrpc": "2.0", "method": "hello", "params": hello}) + "\n"
               + json.dumps({"jsonrpc": "2.0", "id": 1, "method": "run/attach", "params": attach}) + "\n").encode())
    for line in s.makefile("rb"):
        if b'"method":"frame"' in line:
            return (time.perf_counter() - began) * 1000
        if b'"error"' in line:
            sys.exit(line.decode())

over_goal = False
def row(name, run_id):
    global over_goal
    times = sorted(first_frame_ms(run_id) for _ in range(rounds))
    median, worst = statistics.median(times), times[-1]
    over_goal |= median > 20
    print(f"{name:<46} median {median:7.2f} ms  worst {worst:7.2f} ms  goal <= 20  {'ok' if median <= 20 else 'OVER'}")

def ask(*more):
    return run("ask", "-m", "offline/script", "--detach", *more).strip()

def wait_until_over(run_id):
    while next(r for r in json.loads(run("runs", "list", "--json")) if r["run"] == run_id)["status"] == "running":
        time.sleep(0.02)

over = ask("a short one")
wait_until_over(over)
session = json.loads(run("runs", "list", "--json"))[0]["session"]
living = ask("a long one")
row("a living run", living)
row("a run that is over", over)
run("runs", "cancel", living)
wait_until_over(living)
run("daemon", "stop")

log = os.path.join(home, "data/sessions", f"{session}.jsonl")
with open(log, "rb") as f:
    lines = f.read()
times = {bytes(t): datetime.datetime.fromisoformat(t.decode()) for t in re.findall(rb'"at":"([^"]+)"', lines)}
def moved(n, minutes):  # another run of the same shape, so much earlier or later
    other = lines.replace(over.encode(), f"{n:016x}".encode())
    for text, at in times.items():
        at += datetime.timedelta(minutes=minutes)
        other = other.replace(text, at.strftime("%Y-%m-%dT%H:%M:%S.").encode() + text[20:])
    return other
half = megabytes * 500_000 // len(lines)
with open(log, "wb") as f:  # the run in the middle of others, a minute apart
    for n in range(2 * half):
        f.write(lines if n == half else moved(n, n - half))
run("daemon", "start")
last = ask("-s", session, "a short one")
wait_until_over(last)
living = ask("-s", session, "a long one")
row(f"a living run of a session of {megabytes} MB", living)
row(f"the last run of a session of {megabytes} MB", last)
row(f"a run in the middle of a session of {megabytes} MB", over)
sys.exit(1 if over_goal else 0)
PY
