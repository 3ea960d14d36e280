"""Mails to moderators: danger signs at once, what waits in a digest. No word of a comment is in them.

Their links lead into the admin, where a verdict is a POST by somebody who has signed in.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment, Watch
from comments.tabs import TABS
from cramps_site.lib import email
from cramps_site.lib.models import OutgoingMail

TOGETHER = timedelta(minutes=2)
"""Danger signs that come within this after a mail about one are told together in the next."""
LISTED = 20
EVERY = {Watch.Digest.HOURLY: timedelta(hours=1), Watch.Digest.DAILY: timedelta(days=1)}


def moderators():
    """Who may decide and has an address, each with `watch`: what mail they want."""
    users = get_user_model().objects.with_perm(
        "comments.change_comment", backend="django.contrib.auth.backends.ModelBackend"
    )
    users = list(users.filter(is_staff=True).exclude(email="").select_related("comment_watch").order_by("pk"))
    for user in users:
        user.watch = getattr(user, "comment_watch", None) or Watch(user=user)
    return users


def alert(comment):
    """Queue a mail to every moderator on duty if the comment names a danger sign. How many were told."""
    if not comment.urgency:
        return 0
    on_duty = [user for user in moderators() if user.watch.urgent]
    for user in on_duty:
        _queue_soon("comments.urgent", user)
    return len(on_duty)


def _queue_soon(kind, user):
    """Queue a mail unless one waits already, which will name everything; at once, or `TOGETHER` after the last."""
    mails = OutgoingMail.objects.filter(kind=kind, subject_id=user.pk)
    if mails.open().filter(claimed_at=None).exists():
        return
    last = mails.order_by("-due_at").first()
    mail = email.queue(kind, user.pk)
    if last and last.due_at + TOGETHER > mail.due_at:
        OutgoingMail.objects.filter(pk=mail.pk).update(due_at=last.due_at + TOGETHER)


def send_digests(at=None):
    """Queue the digests that are due: to whoever wants one, outside their quiet hours, if anything waits."""
    at = at or timezone.now()
    if not Comment.objects.waiting().exists():
        return
    for user in moderators():
        if is_due(user.watch, at):
            Watch.objects.update_or_create(user=user, defaults={"told_at": at})
            email.queue("comments.digest", user.pk)


def is_due(watch, at):
    if watch.digest not in EVERY or watch.is_quiet(timezone.localtime(at).time()):
        return False
    return watch.told_at is None or watch.told_at + EVERY[watch.digest] <= at


@email.composer("comments.urgent")
def compose_urgent(user_id):
    """Which comments with a danger sign wait. None once somebody has seen to all of them."""
    waiting = Comment.objects.waiting().filter(urgency__gt=0).in_queue_order()
    comments = list(waiting.select_related("version")[:LISTED])
    user = _moderator(user_id)
    if user is None or not comments:
        return None
    context = {"comments": [_line(comment) for comment in comments], "queue_url": _url("changelist")}
    subject = f"Danger sign in a comment on {settings.SITE_NAME}"
    return email.compose("comments/mail/urgent", context, subject=subject, to=user.email)


@email.composer("comments.digest")
def compose_digest(user_id):
    """How much waits in each tab, and since when. None once nothing does."""
    user, oldest = _moderator(user_id), Comment.objects.waiting().order_by("created_at").first()
    if user is None or oldest is None:
        return None
    tabs = {tab.name: tab.number(Comment.objects) for tab in TABS.values() if tab.is_work}
    urgent = Comment.objects.waiting().filter(urgency__gt=0)[:LISTED].count()
    context = {"tabs": tabs, "urgent": urgent, "oldest": oldest.created_at, "queue_url": _url("changelist")}
    context["wishes_url"] = settings.SITE_URL + reverse("admin:comments_watch_changelist")
    subject = f"{tabs[TABS['pending'].name]} comments wait on {settings.SITE_NAME}"
    return email.compose("comments/mail/digest", context, subject=subject, to=user.email)


def _moderator(user_id):
    return next((user for user in moderators() if user.pk == user_id), None)


def _line(comment):
    signs = {finding["rule"] for finding in comment.findings if finding.get("kind") == "urgent"}
    title = comment.version.title if comment.version else comment.article.slug
    return {"signs": sorted(signs), "title": title, "at": comment.created_at, "url": _url("change", comment.pk)}


def _url(page, *arguments):
    return settings.SITE_URL + reverse(f"admin:comments_comment_{page}", args=arguments)
