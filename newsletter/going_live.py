"""Says that this is the live site, after its database was restored or moved: sending goes on.

What was under way or due in the restored copy may have reached its readers already, and nobody can tell. So every such
issue is held and says so, and every mail that waited is in doubt: a person decides about each.
"""

from django.db import transaction
from django.utils import timezone

from cramps_site.lib import restored
from cramps_site.lib.models import LiveQuestion, OutgoingMail
from newsletter.models import Issue

UNDER_WAY = (
    "The database was restored or moved while this was on its way. Whoever got it since that copy was made would get "
    "it twice: go on only if you know that nobody did, or cancel the rest."
)


def declare(*, by, at=None):
    """Let sending go on. False if nothing kept it."""
    at = at or timezone.now()
    with transaction.atomic():
        if not restored.declare_live(by=by, at=at):
            return False
        for issue in [*Issue.objects.going_out(), *Issue.objects.due(at)]:
            issue.hold(UNDER_WAY, at)
    return True


def questions():
    """What keeps this site from sending."""
    return LiveQuestion.objects.filter(answered_at=None).order_by("asked_at")


def doubtful_mails(at=None):
    """Mails that may have gone out, for a person to decide about."""
    return OutgoingMail.objects.in_doubt(at).order_by("due_at", "pk")


def send_doubtful(at=None):
    """Send what is in doubt once more; how many."""
    at = at or timezone.now()
    return doubtful_mails(at).update(claimed_at=None, started_at=None, due_at=at)
