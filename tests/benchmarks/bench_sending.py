"""What the newsletter's ledger costs: our sending beside a bare smtplib, its memory, and the freezing of a million.

    .venv/bin/python tests/benchmarks/bench_sending.py               (SQLite, and PostgreSQL at TEST_DATABASE_URL)

The mail server is postfix's smtp-sink, which throws everything away (Debian: apt install postfix); without it nothing is
measured. The yardstick is a loop over smtplib.sendmail on as many threads as we have connections, with the same
messages built beforehand. Both run in turn, in processes of their own; a ratio is the median of the pairs'.
"""

import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
SINK = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
NAME = "bench_sending"
MESSAGES, PAIRS, CONNECTIONS, RATIO = 10_000, 3, (1, 4), 0.6
SMALL, LARGE, MOST_MORE = 10_000, 200_000, 1.2
FREEZING, FREEZING_SECONDS = 1_000_000, 30


def main():
    if not SINK:
        print("No smtp-sink found (Debian: apt install postfix): nothing is measured.")
        return
    with tempfile.TemporaryDirectory() as folder, mail_server() as port:
        for name, url in {"SQLite": f"sqlite:///{folder}/bench.sqlite3", "PostgreSQL": on_postgres()}.items():
            print(f"-- {name}", flush=True)
            env = environment(folder, url, port)
            print(process("prepare", env=env), end="", flush=True)
            for connections in CONNECTIONS:
                pairs(connections, env)
            if name == "PostgreSQL":
                memory(env)
                print(process("freezing", env=env), end="", flush=True)
    on_postgres(drop=True)


def process(*step, env):
    command = [sys.executable, __file__, *map(str, step)]
    os.sync()  # Nobody waits for the disk on behalf of the step before.
    return subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def environment(folder, url, port):
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE_URL": url,
        "PYTHONPATH": str(ROOT),
        "VAR_DIR": str(folder),
        "MAIL_PORT": str(port),
        "MESSAGES_FILE": f"{folder}/messages",
    }


@contextmanager
def mail_server():
    """The port of a smtp-sink."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen([SINK, *user, f"127.0.0.1:{port}", "1000"])
    try:
        for _ in range(100):
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port))):
                break
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def on_postgres(drop=False):
    """The address of an empty database of our own beside the one that was named."""
    import psycopg

    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME}")
        if not drop:
            connection.execute(f"CREATE DATABASE {NAME}")
    return f"{POSTGRES.rpartition('/')[0]}/{NAME}"


def pairs(connections, env):
    """Ours and the bare loop in turn."""
    both = [(rate("ours", connections, env), rate("bare", connections, env)) for _ in range(PAIRS)]
    ours, bare = (statistics.median(each) for each in zip(*both, strict=True))
    ratio = statistics.median(mine / its for mine, its in both)
    print(
        f"{connections} connection{'s' * (connections > 1)}: {ours:,.0f} a second, bare smtplib {bare:,.0f}; "
        f"ratio {ratio:.2f} (at least {RATIO})",
        flush=True,
    )


def rate(step, connections, env):
    return float(process(step, connections, MESSAGES, env=env))


def memory(env):
    small, large = (float(process("peak", number, env=env)) for number in (SMALL, LARGE))
    print(
        f"memory: {small:.0f} MB after {SMALL:,} recipients, {large:.0f} MB after {LARGE:,}: "
        f"{large / small:.2f} (at most {MOST_MORE})",
        flush=True,
    )


# What the other processes do


def setup():
    import django

    django.setup()
    from django.conf import settings

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(os.environ["MAIL_PORT"])


def prepare():
    """A new database with an issue, its mail as a file, and as many subscribers as are measured."""
    setup()
    from django.core.management import call_command

    from newsletter import composing

    call_command("migrate", verbosity=0)
    subscribe(LARGE)
    issue = make()
    pressed = composing.Pressed(composing.render(issue))
    Path(os.environ["MESSAGES_FILE"]).write_bytes(pressed.message(composing.MARKS))
    print(f"a message has {pressed.size / 1024:.1f} kB, a commit takes {commit_milliseconds():.2f} ms")


def commit_milliseconds():
    """The median of what one row costs: what the ledger pays for each message of one connection."""
    from newsletter.models import Subscriber

    def commit():
        began = time.perf_counter()
        Subscriber.objects.filter(pk=1).update(bounce_score=0)
        return time.perf_counter() - began

    return statistics.median(commit() for _ in range(200)) * 1000


def subscribe(until):
    """Make subscribers up to a number."""
    from django.utils import timezone

    from newsletter.models import Subscriber

    now = timezone.now()
    for start in range(Subscriber.objects.count(), until, 10_000):
        addresses = [f"parent-{number}@example.org" for number in range(start, min(start + 10_000, until))]
        Subscriber.objects.bulk_create(
            [Subscriber(email=address, normalised=address, confirmed_at=now) for address in addresses],
            batch_size=2_000,
        )


def make():
    from uuid import uuid4

    from tests.factories import make_article, make_issue

    articles = [
        make_article(
            slug=str(uuid4()), author=an_author(), title="Night cramps", summary="Warm socks and a stretch. " * 8
        )
        for _ in range(6)
    ]
    return make_issue(*articles, slug=str(uuid4()), frozen_at=None, introduction="Words about cramps and socks. " * 40)


def an_author():
    from uuid import uuid4

    from articles.models import Author

    return Author.objects.create(name="Ada Author", slug=str(uuid4()), job_title="Senior Expert")


def frozen(number, connections):
    """An issue whose recipients are the first so many."""
    from newsletter import sending
    from newsletter.models import Issue, SendingPolicy, Subscriber

    SendingPolicy.note(connections=connections, slow_start=False)
    last = Subscriber.objects.order_by("pk").values_list("pk", flat=True)[number - 1]
    true = Issue.recipients
    Issue.recipients = lambda self, at=None: true(self, at).filter(pk__lte=last)
    issue = make()
    assert sending.freeze(issue) == number
    return issue


def ours(connections, number):
    setup()
    from newsletter import sending

    issue = frozen(number, connections)
    began = time.perf_counter()
    while sending.one_batch():
        pass
    seconds = time.perf_counter() - began
    others = issue.deliveries.filter(accepted_at=None)
    assert not others.exists(), list(others.values("started_at", "claimed_at", "due_at", "faults", "error")[:3])
    print(number / seconds)


def bare(connections, number):
    """Nothing but smtplib: no ledger, no database, no making of messages."""
    import smtplib
    import threading

    message = Path(os.environ["MESSAGES_FILE"]).read_bytes()

    def send():
        with smtplib.SMTP("127.0.0.1", int(os.environ["MAIL_PORT"])) as server:
            for each in range(number // connections):
                server.sendmail("post@cramps.test", [f"parent-{each}@example.org"], message)

    threads = [threading.Thread(target=send) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(number / (time.perf_counter() - began))


def peak(number):
    """The most memory that a worker held while it sent to so many, in MB."""
    setup()
    from newsletter import sending

    frozen(number, 4)
    while sending.one_batch():
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def freezing():
    setup()
    from django.db import connection

    from newsletter import sending

    subscribe(FREEZING)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    issue = make()
    began = time.perf_counter()
    count = sending.freeze(issue)
    print(f"freezing {count:,}: {time.perf_counter() - began:.1f} s (at most {FREEZING_SECONDS})")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        globals()[sys.argv[1]](*map(int, sys.argv[2:]))
    else:
        main()
