#!/usr/bin/env bash
# Makes the pictures of the README from the real screen, with the models of `scripts/demo`: prepared answers with prices of
# their own, so that nothing leaves this machine. Figures of time differ from run to run.
# Usage: scripts/picture.sh [FOLDER]   (snapshots/readme)
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath "${1:-snapshots/readme}")
cargo build --quiet --locked -p plyrum-cli --bin plyrum --example picture
target=$(realpath "${CARGO_TARGET_DIR:-target}")/debug
PLYRUM_HOME=$(mktemp -d)
demo=$PWD/scripts/demo
export PLYRUM_HOME PLYRUM_LANG=en TZ=UTC PLYRUM_OFFLINE_SCRIPT=$demo/script.toml
trap '"$target/plyrum" daemon stop >/dev/null 2>&1 || true; rm -rf "$PLYRUM_HOME"' EXIT
mkdir -p -m 700 "$PLYRUM_HOME/config/plans"
chmod 700 "$PLYRUM_HOME/config"
install -m 600 "$demo/config.toml" "$PLYRUM_HOME/config/config.toml"
install -m 600 "$demo/six.toml" "$PLYRUM_HOME/config/plans/six.toml"
cd "$(mktemp -d)"
"$target/plyrum" daemon start
"$target/examples/picture" "$target/plyrum" 100 28 \
  'wait:offline' 'keys:What is a database index?' 'wait:₽–' 'keys:\r' \
  'wait:3 of 6 proposals' "svg:$out/mixture.svg" \
  'wait:over asking one model' "svg:$out/answer.svg" \
  'keys:\eOR' 'wait:Enough' "svg:$out/steps.svg"
