#!/usr/bin/env bash
# Kill -9 at every write, flush and send of the daemon while it holds, sends and settles, and at random under
# 32 runs and more at once; after each kill a new daemon starts and everything is proved: nothing held within 5 s, nothing lost,
# nothing twice, every transcript whole and ended.
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
import collections, http.server, json, os, random, secrets, signal, socket, subprocess, sys, threading, time

plyrum, work, home = os.environ["PLYRUM"], os.environ["WORK"], os.environ["PLYRUM_HOME"]
kills_wanted = int(os.environ["KILLS"])
rng = random.Random(20261122)

class Provider(http.server.BaseHTTPRequestHandler):
    """Answers every question in five pieces and reports what it used. Remembers what it was asked."""
    protocol_version = "HTTP/1.1"
    asked = collections.Counter()
    lock = threading.Lock()
    wait = 0.002  # between two pieces
    may_answer = threading.Event()  # cleared while a burst is too small: runs stay under way however slow the machine

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
                self.may_answer.wait()
                time.sleep(self.wait * rng.uniform(0.2, 2))
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

Provider.may_answer.set()
http.server.ThreadingHTTPServer.request_queue_size = 128
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
max_concurrency = 256
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

# 2. At random, while 32 runs and more are under way, and some commands.
AT_LEAST, AT_ONCE = 36, 60

class Burst(threading.Thread):
    """Keeps runs under way over one connection, and remembers what it was told, until the daemon is gone."""
    def __init__(self):
        super().__init__(daemon=True)
        self.acknowledged, self.finished, self.seqs, self.enough = {}, {}, {}, threading.Event()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(os.path.join(home, "run", "plyrum.sock"))
        hello = {"proto_min": 1, "proto_max": 1, "build": "kill loop", "schema": 1}
        self.say({"method": "hello", "params": hello})
        for _ in range(AT_ONCE):
            self.submit()

    def say(self, message):
        try:
            self.socket.sendall(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        except OSError:
            pass  # killed

    def submit(self):
        prompt = f"question {len(asked_by_us)}"
        asked_by_us.append(prompt)
        params = {"run": secrets.token_hex(8), "prompt": prompt, "client": "kill loop", "owner": "detached"}
        self.say({"id": len(asked_by_us), "method": "run/submit", "params": params})

    def run(self):
        try:
            for line in self.socket.makefile("rb"):
                self.take(json.loads(line))
        except (OSError, ValueError):
            pass  # cut off in the middle of a line

    def take(self, message):
        if "run" in message.get("result", {}):
            self.acknowledged[message["result"]["run"]] = message["result"]["session"]
        frame = message.get("params", {})
        if "seq" in frame:
            if frame["seq"] != self.seqs.get(frame["run"], 0) + 1:
                raise SystemExit(f"run {frame['run']}: frame {frame['seq']} after {self.seqs.get(frame['run'], 0)}")
            self.seqs[frame["run"]] = frame["seq"]
        if frame.get("type") == "run.finished":
            self.finished[frame["run"]] = frame["result"]
            self.submit()
        gate = threading.Event.set if self.under_way() >= AT_LEAST else threading.Event.clear
        gate(self.enough)
        gate(Provider.may_answer)

    def under_way(self):
        return len(self.acknowledged) - len(self.finished)

def transcript(session):
    """Numbers and types of each run's durable frames, in the order of the file."""
    frames = collections.defaultdict(list)
    with open(os.path.join(home, "data", "sessions", f"{session}.jsonl"), "rb") as f:
        for line in f:
            frame = json.loads(line).get("frame")
            if frame:
                frames[frame["run"]].append((frame["seq"], frame["type"]))
    return frames

def is_whole(run_id, frames, where):
    if [seq for seq, _ in frames] != list(range(1, len(frames) + 1)):
        raise SystemExit(f"{where}: the transcript of run {run_id} has frames {frames}")
    if [kind for _, kind in frames].count("run.finished") != 1 or frames[-1][1] != "run.finished":
        raise SystemExit(f"{where}: the transcript of run {run_id} does not end once: {frames}")

def prove_told(burst, where):
    """What a client was told is there, once."""
    rows = collections.Counter(r["run"] for r in value("runs", "list", "--json", "-n", "1000"))
    for run_id, session in burst.acknowledged.items():
        if rows[run_id] != 1:
            raise SystemExit(f"{where}: run {run_id} was acknowledged and is there {rows[run_id]} times")
        frames = transcript(session)[run_id]
        is_whole(run_id, frames, where)
        if len(frames) < burst.seqs.get(run_id, 0):
            raise SystemExit(f"{where}: run {run_id} was shown up to frame {burst.seqs[run_id]} and has {len(frames)}")
    for run_id, result in burst.finished.items():
        told[run_id] = (None, result)

resolved, under_way = [], []
Provider.wait = 0.05
while kills < kills_wanted:
    run("daemon", "start")
    pid = value("daemon", "status", "--json")["pid"]
    Provider.may_answer.clear()
    burst = Burst()
    burst.start()
    if not burst.enough.wait(timeout=120):
        raise SystemExit(f"only {burst.under_way()} runs are under way")
    asks = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asks:
        thread.start()
    time.sleep(rng.uniform(0, 0.5))
    burst.enough.wait(timeout=120)
    under_way.append(burst.under_way())
    os.kill(pid, signal.SIGKILL)
    kills += 1
    burst.join()
    Provider.may_answer.set()
    began = time.monotonic()
    run("daemon", "start")
    while value("balance", "show", "--json")["held_micro_rub"] != 0:
        if time.monotonic() - began > 5:
            raise SystemExit(f"random kill {kills}: something stays held for 5 s after the restart")
    resolved.append(time.monotonic() - began)
    for thread in asks:
        thread.join()
    prove_told(burst, f"random kill {kills}")
    prove(f"random kill {kills}")

ended = 0
for name in os.listdir(os.path.join(home, "data", "sessions")):
    if name.endswith(".jsonl"):
        for run_id, frames in transcript(name.removesuffix(".jsonl")).items():
            is_whole(run_id, frames, "in the end")
            ended += 1
print(f"{ended} transcripts of runs, each numbered from 1 and ended once")
if resolved:
    print(f"{len(resolved)} kills under {min(under_way)} to {max(under_way)} runs at once; nothing held after "
          f"{max(resolved):.2f} s at most (goal 5)")
print(f"{kills} kills ({', '.join(f'{n} at {kind}' for kind, n in points.items())}, {kills - sum(points.values())} at random "
      f"under load), {len(asked_by_us)} asks, {sum(Provider.asked.values())} reached the provider, {checks} proofs: all hold")
PY
