"""An import that is killed at any statement is finished by running it again: nothing twice, nothing half.

Run as a script, this file imports in children that kill themselves, and tells what the database holds in the end.
"""

import json
import os
import random
import signal
import subprocess
import sys

from tests.exports import write_wordpress
from tests.own_database import ROOT, own_database

KILLS, COMMENTS, STATEMENTS = 8, 12, 30
"""How often it is killed, comments of each post, and by how many statements each child comes further at most."""


def test_an_import_that_is_killed_again_and_again_ends_as_if_it_had_not_been(tmp_path):
    posts = write_wordpress(tmp_path / "export.xml", 1, comments=COMMENTS)
    with own_database(tmp_path) as env:
        command = [sys.executable, __file__, tmp_path / "export.xml"]
        run = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    ended = json.loads(run.stdout.splitlines()[-1])
    assert ended["killed"] == KILLS
    assert ended["articles"] == ended["versions"] == ended["published"] == posts
    assert ended["comments"] == ended["keys"] == posts * COMMENTS
    # Every fifth begins a thread (tests.exports).
    assert ended["roots"] == posts * -(-COMMENTS // 5)
    assert f"posts: unchanged: {posts}" in ended["again"]
    assert f"comments, known already: {posts * COMMENTS}" in ended["again"]


def bring_in(path):
    from io import StringIO

    from django.core.management import call_command

    out = StringIO()
    call_command("import_wordpress", path, publish=True, stdout=out)
    return out.getvalue()


def killed(path, statement):
    """Whether a child that imports was killed before it ran so many statements."""
    from django.db import connection, connections

    left = statement

    def count(execute, *given):
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*given)

    connections.close_all()
    child = os.fork()
    if not child:
        with connection.execute_wrapper(count):
            bring_in(path)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(path):
    from django.core.management import call_command

    from articles.models import Article, Version
    from comments.models import Comment

    call_command("migrate", verbosity=0)
    chance = random.Random()
    kills = [killed(path, STATEMENTS * number + chance.randrange(1, STATEMENTS)) for number in range(KILLS)]
    bring_in(path)
    comments = Comment.objects.all()
    ended = {
        "killed": sum(kills),
        "articles": Article.objects.count(),
        "versions": Version.objects.count(),
        "published": Article.objects.published().count(),
        "comments": comments.count(),
        "keys": comments.values("source_key").distinct().count(),
        "roots": comments.filter(parent=None).count(),
        "again": bring_in(path),
    }
    print(json.dumps(ended))


if __name__ == "__main__":
    import django

    django.setup()
    main(sys.argv[1])
