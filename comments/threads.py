"""The comments of an article as its pages show them: threads, the newest first, their answers oldest first."""

from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Q

from comments.models import Comment


@dataclass
class Thread:
    comment: Comment
    replies: list = field(default_factory=list)


@dataclass
class Page:
    threads: list
    total: int
    """How many comments of the article are approved, on all pages."""
    number: int
    has_next: bool

    @property
    def next_number(self):
        return self.number + 1

    @property
    def previous_number(self):
        return self.number - 1


def thread_page(article, number=1, per_page=None):
    """Page `number` (from 1) of an article's threads, in one query."""
    per_page = per_page or settings.COMMENTS_PER_PAGE
    start = (number - 1) * per_page
    here = article.comments.shown().roots().values("pk")[start : start + per_page + 1]
    rows = (
        Comment.objects.shown()
        .filter(Q(pk__in=here) | Q(parent__in=here))
        .with_total(article)
        .select_related("article__author")
        .order_by("created_at", "pk")
    )
    comments = list(rows)
    threads = {comment.pk: Thread(comment) for comment in comments if comment.parent_id is None}
    for comment in comments:
        if comment.parent_id in threads:
            threads[comment.parent_id].replies.append(comment)
    newest_first = list(threads.values())[::-1]
    total = comments[0].total if comments else 0
    return Page(newest_first[:per_page], total, number, has_next=len(newest_first) > per_page)


def page_of(comment, per_page=None):
    """The number of the page that a shown comment stands on."""
    root = comment.parent or comment
    newer = Q(created_at__gt=root.created_at) | Q(created_at=root.created_at, pk__gt=root.pk)
    return (
        comment.article.comments.shown().roots().filter(newer).count() // (per_page or settings.COMMENTS_PER_PAGE) + 1
    )
