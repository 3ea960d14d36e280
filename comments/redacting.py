"""Removes what says who a child is, for good: the original is kept nowhere, not even to undo it."""

import re

from django.db import transaction

from comments import judging, triage
from comments.models import Act, Comment
from comments.triage import Finding


def redact(comment, *, by, words=()):
    """Replace what privacy findings mark, and each of `words`, by "[removed]" in the text that waits; of a full name
    above it leave the first. False if there was nothing to remove, or its writer has changed it meanwhile."""
    name, text = _name_without(comment), triage.redact(comment.text, [*_private(comment), *_named(comment.text, words)])
    if (name, text) == (comment.name, comment.text):
        return False
    as_read = Comment.objects.filter(pk=comment.pk, body=comment.body, proposed=comment.proposed)
    setattr(comment, "proposed" if comment.proposed else "body", text)
    comment.name, comment.was_body, comment.text_hash = name, "", ""
    judging.judge(comment, judging.find(text, name=name))
    with transaction.atomic():
        if not as_read.update(**{field: getattr(comment, field) for field in REDACTED_FIELDS}):
            return False
        comment.unlearn()
        comment.note(Act.REDACT, by=by)
        comment.article.bump()
    return True


REDACTED_FIELDS = (
    "name", "body", "proposed", "was_body", "text_hash", "findings", "urgency", "spam_score", "asks",
)  # fmt: skip


def _private(comment, field="body"):
    found = [finding for finding in comment.findings if finding["kind"] == "privacy" and finding["field"] == field]
    return [Finding(**finding) for finding in found]


def _named(text, words):
    for word in filter(None, map(str.strip, words)):
        for match in re.finditer(re.escape(word), text, re.IGNORECASE):
            yield Finding("privacy", "named by the moderator", "", *match.span())


def _name_without(comment):
    return comment.name.split()[0] if _private(comment, "name") else comment.name
