"""Sends the outgoing mails: queue one with `queue`, send what is due with `send_due`.

Each kind of mail has one composer, registered by its app, that turns the row's subject into a message or None (there is
nothing to say any more). No transaction is open while the mail server is spoken to.
"""

import logging
import smtplib
from email.utils import formatdate, make_msgid
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import timezone

from cramps_site.lib import mail_files
from cramps_site.lib.models import OutgoingMail

log = logging.getLogger(__name__)
composers = {}
BATCH = 50


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
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    message = Letter(
        subject=" ".join(subject.split()),
        body=render_to_string(f"{template}.txt", context).strip() + "\n",
        to=[to],
        headers={"Message-ID": make_msgid(domain=host), "Date": formatdate(localtime=True), **(headers or {})},
    )
    message.attach_alternative(
        css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(html), "text/html"
    )
    return message


def send_due(limit=BATCH):
    """Claim what is due, send it over one connection, and say how many mails were claimed."""
    mails = OutgoingMail.objects.claim(limit)
    if mails:
        connection = get_connection()
        try:
            for mail in mails:
                send(mail, connection)
        finally:
            connection.close()
    return len(mails)


def send(mail, connection):
    """Send one claimed mail and record what became of it."""
    try:
        message = composers[mail.kind](mail.subject_id)
    except Exception as error:  # One mail that cannot be composed must not keep the others from being sent.
        log.exception("mail %s cannot be composed", mail.pk)
        mail.postpone(f"It could not be composed: {error!r}")
        return
    if message is None:
        mail.fail("There was nothing to say any more.")
        return
    deliver(mail, message, connection)


def deliver(mail, message, connection):
    """Hand one message to the mail server. No fault of the server's escapes: it becomes a fact of the row."""
    try:
        connection.open()
        if not mail.start():
            return
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        _record_refusal(mail, code, words)
    except smtplib.SMTPResponseException as error:
        _record_refusal(mail, error.smtp_code, error.smtp_error)
    except smtplib.SMTPServerDisconnected as error:
        # After DATA nobody knows whether the message was taken: the row stays started and comes into doubt.
        connection.connection = None
        log.warning("mail %s: the server hung up: %s", mail.pk, error)
    except OSError as error:
        connection.connection = None
        if mail.started_at is None:
            mail.postpone(f"The mail server was not reached: {error}")
        else:
            log.warning("mail %s: the connection broke: %s", mail.pk, error)
    else:
        mail.accept()
        if settings.DEBUG and not settings.EMAIL_BACKEND.startswith(mail_files.__name__):
            mail_files.write(message)


def _record_refusal(mail, code, words):
    words = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    reason = f"{code} {words}"
    if 400 <= code < 500:
        mail.postpone(reason)
    else:
        mail.fail(reason)


def forget_settled(older_than):
    """Delete mails that were settled before `older_than` (a timedelta) ago."""
    before = timezone.now() - older_than
    return OutgoingMail.objects.filter(accepted_at__lt=before).delete()[0]
