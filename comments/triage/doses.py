"""Finds amounts of medicines and supplements: `5 ml ibuprofen`, `half a tablet`, `3 x 5 ml`, and no kilometres.

A medical unit (mg, IU, puffs) speaks for itself. What kitchens measure too (ml, g, spoons, drops, tablets) counts
beside a medicine, or where nothing to eat or drink is near. Which words are medicines is data, `lists` in the language's file.
"""

# ruff: noqa: E501 - a pattern is read as one line

from functools import lru_cache

import regex

from comments.triage.findings import Finding

NUMBER = (
    r"(?:\d+(?:[.,]\d+)?(?:\s?(?:[/-]|to|or)\s?\d+(?:[.,]\d+)?)?|½|¼|¾|one|two|three|four|five|six|seven|eight|nine|ten|a dozen"
    r"|(?:a |one |two )?(?:and a )?half(?: a| an| of a)?|(?:a )?quarter(?: of)?(?: a| an)?|an? couple(?: of)?|an?|another"
    r"|double|several|ein(?:e|en)?|zwei|drei|halbe)"
)
SURE_UNITS = (
    r"mgs?|milli?grams?|milligrammes?|mcgs?|µg|μg|ug|micro\s?grams?|microgrammes?|iu|i\.u\.|i\.e\.(?=\s?vitamin)|ie(?=\s?vit)|mmol|meq"
    r"|puffs?|capsules?|caplets?|caps(?= of)|suppositor(?:y|ies)|gel\s?caps?|softgels?|lozenges?"
)
UNSURE_UNITS = (
    r"mls?|m\.l\.|cc|milli?lit(?:er|re)s?|g|grams?|grammes?|units?|tabs?|tablets?|tabletten?|tabletas?|pills?|drops?|tropfen"
    r"|gott?as|squirts?|syringes?(?:ful)?|syringefuls?|sachets?|gumm(?:y|ies)|patch(?:es)?|doses?|"
    r"(?:(?:tea|table|dessert|medicine|measuring)[\s-]?)?spoon(?:ful)?s?(?:ful)?|tsps?|tbsps?|scoops?|pumps?|ampoules?|"
    r"vials?|cap(?:ful)?s?|jabs?|shots?|chewables?|chews?|pieces?|sprays?|pinch(?:es)?"
)
FORM_UNITS = r"mls?|m\.l\.|cc|milli?lit(?:er|re)s?|tabs?|tablets?|tabletten?|pills?|drops?|sachets?|squirts?"
AFTER = r"(?![\p{L}\p{N}]|\s?/\s?d?l\b)"
BEFORE = r"(?<![\p{L}\p{N}.,])"
SURE = regex.compile(rf"{BEFORE}{NUMBER}[\s-]{{0,3}}(?:{SURE_UNITS}){AFTER}", regex.I)
UNSURE = regex.compile(rf"{BEFORE}{NUMBER}[\s-]{{0,3}}(?:\w+\s)?(?P<unit>{UNSURE_UNITS}){AFTER}", regex.I)
AMOUNT = regex.compile(rf"{BEFORE}{NUMBER}[\s-]{{1,3}}|\d", regex.I)
FORM = regex.compile(rf"(?:{FORM_UNITS})", regex.I)
LARGE = 60
"""Millilitres: nobody gives a child more of a medicine at once, and few drink less of milk."""
NEARBY = 60
COUNTED = r"\d{1,2}|½|half|a quarter of|quarter|one|two|three|four|five|six"


@lru_cache(maxsize=8)
def detectors(language="en"):
    """The patterns of one language: names of medicines, kitchen words, and a medicine that is counted."""
    from comments.triage.rulebook import word_list

    medicines = "|".join(sorted(map(regex.escape, word_list(language, "medicines")), key=len, reverse=True))
    kitchen = "|".join(map(regex.escape, word_list(language, "not_medicines")))
    medicine = rf"\b(?:{medicines})(?:s|es)?\b"
    counted = rf"{BEFORE}(?:{COUNTED})\s(?:and a half\s|and half\s|a\s|an\s|of\s|more\s|extra\s|\d+m?g?s?\s|my\s|his\s|her\s|the\s){{0,3}}{medicine}"
    return (
        regex.compile(medicine, regex.I),
        regex.compile(rf"\b(?:{kitchen})s?\b", regex.I),
        regex.compile(
            rf"{counted}|{medicine}[,:;-]?\s(?:{COUNTED})\s(?:of the|tablets?|pills?|a day|daily|at)\b", regex.I
        ),
    )


def find(text, language="en"):
    """The Findings of kind dose in a text."""
    medicine, kitchen, counted = detectors(language)
    if not AMOUNT.search(text):
        return []
    spans = [match.span() for pattern in (SURE, counted) for match in pattern.finditer(text)]
    medicines = [match.span() for match in medicine.finditer(text)]
    kitchens = [match.span() for match in kitchen.finditer(text)]
    for match in UNSURE.finditer(text):
        if _is_dose(match, medicines, kitchens):
            spans.append(match.span())
    reason = "Gives an amount of a medicine or supplement."
    return [Finding("dose", "amount", reason, *span) for span in sorted(spans)]


def _is_dose(match, medicines, kitchens):
    if any(0 <= start - match.end() <= len(" of the ") for start, _ in medicines):
        return True
    if _any_near(match, kitchens, 30):
        return False
    if _any_near(match, medicines, NEARBY):
        return True
    if regex.match(r"an?\s|another\s", match[0], regex.I) and not match["unit"].lower().startswith("m"):
        return False
    return bool(FORM.fullmatch(match["unit"])) and not _is_large(match)


def _any_near(match, spans, distance):
    return any(start - match.end() <= distance and match.start() - end <= distance for start, end in spans)


def _is_large(match):
    digits = regex.search(r"\d+", match[0])
    return bool(digits) and int(digits[0][:6]) > LARGE
