"""How well and how fast spam is told, beside scikit-learn's logistic regression on the same texts.

    .venv/bin/python tests/benchmarks/bench_spam.py        (CORPORA says where the corpora are; about a minute)

Both learn from the comments below one or two videos and are asked about those of another one, and from some text
messages about the others. The reference is TfidfVectorizer on words 1-2 beside TfidfVectorizer on characters 2-5, into
LogisticRegression, all at their defaults, then again with sublinear_tf. Neither sees names or dates. Then: what one
comment costs.
"""

import csv
import os
import random
import statistics
import subprocess
import sys
import time
from itertools import permutations
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPORA = Path(os.environ.get("CORPORA") or ROOT.parent / "shared" / "corpora")
FALSE_POSITIVES = 0.02
sys.path.insert(0, str(ROOT))


def main():
    filters = {"ours": ours, "reference": reference, "reference, sublinear": lambda *rows: reference(*rows, True)}
    print(f"{'':38} {'accuracy':>9} {'area':>6} {'recall at 2 % false positives':>30}")
    for title, splits in groups().items():
        for name, ask in filters.items():
            figures = [measure(ask(learn, [text for text, _ in asked]), asked) for learn, asked in splits]
            accuracy, area, recall = map(statistics.mean, zip(*figures, strict=True))
            print(f"{title:15} {name:22} {accuracy:9.3f} {area:6.3f} {recall:30.3f}", flush=True)
    measure_time()


def groups():
    """Title -> [(rows to learn, rows to ask about)]; figures are averaged over a group."""
    one, two, three = videos()
    return {
        "01-02 -> 03": [(one + two, three)],
        "two -> third": [(one + two, three), (one + three, two), (two + three, one)],
        "one -> another": list(permutations((one, two, three), 2)),
        "SMS": [split(messages(), seed, size) for seed, size in enumerate((300, 700, 700, 2000, 2000), 1)],
    }


# The two filters: rows to learn and texts to ask about in, a probability for each text out


def ours(learn, texts):
    from comments.spam import Counts, features_of

    counts = Counts()
    for text, spam in learn:
        counts.learn(features_of(text), spam=spam)
    return [counts.probability(features_of(text)) for text in texts]


def reference(learn, texts, sublinear=False):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=sublinear)
    characters = TfidfVectorizer(analyzer="char", ngram_range=(2, 5), sublinear_tf=sublinear)
    model = make_pipeline(make_union(words, characters), LogisticRegression())
    model.fit(*zip(*learn, strict=True))
    return model.predict_proba(texts)[:, 1]


def measure(probabilities, rows):
    from sklearn.metrics import accuracy_score, roc_auc_score

    truth = [spam for _, spam in rows]
    ham = sorted(one for one, spam in zip(probabilities, truth, strict=True) if not spam)
    found = [one for one, spam in zip(probabilities, truth, strict=True) if spam]
    limit = ham[-1 - int(FALSE_POSITIVES * len(ham))]
    recall = sum(one > limit for one in found) / len(found)
    return accuracy_score(truth, [one >= 0.5 for one in probabilities]), roc_auc_score(truth, probabilities), recall


# The corpora


def videos():
    return [list(rows_of(path)) for path in sorted((CORPORA / "spam/youtube").glob("Youtube0[123]-*.csv"))]


def rows_of(path):
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["CONTENT"], row["CLASS"] == "1"


def messages():
    lines = (CORPORA / "spam/sms/sms.tsv").read_text("utf-8").splitlines()
    return [(text, label == "spam") for label, _, text in (line.partition("\t") for line in lines)]


def split(rows, seed, size):
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    return rows[:size], rows[size:]


# What it costs


def measure_time():
    from comments.spam import Counts, features_of, judge

    rows, counts = [row for rows in videos() for row in rows], Counts()
    for text, spam in rows:
        counts.learn(features_of(text), spam=spam)
    typical = [text for text, _ in rows if 100 <= len(text) <= 200]
    long = [("".join(text for text, _ in rows[at:]) * 2)[:10_000] for at in range(20)]

    def classify(text):
        return counts.probability(features_of(text))

    def classify_after_learning(text):
        counts.learn((), spam=True)
        return classify(text)

    print(f"\nOne of {len(typical)} comments of 100 to 200 characters, medians (aim: 0.2 ms):")
    print(f"  the first after a decision  {median_ms(classify_after_learning, typical):6.3f} ms")
    print(f"  any other                   {min(median_ms(classify, typical) for _ in range(5)):6.3f} ms")
    print(f"  with its reasons            {median_ms(lambda text: judge(counts, text), typical):6.3f} ms")
    print(f"10,000 characters, with reasons {median_ms(lambda text: judge(counts, text), long):4.2f} ms (aim: 5)")
    packed = counts.pack()
    print(f"pack {median_ms(lambda _: counts.pack(), range(20)):.1f} ms, ", end="")
    print(f"unpack {median_ms(lambda _: Counts.unpack(packed), range(20)):.1f} ms, {len(packed):,} bytes (aim: 20 ms)")
    print(f"import: {statistics.median(import_ms() for _ in range(7)):.1f} ms (aim: 50)")


def median_ms(function, arguments):
    times = []
    for argument in arguments:
        began = time.perf_counter()
        function(argument)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def import_ms():
    script = "import time; t = time.perf_counter(); import comments.spam; print((time.perf_counter() - t) * 1000)"
    return float(subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True).stdout)


if __name__ == "__main__":
    main()
