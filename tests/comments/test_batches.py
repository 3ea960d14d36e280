"""Verdicts on many comments at once, and taking them back."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from articles.models import Article
from comments.models import Act, Batch, Comment, Decision, Status
from comments.posting import edit
from cramps_site.lib.models import OutgoingMail
from tests.factories import make_article, make_comment, make_staff

pytestmark = pytest.mark.django_db


def make_pending(number, article=None):
    article = article or make_article()
    rows = [Comment(article=article, name=f"Parent {n}", body=f"Story {n}") for n in range(number)]
    return Comment.objects.bulk_create(rows)


def statuses():
    return list(Comment.objects.order_by("pk").values_list("status", flat=True))


class ABatch:
    def test_decides_all_that_wait_and_logs_each(self):
        make_pending(5)
        moderator = make_staff("moderator")
        batch = Comment.objects.waiting().decide(Act.REJECT, by=moderator, reason="Off the subject.")
        assert batch.number == 5
        assert statuses() == ["rejected"] * 5
        logged = Decision.objects.order_by().values_list("by", "from_status", "to_status", "reason", "batch").distinct()
        assert list(logged) == [(moderator.pk, "pending", "rejected", "Off the subject.", batch.pk)]
        assert Decision.objects.count() == 5

    def test_costs_the_same_few_queries_for_five_and_for_five_hundred(self):
        moderator = make_staff("moderator")
        needed = []
        for number in (5, 500):
            make_pending(number)
            with CaptureQueriesContext(connection) as queries:
                assert Comment.objects.waiting().decide(Act.APPROVE, by=moderator).number == number
            needed.append(len(queries))
        assert needed[0] == needed[1] <= 12

    def test_moves_the_counter_of_every_article_once(self):
        articles = make_article(), make_article(), make_article()
        for article in articles[:2]:
            make_pending(3, article)
        before = [Article.objects.get(pk=article.pk).changes for article in articles]
        Comment.objects.waiting().decide(Act.APPROVE, by=make_staff("moderator"))
        after = [Article.objects.get(pk=article.pk).changes for article in articles]
        assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 0]

    def test_queues_no_mail(self):
        make_pending(50)
        Comment.objects.waiting().decide(Act.APPROVE, by=make_staff("moderator"))
        assert not OutgoingMail.objects.exists()

    def test_of_nothing_leaves_no_trace(self):
        batch = Comment.objects.waiting().decide(Act.APPROVE, by=make_staff("moderator"))
        assert (batch.number, Batch.objects.count()) == (0, 0)


class UndoingABatch:
    def decided(self, number=3, **fields):
        make_pending(number)
        moderator = make_staff("moderator")
        return Comment.objects.waiting().decide(Act.APPROVE, by=moderator, **fields), moderator

    def test_puts_everything_back_and_logs_it(self):
        batch, moderator = self.decided()
        undone = batch.undo(by=moderator)
        assert undone.number == 3
        assert statuses() == ["pending"] * 3
        assert Comment.objects.waiting().count() == 3
        assert Decision.objects.filter(batch=undone, from_status="approved", to_status="pending").count() == 3

    def test_leaves_what_was_decided_again_since(self):
        batch, moderator = self.decided()
        Comment.objects.first().reject(by=make_staff("moderator"))
        assert batch.undo(by=moderator).number == 2
        assert statuses() == ["rejected", "pending", "pending"]

    def test_works_once(self):
        batch, moderator = self.decided()
        assert batch.undo(by=moderator)
        assert batch.undo(by=moderator) is None
        assert Decision.objects.count() == 6

    def test_works_for_thirty_minutes(self):
        batch, moderator = self.decided(at=timezone.now() - timedelta(minutes=31))
        assert batch.undo(by=moderator) is None
        batch, moderator = self.decided(at=timezone.now() - timedelta(minutes=29))
        assert batch.undo(by=moderator)

    def test_is_for_whoever_decided(self):
        batch, _ = self.decided()
        assert batch.undo(by=make_staff("moderator")) is None

    def test_takes_the_comments_from_the_page_again(self, client):
        batch, moderator = self.decided(1)
        page = Comment.objects.get().article.get_absolute_url()
        assert "Story 0" in client.get(page).text
        batch.undo(by=moderator)
        assert "Story 0" not in client.get(page).text


class AnEditOfAnApprovedComment:
    @pytest.fixture
    def comment(self):
        comment = make_comment(body="Old words.", status="approved")
        assert edit(comment, "New words.")
        return Comment.objects.get()

    def test_waits_and_the_old_text_stays_on_the_page(self, client, comment):
        assert list(Comment.objects.waiting()) == [comment]
        page = client.get(comment.article.get_absolute_url()).text
        assert "Old words." in page
        assert "New words." not in page

    def test_takes_the_place_of_the_old_text_when_it_is_approved(self, client, comment):
        assert comment.approve(by=make_staff("moderator"))
        page = client.get(comment.article.get_absolute_url()).text
        assert "New words." in page
        assert "Old words." not in page
        assert not Comment.objects.waiting().exists()

    def test_is_gone_when_it_is_refused_and_the_old_text_stays(self, comment):
        assert comment.reject(by=make_staff("moderator"), reason="Please no brand names.")
        comment = Comment.objects.get()
        assert (comment.status, comment.body, comment.proposed) == ("approved", "Old words.", "")
        assert not Comment.objects.waiting().exists()

    @pytest.mark.parametrize("act", [Act.APPROVE, Act.REJECT, Act.SPAM])
    def test_waits_again_when_the_verdict_is_undone(self, comment, act):
        moderator = make_staff("moderator")
        batch = Comment.objects.filter(pk=comment.pk).decide(act, by=moderator)
        batch.undo(by=moderator)
        again = Comment.objects.get()
        assert (again.status, again.body, again.proposed) == ("approved", "Old words.", "New words.")
        assert list(Comment.objects.waiting()) == [again]

    def test_of_a_pending_comment_simply_changes_it(self):
        comment = make_comment(body="Old words.")
        edit(comment, "New words.")
        assert Comment.objects.get().body == "New words."
        assert Comment.objects.get().proposed == ""

    def test_cannot_follow_a_refusal(self):
        comment = make_comment(status="rejected")
        assert not edit(comment, "New words.")


class AnyOrderOfActs(HypothesisTestCase):
    @given(st.lists(st.sampled_from(["approve", "reject", "spam", "edit", "undo"]), max_size=10))
    def test_ends_where_the_log_says_and_undo_goes_exactly_one_step_back(self, acts):
        comment, moderator = make_comment(body="0"), make_staff("moderator", username=f"moderator-{uuid.uuid4()}")
        before, last = [], None
        for number, act in enumerate(acts, 1):
            comment.refresh_from_db()
            state = (comment.status, comment.body, comment.proposed)
            if act == "edit":
                if edit(comment, str(number)):
                    before, last = [], None
            elif act == "undo":
                if last and last.undo(by=moderator):
                    comment.refresh_from_db()
                    assert (comment.status, comment.body, comment.proposed) == before.pop()
                last = None
            else:
                batch = Comment.objects.filter(pk=comment.pk).decide(Act(act), by=moderator)
                if batch.number:
                    before, last = [*before, state], batch
        comment.refresh_from_db()
        moves = list(comment.decisions.values_list("from_status", "to_status"))
        assert [start for start, _ in moves[1:]] == [end for _, end in moves[:-1]]
        assert comment.status == (moves[-1][1] if moves else Status.PENDING)
