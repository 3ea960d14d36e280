"""The comments of an article as its pages show them: threads, the newest first, their answers oldest first, three
levels deep. An expert's pinned answer stands before the others."""

from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Q

from comments.models import Comment


@dataclass
class Thread:
    """A comment with what answers it, each with what answers that."""

    comment: Comment
    replies: list = field(default_factory=list)

    def add(self, reply):
        """Put an answer in its place: pinned ones first, then by age, as they are given."""
        at = (
            sum(bool(each.comment.pinned_at) for each in self.replies) if reply.comment.pinned_at else len(self.replies)
        )
        self.replies.insert(at, reply)


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
        article.comments.shown()
        .filter(Q(pk__in=here) | Q(parent__in=here) | Q(parent__parent__in=here))
        .with_total(article)
        .with_corrected_at(article)
        .select_related("article__author", "answers", "version")
        .order_by("created_at", "pk")
    )
    comments = list(rows)
    threads = {comment.pk: Thread(comment) for comment in comments}
    for comment in comments:
        if comment.parent_id in threads:
            threads[comment.parent_id].add(threads[comment.pk])
    newest_first = [threads[comment.pk] for comment in reversed(comments) if comment.parent_id is None]
    total = comments[0].total if comments else 0
    return Page(newest_first[:per_page], total, number, has_next=len(newest_first) > per_page)


def page_of(comment, per_page=None):
    """The number of the page that a shown comment stands on."""
    root = comment
    while root.parent:
        root = root.parent
    newer = Q(created_at__gt=root.created_at) | Q(created_at=root.created_at, pk__gt=root.pk)
    return (
        comment.article.comments.shown().roots().filter(newer).count() // (per_page or settings.COMMENTS_PER_PAGE) + 1
    )
