"""Every mail that the project sends, as it arrives: well formed, to one person, and with links that change nothing.

A new kind of mail fails here until it has a maker.
"""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from articles import reviewing
from comments.models import Policy
from cramps_site.lib import email
from newsletter import subscribing, testing
from newsletter.models import Digest, SendingPolicy
from tests.access.the_site import checksum
from tests.factories import (
    make_article,
    make_author,
    make_comment,
    make_contact,
    make_staff,
    make_subscriber,
    make_version,
)
from tests.mail_server import mail_server
from tests.newsletter.issues import make_ready, work

SITE = "https://cramps.test"


def sign_up(**fields):
    subscriber = make_subscriber(asked_at=timezone.now() - timedelta(days=9), **fields)
    subscribing.ask(subscriber.email)


def answered():
    article, contact, moderator = make_article(), make_contact(told_until=timezone.now()), make_staff("moderator")
    asked = make_comment(article=article, contact=contact, notify=True, status="approved")
    make_comment(article=article, parent=asked).approve(by=moderator)
    now = timezone.now()
    type(contact).objects.filter(pk=contact.pk).update(told_from=now - timedelta(days=1), told_until=now)
    email.queue("comments.answers", contact.pk)


def proven():
    Policy.objects.update_or_create(pk=1, defaults={"trust_after": 1})
    email.queue("comments.prove", make_comment(contact=make_contact()).pk)


def waiting(kind):
    make_comment(urgency=3)
    email.queue(kind, make_staff("moderator").pk)


def issue_waits():
    make_ready(held_at=timezone.now(), held_because="Read it.")
    email.queue("newsletter.waits", make_staff("editor").pk)


def unverified():
    user = make_staff("editor")
    email.queue("staff.confirm_address", user.emailaddress_set.create(email=user.email).pk)


def issue(**fields):
    make_subscriber()
    make_ready(make_article(summary="Why they come."), preheader="Warm, dry", **fields)


def digest():
    make_subscriber()
    issue(digest=Digest.objects.create())


def asked():
    reviewer = make_author(email="reviewer@example.org")
    return reviewing.ask(make_version(), reviewer, by=make_staff("writer"))


def answered_by_reviewer():
    sent_back = asked()
    # Of the two mails the one that asks says nothing any more.
    reviewing.send_back(sent_back, reason="The dose is wrong.", seen=sent_back.content_hash)


def review_ends():
    reviewer = make_author(email="reviewer@example.org")
    return make_article().live_version().sign_off(by=reviewer, at=timezone.now() - timedelta(days=720))


def reviews_end():
    review_ends()
    email.queue("articles.reviews_lapse", make_staff("editor").pk)


MAKERS = {
    "articles.review": asked,
    "articles.answered": answered_by_reviewer,
    "articles.review_lapses": lambda: email.queue("articles.review_lapses", review_ends().pk),
    "articles.reviews_lapse": reviews_end,
    "newsletter.answer": lambda: sign_up(confirmed_at=None),
    "newsletter.answer, already": sign_up,
    "newsletter.test": lambda: testing.send_test(make_ready(make_article()), to=make_staff("editor")),
    "newsletter.waits": issue_waits,
    "comments.confirm_contact": lambda: email.queue("comments.confirm_contact", make_contact(confirmed_at=None).pk),
    "comments.prove": proven,
    "comments.answers": answered,
    "comments.urgent": lambda: waiting("comments.urgent"),
    "comments.digest": lambda: waiting("comments.digest"),
    "staff.new_password": lambda: email.queue("staff.new_password", make_staff("editor").pk),
    "staff.confirm_address": unverified,
    "an issue": issue,
    "an issue composed by itself": digest,
}
OF_THE_LIST = {
    "newsletter.answer",
    "newsletter.answer, already",
    "newsletter.test",
    "an issue",
    "an issue composed by itself",
}
"""What carries the newsletter's headers."""
WITH_ONE_CLICK = OF_THE_LIST | {"comments.confirm_contact", "comments.prove", "comments.answers"}
BESIDES = {"staff.new_password": ("django_session", "cache")}
"""A key to a new password waits in a session while its page is shown without it, and how often it is tried is counted."""


def test_every_kind_has_a_maker():
    assert set(email.composers) <= set(MAKERS)


@pytest.fixture(params=MAKERS)
def kind(request):
    return request.param


@pytest.fixture
def raw(kind, db):
    """The mail of a kind as a mail server got it."""
    SendingPolicy.note(slow_start=False)
    with mail_server() as server:
        MAKERS[kind]()
        while email.send_due():
            pass
        work()
    return next(iter(server.messages.values()))


def read(raw):
    return message_from_bytes(raw, policy=policy.default)


def links_of(message):
    """Every address of ours in text, HTML and headers."""
    parts = [message.get_body([kind]).get_content() for kind in ("plain", "html")]
    found = re.findall(rf"{SITE}[^\s\"'<>)]*", "\n".join([*parts, message["List-Unsubscribe"] or ""]))
    return sorted(set(found))


class EveryMail:
    def test_has_no_defects(self, raw):
        message = read(raw)
        kinds = [part.get_content_type() for part in message.walk()]
        assert kinds == ["multipart/alternative", "text/plain", "text/html"]
        assert [part.defects for part in message.walk() if part.defects] == []
        assert [value.defects for part in message.walk() for value in part.values() if value.defects] == []

    def test_is_to_one_person_from_one_sender(self, raw):
        message = read(raw)
        assert [len(message.get_all(name)) for name in ("To", "From", "Subject", "Date", "Message-ID")] == [1] * 5
        assert len(message["To"].addresses) == len(message["From"].addresses) == 1
        assert message["Cc"] is message["Bcc"] is None

    def test_says_the_same_in_both_parts(self, raw):
        message = read(raw)
        text, html = (message.get_body([kind]).get_content() for kind in ("plain", "html"))
        assert len(text.split()) > 5
        assert re.search(r'<html lang="en">', html)
        assert "{{" not in text + html
        assert "{%" not in text + html

    def test_is_known_by_an_id_and_a_date(self, raw):
        message = read(raw)
        assert re.fullmatch(r"<[^<>\s@]+@cramps\.test>", message["Message-ID"])
        assert abs(parsedate_to_datetime(message["Date"]) - timezone.now()) < timedelta(minutes=1)

    def test_has_lines_that_every_server_takes(self, raw):
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert raw.partition(b"\r\n\r\n")[0].isascii()

    def test_says_how_to_leave_or_that_no_person_wrote_it(self, raw, kind):
        message = read(raw)
        assert (message["List-Unsubscribe"] is not None) == (kind in WITH_ONE_CLICK)
        if kind in WITH_ONE_CLICK:
            assert re.fullmatch(r"<https://cramps\.test/[^<>\s,]+>", message["List-Unsubscribe"])
            assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        else:
            assert message["Auto-Submitted"] == "auto-generated"
        if kind in OF_THE_LIST:
            assert message["List-Id"] == "Cramps newsletter <newsletter.cramps.test>"

    def test_has_links_that_work_and_change_nothing_however_often_they_are_pressed(self, raw, kind):
        links = links_of(read(raw))
        without = BESIDES.get(kind, ())
        before = checksum(without=without)
        answers = {}
        for link in [*links, *links]:
            parts = urlsplit(link)
            for method in ("get", "head"):
                answer = getattr(Client(), method)(f"{parts.path}?{parts.query}" if parts.query else parts.path)
                answers[link, method] = answer.status_code
        assert checksum(without=without) == before
        assert links
        assert {link: status for link, status in answers.items() if status not in (200, 302)} == {}
