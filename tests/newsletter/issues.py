"""What the tests of sending share: an issue that is ready to go out, and what a worker does with it."""

from datetime import timedelta

from django.utils import timezone

from newsletter import composing, sending
from newsletter.models import Issue, SendingPolicy
from tests.factories import make_issue, make_staff, make_subscriber


def make_ready(*articles, at=None, topics=(), policy=None, **fields):
    """An issue that somebody has tested and that goes out as soon as the worker looks."""
    SendingPolicy.note(**{"slow_start": False, **(policy or {})})
    at = at or timezone.now()
    issue = make_issue(
        *articles, **{"introduction": "Warm socks help.", "frozen_at": None, "scheduled_at": at, **fields}
    )
    issue.topics.set(topics)
    issue.tests.create(to=make_staff("editor"), content_hash=composing.render(issue, at).content_hash)
    return issue


def make_subscribers(*addresses):
    return [make_subscriber(address) for address in addresses]


def work(at=None):
    """What a worker does until there is nothing to do for now."""
    done = 0
    while dealt_with := sending.one_batch(at):
        done += dealt_with
    return done


def work_through(clock, *, for_=timedelta(days=2), step=timedelta(minutes=1)):
    """Work, while the clock runs on in steps that grow as the waiting does."""
    end = timezone.now() + for_
    while timezone.now() < end:
        work()
        clock.shift(step)
        step = min(step * 1.2, timedelta(minutes=20))


def state(delivery):
    """The one fact that settles a delivery, or that it waits."""
    facts = {"accepted": delivery.accepted_at, "failed": delivery.failed_at, "skipped": delivery.skipped_at}
    [settled] = [name for name, moment in facts.items() if moment] or ["started" if delivery.started_at else "waiting"]
    return settled


def states(issue):
    """By address."""
    rows = issue.deliveries.select_related("subscriber")
    return {row.subscriber.email if row.subscriber else None: state(row) for row in rows}


def fresh(issue):
    return Issue.objects.get(pk=issue.pk)
