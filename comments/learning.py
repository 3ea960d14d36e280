"""Teaches the spam filter what moderators decided, and asks it about what comes in.

Decisions are learned by the worker, not in the moderator's press: each carries `learned_at`, so that none is forgotten
and none learned twice. What counts is where a comment stands now: approved is no spam, spam is spam, anything else
(waiting, rejected, withdrawn, undone, erased) says nothing and is taken out again.
"""

import threading

from django.db import transaction
from django.utils import timezone

from comments import spam
from comments.models import Comment, Decision, SpamCounts, SpamExample, Status

BATCH = 200
LESSONS = {Status.APPROVED: False, Status.SPAM: True}
"""What a comment in a status teaches: whether it is spam."""

_kept = threading.local()


def score(comment):
    """(per cent or None, reasons): how likely a comment is spam. None as long as nothing can be said."""
    counts = _current()
    if not counts.spam or not counts.ham:
        return None, ()
    verdict = spam.judge(counts, comment.text, name=comment.name, address_domain=_domain(comment))
    return round(100 * verdict.probability), verdict.reasons


def _current():
    """The counts as they are now: read again only when they have changed."""
    changes = SpamCounts.objects.filter(pk=1).values_list("changes", flat=True).first()
    if getattr(_kept, "changes", None) != changes:
        row = SpamCounts.objects.filter(pk=1).first()
        _kept.counts, _kept.changes = (row.unpacked(), row.changes) if row else (spam.Counts(), None)
    return _kept.counts


def _domain(comment):
    return comment.email.rpartition("@")[2]


def learn_decisions(limit=BATCH):
    """Learn from up to `limit` decisions that nobody has learned from yet; how many they were."""
    if not Decision.objects.filter(learned_at=None).exists():
        return 0
    with transaction.atomic():
        row = SpamCounts.lock()
        decisions = Decision.objects.filter(learned_at=None).order_by("pk")[:limit]
        keys = dict(decisions.values_list("pk", "comment"))
        counts = row.unpacked()
        changed = [_learn(comment, counts) for comment in _taught(keys.values())]
        if any(changed):
            row.keep(counts)
        return Decision.objects.filter(pk__in=keys).update(learned_at=timezone.now())


def _taught(keys):
    return Comment.objects.filter(pk__in=set(keys)).select_related("spamexample").order_by("pk")


def _learn(comment, counts):
    """Make the counts say what the comment teaches now. Whether that changed them."""
    old = getattr(comment, "spamexample", None)
    lesson = None if comment.staff_id or comment.erased_at else LESSONS.get(comment.status)
    features = () if lesson is None else spam.features_of(comment.body, comment.name, _domain(comment))
    packed = spam.pack_features(features)
    if (old is None and lesson is None) or (old is not None and (old.is_spam, bytes(old.features)) == (lesson, packed)):
        return False
    if old is not None:
        old.take_from(counts)
        old.delete()
    if lesson is not None:
        judged = round(100 * counts.probability(features)) if counts.spam and counts.ham else None
        counts.learn(features, spam=lesson)
        SpamExample.objects.create(comment=comment, is_spam=lesson, features=packed, score=judged)
    return True
