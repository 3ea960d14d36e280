"""What the queue costs with a thousand, a hundred thousand and a million comments waiting.

    .venv/bin/python tests/benchmarks/bench_queue.py               (SQLite, and PostgreSQL at TEST_DATABASE_URL)

Measured through Django's test client in production settings: the first page of the queue, and one verdict pressed on
it; then a bulk approval of ten thousand and its undo. The sizes are measured in turn within one run, each as the median
of several; the yardstick is the smallest size.
"""

import statistics
import sys
import time

from both_databases import on_both

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS, BULK, TIMES = 15, 10_000, 1.5
BULK_SECONDS = 5


def measure():
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    client, article = prepare()
    figures, made = {}, 0
    for size in SIZES:
        fill(article, size - made)
        made = size
        analyse()
        figures[size] = {"page": timed(client.page), "verdict": timed(client.verdict)}
        say(size, figures)
        bulk(client.moderator)
    for step in ("page", "verdict"):
        queries = {figures[size][step][1] for size in SIZES}
        ratio = max(figures[size][step][0] for size in SIZES) / figures[SIZES[0]][step][0]
        print(f"{step}: largest / smallest {ratio:.2f} (at most {TIMES}), queries {sorted(queries)}")


def prepare():
    from tests.factories import make_article, make_staff

    moderator = make_staff("moderator")
    return Moderator(moderator), make_article(slug="night-cramps")


class Moderator:
    """A browser on the queue, that decides the first comment of the page."""

    def __init__(self, moderator):
        from django.test import Client

        self.moderator, self.client = moderator, Client()
        self.client.force_login(moderator)

    def page(self):
        answer = self.client.get("/admin/comments/comment/")
        assert answer.status_code == 200
        return answer

    def verdict(self):
        from comments.models import Comment

        first = Comment.objects.waiting().in_queue_order().values_list("pk", flat=True)[0]
        data = {"do": "reject", "comment": first, "tab": "pending", "reason": "Said already."}
        answer = self.client.post("/admin/comments/comment/press/", data, headers={"accept": "application/json"})
        assert answer.json()["undo"], answer.text


def fill(article, number):
    """Pending comments of many senders over the last year, with a danger sign in every thousandth."""
    from datetime import timedelta

    from django.utils import timezone

    from comments.models import Comment
    from comments.queue import queue_at

    now, version = timezone.now(), article.live_version()
    for start in range(0, number, 10_000):
        rows = []
        for n in range(start, min(start + 10_000, number)):
            created_at = now - timedelta(seconds=(n * 7919) % 31_536_000)
            urgency = 2 if n % 1000 == 0 else 0
            rows.append(
                Comment(
                    article=article, version=version, name=f"Parent {n}", body=f"Warm socks helped us, night {n}. " * 4,
                    sender=f"{n % 5000:064x}", created_at=created_at, urgency=urgency,
                    queue_at=queue_at(created_at, urgency),
                )
            )  # fmt: skip
        Comment.objects.bulk_create(rows, batch_size=500)


def analyse():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def timed(act):
    """(median milliseconds, number of queries)"""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    with CaptureQueriesContext(connection) as captured:
        act()
    queries = len(captured)
    return statistics.median(stopwatch(act) for _ in range(ROUNDS)) * 1000, queries


def stopwatch(act):
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def say(size, figures):
    parts = [f"{step} {ms:6.1f} ms, {queries} queries" for step, (ms, queries) in figures[size].items()]
    print(f"{size:>9,} waiting: " + "; ".join(parts), flush=True)


def bulk(moderator):
    """Approve up to BULK of those that wait, and undo it, so that the size is as before."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from comments.models import Act, Comment

    last = Comment.objects.waiting().order_by("-pk").values_list("pk", flat=True)[:BULK]
    chosen = Comment.objects.waiting().filter(pk__gte=min(last))
    with CaptureQueriesContext(connection) as captured:
        began = time.perf_counter()
        batch = chosen.decide(Act.APPROVE, by=moderator)
        seconds = time.perf_counter() - began
    queries = len(captured)
    undone = stopwatch(lambda: batch.undo(by=moderator))
    print(
        f"          bulk approval of {batch.number:,}: {seconds:.2f} s (at most {BULK_SECONDS}), {queries} queries;"
        f" undone in {undone:.2f} s",
        flush=True,
    )


if __name__ == "__main__":
    measure() if len(sys.argv) > 1 else on_both(__file__)
