"""Takes an address in, in a way that cannot be used against its owner.

Whoever asks, and however often: one mail per address and day, with no word of the asker's in it, and the same answer
in the same time for a new address, a known one, one that left and one that must never be written to. What the
difference is, is decided when the mail is composed, by the worker.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from cramps_site.lib import email, limits
from cramps_site.lib.address import normalise
from cramps_site.lib.keyed import keyed_hash
from newsletter import links
from newsletter.models import ASK_AGAIN_AFTER, Consent, Subscriber, Suppression

UNCONFIRMED_KEPT_FOR = timedelta(days=14)
ADDRESSES_PER_SENDER = 20
PERIOD = timedelta(hours=1)


def ask(address, topics=(), *, sender="", at=None):
    """Record that somebody asked for the newsletter at `address`, and queue one mail if none went out today. Whether it
    was queued: nobody but the owner of the address may learn that."""
    at = at or timezone.now()
    normalised = normalise(address)
    with transaction.atomic():
        Subscriber.objects.bulk_create([Subscriber(email=address, normalised=normalised)], ignore_conflicts=True)
        row = Subscriber.objects.filter(normalised=normalised)
        # Written whatever follows, so that every answer waits for one commit.
        row.update(asks=F("asks") + 1)
        is_due = Q(asked_at=None) | Q(asked_at__lte=at - ASK_AGAIN_AFTER)
        if not row.filter(is_due).update(asked_at=at, asked_from=sender):
            return False
        subscriber = row.get()
        if not subscriber.confirmed_at:
            subscriber.topics.set(topics)
        Consent.objects.create(subscriber=subscriber, fact=Consent.Fact.ASKED, wording=Consent.OFFER, at=at)
        email.queue("newsletter.answer", subscriber.pk)
    return True


def wait_for(sender, address, at=None):
    """How long a sender who asked for many addresses must wait, or None. The same address again never waits."""
    others = Subscriber.objects.filter(asked_from=sender).exclude(normalised=normalise(address))
    return limits.wait_for(others, "asked_at", ADDRESSES_PER_SENDER, PERIOD, at)


def device_mark(address):
    """What the asking browser is given, so that the confirmation page knows it again. Tells nothing of the address."""
    return keyed_hash("device", normalise(address))


def forget_unconfirmed(at=None):
    """Delete who asked and did not confirm; how many."""
    before = (at or timezone.now()) - UNCONFIRMED_KEPT_FOR
    return Subscriber.objects.unconfirmed().filter(asked_at__lt=before).delete()[0]


@email.composer("newsletter.answer")
def compose_answer(subscriber_id):
    """The answer to an ask: a confirmation mail, or for an active subscriber that all is well. None: no mail."""
    subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
    if subscriber is None or Suppression.covers(subscriber.normalised):
        return None
    context = {
        "confirm_url": links.confirm_url(subscriber),
        "leave_url": links.unsubscribe_url(subscriber),
        "preferences_url": links.preferences_url(subscriber),
        "offer": Consent.OFFER,
    }
    if subscriber.is_active:
        template, subject = "newsletter/mail/already", f"You already get the {settings.SITE_NAME} newsletter"
    else:
        template, subject = "newsletter/mail/confirm", f"Confirm your {settings.SITE_NAME} newsletter"
    return email.compose(
        template, context, subject=subject, to=subscriber.email, headers=links.list_headers(context["leave_url"])
    )
