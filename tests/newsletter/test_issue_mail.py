"""The mail of an issue as it arrives: taken from a real mail server and read as a mail program reads it."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from itertools import count

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from cramps_site.lib import smtp
from newsletter import checking, composing, links
from newsletter.models import Issue, Subscriber
from tests.factories import make_article, make_image, make_issue
from tests.mail_server import mail_server
from tests.newsletter.issues import make_ready, make_subscribers, work

INTRODUCTION = (
    """Dear parents, **warm socks** help – so says [this](/articles/night-cramps/).

.hidden dot, and a very long word: """
    + "Donaudampfschifffahrt" * 60
)


@pytest.fixture
def arrived(db):
    """{address: the message as bytes} of an issue that went to three people."""
    article = make_article(slug="night-cramps", title="Krämpfe & <Socken>", summary="Why they come at night. " * 20)
    make_subscribers("one@example.org", "two@example.org", "three@bücher.example")
    make_ready(article, introduction=INTRODUCTION, preheader="Warm, dry, stretched", subject="Nächte \r\n ohne Krampf")
    with mail_server() as server:
        assert work() == 3
    return server.messages


def read(message):
    return message_from_bytes(message, policy=policy.default)


def part(message, kind):
    return lines(read(message).get_body([kind]).get_content())


class AnArrivedMail:
    def test_has_no_defects(self, arrived):
        for raw in arrived.values():
            message = read(raw)
            assert [each.get_content_type() for each in message.walk()] == [
                "multipart/alternative",
                "text/plain",
                "text/html",
            ]
            for each in message.walk():
                assert each.defects == []
                assert [value.defects for value in each.values() if value.defects] == []

    def test_has_lines_that_every_server_takes(self, arrived):
        for raw in arrived.values():
            head, _, body = raw.partition(b"\r\n\r\n")
            assert b"\n" not in raw.replace(b"\r\n", b"")
            assert b"\r" not in raw.replace(b"\r\n", b"")
            assert max(map(len, head.split(b"\r\n"))) <= 998
            assert max(map(len, body.split(b"\r\n"))) <= 76
            assert raw.isascii()

    def test_is_to_one_person_and_names_no_other(self, arrived):
        for address, raw in arrived.items():
            message = read(raw)
            assert [each.addr_spec for each in message["To"].addresses] == [address]
            assert len(message.get_all("To")) == 1
            assert message["Cc"] is message["Bcc"] is None
            others = arrived.keys() - {address}
            assert not [other for other in others if other.encode() in raw]

    def test_says_what_mail_programs_look_for(self, arrived):
        for raw in arrived.values():
            message = read(raw)
            assert message["Subject"] == "Nächte ohne Krampf"
            assert message["From"].addresses[0].addr_spec == "post@cramps.test"
            assert re.fullmatch(r"Cramps newsletter <newsletter\.cramps\.test>", message["List-Id"])
            assert re.fullmatch(r"<https://cramps\.test/[^<>\s,]+>", message["List-Unsubscribe"])
            assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            assert abs(parsedate_to_datetime(message["Date"]) - timezone.now()) < timedelta(minutes=1)
            assert message["MIME-Version"] == "1.0"
            # Some mail programs do not look at the next line.
            assert re.search(rb"\r\nList-Unsubscribe: <https://\S+>\r\n", raw)

    def test_is_known_by_a_message_id_of_its_own(self, arrived):
        ids = {read(raw)["Message-ID"] for raw in arrived.values()}
        assert len(ids) == 3
        for address, raw in arrived.items():
            delivery = composing.delivery_of(read(raw)["Message-ID"])
            assert smtp.envelope(delivery.subscriber.email) == address

    def test_has_the_recipients_own_links_and_no_others(self, arrived):
        for address, raw in arrived.items():
            subscriber = next(each for each in Subscriber.objects.all() if smtp.envelope(each.email) == address)
            own = {links.unsubscribe_url(subscriber), links.preferences_url(subscriber)}
            issue, site = Issue.objects.get(), "https://cramps.test"
            common = {site + "/articles/night-cramps/", site + issue.get_absolute_url()}
            assert set(re.findall(r'href="([^"]*)"', part(raw, "html"))) == own | common
            assert set(re.findall(r"https?://\S+?(?=[\s)]|$)", part(raw, "plain"))) == own | common
            assert read(raw)["List-Unsubscribe"][1:-1] in own
            assert composing.LEAVE.encode() not in raw

    def test_watches_nobody(self, arrived):
        for raw in arrived.values():
            html = part(raw, "html")
            assert not re.findall(r"<(?:img|script|link|iframe|object|embed|video|audio)\b", html)
            assert not re.findall(r"url\(|@import|\bsrc=|\bbackground=|<meta[^>]+refresh", html)

    def test_says_its_language_and_can_be_read_without_html(self, arrived):
        for raw in arrived.values():
            assert re.search(r'<html lang="en">', part(raw, "html"))
            text = part(raw, "plain")
            assert "Krämpfe & <Socken>" in text
            assert "warm socks help – so says this (https://cramps.test/articles/night-cramps/)." in text
            assert "\n.hidden dot" in text
            assert not re.search(r"</?\w+>|&\w+;", text.replace("<Socken>", ""))

    def test_is_what_a_letter_of_djangos_would_say(self, arrived):
        issue = Issue.objects.get()
        for delivery in issue.deliveries.select_related("subscriber"):
            personal = composing.personal(delivery.subscriber, composing.message_mark(delivery))
            letter = composing.frozen(issue).letter(personal).message().as_bytes()
            raw = arrived[personal.to]
            for kind in ("plain", "html"):
                assert part(raw, kind) == part(letter, kind)
            same = {"Subject", "From", "To", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}
            assert {read(raw)[name] for name in same} == {read(letter)[name] for name in same}
            assert set(read(raw).keys()) == set(read(letter).keys())


@pytest.mark.django_db
class AnIssue:
    def test_of_which_mail_programs_would_cut_the_end_off_has_a_problem(self):
        issue = make_issue(frozen_at=None, introduction="Socks. " * 20_000)
        assert [sentence for sentence in checking.problems(issue) if "100 kB" in sentence]
        issue.introduction = "Socks. " * 5_000
        assert not [sentence for sentence in checking.problems(issue) if "100 kB" in sentence]

    def test_shows_a_picture_of_an_article_from_the_site_alone(self):
        article = make_article(lead_image=make_image(), lead_image_alt="Socks")
        issue = make_issue(article, frozen_at=None, introduction="Socks.")
        for source in re.findall(r'src="([^"]*)"', composing.render(issue).html):
            assert source.startswith("https://cramps.test/")

    def test_may_quote_the_marks_that_it_is_made_with(self):
        marks = " ".join([composing.TO, composing.MESSAGE_ID, composing.DATE])
        rendering = composing.Rendering("Socks", f"<p>{marks}</p>\n", marks + "\n")
        message = composing.Pressed(rendering).message(PERSONAL)
        assert part(message, "plain") == marks + "\n"


PERSONAL = composing.Personal(
    "parent@example.org",
    "<1.2.0123456789abcdef@cramps.test>",
    "Tue, 24 Nov 2026 09:00:00 +0100",
    "https://cramps.test/newsletter/unsubscribe/1234567.AbC-_d=ef9012345678901234567890123456789012345/",
    "https://cramps.test/newsletter/preferences/1234567.AbC-_def=012345678901234567890123456789012345/",
)
NOISE = [
    ".",
    "..",
    "\n.",
    "\n.\n",
    "\r\n.\r\n",
    "\r\nBcc: a@b.org\r\n",
    "=",
    "=3D",
    "=\n",
    " \n",
    "\t\n",
    "é" * 90,
    "x" * 1200,
]
PIECES = st.lists(
    st.one_of(st.text(max_size=40), st.sampled_from([*NOISE, composing.LEAVE, composing.PREFERENCES])), max_size=12
).map("".join)
SUBJECTS = st.lists(st.one_of(st.text(max_size=30), st.sampled_from(NOISE[:-2])), max_size=5).map("".join)


@pytest.fixture(scope="module")
def through():
    """A function that sends a message through a mail server and gives what arrived."""
    with mail_server() as server:
        line, numbers = smtp.Line(), count()

        def send(content):
            address = f"parent-{next(numbers)}@example.org"
            parcel = smtp.Parcel(1, "post@cramps.test", address, lambda: content)
            smtp.hand_over([parcel], [line], start=lambda accepted, following: set(following), refuse=None, doubt=None)
            return server.messages[address]

        yield send
        line.close()


@pytest.mark.any_database
@given(subject=SUBJECTS, text=PIECES, html=PIECES)
@example(subject="", text="", html="")
@example(subject="a\r\nBcc: b@c.org", text=composing.LEAVE * 5, html="." + composing.PREFERENCES)
@example(subject="ß" * 150, text="x" * 75 + composing.LEAVE, html="é" * 24 + composing.LEAVE + " \n")
def test_texts_arrive_as_they_were_written(through, subject, text, html):
    rendering = composing.frozen(Issue(subject=subject, text=text + "\n", html=html + "\n"))
    arrived = through(composing.Pressed(rendering).message(PERSONAL))
    letter = rendering.letter(PERSONAL).message().as_bytes()
    for kind, written in (("plain", rendering.text), ("html", rendering.html)):
        assert part(arrived, kind) == lines(PERSONAL.merge(written)) == part(letter, kind)
    assert read(arrived)["Subject"] == read(letter)["Subject"]
    assert sorted(read(arrived).keys()) == sorted(read(letter).keys())
    assert read(arrived)["Bcc"] is None
    assert max(map(len, arrived.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
    assert max(map(len, arrived.split(b"\r\n"))) <= 998


def lines(text):
    """A text in which a line ends in one way: a mail knows no other."""
    return re.sub(r"\r\n?", "\n", text)
