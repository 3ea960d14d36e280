"""Composes the digests: newsletters of what went live since the last one, by topic and frequency.

A digest with nothing new is skipped. What is composed goes out by itself or waits for an editor, as the publisher has
set; either way it is an Issue like any other and is sent like one.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify

from articles.listing import attach_live
from articles.models import Article
from newsletter.models import Digest, Issue, IssueArticle, Subscriber
from newsletter.telling import tell_editors

MOST_ARTICLES = 12
"""Of more than so many the newest are listed, and the others stand on the site."""
APPROVE = "It was composed by itself. Read it, change what you like, then send it."
SETTLING = timedelta(minutes=1)
"""How long after its time a digest is composed: what was published just before it is committed by then."""


def compose_due(at=None):
    """Compose every digest whose time has come and that has news. The issues."""
    at = at or timezone.now()
    due = [(digest, last_time(digest, at - SETTLING)) for digest in Digest.objects.filter(is_on=True)]
    return [issue for digest, until in due if digest.covered_until < until and (issue := compose(digest, until, at))]


def last_time(digest, at):
    """The latest moment, not after `at`, at which a digest may go out."""
    local = timezone.localtime(at)
    days = 1 if digest.frequency == Subscriber.Frequency.EACH else 7
    back = 0 if days == 1 else (local.weekday() - digest.weekday) % 7
    moment = _at(local.date() - timedelta(days=back), digest.time)
    return moment if moment <= at else _at(local.date() - timedelta(days=back + days), digest.time)


def _at(day, time):
    # In UTC: two moments of one zone would be compared by their clocks, which are set back once a year.
    return timezone.make_aware(datetime.combine(day, time)).astimezone(UTC)


def compose(digest, until, at):
    """The issue of what went live up to a moment, or None: nothing did, nobody reads it, or it was composed already."""
    with transaction.atomic():
        moved = Digest.objects.filter(pk=digest.pk, covered_until=digest.covered_until).update(covered_until=until)
        news = list(_news(digest, until, at)) if moved and _has_readers(digest, at) else []
        if not news:
            return None
        issue = _issue(digest, attach_live(news), until, at)
        IssueArticle.objects.bulk_create(
            IssueArticle(issue=issue, article=article, position=position)
            for position, article in enumerate(news[:MOST_ARTICLES], 1)
        )
        if issue.held_at:
            tell_editors()
    return issue


def _has_readers(digest, at):
    return Subscriber.objects.reachable(at).for_digest(digest).exists()


def _news(digest, until, at):
    """What went live since the last one, may still be read, and was in no issue of this digest."""
    articles = Article.objects.published(at).filter(
        first_published_at__gt=digest.covered_until, first_published_at__lte=until
    )
    if digest.topic_id:
        articles = articles.filter(topics=digest.topic_id)
    told = IssueArticle.objects.filter(issue__digest=digest, article=OuterRef("pk"))
    return articles.exclude(Exists(told)).newest_first()


def _issue(digest, news, until, at):
    day = date_format(timezone.localtime(until), "j F Y")
    name = f"{digest.topic.name}, {day}" if digest.topic_id else f"{settings.SITE_NAME}, {day}"
    held = {} if digest.is_automatic else {"held_at": at, "held_because": APPROVE}
    more = len(news) - MOST_ARTICLES
    return Issue.objects.create(
        subject=_cut(news[0].live.title if len(news) == 1 else f"New on {name}"),
        slug=_free_slug(f"{slugify(name)}-{digest.pk}"),
        preheader=_cut(", ".join(article.live.title for article in news)),
        introduction=f"And {more} more on [our site](/)." if more > 0 else "",
        digest=digest,
        scheduled_at=until,
        **held,
    )


def _cut(text):
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


LONGEST = Issue._meta.get_field("subject").max_length


def _free_slug(slug):
    """The slug, with a number where a digest of the same day has it already."""
    taken = set(Issue.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    return next(each for each in (slug, *(f"{slug}-{n}" for n in range(2, len(taken) + 3))) if each not in taken)
