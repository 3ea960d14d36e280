"""What triage is given and what it answers: rules and findings."""

from dataclasses import asdict, dataclass

KINDS = ("urgent", "dose", "privacy", "look-alike", "words", "domains", "links", "rules")
"""The kinds of findings, the most important first."""


@dataclass(frozen=True)
class Rule:
    """Something to look for, with one phrase or pattern a line (see `rulebook`)."""

    kind: str
    name: str
    phrases: str
    language: str = "en"


@dataclass(frozen=True)
class Finding:
    """Something that a moderator should know before reading."""

    kind: str
    rule: str
    reason: str
    """One plain sentence or short phrase, without the private words themselves: the mark in the text shows those."""
    start: int = -1
    end: int = -1
    """The characters of the original text that are marked; -1 where there are none."""
    field: str = "body"
    level: int = 0
    """Of a danger sign: 2, or 1 where it is named only to deny it."""

    def as_dict(self):
        return asdict(self)

    @property
    def rank(self):
        return KINDS.index(self.kind), -self.level, self.start


def merge(findings):
    """The findings, the most important first; of those of one rule that overlap, one of the highest level over all."""
    merged = []
    for finding in sorted(findings, key=lambda finding: (finding.kind, finding.rule, finding.field, finding.start)):
        last = merged[-1] if merged else None
        if last and _overlap(last, finding):
            merged[-1] = _united(last, finding)
        else:
            merged.append(finding)
    return sorted(merged, key=lambda finding: finding.rank)


def _overlap(one, other):
    return (one.kind, one.rule, one.field) == (other.kind, other.rule, other.field) and other.start < max(one.end, 1)


def _united(one, other):
    strong = one if one.level >= other.level else other
    fields = strong.as_dict() | {"start": one.start, "end": max(one.end, other.end)}
    return Finding(**fields)
