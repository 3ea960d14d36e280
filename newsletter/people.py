"""What the newsletter keeps about one person: tells it, and lets go of it.

A suppression is no part of what is let go: it is a keyed hash, and without it the next list or the next stranger would
have us write again to somebody who said never.
"""

from django.db import transaction

from cramps_site.lib.address import normalise
from cramps_site.lib.models import OutgoingMail
from newsletter.models import Delivery, Subscriber, Suppression

KEPT = ("subscribers", "consents", "bounces")


def export_of(address):
    """Everything that is kept about an address, ready for JSON. Of one nobody knows: both parts are None."""
    subscriber = _at(address)
    suppression = Suppression.objects.filter(address_hash=Suppression.hash_of(normalise(address))).first()
    return {
        "subscriber": receipt(subscriber) if subscriber else None,
        "suppression": suppression and {"reason": suppression.get_reason_display(), "at": suppression.at},
    }


def receipt(subscriber):
    """What is kept about a subscriber: their choices, all that they agreed to with its wording, what was sent."""
    issues = subscriber.deliveries.filter(accepted_at__isnull=False).order_by("accepted_at", "pk")
    facts = ("asks", "asked_at", "confirmed_at", "left_at", "bounced_at", "complained_at", "paused_until")
    return {
        "address": subscriber.email,
        "known_as": subscriber.normalised,
        "state": subscriber.state.label,
        **{name: getattr(subscriber, name) for name in facts},
        "fingerprint_of_the_connection": subscriber.asked_from or None,
        "topics": list(subscriber.topics.values_list("slug", flat=True)) or "all",
        "frequency": subscriber.get_frequency_display(),
        "consents": [
            {"what": consent.get_fact_display(), "wording": consent.wording, "at": consent.at}
            for consent in subscriber.consents.all()
        ],
        "issues_sent": [
            {"subject": subject, "at": at} for subject, at in issues.values_list("issue__subject", "accepted_at")
        ],
        "came_back": [
            {"what": bounce.get_kind_display(), "reason": bounce.reason, "at": bounce.at}
            for bounce in subscriber.bounces.order_by("at", "pk")
        ],
    }


def foresee(address):
    """How many rows of each kind `erase_address` would delete."""
    subscriber = _at(address)
    rows = (subscriber.consents.count(), subscriber.bounces.count()) if subscriber else (0, 0)
    return dict(zip(KEPT, (int(subscriber is not None), *rows), strict=True))


def erase_address(address):
    """Erase whoever subscribed with an address; how many rows of each kind."""
    with transaction.atomic():
        counts = foresee(address)
        if subscriber := _at(address):
            erase(subscriber)
    return counts


def erase(subscriber):
    """Delete a subscriber and all that hangs on them. A suppression survives; of what was sent the bare count stays."""
    with transaction.atomic():
        subscriber.skip_deliveries("The subscriber was erased.")
        # A server's refusal names the address.
        refused = Delivery.objects.filter(subscriber=subscriber, skipped_at=None).exclude(error="")
        refused.update(error="Erased with the subscriber.")
        OutgoingMail.objects.filter(kind="newsletter.answer", subject_id=subscriber.pk).delete()
        subscriber.delete()


def _at(address):
    return Subscriber.objects.filter(normalised=normalise(address)).first()
