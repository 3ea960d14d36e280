"""The page store's promise, with real processes and a real database.

    A request that starts more than one second after a commit sees it, in every process.

Two servers, each with a store of its own, and a third process that approves a thousand comments under a hundred
articles, each while readers ask both servers for what shows it. As soon as a commit is a second old both servers are
asked again and must show the comment. The rounds overlap: one after another they would take half an hour. Three
quarters of them look at the article's feed, which is stored by the same rule and costs less to render.

This file is also that third process: run as a script it approves each comment whose number it reads.
"""

import http.client
import json
import random
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.own_database import own_database

ROOT = Path(__file__).resolve().parents[2]
ARTICLES, ROUNDS = 100, 10
PAUSE = 0.012  # seconds, at most, in which a page is read before its commit
GRANIAN = ["--interface", "wsgi", "--no-ws", "--workers", "1", "--blocking-threads", "4", "--log-level", "warning"]


def test_a_thousand_approvals_each_show_in_both_servers_a_second_later(tmp_path):
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    with ExitStack() as stack:
        env = stack.enter_context(own_database(tmp_path))
        todo = seed(env)
        approve = stack.enter_context(approver(env))
        ports = [stack.enter_context(server(env, log)) for log in logs]
        looks = run_rounds(todo, ports, approve)
    assert len(looks) == ARTICLES * ROUNDS * len(ports)
    assert [look for look in looks if not look["shown"]] == []
    for log in logs:
        stored = [json.loads(line)["stored"] for line in log.read_text().splitlines() if line.startswith("{")]
        # Without the first there was no store; without the second, no page in it that a commit could make old.
        assert stored.count(True) > ARTICLES
        assert stored.count(False) > ARTICLES * 2


def run_rounds(todo, ports, approve):
    """Approve each comment while its page is read; say of every look a second later whether the comment was there."""
    now_reading, chance = [todo[0]["path"]], random.Random(17)
    with ThreadPoolExecutor(200) as pool:
        readers = [pool.submit(keep_reading, port, now_reading) for port in ports]
        looks = []
        try:
            for comment in todo:
                now_reading[:] = [comment["path"]]
                time.sleep(chance.uniform(0, PAUSE))
                committed = approve(comment["pk"])
                looks += [pool.submit(look, port, comment, committed) for port in ports]
                time.sleep(PAUSE / 2)
        finally:
            now_reading.clear()
        for reader in readers:
            reader.result()
        return [done.result() for done in looks]


def keep_reading(port, now_reading):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        while now_reading:
            with suppress(IndexError):
                read(connection, now_reading[0])


def look(port, comment, committed):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.connect()
        while (started := time.monotonic()) <= committed + 1:
            time.sleep(committed + 1.0005 - started)
        page = read(connection, comment["path"])
    return {"shown": f"canary {comment['pk']}." in page, "late_by": started - committed - 1, "port": port, **comment}


def read(connection, path):
    connection.request("GET", path)
    response = connection.getresponse()
    text = response.read().decode()
    assert response.status == 200, text
    return text


# The processes


def seed(env):
    """Make the articles with their comments; the comments in the order in which they will be approved."""
    made = subprocess.run([sys.executable, __file__, "seed"], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE)
    return json.loads(made.stdout)


@contextmanager
def approver(env):
    """A function that approves a comment in another process and answers when that was committed."""
    command = [sys.executable, __file__, "approve"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, cwd=ROOT, env=env, **pipes) as process:

        def approve(pk):
            process.stdin.write(f"{pk}\n")
            return float(process.stdout.readline())

        yield approve
        process.stdin.close()


@contextmanager
def server(env, log):
    port = free_port()
    command = [sys.executable, "-m", "granian", *GRANIAN, "--port", str(port), "cramps_site.wsgi:application"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=file, stderr=file)
    try:
        wait_for_answer(port, log)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def free_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return probe.getsockname()[1]


def wait_for_answer(port, log):
    for _ in range(300):
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port))):
            return
        time.sleep(0.1)
    pytest.fail(f"The server did not start: {log.read_text()}")


# What the other processes do


def main(task):
    import django

    django.setup()
    print_seed() if task == "seed" else approve_what_is_read()


def print_seed():
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        todo = [comment for number in range(ARTICLES) for comment in seed_article(number)]
    random.Random(17).shuffle(todo)
    json.dump(todo, sys.stdout)


def seed_article(number):
    from comments.models import Comment
    from tests.factories import make_article

    article = make_article(slug=f"race-{number}")
    path = article.get_absolute_url() + ("" if number % 4 == 0 else "feed/")
    pks = range(number * ROUNDS + 1, (number + 1) * ROUNDS + 1)
    Comment.objects.bulk_create(Comment(pk=pk, article=article, name="Parent", body=f"canary {pk}.") for pk in pks)
    return [{"path": path, "pk": pk} for pk in pks]


def approve_what_is_read():
    """Approve each comment whose number comes in, and answer with the clock that all processes share."""
    from comments.models import Comment

    for line in sys.stdin:
        assert Comment.objects.get(pk=line).approve(by=None)
        print(time.monotonic(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
