#!/usr/bin/env bash
# crates/plyrum-router/weights/quality.tsv: how often models were right, counted from recorded answers of the data pack. Only models
# that took every exam of a field are in it: rates over different questions do not compare. The same data gives the same bytes.
set -euo pipefail
data=${1:?usage: scripts/quality-table.sh DATA_DIR}
cd "$(dirname "$0")/.."
python3 - "$data" >crates/plyrum-router/weights/quality.tsv <<'PY'
import collections, json, sys

FIELDS = {"math": ["gsm", "math-l5"], "programming": ["crux"]}
right, asked = collections.Counter(), collections.Counter()
with open(f"{sys.argv[1]}/moa/answers.jsonl", encoding="utf-8") as rows:
    for row in map(json.loads, rows):
        for model, (_, correct, _) in row["models"].items():
            right[model, row["task"]] += correct
            asked[model, row["task"]] += 1
print("# model\tfield\tright\tasked")
for model in sorted({model for model, _ in asked}):
    for field, tasks in FIELDS.items():
        if all(asked[model, task] for task in tasks):
            count = [sum(of[model, task] for task in tasks) for of in (right, asked)]
            print(model, field, *count, sep="\t")
PY
