"""Brings together what a moderator should know of a text: triage by the publisher's rules, and the spam filter.

It reads rules and names from the database and writes nothing.
"""

from django.conf import settings
from django.contrib.auth import get_user_model

from articles.models import Author
from comments import learning, triage
from comments.models import Rule


def find(text, *, name=""):
    """What triage finds in a text and in the name above it."""
    return triage.find(
        text, rules=Rule.in_use(), name=name, staff_names=staff_names(), own_hosts=settings.ALLOWED_HOSTS
    )


def staff_names():
    """The names under which the house itself speaks."""
    users = get_user_model().objects.filter(is_staff=True, is_active=True)
    names = {user.get_full_name() or user.get_username() for user in users}
    return tuple(sorted(names | set(Author.objects.values_list("name", flat=True))))


def judge(comment, found):
    """Set on the row what was found in its text (`found`), its urgency and its spam score.

    What it holds already about how it came in stays: no change of the text changes that."""
    came_in = [finding for finding in comment.findings if finding["kind"] == "sending"]
    comment.findings = [*(finding.as_dict() for finding in found), *came_in]
    comment.urgency = triage.urgency_of(found)
    comment.spam_score, reasons = learning.score(comment)
    if reasons:
        comment.findings.append({"kind": "spam", "rule": "spam", "reason": " · ".join(reasons)})
    comment.asks = "?" in comment.text and comment.staff_id is None
