"""Tells whether a display name passes for a member of staff, or hides characters that nobody sees.

Names are compared as a quick eye sees them: letters of other scripts that look Latin (Unicode's confusables), capitals,
spaces, accents, titles and punctuation make no difference. Another person with a similar name is no look-alike.
"""

import unicodedata
from functools import lru_cache

import regex

from comments.triage.findings import Finding

BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
INVISIBLE = regex.compile(
    rf"[{BIDI}\u00ad\u034f\u115f\u1160\u180e\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e0fff]"
    # Joiners belong into emoji and into the scripts that need them.
    r"|(?<![\p{Arabic}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}"
    r"\p{Malayalam}\p{Sinhala}\p{Syriac}\p{Mongolian}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200c\u200d]"
)
TITLES = set(
    "dr doctor prof professor med md phd mr mrs ms miss sir nurse rn msc bsc editor moderator mod admin staff team "
    "official author reviewer".split()
)
DRAWN_ALIKE = str.maketrans({"0": "o", "1": "l", "|": "l", "I": "l", "3": "e", "5": "s", "$": "s", "@": "a", "!": "i"})


def lookalike(name, staff_names):
    """The Finding about a display name, or None."""
    for staff in staff_names:
        if keys(name) & keys(staff):
            reason = "The name can be taken for a member of staff."
            return Finding("look-alike", "staff name", reason, 0, len(name), "name")
    if hidden := INVISIBLE.search(name):
        reason = "The name contains characters that nobody sees."
        return Finding("look-alike", "hidden characters", reason, *hidden.span(), "name")
    return None


def keys(name):
    """What a name is compared by: two names with one in common look the same."""
    return set(_keys(name))


@lru_cache(maxsize=512)
def _keys(name):
    seen = INVISIBLE.sub("", name)
    return frozenset(key for variant in (seen, _as_drawn(seen)) for key in _spellings(variant))


def _spellings(name):
    plain = "".join(char for char in _decomposed(name).casefold() if not unicodedata.category(char).startswith("M"))
    parts = regex.findall(r"[\p{L}\p{N}]+", regex.sub(r"['’‘`.]", " ", plain))
    parts = [part for part in parts if part not in TITLES] or parts
    joined = "".join(parts).replace("rn", "m").replace("vv", "w")
    return {joined, " ".join(sorted(parts))} - {""}


def _as_drawn(name):
    """The name in the Latin letters that it looks like."""
    return "".join(_latin(char) for char in _decomposed(name)).translate(DRAWN_ALIKE)


def _decomposed(name):
    return unicodedata.normalize("NFKD", name)


@lru_cache(maxsize=4096)
def _latin(char):
    from confusable_homoglyphs.confusables import confusables_data

    if char.isascii() or unicodedata.category(char).startswith("M"):
        return char
    alike = [each["c"] for each in confusables_data.get(char, ())]
    return next((other for other in alike if other.isascii() and other.isalnum()), char)
