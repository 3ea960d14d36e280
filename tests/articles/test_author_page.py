"""A person's page: what they wrote, and what they vouch for."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.factories import make_article, make_author, make_version

pytestmark = pytest.mark.django_db


class AReviewersPage:
    @pytest.fixture
    def reviewer(self):
        return make_author(name="Prof. Samuel Okafor")

    def part(self, client, reviewer):
        page = client.get(reviewer.get_absolute_url()).content.decode()
        return page.partition("Medically reviewed</h2>")[2].partition("</ul>")[0]

    def test_names_what_was_reviewed_with_its_day(self, client, reviewer):
        article = make_article(title="Night cramps")
        sign_off = article.live_version().sign_off(by=reviewer)
        part = self.part(client, reviewer)
        assert article.get_absolute_url() in part
        assert f'datetime="{timezone.localdate(sign_off.signed_at)}"' in part

    def test_does_not_say_that_nothing_is_published(self, client, reviewer):
        make_article().live_version().sign_off(by=reviewer)
        assert "Nothing is published" not in client.get(reviewer.get_absolute_url()).content.decode()

    def test_forgets_a_review_of_a_text_that_is_no_longer_live(self, client, reviewer):
        article = make_article()
        article.live_version().sign_off(by=reviewer)
        make_version(article, title="Another text").publish(by=None)
        assert self.part(client, reviewer) == ""

    def test_names_no_article_that_readers_cannot_read(self, client, reviewer):
        make_version(make_article(published_at=None)).sign_off(by=reviewer)
        retired = make_article()
        retired.live_version().sign_off(by=reviewer)
        retired.retire(by=None)
        assert self.part(client, reviewer) == ""

    def test_is_rendered_anew_when_a_review_lapses(self, client, reviewer):
        sign_off = make_article().live_version().sign_off(by=reviewer)
        page = client.get(reviewer.get_absolute_url())
        assert float(page["X-Page-Valid-Until"]) == sign_off.lapses_at.timestamp()
        with time_machine.travel(sign_off.lapses_at + timedelta(seconds=1)):
            assert self.part(client, reviewer) == ""

    def test_costs_the_same_whatever_was_reviewed(self, client, reviewer, django_assert_num_queries):
        for _ in range(2):
            make_article().live_version().sign_off(by=reviewer)
        with django_assert_num_queries(5):
            client.get(reviewer.get_absolute_url())
        for _ in range(25):
            make_article().live_version().sign_off(by=reviewer)
        with django_assert_num_queries(5):
            assert self.part(client, reviewer).count("<li>") == 20
