"""A comment on a text that was corrected since says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_article, make_comment, make_version

pytestmark = pytest.mark.django_db
NOTE = "Written before the correction of"


def make_old_article():
    return make_article(published_at=timezone.now() - timedelta(days=9))


def correct(article, **fields):
    version = make_version(article, correction="Magnesium does not help.")
    version.publish(by=None, **fields)
    return version


def page_of(client, article):
    return client.get(article.get_absolute_url()).text


class ACommentOnACorrectedText:
    def test_says_so(self, client):
        article = make_old_article()
        make_comment(article=article, status="approved")
        assert NOTE not in page_of(client, article)
        correct(article)
        assert page_of(client, article).count(NOTE) == 1

    def test_still_says_so_when_a_text_without_a_correction_follows(self, client):
        article = make_old_article()
        make_comment(article=article, status="approved")
        correct(article, at=timezone.now() - timedelta(days=2))
        make_version(article).publish(by=None)
        make_comment(article=article, status="approved", body="On the newest text.")
        assert page_of(client, article).count(NOTE) == 1

    def test_says_so_when_it_was_sent_late_from_a_page_with_the_old_text(self, client):
        article = make_old_article()
        old = article.live_version()
        correct(article)
        make_comment(article=article, status="approved", version=old)
        assert NOTE in page_of(client, article)

    def test_says_so_of_an_imported_one_by_its_day(self, client):
        article = make_old_article()
        correct(article, at=timezone.now() - timedelta(days=4))
        for days in (6, 2):
            at = timezone.now() - timedelta(days=days)
            make_comment(article=article, status="approved", version=None, created_at=at)
        assert page_of(client, article).count(NOTE) == 1

    def test_says_nothing_of_a_change_that_is_no_correction_nor_of_one_to_come(self, client):
        article = make_old_article()
        make_comment(article=article, status="approved")
        make_version(article).publish(by=None)
        correct(article, at=timezone.now() + timedelta(days=1))
        assert NOTE not in page_of(client, article)

    def test_says_so_on_further_pages_for_no_further_query(self, client, settings, django_assert_num_queries):
        settings.COMMENTS_PER_PAGE = 1
        article = make_old_article()
        make_comment(article=article, status="approved"), make_comment(article=article, status="approved")
        url = f"{article.get_absolute_url()}comments/2/"
        with django_assert_num_queries(3):
            client.get(url)
        correct(article)
        with django_assert_num_queries(3):
            assert NOTE in client.get(url).text
