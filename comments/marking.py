"""How findings are shown to a moderator: as labelled chips with their reasons, and as marks in the text.

A finding is a dictionary as `triage.Finding.as_dict` makes it: kind, rule, reason, start, end, field, level.
"""

LABELS = {
    "urgent": "Urgent",
    "dose": "Dose",
    "privacy": "Privacy",
    "look-alike": "Name",
    "words": "Words",
    "domains": "Link",
    "links": "Links",
    "spam": "Spam",
    "rules": "Rule",
}
OTHER = "Note"


def chips(findings):
    """One (kind, label, reasons) a kind, in the order of the findings; each reason once."""
    reasons = {}
    for finding in findings:
        said = reasons.setdefault(finding.get("kind", ""), [])
        if finding["reason"] not in said:
            said.append(finding["reason"])
    return [(kind, LABELS.get(kind, OTHER), said) for kind, said in reasons.items()]


def marked(text, findings):
    """The text in pieces (words, kind), kind "" where nothing is marked. Of overlapping marks the first one counts."""
    marks = sorted(
        (finding["start"], finding["end"], finding["kind"])
        for finding in findings
        if finding.get("field", "body") == "body"
        and 0 <= finding.get("start", -1) < finding.get("end", -1) <= len(text)
    )
    pieces, at = [], 0
    for start, end, kind in marks:
        if start < at:
            continue
        pieces += [(text[at:start], ""), (text[start:end], kind)]
        at = end
    return [(words, kind) for words, kind in [*pieces, (text[at:], "")] if words]
