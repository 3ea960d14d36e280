"""How well triage finds what it should in the labelled sentences, hand by hand, and how long it takes.

    .venv/bin/python tests/benchmarks/bench_triage.py

Recall: of what is labelled, how much is found. Precision: of what is found, how much is labelled. The points were fitted
to every hand but `kept_back`; `make points` says how a hand is told by a fit to all the others.
"""

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from comments.triage import find, load_shipped, urgency_of  # noqa: E402
from tests.comments import labelled  # noqa: E402

NAMES = {"mail address": "email", "phone number": "phone"}
AIMS = {200: 3, 10_000: 50}


def main():
    rules = load_shipped()
    for hand, rows in labelled.hands().items():
        recall, precision = labelled.share_told(rows, lambda text: urgency_of(find(text, rules=rules)))
        print(
            f"{hand:9} urgent: recall {recall:.3f}, precision {precision:.3f}; denied: {denied_share(rows):.2f} lower"
        )
    for hand in ("first", "second"):
        for kind, (recall, precision) in scores(labelled.rows(hand)).items():
            print(f"{hand:9} {kind}: recall {recall:.3f}, precision {precision:.3f}")
    for length, aim in AIMS.items():
        text = " ".join(text for _, text in labelled.hands()["short"])[:length]
        print(f"{length:6,} characters: median {median_time(text):.1f} ms (aim: under {aim})")


def scores(rows):
    """For private data and doses the recall and precision over rows of a .yaml file."""
    rules = load_shipped()
    pairs = {"privacy": [], "dose": []}
    for row in rows:
        found = find(row["text"], rules=rules)
        private = {NAMES.get(each.rule, each.rule) for each in found if each.kind == "privacy"}
        pairs["privacy"].append((set(row.get("privacy") or ()), private))
        pairs["dose"].append(({"dose"} if row.get("dose") else set(), {each.kind for each in found} & {"dose"}))
    return {kind: recall_and_precision(many) for kind, many in pairs.items()}


def recall_and_precision(pairs):
    hits = sum(len(labelled & found) for labelled, found in pairs)
    labelled, found = sum(len(one) for one, _ in pairs), sum(len(other) for _, other in pairs)
    return hits / (labelled or 1), hits / (found or 1)


def denied_share(rows):
    """Of the sentences that deny a danger, the share that has the lower level."""
    levels = [urgency_of(find(text, rules=load_shipped())) for label, text in rows if label == "D"]
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
