"""Sends the outgoing mails: queue one with `queue`, send what is due with `send_due`.

Each kind of mail has one composer, registered by its app, that turns the row's subject into a message or None (there is
nothing to say any more). No transaction is open while the mail server is spoken to.
"""

import logging
from collections import deque
from datetime import timedelta
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import Max
from django.template.loader import render_to_string
from django.utils import timezone

from cramps_site.lib import mail_files, restored, smtp
from cramps_site.lib.models import OutgoingMail

log = logging.getLogger(__name__)
composers = {}
FOR_SIGN_IN = {"staff.new_password", "staff.confirm_address"}
BATCH = 50
AFTER_TROUBLE = timedelta(minutes=1)
"""How long all mails wait when the mail server cannot be reached, or takes nobody's."""


def composer(kind):
    """Register the function that composes mails of this kind: subject_id in, message or None out."""

    def register(function):
        composers[kind] = function
        return function

    return register


def queue(kind, subject_id):
    """Put a mail into the ledger. Call it in the transaction of what the mail tells of."""
    if kind not in composers:
        raise LookupError(f"No composer is registered for mails of the kind {kind!r}.")
    return OutgoingMail.objects.create(kind=kind, subject_id=subject_id)


class Letter(EmailMultiAlternatives):
    """A message whose headers stay on one line each, up to the 998 characters of RFC 5322: a link that is folded away
    from its header's name is overlooked by some mail programs."""

    def message(self):
        message = super().message()
        message.policy = message.policy.clone(max_line_length=998)
        return message


def compose(template, context, *, subject, to, headers=None):
    """A message with a text and an HTML part from `TEMPLATE.txt` and `TEMPLATE.html`, style inlined, queries kept."""
    context = {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL, "subject": subject, **context}
    html = render_to_string(f"{template}.html", context)
    written = {
        "Message-ID": make_msgid(domain=_host()),
        "Date": formatdate(localtime=True),
        "Auto-Submitted": "auto-generated",  # No other machine is to answer (RFC 3834).
    }
    message = Letter(
        subject=" ".join(subject.split()),
        body=render_to_string(f"{template}.txt", context).strip() + "\n",
        to=[to],
        headers=written | (headers or {}),
    )
    message.attach_alternative(
        css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(html), "text/html"
    )
    return message


def _host():
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def list_headers(name, about, leave):
    """Headers of a mail to a list: which one it is (RFC 2919), and the address at which one press leaves it (RFC 2369,
    RFC 8058)."""
    return {
        "List-Id": f"{about} <{name}.{_host()}>",
        "List-Unsubscribe": f"<{leave}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def send_due(limit=BATCH):
    """Claim what is due, send it over one connection, and say how many mails were claimed.

    While nobody has said that this is the live site, only what the staff needs to sign in goes out, if it was asked for
    since: nobody else could say so."""
    sendable, question = OutgoingMail.objects.all(), restored.wait()
    if question:
        sendable = sendable.filter(kind__in=FOR_SIGN_IN, due_at__gte=question.asked_at)
    mails = sendable.claim(limit)
    mails_left = deque(mails)
    connection = Smtp() if smtp.is_used() else Backend()
    try:
        while mails_left:
            send(mails_left[0], connection)
            mails_left.popleft()
    except smtp.Unreachable as trouble:
        log.warning("mails wait: %s", trouble)
        for mail in mails_left:
            mail.release(str(trouble), AFTER_TROUBLE)
    finally:
        connection.close()
    return len(mails)


def send(mail, connection):
    """Send one claimed mail and record what became of it. Raises smtp.Unreachable."""
    try:
        message = composers[mail.kind](mail.subject_id)
        written = message and message.message().as_bytes(linesep="\r\n")
    except Exception as error:  # One mail that cannot be composed must not keep the others from being sent.
        log.exception("mail %s cannot be composed", mail.pk)
        mail.postpone(f"It could not be composed: {error!r}")
        return
    if message is None:
        mail.fail("There was nothing to say any more.")
        return
    connection.send(mail, message, written)
    if mail.accepted_at and settings.DEBUG and not settings.EMAIL_BACKEND.startswith(mail_files.__name__):
        mail_files.write(message)


class Smtp:
    """Hands mails to the mail server, one after the other, and knows of each what became of it."""

    def __init__(self):
        self.line = smtp.Line()

    def send(self, mail, message, written):
        try:
            sender, recipient = (smtp.envelope(parseaddr(each)[1]) for each in (message.from_email, *message.to))
        except ValueError as error:
            mail.fail(f"The address cannot be written to: {error}.")
            return
        smtp.hand_over(
            [smtp.Parcel(mail.pk, sender, recipient, lambda: written)],
            [self.line],
            start=lambda accepted, following: _advance(mail, accepted, following),
            refuse=lambda key, refused: (mail.postpone if refused.is_passing else mail.fail)(str(refused)),
            doubt=lambda key: log.warning("mail %s: the server took it and gave no answer", key),
        )

    def close(self):
        self.line.close()


def _advance(mail, accepted, following):
    if accepted:
        mail.accept()
    return {mail.pk} if following and _start(mail) else set()


def _start(mail):
    at = timezone.now()
    if not mail.start():
        return False
    restored.note(OutgoingMail, mail.pk, at)
    return True


class Backend:
    """Whatever else Django sends mail by: files, a provider's interface. Where it fails, the mail is in doubt."""

    def __init__(self):
        self.connection = get_connection()

    def send(self, mail, message, written):
        try:
            self.connection.open()
        except Exception as error:  # Whatever an interface raises: nothing was handed over yet.
            raise smtp.Unreachable(f"The mail service was not reached: {error}") from error
        if not _start(mail):
            return
        try:
            self.connection.send_messages([message])
        except Exception:  # Whatever an interface raises: nobody knows whether the message was taken.
            log.exception("mail %s is in doubt", mail.pk)
        else:
            mail.accept()

    def close(self):
        self.connection.close()


def forget_settled(older_than):
    """Delete mails that were settled before `older_than` (a timedelta) ago, but for the last: by it a database is known
    that was put back (cramps_site.lib.restored)."""
    before = timezone.now() - older_than
    last = OutgoingMail.objects.aggregate(Max("accepted_at"))["accepted_at__max"]
    return OutgoingMail.objects.filter(accepted_at__lt=before).exclude(accepted_at=last).delete()[0]
