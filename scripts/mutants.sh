#!/usr/bin/env bash
# Mutation testing of the crates that count money: does a test fail where the code is made wrong?
# Usage: scripts/mutants.sh [billing|ledger|ledger-core|engine] [CARGO-MUTANTS ARGS...]   (default: billing)
#   scripts/mutants.sh ledger-core --sharding round-robin --shard 0/2   half of the core's mutants, evenly
# Not a part of CI: minutes (billing) to hours (ledger). Needs cargo-mutants; what is left out is in
# .cargo/mutants.toml.
#
# The ledger is measured in two rounds, which come to the same as one with every test: the quick tests against
# every mutant, then all tests against what survived them.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-billing}
shift || true
out=target/mutants-$what
mkdir -p "$out"

# A failing story need not be made short, and a mutant that is found needs no hundred thousand steps.
export PLYRUM_STORY_STEPS=2000 PROPTEST_CASES=24 PROPTEST_MAX_SHRINK_ITERS=0
# Nobody debugs a mutant.
export CARGO_PROFILE_DEV_DEBUG=0

# Exits of cargo-mutants: 2, some were missed; 3, some ran out of time, which counts as caught.
mutants() {
  local code=0
  cargo mutants --jobs 1 --no-shuffle --timeout "${MUTANTS_TIMEOUT:-60}" --output "$out" "$@" || code=$?
  case $code in 0 | 2 | 3) ;; *) exit "$code" ;; esac
}

count() { wc -l <"$out/mutants.out/$1.txt"; }

core=(charge settle hold budget spent account adjust mark recover entries bounds run outbox check rollup rollup/proof)
slow=(
  --skip rollup::tests::reports_are --skip rollup::tests::spending_is --skip rollup::tests::days_are
  --skip no_limit_is_ever_passed --skip a_migration_fills --skip the_proof_finds --skip a_changed_figure
  --skip on_disk --skip killed:: --skip races
)

ledger() {
  local files=() again=()
  for file in "$@"; do files+=(--file "crates/plyrum-ledger/src/$file"); done
  mutants -p plyrum-ledger "${files[@]}" -C=--lib -C=--locked "${more[@]}" -- -- "${slow[@]}"
  printf 'with the quick tests: %s caught, %s timeouts, %s missed, %s unviable; now all tests\n' \
    "$(count caught)" "$(count timeout)" "$(count missed)" "$(count unviable)"
  # By name: `--iterate` would take another part of a sharded list. (A few deleted fields come along: cargo-mutants
  # does not filter those by name.)
  while read -r name; do again+=(--re "^$(sed "s/[^a-zA-Z0-9 _/:<>=&\"'-]/\\\\&/g" <<<"$name")\$"); done <"$out/mutants.out/missed.txt"
  [ ${#again[@]} -gt 0 ] || return 0
  unset PLYRUM_STORY_STEPS PROPTEST_CASES
  out=$out/again
  mkdir -p "$out"
  mutants -p plyrum-ledger "${files[@]}" "${again[@]}" -C=--lib -C=--locked
}

more=("$@")
case $what in
  billing) mutants -p plyrum-billing-client "${more[@]}" ;;
  ledger-core) ledger "${core[@]/%/.rs}" ;;
  ledger) ledger '**/*.rs' ;;
  engine) mutants -p plyrum-engine --file 'crates/plyrum-engine/src/run/{funding,refusal,drain,hold}.rs' "${more[@]}" ;;
  *) echo "mutants.sh: \`$what\`: billing, ledger, ledger-core or engine" >&2; exit 2 ;;
esac

printf 'survivors: %s (%s)\n' "$(count missed)" "$out/mutants.out/missed.txt"
