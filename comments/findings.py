"""What triage takes and gives: a Rule goes in, a Finding comes out. Both are plain values, without a database."""

from dataclasses import asdict, dataclass

KINDS = ("urgent", "dose", "privacy", "look-alike", "words", "links", "rules")
"""The kinds of findings, in the order in which a moderator should read them."""


@dataclass(frozen=True)
class Rule:
    kind: str
    """urgent, dose, privacy, words (the publisher's words that deserve a look) or domains (hosts of links)."""
    name: str
    phrases: str
    """One phrase or pattern a line, in the notation that `comments.phrases` explains; of domains, one host a line."""
    language: str = "en"


@dataclass(frozen=True)
class Finding:
    kind: str
    rule: str
    reason: str
    """A phrase for the moderator. It never repeats what is private: the marked text shows that."""
    start: int = -1
    end: int = -1
    """The span in the text as it was handed over; -1 and -1 where nothing is to be marked."""
    field: str = "body"
    level: int = 0
    """Of urgent findings: 2 where the text says so, 1 where it says that it is not so."""

    def as_dict(self):
        return asdict(self)

    def order(self):
        """Sorts the most important first, and then as they stand in the text."""
        return (KINDS.index(self.kind), -self.level, self.field, self.start, self.end, self.rule)


def merge(findings):
    """The findings with those of one rule that overlap made one, which has the highest level of them."""
    merged = []
    for finding in sorted(findings, key=lambda each: (each.kind, each.rule, each.field, each.start)):
        last = merged[-1] if merged else None
        if last and _same(last, finding) and finding.start < max(last.end, 0):
            kept = last if last.level >= finding.level else finding
            start, end = (
                (last.start, max(last.end, finding.end)) if last.level == finding.level else (kept.start, kept.end)
            )
            merged[-1] = Finding(kept.kind, kept.rule, kept.reason, start, end, kept.field, kept.level)
        else:
            merged.append(finding)
    return sorted(merged, key=Finding.order)


def _same(one, other):
    return (one.kind, one.rule, one.field) == (other.kind, other.rule, other.field)
