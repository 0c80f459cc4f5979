#!/usr/bin/env bash
# Many mixtures at once through one daemon: RUNS runs of MEMBERS proposers, each streaming RATE deltas a second
# from the scripted offline provider, followed over the socket. Prints lost frames, delta delay, memory.
# Usage: scripts/load.sh [RUNS] [MEMBERS] [RATE] [SECONDS]      (defaults 100 6 50 4)
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --release --locked -p plyrum-cli
  PLYRUM=${CARGO_TARGET_DIR:-target}/release/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
work=$(mktemp -d)
export PLYRUM_HOME=$work/home PLYRUM_OFFLINE_SCRIPT=$work/script.toml LANG=C.UTF-8
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
mkdir -p "$PLYRUM_HOME/config/plans"
PLYRUM=$PLYRUM WORK=$work RUNS=${1:-100} MEMBERS=${2:-6} RATE=${3:-50} SECONDS_=${4:-4} python3 - <<'PY'
import collections, datetime, json, os, random, socket, subprocess, threading, time

work, plyrum, home = os.environ["WORK"], os.environ["PLYRUM"], os.environ["PLYRUM_HOME"]
runs, members, rate, seconds = (int(os.environ[k]) for k in ("RUNS", "MEMBERS", "RATE", "SECONDS_"))
rng = random.Random(1)
WORDS = [f"слово{n}" if n % 2 else f"word{n}" for n in range(400)]

def turn(text, match=None, chunk=None, delay=None):
    lines = ["[[turn]]"]
    if match:
        lines.append(f"match = {json.dumps(match)}")
    lines.append(f"text = {json.dumps(text, ensure_ascii=False)}")
    if chunk:
        lines += [f"chunk_bytes = {chunk}", f"delay_ms = {delay}"]
    return "\n".join(lines) + "\n"

chunks = rate * seconds
with open(os.path.join(work, "script.toml"), "w", encoding="utf-8") as f:
    for _ in range(runs):
        f.write(turn("One answer from all of them.", match="<proposal label"))
    for _ in range(runs * members):
        text = " ".join(rng.choice(WORDS) for _ in range(chunks * 2))
        f.write(turn(text, chunk=max(1, len(text.encode()) // chunks), delay=1000 // rate))
with open(os.path.join(home, "config/config.toml"), "w") as f:
    f.write('[providers.offline]\nkind = "offline"\nmax_concurrency = 1024\n')
    for name in ("script",):
        f.write(f'[models."offline/{name}"]\nprovider = "offline"\nname = "{name}"\ncontext_tokens = 1000000\nmax_output_tokens = 4000\n'
                'price = { currency = "RUB", input = "1", output = "2" }\n')
with open(os.path.join(home, "config/plans/load.toml"), "w") as f:
    f.write(f'name = "load"\ndescription = "load test"\n[[step]]\nid = "propose"\nkind = "propose"\nmembers = {members}\n'
            'models = ["offline/script"]\n[[step]]\nid = "answer"\nkind = "aggregate"\nafter = ["propose"]\nmodel = "offline/script"\n')
subprocess.run([plyrum, "daemon", "start"], check=True)
pid = json.loads(subprocess.run([plyrum, "daemon", "status", "--json"], capture_output=True, check=True).stdout)["pid"]

def rss_mb():
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmRSS:"))

delays, lost, finished, deltas, failed = [], [0], [0], [0], []
def follow(client, count):
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.path.join(home, "run/plyrum.sock"))
    hello = {"proto_min": 1, "proto_max": 1, "build": "load", "schema": 1}
    s.sendall((json.dumps({"jsonrpc": "2.0", "method": "hello", "params": hello}) + "\n").encode())
    for n in range(count):
        submit = {"run": f"{client:04x}{n:04x}", "prompt": f"question {client} {n}", "client": "load",
                  "options": {"plan": "load"}}
        s.sendall((json.dumps({"jsonrpc": "2.0", "id": n + 1, "method": "run/submit", "params": submit}) + "\n").encode())
    seqs, offsets, over = collections.Counter(), {}, 0
    reader, at = s.makefile("rb", buffering=1 << 20), 0
    while over < count:
        line = reader.readline()
        now = time.time()
        if not line:
            failed.append("the connection closed"); return
        if b'"type":"delta"' in line:
            deltas[0] += 1
            at += 1
            if at % 8 == 0:  # a sample is parsed whole: the client must not be what is measured
                stamp = line[line.rindex(b'"at":"') + 6 : line.rindex(b'"}')].decode()
                sent = datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()
                delays.append((now - sent) * 1000)
            if client == 0:
                frame = json.loads(line)["params"]
                key = (frame["attempt"], frame["channel"])
                if frame["offset"] != offsets.get(key, 0) and frame["channel"] != "answer":
                    lost[0] += 1
                offsets[key] = frame["offset"] + len(frame["text"].encode())
            continue
        message = json.loads(line)
        if "error" in message:
            failed.append(message["error"]["message"]); over += 1
        frame = message.get("params", {})
        if frame.get("type") == "resync":
            lost[0] += 1
        if "seq" in frame:
            seqs[frame["run"]] += 1
            if frame["seq"] != seqs[frame["run"]]:
                lost[0] += 1
            if frame["type"] == "run.finished":
                over += 1
                finished[0] += frame["result"]["status"] == "succeeded"

clients = 10
threads = [threading.Thread(target=follow, args=(c, runs // clients)) for c in range(clients)]
peak, began = 0, time.time()
for t in threads: t.start()
while any(t.is_alive() for t in threads):
    peak = max(peak, rss_mb()); time.sleep(0.1)
took = time.time() - began
delays.sort()
p = lambda q: delays[min(len(delays) - 1, int(len(delays) * q))] if delays else 0
print(f"{runs} runs of {members} proposers at {rate} deltas/s: {finished[0]} succeeded in {took:.1f} s, {deltas[0]} deltas "
      f"({deltas[0] / took:.0f}/s)")
print(f"lost frames {lost[0]}; delta delay p50 {p(.5):.1f} ms, p99 {p(.99):.1f} ms (goal <= 50); daemon RSS peak {peak:.0f} MB (goal <= 200)")
if failed:
    print("errors:", collections.Counter(failed).most_common(3))
PY
