"""Sends the issues of the newsletter: none twice, none lost, and what is in doubt is named.

`one_batch` does the next piece of work and says how much it did; a driver calls it again and again, in as many
processes as wanted. Recipients are frozen by one statement into Delivery rows; a batch of them is claimed as a lease;
over each connection to the mail server (`cramps_site.lib.smtp`) every message is committed as started just before its
DATA, and as accepted with the same commit that starts the next one.

It never decides for a person: an issue that is late, has a problem or fails too often is held and says why, and what is
in doubt waits for `Delivery.send_again` or `Delivery.leave`.
"""

import logging
from datetime import timedelta
from email.utils import parseaddr
from functools import lru_cache

from django.conf import settings
from django.core.mail import get_connection
from django.db import Error as DatabaseProblem
from django.db import transaction
from django.db.models import F, Max, Value
from django.utils import timezone

from cramps_site.lib import restored, smtp
from cramps_site.lib.bulk import insert_select
from cramps_site.lib.ledger import LEASE
from newsletter import checking, composing
from newsletter.models import Bounce, Delivery, Issue, SendingPolicy, Subscriber
from newsletter.telling import tell_editors

log = logging.getLogger(__name__)

BATCH = 500
"""Rows of one claim for each connection. Pausing does not wait for its end: every start looks."""
FIRST_SHARE, FIRST_LEAST = 0.02, 20
SETTLING = timedelta(minutes=10)
"""How long after the first part the rest waits, for refusals and bounces to come back."""
LOOKED_BACK = 200
"""Over how many of the latest deliveries the share that fails is taken."""
FEWEST_FAULTS = 5
AFTER_TROUBLE = timedelta(minutes=1)


def one_batch(at=None):
    """Freeze what is due, then send one batch of what goes out. How many rows were dealt with.

    None while nobody has said that this is the live site."""
    if restored.wait():
        return 0
    for issue in Issue.objects.due(at):
        _or_hold(begin, issue, at or timezone.now())
    done = next((done for issue in Issue.objects.going_out() if (done := _or_hold(send_batch, issue, at))), 0)
    if not done:
        smtp.close_lines()
    return done


def _or_hold(step, issue, at):
    """What a step gives. An issue with which it fails is held: it must not keep everything else from being sent."""
    try:
        return step(issue, at)
    except DatabaseProblem:
        raise
    except Exception as error:
        log.exception("issue %s cannot be sent", issue.pk)
        _hold(issue, f"It could not be sent: {error!r}. Change it, or tell who keeps the site.")
    return 0


@transaction.atomic
def begin(issue, at):
    """Freeze an issue whose time has come, unless it is late or has a problem: then it is held and says why."""
    # What is looked at is what is frozen: nobody changes it between the two.
    issue = Issue.objects.due(at).select_for_update().filter(pk=issue.pk).first()
    if issue is None:
        return
    late_after = timedelta(minutes=SendingPolicy.get().late_after)
    if at - issue.scheduled_at > late_after:
        moment = f"{timezone.localtime(issue.scheduled_at):%-d %B at %H:%M}"
        _hold(issue, f"It should have gone out on {moment} and did not. Send it now, or choose a new time.")
    elif problems := checking.problems(issue, at):
        _hold(issue, " ".join(problems))
    else:
        freeze(issue, at)


def _hold(issue, because):
    """Hold an issue and tell who may send. False if there was nothing to hold."""
    with transaction.atomic():
        held = issue.hold(because)
        if held:
            tell_editors()
    return held


def freeze(issue, at=None):
    """Fix the text and the recipients of an issue. How many there are, or None if somebody else froze it first."""
    at = at or timezone.now()
    with transaction.atomic():
        issue.refresh_from_db(from_queryset=Issue.objects.select_for_update())
        rendering = composing.render(issue, at)
        facts = {"frozen_at": at, "html": rendering.html, "text": rendering.text}
        if not Issue.objects.filter(pk=issue.pk, frozen_at=None, cancelled_at=None, held_at=None).update(**facts):
            return None
        count = insert_select(
            Delivery, issue.recipients(at), issue_id=Value(issue.pk), subscriber_id=F("pk"), due_at=Value(at), **BLANK
        )
        first = max(FIRST_LEAST, int(count * FIRST_SHARE)) if SendingPolicy.get().slow_start else count
        facts = {"first_part": min(first, count), "widened_at": at if first >= count else None}
        Issue.objects.filter(pk=issue.pk).update(**facts)
    issue.refresh_from_db()
    return count


BLANK = {"attempts": Value(0), "faults": Value(0), "error": Value("")}


def send_batch(issue, at=None):
    """Send the next rows of an issue, as many as pace and slow start allow. How many were dealt with."""
    at = at or timezone.now()
    policy = SendingPolicy.get()
    ready = _ready(issue, policy, at)
    if not ready.claimable(at).exists():
        _finish(issue, at)
        return 0
    most, allowed = BATCH * policy.connections, policy.take(at)
    deliveries = ready.claim(most if allowed is None else min(most, allowed), at)
    if not deliveries:
        return 0
    batch = Batch(issue, deliveries, policy)
    try:
        batch.send()
    except smtp.Unreachable as trouble:
        log.warning("issue %s: %s", issue.pk, trouble)
        batch.give_back()
        now = timezone.now()
        SendingPolicy.note(free_at=now + AFTER_TROUBLE, trouble=str(trouble), trouble_at=now)
        return 0
    if policy.trouble and batch.subscribers:
        SendingPolicy.note(trouble="", trouble_at=None)
    hold_if_failing(issue, policy)
    return len(deliveries)


def _ready(issue, policy, at):
    """The rows that may go out by now: the first part, and all of them once that is through and time has passed."""
    rows = Delivery.objects.filter(issue=issue)
    if issue.widened_at:
        return rows
    first = rows.filter(subscriber__in=_first_part(issue))
    if not _is_through(first, at):
        return first
    Issue.objects.filter(pk=issue.pk, widened_at=None).update(widened_at=at)
    return rows.none() if hold_if_failing(issue, policy) else rows


def _first_part(issue):
    people = Delivery.objects.filter(issue=issue, subscriber__isnull=False).order_by("subscriber")
    return people.values("subscriber")[: issue.first_part]


def _is_through(rows, at):
    """Whether each of the rows was tried, and the last of them long enough ago."""
    if rows.open().filter(started_at=None, faults=0).exists():
        return False
    # One that comes back later is held by nobody; where all do, there is nothing else to go by.
    last = rows.aggregate(tried=Max("claimed_at"), due=Max("due_at"))
    return (last["tried"] or last["due"] or at) <= at - SETTLING


def _finish(issue, at):
    """Say that an issue is sent once no row of it is waiting or under way: what is in doubt waits for a person."""
    doubtful = Delivery.objects.filter(issue=issue).in_doubt(at)
    if not Delivery.objects.filter(issue=issue).open().exclude(pk__in=doubtful.values("pk")).exists():
        issue.finish(at)


def hold_if_failing(issue, policy):
    """Hold an issue whose latest deliveries fail, or come back, more often than the publisher allows: whether it is."""
    rows = Delivery.objects.filter(issue=issue)
    since = max(filter(None, (issue.frozen_at, issue.resumed_at)))
    accepted = rows.filter(accepted_at__gte=since).order_by("-accepted_at")
    latest = list(accepted.values_list("accepted_at", flat=True)[:LOOKED_BACK])
    since = latest[-1] if len(latest) == LOOKED_BACK else since
    refused = rows.filter(failed_at__isnull=False, failed_at__gte=since).count()
    came_back = Bounce.objects.of_issue(issue).filter(at__gte=since).count()
    faults, tried = refused + came_back, refused + len(latest)
    return (
        faults >= FEWEST_FAULTS
        and 100 * faults / tried > policy.pause_above
        and _hold(
            issue,
            f"Of the latest {tried} mails {refused} were refused and {came_back} came back. Look at what the mail "
            "server says, then go on or cancel.",
        )
    )


class Batch:
    """Claimed rows of one issue on their way to the mail server."""

    def __init__(self, issue, deliveries, policy):
        self.issue, self.policy = issue, policy
        self.deliveries = {delivery.pk: delivery for delivery in deliveries}
        self.claimed_at = deliveries[0].claimed_at
        people = [delivery.subscriber_id for delivery in deliveries if delivery.subscriber_id]
        self.subscribers = Subscriber.objects.reachable().only("email").in_bulk(people)
        self.sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        self.rendering = composing.frozen(issue)
        self.was_changed = False
        """Whether somebody left, or stopped it all, since the rows were claimed."""

    def send(self):
        """Send what may still be sent. Raises smtp.Unreachable; the rows that are left are then still claimed."""
        if smtp.is_used():
            self._by_smtp()
        else:
            self._by_backend()

    def _by_smtp(self):
        pressed = _pressed(self.rendering)
        parcels = [self._parcel(delivery, to, pressed) for delivery, to in self._of_living()]
        lines = smtp.lines(min(self.policy.connections, len(parcels)))
        left = smtp.hand_over(
            parcels,
            lines,
            start=self._start,
            refuse=self._refuse,
            doubt=self._doubt,
            still_ours=self._still_ours,
            seconds=LEASE.total_seconds() / 2,
        )
        if left or self.was_changed:
            self.give_back()

    def _parcel(self, delivery, to, pressed):
        return smtp.Parcel(delivery.pk, self.sender, to, lambda: pressed.message(self._personal(delivery)))

    def _personal(self, delivery):
        return composing.personal(self.subscribers[delivery.subscriber_id], composing.message_mark(delivery))

    def _by_backend(self):
        """Through whatever backend Django has: files, a provider's interface."""
        connection = get_connection()
        for delivery, _ in self._of_living():
            try:
                connection.open()
                letter = self.rendering.letter(self._personal(delivery))
                if self._start([], [delivery.pk]):
                    connection.send_messages([letter])
                    self._start([delivery.pk], [])
            except DatabaseProblem:
                raise
            except Exception as error:
                # Whatever an interface raises: nobody knows whether the message was taken. The others wait.
                log.exception("delivery %s", delivery.pk)
                raise smtp.Unreachable(f"The mail service failed: {error!r}") from error
        connection.close()

    def _of_living(self):
        """(delivery, bare address) of people who may still be written to; the others are skipped."""
        for delivery in self.deliveries.values():
            subscriber = self.subscribers.get(delivery.subscriber_id)
            if subscriber is None:
                delivery.skip("The subscriber left, paused or cannot be reached any more.")
                continue
            try:
                to = smtp.envelope(subscriber.email)
            except ValueError as error:
                delivery.fail(f"The address cannot be written to: {error}.")
            else:
                yield delivery, to

    def _start(self, accepted, following):
        at = timezone.now()
        started = Delivery.objects.advance(self.claimed_at, accepted, following, at)
        if started:
            restored.note(Delivery, max(started), at)
        self.was_changed |= len(started) < len(following)
        return started

    def _still_ours(self, keys):
        return set(self._untouched().filter(pk__in=keys, subscriber__isnull=False).values_list("pk", flat=True))

    def _untouched(self):
        return Delivery.objects.open().filter(claimed_at=self.claimed_at, started_at=None)

    def _refuse(self, key, refused):
        delivery = self.deliveries[key]
        (delivery.postpone if refused.is_passing else delivery.fail)(str(refused))

    def _doubt(self, key):
        log.warning("delivery %s: the mail server took the message and gave no answer", key)

    def give_back(self):
        """Let others try what was not started."""
        self._untouched().filter(pk__in=self.deliveries).update(claimed_at=None)


_pressed = lru_cache(maxsize=2)(composing.Pressed)
"""Made once for all batches of an issue."""
