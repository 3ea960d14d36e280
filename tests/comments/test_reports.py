"""Readers report, comments close, threads go three levels deep, experts' answers stand first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from comments.models import Comment, Policy, Report
from comments.threads import page_of, thread_page
from tests.factories import make_article, make_comment, make_staff
from tests.posting import BROWSER, post_comment

pytestmark = pytest.mark.django_db


def report(client, comment, why="rude", address="192.0.2.1", **fields):
    return client.post(f"/comments/{comment.pk}/report/", {"why": why, **fields}, headers=BROWSER, REMOTE_ADDR=address)


class AReport:
    @pytest.fixture
    def comment(self):
        return make_comment(status="approved")

    def test_is_thanked_for_and_leaves_the_comment_on_the_page(self, client, comment):
        assert "Thank you for your report" in report(client, comment).text
        assert not Comment.objects.waiting().exists()

    def test_by_enough_readers_brings_it_back_to_the_queue(self, client, comment):
        report(client, comment, address="192.0.2.1")
        report(client, comment, address="192.0.2.2")
        assert list(Comment.objects.reported()) == list(Comment.objects.waiting()) == [comment]
        assert comment.body in client.get(comment.article.get_absolute_url()).text

    def test_twice_by_one_reader_counts_once(self, client, comment):
        report(client, comment)
        report(client, comment)
        assert Report.objects.count() == 1
        assert not Comment.objects.reported().exists()

    def test_of_harm_brings_it_back_at_once(self, client, comment):
        report(client, comment, why="dangerous")
        assert Comment.objects.reported().exists()

    def test_is_settled_by_approving_it_again(self, client, comment):
        report(client, comment, why="dangerous")
        Comment.objects.get().approve(by=make_staff("moderator"))
        assert not Comment.objects.waiting().exists()
        report(client, comment, address="192.0.2.3")
        assert not Comment.objects.waiting().exists()

    def test_finds_no_fault_before_anything_is_sent(self, client, comment):
        assert "Please look at this again" not in client.get(f"/comments/{comment.pk}/report/").text

    def test_must_say_why(self, client, comment):
        answer = report(client, comment, why="")
        assert answer.status_code == 422
        assert "Choose what is wrong" in answer.text
        assert "Please look at this again" in answer.text

    def test_of_what_is_not_on_the_page_is_not_taken(self, client):
        assert report(client, make_comment()).status_code == 404

    def test_comes_too_often(self, client):
        comments = [make_comment(status="approved") for _ in range(11)]
        answers = [report(client, comment) for comment in comments]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        assert answers[-1]["Retry-After"]

    def test_follows_the_publishers_number(self, client, comment):
        Policy.objects.filter(pk=1).update(reports_bring_back=1)
        report(client, comment)
        assert Comment.objects.reported().exists()


class Closing:
    def test_after_some_days_takes_no_more_comments_and_says_so(self, client):
        article = make_article(comments_close_after=30, published_at=timezone.now() - timedelta(days=31))
        page = client.get(article.get_absolute_url()).text
        assert "Comments on this article are closed" in page
        answer = post_comment(client, article, "Too late but kept.")
        assert answer.status_code == 403
        assert "Too late but kept." in answer.text
        assert not Comment.objects.exists()

    def test_site_wide_holds_where_an_article_says_nothing(self, client):
        from articles.models import Publication

        site = Publication.objects.get()
        site.comments_close_after = 30
        site.save()
        old = timezone.now() - timedelta(days=31)
        assert post_comment(client, make_article(published_at=old)).status_code == 403
        assert post_comment(client, make_article(published_at=old, comments_close_after=0)).status_code == 303
        assert post_comment(client, make_article()).status_code == 303

    def test_is_a_moment_at_which_the_stored_page_ends(self, client):
        article = make_article(comments_close_after=1)
        closes_at = article.first_published_at + timedelta(days=1)
        answer = client.get(article.get_absolute_url())
        assert float(answer["X-Page-Valid-Until"]) == pytest.approx(closes_at.timestamp(), abs=1)


class AThreadOfThreeLevels:
    def chain(self, depth):
        article = make_article()
        comments = [make_comment(article=article, status="approved", name="Parent 1", body="level 1")]
        for number in range(2, depth + 1):
            place = comments[-1].place_of_answer()
            fields = {"name": f"Parent {number}", "body": f"level {number}", "status": "approved", **place}
            comments.append(make_comment(article=article, **fields))
        return comments

    def test_goes_no_deeper_and_names_whom_a_deeper_reply_answers(self, client):
        comments = self.chain(5)
        assert [comment.level for comment in comments] == [1, 2, 3, 3, 3]
        assert [getattr(comment.answers, "name", None) for comment in comments[3:]] == ["Parent 3", "Parent 4"]
        page = client.get(comments[0].article.get_absolute_url()).text
        assert "answers <bdi>Parent 4</bdi>" in page

    def test_is_answered_at_any_level_by_the_form(self, client):
        comments = self.chain(3)
        post_comment(client, comments[0].article, "A deeper answer.", parent=comments[2].pk)
        answer = Comment.objects.latest("pk")
        assert (answer.parent, answer.answers) == (comments[1], comments[2])

    def test_costs_one_query(self, django_assert_num_queries):
        comments = self.chain(5)
        with django_assert_num_queries(1):
            (thread,) = thread_page(comments[0].article).threads
        assert [reply.comment.body for reply in thread.replies[0].replies] == ["level 3", "level 4", "level 5"]

    def test_keeps_the_places_above_an_answer_that_is_shown(self, client):
        comments = self.chain(3)
        for comment in comments[:2]:
            comment.withdraw()
        page = client.get(comments[0].article.get_absolute_url()).text
        assert page.count("This comment is no longer here.") == 2
        assert "level 3" in page

    def test_leads_from_every_permalink_to_its_place(self, client, settings):
        settings.COMMENTS_PER_PAGE = 1
        comments = self.chain(3)
        make_comment(article=comments[0].article, status="approved")
        assert [page_of(comment) for comment in comments] == [2, 2, 2]
        assert client.get(comments[2].get_absolute_url())["Location"].endswith(f"/comments/2/#comment-{comments[2].pk}")


class AnExpertsAnswer:
    @pytest.fixture
    def question(self):
        now = timezone.now()
        return make_comment(
            body="Does magnesium help?", asks=True, status="approved", created_at=now - timedelta(days=3)
        )

    def test_stands_first_with_its_source_and_the_day_it_was_checked(self, client, question):
        make_comment(article=question.article, parent=question, body="It did for us.", status="approved")
        answer = question.answer(
            "The evidence is thin.", by=make_staff("moderator", first_name="Marta", last_name="Lind")
        )
        answer.pin(source="https://example.org/review")
        page = client.get(question.article.get_absolute_url()).text
        assert page.index("The evidence is thin.") < page.index("It did for us.")
        assert "Expert answer" in page
        assert 'href="https://example.org/review"' in page
        assert "Checked on" in page
        assert "<bdi>Marta Lind</bdi>" in page

    def test_takes_the_question_from_the_unanswered(self, question):
        assert list(Comment.objects.unanswered()) == [question]
        question.answer("The evidence is thin.", by=make_staff("moderator"))
        assert not Comment.objects.unanswered().exists()

    def test_is_missed_only_after_two_days(self, question):
        Comment.objects.update(created_at=timezone.now() - timedelta(hours=47))
        assert not Comment.objects.unanswered().exists()

    def test_is_never_a_readers(self):
        comment = make_comment(status="approved")
        comment.pin(source="me")
        assert Comment.objects.get().pinned_at is None
