"""Decides what follows from a bounce or a complaint, and records it.

The scores are Mailman's (https://gnu.org/software/mailman/mailman-admin/node25.html): a
hard bounce weighs 1 and a soft one 0.5, at most one a day; a score that nothing was added to for STALE_AFTER
(`bounce_info_stale_after`) begins anew; at THRESHOLD (`bounce_score_threshold`) nothing is sent to the address any
more. Whoever confirms it again begins with no score.

A complaint is no score: its writer leaves at once and is never written to again. What is about an address that nobody
subscribed with changes nothing, and so does the same message read twice.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from cramps_site.lib.address import normalise
from newsletter.bounces import Kind
from newsletter.models import Bounce, Delivery, Subscriber, Suppression

WEIGHTS = {Kind.HARD: 1.0, Kind.SOFT: 0.5}
THRESHOLD = 5.0
STALE_AFTER = timedelta(days=7)
KEPT_FOR = timedelta(days=180)
COMES_BACK_WITHIN = timedelta(days=3)


def record(address, kind, *, reason, at=None, delivery=None):
    """Record what came back of a mail to an address, or of a delivery, which tells better who it is.

    False if it is about nobody we know, or was recorded already."""
    kind, at = Kind(kind), min(at or timezone.now(), timezone.now())
    subscriber = delivery.subscriber if delivery else _known(address)
    if subscriber is None or kind == Kind.DELAYED:
        return False
    with transaction.atomic():
        known = Subscriber.objects.filter(pk=subscriber.pk)
        changed = _complain(subscriber, at) if kind == Kind.COMPLAINT else _score(known, WEIGHTS[kind], at)
        return _log(subscriber, kind, reason, at, delivery) or changed


def record_report(report, *, at=None, find_delivery=lambda message_id: None):
    """Record each finding of a Report; those that changed something.

    `find_delivery` tells the Delivery of a Message-ID, or None. A mail goes to one person, so where it does, what came
    back is theirs, whatever address it was forwarded to."""
    delivery = find_delivery(report.original) if report.original else None
    findings = report.findings[:1] if delivery else report.findings
    return [
        finding
        for finding in findings
        if record(finding.address, finding.kind, reason=finding.reason, at=at, delivery=delivery)
    ]


def forget_bounces(at=None):
    """Delete what came back long ago; how many rows. Scores and suppressions stay."""
    return Bounce.objects.filter(at__lt=(at or timezone.now()) - KEPT_FOR).delete()[0]


def _known(address):
    return Subscriber.objects.filter(normalised=normalise(address)).first() if address else None


def _score(known, weight, at):
    """Add to the score of an active subscriber, unless this day has had its bounce."""
    today = timezone.localdate(at)
    is_new_today = Q(bounce_scored_on=None) | Q(bounce_scored_on__lt=today)
    goes_on = Q(bounce_scored_on__gte=today - STALE_AFTER, bounce_score__lt=THRESHOLD)
    score = Case(When(goes_on, then=F("bounce_score") + Value(weight)), default=Value(weight))
    scored = known.active().filter(is_new_today).update(bounce_score=score, bounce_scored_on=today)
    if scored:
        for subscriber in known.filter(bounce_score__gte=THRESHOLD):
            known.update(bounced_at=at)
            subscriber.skip_deliveries("Mail to this address comes back.", at)
    return bool(scored)


def _complain(subscriber, at):
    """Let who complained leave, and never write to the address again."""
    complained = Subscriber.objects.filter(pk=subscriber.pk, complained_at=None).update(complained_at=at)
    if complained:
        subscriber.leave(at)
        address_hash = Suppression.hash_of(subscriber.normalised)
        Suppression.objects.get_or_create(
            address_hash=address_hash, defaults={"reason": Suppression.Reason.COMPLAINED, "at": at}
        )
    return bool(complained)


def _log(subscriber, kind, reason, at, delivery):
    """Keep a row of what came back. False if there is one of that day."""
    issue = delivery.issue_id if delivery else _latest_issue(subscriber, at)
    row = {"subscriber": subscriber, "issue_id": issue, "kind": kind.value, "on": timezone.localdate(at)}
    is_new = not Bounce.objects.filter(**row).exists()
    Bounce.objects.bulk_create([Bounce(**row, reason=reason, at=at)], ignore_conflicts=True)
    return is_new


def _latest_issue(subscriber, at):
    """The issue that went to a subscriber last, if that is not too long ago for a mail to come back."""
    recent = Delivery.objects.filter(subscriber=subscriber, accepted_at__gte=at - COMES_BACK_WITHIN)
    return recent.order_by("-accepted_at").values_list("issue_id", flat=True).first()
