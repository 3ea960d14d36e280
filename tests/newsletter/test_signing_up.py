import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from cramps_site.lib import email
from cramps_site.lib.address import normalise
from newsletter import links
from newsletter.models import Consent, Subscriber, Suppression
from newsletter.subscribing import forget_unconfirmed
from tests.factories import make_subscriber
from tests.posting import BROWSER, sign_up

pytestmark = pytest.mark.django_db


def mailed():
    """The mails that a worker sends now."""
    mail.outbox.clear()
    email.send_due()
    return mail.outbox


def link_in(message, kind):
    return re.search(rf"https://cramps.test(/newsletter/{kind}/\S+)", message.body)[1]


class SigningUp:
    def test_sends_one_mail_with_a_link_and_nothing_else_yet(self, client):
        answer = sign_up(client)
        assert (answer.status_code, answer["Location"]) == (303, "/newsletter/asked/")
        [message] = mailed()
        assert message.to == ["parent@example.org"]
        assert link_in(message, "confirm")
        assert not Subscriber.objects.get().is_active

    def test_keeps_the_wording_that_was_agreed_to(self, client):
        sign_up(client)
        consent = Consent.objects.get()
        assert (consent.fact, consent.wording) == ("asked", Consent.OFFER)

    def test_a_thousand_times_from_a_thousand_places_sends_one_mail(self, client):
        answers = set()
        for number in range(1000):
            answer = sign_up(client, address=f"198.51.{number // 250}.{number % 250}")
            answers.add((answer.status_code, answer["Location"], answer.content, answer.cookies["asked"].value))
        assert len(answers) == 1
        assert len(mailed()) == 1
        assert Subscriber.objects.get().asks == 1000

    def test_again_the_next_day_sends_another(self, client):
        with time_machine.travel(timezone.now(), tick=False) as clock:
            sign_up(client)
            assert len(mailed()) == 1
            clock.shift(timedelta(hours=23, minutes=59))
            sign_up(client)
            assert len(mailed()) == 0
            clock.shift(timedelta(minutes=2))
            sign_up(client)
            assert len(mailed()) == 1

    @pytest.mark.parametrize("other", ["PARENT@Example.ORG", "parent@EXAMPLE.org "])
    def test_in_other_letters_is_the_same_person(self, client, other):
        sign_up(client)
        sign_up(client, other)
        assert Subscriber.objects.count() == 1
        assert len(mailed()) == 1

    def test_answers_alike_for_new_known_left_and_suppressed_addresses(self, client):
        make_subscriber("known@example.org", asked_at=timezone.now() - timedelta(days=9))
        make_subscriber("left@example.org", asked_at=timezone.now() - timedelta(days=9), left_at=timezone.now())
        Suppression.objects.create(address_hash=Suppression.hash_of("never@example.org"), reason="denied")
        kinds = ["new", "known", "left", "never"]
        answers = {sign_up(client, f"{kind}@example.org").serialize_headers().split(b"\r\n")[0] for kind in kinds}
        assert len(answers) == 1
        sent = {message.to[0]: message.subject for message in mailed()}
        assert sent == {
            "new@example.org": "Confirm your Cramps newsletter",
            "known@example.org": "You already get the Cramps newsletter",
            "left@example.org": "Confirm your Cramps newsletter",
        }

    def test_always_writes_so_that_every_answer_waits_for_a_commit(self, client):
        sign_up(client)
        sign_up(client)
        assert Subscriber.objects.get().asks == 2

    def test_with_no_address_is_answered_with_a_sentence(self, client):
        answer = sign_up(client, "parent@")
        assert answer.status_code == 422
        assert "name@example.org" in answer.content.decode()
        assert 'value="parent@"' in answer.content.decode()

    def test_of_many_addresses_from_one_place_must_wait(self, client):
        answers = [sign_up(client, f"parent-{n}@example.org").status_code for n in range(21)]
        assert answers == [303] * 20 + [429]
        assert sign_up(client, address="192.0.2.9").status_code == 303

    def test_by_a_machine_that_fills_hidden_fields_sends_nothing(self, client):
        assert sign_up(client, website="x").status_code == 303
        assert Subscriber.objects.count() == 0

    @pytest.mark.parametrize(
        "address", ["a@b.org\r\nBcc: x@y.org", "a@b.org,c@d.org", "a@b.org c@d.org", "<a@b.org>\n"]
    )
    def test_never_adds_a_recipient_or_a_header(self, client, address):
        sign_up(client, address)
        for message in mailed():
            assert len(message.recipients()) == 1
            assert "Bcc" not in message.message()

    def test_puts_no_word_of_the_asker_into_the_mail(self, client):
        sign_up(client, name="Buy now", message="at example.test", topics="999")
        assert all("example.test" not in str(message.message()) for message in mailed())


class TheMail:
    @pytest.fixture
    def parsed(self, client):
        sign_up(client)
        [message] = mailed()
        return message_from_bytes(message.message().as_bytes(), policy=policy.default)

    def test_has_no_defects_and_every_header(self, parsed):
        assert not parsed.defects
        assert parsed["To"] == "parent@example.org"
        assert parsed["List-Id"] == "Cramps newsletter <newsletter.cramps.test>"
        assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.fullmatch(r"<https://cramps\.test/newsletter/unsubscribe/[^<>\s]+>", parsed["List-Unsubscribe"])
        assert parsed["Message-ID"].endswith("@cramps.test>")
        assert parsed["Date"].datetime
        assert all(len(line) <= 998 for line in parsed.as_bytes().splitlines())

    def test_says_the_same_as_text_and_as_html(self, parsed):
        text = parsed.get_body(["plain"]).get_content()
        html = parsed.get_body(["html"]).get_content()
        for kind in ("confirm", "unsubscribe"):
            link = re.search(rf"https://cramps.test/newsletter/{kind}/\S+", text)[0]
            assert link in html
        assert "prefers-color-scheme" in html


class Confirming:
    @pytest.fixture
    def link(self, client):
        sign_up(client)
        [message] = mailed()
        return link_in(message, "confirm")

    def test_takes_one_press_of_a_button(self, client, link):
        client.cookies.clear()
        page = client.get(link).content.decode()
        assert "data-submits-itself" not in page
        assert "Yes, send me the newsletter" in page
        client.post(link, headers=BROWSER)
        assert Subscriber.objects.get().is_active
        assert list(Consent.objects.values_list("fact", flat=True)) == ["asked", "confirmed"]

    def test_presses_itself_in_the_browser_that_asked(self, client, link):
        assert "data-submits-itself" in client.get(link).content.decode()

    def test_does_not_press_itself_in_a_browser_that_asked_for_another(self, client, link):
        sign_up(client, "somebody@else.example")
        assert "data-submits-itself" not in client.get(link).content.decode()

    def test_is_not_done_by_looking(self, client, link):
        for _ in range(2):
            client.get(link)
            client.head(link)
        assert not Subscriber.objects.get().is_active

    def test_twice_is_once(self, client, link):
        client.post(link, headers=BROWSER)
        assert client.post(link, headers=BROWSER).status_code == 200
        assert Consent.objects.filter(fact="confirmed").count() == 1

    def test_is_refused_from_another_site(self, client, link):
        assert client.post(link, headers={"sec-fetch-site": "cross-site"}).status_code == 403
        assert not Subscriber.objects.get().is_active

    def test_lapses_after_seven_days(self, client, link):
        with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
            assert client.post(link, headers=BROWSER).status_code == 410

    def test_by_an_old_link_does_not_bring_back_who_left(self, client, link):
        client.post(link, headers=BROWSER)
        Subscriber.objects.get().leave()
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            sign_up(client)
            assert client.post(link, headers=BROWSER).status_code == 410
        assert not Subscriber.objects.get().is_active

    def test_brings_back_who_left_and_asked_again(self, client, link):
        client.post(link, headers=BROWSER)
        Subscriber.objects.get().leave()
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            sign_up(client)
            client.post(link_in(mailed()[0], "confirm"), headers=BROWSER)
        assert Subscriber.objects.get().is_active

    def test_the_cookie_is_for_the_confirmation_alone(self, client):
        cookie = sign_up(client).cookies["asked"]
        assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/newsletter/confirm/", "Lax", 3600)
        assert cookie["httponly"]
        assert cookie["secure"]


class Leaving:
    def test_is_one_press_of_a_button(self, client):
        subscriber = make_subscriber()
        link = links.unsubscribe_url(subscriber).removeprefix("https://cramps.test")
        assert "Leave the newsletter?" in client.get(link).content.decode()
        assert client.post(link).status_code == 200
        subscriber.refresh_from_db()
        assert not subscriber.is_active

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
    def test_by_a_mail_program_needs_no_cookie_and_no_origin(self, client, kind):
        subscriber = make_subscriber()
        url = links.unsubscribe_url(subscriber).removeprefix("https://cramps.test")
        body = "List-Unsubscribe=One-Click"
        if kind.startswith("multipart"):
            body = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
        for _ in range(2):
            answer = client.generic("POST", url, body, content_type=kind, headers={"sec-fetch-site": "cross-site"})
            assert answer.status_code == 200
            assert not answer.cookies
        assert not Subscriber.objects.active().exists()
        assert Consent.objects.filter(fact="left").count() == 1

    def test_is_not_done_by_looking(self, client):
        subscriber = make_subscriber()
        url = links.unsubscribe_url(subscriber).removeprefix("https://cramps.test")
        for _ in range(2):
            client.get(url)
            client.head(url)
        assert Subscriber.objects.active().get() == subscriber

    def test_works_years_later_and_after_erasure(self, client):
        subscriber = make_subscriber()
        url = links.unsubscribe_url(subscriber).removeprefix("https://cramps.test")
        with time_machine.travel(timezone.now() + timedelta(days=5 * 365)):
            assert client.post(url).status_code == 200
            subscriber.delete()
            assert client.post(url).status_code == 200

    @pytest.mark.parametrize("token", ["1", "1.x", "..", "é", "1." + "a" * 43])
    def test_is_not_for_whoever_guesses(self, client, token):
        make_subscriber()
        assert client.post(f"/newsletter/unsubscribe/{token}/").status_code == 404
        assert Subscriber.objects.active().count() == 1

    def test_before_confirming_means_that_it_was_somebody_else(self, client):
        sign_up(client)
        client.post(link_in(mailed()[0], "unsubscribe"))
        assert Subscriber.objects.count() == 0
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            sign_up(client)
            assert mailed() == []


def test_who_never_confirmed_is_forgotten():
    make_subscriber(confirmed_at=None, asked_at=timezone.now() - timedelta(days=15))
    kept = make_subscriber(asked_at=timezone.now() - timedelta(days=15))
    forget_unconfirmed()
    assert Subscriber.objects.get() == kept


@pytest.mark.parametrize(
    ("typed", "known_as"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada+cramps@example.org", "ada+cramps@example.org"),
    ],
)
def test_an_address_is_known_by_one_form(typed, known_as):
    assert normalise(typed) == known_as
