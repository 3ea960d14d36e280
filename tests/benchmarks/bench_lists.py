"""What the pages of lists cost with 10, 1,000 and 100,000 articles.

    .venv/bin/python tests/benchmarks/bench_lists.py               (SQLite, and PostgreSQL at TEST_DATABASE_URL)

Measured through Django's test client in production settings, past the page store, each as the median of several. Half
of the articles are of one topic and most of them by one author; one topic and one author have ten. Every fiftieth is
retired, and a tenth as many again are drafts or wait for their day, the newest of all.
"""

import statistics
import sys
import time

from both_databases import on_both

SIZES = (10, 1_000, 100_000)
ROUNDS = 15
TIMES = 2.5
"""How many times as long a page may take at the largest size as at the smallest, which has half a page of articles."""
PAGES = {
    "home": "/",
    "large topic": "/topics/large/",
    "small topic": "/topics/small/",
    "busy author": "/authors/busy/",
    "rare author": "/authors/rare/",
    "article": "/articles/article-0/",
    "Atom": "/feeds/articles/",
    "JSON": "/feeds/articles.json",
}
"""All of them cost the same whatever the number of articles."""
DEEP = {
    "page 2": "/?page=2",
    "last page": "/?page={last}",
    "sitemap": "/sitemap.xml",
    "its 1st part": "/sitemaps/articles-0.xml",
}
"""These are only told: their length goes with the number of articles up to a bound."""


def measure():
    import django

    django.setup()
    from django.core.management import call_command

    from articles.listing import LAST_PAGE

    call_command("migrate", verbosity=0)
    people, made, figures = prepare(), 0, {}
    for size in SIZES:
        fill(people, made, size)
        made = size
        analyse()
        figures[size] = {
            name: timed(url.format(last=min(max(1, size // 20), LAST_PAGE))) for name, url in (PAGES | DEEP).items()
        }
        say(size, figures[size])
        publishing(people, size)
    for name in PAGES:
        queries = sorted({figures[size][name][1] for size in SIZES})
        ratio = figures[SIZES[-1]][name][0] / figures[SIZES[0]][name][0]
        verdict = "as it should be" if len(queries) == 1 and ratio <= TIMES else "NOT AS IT SHOULD BE"
        print(f"{name:12} queries {queries}, largest / smallest {ratio:.2f} (at most {TIMES}): {verdict}")


def prepare():
    from tests.factories import make_author, make_topic

    authors = [make_author(slug="busy"), make_author(slug="rare")]
    topics = [make_topic(slug="large"), make_topic(slug="small"), *[make_topic() for _ in range(8)]]
    return authors, topics


def fill(people, start, end):
    from articles.models import Article, Version

    for first in range(start, end, 5_000):
        numbers = range(first, min(first + 5_000, end))
        articles = Article.objects.bulk_create([an_article(people, n) for n in numbers], batch_size=500)
        tag(people, articles, numbers)
        versions = [a_version(article, n) for article, n in zip(articles, numbers, strict=True)]
        Version.objects.bulk_create(versions, batch_size=200)
    coming(people, start, end)


def an_article(people, number, **fields):
    from articles.models import Article

    author = people[0][number % 1_000 == 7 and number < 10_000]
    return Article(**{"slug": f"article-{number}", "author": author, "first_published_at": day(number), **fields})


def day(number):
    """A minute of the past four years, another one for each number, in no order."""
    from datetime import timedelta

    from django.utils import timezone

    return timezone.now() - timedelta(minutes=(number * 7919) % 2_000_003 + 1)


def tag(people, articles, numbers):
    from articles.models import Article

    _, (large, small, *others) = people
    through, rows = Article.topics.through, []
    for article, n in zip(articles, numbers, strict=True):
        rows.append((article, large if n % 2 else others[n // 2 % len(others)]))
        if n % 1_000 == 3 and n < 10_000:
            rows.append((article, small))
    through.objects.bulk_create([through(article=article, topic=topic) for article, topic in rows], batch_size=500)


def a_version(article, number, **fields):
    from articles.models import Version

    text = f"Stretch the calf slowly, night {number}, and hold it for a while. " * 12
    state = "retired" if number % 50 == 49 else "published"
    return Version(
        **{
            "article": article, "title": f"Night cramps, part {number}", "summary": text[:200], "body": text,
            "html": f"<p>{text}</p>", "content_hash": f"{number:064x}", "state": state,
            "publish_at": article.first_published_at, **fields,
        }
    )  # fmt: skip


def coming(people, start, end):
    """Drafts, and texts that wait for their day: both stand before all others in the order of first days."""
    from datetime import timedelta

    from django.utils import timezone

    from articles.models import Article, Version

    later, numbers = timezone.now() + timedelta(days=30), range(start, end, 20)
    drafts = [an_article(people, n, slug=f"draft-{n}", first_published_at=None) for n in numbers]
    waiting = [an_article(people, n, slug=f"waiting-{n}", first_published_at=later) for n in numbers]
    made = Article.objects.bulk_create([*drafts, *waiting], batch_size=500)
    tag(people, made, [1] * len(made))
    states = [{"state": "published"} if article.first_published_at else {"state": "draft"} for article in made]
    Version.objects.bulk_create(
        [a_version(article, 1, **state) for article, state in zip(made, states, strict=True)], batch_size=200
    )


def publishing(people, size):
    """What it costs to publish one more article, which is compared with others then."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from articles.models import Version

    _, (large, _, other, *_) = people
    article = an_article(people, 1, slug=f"one-more-{size}", first_published_at=None)
    article.save()
    article.topics.set([large, other])
    version = Version.objects.create(article=article, title="Night cramps", body="Stretch the calf slowly. " * 200)
    with CaptureQueriesContext(connection) as captured:
        seconds = stopwatch(lambda: version.publish(by=None))
        queries = len(captured)
    print(f"    {'publishing':12} {seconds * 1000:8.1f} ms, {queries} queries", flush=True)


def analyse():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def timed(url):
    """(median milliseconds, number of queries)"""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()

    def ask():
        assert client.get(url).status_code == 200, url

    ask()
    with CaptureQueriesContext(connection) as captured:
        ask()
    # Counted at once: the next request empties the list.
    queries = len(captured)
    return statistics.median(stopwatch(ask) for _ in range(ROUNDS)) * 1000, queries


def stopwatch(act):
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def say(size, figures):
    print(f"{size:,} articles")
    for name, (ms, queries) in figures.items():
        print(f"    {name:12} {ms:8.1f} ms, {queries} queries", flush=True)


if __name__ == "__main__":
    measure() if len(sys.argv) > 1 else on_both(__file__)
