"""How well triage finds what it should on the labelled sentences, and how long it takes.

    .venv/bin/python tests/benchmarks/bench_triage.py [FILE.yaml]

Recall: of what is labelled, how much is found. Precision: of what is found, how much is labelled. Of danger signs that
a sentence denies, the share that is found with the lower level is printed beside.
"""

import statistics
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from comments.triage import find, load_shipped, urgency_of  # noqa: E402

SENTENCES = ROOT / "tests/comments/triage/tuned.yaml"
NAMES = {"mail address": "email", "phone number": "phone"}
AIMS = {200: 3, 10_000: 50}


def main():
    rows = yaml.safe_load(Path(sys.argv[1] if len(sys.argv) > 1 else SENTENCES).read_text("utf-8"))
    for kind, (recall, precision) in scores(rows).items():
        print(f"{kind:8} recall {recall:.3f}  precision {precision:.3f}")
    print(f"denied   {denied_share(rows):.3f} found with the lower level")
    for length, aim in AIMS.items():
        text = " ".join(row["text"] for row in rows if not row.get("privacy"))[:length]
        print(f"{length:6,} characters: median {median_time(text):.1f} ms (aim: under {aim})")


def scores(rows):
    """For each kind of finding its recall and precision over labelled rows."""
    rules = load_shipped()
    pairs = {"urgent": [], "privacy": [], "dose": []}
    for row in rows:
        found = find(row["text"], rules=rules)
        if row["urgent"] != "negated":
            pairs["urgent"].append(({"urgent"} if row["urgent"] else set(), {"urgent"} if urgency_of(found) else set()))
        private = {NAMES.get(each.rule, each.rule) for each in found if each.kind == "privacy"}
        pairs["privacy"].append((set(row.get("privacy") or ()), private))
        pairs["dose"].append(({"dose"} if row.get("dose") else set(), {each.kind for each in found} & {"dose"}))
    return {kind: recall_and_precision(many) for kind, many in pairs.items()}


def recall_and_precision(pairs):
    hits = sum(len(labelled & found) for labelled, found in pairs)
    labelled, found = sum(len(one) for one, _ in pairs), sum(len(other) for _, other in pairs)
    return hits / (labelled or 1), hits / (found or 1)


def denied_share(rows):
    levels = [urgency_of(find(row["text"], rules=load_shipped())) for row in rows if row["urgent"] == "negated"]
    return levels.count(1) / (len(levels) or 1)


def median_time(text, rounds=21):
    rules, times = load_shipped(), []
    for _ in range(rounds):
        began = time.perf_counter()
        find(text, rules=rules)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
