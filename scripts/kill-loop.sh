#!/usr/bin/env bash
# Kill -9 at every write, flush and send of the daemon while it holds, sends and settles, and at random under
# load; after each kill a new daemon starts and everything is proved: nothing held, nothing lost, nothing twice.
# The points are the system calls themselves (strace kills at the Nth of a kind in a thread), so a new point in
# the code is covered without being named.
# Usage: scripts/kill-loop.sh [KILLS]      (default 100)      PLYRUM names the binary; without it the dev build is used.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v strace >/dev/null; then
  echo "SKIPPED: strace is not installed, so the daemon cannot be killed at chosen calls"
  exit 0
fi
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --locked -p plyrum-cli
  PLYRUM=${CARGO_TARGET_DIR:-target}/debug/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
work=$(mktemp -d)
export PLYRUM_HOME=$work/home LANG=C.UTF-8
unset PLYRUM_OFFLINE_SCRIPT PLYRUM_LANG LC_ALL
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
mkdir -p "$PLYRUM_HOME/config"
PLYRUM=$PLYRUM WORK=$work KILLS=${1:-100} python3 - <<'PY'
import collections, http.server, json, os, random, signal, subprocess, sys, threading, time

plyrum, work, home = os.environ["PLYRUM"], os.environ["WORK"], os.environ["PLYRUM_HOME"]
kills_wanted = int(os.environ["KILLS"])
rng = random.Random(20261122)

class Provider(http.server.BaseHTTPRequestHandler):
    """Answers every question in five pieces and reports what it used. Remembers what it was asked."""
    protocol_version = "HTTP/1.1"
    asked = collections.Counter()
    lock = threading.Lock()

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.lock:
            self.asked[body["messages"][-1]["content"]] += 1
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        try:
            for piece in ("Это ", "an ", "answer ", "in ", "pieces."):
                self.event({"choices": [{"index": 0, "delta": {"content": piece}}]})
                time.sleep(0.002)
            self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            self.event({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}})
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass  # the daemon was killed

    def event(self, value):
        self.wfile.write(b"data: " + json.dumps(value).encode() + b"\n\n")
        self.wfile.flush()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(os.path.join(home, "config", "config.toml"), "w", encoding="utf-8") as f:
    f.write(f'''
[defaults]
model = "lab/fast"
[providers.lab]
kind = "openai-chat"
base_url = "http://127.0.0.1:{server.server_port}/v1"
max_concurrency = 64
[models."lab/fast"]
provider = "lab"
name = "fast-1"
context_tokens = 128000
max_output_tokens = 1000
price = {{ currency = "USD", input = "3.00", output = "15.00" }}
[fx]
USD = {{ rate = "80.1234", date = "2026-11-20", source = "kill loop" }}
[budgets]
day = "1000000"
''')
COST = 36056  # 100 x 3 + 10 x 15 micro-dollars x 80.1234, up

def run(*args, **more):
    return subprocess.run([plyrum, *args], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **more)

def value(*args):
    done = run(*args)
    if done.returncode != 0:
        raise SystemExit(f"plyrum {' '.join(args)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)

straced = None

def stop_daemons():
    run("daemon", "stop")
    if straced:
        try:
            straced.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(straced.pid, signal.SIGKILL)  # strace and what it traces: a kill at one more point
            straced.wait()

def start_under(calls, nth):
    """A daemon that is killed at its NTH call of this kind in one of its threads."""
    global straced
    trace = os.path.join(work, "trace")
    straced = subprocess.Popen(["strace", "-f", "-qq", "-e", f"trace={calls}", "-e", f"inject={calls}:signal=SIGKILL:when={nth}",
                      "-o", trace, plyrum, "daemon", "run"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL, start_new_session=True)
    socket = os.path.join(home, "run", "plyrum.sock")
    for _ in range(2000):
        state = run("daemon", "status", "--json")
        if state.returncode == 0 and json.loads(state.stdout)["running"]:
            return True
        if os.path.exists(trace) and "killed by SIGKILL" in tail(trace):
            return False
        time.sleep(0.005)
    raise SystemExit(f"no daemon under strace ({calls} {nth})")

def tail(path):
    with open(path, "rb") as f:
        f.seek(0, 2)
        f.seek(max(0, f.tell() - 4096))
        return f.read().decode(errors="replace")

def was_killed():
    return "killed by SIGKILL" in tail(os.path.join(work, "trace"))

asked_by_us, told = [], {}

def ask(*more):
    prompt = f"question {len(asked_by_us)}"
    asked_by_us.append(prompt)
    done = run("ask", "--json", "--timeout", "60s", *more, prompt)
    lines = done.stdout.strip().splitlines()
    result = json.loads(lines[-1]) if lines else None
    if result and result.get("run"):
        told[result["run"]] = (prompt, result)
    return done, result

checks = 0
def prove(where):
    """A new daemon has put everything right."""
    global checks
    checks += 1
    def wrong(what):
        raise SystemExit(f"{where}: {what}")
    value("models", "list", "--json")  # starts a daemon, which recovers
    balance = value("balance", "show", "--json")
    runs = value("runs", "list", "--json", "-n", "1000")
    total = value("usage", "--json")["total"]["cost_micro_rub"]
    if balance["held_micro_rub"] != 0:
        wrong(f"{balance['held_micro_rub']} stays held")
    if any(r["status"] == "running" for r in runs):
        wrong("a run stays running")
    if balance["posted_micro_rub"] != -total:
        wrong(f"posted {balance['posted_micro_rub']}, usage {total}")
    ids = {r["run"]: r for r in runs}
    for run_id, (prompt, result) in told.items():
        if run_id in ids and result["status"] == "succeeded" and ids[run_id]["cost_micro_rub"] != result["cost_micro_rub"]:
            wrong(f"run {run_id} was told as {result['cost_micro_rub']} and is {ids[run_id]['cost_micro_rub']}")
        if result["status"] == "succeeded" and run_id not in ids and len(runs) < 1000:
            wrong(f"run {run_id} succeeded and is lost")
    verdict = run("audit", "verify")
    if verdict.returncode != 0:
        wrong(f"the audit does not verify: {verdict.stdout}{verdict.stderr}")
    reconciled = run("ledger", "reconcile", "--json")
    if reconciled.returncode != 0:
        wrong(f"the ledger does not reconcile: {reconciled.stdout}{reconciled.stderr}")
    # Nothing is sent twice, and what was sent is paid or flagged.
    for prompt, times in Provider.asked.items():
        if times > 1:
            wrong(f"`{prompt}` was sent {times} times")
    newest = runs[0] if runs else None
    if newest:
        attempts = value("explain", newest["run"], "--json")["attempts"]
        prompt = told.get(newest["run"], (None,))[0]
        if prompt and Provider.asked[prompt] and not any(a["cost_micro_rub"] for a in attempts):
            wrong(f"`{prompt}` reached the provider and is not charged")

# 1. At every call of each kind, until a whole ask goes through.
KINDS = ["pwrite64", "fdatasync", "fsync", "write", "sendto", "writev", "ftruncate", "unlink", "rename", "openat"]
kills, points = 0, collections.Counter()
ask()
prove("before the first kill")
systematic = max(1, kills_wanted * 7 // 10)
per_kind = max(3, systematic // len(KINDS))
for kind in KINDS:
    nth, step, survived = 1, 1, 0
    while points[kind] < per_kind and survived < 2:
        stop_daemons()
        came_up = start_under(kind, nth)
        if came_up:
            ask()
            for _ in range(100):
                if was_killed():
                    break
                time.sleep(0.002)
        if was_killed():
            kills += 1
            points[kind] += 1
            survived = 0
        else:
            survived += 1
        stop_daemons()
        prove(f"{kind} {nth}")
        nth += step
        if points[kind] % 12 == 0:
            step += 1  # a long run of equal calls is sampled

# 2. At random, while many asks are under way.
while kills < kills_wanted:
    run("daemon", "start")
    pid = value("daemon", "status", "--json")["pid"]
    asks = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asks:
        thread.start()
    time.sleep(rng.uniform(0, 0.08))
    try:
        os.kill(pid, signal.SIGKILL)
        kills += 1
    except ProcessLookupError:
        pass
    for thread in asks:
        thread.join()
    prove(f"random kill {kills}")

print(f"{kills} kills ({', '.join(f'{n} at {kind}' for kind, n in points.items())}, {kills - sum(points.values())} at random "
      f"under load), {len(asked_by_us)} asks, {sum(Provider.asked.values())} reached the provider, {checks} proofs: all hold")
PY
