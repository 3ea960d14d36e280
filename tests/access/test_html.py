"""Every page of the site is HTML that its readers' programs understand: pages, forms with errors, refusals, the admin.

`PAGES=folder pytest tests/access/test_html.py` also writes each page there, to be looked at by vnu:
`java -jar vnu.jar --errors-only folder/`.
"""

import os
import re
from pathlib import Path

import pytest

from tests.access.html_rules import find_problems
from tests.access.test_headers import ALL, ask
from tests.access.the_site import address, client_of, follow, knock, make_world, routes

pytestmark = pytest.mark.django_db
NOT_OURS = re.compile(
    # Django's admin names the columns of a table of rows in its head alone, a date and its time with one label,
    r"name=\w+-(\d+|__prefix__)-\w+> has no label|name=(date_joined|last_login)_\d> has no label"
    # and is not quite right where it speaks of passwords.
    r"|^admin/auth/user/.*(password_helptext|end tag \(p\))"
)


def problems_of(name, response):
    is_page = response.get("Content-Type", "").startswith("text/html") and not response.streaming
    if not is_page or 300 <= response.status_code < 400:
        return []
    keep(name, response.content)
    found = [f"{name}: {problem}" for problem in find_problems(response.content)]
    return [problem for problem in found if not NOT_OURS.search(problem)]


def keep(name, page):
    if folder := os.environ.get("PAGES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        Path(folder, re.sub(r"\W+", "-", name).strip("-") + ".html").write_bytes(page)


def problems_on(patterns, client, world):
    found = []
    for pattern in patterns:
        response = follow(client, knock(client, "GET", address(pattern, world)))
        found += problems_of(f"{pattern} {response.status_code}", response)
    return found


class EveryPageIsValid:
    def test_for_readers(self):
        public = [pattern for pattern in routes() if not pattern.startswith(("admin/", "accounts/"))]
        assert problems_on(public, client_of("anonymous"), make_world()) == []

    def test_of_signing_in(self):
        accounts = [pattern for pattern in routes() if pattern.startswith("accounts/")]
        world = make_world()
        for actor in ("anonymous", "admin"):
            assert problems_on(accounts, client_of(actor), world) == []

    def test_of_the_admin(self):
        admin = [pattern for pattern in routes() if pattern.startswith("admin/")]
        assert problems_on(admin, client_of("admin"), make_world()) == []

    @pytest.mark.parametrize("kind", ALL)
    def test_that_answers_what_was_sent(self, kind):
        assert problems_of(kind, ask(kind)) == []
