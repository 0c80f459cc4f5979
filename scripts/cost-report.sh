#!/usr/bin/env bash
# target/cost_report.json: what each plan costs and how often it is right, through the real binary, daemon and
# ledger, on the offline provider with assumed prices. The same inputs give the same bytes: no times, no
# ids. Prints the table too; `plyrum bench moa --report FILE` prints it again.
# With --data, the same plans replayed through the engine on recorded answers of real models stand beside them.
# Usage: scripts/cost-report.sh [--data DIR] [FILE]      PLYRUM names the binary; without it the dev build is used.
set -euo pipefail
cd "$(dirname "$0")/.."
data=
if [ "${1:-}" = --data ]; then
  data=$(realpath "${2:?--data needs a directory}")
  shift 2
fi
out=${1:-target/cost_report.json}
if [ -z "${PLYRUM:-}" ]; then
  cargo build --quiet --locked -p plyrum-cli
  PLYRUM=${CARGO_TARGET_DIR:-target}/debug/plyrum
fi
PLYRUM=$(realpath "$PLYRUM")
work=$(mktemp -d)
export PLYRUM_HOME=$work/home LANG=C.UTF-8
unset PLYRUM_OFFLINE_SCRIPT PLYRUM_LANG LC_ALL
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  "$PLYRUM" daemon stop >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
mkdir -p "$PLYRUM_HOME/config/plans" "$(dirname "$out")"
# Assumed prices, so that costs differ: the proposers cheap, the aggregator five times as dear.
for model in lead central query synth; do
  case $model in synth) input=500 output=2000 ;; *) input=100 output=400 ;; esac
  cat >>"$PLYRUM_HOME/config/config.toml" <<TOML
[models."offline/$model"]
provider = "offline"
name = "$model"
context_tokens = 100000
max_output_tokens = 1000
price = { currency = "RUB", input = "$input", output = "$output" }
TOML
done
# The shipped plans, with every proposal waited for: which one is late is a matter of time, and there is none here.
for plan in moa self-moa vote cascade; do
  sed "s/^fan_out = .*/&\nquorum = \"all\"/" "config/plans/$plan.toml" >"$PLYRUM_HOME/config/plans/$plan.toml"
done

if [ -z "$data" ]; then
  echo "no recorded answers are replayed: --data DIR names some" >&2
fi
PLYRUM=$PLYRUM OUT=$out DATA=$data python3 - <<'PY'
import hashlib, json, os, subprocess

plyrum, out = os.environ["PLYRUM"], os.environ["OUT"]
with open("tests/cost-report/questions.json", encoding="utf-8") as f:
    raw = f.read()
questions = json.loads(raw)

def say(*args, stdin=""):
    done = subprocess.run([plyrum, *args], input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"plyrum {' '.join(args)}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)

METERS = ["input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning"]
arms, direct, prices = [], {}, set()
for plan in ["direct", "moa", "self-moa", "vote", "cascade", "auto"]:
    arm = {"arm": plan, "runs": 0, "attempts": 0, "meters": dict.fromkeys(METERS, 0), "cost_micro_rub": 0,
           "extra_over_direct_micro_rub": 0, "right": 0, "asked": 0, "by_role": {}}
    for q in questions:
        result = say("ask", "--json", "--plan", plan, q["question"], stdin=q["text"])
        explained = say("explain", result["run"], "--json")
        if explained["cost_micro_rub"] != result["cost_micro_rub"]:
            raise SystemExit(f"{plan} {q['id']}: result and ledger differ")
        arm["runs"] += 1
        arm["asked"] += 1
        arm["right"] += q["gold"].lower() in result["answer"].lower()
        arm["attempts"] += len(result["attempts"])
        arm["cost_micro_rub"] += result["cost_micro_rub"]
        for attempt in result["attempts"]:
            for meter in METERS:
                arm["meters"][meter] += attempt["usage"][meter]
            role = arm["by_role"].setdefault(attempt["role"], {"attempts": 0, "cost_micro_rub": 0})
            role["attempts"] += 1
            role["cost_micro_rub"] += attempt["cost_micro_rub"]
        prices.update(a["price_version"] for a in explained["attempts"])
        if plan == "direct":
            direct[q["id"]] = result["cost_micro_rub"]
        arm["extra_over_direct_micro_rub"] += result["cost_micro_rub"] - direct[q["id"]]
    arms.append(arm)

ledger = say("usage", "--json")["total"]
total = {"runs": sum(a["runs"] for a in arms), "attempts": sum(a["attempts"] for a in arms),
         "cost_micro_rub": sum(a["cost_micro_rub"] for a in arms),
         "meters": {m: sum(a["meters"][m] for a in arms) for m in METERS}}
for key in ("runs", "attempts", "cost_micro_rub"):
    if total[key] != ledger[key]:
        raise SystemExit(f"the report's {key} is {total[key]}, the ledger's {ledger[key]}")
for meter in METERS:
    if total["meters"][meter] != ledger["usage"][meter]:
        raise SystemExit(f"the report's {meter} differs from the ledger's")

# The shipped plans by the names of the replay: `best` is asked alone, `weighed` is `vote` where qualities are known.
REPLAYED = {"direct": "best", "moa": "moa", "self-moa": "self-moa", "vote": "weighed", "cascade": "cascade", "auto": "auto"}
SUMMED = ["asked", "attempts", "input_tokens", "output_tokens", "cost_micro_rub", "extra_over_direct_micro_rub"]

def replayed(data):
    names = [word for arm in REPLAYED.values() for word in ("--arm", arm)]
    played = say("bench", "moa", "--data", data, "--json", *names)
    cells, sums = [], []
    for plan, arm in REPLAYED.items():
        total = {"arm": plan, "right": 0, **dict.fromkeys(SUMMED, 0)}
        for cell in played["cells"]:
            of = {row["arm"]: row for row in cell["arms"]}
            own = {key: of[arm][key] for key in ["asked", "attempts", "input_tokens", "output_tokens", "cost_micro_rub", "right"]}
            own["extra_over_direct_micro_rub"] = own["cost_micro_rub"] - of["best"]["cost_micro_rub"]
            cells.append({"panel": cell["panel"], "task": cell["task"], "arm": plan, **own})
            for key in SUMMED:
                total[key] += own[key]
            total["right"] = None if own["right"] is None or total["right"] is None else total["right"] + own["right"]
        sums.append(total)
    return {"evidence": "replay", "assumptions": played["assumptions"], "arms": sums, "cells": cells}

report = {
    "schema": 2,
    "evidence": "offline",
    "assumptions": [
        "the offline extractor plays every model: no figure says how good a language model is",
        "prices are assumed: 100/400 RUB per million input/output tokens for proposers, 500/2000 for the aggregator",
        "every proposal is waited for (quorum = all): there is no network to be late on",
        "right means that the gold phrase stands in the answer",
        "direct and all other arms see the same questions, texts, prices and persona",
    ],
    "questions_sha256": hashlib.sha256(raw.encode()).hexdigest(),
    "price_versions": sorted(prices),
    "fx_versions": ["rub"],
    "arms": arms,
    "total": total,
}
if os.environ["DATA"]:
    report["replay"] = replayed(os.environ["DATA"])
with open(out, "w", encoding="utf-8") as f:
    json.dump(report, f, ensure_ascii=False, indent=2, sort_keys=True)
    f.write("\n")
PY
"$PLYRUM" bench moa --report "$out"
