"""Tells who may send that an issue waits for them: a digest that was composed, or one that held itself.

One mail names all that waits; none goes out while one is still on its way, or once somebody has seen to everything.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse

from cramps_site.lib import email
from cramps_site.lib.models import OutgoingMail
from newsletter.models import Issue

KIND = "newsletter.waits"


def editors():
    """Members of the staff who may send and have an address."""
    may_send = get_user_model().objects.with_perm(
        "newsletter.send_issue", backend="django.contrib.auth.backends.ModelBackend"
    )
    return may_send.filter(is_staff=True).exclude(email="").order_by("pk")


def tell_editors():
    """Queue a mail to each editor to whom none is on its way. Call it in the transaction of what holds the issue."""
    for editor in editors():
        if not OutgoingMail.objects.open().filter(kind=KIND, subject_id=editor.pk, claimed_at=None).exists():
            email.queue(KIND, editor.pk)


@email.composer(KIND)
def compose_waits(user_id):
    """Which issues wait, and why. None once nothing does, or the account may send no more."""
    editor, waiting = editors().filter(pk=user_id).first(), list(Issue.objects.waiting())
    if editor is None or not waiting:
        return None
    for issue in waiting:
        issue.address = settings.SITE_URL + reverse("admin:newsletter_issue_change", args=[issue.pk])
    context = {"issues": waiting}
    subject = "An issue waits for you" if len(waiting) == 1 else f"{len(waiting)} issues wait for you"
    return email.compose("newsletter/mail/waits", context, subject=subject, to=editor.email)
