#!/usr/bin/env bash
# The real binary, socket and files, as a user meets them: ask, look, kill, recover, verify.
# PLYRUM names the binary; without it the dev build is made and used.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --locked -p plyrum-cli -p plyrum-fake-provider
  target=${CARGO_TARGET_DIR:-target}
  PLYRUM=$target/debug/plyrum
  FAKE=$target/debug/plyrum-fake-provider
fi
PLYRUM=$(realpath "$PLYRUM")
FAKE=$(realpath "${FAKE:-$(dirname "$PLYRUM")/plyrum-fake-provider}")

work=$(mktemp -d)
export PLYRUM_HOME=$work/home LANG=C.UTF-8
unset PLYRUM_OFFLINE_SCRIPT PLYRUM_LANG LC_ALL
fake_pid=
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  [ -n "$fake_pid" ] && kill "$fake_pid" 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT

passed=0
ok() { passed=$((passed + 1)); printf 'ok    %s\n' "$1"; }
fail() { printf 'FAIL  %s\n' "$1"; [ $# -gt 1 ] && printf '%s\n' "$2"; exit 1; }
expect() { # what, wanted text, actual text
  case "$3" in *"$2"*) ok "$1" ;; *) fail "$1: no \`$2\` in" "$3" ;; esac
}
field() { # JSON on stdin, a dotted path
  python3 -c 'import json,sys
value = json.loads(sys.stdin.read())
for key in sys.argv[1].split("."):
    value = value[int(key)] if isinstance(value, list) else value[key]
print(value)' "$1"
}

# Offline: a useful answer with no key, no configuration, no network.
answer=$("$PLYRUM" ask "What is this project for?" <README.md 2>"$work/notice")
[ -n "$answer" ] && ok "an English question over a file is answered" || fail "no answer"
expect "the offline notice is on stderr" "offline" "$(cat "$work/notice")"
answer=$(printf 'Клиент подключается через сокет. Деньги считаются в микрорублях. Погода хорошая.' |
  "$PLYRUM" ask "в чём считаются деньги?" 2>/dev/null)
expect "a Russian question is answered" "микрорублях" "$answer"
last=$(echo "One. Two." | "$PLYRUM" ask -o stream-json "what?" 2>/dev/null | tail -n 1)
expect "the last line of stream-json is the result" '"type":"result"' "$last"

# Several models, one answer; its money; the report of what plans cost.
for plan in moa self-moa vote cascade best-of-n auto; do
  answer=$(printf 'Tea grows in China. It was first a medicine. Merchants brought it to Europe later.' |
    "$PLYRUM" ask -q --plan "$plan" "Where does tea grow?" 2>/dev/null)
  expect "plan $plan answers" "China" "$answer"
done
expect "a dry run shows the plan" '"role":"aggregator"' "$("$PLYRUM" ask --json --dry-run --plan moa "what?" </dev/null)"
PLYRUM=$PLYRUM bash scripts/cost-report.sh target/cost_report.json >"$work/table" || fail "cost report" "$(cat "$work/table")"
PLYRUM=$PLYRUM bash scripts/cost-report.sh "$work/again.json" >/dev/null
cmp -s target/cost_report.json "$work/again.json" && ok "the cost report is the same to the byte" || fail "the cost report differs"

# A priced provider: one number everywhere.
port_file=$work/fake.out
"$FAKE" --listen 127.0.0.1:0 --text "Exactly this." >"$port_file" 2>&1 &
fake_pid=$!
for _ in $(seq 200); do grep -q http "$port_file" && break; sleep 0.05; done
url=$(grep -o 'http://[0-9.:]*[^ ]*' "$port_file" | head -n 1)
[ -n "$url" ] || fail "the fake provider did not start" "$(cat "$port_file")"
mkdir -p "$PLYRUM_HOME/config"
cat >"$PLYRUM_HOME/config/config.toml" <<TOML
[providers.lab]
kind = "openai-chat"
base_url = "$url"

[models."lab/fast"]
provider = "lab"
name = "fast-1"
context_tokens = 128000
max_output_tokens = 1000
price = { currency = "USD", input = "3.00", output = "15.00" }

[fx]
USD = { rate = "80.1234", date = "2026-11-20", source = "smoke test" }
TOML
result=$("$PLYRUM" ask --json -m lab/fast "hello" </dev/null)
cost=$(field cost_micro_rub <<<"$result")
run=$(field run <<<"$result")
expect "the provider's answer arrives" "Exactly this." "$(field answer <<<"$result")"
[ "$cost" -gt 0 ] && ok "it costs $cost micro-RUB" || fail "no cost" "$result"
[ "$("$PLYRUM" explain "$run" --json | field cost_micro_rub)" = "$cost" ] && ok "explain says the same" || fail explain
[ "$("$PLYRUM" runs list --json | field 0.cost_micro_rub)" = "$cost" ] && ok "runs list says the same" || fail "runs list"
[ "$("$PLYRUM" usage --json | field total.cost_micro_rub)" = "$cost" ] && ok "usage says the same" || fail usage
[ "$("$PLYRUM" balance show --json | field posted_micro_rub)" = "-$cost" ] && ok "the account says the same" || fail balance
set +e
"$PLYRUM" ask -m lab/fast --max-cost 0.000001 hello </dev/null >/dev/null 2>"$work/refused"
[ $? = 6 ] && ok "a limit is never passed (exit 6)" || fail "limit" "$(cat "$work/refused")"
set -e

# Kill -9 and recover.
pid=$("$PLYRUM" daemon status --json | field pid)
kill -9 "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
echo "One. Two." | "$PLYRUM" ask -q "what?" >/dev/null 2>&1 && ok "a new daemon starts after kill -9" || fail "restart"
[ "$("$PLYRUM" balance show --json | field held_micro_rub)" = 0 ] && ok "nothing stays held" || fail held
verdict=$("$PLYRUM" audit verify) && ok "audit verifies: $verdict" || fail "audit" "$verdict"
"$PLYRUM" doctor >"$work/doctor" && ok "doctor finds nothing" || fail doctor "$(cat "$work/doctor")"
"$PLYRUM" daemon stop && ok "the daemon stops"
[ "$("$PLYRUM" daemon status --json | field running)" = False ] && ok "and is gone" || fail "still there"
"$PLYRUM" audit verify >/dev/null && ok "audit verifies without a daemon" || fail "audit without a daemon"

printf '%s passed, 0 failed\n' "$passed"
