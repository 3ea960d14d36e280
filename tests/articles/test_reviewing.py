from datetime import timedelta
from functools import partial
from threading import Barrier, Thread

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone

from articles import links, reviewing
from articles.models import Remark, ReviewRequest, SignOff, Version
from articles.workflow import State
from cramps_site.lib.email import send_due
from cramps_site.lib.models import OutgoingMail
from tests.access.the_site import checksum
from tests.factories import make_article, make_author, make_staff, make_version

pytestmark = pytest.mark.django_db
HERE = {"Sec-Fetch-Site": "same-origin"}


def make_request(version=None, **fields):
    reviewer = make_author(**{"name": "Prof. Okafor", "email": "okafor@example.org", **fields})
    version = version or make_article(published_at=None, title="Night cramps").newest_version()
    return reviewing.ask(version, reviewer, by=make_staff("writer"))


def path_of(asked):
    return "/" + links.review_url(asked).split("/", 3)[3]


def answer(client, asked, act="sign", **fields):
    fields = {"read": "on", "seen": asked.version.content_hash} | fields
    return client.post(path_of(asked), {"act": act, **fields}, headers=HERE)


def change(version, **fields):
    version = Version.objects.get(pk=version.pk)
    vars(version).update(fields)
    version.save()


class AskingForAReview:
    def test_mails_the_reviewer_a_link_that_needs_no_account(self, client):
        asked = make_request()
        send_due()
        letter = mail.outbox[0]
        assert letter.to == ["okafor@example.org"]
        assert links.review_url(asked) in letter.body
        page = client.get(path_of(asked)).content.decode()
        assert "Night cramps" in page and "Sign this text as Prof. Okafor" in page

    def test_puts_a_draft_into_review(self):
        assert make_request().version.state == State.IN_REVIEW

    def test_is_refused_where_nobody_could_be_written_to(self):
        assert reviewing.ask(make_version(), make_author(), by=None) is None
        gone = make_staff("reviewer", is_active=False)
        assert reviewing.ask(make_version(), make_author(user=gone, email="gone@example.org"), by=None) is None

    def test_twice_keeps_one_request_and_mails_once_more_only_after_a_while(self):
        asked = make_request()
        assert reviewing.ask(asked.version, asked.reviewer, by=None) == asked
        assert OutgoingMail.objects.count() == 1
        with time_machine.travel(timezone.now() + reviewing.JUST_NOW):
            assert reviewing.ask(asked.version, asked.reviewer, by=None) == asked
        assert ReviewRequest.objects.count() == 1
        assert OutgoingMail.objects.count() == 2

    def test_of_a_text_that_was_changed_since_mails_at_once(self):
        asked = make_request()
        change(asked.version, body="Another text.")
        reviewing.ask(Version.objects.get(), asked.reviewer, by=None)
        assert OutgoingMail.objects.filter(kind="articles.review").count() == 2


class TheLink:
    def test_changes_nothing_until_something_is_answered(self, client):
        path = path_of(make_request())
        before = checksum()
        for method in (client.get, client.head, client.get):
            assert method(path).status_code == 200
        assert checksum() == before

    def test_is_kept_by_nobody_and_listed_nowhere(self, client):
        response = client.get(path_of(make_request()))
        assert "no-store" in response["Cache-Control"] and response["X-Robots-Tag"] == "noindex"
        assert not response.cookies

    def test_ends_with_a_change_of_the_text(self, client):
        asked = make_request()
        change(asked.version, body="Another text.")
        response = client.get(path_of(asked))
        assert response.status_code == 410
        assert "was changed after this link was sent" in response.content.decode()
        assert answer(client, asked).status_code == 410
        assert not SignOff.objects.exists()

    def test_shows_no_later_text_once_it_was_answered(self, client):
        asked = make_request()
        assert answer(client, asked, act="sign", read="on").status_code == 303
        assert "You signed this text" in client.get(path_of(asked)).text
        change(asked.version, body="Embargoed later words.")
        ended = client.get(path_of(asked))
        assert ended.status_code == 410
        assert "You signed “Night cramps”" in ended.text and "Embargoed" not in ended.text

    def test_of_an_older_text_does_not_lead_to_the_new_one(self, client):
        asked = make_request()
        old = path_of(asked)
        change(asked.version, body="Another text.")
        fresh = reviewing.ask(Version.objects.get(), asked.reviewer, by=None)
        assert client.get(old).status_code == 404
        assert client.get(path_of(fresh)).status_code == 200

    def test_lapses(self, client):
        path = path_of(make_request())
        with time_machine.travel(timezone.now() + links.REVIEW_FOR + timedelta(minutes=1)):
            assert client.get(path).status_code == 404

    def test_ends_when_nobody_asks_any_more_or_the_account_is_closed(self, client):
        taken_back, closed = make_request(), make_request(user=make_staff("reviewer"))
        reviewing.take_back(taken_back)
        closed.reviewer.user.is_active = False
        closed.reviewer.user.save()
        for asked in (taken_back, closed):
            assert answer(client, asked).status_code == 410
        assert not SignOff.objects.exists()

    def test_takes_no_answer_from_another_site(self, client):
        asked = make_request()
        fields = {"act": "sign", "read": "on", "seen": asked.content_hash}
        assert client.post(path_of(asked), fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert not SignOff.objects.exists()


class Signing:
    def test_puts_the_reviewers_name_above_exactly_this_text(self, client):
        article = make_article()
        asked = make_request(article.live_version())
        assert answer(client, asked).status_code == 303
        page = client.get(article.get_absolute_url()).content.decode()
        assert "Medically reviewed by" in page and '"reviewedBy"' in page
        change(article.live_version(), title="Night cramps.")
        page = client.get(article.get_absolute_url()).content.decode()
        assert "Medically reviewed by" not in page and '"reviewedBy"' not in page

    def test_approves_the_version_and_tells_who_asked(self, client):
        asked = make_request()
        answer(client, asked)
        assert Version.objects.get().state == State.APPROVED
        send_due()
        assert any(letter.subject == "Signed: Night cramps" for letter in mail.outbox)

    def test_needs_the_box_to_be_ticked(self, client):
        response = answer(client, make_request(), read="")
        assert response.status_code == 422
        assert "Tick the box" in response.content.decode()
        assert not SignOff.objects.exists()

    def test_gives_back_what_was_written_too_late(self, client):
        asked = make_request()
        answer(client, asked)
        late = answer(client, asked, act="remark", words="Line 3: 5 mg, not 50.")
        assert late.status_code == 409
        assert "Line 3: 5 mg, not 50.</textarea>" in late.text and "You signed" in late.text

    def test_sends_no_text_back_that_was_not_on_the_page(self, client):
        asked = make_request()
        sent = answer(client, asked, act="send_back", reason="Too long <5 pages>", seen="0" * 64)
        assert sent.status_code == 409 and "Too long &lt;5 pages&gt;</textarea>" in sent.text
        assert ReviewRequest.objects.get().answered_at is None

    def test_twice_signs_once(self, client):
        asked = make_request()
        answer(client, asked)
        assert answer(client, asked).status_code == 200
        assert SignOff.objects.count() == 1

    def test_is_refused_when_the_page_had_another_text(self, client):
        asked = make_request()
        assert answer(client, asked, seen="0" * 64).status_code == 409
        assert not SignOff.objects.exists()
        assert ReviewRequest.objects.get().answered_at is None

    @pytest.mark.django_db(transaction=True)
    def test_while_somebody_writes_never_signs_what_was_not_read(self):
        """Whoever comes first: a text that is signed is the one that the page showed."""
        for _ in range(6):
            asked, start = make_request(), Barrier(2)
            seen = asked.content_hash
            at_once(start, [partial(change, asked.version, body="Other."), partial(reviewing.sign, asked, seen=seen)])
            for signed in SignOff.objects.filter(version=asked.version):
                assert signed.content_hash == seen


def at_once(start, works):
    def run(work):
        start.wait()
        work()
        connection.close()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class SendingBack:
    def test_makes_it_a_draft_with_the_reasons_and_tells_who_asked(self, client):
        asked = make_request()
        assert answer(client, asked, "send_back", reason="The dose is wrong.").status_code == 303
        version = Version.objects.get()
        assert version.state == State.DRAFT
        assert version.transitions.first().reason == "Prof. Okafor: The dose is wrong."
        send_due()
        assert any("The dose is wrong." in letter.body for letter in mail.outbox)

    def test_needs_a_reason_and_keeps_what_was_typed(self, client):
        response = answer(client, make_request(), "send_back", reason=" ")
        assert response.status_code == 422
        assert "Say what has to change" in response.content.decode()

    def test_of_what_was_signed_does_nothing(self, client):
        asked = make_request()
        answer(client, asked)
        answer(client, asked, "send_back", reason="Too late.")
        assert Version.objects.get().state == State.APPROVED


class ARemark:
    def test_stands_with_its_passage_before_who_writes(self, client):
        asked = make_request()
        answer(client, asked, "remark", passage="38 <b>degrees</b>", words="Say <i>which</i> thermometer.")
        remark = Remark.objects.get()
        assert (remark.passage, remark.words) == ("38 <b>degrees</b>", "Say <i>which</i> thermometer.")
        page = client.get(path_of(asked)).content.decode()
        assert "Say &lt;i&gt;which&lt;/i&gt; thermometer." in page

    def test_is_settled_once(self):
        asked, editor = make_request(), make_staff("editor")
        remark = reviewing.remark(asked, passage="", words="Shorter, please.")
        assert remark.settle(by=editor)
        assert not remark.settle(by=editor)


class APreviewByLink:
    def test_shows_a_draft_to_whoever_was_given_the_link(self, client):
        version = make_version(title="Not yet public")
        page = client.get("/" + links.preview_url(version).split("/", 3)[3])
        assert "Not yet public" in page.content.decode()
        assert "no-store" in page["Cache-Control"] and page["X-Robots-Tag"] == "noindex"

    def test_claims_no_review(self, client):
        version = make_version()
        version.sign_off(by=make_author())
        page = client.get("/" + links.preview_url(version).split("/", 3)[3]).content.decode()
        assert "Medically reviewed by" not in page

    def test_lapses(self, client):
        path = "/" + links.preview_url(make_version()).split("/", 3)[3]
        with time_machine.travel(timezone.now() + links.PREVIEW_FOR + timedelta(minutes=1)):
            assert client.get(path).status_code == 404
