"""How long a list of a hundred thousand subscribers takes to import, and whether the dry run said the same.

    .venv/bin/python tests/benchmarks/bench_import.py               (SQLite, and PostgreSQL at TEST_DATABASE_URL)

The list has everything in it that lists have: people who are new, known, known otherwise, suppressed, gone, twice in
it, and lines that are no people. Then the same list once more, which must change nothing, and the export.
"""

import sys
import time

from both_databases import on_both

ROWS, KNOWN = 100_000, 10_000
SECONDS = 60


def measure():
    import django

    django.setup()
    from django.core.management import call_command

    from newsletter import exporting, importing
    from newsletter.models import Consent, Subscriber

    call_command("migrate", verbosity=0)
    data = make_list(fill())
    foreseen, seconds = stopwatch(lambda: importing.run(data, dry_run=True))
    say("dry run", foreseen, seconds)
    report, seconds = stopwatch(lambda: importing.run(data, dry_run=False))
    say("import", report, seconds)
    print(f"dry run's numbers equal to the result: {foreseen.lines == report.lines}; at most {SECONDS} s")
    assert foreseen.lines == report.lines
    assert foreseen.outcomes == report.outcomes
    assert Subscriber.objects.count() == KNOWN + report.numbers["new"]
    assert Consent.objects.filter(fact="imported").count() == report.numbers["new"]
    say("again", *stopwatch(lambda: importing.run(data, dry_run=False)))
    lines, seconds = stopwatch(lambda: sum(1 for _ in exporting.lines(Subscriber.objects.all())))
    print(f"export: {lines:,} lines in {seconds:.1f} s", flush=True)


def fill():
    """Slugs of three topics, and those who are known already: every tenth has left, every tenth is suppressed."""
    from django.utils import timezone

    from newsletter.models import Subscriber, Suppression
    from tests.factories import make_topic

    now = timezone.now()
    topics = [make_topic().slug for _ in range(3)]
    known = [
        Subscriber(
            email=address(n), normalised=address(n), confirmed_at=now, left_at=now if n % 10 == 1 else None
        )
        for n in range(KNOWN)
    ]  # fmt: skip
    Subscriber.objects.bulk_create(known)
    hashes = [Suppression.hash_of(address(n)) for n in range(0, KNOWN, 10)]
    Suppression.objects.bulk_create(Suppression(address_hash=each, reason="denied") for each in hashes)
    return topics


def address(number):
    return f"parent-{number}@example-{number % 5000}.org"


def make_list(topics):
    """About six megabytes, in the order that a list would have: none."""
    consent = '"Newsletter form on the old site: “Yes, write to me”"'
    lines = ["email,topics,frequency,confirmed_at,consent"]
    for n in range(ROWS):
        number = n * 7919 % ROWS
        frequency = "each" if number % 4 == 2 else "weekly"
        email = {5: address(number).upper(), 6: "no address"}.get(number % 100, address(number))
        email = address(number - 1) if number % 100 == 50 else email
        lines.append(f'{email},"{",".join(topics[: number % 3])}",{frequency},2024-03-{number % 28 + 1:02},{consent}')
    return "\n".join(lines).encode()


def stopwatch(act):
    began = time.perf_counter()
    result = act()
    return result, time.perf_counter() - began


def say(what, report, seconds):
    numbers = ", ".join(f"{number:,} {fate}" for fate, number in report.lines)
    print(f"{what}: {numbers} in {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    measure() if len(sys.argv) > 1 else on_both(__file__)
