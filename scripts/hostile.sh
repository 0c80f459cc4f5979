#!/usr/bin/env bash
# Another user of the same machine tries to talk to a daemon, to read or change what it keeps, to stand in its place
# and to look into its memory. Each probe is an attack: it prints whether it succeeded; none may.
# The victim and the attacker are two unprivileged uids, so this needs root and setpriv; without them it is skipped.
# Usage: scripts/hostile.sh      PLYRUM names the binary; without it the dev build is used.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
  echo "SKIPPED: a second user cannot be played here (needs root and setpriv)"
  exit 0
fi
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --locked -p plyrum-cli
  PLYRUM=${CARGO_TARGET_DIR:-target}/debug/plyrum
fi
work=$(mktemp -d)
chmod 755 "$work"
install -m 755 "$(realpath "$PLYRUM")" "$work/plyrum"
trap 'rm -rf "$work"' EXIT
WORK=$work python3 - <<'PY'
import json, os, shutil, stat, subprocess, sys, textwrap, time

work = os.environ["WORK"]
plyrum, home = f"{work}/plyrum", f"{work}/home"
VICTIM, ATTACKER = 64001, 64002
BASE = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"}

def as_user(uid, argv, env=None, text=None, within=60):
    return subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *argv], env=BASE | (env or {}),
                          input=text, stdin=None if text else subprocess.DEVNULL, capture_output=True, text=True, timeout=within, cwd="/")

def victim(*args, home=home, text=None):
    return as_user(VICTIM, [plyrum, *args], {"PLYRUM_HOME": home}, text)

def need(done):
    if done.returncode != 0:
        sys.exit(f"the victim cannot work: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout

probes, successes = [], []
def result(name, succeeded, detail=""):
    probes.append(name)
    if succeeded:
        successes.append(name)
    print(f"{'SUCCESS' if succeeded else 'refused'}  {name}{': ' + detail if detail else ''}")

PRELUDE = f"import ctypes, os, signal, socket, sys\nhome, pid = {home!r}, int(sys.argv[1])\nsock = home + '/run/plyrum.sock'\n"
def attack(name, code, uid=ATTACKER, detail=""):
    """The code exits 0 where the attack works."""
    done = as_user(uid, ["python3", "-c", PRELUDE + textwrap.dedent(code), str(pid)])
    last = done.stderr.strip().splitlines()[-1:] or [""]
    result(name, done.returncode == 0, detail or last[0][:100])

def tree():
    for at, dirs, files in os.walk(home):
        yield at, True
        for f in files:
            yield os.path.join(at, f), False

def loosen(dirs, files=None):
    """A mistake of the owner's, made by root here; gives what puts it right again."""
    before = [(path, os.lstat(path).st_mode & 0o7777) for path, _ in tree()]
    for path, is_dir in list(tree()):
        if is_dir:
            os.chmod(path, dirs)
        elif files:
            os.chmod(path, files)
    return lambda: [os.chmod(path, mode) for path, mode in before if os.path.lexists(path)]

public = f"{work}/public"
os.mkdir(public)
os.chmod(public, 0o1777)
os.mkdir(home, 0o700)
os.chown(home, VICTIM, VICTIM)
os.mkdir(f"{home}/config", 0o700)
os.chown(f"{home}/config", VICTIM, VICTIM)
need(as_user(VICTIM, [plyrum, "ask", "-q", "Where is it?"], {"PLYRUM_HOME": home, "LAB_KEY": "lab-secret-0123456789"}, text="It is in room 7."))
pid = json.loads(need(victim("daemon", "status", "--json")))["pid"]

# Talking to it.
TALK = """
s = socket.socket(socket.AF_UNIX); s.settimeout(3); s.connect(sock)
s.sendall(b'{"jsonrpc":"2.0","method":"hello","params":{"proto_min":1,"proto_max":1,"build":"EVIL\\\\nEVIL","schema":1}}\\n'
          b'{"jsonrpc":"2.0","id":1,"method":"daemon/stop","params":{}}\\nEVIL\\x1b[2J\\n')
sys.exit(0 if s.recv(10) else 'it hung up without a word')
"""
attack("connect to the socket", TALK)
mend = loosen(0o777, 0o777)
attack("connect where directories and socket were opened to all by mistake", TALK)
attack("be heard in the log by what is said on the socket", "sys.exit(0 if 'EVIL' in open(home + '/state/daemon.log').read() else 'the log has no word of it')", uid=VICTIM)
attack("take every place with 400 connections", """
all = []
for _ in range(400):
    s = socket.socket(socket.AF_UNIX); s.settimeout(2)
    try: s.connect(sock); all.append(s)
    except OSError: pass
sys.exit(0 if sum(bool(s.recv(1)) for s in all) else f'{len(all)} connected, none was let in')
""")
mend()
result("keep the owner out by that", victim("ask", "-q", "Where is it?", text="It is in room 7.").returncode != 0)
names = [line.split()[-1] for line in open("/proc/net/unix") if "plyrum" in line]
result("find a socket in the abstract namespace", any(name.startswith("@") for name in names))
listening = [line.split() for path in ("/proc/net/tcp", "/proc/net/tcp6") if os.path.exists(path) for line in open(path)]
result("find a port of the daemon's", any(len(f) > 7 and f[3] == "0A" and f[7] == str(VICTIM) for f in listening))

# What it keeps.
READ = """
got = []
for at, dirs, files in os.walk(home):
    for f in files:
        try: open(os.path.join(at, f), 'rb').read(1); got.append(f)
        except OSError: pass
sys.exit(0 if got else 'nothing')
"""
attack("read any artefact", READ)
mend = loosen(0o755)
attack("read any artefact where directories were opened for reading by mistake", READ)
attack("hard-link the ledger and read the link", f"os.link(home + '/data/ledger.sqlite', '{public}/stolen'); open('{public}/stolen', 'rb').read(1)")
attack("change the configuration", "open(home + '/config/config.toml', 'a').write('[budgets]')")
attack("put a file beside the ledger", "open(home + '/data/ledger.sqlite-journal', 'w').write('x')")
attack("swap the ledger for another", f"open('{public}/other', 'w').close(); os.rename('{public}/other', home + '/data/ledger.sqlite')")
attack("remove the socket", "os.unlink(sock)")
attack("hold the lock of a home that is readable", "import fcntl; f = open(home + '/run/daemon.lock'); fcntl.flock(f, fcntl.LOCK_SH | fcntl.LOCK_NB)")
mend()
attack("read it through one's own plyrum", f"os.environ['PLYRUM_HOME'] = home; import subprocess; sys.exit(subprocess.run([{plyrum!r}, 'usage'], capture_output=True).returncode)")
attack("stop it through one's own plyrum", f"os.environ['PLYRUM_HOME'] = home; import subprocess; sys.exit(subprocess.run([{plyrum!r}, 'daemon', 'stop', '--force'], capture_output=True).returncode)")

# The process.
for name in ("SIGTERM", "SIGKILL", "SIGSTOP"):
    attack(f"send it {name}", f"os.kill(pid, signal.{name})")
attack("trace it", "sys.exit(0 if ctypes.CDLL(None, use_errno=True).ptrace(16, pid, 0, 0) == 0 else 'not permitted')")
for name in ("environ", "mem", "maps", "auxv"):
    attack(f"read /proc/PID/{name}", f"f = open(f'/proc/{{pid}}/{name}', 'rb'); f.read(1)")
attack("list its open files", "os.listdir(f'/proc/{pid}/fd')")
for name in ("environ", "mem"):
    attack(f"read /proc/PID/{name} as another program of the same user", f"f = open(f'/proc/{{pid}}/{name}', 'rb'); f.read(1)", uid=VICTIM)
attack("trace it as another program of the same user", "sys.exit(0 if ctypes.CDLL(None, use_errno=True).ptrace(16, pid, 0, 0) == 0 else 'not permitted')", uid=VICTIM)
limit = next(line.split() for line in open(f"/proc/{pid}/limits") if line.startswith("Max core file size"))
result("have its memory written to a core file", limit[4:6] != ["0", "0"], " ".join(limit))

# Standing in its place.
need(victim("daemon", "stop"))
LISTEN = """
import socket, sys, os
path, heard = sys.argv[1], sys.argv[2]
s = socket.socket(socket.AF_UNIX); s.bind(path); os.chmod(path, 0o777); s.listen(); open(heard, 'w').close()
while True:
    c, _ = s.accept(); c.settimeout(2)
    try: open(heard, 'ab').write(c.recv(4096))
    except OSError: pass
"""
listener = subprocess.Popen(["setpriv", f"--reuid={ATTACKER}", f"--regid={ATTACKER}", "--clear-groups", "python3", "-c", LISTEN, f"{public}/s", f"{public}/heard"], env=BASE)
while not os.path.exists(f"{public}/heard"):
    time.sleep(0.01)
os.rename(f"{public}/s", f"{home}/run/plyrum.sock")
done = victim("ask", "-q", "Where is it?", text="It is in room 7.")
heard = open(f"{public}/heard", "rb").read()
result("hear a word of a client by listening in the daemon's place", bool(heard), done.stderr.splitlines()[0][:100] if done.stderr else "")
listener.kill()
listener.wait()
os.unlink(f"{home}/run/plyrum.sock")

long_home = f"{work}/{'h' * 110}"
os.mkdir(long_home, 0o700)
os.chown(long_home, VICTIM, VICTIM)
need(victim("daemon", "start", home=long_home))
short = next(os.path.join("/tmp", name) for name in os.listdir("/tmp") if name.startswith(f"plyrum-{VICTIM}-"))
need(victim("daemon", "stop", home=long_home))
shutil.rmtree(short)
def squat(name, make):
    make()
    done = victim("ask", "-q", "Where is it?", home=long_home, text="It is in room 7.")
    told = "error: " in done.stderr and short in done.stderr
    result(name, done.returncode == 0 or not told, done.stderr.splitlines()[0][:110] if done.stderr else "")
    shutil.rmtree(short) if os.path.isdir(short) and not os.path.islink(short) else os.unlink(short)
squat("own the short socket directory before its user's first start", lambda: need(as_user(ATTACKER, ["mkdir", "-m", "777", short])))
squat("make it a link to a directory of one's own", lambda: need(as_user(ATTACKER, ["sh", "-c", f"mkdir -m 777 {public}/mine && ln -s {public}/mine {short}"])))
squat("make it a link to the victim's own directory", lambda: need(as_user(ATTACKER, ["ln", "-s", f"{home}/run", short])))
squat("make it a file", lambda: need(as_user(ATTACKER, ["touch", short])))

def refused(name, wanted, prepare, home):
    prepare()
    done = victim("ask", "-q", "Where is it?", home=home, text="It is in room 7.")
    result(name, done.returncode != 3 or wanted not in done.stderr, done.stderr.splitlines()[0][:110] if done.stderr else "")
refused("have a user work in a home of one's own", "another user", lambda: need(as_user(ATTACKER, ["mkdir", "-m", "777", f"{public}/home"])), f"{public}/home")
refused("have a user work in a home behind a link of one's own", "symbolic link", lambda: need(as_user(ATTACKER, ["ln", "-s", home, f"{public}/link"])), f"{public}/link")
refused("have a home used that a group may write", "writable", lambda: os.chmod(home, 0o770), home)
os.chmod(home, 0o700)

holding = subprocess.Popen(["setpriv", f"--reuid={ATTACKER}", f"--regid={ATTACKER}", "--clear-groups", "python3", "-c",
    "import fcntl,os,sys,time\nf=open(sys.argv[1],'w'); os.chmod(sys.argv[1],0o666); fcntl.flock(f,fcntl.LOCK_EX); f.write(str(os.getpid())); f.flush(); open(sys.argv[2],'w').close(); time.sleep(300)",
    f"{public}/daemon.lock", f"{public}/held"], env=BASE)
while not os.path.exists(f"{public}/held"):
    time.sleep(0.01)
os.replace(f"{public}/daemon.lock", f"{home}/run/daemon.lock")
began = time.time()
done = victim("daemon", "start")
result("keep a user's daemon from starting by a lock file of one's own, without its being said", done.returncode == 0 or "another user" not in done.stderr or time.time() - began > 10,
       done.stderr.splitlines()[0][:110] if done.stderr else "")
holding.kill()
holding.wait()
os.unlink(f"{home}/run/daemon.lock")
need(victim("ask", "-q", "Where is it?", text="It is in room 7."))
need(victim("audit", "verify"))
need(victim("daemon", "stop"))
print(f"{len(probes)} probes, {len(successes)} successes")
sys.exit(1 if successes else 0)
PY
