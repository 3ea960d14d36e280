"""The archive of issues, which anybody may read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.views import ISSUES_A_PAGE
from tests.factories import make_issue

pytestmark = pytest.mark.django_db


def make_many(number):
    now = timezone.now()
    return [make_issue(subject=f"Number {n:02}", frozen_at=now - timedelta(days=n)) for n in range(number)]


class TheArchive:
    def test_lists_the_newest_first_and_leads_on(self, client):
        make_many(ISSUES_A_PAGE + 2)
        first, second = client.get("/newsletter/issues/"), client.get("/newsletter/issues/?page=2")
        assert first.text.index("Number 00") < first.text.index("Number 01")
        assert "?page=2" in first.text
        assert f"Number {ISSUES_A_PAGE}" not in first.text
        assert f"Number {ISSUES_A_PAGE + 1}" in second.text
        assert "?page=3" not in second.text

    def test_shows_no_draft(self, client):
        make_issue(subject="Not yet", frozen_at=None)
        assert "Not yet" not in client.get("/newsletter/issues/").text

    @pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "7"])
    def test_answers_whatever_page_is_asked_for(self, client, page):
        assert client.get(f"/newsletter/issues/?page={page}").status_code == 200

    def test_asks_the_database_as_often_for_many_as_for_few(self, client, django_assert_max_num_queries):
        make_many(ISSUES_A_PAGE * 3)
        with django_assert_max_num_queries(4):
            client.get("/newsletter/issues/")

    def test_is_a_page_for_everybody_that_may_be_stored(self, client):
        answer = client.get("/newsletter/issues/")
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")

    def test_is_led_to_from_the_newsletters_page(self, client):
        make_many(2)
        assert 'href="/newsletter/issues/"' in client.get("/newsletter/").text
