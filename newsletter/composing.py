"""Makes the mail of an issue: rendered once, then only the personal links of each recipient are merged in.

`render` gives the two parts with marks where the links belong; `Pressed` holds the finished bytes around these marks,
so that a message costs no template and no encoding.
"""

import re
import time
from dataclasses import dataclass
from email.charset import QP, Charset
from email.utils import formatdate
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from articles.listing import attach_live
from articles.models import Article, SignOff
from cramps_site.lib.email import Letter
from cramps_site.lib.keyed import keyed_hash
from cramps_site.lib.smtp import envelope
from newsletter import links
from newsletter.models import Delivery

LARGEST = 100 * 1024
"""Bytes of a finished message: mail programs cut longer ones off."""
LEAVE, PREFERENCES = "leave-link-of-the-recipient", "preferences-link-of-the-recipient"
TO, MESSAGE_ID, DATE = "recipient@marks.invalid", "<message-id@marks.invalid>", "Thu, 01 Jan 1970 00:00:00 +0000"
QP_LINE = 72
QUOTED_PRINTABLE = Charset("utf-8")
QUOTED_PRINTABLE.body_encoding = QP


@dataclass(frozen=True)
class Rendering:
    """Both parts of an issue's mail, with marks in place of what is personal."""

    subject: str
    html: str
    text: str

    @property
    def content_hash(self):
        """What a test send was a test of."""
        return keyed_hash("newsletter issue", self.subject, self.html, self.text)

    def letter(self, personal):
        """The message for one recipient, as Django's mail backends take it."""
        letter = Letter(
            subject=self.subject,
            body=personal.merge(self.text),
            to=[personal.to],
            headers={
                "Message-ID": personal.message_id,
                "Date": personal.date,
                **links.list_headers(personal.leave_url),
            },
        )
        letter.attach_alternative(personal.merge(self.html), "text/html")
        return letter


@dataclass(frozen=True)
class Personal:
    """What differs from one recipient's message to the next."""

    to: str
    message_id: str
    date: str
    leave_url: str
    preferences_url: str

    def merge(self, part):
        return part.replace(LEAVE, self.leave_url).replace(PREFERENCES, self.preferences_url)


MARKS = Personal(TO, MESSAGE_ID, DATE, LEAVE, PREFERENCES)


def personal(subscriber, mark):
    """The personal part of the message to a subscriber; `mark` is what its Message-ID is known by."""
    return Personal(
        envelope(subscriber.email),
        *mark_and_date(mark),
        links.unsubscribe_url(subscriber),
        links.preferences_url(subscriber),
    )


def _host():
    return urlsplit(settings.SITE_URL).hostname or "localhost"


@lru_cache(maxsize=2)
def _date(second):
    return formatdate(second, localtime=True)


def mark_and_date(mark):
    """A Message-ID that is known by `mark`, and the Date of now."""
    return f"<{mark}@{_host()}>", _date(int(time.time()))


def message_mark(delivery):
    """The part of a Message-ID before the @: tells the delivery, and that it was we who wrote it."""
    return f"{delivery.issue_id}.{delivery.pk}.{keyed_hash('message id', delivery.issue_id, delivery.pk)[:16]}"


def delivery_of(message_id):
    """The Delivery that a Message-ID belongs to, or None when it is not ours."""
    found = re.fullmatch(r"<?(\d{1,18})\.(\d{1,18})\.([0-9a-f]{16})@[^>]*>?", message_id.strip())
    delivery = Delivery.objects.filter(pk=found[2], issue=found[1]).first() if found else None
    return delivery if delivery and message_mark(delivery).endswith(found[3]) else None


def render(issue, at=None):
    """The Rendering of an issue as its mail would read at a moment."""
    context = {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": settings.SITE_URL,
        "issue": issue,
        "subject": issue.subject,
        "articles": articles_of(issue, at),
        "introduction_html": mark_safe(_absolute(issue.introduction_html)),  # noqa: S308 articles.rendering made it
        "introduction_text": _as_text(issue.introduction),
        "leave_url": LEAVE,
        "preferences_url": PREFERENCES,
    }
    html = render_to_string("newsletter/mail/issue.html", context)
    inlined = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(html)
    text = re.sub(r"\n{3,}", "\n\n", render_to_string("newsletter/mail/issue.txt", context)).strip() + "\n"
    return Rendering(" ".join(issue.subject.split()), inlined, text)


def _absolute(html):
    return re.sub(r'(href|src)="/(?!/)', rf'\1="{settings.SITE_URL}/', html)


def _as_text(markdown):
    """Markdown as it reads in a text mail: links with their address behind the words."""
    with_links = re.sub(r"!?\[([^\]]*)\]\((\S+?)(?:\s[^)]*)?\)", r"\1 (\2)", markdown)
    return re.sub(r"\(/(?!/)", f"({settings.SITE_URL}/", re.sub(r"(\*\*|__)(\S.*?)\1", r"\2", with_links)).strip()


def frozen(issue):
    """The Rendering that stands since the issue was frozen."""
    return Rendering(" ".join(issue.subject.split()), issue.html, issue.text)


def articles_of(issue, at=None):
    """The issue's articles that are public at a moment, in order, each with its `live` version and `signed_off`."""
    articles = attach_live(
        list(
            Article.objects.published(at)
            .filter(issue_entries__issue=issue)
            .select_related("author")
            .order_by("issue_entries__position", "issue_entries__pk")
        )
    )
    holding = SignOff.objects.standing(at).filter(version__article__in=articles, lapses_at__gt=at or timezone.now())
    signed = set(holding.values_list("version__article", "content_hash"))
    for article in articles:
        # As on the article's page: a review is of the words, in whichever version they stood.
        article.signed_off = (article.pk, article.live.content_hash) in signed
    return articles


class Pressed:
    """A Rendering as the finished bytes of a message, with slots where the personal part goes."""

    def __init__(self, rendering):
        message = rendering.letter(MARKS).message()
        for part in message.walk():
            if not part.is_multipart():
                text = part.get_payload(decode=True).decode()
                del part["Content-Transfer-Encoding"]
                part.set_payload(text, QUOTED_PRINTABLE)
        written = message.as_bytes(linesep="\r\n")
        head, _, body = written.partition(b"\r\n\r\n")
        self.head = _slots(head + b"\r\n\r\n", ("to", "message_id", "date", "leave_url"), is_encoded=False)
        self.body = _slots(body, ("leave_url", "preferences_url"), is_encoded=True)

    def message(self, personal):
        """The finished message for one recipient: bytes, lines ending in CRLF."""
        whole = {name: getattr(personal, name).encode() for name in ("to", "message_id", "date", "leave_url")}
        soft = {name: _softly_broken(getattr(personal, name).encode()) for name in ("leave_url", "preferences_url")}
        return b"".join(
            [whole[part] if isinstance(part, str) else part for part in self.head]
            + [soft[part] if isinstance(part, str) else part for part in self.body]
        )

    @cached_property
    def size(self):
        """Bytes of a message with links of a usual length."""
        return len(self.message(Personal("parent@example.org", MESSAGE_ID, DATE, *[settings.SITE_URL + "/" * 80] * 2)))


def _slots(written, fields, *, is_encoded):
    """The bytes in pieces, with the field's name in place of each mark. Encoding may have broken a mark in two."""
    names = {getattr(MARKS, name).encode(): name for name in fields}
    between = rb"(?:=\r?\n)?" if is_encoded else rb""
    pattern = b"|".join(between.join(re.escape(mark[at : at + 1]) for at in range(len(mark))) for mark in names)
    pieces, end = [], 0
    for match in re.finditer(pattern, written):
        name = names[re.sub(rb"=\r?\n", b"", match[0])]
        pieces += [written[end : match.start()], name]
        end = match.end()
    return [*pieces, written[end:]]


def _softly_broken(link):
    """A link amid quoted-printable text: on lines of its own, which the reader joins again (RFC 2045, 6.7)."""
    quoted = link.replace(b"=", b"=3D")
    chunks = re.findall(rb".{1,%d}(?<!=)(?<!=.)" % QP_LINE, quoted)
    return b"=\r\n" + b"=\r\n".join(chunks) + b"=\r\n"
