"""Composes the digests: newsletters of what went live since the last one, by topic and frequency.

A digest with nothing new is skipped. What is composed goes out by itself or waits for an editor, as the publisher has
set; either way it is an Issue like any other and is sent like one.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify

from articles.listing import attach_live
from articles.models import Article
from newsletter.models import Digest, Issue, IssueArticle, Subscriber

MOST_ARTICLES = 12
APPROVE = "It was composed by itself. Read it, change what you like, then send it."


def compose_due(at=None):
    """Compose every digest whose time has come and that has news. The issues."""
    at = at or timezone.now()
    due = [digest for digest in Digest.objects.filter(is_on=True) if digest.covered_until < last_time(digest, at)]
    return [issue for digest in due if (issue := compose(digest, at))]


def last_time(digest, at):
    """The latest moment, not after `at`, at which a digest may go out."""
    local = timezone.localtime(at)
    days = 1 if digest.frequency == Subscriber.Frequency.EACH else 7
    back = 0 if days == 1 else (local.weekday() - digest.weekday) % 7
    moment = _at(local.date() - timedelta(days=back), digest.time)
    return moment if moment <= at else _at(local.date() - timedelta(days=back + days), digest.time)


def _at(day, time):
    return timezone.make_aware(datetime.combine(day, time))


def compose(digest, at):
    """The issue of what is new, or None: nothing is, or another worker composed it."""
    with transaction.atomic():
        news = list(_news(digest, at)[:MOST_ARTICLES])
        moved = Digest.objects.filter(pk=digest.pk, covered_until=digest.covered_until).update(covered_until=at)
        if not moved or not news:
            return None
        issue = _issue(digest, attach_live(news), at)
        IssueArticle.objects.bulk_create(
            IssueArticle(issue=issue, article=article, position=position) for position, article in enumerate(news, 1)
        )
    return issue


def _news(digest, at):
    articles = Article.objects.published(at).filter(first_published_at__gt=digest.covered_until)
    if digest.topic_id:
        articles = articles.filter(topics=digest.topic_id)
    return articles.newest_first()


def _issue(digest, news, at):
    day = date_format(timezone.localtime(at), "j F Y")
    name = f"{digest.topic.name}, {day}" if digest.topic_id else f"{settings.SITE_NAME}, {day}"
    held = {} if digest.is_automatic else {"held_at": at, "held_because": APPROVE}
    return Issue.objects.create(
        subject=news[0].live.title if len(news) == 1 else f"New on {name}",
        slug=f"{slugify(name)}-{digest.pk}",
        preheader=", ".join(article.live.title for article in news)[:150],
        digest=digest,
        scheduled_at=at,
        **held,
    )
