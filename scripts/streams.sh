#!/usr/bin/env bash
# Many streams at once from a server over real sockets: STREAMS runs of one model, each answered with RATE deltas a second by
# plyrum-fake-provider and followed over the daemon's socket. Prints whether every text arrived whole, how far the last one
# was behind the server's own pace, the daemon's memory and its time on the processor.
# Usage: scripts/streams.sh [STREAMS] [RATE] [SECONDS]      (defaults 200 100 10)
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --release --locked -p plyrum-cli --bin plyrum
  cargo build --quiet --release --locked -p plyrum-fake-provider
  PLYRUM=$target/release/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
FAKE=$(realpath "${FAKE:-$(dirname "$PLYRUM")/plyrum-fake-provider}")
work=$(mktemp -d)
export PLYRUM_HOME=$work/home LANG=C.UTF-8
server=
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  [ -n "$server" ] && kill "$server" 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT
mkdir -p "$PLYRUM_HOME/config"
chmod 700 "$PLYRUM_HOME" "$PLYRUM_HOME/config"
streams=${1:-200} rate=${2:-100} seconds=${3:-10}
python3 - "$work/script.toml" "$rate" "$seconds" <<'PY'
import sys
path, rate, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
delay = 1000 // rate
steps = ", ".join('{ text = "слово %04d " }, { delay_ms = %d }' % (n, delay) for n in range(rate * seconds))
with open(path, "w", encoding="utf-8") as f:
    f.write(f"[[reply]]\nalways = true\nsteps = [{steps}, "
            '{ finish = "stop" }, { counts = { input = 10, output = 1000 } }, "done"]\n')
PY
"$FAKE" --script "$work/script.toml" >"$work/server.out" 2>&1 &
server=$!
for _ in $(seq 100); do
  base=$(grep -o 'http://[^ ]*' "$work/server.out" | head -1) && break
  sleep 0.1
done
cat >"$PLYRUM_HOME/config/config.toml" <<TOML
[providers.lab]
kind = "openai-chat"
base_url = "$base"
max_concurrency = 1024
[models."lab/fast"]
provider = "lab"
name = "fast-1"
context_tokens = 128000
max_output_tokens = 4000
price = { currency = "RUB", input = "100", output = "400" }
TOML
"$PLYRUM" daemon start
PLYRUM=$PLYRUM STREAMS=$streams RATE=$rate SECONDS_=$seconds python3 - <<'PY'
import json, os, socket, subprocess, threading, time

home, plyrum = os.environ["PLYRUM_HOME"], os.environ["PLYRUM"]
streams, rate, seconds = (int(os.environ[k]) for k in ("STREAMS", "RATE", "SECONDS_"))
text = "".join("слово %04d " % n for n in range(rate * seconds))
pid = json.loads(subprocess.run([plyrum, "daemon", "status", "--json"], capture_output=True, check=True).stdout)["pid"]

def of_process(file, name):
    with open(f"/proc/{pid}/{file}") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith(name))

def processor():
    with open(f"/proc/{pid}/stat") as f:
        user, system = f.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

whole, frames, ends, failed = [0], [0], [], []

def follow(client, count):
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.path.join(home, "run/plyrum.sock"))
    hello = {"proto_min": 1, "proto_max": 1, "build": "streams", "schema": 1}
    s.sendall((json.dumps({"jsonrpc": "2.0", "method": "hello", "params": hello}) + "\n").encode())
    for n in range(count):
        submit = {"run": f"{client:04x}{n:04x}", "prompt": f"question {client} {n}", "client": "streams",
                  "options": {"model": "lab/fast", "plan": "direct"}}
        s.sendall((json.dumps({"jsonrpc": "2.0", "id": n + 1, "method": "run/submit", "params": submit}) + "\n").encode())
    reader, over, seen = s.makefile("rb", buffering=1 << 20), 0, 0
    while over < count:
        line = reader.readline()
        if not line:
            failed.append("the connection closed")
            return
        if b'"type":"delta"' in line:  # not parsed: the client must not be what is measured
            seen += 1
            continue
        message = json.loads(line)
        if "error" in message:
            failed.append(message["error"]["message"])
            over += 1
        frame = message.get("params", {})
        if frame.get("type") == "run.finished":
            over += 1
            ends.append(time.time())
            whole[0] += frame["result"]["answer"].strip() == text.strip()
    frames[0] += seen

clients = 10
threads = [threading.Thread(target=follow, args=(c, streams // clients)) for c in range(clients)]
began, used = time.time(), processor()
for t in threads: t.start()
for t in threads: t.join()
took = max(ends, default=time.time()) - began
total = streams // clients * clients
print(f"{total} streams at {rate} deltas/s for {seconds} s: {whole[0]} whole, the last after {took:.2f} s; "
      f"{frames[0]} delta frames of {total * rate * seconds} deltas")
print(f"daemon: memory at most {of_process('status', 'VmHWM:'):.0f} MB, {processor() - used:.1f} s of processor "
      f"({(processor() - used) * 1e6 / (total * rate * seconds):.1f} us a delta, from the provider's socket to the client's)")
if failed:
    print("errors:", sorted(set(failed))[:3])
raise SystemExit(0 if whole[0] == total and not failed else 1)
PY
