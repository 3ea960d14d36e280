"""The spam filter learns what moderators decided, and takes it back with the decision."""

import threading

import pytest
from django.db import connection

from comments import learning, spam
from comments.learning import learn_decisions, score
from comments.models import Comment, SpamCounts, SpamExample
from comments.models.learning import NEEDED
from tests.factories import make_article, make_comment, make_staff

SPAM = "Check out my channel for cheap pills http://pills.example {}"
HAM = "Warm socks and a glass of water helped our son at night {}"


def decided(number, article=None):
    article, moderator = article or make_article(), make_staff("moderator")
    for n in range(number):
        make_comment(article=article, body=SPAM.format(n)).spam(by=moderator)
        make_comment(article=article, body=HAM.format(n)).approve(by=moderator)


def learn_all():
    while learn_decisions():
        pass


def counts():
    return SpamCounts.objects.get().unpacked()


@pytest.mark.django_db
class Learning:
    def test_tells_spam_from_the_rest(self):
        assert score(make_comment(body=SPAM.format("x"))) == (None, ())
        decided(5)
        learn_all()
        likely, reasons = score(make_comment(body=SPAM.format("x")))
        unlikely, _ = score(make_comment(body=HAM.format("x")))
        assert likely > 90 > 10 > unlikely
        assert reasons

    def test_counts_each_comment_once_however_often_it_is_decided(self):
        moderator, comment = make_staff("moderator"), make_comment(body=SPAM)
        comment.spam(by=moderator)
        comment.approve(by=moderator)
        comment.spam(by=moderator)
        learn_all()
        learn_all()
        assert (SpamCounts.objects.get().spam, SpamCounts.objects.get().ham) == (1, 0)

    def test_is_taken_back_exactly_by_undoing(self):
        decided(3)
        learn_all()
        before = counts()
        moderator = make_staff("moderator")
        make_comment(body="Some other words entirely")
        batch = Comment.objects.waiting().decide("spam", by=moderator)
        learn_all()
        assert counts() != before
        batch.undo(by=moderator)
        learn_all()
        assert counts() == before

    def test_is_taken_back_exactly_by_erasing(self):
        decided(3)
        learn_all()
        before = counts()
        comment = make_comment(body="Some other words entirely")
        comment.spam(by=make_staff("moderator"))
        learn_all()
        comment.erase()
        learn_all()
        assert counts() == before
        assert not SpamExample.objects.filter(comment=comment).exists()

    def test_takes_nothing_from_rejected_withdrawn_and_staff_comments(self):
        moderator = make_staff("moderator")
        make_comment().reject(by=moderator)
        make_comment(status="approved").withdraw()
        make_comment(status="approved").answer("We agree.", by=moderator)
        learn_all()
        assert not SpamExample.objects.exists()

    def test_only_sorts_until_two_hundred_decisions_and_a_measured_error(self):
        decided(NEEDED // 2 - 1)
        learn_all()
        assert not SpamCounts.measure().is_measured
        decided(1)
        learn_all()
        measure = SpamCounts.measure()
        assert measure.is_measured
        assert measure.decisions == NEEDED
        assert 0 <= measure.error < 20

    def test_shows_moderators_how_far_it_has_come(self, client):
        client.force_login(make_staff("moderator"))
        page = f"/admin/comments/spamcounts/{SpamCounts.lock().pk}/change/"
        decided(1)
        learn_all()
        few = client.get(page).content.decode()
        assert "2 of 200 needed (1 spam, 1 not)" in few and "only sorts the queue, until" in few
        decided(NEEDED // 2)
        learn_all()
        many = client.get(page).content.decode()
        assert "% of the newest" in many and "shows its figure beside each comment" in many

    def test_tells_the_queue_how_far_it_has_come(self, client):
        client.force_login(make_staff("moderator"))
        queue, page = "/admin/comments/comment/", "/admin/comments/spamcounts/1/change/"
        assert "it only sorts, learned from 0 decisions of the 200" in client.get(queue).content.decode()
        decided(NEEDED // 2)
        learn_all()
        measure, told = SpamCounts.measure(), client.get(queue).content.decode()
        assert f"wrong about {measure.error} % of the last {measure.judged} comments" in told
        assert f'href="{page}"' in told

    def test_is_nobodys_to_change(self, client):
        page = f"/admin/comments/spamcounts/{SpamCounts.lock().pk}/change/"
        client.force_login(make_staff("admin"))
        assert client.post(page, {"spam": 9}).status_code == 403
        client.force_login(make_staff("writer"))
        assert client.get(page).status_code == 403

    def test_measures_what_it_thought_before_it_learned(self):
        decided(2)
        learn_all()
        first = SpamExample.objects.order_by("comment_id").first()
        assert first.score is None
        comment = make_comment(body=SPAM.format("misjudged"))
        comment.approve(by=make_staff("moderator"))
        learn_all()
        assert SpamExample.objects.get(comment=comment).score > 50
        assert SpamCounts.measure().ham_called_spam == 1


@pytest.mark.django_db(transaction=True)
def test_what_several_workers_learn_adds_up():
    decided(40)
    expected = spam.Counts()
    for comment in Comment.objects.all():
        features = spam.features_of(comment.body, comment.name, "")
        expected.learn(features, spam=comment.status == "spam")

    def work():
        while learning.learn_decisions(limit=7):
            pass
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts() == expected
