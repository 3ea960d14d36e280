"""Two moderators at two servers press on the same comment in the same moment: one decides, the other is told who did.

Run as a script, this file makes the comments and signs both moderators in.
"""

import http.client
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Barrier
from urllib.parse import urlencode

from tests.cramps_site.test_page_store_race import server
from tests.own_database import ROOT, own_database

COMMENTS = 60
TOKEN = "t" * 32
TOLD = re.compile(r"already (approved|rejected), by (one|two) on \d+ \w+ at \d\d:\d\d")


def test_of_two_who_press_at_once_one_decides_and_the_other_is_told_who_did(tmp_path):
    with ExitStack() as stack:
        env = stack.enter_context(own_database(tmp_path))
        made = json.loads(run(env, "make"))
        ports = [stack.enter_context(server(env, tmp_path / f"{name}.log")) for name in made["sessions"]]
        at_once = Barrier(2)
        with ThreadPoolExecutor(2) as moderators:
            pressed = [
                moderators.submit(press_each, port, session, verb, made["comments"], at_once)
                for port, session, verb in zip(ports, made["sessions"].values(), ("approve", "reject"), strict=True)
            ]
            answers = [done.result() for done in pressed]
        stand = json.loads(run(env, "read"))
    for number, pk in enumerate(made["comments"]):
        first, second = answers[0][number], answers[1][number]
        assert bool(first["message"]) != bool(second["message"]), (first, second)
        decided, late = ("approved", second) if first["message"] else ("rejected", first)
        assert stand[str(pk)] == [decided, 1]
        assert TOLD.search(" ".join(late["late"]))[1] == decided
    assert {len(set(map(bool, (one["message"] for one in half)))) for half in answers} == {2}, "never at once"


def press_each(port, session, verb, comments, at_once):
    """What one moderator is answered on each comment."""
    answers = []
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        for pk in comments:
            at_once.wait(20)
            answers.append(press(connection, session, do=verb, comment=pk, tab="pending"))
    return answers


def press(connection, session, **fields):
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"__Host-session={session}; __Host-csrf={TOKEN}",
        "X-CSRFToken": TOKEN,
    }
    connection.request("POST", "/admin/comments/comment/press/", urlencode(fields), headers)
    response = connection.getresponse()
    words = response.read().decode()
    assert response.status == 200, (response.status, words[:500])
    return json.loads(words)


def run(env, task):
    command = [sys.executable, __file__, task]
    return subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE).stdout


def make():
    """A migrated database with comments that wait, and the keys of two moderators' sessions."""
    from django.core.management import call_command
    from django.test import Client

    from comments.models import Comment
    from tests.factories import make_article, make_staff

    call_command("migrate", verbosity=0)
    sessions = {}
    for name in ("one", "two"):
        client = Client()
        client.force_login(make_staff("moderator", username=name))
        sessions[name] = client.session.session_key
    article = make_article()
    Comment.objects.bulk_create(Comment(article=article, name="Parent", body="Socks.") for _ in range(COMMENTS))
    return {"comments": list(Comment.objects.values_list("pk", flat=True)), "sessions": sessions}


def read():
    """For each comment its status and the number of its decisions."""
    from comments.models import Comment

    return {comment.pk: [comment.status, comment.decisions.count()] for comment in Comment.objects.all()}


if __name__ == "__main__":
    import django

    django.setup()
    json.dump({"make": make, "read": read}[sys.argv[1]](), sys.stdout)
