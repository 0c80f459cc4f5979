# shellcheck shell=bash
# What each server's script needs, to be sourced: a home of Plyrum's and a directory that go away at the end, a way to skip,
# and the checks of an answer. Exit 77 says skipped.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
: "${PLYRUM:?names the binary}"
work=$(mktemp -d)
export PLYRUM_HOME=$work/home LANG=C.UTF-8
unset PLYRUM_LANG LC_ALL
server=
failed=0
clean_up() {
  "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

skip() { echo "SKIPPED: $*"; exit 77; }
fresh_key() { printf 'sk-%s' "$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')"; }
is_free() { python3 -c 'import socket, sys; socket.create_server(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# A virtual environment with these packages, or a skip.
install_into() { # VENV PACKAGE…
  local venv=$1
  shift
  python3 -m venv "$venv" 2>/dev/null || skip "no virtual environment can be made (python3-venv?)"
  "$venv/bin/pip" install --quiet "$@" || skip "cannot be installed: $*"
}

# What was installed must also start: where it does not, its log says why, and that is a failure.
wait_for() { # URL LOG
  for _ in $(seq 240); do
    curl -sf -o /dev/null "$1" && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.25
  done
  tail -5 "$2"
  echo "FAILED  the server does not start"
  exit 1
}

# Where a provider is, streamed or whole, and its models: at 100 and 400 rubles for a million tokens, unless said otherwise.
provider() { # NAME KIND URL STREAM
  mkdir -p "$PLYRUM_HOME/config"
  chmod 700 "$PLYRUM_HOME" "$PLYRUM_HOME/config"
  printf '[providers.%s]\nkind = "%s"\nbase_url = "%s"\nstream = %s\n' "$1" "$2" "$3" "$4" >>"$PLYRUM_HOME/config/config.toml"
}
model() { # ID PROVIDER NAME CONTEXT_TOKENS MAX_OUTPUT_TOKENS [INPUT OUTPUT]
  cat >>"$PLYRUM_HOME/config/config.toml" <<TOML
[models."$1"]
provider = "$2"
name = "$3"
context_tokens = $4
max_output_tokens = $5
price = { currency = "RUB", input = "${6:-100}", output = "${7:-400}" }
TOML
}
# Every wire that has a route there, streamed and whole.
routes() { # ORIGIN
  for stream in true false; do
    end=$([ $stream = true ] && echo streamed || echo whole)
    provider "chat-$end" openai-chat "$1/v1" $stream
    provider "messages-$end" anthropic "$1" $stream
    provider "responses-$end" openai-responses "$1/v1" $stream
  done
}
# shellcheck disable=SC2034 # read by who sources this, as is failed
ROUTES="chat-streamed chat-whole messages-streamed messages-whole responses-streamed responses-whole"
login() { # PROVIDER KEY
  printf '%s' "$2" | "$PLYRUM" providers login "$1" >/dev/null
}

ok() { printf 'ok      %s\n' "$*"; }
# shellcheck disable=SC2034
fail() { printf 'FAILED  %s\n' "$*"; failed=1; }
# Asks, and checks what the frames and the result say of it.
ask() { # WHAT CHECK… -- ARGUMENTS OF ask
  local what=$1 checks=() said
  shift
  while [ "$1" != -- ]; do checks+=("$1"); shift; done
  shift
  "$PLYRUM" ask --no-stdin -o stream-json "$@" >"$work/frames" 2>"$work/notices" || true
  if said=$(python3 "$here/check.py" "$work/frames" "${checks[@]}"); then ok "$what: $said"; else fail "$what: $said"; fi
}
key_is_nowhere() { # KEY
  if grep -rqF "$1" "$PLYRUM_HOME/data" "$PLYRUM_HOME/state" 2>/dev/null; then
    fail "the key is in a file of the daemon's"
  else
    ok "the key is in no file of the daemon's"
  fi
}
