#!/usr/bin/env bash
# llama.cpp's own server on its routes of OpenAI's chat, of Anthropic and of OpenAI's responses, with a model that tiny_gguf.py
# makes: what it answers is known letter by letter, everything else (tokenizer, template, cache, sampling, counting, stopping)
# is the server's. Built from the sources that come with the Python package llama-cpp-python, unless LLAMA_SERVER names it.
# shellcheck source-path=SCRIPTDIR source=stage.sh
. "$(dirname "$0")/stage.sh"

# Sets LLAMA_SERVER.
build() {
  command -v c++ >/dev/null || skip "no C++ compiler, and no LLAMA_SERVER"
  local venv=$work/builder sources=$work/sources log=$work/build.log
  install_into "$venv" cmake ninja
  "$venv/bin/pip" download --quiet --no-deps --no-binary llama-cpp-python --dest "$work" llama-cpp-python ||
    skip "the sources of llama-cpp-python cannot be had"
  mkdir "$sources"
  tar -xzf "$work"/llama_cpp_python-*.tar.gz -C "$sources" --strip-components=1
  echo "building the server of $(basename "$work"/llama_cpp_python-*.tar.gz .tar.gz)"
  PATH=$venv/bin:$PATH
  if ! compile "$sources/vendor/llama.cpp" "$work/build" >"$log" 2>&1; then
    tail -20 "$log"
    skip "the server cannot be built"
  fi
  LLAMA_SERVER=$work/build/bin/llama-server
}
# Little is optimised: the model is small, and compiling takes the time.
compile() { # SOURCES BUILD
  cmake -S "$1" -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
    -DBUILD_SHARED_LIBS=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_CURL=OFF \
    -DLLAMA_OPENSSL=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DGGML_OPENMP=OFF -DGGML_LLAMAFILE=OFF -DGGML_CCACHE=OFF &&
    nice -n 10 cmake --build "$2" --target llama-server -j2
}
[ -n "${LLAMA_SERVER:-}" ] || build
"$LLAMA_SERVER" --version 2>&1 | grep -i '^version' || { echo "FAILED  $LLAMA_SERVER does not run"; exit 1; }

install_into "$work/maker" gguf
answer=$("$work/maker/bin/python" "$here/tiny_gguf.py" "$work/tiny.gguf")
key=$(fresh_key)
(umask 077 && echo "$key" >"$work/key")
# The port where a scan looks for it.
port=8080
is_free "$port" || port=$(free_port)
origin=http://127.0.0.1:$port
# Less than the model was made for.
context_tokens=49152
endless=40000
start() { # FURTHER ARGUMENTS
  [ -z "$server" ] || { kill "$server" && wait "$server" || true; }
  "$LLAMA_SERVER" --model "$work/tiny.gguf" --alias tiny --host 127.0.0.1 --port "$port" --ctx-size "$context_tokens" --parallel 1 \
    --threads 1 --metrics --slots --offline --no-ui "$@" >>"$work/server.log" 2>&1 &
  server=$!
  wait_for "$origin/health" "$work/server.log"
}
asked() { curl -s -H "Authorization: Bearer $key" "$@"; }

# As its user does it: found, added, its models listed, one asked. What runs here costs nothing.
as_a_user() {
  local where=()
  if [ "$port" = 8080 ]; then
    says '"preset":"llama-cpp"' "a scan finds it" providers list --scan --json
  else
    echo "SKIPPED: a scan, for something else is at port 8080"
    where=(--url "$origin/v1")
  fi
  says llama-cpp "it is added" providers add llama-cpp "${where[@]}"
  says '"models":1' "it answers" providers test llama-cpp --json
  says llama-cpp "its models are listed" models list --refresh --provider llama-cpp
  says "\"context_tokens\":$context_tokens" "the context is the one that it keeps" models list --json
  ask "it answers, for nothing" answer="$answer" streamed step=ok free -- -m llama-cpp/tiny 'Где растёт чай?'
}
says() { # TEXT WHAT ARGUMENTS
  local text=$1 what=$2 said
  shift 2
  said=$("$PLYRUM" "$@" 2>&1) || true
  case $said in *"$text"*) ok "$what" ;; *) fail "$what: $said" ;; esac
}

# The same question on every route: whole, cut at the limit, a second turn, and given up in the middle.
on_every_route() {
  local name
  routes "$origin"
  cat >"$work/schema.json" <<'JSON'
{ "type": "object", "properties": { "tea": { "const": "да" } }, "required": ["tea"], "additionalProperties": false }
JSON
  for name in $ROUTES; do
    if ! has_route "$name"; then
      echo "SKIPPED: $name, for this version of the server has no such route"
      continue
    fi
    model "$name/tiny" "$name" tiny "$context_tokens" 4096
    model "$name/brief" "$name" tiny "$context_tokens" 5
    model "$name/endless" "$name" tiny "$context_tokens" "$endless"
    login "$name" "$key"
    answers "$name"
    case $name in chat*) fits_a_schema "$name" ;; esac
    is_given_up "$name"
  done
}
has_route() {
  local path
  case $1 in chat*) path=chat/completions ;; messages*) path=messages ;; *) path=responses ;; esac
  [ "$(asked -o /dev/null -w '%{http_code}' -d '{}' "$origin/v1/$path")" != 404 ]
}
answers() {
  local name=$1 end=(status=degraded step=cut) pieces=()
  case $name in *streamed) pieces=(streamed) ;; esac
  # The server says of an answer on this route that it is complete, even where the limit cut it.
  case $name in responses*) end=(step=ok) ;; esac
  ask "$name" answer="$answer" step=ok "${pieces[@]}" -- -m "$name/tiny" 'Где растёт чай?'
  ask "$name, a second turn" answer="$answer" step=ok cached -- -c -m "$name/tiny" 'А ещё?'
  ask "$name, at its limit" answer="Чай растёт в Китае," "${end[@]}" output=5 -- -m "$name/brief" 'Где растёт чай?'
}
# On the route where the server takes a schema, it holds even a model that cannot write JSON to it.
fits_a_schema() {
  ask "$1, held to a schema" structured='{"tea": "да"}' step=ok -- --schema "$work/schema.json" -m "$1/tiny" 'Где растёт чай?'
}
# The server must be left idle long before it has said all that it may.
is_given_up() {
  local name=$1 made made_before asking
  made_before=$(made_tokens)
  "$PLYRUM" ask --no-stdin -o stream-json -m "$name/endless" 'Считай!' >"$work/frames" 2>"$work/notices" &
  asking=$!
  until_true is_busy || fail "$name, given up: the server never began"
  case $name in *streamed) until_true grep -q '"type":"delta"' "$work/frames" || fail "$name, given up: no text came" ;; esac
  kill -INT $asking
  wait $asking || true
  until_idle || fail "$name, given up: the server goes on"
  made=$(($(made_tokens) - made_before))
  if said=$(python3 "$here/check.py" "$work/frames" status=cancelled) && [ $made -lt $endless ]; then
    ok "$name, given up after $made tokens: $said"
  else
    fail "$name, given up after $made tokens: $said"
  fi
}
is_idle() {
  asked "$origin/slots" | python3 -c 'import json, sys; sys.exit(any(slot["is_processing"] for slot in json.load(sys.stdin)))'
}
# shellcheck disable=SC2329 # called by until_true
is_busy() { ! is_idle; }
made_tokens() { asked "$origin/metrics" | sed -n 's/^llamacpp:tokens_predicted_total //p'; }
# Asked seldom: the server looks whether the one who waits for a whole answer has hung up only after a second in which it has
# told nobody anything, and this question too is answered.
until_idle() {
  for _ in $(seq 10); do
    sleep 2
    is_idle && return
  done
  return 1
}
until_true() { # COMMAND: at most ten seconds
  for _ in $(seq 200); do
    "$@" && return
    sleep 0.05
  done
  return 1
}

start
as_a_user
start --api-key-file "$work/key"
on_every_route
key_is_nowhere "$key"
exit "$failed"
