#!/usr/bin/env bash
# The figures that Plyrum promises, as medians, each beside the raw figure of the same run: a plain HTTP
# client doing the same request, and the disk's own flush. Builds the release binary; needs python3 and curl.
# Usage: scripts/bench.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-60}
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --release --locked -p plyrum-cli -p plyrum-fake-provider
  target=${CARGO_TARGET_DIR:-target}
  PLYRUM=$target/release/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
FAKE=$(dirname "$PLYRUM")/plyrum-fake-provider
work=$(mktemp -d)
export PLYRUM_HOME=$work/home LANG=C.UTF-8
fake_pid=
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  [ -n "$fake_pid" ] && kill "$fake_pid" 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT

python3 - >"$work/script.toml" <<'PY'
import json
def reply(model, tokens):
    steps = [{"text": f"token{n} "} for n in range(tokens)]
    steps += [{"finish": "stop"}, {"usage": {"prompt_tokens": 10, "completion_tokens": tokens}}, "done"]
    toml = ", ".join(
        json.dumps(s) if isinstance(s, str)
        else "{ " + ", ".join(
            f"{k} = " + (json.dumps(v) if not isinstance(v, dict) else "{ " + ", ".join(f"{a} = {b}" for a, b in v.items()) + " }")
            for k, v in s.items()) + " }"
        for s in steps)
    return f'[[reply]]\nmodel = "{model}"\nsteps = [{toml}]\n'
print(reply("one", 1) + reply("five-hundred", 500))
PY
"$FAKE" --listen 127.0.0.1:0 --script "$work/script.toml" >"$work/fake.out" 2>&1 &
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
[models."lab/five-hundred"]
provider = "lab"
name = "five-hundred"
context_tokens = 128000
max_output_tokens = 1000
price = { currency = "RUB", input = "100", output = "400" }
TOML

PLYRUM=$PLYRUM URL=$url ROUNDS=$rounds WORK=$work python3 - <<'PY'
import json, os, statistics, subprocess, time

plyrum, url, rounds, work = os.environ["PLYRUM"], os.environ["URL"], int(os.environ["ROUNDS"]), os.environ["WORK"]

def run(*args):
    began = time.perf_counter()
    subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000

def body(model):
    return json.dumps({"model": model, "stream": True, "stream_options": {"include_usage": True}, "max_tokens": 1000,
                       "messages": [{"role": "user", "content": "hello"}]})

def curl(model):
    return ["curl", "-sN", "-H", "content-type: application/json", "-d", body(model), f"{url}/chat/completions"]

def fsync_ms():
    path = os.path.join(work, "flush")
    times = []
    with open(path, "wb", buffering=0) as f:
        for _ in range(rounds):
            f.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(f.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)

def stat(pid, key):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith(key))

def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])

rows = []
def row(name, value, goal, ok):
    rows.append((name, value, goal, "ok" if ok else "OVER"))

subprocess.run([plyrum, "ask", "-q", "-m", "lab/one", "hello"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
for model, limit in (("one", 8.0), ("five-hundred", 10.0)):
    ask, raw, flush = [], [], []
    for _ in range(rounds):  # interleaved: both see the same machine
        ask.append(run(plyrum, "ask", "-q", "-m", f"lab/{model}", "hello"))
        raw.append(run(*curl(model)))
    a, r, f = statistics.median(ask), statistics.median(raw), fsync_ms()
    over = a - r - 2 * f
    row(f"warm ask, {model} token(s): {a:.1f} ms; plain client {r:.1f} ms; flush {f:.2f} ms; added", f"{over:.1f} ms",
        f"<= {limit:.0f} ms", over <= limit)

daemon = json.loads(subprocess.run([plyrum, "daemon", "status", "--json"], capture_output=True, check=True).stdout)["pid"]
time.sleep(2)
before = cpu_ticks(daemon); time.sleep(10); used = cpu_ticks(daemon) - before
row("daemon idle, CPU ticks (10 ms) in 10 s", f"{used}", "0", used == 0)
rss = stat(daemon, "VmRSS:")
row("daemon idle, RSS", f"{rss:.1f} MB", "<= 30 MB", rss <= 30)
probe = subprocess.run(["python3", "-c", "import resource,subprocess,sys\nsubprocess.run(sys.argv[1:],stdin=subprocess.DEVNULL,stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL)\nprint(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
                        plyrum, "ask", "-q", "-m", "lab/five-hundred", "hello"], capture_output=True, check=True, text=True)
rss = int(probe.stdout) / 1024
row("client, peak RSS", f"{rss:.1f} MB", "<= 20 MB", rss <= 20)

cold = []
for _ in range(max(10, rounds // 4)):
    subprocess.run([plyrum, "daemon", "stop"], check=True)
    cold.append(run(plyrum, "daemon", "start"))
c = statistics.median(cold)
row("cold daemon start", f"{c:.1f} ms", "<= 150 ms", c <= 150)
size = os.path.getsize(plyrum) / 1e6
row("release binary", f"{size:.1f} MB", "<= 25 MB", size <= 25)

width = max(len(name) for name, *_ in rows)
for name, value, goal, verdict in rows:
    print(f"{name:<{width}}  {value:>9}  {goal:>9}  {verdict}")
PY
