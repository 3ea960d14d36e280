"""What a reader may want next."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.forms import model_to_dict
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from articles.forms import ArticleForm
from articles.models import Article, Related
from articles.models.related import CANDIDATES, KEPT
from articles.related import Text, rank, words_of
from tests.factories import make_article, make_topic, make_version

CALVES = "Stretch the calf slowly at night. The calf hardens, the toes point down, the child wakes up."
FEVER = "A seizure with fever looks terrifying. Measure minutes, lay the child on one side, call for help."


def text(key, body, *topics):
    return Text(key, frozenset(topics), words_of("", body))


class Ranking:
    def test_puts_a_topic_in_common_before_any_likeness(self):
        near = rank(text(1, CALVES, "night"), [text(2, CALVES), text(3, FEVER, "night"), text(4, FEVER)])
        assert near[0][0] == 3

    def test_puts_the_likest_first_among_those_of_a_topic(self):
        near = rank(text(1, CALVES, "night"), [text(2, FEVER, "night"), text(3, CALVES + " Warmth.", "night")])
        assert [key for key, _ in near] == [3, 2]

    def test_leaves_out_what_shares_neither_topic_nor_words(self):
        assert rank(text(1, CALVES), [text(2, "Bananas bring magnesium."), text(3, FEVER)]) == []

    def test_takes_cramps_for_cramp(self):
        assert words_of("", "Cramps") == words_of("", "cramp") == Counter({"cramp": 1})

    @given(st.lists(st.text("abc de", max_size=60), min_size=1, max_size=6))
    def test_is_total_and_never_outweighs_a_topic_by_words(self, bodies):
        for _, score in rank(text(0, bodies[0]), [text(n, body) for n, body in enumerate(bodies, 1)]):
            assert 0 < score <= 1 + 1e-9


@pytest.mark.django_db
class Publishing:
    def related(self, article):
        return list(Article.objects.related_to(article))

    def test_relates_articles_of_one_topic_to_each_other(self):
        topic = make_topic()
        old, new = make_article(topics=[topic]), make_article(topics=[topic])
        make_article(title="Fever", body=FEVER)
        assert self.related(new) == [old]
        assert self.related(old) == [new]

    def test_again_forgets_what_no_longer_holds(self):
        topic = make_topic()
        one, other = make_article(topics=[topic]), make_article(topics=[topic], body=FEVER)
        other.topics.clear()
        make_version(other, title="Fever", body=FEVER).publish(by=None)
        assert self.related(one) == self.related(other) == []

    def test_keeps_the_nearest_few_for_each(self):
        topic = make_topic()
        articles = [make_article(topics=[topic]) for _ in range(KEPT + 3)]
        assert {Related.objects.filter(article=article).count() for article in articles} == {KEPT}

    def test_costs_the_same_whatever_is_there(self, django_assert_max_num_queries):
        topic = make_topic()
        for _ in range(CANDIDATES + 5):
            make_article(topics=[topic])
        version = make_version(make_article(published_at=None, topics=[topic]))
        with django_assert_max_num_queries(30):
            version.publish(by=None)


@pytest.mark.django_db
class ReadNext:
    def shown(self, client, article):
        page = client.get(article.get_absolute_url())
        _, _, part = page.content.decode().partition('<nav class="related"')
        return page, part.partition("</nav>")[0].partition('<p class="facts">')[0]

    @pytest.fixture
    def pair(self):
        topic = make_topic()
        return make_article(title="The one", topics=[topic]), make_article(title="The other", topics=[topic])

    def test_names_the_live_title_of_what_is_related(self, client, pair):
        one, other = pair
        make_version(other, title="Its new title", body=CALVES).publish(by=None)
        assert "Its new title" in self.shown(client, one)[1]
        assert other.get_absolute_url() in self.shown(client, one)[1]

    def test_leaves_out_what_was_retired(self, client, pair):
        one, other = pair
        other.retire(by=None)
        assert other.get_absolute_url() not in self.shown(client, one)[1]

    def test_shows_no_draft(self, client, pair):
        one, other = pair
        make_version(other, title="Not to be seen yet")
        assert "Not to be seen yet" not in self.shown(client, one)[1]

    def test_shows_a_scheduled_article_from_its_minute_on(self, client):
        topic, at = make_topic(), timezone.now() + timedelta(hours=3)
        one, coming = make_article(topics=[topic]), make_article(topics=[topic], published_at=None)
        coming.newest_version().publish(by=None, at=at)
        page, part = self.shown(client, one)
        assert coming.get_absolute_url() not in part
        assert float(page["X-Page-Valid-Until"]) == coming.newest_version().publish_at.timestamp()
        with time_machine.travel(at + timedelta(seconds=1)):
            assert coming.get_absolute_url() in self.shown(client, one)[1]

    def test_names_every_topic_of_the_article(self, client):
        topics = [make_topic(), make_topic()]
        page = client.get(make_article(topics=topics).get_absolute_url()).content.decode()
        _, _, part = page.partition('<nav class="related"')
        assert all(topic.get_absolute_url() in part for topic in topics)

    def test_is_nothing_at_all_where_nothing_is_related(self, client):
        assert self.shown(client, make_article())[1] == ""


@pytest.mark.django_db
class GivingTopics:
    def give(self, article, *topics):
        data = model_to_dict(article, exclude=["topics"]) | {"topics": [topic.pk for topic in topics]}
        form = ArticleForm({name: value for name, value in data.items() if value is not None}, instance=article)
        assert form.is_valid(), form.errors
        form.save()

    def test_to_a_live_article_relates_it_to_the_others_of_them(self):
        topic = make_topic()
        one, other = make_article(topics=[topic], body=CALVES), make_article(title="Fever", body=FEVER)
        self.give(other, topic)
        assert list(Article.objects.related_to(one)) == [other]
        self.give(other)
        assert list(Article.objects.related_to(one)) == []

    def test_to_a_draft_relates_nothing(self):
        topic = make_topic()
        make_article(topics=[topic])
        self.give(make_article(published_at=None), topic)
        assert not Related.objects.exists()


@pytest.mark.django_db
class TheCommandRelate:
    def test_finds_what_became_related_after_publishing(self):
        topic = make_topic()
        one, other = make_article(body=CALVES), make_article(title="Fever", body=FEVER)
        for article in (one, other):
            article.topics.add(topic)
        call_command("relate", verbosity=0)
        assert list(Article.objects.related_to(one)) == [other]
        assert list(Article.objects.related_to(other)) == [one]

    def test_changes_nothing_the_second_time(self):
        topic = make_topic()
        for body in (CALVES, FEVER, "Bananas bring magnesium."):
            make_article(topics=[topic], body=body)
        call_command("relate", verbosity=0)
        before = set(Related.objects.values_list("article", "related", "score"))
        call_command("relate", verbosity=0)
        assert set(Related.objects.values_list("article", "related", "score")) == before
