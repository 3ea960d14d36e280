from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from articles import reminding
from articles.models import Publication
from cramps_site.lib.email import send_due
from cramps_site.lib.models import OutgoingMail
from tests.factories import make_article, make_author, make_staff, make_version

pytestmark = pytest.mark.django_db


def make_review(days, article=None, **fields):
    """A review of a live text that lapses in so many days. Its reviewer can be written to."""
    article = article or make_article(title="Night cramps")
    reviewer = make_author(**{"email": "okafor@example.org", **fields})
    at = timezone.now() - timedelta(days=article.review_every - days)
    return article.live_version().sign_off(by=reviewer, at=at)


class AReminder:
    def test_goes_to_the_reviewer_and_to_whoever_may_publish(self):
        editor, _ = make_staff("editor"), (make_staff("writer"), make_staff("editor", is_active=False))
        sign_off = make_review(29)
        assert reminding.remind() == 1
        send_due()
        assert sorted(letter.to[0] for letter in mail.outbox) == sorted([editor.email, "okafor@example.org"])
        for letter in mail.outbox:
            assert "Night cramps" in letter.body
            assert f"{timezone.localtime(sign_off.lapses_at):%B %Y}" in letter.body

    def test_comes_thirty_days_and_seven_days_before_and_once_each(self):
        now, _ = timezone.now(), make_review(40)
        given = {}
        for day in range(0, 45):
            with time_machine.travel(now + timedelta(days=day, minutes=1)):
                if number := reminding.remind() + reminding.remind():
                    given[day] = number
        assert given == {10: 1, 33: 1}

    def test_that_comes_late_is_one_and_not_two(self):
        make_review(3)
        assert [reminding.remind(), reminding.remind()] == [1, 0]

    def test_of_many_is_one_mail_to_an_editor(self):
        make_staff("editor")
        make_review(5), make_review(20)
        reminding.remind()
        assert OutgoingMail.objects.filter(kind="articles.reviews_lapse").count() == 1
        send_due()
        assert "2 medical reviews end soon" in " ".join(letter.subject for letter in mail.outbox)

    def test_is_not_lost_and_not_doubled_when_its_worker_ends_halfway(self, monkeypatch):
        sign_off = make_review(29)
        with monkeypatch.context() as broken, pytest.raises(RuntimeError):
            broken.setattr(reminding, "editors", raise_halfway)
            reminding.remind()
        sign_off.refresh_from_db()
        assert sign_off.reminded_at is None and not OutgoingMail.objects.exists()
        assert [reminding.remind(), reminding.remind()] == [1, 0]

    def test_changes_no_page(self):
        make_review(29)
        before = Publication.objects.get().changes
        reminding.remind()
        assert Publication.objects.get().changes == before

    def test_is_not_given_for_less_than_the_whole_time(self):
        article = make_article(review_every=20)
        make_review(20, article)
        assert reminding.remind() == 0
        with time_machine.travel(timezone.now() + timedelta(days=14)):
            assert reminding.remind() == 1


def raise_halfway():
    raise RuntimeError


class NothingIsRemindedOf:
    def test_a_review_that_was_renewed(self):
        sign_off = make_review(29)
        make_review(700, sign_off.version.article)
        assert reminding.remind() == 0

    def test_a_text_that_is_not_live_any_more(self):
        sign_off = make_review(29)
        make_version(sign_off.version.article, title="Another").publish(by=None)
        assert reminding.remind() == 0

    def test_what_has_lapsed_or_was_taken_back(self):
        make_review(-1)
        type(make_review(29)).objects.filter(lapses_at__gt=timezone.now()).take_back()
        assert reminding.remind() == 0

    def test_what_was_renewed_before_the_mail_went_out(self):
        make_staff("editor")
        sign_off = make_review(29)
        reminding.remind()
        make_review(700, sign_off.version.article)
        send_due()
        assert mail.outbox == []
