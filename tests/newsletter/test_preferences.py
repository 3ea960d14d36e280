"""What a subscriber decides by the link in each mail, without a password."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cramps_site.lib import email
from cramps_site.lib.models import OutgoingMail
from newsletter import links
from newsletter.models import Consent, Delivery, State, Subscriber, Suppression
from newsletter.models.subscribers import months_after
from tests.factories import make_issue, make_subscriber, make_topic
from tests.posting import BROWSER, sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscriber():
    return make_subscriber("parent@example.org")


def page_of(subscriber, step=""):
    return links.preferences_url(subscriber).removeprefix("https://cramps.test") + step


def press(subscriber, step="", **data):
    answer = Client().post(page_of(subscriber, step), data, headers=BROWSER)
    if Subscriber.objects.filter(pk=subscriber.pk).exists():
        subscriber.refresh_from_db()
    return answer


class Choosing:
    def test_topics_and_frequency_is_one_press(self, subscriber):
        sleep, sport = make_topic(slug="sleep"), make_topic(slug="sport")
        answer = press(subscriber, topics=["sleep"], frequency="each")
        assert answer.status_code == 303
        assert (list(subscriber.topics.all()), subscriber.frequency) == ([sleep], "each")
        assert "Saved." in Client().get(answer["Location"]).text
        press(subscriber, topics=[], frequency="weekly")
        assert not subscriber.topics.exists() and sport

    def test_shows_what_is_chosen_now(self, subscriber):
        subscriber.topics.add(make_topic(slug="sleep"))
        text = Client().get(page_of(subscriber)).text
        assert text.count("checked") == 2
        assert "parent@example.org" in text

    def test_what_does_not_exist_is_refused_and_the_rest_stays_on_the_page(self, subscriber):
        make_topic(slug="sleep")
        answer = press(subscriber, topics=["sleep", "gone"], frequency="each")
        assert answer.status_code == 422
        assert "There is no such topic any more." in answer.text
        assert answer.text.count("checked") == 2
        assert subscriber.frequency == "weekly"

    def test_by_the_link_of_somebody_else_is_theirs_alone(self, subscriber):
        other = make_subscriber()
        press(other, frequency="each", email="x@example.org", pk=subscriber.pk, id=subscriber.pk)
        subscriber.refresh_from_db()
        assert (subscriber.frequency, other.frequency, other.email != "x@example.org") == ("weekly", "each", True)

    @pytest.mark.parametrize("step", ["", "pause/", "erase/", "return/", "copy/"])
    def test_takes_a_link_that_is_ours(self, subscriber, step):
        for token in ("1", "1.x", links.unsubscribe_token(subscriber), "é"):
            for method in ("get", "post"):
                answer = getattr(Client(), method)(f"/newsletter/preferences/{token}/{step}", headers=BROWSER)
                assert answer.status_code in (404, 405)

    def test_works_years_later_and_by_a_key_of_old(self, subscriber, settings):
        url = page_of(subscriber)
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-" * 8, [settings.SECRET_KEY]
        with time_machine.travel(timezone.now() + timedelta(days=5 * 365)):
            assert Client().get(url).status_code == 200

    @pytest.mark.parametrize("step", ["", "erase/", "copy/"])
    def test_is_not_done_by_looking(self, subscriber, step):
        before = Subscriber.objects.values().get()
        for method in ("get", "head"):
            answer = getattr(Client(), method)(page_of(subscriber, step), {"frequency": "each", "months": "3"})
            assert "no-store" in answer["Cache-Control"] and answer["X-Robots-Tag"] == "noindex"
        assert Subscriber.objects.values().get() == before

    @pytest.mark.parametrize("step", ["", "pause/", "erase/", "return/"])
    def test_is_not_done_by_another_site(self, subscriber, step):
        before = Subscriber.objects.values().get()
        answer = Client().post(
            page_of(subscriber, step), {"frequency": "each"}, headers={"origin": "https://evil.test"}
        )
        assert (answer.status_code, Subscriber.objects.values().get()) == (403, before)


class Pausing:
    @pytest.mark.parametrize(("months", "days"), [("1", (28, 31)), ("3", (89, 92))])
    def test_sends_nothing_until_it_is_over(self, subscriber, months, days):
        press(subscriber, "pause/", months=months)
        assert (subscriber.state, subscriber.is_active) == (State.PAUSED, True)
        for count, reached in zip(days, (False, True), strict=True):
            at = timezone.now() + timedelta(days=count, hours=-1 if not reached else 1)
            assert Subscriber.objects.reachable(at).exists() == reached

    def test_takes_back_what_is_waiting_to_be_sent(self, subscriber):
        delivery = Delivery.objects.create(issue=make_issue(), subscriber=subscriber)
        press(subscriber, "pause/", months="1")
        delivery.refresh_from_db()
        assert delivery.skipped_at

    def test_ends_by_a_press(self, subscriber):
        subscriber.pause(3)
        assert "Go on now" in Client().get(page_of(subscriber)).text
        press(subscriber, "pause/")
        assert subscriber.state == State.CONFIRMED

    def test_for_any_other_time_is_none(self, subscriber):
        press(subscriber, "pause/", months="1200")
        assert subscriber.state == State.CONFIRMED

    @pytest.mark.parametrize(("day", "months", "later"), [(31, 1, (11, 30)), (15, 3, (1, 15)), (31, 4, (2, 28))])
    def test_keeps_to_the_calendar(self, day, months, later):
        moment = months_after(datetime(2026, 10, day, tzinfo=UTC), months)
        assert (moment.month, moment.day) == later


class Leaving:
    def test_is_one_press_there_too(self, subscriber):
        text = Client().get(page_of(subscriber)).text
        leave = links.unsubscribe_url(subscriber).removeprefix("https://cramps.test")
        assert f'action="{leave}"' in text

    def test_shows_that_they_left_and_offers_to_come_back(self, subscriber):
        subscriber.leave()
        text = Client().get(page_of(subscriber)).text
        assert "You have left" in text and "Come back" in text
        assert "frequency" not in text

    def test_says_on_coming_back_that_a_mail_went_out_today_already(self, subscriber):
        subscriber.leave()
        Subscriber.objects.update(asked_at=timezone.now())
        answer = press(subscriber, "return/")
        assert "went out to" in Client().get(answer["Location"]).text
        assert "today already" in Client().get(answer["Location"]).text

    def test_is_ended_by_nothing_but_a_link_in_a_new_mail(self, subscriber):
        subscriber.leave()
        Subscriber.objects.update(asked_at=timezone.now() - timedelta(days=2))
        press(subscriber, frequency="each")
        press(subscriber, "pause/")
        assert press(subscriber, "return/")["Location"] == "/newsletter/asked/"
        assert subscriber.state == State.LEFT
        mail.outbox.clear()
        email.send_due()
        assert [message.subject for message in mail.outbox] == ["Confirm your Cramps newsletter"]
        Client().post(f"/newsletter/confirm/{links.confirm_token(subscriber)}/", headers=BROWSER)
        subscriber.refresh_from_db()
        assert subscriber.state == State.CONFIRMED

    def test_is_ended_in_the_same_way_for_who_was_unreachable(self, subscriber):
        Subscriber.objects.update(bounced_at=timezone.now())
        assert "Come back" in Client().get(page_of(subscriber)).text
        assert Subscriber.objects.get().confirm()
        assert Subscriber.objects.active().exists()

    def test_after_a_complaint_is_for_good(self, subscriber):
        Subscriber.objects.update(complained_at=timezone.now(), left_at=timezone.now())
        assert "Come back" not in Client().get(page_of(subscriber)).text
        assert not Subscriber.objects.get().confirm()


class TheCopy:
    def test_is_the_receipt_of_what_was_agreed_and_what_was_sent(self, client):
        sign_up(client)
        subscriber = Subscriber.objects.get()
        subscriber.confirm()
        issue = make_issue(subject="On calves")
        Delivery.objects.create(issue=issue, subscriber=subscriber, accepted_at=timezone.now())
        Delivery.objects.create(issue=make_issue(subject="Not sent"), subscriber=subscriber)
        answer = Client().get(page_of(subscriber, "copy/"))
        told = answer.json()
        assert "attachment" in answer["Content-Disposition"]
        assert (told["address"], told["topics"], told["frequency"]) == ("parent@example.org", "all", "Once a week")
        assert [consent["wording"] for consent in told["consents"]] == [Consent.OFFER, Consent.CONFIRMATION]
        assert all(consent["at"] for consent in told["consents"])
        assert [sent["subject"] for sent in told["issues_sent"]] == ["On calves"]


class Erasing:
    def test_asks_once_and_then_keeps_nothing(self, subscriber):
        Consent.objects.create(subscriber=subscriber, fact="confirmed")
        issue = make_issue()
        refusal = "550 <parent@example.org> is unknown"
        Delivery.objects.create(issue=issue, subscriber=subscriber, failed_at=timezone.now(), error=refusal)
        OutgoingMail.objects.create(kind="newsletter.answer", subject_id=subscriber.pk, error=refusal)
        assert "Erase it" in Client().get(page_of(subscriber, "erase/")).text
        assert press(subscriber, "erase/").status_code == 200
        assert not (Subscriber.objects.exists() or Consent.objects.exists() or OutgoingMail.objects.exists())
        assert "parent@example.org" not in Delivery.objects.get().error

    def test_keeps_a_suppression_and_makes_none(self, subscriber):
        other = make_subscriber()
        Suppression.objects.create(address_hash=Suppression.hash_of(other.normalised), reason="complained")
        press(subscriber, "erase/")
        press(other, "erase/")
        assert Suppression.objects.count() == 1
        assert Suppression.covers(other.normalised)

    def test_leaves_old_links_that_answer_kindly(self, subscriber):
        urls = [page_of(subscriber, step) for step in ("", "erase/", "copy/")]
        press(subscriber, "erase/")
        for url in urls:
            answer = Client().get(url)
            assert (answer.status_code, "Nothing is kept about you" in answer.text) == (410, True)
        assert press(subscriber, frequency="each").status_code == 410

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
    def test_leaves_the_one_click_link_working(self, subscriber, kind):
        url = links.unsubscribe_url(subscriber).removeprefix("https://cramps.test")
        press(subscriber, "erase/")
        body = "List-Unsubscribe=One-Click"
        if kind.startswith("multipart"):
            body = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
        for _ in range(2):
            answer = Client(enforce_csrf_checks=True).generic("POST", url, body, content_type=kind)
            assert (answer.status_code, bool(answer.cookies)) == (200, False)

    def test_lets_the_same_person_subscribe_anew(self, subscriber, client):
        press(subscriber, "erase/")
        sign_up(client)
        assert Subscriber.objects.get().state == State.ASKED


class EveryMail:
    @pytest.mark.parametrize("is_known", [True, False])
    def test_offers_the_preferences_beside_leaving(self, client, is_known):
        if is_known:
            make_subscriber("parent@example.org", asked_at=None)
        sign_up(client)
        mail.outbox.clear()
        email.send_due()
        [message] = mail.outbox
        html = message.alternatives[0][0]
        for part in (message.body, html):
            assert links.preferences_url(Subscriber.objects.get()) in part


MOMENTS = st.sampled_from([None, timedelta(days=-1), timedelta(days=1)])
FACTS = ("confirmed_at", "left_at", "bounced_at", "complained_at", "paused_until")


class AState:
    @given(st.fixed_dictionaries(dict.fromkeys(FACTS, MOMENTS)))
    def test_is_the_same_for_a_row_and_for_a_list(self, facts):
        at = timezone.now()
        subscriber = make_subscriber(**{name: when and at + when for name, when in facts.items()})
        alone = Subscriber.objects.filter(pk=subscriber.pk)
        found = [state for state in State if alone.in_state(state, at).exists()]
        assert found == [subscriber.state_at(at)]
        assert alone.reachable(at).exists() == (found == [State.CONFIRMED])
