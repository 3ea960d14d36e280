"""Fits the shipped points of triage to the labelled sentences: `make points`.

A logistic regression over the keys of `comments.triage.points` gives each key a weight. Rare keys may weigh more: each
is scaled by the square of its inverse document frequency, which lets words that few sentences hold tell the most.
Weights become whole points.

It prints how well each hand's sentences (`tests/comments/labelled.py`) are told by a fit to all the others, and writes
comments/triage/rules/en.points.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.sparse import diags
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from comments.triage import words  # noqa: E402
from comments.triage.points import Points, features  # noqa: E402
from tests.comments.labelled import hands, share_told  # noqa: E402

WRITTEN = ROOT / "comments/triage/rules/en.points"
KEPT_BACK = {"kept_back"}
"""Never fitted to: what a test measures."""
STRENGTH, RARITY = 0.003, 2
WEIGHT_OF_DENIED = 0.3
POINTS = 32
"""Points of a weight of one, in natural logarithms of the odds."""
LINE = 116


def main():
    fitted = {hand: rows for hand, rows in hands().items() if hand not in KEPT_BACK}
    for hand, rows in fitted.items():
        points = Points(fit([row for other, many in fitted.items() if other != hand for row in many]))
        recall, precision = share_told(rows, lambda text, points=points: points.best(*page(text)).is_danger)
        print(f"{hand:8} left out: recall {recall:.3f}, precision {precision:.3f}")
    points = fit([row for rows in fitted.values() for row in rows])
    WRITTEN.write_text(written(points), "utf-8")
    print(f"{len(points):,} keys, {WRITTEN.stat().st_size:,} bytes")


def fit(rows):
    """Points by key. Fitted twice: the second time typing errors are read as what the first fit knows."""
    points = {}
    for _ in range(2):
        known = Points(points)
        counter = CountVectorizer(analyzer=lambda text, known=known: keys_of(text, known), binary=True)
        held = counter.fit_transform([text for _, text in rows])
        rarity = np.log((1 + held.shape[0]) / (1 + held.getnnz(axis=0))) + 1
        scale = diags(rarity**RARITY)
        model = LogisticRegression(C=STRENGTH, max_iter=5_000, class_weight="balanced")
        weights = [WEIGHT_OF_DENIED if label == "D" else 1 for label, _ in rows]
        # Of vectors so short several threads make no less work, only more of it.
        with threadpool_limits(1):
            model.fit(held @ scale, [label == "U" for label, _ in rows], sample_weight=weights)
        rounded = np.rint(scale @ model.coef_[0] * POINTS).astype(int)
        points = {key: int(rounded[at]) for key, at in counter.vocabulary_.items() if rounded[at]}
    return points


def keys_of(text, known):
    return {key for key, _ in features([known.token(word.text) for word in words.read(text)])}


def page(text):
    read = words.read(text)
    return [word.text for word in read], words.sentences(read)


def written(points):
    """The points as a rule holds them: a line for each number, the highest first, long ones in several."""
    lines = []
    for number in sorted(set(points.values()), reverse=True):
        line = f"{number}:"
        for key in sorted(key for key in points if points[key] == number):
            if len(line) + len(key) > LINE:
                lines.append(line)
                line = f"{number}:"
            line += f" {key}"
        lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
