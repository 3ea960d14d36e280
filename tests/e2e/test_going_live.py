"""A scheduled text goes live at its moment on every page of the site, while nothing but the server runs."""

import signal
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
MAKE = """
from articles.models import Article, Author, Topic
article = Article.objects.create(slug="quiet-calves", author=Author.objects.first())
article.topics.set(Topic.objects.all()[:1])
article.versions.create(title="Quiet calves at zyxonight", summary="Rest.", body="Warmth, then zyxorest.")
print(article.get_absolute_url(), article.topics.get().get_absolute_url(), article.author.get_absolute_url())
"""
OWN_WORD, BERLIN = "quiet-calves", "Europe/Berlin"
AHEAD = timedelta(seconds=15)
"""For pressing, and looking at every page before it happens."""


@contextmanager
def without_worker(site):
    worker = site.processes[1]
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)


def get(url, etag=""):
    """(status, ETag, text)"""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers={"If-None-Match": etag} if etag else {})
        ) as answer:
            return answer.status, answer.headers.get("ETag"), answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, "", ""


def schedule(page, site):
    """The moment for which it was pressed. The field takes whole minutes; a test would rather not wait for one."""
    page.goto(f"{site.url}/admin/articles/version/?q=zyxonight")
    page.locator("#result_list tbody th a").first.click()
    field = page.locator("input[name=when]")
    field.evaluate("field => field.type = 'text'")
    moment = datetime.now(ZoneInfo(BERLIN)).replace(microsecond=0) + AHEAD
    field.fill(f"{moment:%Y-%m-%dT%H:%M:%S}")
    with page.expect_navigation():
        page.locator("button[value=publish]").click()
    assert f"{moment:%H:%M}" in page.locator("#content").inner_text()
    return moment


@pytest.mark.parametrize("has_javascript", [True])
def test_a_text_goes_live_at_its_moment_without_any_job(site, staff_page, reader):
    made = site.manage("shell", "--verbosity", "0", "-c", MAKE).split()
    own, lists = made[0], ["/", *made[1:], "/feeds/articles/", "/feeds/articles.json"]
    stored = [site.url + path for path in lists]
    sitemap, search = f"{site.url}/sitemap.xml", f"{site.url}/search/?q=zyxorest"
    with without_worker(site):
        moment = schedule(staff_page("editor"), site)
        before = {url: get(url) for url in stored}
        assert not [url for url, (_, _, text) in before.items() if OWN_WORD in text]
        assert get(site.url + own)[0] == 404
        assert OWN_WORD not in get(sitemap)[2] + get(search)[2]
        again = {url: get(url, etag)[0] for url, (_, etag, _) in before.items()}
        assert set(again.values()) == {304}, again
        assert datetime.now(moment.tzinfo) < moment, "looking at the pages took too long"

        time.sleep((moment - datetime.now(moment.tzinfo)).total_seconds() + 1)
        after = {url: get(url, etag) for url, (_, etag, _) in before.items()}
        assert not [url for url, (status, _, text) in after.items() if status != 200 or OWN_WORD not in text]
        assert OWN_WORD in get(sitemap)[2] and OWN_WORD in get(search)[2]
        reader.goto(site.url + own)
        assert reader.locator("h1").inner_text() == "Quiet calves at zyxonight"
