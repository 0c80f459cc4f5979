#!/usr/bin/env bash
# LiteLLM's proxy on its routes of OpenAI's chat, of Anthropic and of OpenAI's responses, with a model that it plays itself.
# shellcheck source-path=SCRIPTDIR source=stage.sh
. "$(dirname "$0")/stage.sh"

venv=${LITELLM_VENV:-$work/venv}
# 1.107.0 was published by somebody who had broken in.
[ -x "$venv/bin/litellm" ] || install_into "$venv" 'litellm[proxy]!=1.107.0'
"$venv/bin/pip" list 2>/dev/null | grep -i '^litellm '

answer='Привет от прокси.'
cat >"$work/proxy.yaml" <<YAML
model_list:
  - model_name: mock
    litellm_params: { model: openai/mock, api_key: none, mock_response: "$answer" }
YAML
key=$(fresh_key)
port=$(free_port)
LITELLM_MASTER_KEY=$key LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False \
  "$venv/bin/litellm" --config "$work/proxy.yaml" --host 127.0.0.1 --port "$port" >"$work/proxy.log" 2>&1 &
server=$!
wait_for "http://127.0.0.1:$port/health/liveliness" "$work/proxy.log"

origin=http://127.0.0.1:$port
# With a model that it plays itself, a proxy of today cannot stream this route: asked without us, so that its fault is not ours.
streams_responses() {
  curl -s -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    -d '{"model": "mock", "input": "?", "stream": true}' "$origin/v1/responses" | grep -q '"response.completed"'
}
routes "$origin"
for name in $ROUTES; do
  model "$name/mock" "$name" mock 32000 4096
  login "$name" "$key"
  if [ "$name" = responses-streamed ] && ! streams_responses; then
    ask "$name, where the proxy fails" status=failed error="status 500" -- -m "$name/mock" 'Привет, кто ты?'
  else
    ask "$name" answer="$answer" step=ok -- -m "$name/mock" 'Привет, кто ты?'
  fi
done
key_is_nowhere "$key"
exit "$failed"
