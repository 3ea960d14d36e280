"""A parent who calls for help is heard at once, whatever else the form would like to ask."""

from datetime import timedelta

import pytest
from django.utils import timezone

from comments.models import Comment, Policy, Watch
from comments.queue import HEAD_START
from cramps_site.lib.email import composers, send_due
from cramps_site.lib.models import OutgoingMail
from tests.factories import make_article, make_comment, make_staff
from tests.posting import post_comment

pytestmark = pytest.mark.django_db
CALL = "he wont wake up and his lips are blue"
GUIDANCE = "If this is happening now, call 112"


@pytest.fixture
def article():
    return make_article()


class ADangerSign:
    def test_is_stored_pending_and_answered_with_guidance(self, client, article):
        answer = post_comment(client, article, CALL)
        comment = Comment.objects.get()
        assert (comment.status, comment.urgency) == ("pending", 2)
        page = client.get(answer["Location"]).text
        assert page.index(GUIDANCE) < page.index("<h1>")

    def test_with_tags_in_it_is_stored_before_its_writer_looks_at_it_again(self, client, article):
        answer = post_comment(client, article, f"<b>{CALL}</b>")
        assert answer.status_code == 200
        assert GUIDANCE in answer.text
        assert "is with the moderator already" in answer.text
        assert Comment.objects.get().body == CALL

    def test_with_private_data_in_it_is_stored_too_and_takes_the_rewording(self, client, article):
        answer = post_comment(client, article, f"{CALL}, ring me on 030 1234 5678")
        comment = Comment.objects.get()
        assert "030 1234 5678" in comment.body
        stored = answer.context["stored"]
        post_comment(client, article, f"{CALL}, please ring me", stored=stored)
        assert Comment.objects.get().body == f"{CALL}, please ring me"

    def test_sent_again_as_it_was_stays_one_comment(self, client, article):
        answer = post_comment(client, article, f"<b>{CALL}</b>")
        post_comment(client, article, f"<b>{CALL}</b>", confirm="1", stored=answer.context["stored"])
        post_comment(client, article, f"<b>{CALL}</b>", confirm="1")
        assert Comment.objects.count() == 1

    def test_cannot_be_written_over_by_who_has_no_link_to_it(self, client, article):
        post_comment(client, article, CALL)
        post_comment(client, article, "All is well.", stored=f"{Comment.objects.get().pk}-forged")
        assert Comment.objects.order_by("pk").first().body == CALL

    def test_is_mailed_to_every_moderator_on_duty_in_the_same_breath(self, client, article):
        on_duty, off_duty, writer = make_staff("moderator"), make_staff("editor"), make_staff("writer")
        Watch.objects.create(user=off_duty, urgent=False)
        post_comment(client, article, CALL)
        assert list(OutgoingMail.objects.values_list("kind", "subject_id")) == [("comments.urgent", on_duty.pk)]
        assert Comment.objects.get().alerted == 1
        assert writer.pk != on_duty.pk

    def test_makes_no_storm_of_mail(self, client, article):
        make_staff("moderator")
        for number in range(4):
            post_comment(client, article, f"{CALL}, child {number}", address=f"192.0.2.{number}")
        assert OutgoingMail.objects.count() == 1
        send_due()
        post_comment(client, article, f"{CALL}, again", address="192.0.2.9")
        second = OutgoingMail.objects.order_by("pk").last()
        assert timedelta(minutes=1) < second.due_at - timezone.now() <= timedelta(minutes=2)

    def test_leaves_no_word_of_the_comment_in_the_mail(self, client, article, mailoutbox):
        moderator = make_staff("moderator")
        post_comment(client, article, CALL, name="Canary")
        message = composers["comments.urgent"](moderator.pk)
        everything = str(message.message())
        assert message.to == [moderator.email]
        assert "lips are blue" not in everything
        assert "Canary" not in everything
        assert f"/admin/comments/comment/{Comment.objects.get().pk}/change/" in everything

    def test_is_mailed_no_more_once_somebody_has_seen_to_it(self, client, article):
        moderator = make_staff("moderator")
        post_comment(client, article, CALL)
        Comment.objects.get().approve(by=moderator)
        assert composers["comments.urgent"](moderator.pk) is None


class Nobody:
    def test_is_told_that_something_is_not_urgent(self, client, article):
        answer = post_comment(client, article, "Warm socks helped us.")
        page = client.get(answer["Location"]).text
        assert GUIDANCE not in page
        assert "not urgent" not in page.lower()
        assert "Nobody reads comments at once" in page

    def test_misses_the_standing_line_at_the_form(self, client, article):
        assert "In an emergency call 112" in client.get(article.get_absolute_url()).text

    def test_is_sent_elsewhere_for_the_guidance_while_typing(self, client, article):
        page = client.get(article.get_absolute_url()).text
        assert "data-guidance hidden" in page
        assert 'data-danger-signs="/comments/danger-signs.json"' in page
        assert client.get("/comments/danger-signs.json").json()


class TheGuidance:
    def test_is_the_publishers(self, client, article):
        Policy.objects.filter(pk=1).update(guidance="Breathe out slowly.")
        answer = post_comment(client, article, CALL)
        assert "Breathe out slowly." in client.get(answer["Location"]).text

    def test_names_the_numbers_of_the_country(self, client, article, settings):
        settings.COUNTRY = "GB"
        page = client.get(post_comment(client, article, CALL)["Location"]).text
        assert "call 999" in page
        assert "tel:111" in page
        assert "tel:116123" in page


class TheQueue:
    def order(self):
        return list(Comment.objects.waiting().in_queue_order().values_list("body", flat=True))

    def test_has_danger_signs_first_denied_ones_next_and_then_the_longest_waiting(self):
        now = timezone.now()
        make_comment(body="old", created_at=now - timedelta(days=3))
        make_comment(body="new", created_at=now)
        make_comment(body="denied", urgency=1, created_at=now)
        make_comment(body="danger", urgency=2, created_at=now)
        make_comment(body="spam", spam_score=97, created_at=now - timedelta(hours=1))
        assert self.order() == ["danger", "denied", "old", "new", "spam"]

    def test_lets_nothing_starve_behind_a_flood_of_danger_signs(self):
        now = timezone.now()
        make_comment(body="danger", urgency=2, created_at=now)
        make_comment(body="forgotten", created_at=now - HEAD_START[2] - timedelta(minutes=1))
        assert self.order() == ["forgotten", "danger"]

    def test_lets_likely_spam_wait_a_day_longer_and_no_more(self):
        now = timezone.now()
        make_comment(body="spam", spam_score=99, created_at=now - timedelta(days=1, minutes=1))
        make_comment(body="new", created_at=now)
        assert self.order() == ["spam", "new"]

    def test_does_not_put_a_danger_sign_back_because_it_looks_like_spam(self):
        now = timezone.now()
        make_comment(body="danger", urgency=2, spam_score=99, created_at=now)
        make_comment(body="new", created_at=now - timedelta(hours=1))
        assert self.order() == ["danger", "new"]
