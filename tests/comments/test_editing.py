"""A writer changes a comment: nothing is judged unread, nothing typed is lost, nothing appears that they did not see."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from comments import moderation
from comments.links import status_token, status_url
from comments.models import Act, Comment
from comments.posting import edit
from tests.factories import make_comment, make_staff
from tests.posting import BROWSER, post_comment

pytestmark = pytest.mark.django_db


def send(client, comment, body, **fields):
    return client.post(status_url(comment) + "edit/", {"body": body, **fields}, headers=BROWSER)


def decide(comment, act, seen_at):
    one = Comment.objects.filter(pk=comment.pk)
    return moderation.decide(one, act, by=make_staff("moderator"), seen_at=seen_at, selected=[comment.pk])


class AVerdictOnATextThatChangedMeanwhile:
    @pytest.mark.parametrize("act", [Act.APPROVE, Act.REJECT, Act.SPAM])
    @pytest.mark.parametrize("status", ["pending", "approved"])
    def test_changes_nothing_and_says_why(self, act, status):
        comment, seen_at = make_comment(status=status), timezone.now()
        edit(comment, "Other words.")
        outcome = decide(comment, act, seen_at)
        assert outcome.message == ""
        assert "was changed by its writer" in outcome.late[0]
        assert (Comment.objects.get().status, Comment.objects.get().text) == (status, "Other words.")

    def test_is_possible_for_who_has_read_the_new_text(self):
        comment = make_comment()
        edit(comment, "Other words.")
        assert decide(comment, Act.APPROVE, timezone.now()).message
        assert Comment.objects.get().is_approved

    def test_is_refused_to_a_page_of_one_comment_too(self):
        comment = make_comment()
        as_read = Comment.objects.get()
        edit(comment, "Other words.")
        assert not as_read.approve(by=make_staff("moderator"))

    def test_leaves_an_answer_unsent(self):
        comment, seen_at = make_comment(), timezone.now()
        as_read = Comment.objects.get()
        edit(comment, "Other words.")
        outcome = moderation.reply(as_read, "Yes, do that.", by=make_staff("moderator"), seen_at=seen_at)
        assert "was changed by its writer" in outcome.late[0]
        assert Comment.objects.get().status == "pending"


class AnAnswerToAComment:
    def test_does_not_bring_back_what_a_colleague_refused_meanwhile(self):
        comment, seen_at = make_comment(), timezone.now()
        comment.reject(by=make_staff("moderator"), reason="It names a child.")
        outcome = moderation.reply(comment, "Thank you.", by=make_staff("moderator"), seen_at=seen_at)
        assert "already rejected" in outcome.late[0]
        assert Comment.objects.get().status == "rejected"

    def test_is_given_to_what_a_colleague_approved_meanwhile(self):
        comment, seen_at = make_comment(), timezone.now()
        comment.approve(by=make_staff("moderator"))
        assert moderation.reply(comment, "Thank you.", by=make_staff("moderator"), seen_at=seen_at).message


class AnEdit:
    def test_with_tags_is_shown_as_it_will_appear_before_it_is_taken(self, client):
        comment = make_comment(body="Old words.")
        answer = send(client, comment, "Give <b>half</b> of it.")
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store, private")
        assert "This is what will appear" in answer.text
        assert Comment.objects.get().body == "Old words."
        assert send(client, comment, "Give <b>half</b> of it.", confirm="1").status_code == 303
        assert Comment.objects.get().body == "Give half of it."

    def test_keeps_what_only_looks_like_a_tag_when_asked_to(self, client):
        comment = make_comment()
        assert "Keep it as text" in send(client, comment, "<i feel sick> today").text
        send(client, comment, "<i feel sick> today", keep="1", confirm="1")
        assert Comment.objects.get().body == "<i feel sick> today"

    def test_that_names_too_much_is_offered_without_it(self, client):
        answer = send(client, make_comment(), "Write to canary@example.org.")
        assert "<mark>canary@example.org</mark>" in answer.text
        assert "Write to [removed]" in answer.text

    def test_with_a_danger_sign_is_taken_before_it_is_looked_at(self, client):
        comment = make_comment()
        answer = send(client, comment, "<b>My son cannot breathe and his lips are blue.</b>")
        assert "is with the moderator already" in answer.text
        assert Comment.objects.get().urgency > 0

    def test_that_comes_too_late_comes_back_with_its_words(self, client):
        comment = make_comment(status="rejected")
        answer = send(client, comment, "My new words.")
        assert answer.status_code == 409
        assert "cannot be changed any more" in answer.text
        assert "My new words." in answer.text

    def test_right_after_another_waits_and_keeps_its_words(self, client):
        comment = make_comment()
        with time_machine.travel(timezone.now(), tick=False) as clock:
            assert send(client, comment, "First.").status_code == 303
            answer = send(client, comment, "Second.")
            assert (answer.status_code, answer["Retry-After"]) == (429, "10")
            assert "Second." in answer.text
            clock.shift(timedelta(seconds=10))
            assert send(client, comment, "Second.").status_code == 303
        assert Comment.objects.get().body == "Second."

    def test_leaves_what_is_known_of_how_the_comment_came_in(self, client):
        comment = make_comment(findings=[{"kind": "sending", "rule": "honeypot", "reason": "a field was filled"}])
        edit(comment, "Other words.")
        assert [finding["rule"] for finding in Comment.objects.get().findings] == ["honeypot"]

    def test_of_what_was_stored_and_then_refused_is_a_comment_of_its_own(self, client):
        comment = make_comment(status="rejected")
        post_comment(client, comment.article, "My new words.", stored=status_token(comment))
        assert Comment.objects.latest("pk").body == "My new words."


class TakingAComment:
    def test_back_happens_whatever_a_moderator_did_meanwhile(self):
        comment = make_comment()
        as_read = Comment.objects.get()
        comment.approve(by=make_staff("moderator"))
        assert as_read.withdraw()
        assert Comment.objects.get().status == "withdrawn"

    def test_away_for_good_leaves_nothing_approved_behind(self):
        comment = make_comment()
        as_read = Comment.objects.get()
        comment.approve(by=make_staff("moderator"))
        as_read.erase()
        assert (Comment.objects.get().status, Comment.objects.get().body) == ("withdrawn", "")
