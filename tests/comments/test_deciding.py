import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from articles.models import Article
from comments.models import MOVES, Comment, Decision, Status
from comments.threads import page_of, thread_page
from tests.factories import make_article, make_comment, make_staff


def changes_of(article):
    return Article.objects.get(pk=article.pk).changes


@pytest.mark.django_db
class ApprovingAComment:
    def test_puts_it_on_the_page_and_into_the_feed(self, client):
        comment = make_comment(body="Warm socks & <3")
        assert comment.approve(by=make_staff("moderator"))
        page = client.get(comment.article.get_absolute_url()).content.decode()
        assert "Warm socks &amp; &lt;3" in page
        assert f'id="comment-{comment.pk}"' in page
        assert "Comments <span>(1)</span>" in page
        feed = client.get(comment.article.get_absolute_url() + "feed/").content.decode()
        assert "Warm socks &amp;amp; &amp;lt;3" in feed

    def test_twice_decides_once(self):
        comment, moderator = make_comment(), make_staff("moderator")
        assert comment.approve(by=moderator)
        assert not comment.approve(by=moderator)
        assert comment.decisions.count() == 1

    def test_after_someone_else_decided_changes_nothing(self):
        comment = make_comment()
        seen_by_both = Comment.objects.get(pk=comment.pk)
        assert comment.reject(by=make_staff("moderator"), reason="Off the subject.")
        assert not seen_by_both.approve(by=make_staff("moderator"))
        assert Comment.objects.get().status == Status.REJECTED
        assert seen_by_both.status == Status.REJECTED

    def test_says_who_when_and_from_where(self):
        comment, moderator = make_comment(), make_staff("moderator")
        comment.approve(by=moderator)
        decision = Decision.objects.get()
        assert (decision.by, decision.from_status, decision.to_status) == (moderator, "pending", "approved")
        assert timezone.now() - decision.at < timedelta(minutes=1)

    def test_makes_the_stored_page_stale(self):
        comment = make_comment()
        before = changes_of(comment.article)
        comment.approve(by=make_staff("moderator"))
        assert changes_of(comment.article) == before + 1


@pytest.mark.django_db
class TakingItBack:
    def test_takes_it_from_the_page(self, client):
        comment = make_comment(status="approved", body="Here and gone.")
        assert comment.withdraw()
        assert "Here and gone." not in client.get(comment.article.get_absolute_url()).content.decode()

    def test_leaves_a_place_for_its_answers(self, client):
        comment = make_comment(status="approved", body="Here and gone.")
        make_comment(article=comment.article, parent=comment, status="approved", body="An answer.")
        comment.withdraw()
        page = client.get(comment.article.get_absolute_url()).content.decode()
        assert "Here and gone." not in page
        assert "This comment is no longer here." in page
        assert "An answer." in page

    def test_is_for_good(self):
        comment = make_comment()
        comment.withdraw()
        assert not comment.approve(by=make_staff("moderator"))

    def test_by_erasing_leaves_no_word_of_its_writer(self, client):
        comment = make_comment(name="Canary Name", email="canary@example.org", body="canary words")
        comment.findings = [{"rule": "haste", "reason": "canary"}]
        comment.save()
        comment.reject(by=make_staff("moderator"), reason="You wrote canary words.")
        comment.erase()
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                assert "canary" not in str(cursor.fetchall()).lower()


class AnyOrderOfVerdicts(HypothesisTestCase):
    @given(st.lists(st.sampled_from(["approve", "reject", "spam", "withdraw"]), max_size=8))
    def test_moves_only_where_the_table_allows_and_logs_every_move(self, verbs):
        comment, moderator = make_comment(), make_staff("moderator")
        for verb in verbs:
            seen = comment.status
            done = getattr(comment, verb)(**({} if verb == "withdraw" else {"by": moderator}))
            assert done == (comment.status != seen)
            assert not done or comment.status in MOVES[Status(seen)]
        moves = list(comment.decisions.values_list("from_status", "to_status"))
        assert [start for start, _ in moves[1:]] == [end for _, end in moves[:-1]]
        assert comment.status == (moves[-1][1] if moves else Status.PENDING)
        assert Comment.objects.get(pk=comment.pk).status == comment.status


@pytest.mark.django_db(transaction=True)
class TwoModeratorsAtOnce:
    def test_reach_one_outcome_with_one_log_row(self):
        comment, moderator = make_comment(), make_staff("moderator")
        barrier, outcomes = threading.Barrier(8), []

        def decide(verb):
            mine = Comment.objects.get(pk=comment.pk)
            barrier.wait()
            outcomes.append(getattr(mine, verb)(by=moderator))
            connection.close()

        threads = [threading.Thread(target=decide, args=[verb]) for verb in ("approve", "reject") * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count(True) == 1
        assert comment.decisions.count() == 1
        assert comment.decisions.get().to_status == Comment.objects.get().status


@pytest.mark.django_db
class AThread:
    def test_shows_the_newest_thread_first_and_answers_in_order(self):
        article, now = make_article(), timezone.now()
        old = make_comment(article=article, status="approved", created_at=now - timedelta(days=2))
        new = make_comment(article=article, status="approved", created_at=now - timedelta(days=1))
        answers = [
            make_comment(article=article, parent=old, status="approved", created_at=now - timedelta(hours=hours))
            for hours in (5, 3, 1)
        ]
        threads = thread_page(article).threads
        assert [thread.comment for thread in threads] == [new, old]
        assert [reply.comment for reply in threads[1].replies] == answers

    def test_counts_what_is_approved_on_all_pages(self):
        article = make_article()
        comments = [make_comment(article=article, status="approved") for _ in range(5)]
        make_comment(article=article)
        page = thread_page(article, number=2, per_page=2)
        assert page.total == 5
        assert len(page.threads) == 2
        assert page.has_next
        assert [page_of(comment, per_page=2) for comment in comments] == [3, 2, 2, 1, 1]

    def test_costs_one_query_whatever_its_length(self, django_assert_num_queries):
        article = make_article()
        for _ in range(6):
            root = make_comment(article=article, status="approved")
            make_comment(article=article, parent=root, status="approved")
        with django_assert_num_queries(1):
            page = thread_page(article, per_page=4)
            assert [len(thread.replies) for thread in page.threads] == [1] * 4

    def test_has_its_further_pages_at_addresses_of_their_own(self, client, settings):
        settings.COMMENTS_PER_PAGE = 2
        article = make_article()
        oldest, *_ = [make_comment(article=article, status="approved", body=f"story {n}") for n in range(3)]
        assert "story 0" not in client.get(article.get_absolute_url()).content.decode()
        assert "story 0" in client.get(f"{article.get_absolute_url()}comments/2/").content.decode()
        assert client.get(f"{article.get_absolute_url()}comments/3/").status_code == 404
        for beyond in (0, 100_001, 10**30):
            assert client.get(f"{article.get_absolute_url()}comments/{beyond}/").status_code == 404
        place = f"{article.get_absolute_url()}comments/2/#comment-{oldest.pk}"
        assert client.get(oldest.get_absolute_url())["Location"] == place
