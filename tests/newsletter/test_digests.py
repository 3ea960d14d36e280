"""What a digest holds, when it is composed, and whether it waits for an editor."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from cramps_site.lib import email
from newsletter import digests, telling
from newsletter.models import Digest, Issue, SendingPolicy, Subscriber
from tests.factories import make_article, make_staff, make_subscriber, make_topic, make_version
from tests.newsletter.issues import fresh, states, work

pytestmark = pytest.mark.django_db
EACH, WEEKLY = Subscriber.Frequency.EACH, Subscriber.Frequency.WEEKLY
MONDAY = datetime(2026, 6, 1, 10, tzinfo=UTC)
"""Noon by the site's clock: three hours after digests go out."""


@pytest.fixture(autouse=True)
def clock():
    SendingPolicy.note(slow_start=False, late_after=30 * 24 * 60, free_at=MONDAY)
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def make_digest(**fields):
    """For everybody, every Thursday at nine, sent by itself, with a reader."""
    moment_ago = timezone.now() - timedelta(seconds=1)
    usual = {"frequency": WEEKLY, "weekday": 3, "is_automatic": True, "covered_until": moment_ago}
    digest = Digest.objects.create(**usual | fields)
    reader = make_subscriber(frequency=digest.frequency)
    reader.topics.set([digest.topic] if digest.topic else [])
    return digest


def publish(title="Night cramps", **fields):
    return make_article(title=title, published_at=timezone.now(), **fields)


def days(clock, number, *, step=timedelta(hours=1)):
    """The issues that are composed while so many days pass."""
    made, end = [], timezone.now() + timedelta(days=number)
    while timezone.now() < end:
        clock.shift(step)
        made += digests.compose_due()
    return made


def titles(issue):
    return [entry.article.newest_version().title for entry in issue.entries.all()]


class AWeeklyDigest:
    def test_holds_what_went_live_since_the_last_one(self, clock):
        make_digest()
        publish("One")
        clock.shift(timedelta(days=1))
        publish("Two")
        [issue] = days(clock, 7)
        assert titles(issue) == ["Two", "One"]
        assert issue.subject == "New on Cramps, 4 June 2026"

    def test_is_skipped_when_nothing_is_new(self, clock):
        make_digest()
        publish()
        assert [len(days(clock, 7)) for _ in range(3)] == [1, 0, 0]

    def test_comes_on_its_day_after_its_time_and_once(self, clock):
        make_digest(weekday=2, time=time(17, 30))
        publish()
        [issue] = days(clock, 7)
        assert timezone.localtime(issue.scheduled_at) == timezone.make_aware(datetime(2026, 6, 3, 17, 30))

    def test_never_holds_the_same_article_twice(self, clock):
        make_digest()
        article = publish()
        days(clock, 7)
        article.retire(by=make_staff("editor"))
        make_version(article, title="Once more").publish(by=None, at=timezone.now())
        publish("Two")
        Digest.objects.update(covered_until=MONDAY - timedelta(days=1))
        [issue] = days(clock, 7)
        assert titles(issue) == ["Two"]

    def test_leaves_what_is_published_after_its_time_to_the_next(self, clock):
        digest = make_digest()
        at = digests.last_time(digest, MONDAY + timedelta(days=7))
        clock.move_to(at - timedelta(seconds=1))
        publish("Just before")
        clock.move_to(at + timedelta(seconds=1))
        publish("Just after")
        assert digests.compose_due() == []
        clock.move_to(at + digests.SETTLING)
        assert [titles(issue) for issue in digests.compose_due()] == [["Just before"]]
        assert [titles(issue) for issue in days(clock, 7)] == [["Just after"]]

    def test_holds_nothing_that_is_older_than_itself(self, clock):
        publish("Old")
        clock.shift(60)
        make_digest()
        assert days(clock, 7) == []

    def test_with_one_article_is_called_like_it(self, clock):
        make_digest()
        publish("x" * 200)
        [issue] = days(clock, 7)
        assert issue.subject == "x" * 149 + "…"

    def test_names_how_many_more_there_are_than_it_lists(self, clock):
        make_digest()
        for number in range(15):
            publish(f"Article {number}")
        [issue] = days(clock, 7)
        assert len(titles(issue)) == 12
        assert "3 more" in issue.introduction

    def test_without_readers_is_not_made(self, clock):
        make_digest()
        Subscriber.objects.update(left_at=timezone.now())
        publish()
        assert days(clock, 7) == []

    def test_that_is_switched_off_is_not_made(self, clock):
        make_digest(is_on=False)
        publish()
        assert days(clock, 7) == []

    def test_composed_twice_on_one_day_has_two_addresses(self, clock):
        digest = make_digest()
        publish("One")
        clock.move_to(MONDAY + timedelta(days=3))
        [first] = digests.compose_due()
        Digest.objects.filter(pk=digest.pk).update(time=time(13))
        publish("Two")
        clock.shift(timedelta(hours=2))
        [second] = digests.compose_due()
        assert (titles(second), second.slug) == (["Two"], f"{first.slug}-2")

    @pytest.mark.parametrize("changed_on", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
    @pytest.mark.parametrize("at", [time(2, 30), time(9)])
    def test_comes_once_a_week_where_clocks_are_changed(self, clock, changed_on, at):
        clock.move_to(changed_on - timedelta(days=6))
        make_digest(weekday=6, time=at)
        issues = []
        for week in range(3):
            publish(f"Week {week}")
            issues.append(days(clock, 7, step=timedelta(minutes=20)))
        assert [len(week) for week in issues] == [1, 1, 1]
        moments = [timezone.localtime(week[0].scheduled_at) for week in issues]
        assert {moment.weekday() for moment in moments} == {6}
        assert {moment.time() for moment in moments} <= {at, time(3, 30)}


class ADigestOfEachArticle:
    def test_comes_every_day_that_has_something_new(self, clock):
        make_digest(frequency=EACH)
        publish("One")
        assert [titles(issue) for issue in days(clock, 1)] == [["One"]]
        assert days(clock, 1) == []
        publish("Two")
        assert [titles(issue) for issue in days(clock, 1)] == [["Two"]]

    def test_goes_to_who_chose_that_and_not_to_the_weekly_readers(self, clock):
        make_digest(frequency=EACH)
        make_digest()
        publish()
        each, weekly = days(clock, 4)
        work()
        assert list(states(each).values()) == list(states(weekly).values()) == ["accepted"]
        assert states(each).keys() & states(weekly).keys() == set()


class ADigestOfATopic:
    def test_holds_the_articles_of_its_topic_for_who_chose_it(self, clock):
        night = make_topic(name="At night")
        make_digest(topic=night)
        make_subscriber("all@example.org")
        publish("Night", topics=[night])
        publish("Sport", topics=[make_topic()])
        [issue] = days(clock, 7)
        assert titles(issue) == ["Night"]
        work()
        assert "all@example.org" not in states(issue)
        assert len(mail.outbox) == 1

    def test_is_not_sent_to_who_got_the_same_articles_by_another(self, clock):
        night, sport = make_topic(), make_topic()
        make_digest(topic=night), make_digest(topic=sport)
        Subscriber.objects.all().delete()
        make_subscriber("both@example.org").topics.set([night, sport])
        publish(topics=[night, sport])
        days(clock, 7, step=timedelta(minutes=10))
        work()
        assert len(mail.outbox) == 1


class ADigestThatIsSentByItself:
    def test_goes_out_with_no_test_and_no_press(self, clock):
        make_digest()
        publish()
        clock.move_to(MONDAY + timedelta(days=3))
        [issue] = digests.compose_due()
        work()
        assert fresh(issue).held_because == ""
        assert fresh(issue).sent_at
        assert len(mail.outbox) == 1

    def test_waits_for_somebody_where_its_time_passed_long_ago(self, clock):
        SendingPolicy.note(late_after=60)
        make_digest()
        publish()
        clock.move_to(MONDAY + timedelta(days=5))
        [issue] = digests.compose_due()
        work()
        assert "should have gone out" in fresh(issue).held_because
        assert mail.outbox == []

    def test_waits_for_somebody_where_an_article_was_retired_meanwhile(self, clock):
        make_digest()
        article = publish("Socks")
        publish("Warmth")
        clock.move_to(MONDAY + timedelta(days=3))
        [issue] = digests.compose_due()
        article.retire(by=make_staff("editor"))
        work()
        assert "“Socks” is not public then" in fresh(issue).held_because
        assert mail.outbox == []

    def test_holds_no_article_that_was_retired_before(self, clock):
        make_digest()
        publish("Socks").retire(by=make_staff("editor"))
        publish("Warmth")
        [issue] = days(clock, 7)
        assert titles(issue) == ["Warmth"]


class ADigestThatWaits:
    @pytest.fixture
    def issue(self, clock):
        make_digest(is_automatic=False)
        publish()
        clock.move_to(MONDAY + timedelta(days=3))
        self.editor = make_staff("editor")
        [issue] = digests.compose_due()
        return issue

    def test_is_not_sent_until_an_editor_sends_it(self, issue, client):
        work()
        assert (fresh(issue).state, mail.outbox) == ("waits for you", [])
        client.force_login(self.editor)
        client.post(f"/admin/newsletter/issue/{issue.pk}/press/", {"do": "send"})
        work()
        assert fresh(issue).sent_at

    def test_is_told_to_who_may_send_and_to_nobody_else(self, issue):
        make_staff("writer"), make_staff("moderator")
        email.send_due()
        [message] = mail.outbox
        assert message.to == [self.editor.email]
        assert message.subject == "An issue waits for you"
        assert f"/admin/newsletter/issue/{issue.pk}/change/" in message.body
        assert digests.APPROVE in message.body

    def test_is_told_together_with_the_next(self, issue, clock):
        publish("Two")
        days(clock, 7)
        email.send_due()
        [message] = mail.outbox
        assert message.subject == "2 issues wait for you"

    def test_is_not_told_once_it_was_sent(self, issue):
        issue.schedule(timezone.now())
        email.send_due()
        assert mail.outbox == []

    def test_is_not_told_when_somebody_paused_an_issue_by_hand(self, issue, client):
        issue.schedule(timezone.now() + timedelta(days=1))
        client.force_login(self.editor)
        client.post(f"/admin/newsletter/issue/{issue.pk}/press/", {"do": "hold"})
        assert Issue.objects.get().held_at
        assert telling.compose_waits(self.editor.pk) is None


def test_a_late_digest_of_two_workers_is_composed_once():
    digest = make_digest()
    publish()
    at = MONDAY + timedelta(days=3)
    until = digests.last_time(digest, at)
    assert digests.compose(digest, until, at)
    assert digests.compose(digest, until, at) is None
