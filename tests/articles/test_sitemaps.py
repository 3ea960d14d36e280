"""What search engines are told of: every page that is for everybody, and no other."""

from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.utils import timezone

from articles import sitemaps
from tests.factories import make_article, make_image, make_topic, make_version

pytestmark = pytest.mark.django_db
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"


def read(client, path="/sitemap.xml"):
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    return ElementTree.fromstring(response.content)


def addresses(client, path="/sitemap.xml"):
    """Paths of a file, and of those that it leads to."""
    tree = read(client, path)
    found = [urlsplit(loc.text).path for loc in tree.iter(f"{MAP}loc")]
    return [path for each in found for path in addresses(client, each)] if tree.tag == f"{MAP}sitemapindex" else found


class TheSitemap:
    def test_names_an_article_its_day_and_its_picture(self, client):
        image = make_image()
        article = make_article(lead_image=image)
        (entry,) = (e for e in read(client) if article.slug in e.find(f"{MAP}loc").text)
        assert entry.find(f"{MAP}loc").text == settings.SITE_URL + article.get_absolute_url()
        changed = timezone.localtime(article.live_version().publish_at).isoformat(timespec="seconds")
        assert entry.find(f"{MAP}lastmod").text == changed
        assert entry.find(f"{IMAGE}image/{IMAGE}loc").text == settings.SITE_URL + image.widest["url"]

    def test_leads_only_to_pages_that_answer(self, client):
        make_article(topics=[make_topic()])
        for path in addresses(client):
            assert client.get(path).status_code == 200, path

    def test_names_no_draft_and_nothing_retired(self, client):
        draft, retired = make_article(published_at=None), make_article()
        retired.retire(by=None)
        make_version(draft)
        assert not {draft.get_absolute_url(), retired.get_absolute_url()} & set(addresses(client))

    def test_costs_the_same_for_any_number_of_articles(self, client, django_assert_num_queries):
        for _ in range(2):
            make_article(lead_image=make_image())
        with django_assert_num_queries(4):
            client.get("/sitemap.xml")


class ALargeSite:
    @pytest.fixture(autouse=True)
    def small_blocks(self, monkeypatch):
        monkeypatch.setattr(sitemaps, "BLOCK", 3)

    def test_has_an_index_whose_files_name_each_page_once(self, client):
        articles = [make_article() for _ in range(8)]
        named = addresses(client)
        assert read(client).tag == f"{MAP}sitemapindex"
        assert len(named) == len(set(named))
        assert {article.get_absolute_url() for article in articles} < set(named)
        assert "/about/" in named

    def test_has_no_file_for_numbers_that_nobody_has(self, client):
        make_article()
        for number in (10**6, 10**30):
            assert client.get(f"/sitemaps/articles-{number}.xml").status_code == 404


class Robots:
    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("/", True),
            ("/articles/night-cramps/", True),
            ("/articles/night-cramps/comments/2/", True),
            ("/newsletter/issues/first/", True),
            ("/search/?q=cramp", False),
            ("/admin/", False),
            ("/comments/some-token/", False),
            ("/newsletter/confirm/some-token/", False),
            ("/newsletter/preferences/some-token/", False),
            ("/newsletter/unsubscribe/some-token/", False),
        ],
    )
    def test_may_read_what_is_for_everybody(self, client, path, allowed):
        robots = RobotFileParser()
        robots.parse(client.get("/robots.txt").content.decode().splitlines())
        assert robots.can_fetch("Anybot", path) == allowed
