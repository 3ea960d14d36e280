"""What keeps an issue from going out. Each sentence comes from one check, and from no other."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import SignOff
from newsletter import checking, composing
from newsletter.models import Digest
from tests.factories import make_article, make_author, make_issue, make_staff, make_subscriber, make_version
from tests.newsletter.issues import make_ready

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def somebody():
    return make_subscriber()


class AnIssue:
    def test_that_is_ready_has_no_problem(self):
        assert checking.problems(make_ready(make_article())) == []

    def test_that_says_nothing_has_one(self):
        assert any("says nothing yet" in each for each in checking.problems(make_ready(introduction="")))

    def test_that_nobody_tested_since_its_last_change_has_one(self):
        issue = make_ready()
        issue.introduction = "Cold feet."
        assert [each[:29] for each in checking.problems(issue)] == ["Nobody has seen it as a mail "]

    def test_whose_test_is_not_made_yet_has_one(self):
        issue = make_ready()
        issue.tests.update(content_hash="")
        assert checking.problems(issue) == [
            "A test is on its way: load this page again when it has arrived, and read it."
        ]

    def test_that_composes_itself_needs_no_test(self):
        issue = make_ready(digest=Digest.objects.create())
        issue.tests.all().delete()
        assert not any("as a mail" in each for each in checking.problems(issue))

    def test_without_a_text_part_has_one(self, monkeypatch):
        true = composing.render
        monkeypatch.setattr(composing, "render", lambda issue, at=None: replace(true(issue, at), text=" \n"))
        assert any("no text part" in each for each in checking.problems(make_ready()))

    def test_that_would_go_to_nobody_has_one(self, somebody):
        issue = make_ready()
        somebody.delete()
        assert checking.problems(issue) == ["It would go to nobody: choose other topics."]

    def test_that_mail_programs_would_cut_off_has_one(self):
        [problem] = checking.problems(make_ready(introduction="Warm socks help. " * 8000))
        assert "cut off what is longer than 100 kB" in problem


class AnArticleOfAnIssue:
    def test_must_be_public_when_the_mail_arrives(self):
        article = make_article(published_at=timezone.now() + timedelta(days=2))
        issue = make_ready(article)
        assert any("is not public then" in each for each in checking.problems(issue))
        later = checking.problems(issue, timezone.now() + timedelta(days=3))
        assert not any("is not public then" in each for each in later)

    def test_must_not_be_retired(self):
        article = make_article(title="Old advice")
        issue = make_ready(article)
        article.retire(by=None)
        assert any("“Old advice” is not public then" in each for each in checking.problems(issue))

    def test_must_have_a_review_that_still_holds_if_it_had_one(self):
        article = make_article()
        article.live_version().sign_off(by=make_author(), at=timezone.now() - timedelta(days=800))
        [problem] = checking.problems(make_ready(article))
        assert "holds no more" in problem

    def test_is_reviewed_if_the_same_words_were_signed_in_another_version(self):
        article = make_article()
        live = article.live_version()
        other = make_version(article)
        SignOff.objects.create(
            version=other,
            reviewer=make_author(),
            content_hash=live.content_hash,
            signed_at=timezone.now() - timedelta(days=1),
            lapses_at=timezone.now() + timedelta(days=100),
        )
        [pointed_to] = composing.articles_of(make_issue(article))
        assert pointed_to.signed_off
        [pointed_to] = composing.articles_of(make_issue(article), timezone.now() + timedelta(days=101))
        assert not pointed_to.signed_off


class ALinkOfAnIssue:
    @pytest.mark.parametrize("link", ["/articles/nothing-here/", "/no/such/place/", "/articles/n%C3%B6thing/"])
    def test_must_lead_somewhere_on_this_site(self, link):
        [problem] = checking.problems(make_ready(introduction=f"[There]({link})"))
        assert "leads nowhere on this site" in problem

    def test_may_be_written_with_percent_signs(self):
        article = make_article(slug="wadenkrampfe")
        assert (
            checking.problems(make_ready(introduction=f"[There](/articles/{article.slug.replace('a', '%61')}/)")) == []
        )

    def test_may_be_to_another_site_unless_the_last_test_found_it_dead(self):
        issue = make_ready(introduction="[There](https://example.org/)")
        assert checking.problems(issue) == []
        written = composing.render(issue).content_hash
        issue.tests.create(to=make_staff("admin"), content_hash=written, dead_links=["https://example.org/"])
        [problem] = checking.problems(issue)
        assert problem.startswith("The link https://example.org/ did not answer")
