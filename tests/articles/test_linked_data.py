"""What pages say of themselves to machines, compared claim by claim with the database."""

import json
import re

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from articles.linked_data import to_script
from articles.models import SignOff
from tests.factories import make_article, make_author, make_image, make_topic

pytestmark = pytest.mark.django_db
SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
HOSTILE = "</script><script>alert(1)</script><!-- & ]]> \u2028 'quote' \"double\" {{ 7|add:7 }}"


def described(client, url):
    """The nodes of a page, by type."""
    (text,) = SCRIPT.findall(client.get(url).content.decode())
    return {node["@type"]: node for node in json.loads(text)["@graph"]}


def make_whole_article():
    author = make_author(name="Dr Marta Lindqvist", job_title="Contributing Writer")
    source = {"title": "Leg cramps", "publisher": "National Health Service", "url": "https://www.nhs.uk/leg-cramps/"}
    return make_article(
        title="Night cramps in school-age children",
        summary="What helps.",
        author=author,
        topics=[make_topic(name="Night cramps", position=1), make_topic(name="After sport", position=2)],
        lead_image=make_image(width=500, height=300, credit="A. Painter"),
        lead_image_alt="A leg",
        sources=[source],
    )


def absolute(row):
    return settings.SITE_URL + row.get_absolute_url()


class TheArticle:
    def test_and_its_page_are_two_nodes_that_point_to_each_other(self, client):
        nodes = described(client, make_whole_article().get_absolute_url())
        page, text = nodes["MedicalWebPage"], nodes["Article"]
        assert page["mainEntity"] == {"@id": text["@id"]}
        assert text["mainEntityOfPage"] == {"@id": page["@id"]}

    def test_claims_what_the_database_holds(self, client):
        article = make_whole_article()
        version, author = article.live_version(), article.author
        text = described(client, article.get_absolute_url())["Article"]
        assert (text["headline"], text["description"]) == (version.title, version.summary)
        assert text["datePublished"] == written(article.first_published_at)
        assert text["dateModified"] == written(version.publish_at)
        assert (text["author"]["@type"], text["author"]["name"]) == ("Person", author.name)
        assert (text["author"]["jobTitle"], text["author"]["url"]) == (author.job_title, absolute(author))
        assert text["publisher"]["name"] == settings.SITE_NAME

    def test_names_its_picture_and_its_sources(self, client):
        article = make_whole_article()
        version = article.live_version()
        text = described(client, article.get_absolute_url())["Article"]
        image, source = text["image"], version.sources.get()
        assert image["url"].startswith(settings.SITE_URL) and image["url"].endswith(".jpeg")
        assert (image["width"], image["height"]) == (500, 300)
        assert (image["caption"], image["creditText"]) == (version.lead_image_alt, version.lead_image.credit)
        (cited,) = text["citation"]
        assert (cited["name"], cited["publisher"]["name"], cited["url"]) == (source.title, source.publisher, source.url)

    def test_says_what_it_is_about_and_for_whom(self, client):
        article = make_whole_article()
        page = described(client, article.get_absolute_url())["MedicalWebPage"]
        topics = article.topics.all()
        assert [about["name"] for about in page["about"]] == [topic.name for topic in topics]
        assert [about["url"] for about in page["about"]] == [absolute(topic) for topic in topics]
        assert page["audience"]["@type"] == "ParentAudience"

    def test_claims_nothing_that_is_empty(self, client):
        article = make_article(author=make_author(job_title=""))
        page, text, _ = described(client, article.get_absolute_url()).values()
        assert not {"description", "about", "lastReviewed", "reviewedBy"} & page.keys()
        assert not {"description", "image", "citation"} & text.keys()
        assert "jobTitle" not in text["author"]


def written(moment):
    return timezone.localtime(moment).isoformat(timespec="seconds")


class TheReview:
    def claim(self, client, article):
        page = described(client, article.get_absolute_url())["MedicalWebPage"]
        return page.get("lastReviewed"), page.get("reviewedBy", {}).get("name")

    def test_is_claimed_with_the_day_and_the_name_of_the_sign_off(self, client):
        article, reviewer = make_article(), make_author(name="Prof. Samuel Okafor")
        sign_off = article.live_version().sign_off(by=reviewer)
        assert self.claim(client, article) == (timezone.localdate(sign_off.signed_at).isoformat(), reviewer.name)

    def test_is_claimed_by_the_page_and_by_its_data_or_by_neither(self, client):
        article = make_article()
        for sign in (lambda: None, lambda: article.live_version().sign_off(by=make_author())):
            sign()
            shown = "Medically reviewed by" in client.get(article.get_absolute_url()).content.decode()
            assert shown == (self.claim(client, article) != (None, None))

    def test_is_claimed_no_longer_once_a_letter_has_changed(self, client):
        article = make_article()
        version = article.live_version()
        version.sign_off(by=make_author())
        successor = version.successor(by=None)
        successor.body = version.body.replace("calf", "half")
        successor.save()
        successor.publish(by=None)
        assert self.claim(client, article) == (None, None)

    def test_is_not_claimed_of_another_text_than_the_live_one(self, client):
        article = make_article()
        draft = article.live_version().successor(by=None)
        draft.body += "\nMore."
        draft.save()
        draft.sign_off(by=make_author())
        assert self.claim(client, article) == (None, None)

    def test_is_claimed_no_longer_once_it_has_lapsed(self, client):
        article = make_article()
        article.live_version().sign_off(by=make_author())
        with time_machine.travel(SignOff.objects.get().lapses_at):
            assert self.claim(client, article) == (None, None)


class TheWayUp:
    LINK = re.compile(r'<li><a href="([^"]+)">([^<]+)</a></li>')

    def shown(self, client, url):
        (trail,) = re.findall(r'<nav class="crumbs".*?</nav>', client.get(url).content.decode(), re.DOTALL)
        return [(settings.SITE_URL + path, name) for path, name in self.LINK.findall(trail)]

    @pytest.mark.parametrize("kind", ["article", "topic", "author"])
    def test_is_the_same_for_readers_and_for_machines(self, client, kind):
        article = make_whole_article()
        row = {"article": article, "topic": article.topics.first(), "author": article.author}[kind]
        items = described(client, row.get_absolute_url())["BreadcrumbList"]["itemListElement"]
        assert [item["position"] for item in items] == list(range(1, len(items) + 1))
        assert [(item["item"], item["name"]) for item in items[:-1]] == self.shown(client, row.get_absolute_url())
        assert items[-1]["item"] == absolute(row)


class APersonsPage:
    def test_is_a_profile_of_who_the_database_knows(self, client):
        author = make_author(credentials="MD", bio="Has three children.", photo=make_image(width=60, height=60))
        page = described(client, author.get_absolute_url())["ProfilePage"]
        person = page["mainEntity"]
        assert (person["@type"], person["name"], person["jobTitle"]) == ("Person", author.name, author.job_title)
        assert (person["hasCredential"]["name"], person["description"]) == ("MD", author.bio)
        assert person["image"]["url"].startswith(settings.SITE_URL)

    def test_is_the_person_that_articles_name(self, client):
        article = make_article()
        named = described(client, article.get_absolute_url())["Article"]["author"]
        assert described(client, article.author.get_absolute_url())["ProfilePage"]["mainEntity"]["@id"] == named["@id"]


class Hostile:
    @given(st.text())
    def test_text_never_ends_the_element_it_stands_in(self, text):
        script = to_script({"headline": text})
        assert not set("<>&\u2028\u2029") & set(script)
        assert json.loads(script) == {"headline": text}

    def test_text_comes_back_as_it_was_written(self, client):
        author = make_author(name=HOSTILE[:100], job_title=HOSTILE[:100], bio=HOSTILE, credentials=HOSTILE)
        article = make_article(title=HOSTILE, summary=HOSTILE, author=author, topics=[make_topic(name=HOSTILE[:60])])
        text = described(client, article.get_absolute_url())["Article"]
        assert (text["headline"], text["author"]["name"]) == (HOSTILE, HOSTILE[:100])
        assert "alert(1)" not in re.findall(r"<script.*?</script>", client.get("/").content.decode(), re.DOTALL)
        assert described(client, author.get_absolute_url())["ProfilePage"]["mainEntity"]["description"] == HOSTILE


class ASharedLink:
    META = re.compile(r'<meta property="([^"]+)" content="([^"]*)">')

    def pairs(self, client, url):
        return dict(self.META.findall(client.get(url).content.decode()))

    def test_shows_the_title_the_summary_and_the_picture_with_its_size(self, client):
        article = make_whole_article()
        version = article.live_version()
        pairs = self.pairs(client, article.get_absolute_url())
        assert (pairs["og:type"], pairs["og:title"]) == ("article", version.title)
        assert (pairs["og:description"], pairs["og:url"]) == (version.summary, absolute(article))
        assert (pairs["og:image:width"], pairs["og:image:height"]) == ("500", "300")
        assert pairs["og:image"].startswith(settings.SITE_URL) and pairs["og:image:alt"] == "A leg"

    def test_tells_when_the_text_was_published_and_changed(self, client):
        article = make_article()
        pairs = self.pairs(client, article.get_absolute_url())
        assert pairs["article:published_time"] == written(article.first_published_at)
        assert pairs["article:modified_time"] == written(article.live_version().publish_at)

    def test_names_no_picture_where_there_is_none(self, client):
        assert "og:image" not in self.pairs(client, make_article().get_absolute_url())


class ACanonicalAddress:
    @pytest.mark.parametrize("path", ["/", "/about/", "/privacy/", "/newsletter/"])
    def test_is_named_whatever_host_and_query_were_asked(self, client, path):
        page = client.get(f"{path}?utm=1", headers={"host": "127.0.0.1"}).content.decode()
        assert f'<link rel="canonical" href="{settings.SITE_URL}{path}">' in page

    def canonical(self, client, url):
        return re.findall(r'<link rel="canonical" href="([^"]+)">', client.get(url).content.decode())

    def test_of_a_further_page_is_its_own(self, client):
        topic = make_topic()
        for _ in range(21):
            make_article(topics=[topic])
        assert self.canonical(client, f"{topic.get_absolute_url()}?page=2") == [f"{absolute(topic)}?page=2"]
        assert self.canonical(client, f"{topic.get_absolute_url()}?from=elsewhere") == [absolute(topic)]
