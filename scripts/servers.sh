#!/usr/bin/env bash
# Plyrum against a server that others wrote: LiteLLM's proxy with a model that it plays itself, on its routes of OpenAI's chat,
# of Anthropic and of OpenAI's responses, streamed and whole. No key, no cost. Needs Python 3.10 and a package index; says loudly
# where it is skipped. A virtual environment with LiteLLM that is there already is named by LITELLM_VENV.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --locked -p plyrum-cli
  PLYRUM=${CARGO_TARGET_DIR:-target}/debug/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
work=$(mktemp -d)
export PLYRUM_HOME=$work/home LANG=C.UTF-8
proxy=
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  [ -n "$proxy" ] && kill "$proxy" 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT
skip() { echo "SKIPPED: $*"; exit 0; }

venv=${LITELLM_VENV:-$work/venv}
if [ ! -x "$venv/bin/litellm" ]; then
  python3 -m venv "$venv" 2>/dev/null || skip "no virtual environment can be made (python3-venv?)"
  # 1.107.0 was published by somebody who had broken in.
  "$venv/bin/pip" install --quiet 'litellm[proxy]!=1.107.0' || skip "LiteLLM cannot be installed"
fi
"$venv/bin/pip" list 2>/dev/null | grep -i '^litellm '

answer='Привет от прокси.'
cat >"$work/proxy.yaml" <<YAML
model_list:
  - model_name: mock
    litellm_params: { model: openai/mock, api_key: none, mock_response: "$answer" }
YAML
key=sk-$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
LITELLM_MASTER_KEY=$key LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False \
  "$venv/bin/litellm" --config "$work/proxy.yaml" --host 127.0.0.1 --port "$port" >"$work/proxy.log" 2>&1 &
proxy=$!
for _ in $(seq 120); do
  curl -s -o /dev/null "http://127.0.0.1:$port/health/liveliness" && break
  kill -0 "$proxy" 2>/dev/null || { tail -5 "$work/proxy.log"; skip "the proxy does not start"; }
  sleep 0.5
done

mkdir -p "$PLYRUM_HOME/config"
chmod 700 "$PLYRUM_HOME" "$PLYRUM_HOME/config"
entry() { # NAME KIND URL STREAM
  cat >>"$PLYRUM_HOME/config/config.toml" <<TOML
[providers.$1]
kind = "$2"
base_url = "$3"
stream = $4
[models."$1/mock"]
provider = "$1"
name = "mock"
context_tokens = 32000
price = { currency = "RUB", input = "100", output = "400" }
TOML
}
origin=http://127.0.0.1:$port
for stream in true false; do
  end=$([ $stream = true ] && echo streamed || echo whole)
  entry "chat-$end" openai-chat "$origin/v1" $stream
  entry "messages-$end" anthropic "$origin" $stream
  entry "responses-$end" openai-responses "$origin/v1" $stream
done

failed=0
for name in chat-streamed chat-whole messages-streamed messages-whole responses-streamed responses-whole; do
  printf '%s' "$key" | "$PLYRUM" providers login "$name" >/dev/null
  if out=$("$PLYRUM" ask --no-stdin --json -m "$name/mock" 'Привет, кто ты?' 2>/dev/null) &&
    python3 - "$out" "$answer" <<'PY'; then verdict=ok; else verdict=FAILED; fi
import json, sys
result = json.loads(sys.argv[1])
usage = result["usage"]
assert result["answer"].strip() == sys.argv[2], result
assert usage["quality"] == "reported" and usage["input"] > 0 and usage["output"] > 0, usage
assert result["cost_micro_rub"] > 0, result
PY
  cause=
  if [ $verdict = FAILED ]; then
    cause=$(python3 -c 'import json, sys; print((json.loads(sys.argv[1]).get("error") or {}).get("message", ""))' "${out:-{\}}")
    # With a model that it plays itself, the proxy cannot stream this route: its own error, in its own words.
    if [ $name = responses-streamed ] && grep -q "__aiter__" "$work/proxy.log"; then verdict="the proxy's own fault"; else failed=1; fi
  fi
  printf '%-20s %s %s\n' "$name" "$verdict" "$cause"
done
if grep -rqF "$key" "$PLYRUM_HOME/data" "$PLYRUM_HOME/state" 2>/dev/null; then
  echo "the key is in a file of the daemon's"
  failed=1
fi
exit $failed
