"""What a search costs with ten, a thousand, ten thousand and a hundred thousand articles.

    .venv/bin/python tests/benchmarks/bench_search.py               (SQLite, and PostgreSQL at TEST_DATABASE_URL)

Articles of some five hundred words, drawn by Zipf's law as in a language, so that few words are everywhere and most are
rare; one word stands in all of them. Measured are whole pages, through Django's test client in production settings:
many different words that stand in at most 2 % of the articles, the word that stands in all, pairs of words, what is
offered while somebody types, and a word with an error in it, for which "Did you mean ...?" goes through the vocabulary.
"""

import random
import sys
import time
from collections import Counter
from itertools import accumulate, count

from both_databases import on_both

SIZES = (10, 1_000, 10_000, 100_000)
ROUNDS = 60
SHARE = 0.02
AT_MOST = {"rare words": 30, "a word in all": 150}
"""Milliseconds of the 95th percentile."""
VOCABULARY, LENGTH = 30_000, 500
EVERYWHERE = "cramps"
BATCH = 500


def measure():
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    library, made = Library(), 0
    for size in SIZES:
        began = time.perf_counter()
        library.fill(size - made)
        made = size
        print(f"{size:>9,} articles, {time.perf_counter() - began:.0f} s to fill", flush=True)
        analyse()
        for name, urls in library.questions(size).items():
            say(name, urls)


class Library:
    """Articles out of made-up words, and in how many of them each word stands."""

    def __init__(self):
        from tests.factories import make_author, make_topic

        self.random = random.Random(12)
        self.words = list(dict.fromkeys(self.make_word() for _ in range(VOCABULARY)))
        # Mandelbrot's form of Zipf's law, whose few commonest words are not quite so common.
        self.weights = list(accumulate(1 / (place + 2.7) for place in range(len(self.words))))
        self.found_in, self.numbers = Counter(), count(1)
        self.author, self.topic = make_author(), make_topic()

    def make_word(self):
        syllables = (self.random.choice("bcdfghklmnprstv") + self.random.choice("aeiou") for _ in range(9))
        return "".join(list(syllables)[: self.random.randint(2, 4)]) + self.random.choice(["", "n", "st", "rm"])

    def fill(self, number):
        from django.db import transaction

        for start in range(0, number, BATCH):
            with transaction.atomic():
                self.publish(min(BATCH, number - start))

    def publish(self, number):
        """Rows as publishing makes them, many at a time."""
        from django.utils import timezone

        from articles.models import Article, SearchEntry, SearchWord, Version
        from articles.search import indexing

        now = timezone.now()
        articles = [Article(slug=f"article-{next(self.numbers)}", author=self.author) for _ in range(number)]
        for article in articles:
            article.first_published_at = now
        Article.objects.bulk_create(articles)
        through = Article.topics.through
        through.objects.bulk_create(through(article=article, topic=self.topic) for article in articles)
        versions = Version.objects.bulk_create(self.version(article, now) for article in articles)
        fields = [each for version in versions for each in indexing.entries_of([version], now)]
        SearchWord.note(SearchEntry.objects.bulk_create(SearchEntry(**each) for each in fields))

    def version(self, article, at):
        from articles.models import Version

        words = self.random.choices(self.words, cum_weights=self.weights, k=LENGTH)
        self.found_in.update(set(words))
        title, summary = " ".join(words[:7]), f"{EVERYWHERE} {' '.join(words[7:30])}"
        text = " ".join(words[30:])
        return Version(
            article=article, title=title, summary=summary, body=text, html=f"<p>{text}</p>", state="published",
            publish_at=at, content_hash="0" * 64,
        )  # fmt: skip

    def questions(self, size):
        rare = [word for word, number in self.found_in.most_common() if number <= max(size * SHARE, 1)]
        # As many near the limit as far below it.
        rare = [*rare[: ROUNDS // 2], *self.random.sample(rare, ROUNDS // 2)]
        common = [word for word, _ in self.found_in.most_common(500)]
        pairs = [" ".join(self.random.sample(common, 2)) for _ in range(ROUNDS)]
        page, offer = "/search/?q=", "/search/suggest/?q="
        return {
            "rare words": [page + word for word in rare],
            "a word in all": [page + EVERYWHERE] * (ROUNDS // 3),
            "pairs of words": [page + pair for pair in pairs],
            "while typing": [offer + word[: max(len(word) - 2, 3)] for word in rare],
            "errors": [f"{page}{word[:2]}x{word[2:]}" for word in rare if len(word) > 6],
        }


def analyse():
    """What the database does by itself some minutes after so many rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def say(name, urls):
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    client.get(urls[0])
    with CaptureQueriesContext(connection) as captured:
        client.get(urls[0])
    queries = len(captured)
    times = sorted(stopwatch(client, url) for url in urls)
    half, most = (times[int(len(times) * share)] for share in (0.5, 0.95))
    limit = f" (at most {AT_MOST[name]})" if name in AT_MOST else ""
    print(f"          {name:15} {half:6.1f} ms, 95 % under {most:6.1f} ms{limit}; {queries} queries", flush=True)


def stopwatch(client, url):
    began = time.perf_counter()
    answer = client.get(url)
    assert answer.status_code == 200
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    measure() if len(sys.argv) > 1 else on_both(__file__)
