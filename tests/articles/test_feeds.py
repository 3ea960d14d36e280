"""What feed readers get: well formed whatever was written, and the same entry whatever becomes of its address."""

import json
from datetime import datetime

import feedparser
import pytest
from django.conf import settings

from tests.factories import make_article, make_author, make_comment, make_image, make_topic, make_version

pytestmark = pytest.mark.django_db
HOSTILE = "</title>]]><script>&amp; &nope; \x0b\x00 \ufffe <b>38<temp</b> \u2028 “ä” 💤"[:120]
SHOWN = HOSTILE.replace("\x0b", "").replace("\x00", "").replace("\ufffe", "")


def hostile_article(**fields):
    """With all that a database stores: PostgreSQL keeps no NUL."""
    text = HOSTILE.replace("\x00", "")
    author = make_author(name=text)
    return make_article(title=text, summary=text, author=author, topics=[make_topic(name=text[:60])], **fields)


def parse(client, url):
    """The feed as feedparser reads it; not well formed fails here. Served under its address, which relative links need."""
    response = client.get(url)
    parsed = feedparser.parse(response.content, response_headers={"content-type": response["Content-Type"]})
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


class TheAtomFeed:
    URL = "/feeds/articles/"

    def test_is_well_formed_whatever_a_title_holds(self, client):
        article = hostile_article()
        (entry,) = parse(client, self.URL).entries
        assert entry.title_detail.type == "text/plain"
        assert entry.title == SHOWN.replace("\x00", "")
        assert entry.link == settings.SITE_URL + article.get_absolute_url()

    def test_says_when_an_entry_first_appeared_and_when_it_changed(self, client):
        article = make_article(topics=[make_topic(name="Babies")])
        (entry,) = parse(client, self.URL).entries
        assert datetime.fromisoformat(entry.published) == article.first_published_at
        assert [tag.term for tag in entry.tags] == ["Babies"]
        assert entry.author == article.author.name

    def test_names_an_entry_the_same_after_its_address_has_changed(self, client):
        article = make_article()
        before = parse(client, self.URL).entries[0].id
        article.slug = "another-address"
        article.save()
        assert parse(client, self.URL).entries[0].id == before

    def test_begins_every_address_with_the_sites_own(self, client):
        make_article()
        feed = client.get(self.URL, headers={"host": "127.0.0.1"}).content.decode()
        assert "127.0.0.1" not in feed

    def test_holds_twenty_entries_and_costs_the_same_for_each(self, client, django_assert_num_queries):
        for _ in range(2):
            make_article(topics=[make_topic()])
        with django_assert_num_queries(4):
            client.get(self.URL)
        for _ in range(22):
            make_article(topics=[make_topic()])
        with django_assert_num_queries(4):
            assert len(parse(client, self.URL).entries) == 20


class TheJSONFeed:
    URL = "/feeds/articles.json"

    def items(self, client):
        response = client.get(self.URL)
        assert response["Content-Type"] == "application/feed+json"
        return json.loads(response.content)["items"]

    def test_has_what_its_standard_asks_for(self, client):
        make_article()
        feed = json.loads(client.get(self.URL).content)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["feed_url"] == settings.SITE_URL + self.URL
        assert all(item["id"] and item["content_text"] for item in feed["items"])

    def test_says_what_the_atom_feed_says(self, client):
        image = make_image()
        make_article(title="Night cramps", summary="What helps.", lead_image=image, topics=[make_topic(name="Sleep")])
        (item,), (entry,) = self.items(client), parse(client, "/feeds/articles/").entries
        assert (item["id"], item["url"], item["title"]) == (entry.id, entry.link, entry.title)
        assert (item["summary"], item["tags"]) == (entry.summary, ["Sleep"])
        assert datetime.fromisoformat(item["date_modified"]) == datetime.fromisoformat(entry.updated).replace(
            microsecond=0
        )
        assert item["image"] == settings.SITE_URL + image.widest["url"]

    def test_gives_every_text_back_as_it_was_written(self, client):
        article = hostile_article()
        (item,) = self.items(client)
        assert item["title"] == article.live_version().title
        assert item["authors"][0]["name"] == article.author.name

    def test_names_no_draft(self, client):
        make_version(make_article(published_at=None), title="A secret")
        assert self.items(client) == []

    def test_is_named_by_every_page(self, client):
        assert f'type="application/feed+json" title="Cramps" href="{self.URL}"' in client.get("/").content.decode()


class AFeedOfComments:
    def test_is_well_formed_whatever_was_written(self, client):
        article = hostile_article()
        text = HOSTILE.replace("\x00", "")
        make_comment(article=article, name=text[:70], body=text, status="approved")
        (entry,) = parse(client, f"{article.get_absolute_url()}feed/").entries
        assert entry.author == SHOWN[: len(entry.author)]
        assert "38<temp" in entry.summary.replace("&lt;", "<")

    def test_begins_every_address_with_the_sites_own(self, client):
        article = make_article()
        make_comment(article=article, status="approved")
        feed = client.get(f"{article.get_absolute_url()}feed/", headers={"host": "127.0.0.1"}).content.decode()
        assert "127.0.0.1" not in feed
