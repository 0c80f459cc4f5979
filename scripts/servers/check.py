"""Whether an answer is as it must be, by the frames and the result that `plyrum ask -o stream-json` printed.

Usage: check.py FRAMES CHECK…        prints what it saw; exits 1 where a check fails
Checks: answer=TEXT, output=TOKENS, cached (the server took a part of the prompt from its cache), step=ok|cut|failed,
streamed (in more than one piece), status=WORD (without it: succeeded), error=PART OF ITS MESSAGE, structured=JSON,
free.
Where there is an answer, its pieces make it up, its tokens are the server's own count, and its cost is ours to the last
micro-ruble.
"""

import json
import sys

# Rubles for a million tokens are micro-rubles for one.
INPUT_PRICE, OUTPUT_PRICE = 100, 400


def faults_of(frames, result, checks):
    """What is not as it must be."""
    wanted = dict(check.partition("=")[::2] for check in checks)
    pieces = [f["text"] for f in frames if f["type"] == "delta" and f["channel"] == "answer"]
    usage = result.get("usage") or {}
    status = wanted.pop("status", "succeeded")
    if result["status"] != status:
        yield f"status {result['status']}, not {status}"
    if status in ("succeeded", "degraded"):
        if "".join(pieces) != result["answer"]:
            yield f"the pieces make {''.join(pieces)!r}, the result has {result['answer']!r}"
        yield from faults_of_money(usage, result, "free" in wanted)
    wanted.pop("free", None)
    for check, value in wanted.items():
        yield from faults_of_check(check, value, frames, result, pieces)


def faults_of_money(usage, result, is_free):
    if usage.get("quality") != "reported":
        yield f"usage is {usage.get('quality')}, not reported"
    taken = usage.get("input", 0) + usage.get("cache_read", 0)
    made = usage.get("output", 0) + usage.get("reasoning", 0)
    if not taken or not made:
        yield f"no tokens were counted: {usage}"
    cost = 0 if is_free else taken * INPUT_PRICE + made * OUTPUT_PRICE
    if result["cost_micro_rub"] != cost:
        yield f"cost {result['cost_micro_rub']}, not {cost}"


def faults_of_check(check, value, frames, result, pieces):
    steps = [frame["outcome"] for frame in frames if frame["type"] == "step.finished"]
    message = (result.get("error") or {}).get("message", "")
    usage = result.get("usage") or {}
    seen = {
        "answer": (result["answer"] or "").strip() == value,
        "output": check == "output" and usage.get("output") == int(value),
        "cached": usage.get("cache_read", 0) > 0,
        "step": steps == [value],
        "streamed": len(pieces) > 1,
        "error": bool(message) and value in message,
        "structured": check == "structured" and result["structured"] == json.loads(value),
    }
    if not seen[check]:
        yield f"not so: {check}={value}" if value else f"not {check}"


def told(result):
    """What was seen, in a line."""
    usage = result.get("usage") or {}
    counted = f"{usage.get('input')} + {usage.get('cache_read')} cached in, {usage.get('output')} out"
    error = (result.get("error") or {}).get("message")
    said = " ".join((error or result["answer"] or "").split())
    return f"{said if len(said) < 100 else said[:97] + '…'}  [{counted}; {result['cost_micro_rub']} micro-rubles]"


def main(path, checks):
    with open(path, encoding="utf-8") as lines:
        frames = [json.loads(line) for line in lines if line.strip()]
    if not frames:
        sys.exit("nothing was printed")
    *frames, result = frames
    faults = list(faults_of(frames, result, checks))
    print("; ".join([*faults, told(result)]))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
