"""Who gets the newsletter, and how we know that they want it.

Facts are timestamps. A subscriber is sent issues while `confirmed_at` is set and none of the facts that end it is.
"""

from calendar import monthrange
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from articles.models import Topic
from cramps_site.lib.address import normalise
from cramps_site.lib.keyed import keyed_hash

ASK_AGAIN_AFTER = timedelta(days=1)
COMPLAINED, BOUNCED = Q(complained_at__isnull=False), Q(bounced_at__isnull=False)
LEFT, CONFIRMED = Q(left_at__isnull=False), Q(confirmed_at__isnull=False)


class State(models.TextChoices):
    """How it stands with somebody. Of several facts the one counts that is named first."""

    COMPLAINED = "complained", "Complained of our mail"
    BOUNCED = "bounced", "The address does not work"
    LEFT = "left", "Left"
    ASKED = "asked", "Asked, not confirmed"
    PAUSED = "paused", "Paused"
    CONFIRMED = "confirmed", "Confirmed"


def months_after(at, months):
    """The same day of a later month, or its last day where that is shorter."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


class SubscriberQuerySet(models.QuerySet):
    def active(self):
        """Who is sent issues, sooner or later."""
        return self.filter(confirmed_at__isnull=False, left_at=None, bounced_at=None, complained_at=None)

    def reachable(self, at=None):
        """Who is sent an issue that goes out now."""
        return self.active().exclude(paused_until__gt=at or timezone.now())

    def wanting(self, topics):
        """Who chose one of these topics or none at all; everybody where no topic is given."""
        topics = list(topics)
        if not topics:
            return self
        chosen = Subscriber.topics.through.objects.filter(subscriber=OuterRef("pk"))
        return self.filter(Exists(chosen.filter(topic__in=topics)) | ~Exists(chosen))

    def for_digest(self, digest):
        """Who is sent a digest: by the frequency they chose, and by its topic; without one, who chose no topic."""
        readers = self.filter(frequency=digest.frequency)
        return readers.filter(topics=digest.topic_id) if digest.topic_id else readers.filter(topics=None)

    def unconfirmed(self):
        return self.filter(confirmed_at=None)

    def in_state(self, state, at=None):
        """Those with whom it stands so. `Subscriber.state` says the same of one."""
        paused = Q(paused_until__isnull=False, paused_until__gt=at or timezone.now())
        facts = {
            State.COMPLAINED: COMPLAINED,
            State.BOUNCED: BOUNCED,
            State.LEFT: LEFT,
            State.ASKED: ~CONFIRMED,
            State.PAUSED: paused,
            State.CONFIRMED: CONFIRMED,
        }
        found = facts[state]
        for earlier in list(facts)[: list(facts).index(state)]:
            found &= ~facts[earlier]
        return self.filter(found)


class Subscriber(models.Model):
    class Frequency(models.TextChoices):
        EACH = "each", "Each new article"
        WEEKLY = "weekly", "Once a week"

    email = models.EmailField(max_length=254)
    normalised = models.CharField(max_length=320, unique=True, editable=False)
    topics = models.ManyToManyField(Topic, blank=True, related_name="+")
    frequency = models.CharField(max_length=8, choices=Frequency, default=Frequency.WEEKLY)
    paused_until = models.DateTimeField(null=True, blank=True)
    asks = models.PositiveIntegerField(default=0, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    asked_from = models.CharField(max_length=64, blank=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    left_at = models.DateTimeField(null=True, editable=False)
    bounced_at = models.DateTimeField(null=True, editable=False)
    complained_at = models.DateTimeField(null=True, editable=False)
    bounce_score = models.FloatField(default=0, editable=False)
    bounce_scored_on = models.DateField(null=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["asked_from", "asked_at"], name="subscriber_by_sender")]
        permissions = [
            ("import_subscriber", "Can import subscribers from a list"),
            ("export_subscriber", "Can export the list of subscribers"),
        ]

    def __str__(self):
        # Not the address: this stands in the admin's log, which outlives erasure.
        return f"Subscriber {self.pk}"

    def save(self, *args, **kwargs):
        self.normalised = normalise(self.email)
        super().save(*args, **kwargs)

    @property
    def is_active(self):
        return bool(self.confirmed_at and not (self.left_at or self.bounced_at or self.complained_at))

    @property
    def state(self):
        return self.state_at(timezone.now())

    def state_at(self, at):
        facts = {
            State.COMPLAINED: self.complained_at,
            State.BOUNCED: self.bounced_at,
            State.LEFT: self.left_at,
            State.ASKED: not self.confirmed_at,
            State.PAUSED: self.paused_until and self.paused_until > at,
        }
        return next((state for state, holds in facts.items() if holds), State.CONFIRMED)

    def confirm(self, at=None):
        """Begin the subscription. False if it had begun already."""
        at = at or timezone.now()
        with transaction.atomic():
            waiting = Subscriber.objects.filter(~CONFIRMED | LEFT | BOUNCED, pk=self.pk, complained_at=None)
            done = waiting.update(confirmed_at=at, left_at=None, bounced_at=None, paused_until=None, asked_from="")
            if done:
                Consent.objects.create(
                    subscriber=self, fact=Consent.Fact.CONFIRMED, wording=Consent.CONFIRMATION, at=at
                )
        self.refresh_from_db()
        return bool(done)

    def leave(self, at=None):
        """End the subscription. False if it had ended already or never begun."""
        at = at or timezone.now()
        with transaction.atomic():
            done = Subscriber.objects.filter(pk=self.pk, confirmed_at__isnull=False, left_at=None).update(left_at=at)
            if done:
                Consent.objects.create(subscriber=self, fact=Consent.Fact.LEFT, at=at)
                self.skip_deliveries("The subscriber left.", at)
        self.refresh_from_db()
        return bool(done)

    def choose(self, topics, frequency):
        """Set which articles to get and how often. False if nothing is sent to them anyway."""
        with transaction.atomic():
            done = Subscriber.objects.active().filter(pk=self.pk).update(frequency=frequency)
            if done:
                self.topics.set(topics)
        self.refresh_from_db()
        return bool(done)

    def pause(self, months, at=None):
        """Send nothing for some months. False if nothing is sent to them anyway."""
        at = at or timezone.now()
        with transaction.atomic():
            done = Subscriber.objects.active().filter(pk=self.pk).update(paused_until=months_after(at, months))
            if done:
                self.skip_deliveries("The subscriber paused.", at)
        self.refresh_from_db()
        return bool(done)

    def resume(self):
        """Send again from the next issue on. False if there was no pause."""
        done = Subscriber.objects.filter(pk=self.pk, paused_until__isnull=False).update(paused_until=None)
        self.refresh_from_db()
        return bool(done)

    def skip_deliveries(self, reason, at=None):
        """Send nothing more of what is waiting to be sent. Call it in the transaction of whatever ends or pauses it."""
        waiting = self.deliveries.open().filter(started_at=None)
        return waiting.update(skipped_at=at or timezone.now(), error=reason)

    def deny(self):
        """“It wasn't me”: forget an unconfirmed address and never write to it again."""
        with transaction.atomic():
            Suppression.objects.get_or_create(
                address_hash=Suppression.hash_of(self.normalised), defaults={"reason": Suppression.Reason.DENIED}
            )
            Subscriber.objects.unconfirmed().filter(pk=self.pk).delete()


class Consent(models.Model):
    """Append-only: what a subscriber agreed to or took back, when, and the wording that was shown."""

    class Fact(models.TextChoices):
        ASKED = "asked", "Asked for the newsletter"
        CONFIRMED = "confirmed", "Confirmed by the mailed link"
        IMPORTED = "imported", "Agreed elsewhere, taken over from a list"
        LEFT = "left", "Left"

    OFFER = "New articles by email, as a rule once a week. One press to leave."
    CONFIRMATION = "Yes, send me the newsletter"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="consents")
    fact = models.CharField(max_length=10, choices=Fact)
    wording = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.get_fact_display()}, {self.at:%Y-%m-%d}"


class Suppression(models.Model):
    """An address that is never written to, known by a keyed hash alone, so that it outlives erasure and import."""

    class Reason(models.TextChoices):
        DENIED = "denied", "Its owner did not ask"
        COMPLAINED = "complained", "Complained of our mail"
        BOUNCED = "bounced", "Does not exist"

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=10, choices=Reason)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.get_reason_display()

    @staticmethod
    def hash_of(normalised):
        return keyed_hash("suppression", normalised)

    @classmethod
    def covers(cls, normalised):
        return cls.objects.filter(address_hash=cls.hash_of(normalised)).exists()
