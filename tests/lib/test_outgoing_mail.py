"""Outgoing mail against a real mail server that misbehaves on demand, and the ledger beneath it."""

import asyncio
import socket
import threading
from datetime import timedelta

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone

from cramps_site.lib import email
from cramps_site.lib.ledger import BACK_OFF, LEASE
from cramps_site.lib.models import Job, OutgoingMail
from tests.mail_server import mail_server


@pytest.fixture(autouse=True)
def plain_mails(monkeypatch):
    """Mails of a kind that only this file knows; the subject's number chooses the recipient."""
    recipients = {1: "ok@example.org", 2: "perm@example.org", 3: "temp@example.org", 4: "drop@example.org", 5: None}

    def compose(number):
        to = recipients[number]
        return EmailMessage("Hello", "Words", to=[to]) if to else None

    monkeypatch.setitem(email.composers, "test", compose)


class Server:
    """Accepts, refuses for good, refuses for now, or hangs up after DATA, by the recipient's name."""

    def __init__(self):
        self.accepted = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusals = {"perm": "550 5.1.1 no such user", "temp": "451 4.3.0 try again later"}
        kind = address.split("@")[0]
        if kind in refusals:
            return refusals[kind]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.accepted.append(envelope.rcpt_tos[0])
        if envelope.rcpt_tos[0].startswith("drop"):
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 OK"


@pytest.fixture
def server(settings):
    handler = Server()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    yield handler
    controller.stop()


@pytest.mark.django_db
class AMail:
    def send(self, number):
        row = email.queue("test", number)
        email.send_due()
        row.refresh_from_db()
        return row

    def test_that_the_server_took_is_accepted(self, server):
        row = self.send(1)
        assert row.accepted_at
        assert server.accepted == ["ok@example.org"]

    def test_that_was_accepted_is_not_sent_again(self, server):
        self.send(1)
        with time_machine.travel(timezone.now() + timedelta(days=1)):
            assert email.send_due() == 0

    def test_that_was_refused_for_good_has_failed_in_the_servers_words(self, server):
        row = self.send(2)
        assert row.failed_at
        assert row.error == "550 5.1.1 no such user"

    def test_that_was_refused_for_now_comes_back_later(self, server):
        row = self.send(3)
        assert not row.failed_at
        assert email.send_due() == 0
        with time_machine.travel(timezone.now() + BACK_OFF[0] + timedelta(seconds=1)):
            assert email.send_due() == 1
        row.refresh_from_db()
        assert row.attempts == 2

    def test_that_is_always_refused_for_now_fails_in_the_end(self, server):
        row = email.queue("test", 3)
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(len(BACK_OFF) + 1):
                email.send_due()
                clock.shift(timedelta(days=1))
        row.refresh_from_db()
        assert row.failed_at

    def test_after_which_the_server_hung_up_is_in_doubt_and_never_sent_again(self, server):
        row = self.send(4)
        assert row.started_at
        assert not (row.accepted_at or row.failed_at)
        with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
            assert list(OutgoingMail.objects.in_doubt()) == [row]
            assert email.send_due() == 0

    def test_does_not_keep_the_next_from_being_sent(self, server):
        for number in (4, 2, 3, 1):
            email.queue("test", number)
        email.send_due()
        assert server.accepted == ["drop@example.org", "ok@example.org"]

    def test_about_something_gone_is_not_sent(self, server):
        assert self.send(5).failed_at
        assert server.accepted == []

    def test_waits_while_no_server_answers(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        row = self.send(1)
        assert row.started_at is None
        assert row.due_at > timezone.now()
        assert "not reached" in row.error

    def test_waits_as_long_as_no_server_answers(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        rows = [email.queue("test", 1) for _ in range(3)]
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(20):
                email.send_due()
                clock.shift(timedelta(hours=9))
        for row in rows:
            row.refresh_from_db()
            assert (row.failed_at, row.faults) == (None, 0)

    @pytest.mark.parametrize("pipelining", [True, False])
    @pytest.mark.parametrize("step", ["rcpt", "data"])
    def test_before_which_the_server_hung_up_is_not_in_doubt_but_comes_back(self, monkeypatch, step, pipelining):
        address = f"{step}-drop@example.org"
        monkeypatch.setitem(email.composers, "test", lambda number: EmailMessage("Hello", "Words", to=[address]))
        with mail_server(pipelining=pipelining) as server:
            row = self.send(1)
            assert row.started_at is None
            assert "hung up before the message" in row.error
            server.healed.add(address)
            with time_machine.travel(timezone.now() + BACK_OFF[0] + timedelta(seconds=1)):
                email.send_due()
        assert server.received == {address: 1}

    @pytest.mark.parametrize("address", ["a@b.org>\r\nRCPT TO:<c@b.org", "a b@c.org", "a@b@☃\u0000.org", "nobody", ""])
    def test_to_what_is_no_address_is_sent_to_nobody(self, monkeypatch, address):
        monkeypatch.setitem(email.composers, "test", lambda number: EmailMessage("Hello", "Words", to=[address]))
        with mail_server() as server:
            row = self.send(1)
        assert row.error
        assert not row.started_at
        assert server.received == {}

    def test_that_cannot_be_composed_keeps_no_other_from_being_sent(self, server, monkeypatch):
        monkeypatch.setitem(email.composers, "broken", lambda number: 1 / 0)
        broken = email.queue("broken", 1)
        email.queue("test", 1)
        email.send_due()
        broken.refresh_from_db()
        assert server.accepted == ["ok@example.org"]
        assert "ZeroDivisionError" in broken.error

    def test_of_an_unknown_kind_cannot_be_queued(self):
        with pytest.raises(LookupError, match="No composer"):
            email.queue("unheard of", 1)


@pytest.mark.django_db(transaction=True)
class SeveralWorkers:
    def test_never_claim_a_row_twice(self):
        for _ in range(60):
            email.queue("test", 1)
        barrier, claimed = threading.Barrier(4), []

        def claim():
            barrier.wait()
            while rows := OutgoingMail.objects.claim(7):
                claimed.extend(row.pk for row in rows)
            connection.close()

        threads = [threading.Thread(target=claim) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(claimed) == len(set(claimed)) == 60

    def test_take_over_what_a_dead_one_held(self):
        email.queue("test", 1)
        assert OutgoingMail.objects.claim(1)
        assert not OutgoingMail.objects.claim(1)
        with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
            assert OutgoingMail.objects.claim(1)

    def test_that_woke_up_too_late_records_nothing(self):
        email.queue("test", 1)
        [late] = OutgoingMail.objects.claim(1)
        with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
            OutgoingMail.objects.claim(1)
        assert not late.start()
        assert not late.accept()

    def test_do_a_job_once_in_its_time(self):
        now = timezone.now()
        assert Job.claim("tidy", timedelta(hours=1), at=now)
        assert not Job.claim("tidy", timedelta(hours=1), at=now + timedelta(minutes=59))
        assert Job.claim("tidy", timedelta(hours=1), at=now + timedelta(minutes=61))
