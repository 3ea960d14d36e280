"""Addresses: nothing is told to one that its owner has not confirmed, and no rule trusts one that is only typed."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from comments import contacts, links
from comments.models import Comment, Contact, Policy
from cramps_site.lib.email import composers, send_due
from cramps_site.lib.models import OutgoingMail
from tests.factories import make_article, make_comment, make_contact, make_staff
from tests.posting import BROWSER, post_comment

pytestmark = pytest.mark.django_db
ADDRESS = "parent@example.org"


@pytest.fixture
def article():
    return make_article()


def post_with_address(client, article, body="Warm socks helped us.", **fields):
    post_comment(client, article, body, email=ADDRESS, **fields)
    return Comment.objects.latest("pk")


def path(link):
    return link.removeprefix("https://cramps.test")


class AskingForAnswers:
    def test_queues_one_mail_a_day_whatever_is_posted(self, client, article):
        for number in range(4):
            post_with_address(client, article, f"Story {number}.", notify="on", address=f"192.0.2.{number}")
        assert OutgoingMail.objects.get().kind == "comments.confirm_contact"
        with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
            post_with_address(client, article, "Story 5.", notify="on")
        assert OutgoingMail.objects.count() == 2

    def test_puts_no_word_of_the_visitor_into_the_mail(self, client, article):
        post_with_address(client, article, "canary words", notify="on", name="Canary")
        message = composers["comments.confirm_contact"](Contact.objects.get().pk)
        assert "canary" not in str(message.message()).lower()
        assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_needs_an_address(self, client, article):
        answer = post_comment(client, article, notify="on")
        assert answer.status_code == 422
        assert "Give an email address" in answer.text

    def test_without_ticking_it_mails_nobody(self, client, article):
        post_with_address(client, article)
        assert not OutgoingMail.objects.exists()

    def test_is_confirmed_by_a_press_and_not_by_a_look(self, client):
        contact = make_contact(confirmed_at=None)
        link = path(links.contact_url("confirm_contact", contact))
        client.get(link)
        client.head(link)
        assert not Contact.objects.active().exists()
        assert "will be mailed to you" in client.post(link, headers=BROWSER).text
        assert Contact.objects.active().exists()

    def test_is_stopped_by_a_press_from_anywhere_for_years(self, client):
        contact = make_contact()
        link = path(links.contact_url("stop_contact", contact))
        client.get(link)
        assert Contact.objects.active().exists()
        with time_machine.travel(timezone.now() + timedelta(days=3 * 365)):
            for _ in range(2):
                answer = client.post(
                    link, {"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"}
                )
                assert answer.status_code == 200
        assert not Contact.objects.active().exists()

    def test_by_a_link_of_another_purpose_does_nothing(self, client):
        contact = make_contact()
        token = path(links.contact_url("stop_contact", contact)).split("/")[-2]
        assert client.post(f"/comments/answers/confirm/{token}/", headers=BROWSER).status_code == 404


class TellingOfAnswers:
    @pytest.fixture
    def asked(self, article):
        contact = make_contact(told_until=timezone.now() - timedelta(days=2))
        return make_comment(article=article, contact=contact, notify=True, status="approved")

    def answer(self, comment, **fields):
        answer = make_comment(article=comment.article, parent=comment, body="canary words", **fields)
        answer.approve(by=make_staff("moderator"))
        return answer

    def test_is_once_a_day_and_without_their_words(self, asked, mailoutbox):
        first, second = self.answer(asked), self.answer(asked)
        contacts.tell_answers()
        self.answer(asked)
        contacts.tell_answers()
        send_due()
        (message,) = mailoutbox
        assert message.to == [asked.contact.email]
        assert message.subject.startswith("2 answers to your comments")
        text = str(message.message())
        assert "canary" not in text
        assert first.get_absolute_url() in text
        assert second.get_absolute_url() in text
        with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
            contacts.tell_answers()
            assert OutgoingMail.objects.open().count() == 1

    def test_is_at_once_for_who_wants_it(self, asked):
        Contact.objects.update(told_until=timezone.now() - timedelta(minutes=5))
        Comment.objects.filter(pk=asked.pk).update(at_once=True)
        self.answer(asked)
        contacts.tell_answers()
        assert OutgoingMail.objects.count() == 1

    def test_is_at_once_about_that_comment_alone(self, asked):
        Contact.objects.update(told_until=timezone.now() - timedelta(minutes=5))
        make_comment(article=asked.article, contact=asked.contact, notify=True, at_once=True, status="approved")
        make_comment(article=asked.article, contact=make_contact(), notify=True, at_once=True, status="approved")
        self.answer(asked)
        contacts.tell_answers()
        assert not OutgoingMail.objects.exists()

    def test_never_reaches_an_address_that_was_only_typed_or_has_stopped(self, asked):
        self.answer(asked)
        Contact.objects.update(confirmed_at=None)
        contacts.tell_answers()
        Contact.objects.update(confirmed_at=timezone.now(), stopped_at=timezone.now())
        contacts.tell_answers()
        assert not OutgoingMail.objects.exists()

    def test_leaves_out_pending_answers_and_ones_own(self, asked):
        make_comment(article=asked.article, parent=asked)
        self.answer(asked, contact=asked.contact)
        contacts.tell_answers()
        assert not OutgoingMail.objects.exists()

    def test_says_nothing_of_what_was_taken_away_meanwhile(self, asked):
        answer = self.answer(asked)
        contacts.tell_answers()
        answer.spam(by=make_staff("moderator"))
        assert composers["comments.answers"](asked.contact_id) is None

    def test_goes_to_whom_a_reply_on_the_third_level_names(self, asked):
        second = self.answer(asked)
        third = make_comment(
            article=asked.article, parent=second, contact=asked.contact, notify=True, status="approved"
        )
        reply = make_comment(article=asked.article, **third.place_of_answer())
        reply.approve(by=make_staff("moderator"))
        assert reply.answers == third
        assert reply.level == 3
        contacts.tell_answers()
        assert OutgoingMail.objects.count() == 1

    def test_tells_of_an_answer_whose_version_nobody_knows(self, asked):
        self.answer(asked)
        Comment.objects.update(version=None)
        contacts.tell_answers()
        letter = contacts.compose_answers(asked.contact_id)
        assert asked.article.live_version().title in letter.body

    def test_tells_nothing_of_an_answer_that_nobody_can_read(self, asked):
        self.answer(asked)
        asked.article.retire(by=None)
        contacts.tell_answers()
        assert contacts.compose_answers(asked.contact_id) is None


class TheSwitchOnThePrivatePage:
    @pytest.fixture
    def comment(self):
        return make_comment(email=ADDRESS, contact=make_contact(email=ADDRESS), notify=True)

    def press(self, client, comment, pace):
        url = links.status_url(comment) + "answers/"
        answer = client.post(url, {"pace": pace}, headers=BROWSER)
        assert answer["Location"] == links.status_url(comment) + "#answers"
        comment.refresh_from_db()
        return comment.pace

    def pressed(self, client, comment):
        page = client.get(links.status_url(comment)).content.decode()
        return re.findall(r'value="(\w+)" aria-pressed="true"', page)

    def test_shows_how_soon_its_writer_is_told_and_changes_it(self, client, comment):
        assert self.pressed(client, comment) == ["daily"]
        for pace in ("at_once", "never", "daily"):
            assert self.press(client, comment, pace) == pace
            assert self.pressed(client, comment) == [pace]

    def test_stops_the_mail_about_this_comment_and_no_other(self, client, comment):
        comments = [make_comment(parent=comment, article=comment.article)]
        other = make_comment(contact=comment.contact, notify=True)
        self.press(client, comment, "never")
        comments += [make_comment(parent=other, article=other.article)]
        Contact.objects.update(told_until=timezone.now() - timedelta(days=2))
        for answer in comments:
            answer.approve(by=make_staff("moderator"))
        contact = Contact.objects.active().get()
        told = contacts.answers_to(contact, contact.told_until, timezone.now())
        assert list(told) == comments[1:]

    def test_asks_the_owner_of_an_address_first_and_once_a_day(self, client):
        comment = make_comment(email=ADDRESS)
        for pace in ("at_once", "daily", "never", "at_once"):
            self.press(client, comment, pace)
        assert OutgoingMail.objects.get().kind == "comments.confirm_contact"
        assert not Contact.objects.active().exists()

    def test_says_nothing_of_what_the_owner_of_the_address_chose(self, client, comment):
        known = client.get(links.status_url(comment)).content.decode()
        Contact.objects.update(confirmed_at=None)
        assert client.get(links.status_url(comment)).content.decode() == known

    def test_is_not_there_without_an_address_or_after_a_refusal(self, client, comment):
        nobody, refused = make_comment(), make_comment(email=ADDRESS, status="rejected")
        for without in (nobody, refused):
            assert self.pressed(client, without) == []
            assert self.press(client, without, "at_once") == "never"

    def test_changes_nothing_by_a_word_that_it_does_not_know(self, client, comment):
        assert self.press(client, comment, "hourly") == "daily"


class Trust:
    @pytest.fixture
    def contact(self):
        Policy.objects.filter(pk=1).update(trust_after=2)
        return make_contact(email=ADDRESS)

    def said_before(self, contact, number=2, **fields):
        for _ in range(number):
            make_comment(**{"contact": contact, "proven_at": timezone.now(), "status": "approved", **fields})

    def prove(self, client, comment):
        client.post(path(links.prove_url(comment)), headers=BROWSER)
        return Comment.objects.get(pk=comment.pk).status

    def test_publishes_a_proven_comment_of_who_was_approved_often_enough(self, client, article, contact):
        self.said_before(contact)
        comment = post_with_address(client, article)
        assert comment.status == "pending"
        assert OutgoingMail.objects.get().kind == "comments.prove"
        client.get(path(links.prove_url(comment)))
        assert Comment.objects.get(pk=comment.pk).status == "pending"
        assert self.prove(client, comment) == "approved"
        assert comment.decisions.get().act == "trust"

    def test_is_never_won_by_typing_an_address(self, client, article, contact):
        self.said_before(contact)
        assert post_with_address(client, article).status == "pending"

    def test_is_off_until_the_publisher_switches_it_on(self, client, article, contact):
        Policy.objects.filter(pk=1).update(trust_after=0)
        self.said_before(contact, 9)
        comment = post_with_address(client, article)
        assert not OutgoingMail.objects.exists()
        assert self.prove(client, comment) == "pending"

    @pytest.mark.parametrize(
        "body", ["Give 5 ml of ibuprofen twice.", "See https://example.com/offer", "his lips are blue"]
    )
    def test_never_publishes_what_something_was_found_in(self, client, article, contact, body):
        self.said_before(contact)
        assert self.prove(client, post_with_address(client, article, body)) == "pending"

    def test_counts_no_comment_that_was_not_proven(self, client, article, contact):
        self.said_before(contact, proven_at=None)
        assert self.prove(client, post_with_address(client, article)) == "pending"

    def test_ends_with_the_first_refusal(self, client, article, contact):
        self.said_before(contact)
        self.said_before(contact, 1, status="rejected")
        assert self.prove(client, post_with_address(client, article)) == "pending"
