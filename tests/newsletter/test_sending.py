"""Who gets an issue, when and how fast, and what stops it. The mail server is real where its answers matter."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone

from articles.models import Publication
from cramps_site.lib.ledger import LEASE
from newsletter import checking, sending
from newsletter.models import Bounce, Delivery, Issue, SendingPolicy, Subscriber
from tests.factories import make_article, make_issue, make_staff, make_subscriber, make_topic
from tests.mail_server import mail_server
from tests.newsletter.issues import fresh, make_ready, make_subscribers, states, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def many(number):
    Subscriber.objects.bulk_create(
        Subscriber(email=f"p{n}@example.org", normalised=f"p{n}@example.org", confirmed_at=timezone.now())
        for n in range(number)
    )


def got():
    return sorted(message.to[0] for message in mail.outbox)


def rows(issue):
    return set(issue.deliveries.values_list("subscriber__email", flat=True))


class WhoBetweenFreezingAndSending:
    @pytest.mark.parametrize(
        "ends",
        [
            lambda subscriber: subscriber.leave(),
            lambda subscriber: set_fact(subscriber, paused_until=timezone.now() + timedelta(days=30)),
            lambda subscriber: set_fact(subscriber, bounced_at=timezone.now()),
            lambda subscriber: set_fact(subscriber, complained_at=timezone.now()),
            lambda subscriber: subscriber.delete(),
        ],
        ids=["leaves", "pauses", "bounces", "complains", "is erased"],
    )
    def test_ends_or_pauses_the_newsletter_gets_no_mail(self, ends):
        gone, _ = make_subscribers("gone@example.org", "stays@example.org")
        issue = make_ready()
        sending.freeze(issue)
        ends(gone)
        work()
        assert got() == ["stays@example.org"]
        assert sorted(states(issue).values()) == ["accepted", "skipped"]
        assert issue.deliveries.get(skipped_at__isnull=False).error
        assert fresh(issue).sent_at

    @pytest.mark.parametrize("ends", [lambda subscriber: subscriber.leave(), lambda subscriber: subscriber.delete()])
    @pytest.mark.parametrize("connections", [1, 3])
    def test_leaves_or_is_erased_while_a_batch_is_under_way_gets_no_mail(self, connections, ends):
        people = make_subscribers(*(f"parent-{number}@example.org" for number in range(20)))
        issue = make_ready(policy={"connections": connections})
        sending.freeze(issue)
        with mail_server() as server, during(sending.Batch, "_start", after=3, do=lambda: ends(people[15])):
            work()
        assert set(server.received) == {person.email for person in people} - {"parent-15@example.org"}
        assert set(server.received.values()) == {1}
        assert sorted(states(issue).values()) == ["accepted"] * 19 + ["skipped"]
        assert server.lines_opened <= connections + 1


def set_fact(subscriber, **facts):
    Subscriber.objects.filter(pk=subscriber.pk).update(**facts)


class during:
    """Do something once, before the n-th call of a method of sending."""

    def __init__(self, owner, name, *, after, do):
        self.owner, self.name, self.left, self.do = owner, name, after, do

    def __enter__(self):
        true = self.true = getattr(self.owner, self.name)

        def method(*given, **named):
            self.left -= 1
            if self.left == 0:
                self.do()
            return true(*given, **named)

        setattr(self.owner, self.name, method)

    def __exit__(self, *problem):
        setattr(self.owner, self.name, self.true)


class AnIssueUnderWay:
    def test_stops_at_once_when_it_is_held_and_goes_on_exactly_there(self):
        many(30)
        issue = make_ready(policy={"connections": 2})
        sending.freeze(issue)
        with mail_server() as server:
            with during(sending.Batch, "_start", after=5, do=lambda: issue.hold("A mistake.")):
                work()
            # Two lines, four commits before the one that found it held.
            assert len(server.received) == 8
            assert fresh(issue).state == "paused"
            assert not SendingPolicy.get().trouble
            assert work() == 0
            fresh(issue).resume()
            assert work() == 22
        assert set(server.received.values()) == {1}
        assert len(server.received) == 30
        assert fresh(issue).state == "sent"

    def test_sends_nothing_more_once_it_is_cancelled(self):
        many(10)
        issue = make_ready()
        sending.freeze(issue)
        with mail_server() as server:
            with during(sending.Batch, "_start", after=5, do=issue.cancel):
                work()
            assert not fresh(issue).resume()
            work()
        assert len(server.received) == 4
        assert fresh(issue).state == "cancelled"

    def test_is_sent_when_all_is_settled_or_in_doubt(self, clock):
        make_subscribers("good@example.org", "rcpt-550@example.org", "message-drop@example.org", "rcpt-451@example.org")
        issue = make_ready(policy={"pause_above": 100})
        with mail_server() as server:
            work()
            server.healed.add("rcpt-451@example.org")
            assert fresh(issue).state == "going out"
            clock.shift(LEASE + timedelta(seconds=1))
            work()
        assert sorted(states(issue).values()) == ["accepted", "accepted", "failed", "started"]
        assert Delivery.objects.in_doubt().count() == 1
        assert fresh(issue).sent_at

    def test_of_which_one_address_cannot_be_written_goes_to_the_others(self):
        hostile = [
            "a@b.org>\r\nRCPT TO:<c@b.org",
            "a@b.org\r\nBcc: c@b.org",
            "☃@example.org",
            "a@☃.example",
            "a b@c.org",
        ]
        make_subscribers("good@example.org", *hostile)
        issue = make_ready(policy={"pause_above": 100})
        with mail_server() as server:
            work()
        assert server.received == {"good@example.org": 1}
        assert list(states(issue).values()).count("failed") == len(hostile)

    def test_of_which_one_address_cannot_be_written_goes_to_the_others_through_any_backend(self):
        make_subscribers("a@☃.example", "good@example.org")
        issue = make_ready(policy={"pause_above": 100})
        work()
        assert got() == ["good@example.org"]
        assert fresh(issue).sent_at

    def test_outlives_a_database_that_is_away_for_a_moment(self, clock):
        many(10)
        issue = make_ready(policy={"connections": 2})
        sending.freeze(issue)
        with mail_server() as server:
            with (
                during(sending.Batch, "_start", after=3, do=raise_database_error),
                pytest.raises(sending.DatabaseProblem),
            ):
                work()
            clock.shift(LEASE + timedelta(seconds=1))
            work()
        assert set(server.received.values()) == {1}
        # Two were under way on two lines, and each is the mail server's or in doubt.
        assert list(states(issue).values()).count("started") <= 2
        assert fresh(issue).sent_at


def raise_database_error():
    raise sending.DatabaseProblem("gone")


class TheRecipients:
    @pytest.mark.parametrize("again", ["PARENT@Example.ORG", "parent@EXAMPLE.org"])
    def test_are_one_row_for_one_person_in_whatever_letters(self, client, again):
        from tests.posting import sign_up

        make_subscriber("parent@example.org", asked_at=timezone.now() - timedelta(days=9))
        sign_up(client, again)
        issue = make_ready(topics=[make_topic(), make_topic()])
        assert sending.freeze(issue) == 1

    def test_of_a_domain_in_other_letters_are_one_and_reached_in_the_form_servers_read(self, client):
        from tests.posting import sign_up

        make_subscriber("parent@bücher.example", asked_at=timezone.now() - timedelta(days=9))
        sign_up(client, "parent@xn--bcher-kva.example")
        issue = make_ready()
        with mail_server() as server:
            work()
        assert server.received == {"parent@xn--bcher-kva.example": 1}
        assert issue.deliveries.count() == 1

    def test_who_chose_two_of_the_topics_get_one_mail(self):
        topics = [make_topic(), make_topic()]
        make_subscriber("both@example.org").topics.set(topics)
        assert sending.freeze(make_ready(topics=topics)) == 1

    def test_are_who_chose_one_of_the_topics_or_none(self):
        night, sport = make_topic(), make_topic()
        make_subscriber("night@example.org").topics.set([night])
        make_subscriber("sport@example.org").topics.set([sport])
        make_subscriber("all@example.org")
        issue = make_ready(topics=[night])
        sending.freeze(issue)
        assert rows(issue) == {"night@example.org", "all@example.org"}

    def test_are_only_who_confirmed_and_did_not_leave_pause_or_bounce(self):
        now = timezone.now()
        make_subscriber("asked@example.org", confirmed_at=None)
        make_subscriber("left@example.org", left_at=now)
        make_subscriber("paused@example.org", paused_until=now + timedelta(days=1))
        make_subscriber("back@example.org", paused_until=now - timedelta(seconds=1))
        make_subscriber("bounced@example.org", bounced_at=now)
        make_subscriber("complained@example.org", complained_at=now)
        issue = make_ready()
        sending.freeze(issue)
        assert rows(issue) == {"back@example.org"}

    def test_of_a_correction_are_exactly_those_who_got_the_issue(self):
        make_subscribers("got@example.org", "rcpt-550@example.org", "left@example.org")
        wrong = make_ready(policy={"pause_above": 100})
        with mail_server():
            work()
        Subscriber.objects.get(email="left@example.org").leave()
        make_subscriber("new@example.org")
        correction = make_ready(corrects=wrong)
        sending.freeze(correction)
        assert rows(correction) == {"got@example.org"}

    @pytest.mark.django_db(transaction=True)
    def test_are_frozen_once_by_two_workers_at_the_same_time(self):
        many(50)
        issue = make_ready()
        barrier, counts = threading.Barrier(4), []

        def freeze():
            mine = fresh(issue)
            barrier.wait()
            counts.append(sending.freeze(mine))
            connection.close()

        threads = [threading.Thread(target=freeze) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(counts, key=str) == [50, None, None, None]
        assert issue.deliveries.count() == 50


class ThePace:
    def test_keeps_to_so_many_a_second(self, clock):
        many(35)
        make_ready(policy={"per_second": 10})
        sent = []
        for _ in range(8):
            work()
            sent.append(len(mail.outbox))
            clock.shift(0.5)
        assert sent == [10, 10, 20, 20, 30, 30, 35, 35]

    def test_keeps_to_so_many_an_hour(self, clock):
        many(20)
        make_ready(policy={"per_hour": 10, "per_second": 100})
        for _ in range(61):
            work()
            clock.shift(60)
        assert len(mail.outbox) in (10, 11)

    def test_is_one_for_all_workers(self, clock):
        """Another worker takes its share between this one's look and its claim."""
        many(30)
        issue = make_ready(policy={"per_second": 10})
        sending.freeze(issue)
        before = SendingPolicy.get()
        assert before.take(timezone.now()) == 10
        assert before.take(timezone.now()) == 0
        assert work() == 0

    def test_of_an_issue_that_waits_is_left_to_the_next(self, clock):
        many(40)
        first = make_ready(policy={"per_second": 10, "slow_start": True})
        sending.freeze(first)
        for _ in range(4):
            work()
            clock.shift(1)
        assert len(mail.outbox) == 20
        second = make_ready()
        sending.freeze(second)
        work()
        assert second.deliveries.filter(accepted_at__isnull=False).count() == 10


class ASlowStart:
    @pytest.mark.parametrize(("recipients", "first"), [(60, 20), (1500, 30)])
    def test_sends_the_first_part_waits_and_sends_the_rest(self, clock, recipients, first):
        many(recipients)
        issue = make_ready(policy={"slow_start": True})
        work()
        assert len(mail.outbox) == first
        clock.shift(sending.SETTLING - timedelta(seconds=1))
        work()
        assert len(mail.outbox) == first
        clock.shift(1)
        work()
        assert len(mail.outbox) == recipients
        assert fresh(issue).sent_at

    def test_waits_for_nothing_where_everybody_is_in_the_first_part(self, clock):
        many(15)
        issue = make_ready(policy={"slow_start": True})
        work()
        assert fresh(issue).sent_at

    def test_is_no_faster_where_everything_is_put_off(self, clock):
        make_subscribers(*(f"rcpt-451.{number}@example.org" for number in range(60)))
        issue = make_ready(policy={"slow_start": True})
        with mail_server():
            for _ in range(9):
                work()
                clock.shift(60)
        assert issue.deliveries.filter(attempts__gt=0).count() == 20

    def test_counts_only_what_was_tried(self, clock):
        many(60)
        issue = make_ready(policy={"slow_start": True})
        with mail_server() as server:
            server.answers_to_mail = [b"451 4.7.1 slow down"]
            work()
            clock.shift(sending.SETTLING)
            work()
            assert len(server.received) == 20
        assert fresh(issue).widened_at is None

    def test_is_where_an_issue_that_comes_back_is_held(self, clock):
        many(60)
        issue = make_ready(policy={"slow_start": True})
        work()
        for delivery in issue.deliveries.filter(accepted_at__isnull=False)[:6]:
            bounce = {"kind": Bounce.Kind.HARD, "on": timezone.localdate()}
            Bounce.objects.create(subscriber=delivery.subscriber, issue=issue, **bounce)
        clock.shift(sending.SETTLING)
        work()
        assert len(mail.outbox) == 20
        assert "6 came back" in fresh(issue).held_because
        fresh(issue).resume()
        work()
        assert len(mail.outbox) == 60


class AnIssueIsHeld:
    def test_when_failures_rise(self, monkeypatch):
        monkeypatch.setattr(sending, "BATCH", 10)
        people = [f"rcpt-550.{number}@example.org" for number in range(6)] + [f"ok-{n}@example.org" for n in range(30)]
        make_subscribers(*people)
        issue = make_ready(policy={"pause_above": 20})
        with mail_server() as server:
            work()
            assert len(server.received) == 4
            assert "6 were refused" in fresh(issue).held_because
            fresh(issue).resume()
            while work() or fresh(issue).resume():
                pass
        assert fresh(issue).sent_at

    def test_and_not_again_for_what_failed_before_somebody_let_it_go_on(self, monkeypatch, clock):
        monkeypatch.setattr(sending, "BATCH", 10)
        make_subscribers(*(f"rcpt-550.{number}@example.org" for number in range(6)))
        many(40)
        issue = make_ready(policy={"pause_above": 5})
        with mail_server() as server:
            work()
            assert fresh(issue).state == "paused"
            clock.shift(60)
            fresh(issue).resume()
            work()
        assert fresh(issue).state == "sent"
        assert len(server.received) == 40

    def test_that_cannot_be_sent_and_the_others_go_out(self, monkeypatch):
        many(2)
        broken, sound = make_ready(), make_ready()
        sending.freeze(broken)
        true = sending.send_batch
        monkeypatch.setattr(sending, "send_batch", lambda issue, at: 1 / 0 if issue == broken else true(issue, at))
        work()
        assert fresh(sound).state == "sent"
        assert "ZeroDivisionError" in fresh(broken).held_because

    def test_when_its_time_passed_too_long_ago(self, clock):
        many(3)
        issue = make_ready(policy={"late_after": 60})
        clock.shift(timedelta(minutes=61))
        assert work() == 0
        assert fresh(issue).state == "waits for you"
        assert "should have gone out" in fresh(issue).held_because
        assert fresh(issue).schedule(timezone.now())
        assert work() == 3

    def test_but_not_when_it_is_a_little_late(self, clock):
        many(3)
        make_ready(policy={"late_after": 60})
        clock.shift(timedelta(minutes=59))
        assert work() == 3

    def test_when_something_is_wrong_with_it_and_says_what_to_do(self):
        many(3)
        draft = make_article(published_at=None)
        issue = make_ready(draft, introduction="See [this](/nowhere/at/all).")
        issue.tests.all().delete()
        assert work() == 0
        sentences = checking.problems(issue)
        assert len(sentences) == 3
        assert fresh(issue).held_because == " ".join(sentences)
        assert mail.outbox == []

    def test_when_it_would_go_to_nobody(self):
        issue = make_ready()
        work()
        assert "nobody" in fresh(issue).held_because

    def test_when_it_cannot_be_made_and_keeps_no_other_from_going_out(self, monkeypatch):
        many(3)
        broken, good = make_ready(), make_ready()
        true = checking.problems
        monkeypatch.setattr(checking, "problems", lambda issue, at: 1 / 0 if issue == broken else true(issue, at))
        assert work() == 3
        assert "ZeroDivisionError" in fresh(broken).held_because
        assert fresh(good).sent_at


class ADoubt:
    @pytest.fixture
    def doubtful(self, clock):
        """A delivery in doubt, with its mail server."""
        make_subscribers("good@example.org", "message-drop@example.org")
        issue = make_ready()
        with mail_server() as server:
            work()
            clock.shift(LEASE + timedelta(seconds=1))
            work()
            assert fresh(issue).sent_at
            server.healed.add("message-drop@example.org")
            yield Delivery.objects.in_doubt().get(), server

    def test_that_is_sent_again_goes_out_once_more(self, doubtful):
        delivery, server = doubtful
        editor = make_staff("editor")
        assert delivery.send_again(by=editor)
        assert not delivery.send_again(by=editor)
        work()
        assert server.received == {"good@example.org": 1, "message-drop@example.org": 2}
        delivery.refresh_from_db()
        assert delivery.accepted_at
        assert delivery.doubt_settled_by == editor
        assert fresh(delivery.issue).sent_at
        assert not Delivery.objects.in_doubt().exists()

    def test_is_not_sent_again_once_its_issue_is_cancelled(self, doubtful):
        delivery, _ = doubtful
        Issue.objects.filter(pk=delivery.issue_id).update(sent_at=None)
        assert delivery.issue.cancel() or fresh(delivery.issue).cancel()
        assert not delivery.send_again(by=make_staff("editor"))
        assert delivery.leave(by=make_staff("editor"))

    def test_that_is_let_be_is_never_sent(self, doubtful, clock):
        delivery, server = doubtful
        assert delivery.leave(by=make_staff("editor"))
        assert not delivery.leave(by=make_staff("editor"))
        assert not delivery.send_again(by=make_staff("editor"))
        clock.shift(timedelta(days=2))
        work()
        assert server.received["message-drop@example.org"] == 1
        assert not Delivery.objects.in_doubt().exists()


class Mail:
    def test_of_an_issue_lies_in_a_folder_in_development(self, settings, tmp_path):
        settings.EMAIL_BACKEND = "cramps_site.lib.mail_files.EmailBackend"
        settings.MAIL_DIR = tmp_path
        make_subscribers("one@example.org", "two@example.org")
        issue = make_ready()
        assert work() == 2
        assert len(list(Path(tmp_path).glob("*.eml"))) == 2
        assert fresh(issue).sent_at

    def test_of_which_an_interface_fails_is_in_doubt_and_the_others_wait(self, monkeypatch, clock):
        many(3)
        issue = make_ready()
        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", lambda *given: 1 / 0)
        assert work() == 0
        assert sorted(states(issue).values()) == ["started", "waiting", "waiting"]
        assert "ZeroDivisionError" in SendingPolicy.get().trouble

    def test_is_sent_while_no_page_is_rebuilt_for_each_of_them(self):
        many(30)
        issue = make_ready()
        sending.freeze(issue)
        before = Publication.objects.for_stamp().changes
        work()
        assert Publication.objects.for_stamp().changes - before <= 1


def test_an_issue_that_is_neither_due_nor_frozen_stays_where_it_is():
    many(3)
    make_issue(frozen_at=None, scheduled_at=None)
    make_ready(scheduled_at=timezone.now() + timedelta(hours=1))
    assert work() == 0
    assert not Issue.objects.public().exists()
