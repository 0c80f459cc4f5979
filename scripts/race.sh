#!/usr/bin/env bash
# Many clients at once, and no daemon that answers: all succeed, and exactly one daemon serves them all.
# Each round is one of: an empty home, a daemon that was stopped, one that was killed and left its socket, only a lock
# file that names somebody else, one that is just ending.
# Usage: scripts/race.sh [ROUNDS=200] [CLIENTS=20]      PLYRUM names the binary; without it the dev build is used.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --locked -p plyrum-cli
  PLYRUM=${CARGO_TARGET_DIR:-target}/debug/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
work=$(mktemp -d)
export LANG=C.UTF-8
unset PLYRUM_OFFLINE_SCRIPT PLYRUM_LANG LC_ALL
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  for home in "$work"/*/; do PLYRUM_HOME=$home "$PLYRUM" daemon stop --force >/dev/null 2>&1 || true; done
  rm -rf "$work"
}
trap clean_up EXIT
PLYRUM=$PLYRUM WORK=$work ROUNDS=${1:-200} CLIENTS=${2:-20} python3 - <<'PY'
import collections, json, os, shutil, signal, statistics, subprocess, sys, time

plyrum, work = os.environ["PLYRUM"], os.environ["WORK"]
rounds, clients = int(os.environ["ROUNDS"]), int(os.environ["CLIENTS"])
NULL = subprocess.DEVNULL

def run(home, *args):
    done = subprocess.run([plyrum, *args], env=os.environ | {"PLYRUM_HOME": home}, stdin=NULL, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"plyrum {' '.join(args)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout

def daemons(home):
    """Processes that run as the daemon of this home."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().split(b"\0")
            with open(f"/proc/{pid}/environ", "rb") as f:
                variables = f.read().split(b"\0")
        except OSError:
            continue
        if words[1:3] == [b"daemon", b"run"] and f"PLYRUM_HOME={home}".encode() in variables:
            found.append(int(pid))
    return found

def only_daemon(home):
    """The others have seen that there is one and ended."""
    for _ in range(2000):
        if len(found := daemons(home)) == 1:
            return found[0]
        time.sleep(0.005)
    sys.exit(f"{len(found)} daemons: {found}")

def killed(home):
    pid = only_daemon(home)
    os.kill(pid, signal.SIGKILL)
    while os.path.exists(f"/proc/{pid}/task/{pid}") and daemons(home):
        time.sleep(0.001)

def lock_file_alone(home):
    shutil.rmtree(home)
    os.makedirs(os.path.join(home, "run"), mode=0o700)
    os.chmod(home, 0o700)
    with open(os.path.join(home, "run/daemon.lock"), "w") as f:
        f.write("1\n")

SITUATIONS = {
    "an empty home": shutil.rmtree,
    "stopped": lambda home: run(home, "daemon", "stop"),
    "killed, its socket left": killed,
    "a lock file alone": lock_file_alone,
    "just ending": lambda home: subprocess.Popen([plyrum, "daemon", "stop"], env=os.environ | {"PLYRUM_HOME": home}, stdin=NULL),
}
refused, times, home = 0, collections.defaultdict(list), os.path.join(work, "home")
for n in range(rounds):
    name, prepare = list(SITUATIONS.items())[n % len(SITUATIONS)]
    if os.path.exists(home):
        if name != "an empty home" and not daemons(home):
            run(home, "daemon", "start")
        if name in ("an empty home", "a lock file alone"):
            run(home, "daemon", "stop")
        stopping = prepare(home)
    elif name == "an empty home":
        stopping = None
    began = time.perf_counter()
    asks = [subprocess.Popen([plyrum, "ask", "-q", "Where is it kept?"], env=os.environ | {"PLYRUM_HOME": home}, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(clients)]
    for i, ask in enumerate(asks):
        ask.stdin.write(f"The item {i} is kept in room {i}.")
        ask.stdin.close()
        ask.stdin = None
    for i, ask in enumerate(asks):
        out, err = ask.communicate(timeout=120)
        # A client that was being served when the daemon was told to stop is told so; nobody else fails.
        told_to_stop = name == "just ending" and ask.returncode in (7, 1, 130)
        refused += told_to_stop
        if (ask.returncode != 0 or f"room {i}" not in out) and not told_to_stop:
            sys.exit(f"round {n} ({name}), client {i}: exit {ask.returncode}\n{out}{err}")
    if isinstance(stopping, subprocess.Popen):
        stopping.wait()
        run(home, "daemon", "start")
    times[name].append(time.perf_counter() - began)
    pid = only_daemon(home)
    status = json.loads(run(home, "daemon", "status", "--json"))
    if status["pid"] != pid:
        sys.exit(f"round {n} ({name}): process {pid} runs and {status['pid']} answers")
for name, seconds in times.items():
    print(f"{name:<26} {len(seconds):>4} rounds  median {statistics.median(seconds) * 1000:6.0f} ms  longest {max(seconds) * 1000:6.0f} ms")
print(f"{rounds} rounds of {clients} clients: all served, exactly one daemon each time"
      f"{f' ({refused} were told that the daemon was being stopped)' if refused else ''}")
PY
