"""A form that saves a row it read long ago undoes nothing that happened to it since."""

import pytest
from django.utils import timezone

from articles.models import Article, Publication
from newsletter.models import Issue
from tests.factories import make_article, make_issue

pytestmark = pytest.mark.django_db


class SavingARowThatWasReadBefore:
    def test_leaves_an_article_as_public_as_it_is(self):
        article = make_article(published_at=None)
        as_read = Article.objects.get()
        article.newest_version().publish(by=None)
        as_read.comment_policy = "closed"
        as_read.save()
        assert Article.objects.get().first_published_at
        assert Article.objects.get().comment_policy == "closed"

    @pytest.mark.parametrize("act", ["hold", "cancel", "schedule"])
    def test_leaves_an_issue_where_it_stands(self, act):
        issue = make_issue(frozen_at=None)
        as_read = Issue.objects.get()
        getattr(issue, act)(*{"hold": ["A mistake."], "cancel": [], "schedule": [timezone.now()]}[act])
        state = Issue.objects.get().state
        as_read.subject = "Another subject"
        as_read.save()
        assert (Issue.objects.get().subject, Issue.objects.get().state) == ("Another subject", state)

    def test_never_counts_the_changes_of_the_site_back(self):
        as_read = Publication.objects.get()
        for _ in range(5):
            Publication.bump()
        as_read.save()
        assert Publication.objects.get().changes == as_read.changes + 6

    def test_of_which_some_was_left_unread_leaves_that_alone(self):
        make_issue(introduction="Warm socks help.")
        part = Issue.objects.only("subject").get()
        part.subject = "Another subject"
        part.save()
        assert Issue.objects.get().introduction == "Warm socks help."
