"""Decides what is to become of wishes, as the database stands now, and carries it out."""

from enum import StrEnum

from newsletter.models import Consent, State, Subscriber, Suppression


class Fate(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    INVALID = "invalid"


class Skip(StrEnum):
    """Why a row that can be read is left alone."""

    SUPPRESSED = "must never be written to"
    COMPLAINED = "complained of our mail"
    BOUNCED = "our mail came back from there"
    LEFT = "left; only they can come back, by confirming again"
    ENDED_THERE = "the list itself says that nothing is sent there"
    NOT_CONFIRMED = "never confirmed: let them subscribe on the site"
    REPEATED = "the same person stands further up"


ENDED = {State.COMPLAINED: Skip.COMPLAINED, State.BOUNCED: Skip.BOUNCED, State.LEFT: Skip.LEFT}


class Block:
    """What is to become of some wishes, as the database stands now."""

    def __init__(self, wishes, seen):
        self.new, self.changed, self.others = [], [], []
        self.taken = set()
        self.known = _known(wish.normalised for wish in wishes)
        self.suppressed = _suppressed(wish.normalised for wish in wishes)
        for wish in wishes:
            self._decide(wish, seen)

    def _decide(self, wish, seen):
        subscriber = self.known.get(wish.normalised)
        if reason := self._reason_to_skip(wish, subscriber, seen):
            self.others.append((Fate.SKIPPED, wish, reason))
            return
        self.taken.add(wish.normalised)
        if subscriber is None:
            self.new.append(wish)
        elif changes := _changes(wish, subscriber):
            self.changed.append((wish, subscriber, changes))
        else:
            self.others.append((Fate.UNCHANGED, wish, None))

    def _reason_to_skip(self, wish, subscriber, seen):
        if wish.normalised in self.suppressed:
            return Skip.SUPPRESSED
        if subscriber and subscriber.state in ENDED:
            return ENDED[subscriber.state]
        if not wish.is_sent_to:
            return Skip.ENDED_THERE
        if wish.normalised in seen or wish.normalised in self.taken:
            return Skip.REPEATED
        is_confirmed = wish.confirmed_at or (subscriber and subscriber.confirmed_at)
        return None if is_confirmed else Skip.NOT_CONFIRMED

    def record(self, report):
        for wish in self.new:
            report.add(Fate.NEW, wish.line, wish.email, wish.words)
        for wish, _, changes in self.changed:
            words = "; ".join(f"{name}: {before} → {after}" for name, before, after in changes)
            report.add(Fate.CHANGED, wish.line, wish.email, words)
        for fate, wish, reason in self.others:
            report.add(fate, wish.line, wish.email, reason=reason)

    def apply(self):
        """Write what was decided: a few statements, however many rows."""
        added = Subscriber.objects.bulk_create(
            Subscriber(
                email=wish.email,
                normalised=wish.normalised,
                frequency=wish.frequency or Subscriber.Frequency.WEEKLY,
                confirmed_at=wish.confirmed_at,
            )
            for wish in self.new
        )
        _choose_topics([(row.pk, wish.topics) for row, wish in zip(added, self.new, strict=True)])
        _keep_consents([(row.pk, wish) for row, wish in zip(added, self.new, strict=True)])
        self._change()

    def _change(self):
        for frequency in Subscriber.Frequency.values:
            keys = [row.pk for wish, row, _ in self.changed if wish.frequency == frequency]
            Subscriber.objects.filter(pk__in=keys).update(frequency=frequency)
        begun = [(row.pk, wish) for wish, row, _ in self.changed if not row.confirmed_at]
        for moment in {wish.confirmed_at for _, wish in begun}:
            keys = [key for key, wish in begun if wish.confirmed_at == moment]
            Subscriber.objects.filter(pk__in=keys, confirmed_at=None).update(confirmed_at=moment)
        _keep_consents(begun)
        chosen = [(row.pk, wish.topics) for wish, row, _ in self.changed if wish.topics]
        Subscriber.topics.through.objects.filter(subscriber__in=[key for key, _ in chosen]).delete()
        _choose_topics(chosen)


def _known(addresses):
    """The subscribers at these addresses, by address, each with the keys of its topics as `chosen`."""
    found = Subscriber.objects.filter(normalised__in=set(addresses)).prefetch_related("topics")
    subscribers = {subscriber.normalised: subscriber for subscriber in found}
    for subscriber in subscribers.values():
        subscriber.chosen = {topic.pk: topic.slug for topic in subscriber.topics.all()}
    return subscribers


def _suppressed(addresses):
    hashes = {Suppression.hash_of(address): address for address in addresses}
    found = Suppression.objects.filter(address_hash__in=hashes).values_list("address_hash", flat=True)
    return {hashes[address_hash] for address_hash in found}


def _changes(wish, subscriber):
    """What a wish would change, as (name, before, after). Whose consent we have keeps it."""
    changes = []
    if wish.topics and wish.topics.keys() != subscriber.chosen.keys():
        changes.append(("topics", ", ".join(subscriber.chosen.values()) or "all", ", ".join(wish.topics.values())))
    if wish.frequency and wish.frequency != subscriber.frequency:
        changes.append(("frequency", subscriber.frequency, wish.frequency))
    if not subscriber.confirmed_at:
        changes.append(("confirmed", "not yet", f"{wish.confirmed_at:%Y-%m-%d}"))
    return changes


def _choose_topics(chosen):
    through = Subscriber.topics.through
    through.objects.bulk_create(
        through(subscriber_id=key, topic_id=topic) for key, topics in chosen for topic in topics or ()
    )


def _keep_consents(confirmed):
    Consent.objects.bulk_create(
        Consent(subscriber_id=key, fact=Consent.Fact.IMPORTED, wording=wish.consent, at=wish.confirmed_at)
        for key, wish in confirmed
    )
