"""A database that was put back from a copy, or moved, sends nothing until somebody says that this is the live site."""

import logging
import sqlite3
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as site
from django.core import mail
from django.db import connection
from django.utils import timezone

from cramps_site.lib import email, restored
from cramps_site.lib.ledger import LEASE
from cramps_site.lib.models import LiveQuestion, OutgoingMail
from newsletter import going_live, sending
from newsletter.models import Issue
from tests.factories import make_staff, make_subscriber
from tests.newsletter.issues import fresh, make_ready, make_subscribers, work
from tests.newsletter.test_sending import during
from tests.posting import sign_up

pytestmark = pytest.mark.django_db(transaction=True)


class SqliteCopy:
    def __init__(self, folder):
        self.path = folder / "copy.sqlite3"

    def take(self):
        copy(connection.settings_dict["NAME"], self.path)

    def put_back(self):
        copy(self.path, connection.settings_dict["NAME"])

    def drop(self):
        pass


def copy(source, target):
    connection.close()
    with sqlite3.connect(source) as here, sqlite3.connect(target) as there:
        here.backup(there)
    here.close()
    there.close()


class PostgresCopy:
    """A database of the same server: what a dump that is restored is, too."""

    def __init__(self, folder):
        self.name = connection.settings_dict["NAME"]
        self.copy = f"{self.name}_copy"

    def take(self):
        self.run(f'CREATE DATABASE "{self.copy}" TEMPLATE "{self.name}"')

    def put_back(self):
        self.run(f'DROP DATABASE "{self.name}" WITH (FORCE)')
        self.run(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.copy}"')

    def drop(self):
        self.run(f'DROP DATABASE IF EXISTS "{self.copy}" WITH (FORCE)')

    def run(self, command):
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(command)


@pytest.fixture
def backup(tmp_path):
    copy = PostgresCopy(tmp_path) if connection.vendor == "postgresql" else SqliteCopy(tmp_path)
    yield copy
    copy.drop()


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def send_all():
    """What a worker that begins now sends."""
    restored._file.close()
    before = len(mail.outbox)
    while email.send_due():
        pass
    work()
    return len(mail.outbox) - before


def move_away():
    (site.VAR_DIR / "sending").unlink(missing_ok=True)


def say_live():
    return going_live.declare(by=make_staff("editor"))


class AnInstallation:
    def test_that_is_new_sends_and_asks_nobody(self):
        make_subscribers("one@example.org", "two@example.org")
        make_ready()
        assert send_all() == 2
        assert not LiveQuestion.objects.exists()

    def test_that_is_started_again_sends_and_asks_nobody(self):
        make_subscriber()
        for _ in range(3):
            make_ready()
            assert send_all() == 1
        assert not LiveQuestion.objects.exists()

    def test_whose_worker_was_killed_goes_on_where_it_was(self, clock):
        make_subscribers(*(f"parent-{number}@example.org" for number in range(10)))
        make_ready()
        with during(sending.Batch, "_start", after=8, do=be_killed), pytest.raises(KeyboardInterrupt):
            work()
        clock.shift(LEASE + timedelta(seconds=1))
        assert len(mail.outbox) + send_all() == 10
        assert not LiveQuestion.objects.exists()

    def test_that_has_forgotten_its_mails_is_still_known(self, client, clock):
        sign_up(client, "one@example.org")
        assert send_all() == 1
        clock.shift(timedelta(days=60))
        email.forget_settled(timedelta(days=30))
        make_subscriber()
        make_ready()
        assert send_all() == 1

    def test_that_lost_its_database_and_begins_anew_sends(self):
        make_subscriber()
        restored._write(restored.Mark("another", "newsletter.Delivery", 7, timezone.now().isoformat()))
        make_ready()
        assert send_all() == 1


def be_killed():
    raise KeyboardInterrupt


class ADatabasePutBackFromACopy:
    @pytest.fixture
    def put_back(self, backup, client):
        """Copied while an issue and a mail waited, sent, and put back."""
        make_subscribers("one@example.org", "two@example.org")
        make_ready()
        sign_up(client, "new@example.org")
        backup.take()
        assert send_all() == 3
        backup.put_back()

    def test_sends_nothing_by_itself_however_often_it_is_started(self, put_back):
        assert [send_all(), send_all(), send_all()] == [0, 0, 0]
        assert LiveQuestion.objects.count() == 1

    def test_sends_nothing_twice_after_somebody_said_that_it_is_the_live_one(self, put_back):
        send_all()
        assert say_live()
        assert send_all() == 0
        issue = Issue.objects.get()
        assert issue.held_because == going_live.UNDER_WAY
        assert not issue.frozen_at
        assert not say_live()

    def test_goes_on_with_what_is_new_once_it_was_said(self, put_back, client):
        send_all()
        say_live()
        sign_up(client, "newer@example.org")
        make_ready()
        assert send_all() == 3
        assert send_all() == 0

    def test_names_the_mails_that_waited_and_sends_them_when_told(self, put_back, clock):
        send_all()
        say_live()
        clock.shift(LEASE + timedelta(seconds=1))
        assert [each.kind for each in going_live.doubtful_mails()] == ["newsletter.answer"]
        assert going_live.send_doubtful() == 1
        assert send_all() == 1

    def test_holds_an_issue_that_was_half_sent_when_it_was_copied(self, backup, clock):
        make_subscribers(*(f"parent-{number}@example.org" for number in range(10)))
        make_ready()
        with during(sending.Batch, "_start", after=6, do=be_killed), pytest.raises(KeyboardInterrupt):
            work()
        backup.take()
        clock.shift(LEASE + timedelta(seconds=1))
        send_all()
        backup.put_back()
        assert send_all() == 0
        say_live()
        assert send_all() == 0
        [issue] = Issue.objects.all()
        assert issue.state == "paused"
        assert fresh(issue).resume()

    def test_lets_staff_sign_in_by_mail_but_not_with_what_waited_in_it(self, backup):
        email.queue("staff.new_password", make_staff("editor").pk)
        make_subscriber()
        make_ready()
        backup.take()
        send_all()
        backup.put_back()
        assert send_all() == 0
        email.queue("staff.new_password", OutgoingMail.objects.get().subject_id)
        assert send_all() == 1

    def test_says_on_the_log_what_it_waits_for(self, put_back, caplog):
        with caplog.at_level(logging.WARNING):
            send_all()
            send_all()
        [line] = [record.getMessage() for record in caplog.records if "nothing is sent" in record.getMessage()]
        assert "Sending policy" in line

    def test_asks_again_where_it_is_put_back_once_more(self, put_back, backup):
        send_all()
        say_live()
        make_ready()
        assert send_all() == 2
        backup.put_back()
        assert send_all() == 0


# On PostgreSQL the server tells: see ASecondMachine.
@pytest.mark.sqlite_only
class ADatabaseThatHasSentFromElsewhere:
    @pytest.fixture
    def moved(self):
        make_subscriber()
        make_ready()
        assert send_all() == 1
        move_away()
        make_ready()

    def test_sends_nothing_by_itself(self, moved):
        assert send_all() == 0
        assert LiveQuestion.objects.get().because == restored.ELSEWHERE

    def test_goes_on_once_it_was_said(self, moved):
        send_all()
        say_live()
        make_ready()
        assert send_all() == 1

    def test_is_not_let_go_by_a_file_that_cannot_be_read(self, moved):
        (site.VAR_DIR / "sending").write_bytes(b"\0" * 512)
        assert send_all() == 0


# SQLite is for one machine.
@pytest.mark.postgres_only
class ASecondMachine:
    def test_of_the_same_database_joins_without_being_asked(self):
        make_subscriber()
        make_ready()
        assert send_all() == 1
        move_away()
        make_ready()
        assert send_all() == 1

    def test_of_a_restored_database_waits_like_the_first(self, backup):
        make_subscriber()
        make_ready()
        backup.take()
        send_all()
        backup.put_back()
        move_away()
        assert send_all() == 0
        assert LiveQuestion.objects.get().because == restored.ANOTHER_SERVER


class ThePageThatAsks:
    @pytest.fixture
    def asked(self, backup):
        make_subscriber()
        make_ready()
        backup.take()
        send_all()
        backup.put_back()
        send_all()

    def test_takes_the_press_of_who_may_send(self, asked, client):
        client.force_login(make_staff("editor"))
        page = "/admin/newsletter/sendingpolicy/live/"
        assert "This is the live site: send" in client.get(page).text
        assert page in client.get("/admin/newsletter/issue/").text
        client.post(page, {"do": "live"})
        assert LiveQuestion.objects.get().answered_by.username.startswith("editor")
        assert "Nothing keeps this site" in client.get(page).text
        make_ready()
        assert send_all() == 1

    def test_changes_nothing_by_being_looked_at(self, asked, client):
        client.force_login(make_staff("editor"))
        client.get("/admin/newsletter/sendingpolicy/live/")
        assert send_all() == 0
