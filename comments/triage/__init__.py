"""Decides what a moderator should know about a comment before reading it.

`find` looks at one text and returns Findings: danger signs, amounts of medicines, what lets a stranger recognise a
child, names that pass for staff, the publisher's words, links. Nothing here touches the database or the network, so a
rule is tested with a string; no text makes it raise. Danger signs are data (`rules/en.yaml`, then the publisher's own):
to add one, add a phrase; `comments.triage.phrases` explains the notation.

A finding never publishes and never deletes: it only orders the queue and explains itself. That nothing is found never
means that a comment is not urgent.
"""

import regex

from articles.search.words import FILLERS
from comments.triage import doses, phrases, privacy
from comments.triage.clauses import ABOUT, ASSERTED, DENIED
from comments.triage.findings import Finding, Rule, merge
from comments.triage.lookalike import lookalike
from comments.triage.phrases import check_phrases
from comments.triage.points import ENOUGH, FOUND, PASSAGE, Passage, needed
from comments.triage.rulebook import compile_rules, load_shipped
from comments.triage.spelling import NOT

__all__ = [
    "Finding",
    "Rule",
    "check_phrases",
    "compile_rules",
    "danger_signs",
    "find",
    "load_shipped",
    "lookalike",
    "redact",
    "urgency_of",
]

LONGEST_MARK, MOST_TOLD = 60, 4
MOST_SENT = 3_000
TOO_SLOW = "A pattern of the rule “{}” took too long on this text and was left out."
REASONS = {
    ASSERTED: "Danger sign: {}.",
    DENIED: "Danger sign, said not to be there: {}.",
}
SOUNDS = {
    ASSERTED: "Sounds like a danger: {}.",
    DENIED: "Sounds like a danger, perhaps said not to be there: {}.",
}
LINK = regex.compile(
    r"(?:https?://|www\.)[^\s<>\"']+|(?<![\w@.-])(?:[\p{L}\p{N}-]{1,63}+\.)+"
    r"(?:com|org|net|info|biz|shop|online|site|xyz|top|io|co|uk|de|eu|us|ca|au|fr|ru|cn|pl|nl|it|es|at|ch)\b(?:/[^\s<>\"']*)?",
    regex.I | regex.V1,
)

LINK_HINT = regex.compile(r"\w\.\w|://")


def find(text, *, rules, name="", staff_names=(), own_hosts=()):
    """The findings in a comment and its writer's name, the most important first, at most one of a rule for a place."""
    rules = tuple(rules)
    found = [*doses.find(text), *_links(text, rules, own_hosts)]
    for book in compile_rules(rules):
        page = book.read(text)
        found += _phrases(page, ("urgent", "dose", "words"))
        if urgency_of(found) < ASSERTED:
            found += _points(page)
        if not urgency_of(found):
            found += _denied_signs(page)
    found += privacy.find(text, lambda shown: _of_privacy_rules(shown, rules))
    if name and (alike := lookalike(name, tuple(staff_names))):
        found.append(alike)
    return merge(found)


def urgency_of(findings):
    """The highest level of the danger signs: 2 said, 1 denied, 0 none found, which does not mean that there is none."""
    return max((finding.level for finding in findings if finding.kind == "urgent"), default=0)


def redact(text, findings):
    """The text with everything that privacy findings mark in it replaced by "[removed]"."""
    spans = [(each.start, each.end) for each in findings if each.kind == "privacy" and each.field == "body"]
    return privacy.blank(text, [(start, end) for start, end in spans if 0 <= start < end])[0]


def danger_signs(rules):
    """What the browser needs to notice a danger while it is typed, JSON-able: the most telling points by key, how many
    are found, of how many words a passage is, and what counts as "not". The rest it leaves to `find`."""
    points = {}
    for book in compile_rules(tuple(rules)):
        points |= book.points.points
    most = sorted(points, key=lambda key: abs(points[key]), reverse=True)[:MOST_SENT]
    return {
        "points": {key: points[key] for key in most},
        "found": FOUND,
        "enough": ENOUGH,
        "passage": PASSAGE,
        "not": sorted(NOT),
    }


def _of_privacy_rules(text, rules):
    for book in compile_rules(rules):
        if any(rule.kind == "privacy" for rule, _ in book.phrases):
            yield from (each for each in _phrases(book.read(text), ("privacy",)) if each.kind == "privacy")


def _phrases(page, kinds):
    """The findings of the publisher's phrases of some kinds."""
    excepted = _excepted(page, kinds)
    for rule, phrase in page.phrases():
        if rule.kind not in kinds or phrase.is_exception:
            continue
        if phrase.pattern:
            yield from _of_pattern(page, rule, phrase)
            continue
        away = excepted.get(rule, set())
        parts = [[match for match in part if not away & match.used] for part in page.parts(phrase)]
        if parts and all(parts):
            yield from _judged(page, rule, parts)


def _excepted(page, kinds):
    """For each rule the numbers of the words that it looks away from."""
    away = {}
    for rule, phrase in page.phrases():
        if phrase.is_exception and rule.kind in kinds:
            for match in page.matches(phrase):
                away.setdefault(rule, set()).update(range(match.first, match.last + 1))
    return away


def _judged(page, rule, parts):
    """A finding for each place of the first part, unless the sentence only speaks about a danger sign."""
    others = [max(map(page.reading.level, part)) for part in parts[1:]] if rule.kind == "urgent" else []
    for match in parts[0]:
        start, end = page.span(match)
        mark = start, min(end, start + LONGEST_MARK)
        if rule.kind != "urgent":
            yield Finding(rule.kind, rule.name, _reason(rule), *mark)
            continue
        level = min([page.reading.level(match), *others])
        if level != ABOUT:
            yield Finding("urgent", rule.name, REASONS[level].format(rule.name), *mark, level=level)


def _points(page):
    """A finding for words that together name a danger which no phrase foresaw: denied, if what is denied brought it."""
    reading, everything = page.reading, range(len(page.words))
    best, denied = _added(page, everything, reading)
    level = ASSERTED if best.points - denied >= needed(best.length) else DENIED
    if not best.is_danger and reading.denials:
        best, denied = _added(page, [at for at in everything if not reading.is_denial(at)], reading)
    if best.is_danger and (level == ASSERTED or 3 * denied >= sum(points for points, _ in best.telling)):
        yield _sounds(page, best, level)


def _added(page, numbers, reading):
    """The Passage with the most points among the words of these numbers, and how many of them are denied."""
    best = page.book.points.best([page.words[at].text for at in numbers], [page.numbers[at] for at in numbers])
    telling = tuple((points, numbers[at]) for points, at in best.telling)
    return Passage(best.points, telling, best.length), sum(
        points for points, at in telling if reading.is_denied_word(at)
    )


def _denied_signs(page):
    """The first of the signs that the text names only to deny it, where nothing else was found."""
    reading = page.reading
    for match in reading.matches["signs"] if page.book.points_rule else ():
        if reading.level(match) == DENIED:
            start, end = page.span(match)
            reason = REASONS[DENIED].format(page.text[start:end])
            yield Finding("urgent", page.book.points_rule.name, reason, start, end, level=DENIED)
            return


def _sounds(page, passage, level):
    held = [page.words[at] for at in dict.fromkeys(at for _, at in passage.telling)]
    # "the" may have points beside what follows it, and tells a moderator nothing.
    telling = ([word for word in held if word.text not in FILLERS] or held)[:MOST_TOLD]
    told = ", ".join(page.text[word.start : word.end] for word in telling)
    first = min(telling, key=lambda word: word.start)
    return Finding(
        "urgent", page.book.points_rule.name, SOUNDS[level].format(told), first.start, first.end, level=level
    )


def _reason(rule):
    return f"The publisher's rule “{rule.name}” matches."


def _of_pattern(page, rule, phrase):
    try:
        spans = phrases.search(phrase.pattern, page.text)
    except phrases.TooSlow:
        yield Finding("rules", rule.name, TOO_SLOW.format(rule.name))
        return
    level = ASSERTED if rule.kind == "urgent" else 0
    reason = REASONS[level].format(rule.name) if level else _reason(rule)
    for start, end in spans:
        yield Finding(rule.kind, rule.name, reason, start, min(end, start + LONGEST_MARK), level=level)


def _links(text, rules, own_hosts):
    links = [(match.span(), host_of(match[0])) for match in LINK.finditer(text)] if LINK_HINT.search(text) else []
    foreign = [(span, host) for span, host in links if host and not _is_within(host, own_hosts)]
    for number, (span, host) in enumerate(foreign, 1):
        count = f"Link {number} of {len(foreign)}, to {host}."
        yield Finding("links", "link", count if len(foreign) > 1 else f"A link to {host}.", *span)
        for book in compile_rules(rules):
            for rule, domain in book.hosts:
                if _is_within(host, [domain]):
                    yield Finding("links", rule.name, f"A link to {host}, which the rule “{rule.name}” names.", *span)


def host_of(link):
    """The host of a link in lower case, without www and port."""
    bare = regex.sub(r"^https?://", "", link, flags=regex.I)
    host = regex.split(r"[/?#:\\]", bare.rpartition("@")[2] if "@" in bare.split("/")[0] else bare)[0]
    return host.casefold().removeprefix("www.").strip(".,;:!)]}")


def _is_within(host, domains):
    return any(
        host == domain or host.endswith(f".{domain}")
        for domain in (each.casefold().removeprefix("www.") for each in domains)
    )
