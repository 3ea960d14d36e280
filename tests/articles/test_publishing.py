from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from articles.listing import list_page
from articles.models import REVIEW_INTERVAL, Article, Publication, SignOff, Source, Version
from articles.stamps import current
from tests.factories import make_article, make_author, make_topic, make_version

pytestmark = pytest.mark.django_db


class WhatThePublicReads:
    def test_is_the_newest_published_version_whose_time_has_come(self, client):
        article = make_article(title="The first text")
        draft = article.live_version().successor(by=None)
        draft.title = "The second text"
        draft.save()
        assert "The first text" in client.get(article.get_absolute_url()).content.decode()
        draft.publish(by=None)
        assert "The second text" in client.get(article.get_absolute_url()).content.decode()

    def test_changes_at_its_minute_without_any_job(self, client):
        article = make_article(title="Before")
        draft = make_version(article, title="After")
        at = timezone.now() + timedelta(hours=1)
        draft.publish(by=None, at=at)
        assert "Before" in client.get(article.get_absolute_url()).content.decode()
        with time_machine.travel(at + timedelta(seconds=1)):
            assert "After" in client.get(article.get_absolute_url()).content.decode()

    def test_says_until_when_it_holds(self, client):
        article = make_article()
        at = timezone.now() + timedelta(hours=1)
        make_version(article).publish(by=None, at=at)
        for url in (article.get_absolute_url(), "/"):
            assert float(client.get(url)["X-Page-Valid-Until"]) == pytest.approx(at.timestamp())

    def test_is_old_already_where_its_time_came_while_the_page_was_made(self):
        article, at = make_article(comments_close_after=30), timezone.now() + timedelta(hours=1)
        make_version(article).publish(by=None, at=at)
        version = Version.objects.for_page(article.slug).get()
        with time_machine.travel(at + timedelta(seconds=1)):
            assert version.changes_at == at

    def test_is_nothing_before_the_first_time_has_come(self, client):
        at = timezone.now() + timedelta(hours=1)
        article = make_article(published_at=at)
        assert client.get(article.get_absolute_url()).status_code == 404
        assert article.slug not in client.get("/").content.decode()
        assert article.slug not in client.get("/sitemap.xml").content.decode()
        assert article.slug not in client.get("/feeds/articles/").content.decode()
        with time_machine.travel(at + timedelta(seconds=1)):
            assert client.get(article.get_absolute_url()).status_code == 200
            assert article.slug in client.get("/").content.decode()

    def test_ends_when_the_article_is_retired_older_texts_included(self, client):
        article = make_article()
        make_version(article).publish(by=None)
        assert article.retire(by=None)
        assert client.get(article.get_absolute_url()).status_code == 410
        assert not article.retire(by=None)

    def test_is_found_at_the_old_address_after_a_move(self, client):
        article = make_article(slug="new-address")
        article.redirects.create(slug="old-address")
        answer = client.get("/articles/old-address/")
        assert (answer.status_code, answer["Location"]) == (301, "/articles/new-address/")


class AnyHistory(HypothesisTestCase):
    moments = st.lists(st.tuples(st.sampled_from(["draft", "published", "retired"]), st.integers(-5, 5)), max_size=8)

    @given(moments, st.integers(-6, 6))
    def test_shows_the_same_in_a_list_and_on_its_page(self, history, hour):
        """The rule stands once as a query over articles and once over versions: this holds the two together."""
        article = make_article(published_at=None)
        now = timezone.now()
        for state, hours in history:
            version = make_version(article)
            Version.objects.filter(pk=version.pk).update(state=state, publish_at=now + timedelta(hours=hours))
            if state == "published":
                article.set_first_published_at(now + timedelta(hours=hours))
        at = now + timedelta(hours=hour)
        expected = max(
            ((v.publish_at, v.pk) for v in article.versions.all() if v.state == "published" and v.publish_at <= at),
            default=(None, None),
        )[1]
        listed = Article.objects.published(at).filter(pk=article.pk).values_list("live_id", flat=True).first()
        shown = Version.objects.for_page(article.slug, at).values_list("pk", flat=True).first()
        assert listed == shown == getattr(article.live_version(at), "pk", None) == expected


class AMedicalReview:
    def page(self, client, article):
        return client.get(article.get_absolute_url()).content.decode()

    def test_is_claimed_for_the_text_that_was_signed(self, client):
        article = make_article()
        article.live_version().sign_off(by=make_author(name="Prof. Samuel Okafor"))
        assert "Medically reviewed by" in self.page(client, article)
        assert "Samuel Okafor" in self.page(client, article)

    def test_is_claimed_again_when_the_text_that_was_signed_goes_live_again(self, client):
        article = make_article()
        signed = article.live_version()
        signed.sign_off(by=make_author())
        make_version(article, title="Another text").publish(by=None)
        assert "Medically reviewed by" not in self.page(client, article)
        signed.successor(by=None).publish(by=None)
        assert "Medically reviewed by" in self.page(client, article)
        assert [sign_off.version for sign_off in SignOff.objects.shown()] == [signed]

    def test_of_another_article_with_the_same_words_counts_for_that_one_alone(self, client):
        make_article().live_version().sign_off(by=make_author())
        assert "Not yet medically reviewed" in self.page(client, make_article())

    def test_of_a_text_before_is_told_as_one(self, client):
        article = make_article()
        article.live_version().sign_off(by=make_author(name="Prof. Okafor"))
        make_version(article, title="Another text").publish(by=None)
        page = self.page(client, article)
        assert "Not reviewed since its last change" in page and "lastReviewed" not in page
        assert "Okafor" not in page

    def test_that_was_taken_back_is_told_nowhere(self, client):
        article = make_article()
        article.live_version().sign_off(by=make_author())
        SignOff.objects.take_back()
        assert "Not yet medically reviewed" in self.page(client, article)
        assert not SignOff.objects.shown().exists()

    @pytest.mark.parametrize("field", ["title", "summary", "body", "disclaimer", "correction", "lead_image_alt"])
    def test_ends_with_the_change_of_a_letter(self, field):
        version = make_version()
        sign_off = version.sign_off(by=make_author())
        assert sign_off.holds_for(version)
        setattr(version, field, getattr(version, field) + ".")
        version.save()
        assert not sign_off.holds_for(version)

    def test_ends_with_the_change_of_a_source(self):
        version = make_version()
        version.set_sources([{"title": "Leg cramps", "publisher": "NHS", "url": ""}])
        sign_off = version.sign_off(by=make_author())
        assert sign_off.holds_for(version)
        source = Source.objects.get()
        source.publisher = "NHS England"
        source.save()
        assert not sign_off.holds_for(Version.objects.get(pk=version.pk))

    def test_lapses_and_the_page_knows_when(self, client):
        article = make_article()
        signed_at = timezone.now() - timedelta(days=700)
        sign_off = article.live_version().sign_off(by=make_author(), at=signed_at)
        assert float(client.get(article.get_absolute_url())["X-Page-Valid-Until"]) == sign_off.lapses_at.timestamp()
        with time_machine.travel(signed_at + REVIEW_INTERVAL + timedelta(seconds=1)):
            page = self.page(client, article)
            assert "Medically reviewed by" not in page and "lastReviewed" not in page
            assert "has lapsed and is due again" in page


class AChangeOfAText:
    """What readers are told of it."""

    def page(self, client, article):
        return client.get(article.get_absolute_url()).content.decode()

    def test_is_dated_when_it_came_on_a_later_day(self, client):
        article = make_article(published_at=timezone.now() - timedelta(days=9))
        assert "Updated on" not in self.page(client, article)
        make_version(article).publish(by=None)
        assert "Updated on" in self.page(client, article)

    def test_is_none_where_the_same_words_are_published_once_more(self, client):
        article = make_article(published_at=timezone.now() - timedelta(days=9))
        article.live_version().successor(by=None).publish(by=None)
        assert "Updated on" not in self.page(client, article)

    def test_that_corrects_is_told_above_the_text_and_later_below_it(self, client):
        article = make_article(published_at=timezone.now() - timedelta(days=9))
        make_version(article, correction="Magnesium <b>does not</b> help.").publish(by=None)
        page = self.page(client, article)
        assert "Corrected on" in page and "Magnesium &lt;b&gt;does not&lt;/b&gt; help." in page
        assert "Earlier corrections" not in page
        make_version(article).publish(by=None)
        page = self.page(client, article)
        assert "Corrected on" not in page and "Magnesium" in page.partition("Earlier corrections")[2]

    def test_is_told_by_no_correction_that_readers_never_had(self, client):
        article = make_article()
        make_version(article, correction="A draft's.")
        make_version(article, correction="Tomorrow's.").publish(by=None, at=timezone.now() + timedelta(days=1))
        page = self.page(client, article)
        assert "A draft" not in page and "Tomorrow" not in page


class TheCounters:
    """What makes a stored page stale."""

    def site(self):
        return Publication.objects.get().changes

    @pytest.mark.parametrize(
        "change",
        [
            lambda: make_topic(),
            lambda: make_author(),
            lambda: make_author().delete(),
            lambda: type(make_topic()).objects.update(position=3),
            lambda: type(make_topic()).objects.all().delete(),
            lambda: make_version().sign_off(by=make_author()),
            lambda: make_article(),
        ],
    )
    def test_of_the_site_moves_with_what_many_pages_show(self, change):
        before = self.site()
        change()
        assert self.site() > before

    def test_of_the_article_moves_with_its_versions(self):
        article = make_article()
        before = current(article.pk)[1]
        make_version(article)
        assert current(article.pk)[1] > before

    def test_are_read_by_one_query(self, django_assert_num_queries):
        article = make_article()
        counters = (self.site(), Article.objects.get().changes)
        with django_assert_num_queries(1):
            assert current(article.pk) == counters


class AList:
    def test_puts_the_article_that_first_went_live_last_on_top(self):
        now = timezone.now()
        old = make_article(published_at=now - timedelta(days=9))
        new = make_article(published_at=now - timedelta(days=3))
        make_version(old).publish(by=None, at=now - timedelta(days=1))
        assert list(list_page(Article.objects.published())) == [new, old]

    @pytest.mark.parametrize("large", [5, 1000])
    def test_costs_the_same_whatever_its_length(self, client, django_assert_num_queries, monkeypatch, large):
        monkeypatch.setattr("articles.models.article.LARGE_TOPIC", large)
        topic, author = make_topic(), make_author()
        pages = {"/": 5, topic.get_absolute_url(): 7, author.get_absolute_url(): 7}
        for number in (3, 30):
            for _ in range(number):
                make_article(topics=[topic], author=author)
            for url, queries in pages.items():
                with django_assert_num_queries(queries):
                    assert client.get(url).status_code == 200

    @pytest.mark.parametrize("large", [2, 1000])
    def test_of_a_topic_holds_its_articles_and_no_others(self, monkeypatch, large):
        monkeypatch.setattr("articles.models.article.LARGE_TOPIC", large)
        topic = make_topic()
        articles = [make_article(topics=[topic, make_topic()]) for _ in range(3)]
        make_article(topics=[make_topic()]), make_article(topics=[topic], published_at=None)
        assert list(list_page(Article.objects.published().about(topic))) == articles[::-1]

    def test_goes_on_on_further_pages(self, client):
        for _ in range(21):
            make_article()
        first, second = client.get("/").content.decode(), client.get("/?page=2").content.decode()
        assert first.count("<article") == 20
        assert second.count("<article") == 1
        assert "?page=2" in first

    @pytest.mark.parametrize("page", ["00000" + "1" * 40, "9" * 5000, "²", "-1", "501", "", "x"])
    def test_takes_what_is_no_page_for_the_first(self, client, page):
        make_article()
        for url in ("/", "/search/?q=cramps&"):
            assert client.get(f"{url}{'' if '?' in url else '?'}page={page}").status_code == 200

    @pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40, "", "²"])
    def test_answers_an_odd_page_number_with_the_first_page(self, client, page):
        make_article(title="Here it is")
        assert "Here it is" in client.get("/", {"page": page}).content.decode()


def test_a_published_version_always_has_a_time():
    version = make_version()
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(state="published")


def test_publishing_twice_publishes_once():
    version = make_version()
    assert version.publish(by=None)
    assert not version.publish(by=None, at=timezone.now() + timedelta(days=1))


def test_the_article_page_asks_eight_questions(client, django_assert_num_queries):
    article = make_article(topics=[make_topic()], sources=[{"title": "Leg cramps"}])
    article.live_version().sign_off(by=make_author())
    with django_assert_num_queries(8):
        client.get(article.get_absolute_url())


def test_the_head_of_a_page_names_seven_topics_and_leads_to_the_others(client):
    for number in range(9):
        make_topic(name=f"Topic no. {number}", position=number)
    page = client.get("/").content.decode()
    head, rest = page.split("</header>", 1)
    assert "Topic no. 6" in head and "Topic no. 7" not in head and '/#all-topics">More' in head
    assert 'id="all-topics"' in rest and "Topic no. 8" in rest
