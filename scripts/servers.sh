#!/usr/bin/env bash
# Plyrum against servers that others wrote, each installed for the occasion in a directory that is removed again: LiteLLM's
# proxy with a model that it plays itself, and llama.cpp's server with a model generated here. No key, no cost. Says loudly what
# is skipped and why; exits 1 where a check fails.
# Usage: scripts/servers.sh [litellm] [llama]      without names: both
# A server that is there already is named by LITELLM_VENV (a virtual environment) or LLAMA_SERVER (the program); PLYRUM names the
# binary that is tried, without it the dev build is made. Needs Python 3.10 and a package index; llama.cpp also a C++ compiler
# and, on two cores, about ten minutes.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --locked -p plyrum-cli || exit 1
  PLYRUM=${CARGO_TARGET_DIR:-target}/debug/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
export PLYRUM
[ $# -gt 0 ] || set -- litellm llama
told=()
failed=0
for server in "$@"; do
  [ -f "scripts/servers/$server.sh" ] || { echo "no such server: $server"; exit 2; }
  printf '\n== %s\n' "$server"
  bash "scripts/servers/$server.sh"
  case $? in
    0) told+=("$server: every check holds") ;;
    77) told+=("$server: SKIPPED") ;;
    *) told+=("$server: FAILED") failed=1 ;;
  esac
done
printf '\n'
printf '%s\n' "${told[@]}"
exit $failed
