"""Finds what lets a stranger recognise or reach a child: addresses, numbers, dates of birth, schools and full names.

Each detector looks at one text and yields spans; to add one, write a pattern and add it to PATTERNS. A form that many
texts share with something harmless (a year, a dose, a number in a title) counts only beside the word that makes it
private. Nothing here tells everything: a moderator still reads.
"""

# ruff: noqa: E501 - a pattern is read as one line

import regex

from comments.triage.findings import Finding

REMOVED = "[removed]"
WINDOW = 150
"""Characters on each side of a hint, such as an @ or a digit, among which the patterns look."""
ROUNDS = 12
"""How often what removing leaves is looked through again: removing can bring words together."""

I, V1 = regex.IGNORECASE, regex.V1  # noqa: E741
MONTH = (
    r"(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|"
    r"sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)
DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.)?"
YEAR = r"(?:(?:19|20)\d\d|['’]?\d\d)(?!\d)"
DATE = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}\s?[-/.]\s?\d{{1,2}}\s?[-/.]\s?\d{{2,4}}(?!\d)|\d{{1,2}} \d{{1,2}} (?:19|20)\d\d|"
    rf"{DAY}\s(?:of\s)?{MONTH},?\s{YEAR}|{MONTH}\s(?:the\s)?{DAY},?\s(?:of\s)?{YEAR})"
)
DAY_AND_MONTH = rf"(?:{DAY}\s(?:of\s)?{MONTH}|{MONTH}\s(?:the\s)?{DAY})(?!\w)"
BIRTHDAY = r"(?:d\.?\s?o\.?\s?b\b\.?|date of birth|birth\s?date|birth\s?day|b-?day|geburtsdatum|geburtstag|geb\.|fecha de nacimiento)"
BIRTH = (
    rf"\b(?:born|geboren|née? le|nacid[oa]|arrived|{BIRTHDAY})[^.!?\n\d]{{0,25}}?(?P<private>{DATE})",
    rf"\b{BIRTHDAY}[^.!?\n\d]{{0,15}}?(?P<private>{DAY_AND_MONTH})",
    rf"\b(?P<private>{DATE})\W{{1,3}}(?:is|was|=)?\s?(?:(?:his|her|my|our|the)\s(?:\w+['’]?s?\s)?)?(?:{BIRTHDAY}|geboren\b)",
)

LOCAL = r"(?<![\w.+%-])\w[\w.+%-]*+"
AT, DOT = r"\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?", r"(?:\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\s?\.\s?|\sdot\s)"
MAIL = (
    r"(?<![\w.+%-])[\w.+%-]++@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+",
    rf"{LOCAL}{AT}\w[\w-]*(?:{DOT}\w+)+",
    rf"{LOCAL}\s(?:at|@)\s\w[\w-]*(?:(?:\sdot\s|\s?[\[(]dot[\])]\s?)\w+)+",
    rf"{LOCAL}\s(?:at|@)\s(?:gmail|hotmail|yahoo|outlook|icloud|gmx|web|aol){DOT}\w{{2,3}}\b",
    rf"{LOCAL}\s?@\s?\w[\w-]*\s?\.\s?\w{{2,}}",
)

SCHOOL_KIND = (
    r"(?:primary|elementary|juniors?|infants?|grammar|academy|high|middle|secondary|comprehensive|nursery|prep|"
    r"preparatory|kindergarten|pre-?school|college|montessori|day\s?care)"
)
STREET = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|close|court|ct|way|place|pl|crescent|cres|terrace|gardens|gdns|"
    r"grove|hill|square|sq|row|walk|mews|boulevard|blvd|parkway|pkwy|circle|view|rise|park|green|trail|highway|hwy|"
    r"broadway|quay|wharf|parade|vale|loop|cottages)"
)
SURE_STREET = r"(?:street|road|rd|avenue|ave|lane|drive|crescent|terrace|boulevard|blvd|close|court|grove|mews|gardens)"
NO_STREET = (
    r"(?!(?:the|a|an|my|our|his|her|this|that|down|up|of|off|in|on|to|by|and|or|at|minutes?|mins?|hours?|miles?|km|m|"
    r"metres?|meters?|weeks?|days?|months?|years?|times?|yards?|blocks?|kids|children|people|steps?|laps?|per|from|"
    r"with|then|busy|long|quiet|more|cars?|houses?|doors?|am|pm|ml|mg|x)\b)"
)
UNIT = r"(?:flat|apt|apartment|unit|suite)\.?\s?#?\w{1,4},?\s"
TAIL = rf"\.?(?:,?\s{UNIT[:-2]})?(?:(?:,\s?|\s)(?-i:\p{{Lu}})[\p{{L}}'’-]+){{0,2}}(?:,?\s(?-i:[A-Z]{{2}})\s\d{{5}}(?:-\d{{4}})?|,?\s\d{{5}}\b)?"
POSTCODE = r"(?-i:\b(?:[A-PR-UWYZ]\d{1,2}|[A-PR-UWYZ][A-Z]\d{1,2}|[A-PR-UWYZ][A-Z]?\d[A-Z])\s?\d[ABD-HJLNP-UW-Z]{2}\b)"
ADDRESS = (
    rf"(?:\b{UNIT})?(?<![\d.,/-])\b\d{{1,5}}[a-z]?,?\s(?:(?-i:\p{{Lu}})[\p{{L}}\p{{N}}'’.-]*\s){{1,3}}{STREET}\b(?!\s(?:{SCHOOL_KIND}|school)\b){TAIL}(?:,?\s{POSTCODE})?",
    rf"(?<![\d.,/-])\b\d{{1,5}}[a-z]?\s(?:{NO_STREET}\p{{L}}[\p{{L}}'’-]+\s){{1,2}}{SURE_STREET}\b",
    r"(?-i:\p{Lu}[\p{L}-]*|\b(?:Am|An der|Im|Zum|Zur)\s\p{Lu}\p{L}+)(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer|steig|ring|pfad)\s\d{1,4}\s?[a-z]?\b(?:,?\s(?:D-)?\d{5}\s(?-i:\p{Lu})\p{L}+)?",
    r"(?-i:\p{Lu})[\p{L}-]+(?:er|sche)\s(?:straße|strasse|str\.|weg|platz|allee)\s\d{1,4}\s?[a-z]?\b",
    r"(?:(?:,|\n)\s?|\b(?:in|aus|nach|plz:?)\s)(?P<private>(?:D-)?\d{5}\s(?-i:\p{Lu}\p{Ll})[\p{L}-]+)",
    r"(?:\b(?:ul|al|os)\.\s(?-i:\p{Lu})[\p{L}. ]+\s\d+(?:[/m ]+\d+)?(?:,\s)?)?\b\d{2}-\d{3}\s(?-i:\p{Lu})\p{L}+",
    r"\b(?:ul|al|os)\.\s(?-i:\p{Lu})[\p{L}. ]+\s\d+(?:/\d+)?",
    r"\b\d{1,4},?\s(?:bis\s)?(?:rue|avenue|boulevard|place|chemin|impasse|via|calle)\s[\p{L}'’-]+(?:\s(?-i:\p{Lu}|d[eu])[\p{L}'’-]*){0,3}",
    r"\b(?:calle|via|viale|piazza|rua|avenida)\s(?:(?:de|del|di|da|la|las|los)\s){0,2}(?-i:\p{Lu})[\p{L} ]+,?\s\d{1,4}\b",
    rf"(?:(?-i:\p{{Lu}})[\p{{L}}'’-]+,?\s)?{POSTCODE}",
    r"(?-i:\b\p{Lu}\p{Ll}+(?:\s\p{Lu}\p{Ll}+)?,?\s[A-Z]{2},?\s\d{5}(?:-\d{4})?\b)",
    r"\bp\.?\s?o\.?\s?box\s#?\d+",
    r"\b(?:live|lives|living|staying|address is|address:|reside)\s(?:at\s)?(?P<private>(?:no\.?\s|number\s)?\d{1,4}[a-z]?,?\s(?-i:\p{Lu})[\p{L}'’-]+(?:\s(?-i:\p{Lu})[\p{L}'’-]+)*)",
    rf"(?-i:\b(?:\p{{Lu}}\p{{Ll}}+\s){{1,2}}(?:Cottage|House|Farm|Lodge|Court|Villa)),?\s(?:\d+\s)?(?:(?-i:\p{{Lu}})\p{{L}}+\s){{1,2}}{STREET}\b",
)

NO_SCHOOL = (
    r"(?!(?:a|an|the|my|our|his|her|their|this|that|its|i|he|she|we|they|it|is|in|at|to|for|of|from|and|or|but|so|very|too|"
    r"really|local|big|new|small|same|special|normal|regular|private|public|state|mainstream|nearby|good|every|all|"
    r"after|before|since|while|when|what|which|does|do|did|has|had|was|are|be|been|being|year|class|grade|junior|senior|high|"
    r"middle|primary|secondary|elementary|nursery|old|first|last|next|another|any|some|no|not|with|as|if|on|by|"
    r"starting|started|start|now|different|catholic|village|nice|lovely|forest|boarding|dance|ballet|music|back|just)\b)"
)
CLASS = r"(?:,?\s(?:in\s)?(?:class|year|grade|form|klasse|reception)\s?\w{1,3}\b)?"
SCHOOL = (
    rf"(?-i:\bSt\.?\s|\b)(?:{NO_SCHOOL}(?-i:\p{{Lu}})[\p{{L}}\p{{N}}'’.-]*\s){{1,4}}{SCHOOL_KIND}\b(?!\s(?:fever|temp|dose|blood|heels|chair|five|time|speed))(?:\s(?:{SCHOOL_KIND}\s)?school\b)?{CLASS}",
    rf"(?:{NO_SCHOOL}(?-i:\p{{Lu}})[\p{{L}}\p{{N}}'’.-]*\s){{1,4}}(?-i:School)\b(?!\s?(?:nurse|bus|of)){CLASS}",
    rf"\b(?:goes to|go to|going to|attends?|attending|pupil at|student at|enrolled (?:at|in)|teacher at|(?:year|class|grade|form)\s\w{{1,3}}\s(?:at|in)|starts? at)\s(?P<private>(?:{NO_SCHOOL}[\p{{L}}\p{{N}}'’.-]+\s){{1,4}}(?:{SCHOOL_KIND}|school)\b(?:\sschool\b)?{CLASS})",
    r"(?-i:\b\p{Lu}[\p{L}]+(?:-\p{Lu}?\p{L}+)*-)(?:grund|haupt|real|gesamt|ober|mittel|förder|volks)?(?:schule|gymnasium|kita|kindergarten)\b",
    r"(?-i:\b(?!(?:Grund|Haupt|Real|Gesamt|Hoch|Berufs|Förder|Musik|Tanz|Fahr|Schwimm|Sonder|Vor|Volks|Abend|Ober|Mittel|Ski|Sprach)schule)\p{Lu}[\p{Ll}]{2,}schule\b)",
    r"(?-i:\b(?:Kita|Kindergarten|Gymnasium|Grundschule|Realschule|Gesamtschule)\s(?:(?:am|an der|im|St\.|Sankt)\s)?\p{Lu}\p{L}{2,})",
    r"(?-i:\b(?:École|Collège|Lycée|Escuela|Colegio|Scuola)\s(?:\p{L}+\s)?\p{Lu}[\p{L}'’-]+(?:\s\p{Lu}[\p{L}'’-]+)*)",
)

NUMBER_WORD = r"(?:numbers?|no\.?|nr\.?|num\.?|id|ref(?:erence)?\.?|#|nummer)"
RECORD_VALUE = (
    r"(?:\s|:|#|-|=|is|was|are|number|no\.?|nr\.?)*(?P<private>(?-i:[A-Z]{0,4})[-\s/]?\d(?:[\s/-]?[\dA-Z]){3,}\b)"
)
RECORD = (
    rf"\b(?:nhs|mrn|kvnr|nhi|chi|ssn|ahv|medicare|medicaid|ohip|versicherten-?\s?(?:nummer|nr\.?)|krankenversicherungs-?\s?(?:nummer|nr\.?)|patienten-?\s?(?:nummer|nr\.?)){RECORD_VALUE}",
    rf"\b(?:patient|hospital|insurance|medical|health|record|records|chart|case|policy|member(?:ship)?|file|referral|clinic|appointment|social security|national insurance|healthcare|care|subscriber|group|passport|aok|tk|barmer)(?:['’]s)?\s(?:card\s|record\s|insurance\s|plan\s|policy\s|file\s|case\s)?{NUMBER_WORD}{RECORD_VALUE}",
)

TITLE = (
    r"(?!(?:Dr|Doctor|Prof|Professor|Mr|Mrs|Ms|Miss|Nurse|Sister|Sir|Aunt|Auntie|Uncle|Granny|Nan|Grandma|Grandpa)\b)"
)
NO_NAME = (
    r"(?!(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|July|August|September|"
    r"October|November|December|Christmas|Easter|Thank|Thanks|Please|Hello|Hi|The|This|He|She|We|They|It|I|My|Our|But|And|"
    r"In|On|At|Is|Has|Had|Was|School|Primary|Academy|High|Type|Day|Calpol|Nurofen|Covid|Duchenne|ADHD|PE|GP|Park|Road|Street)\b)"
)
NAME = rf"(?-i:{TITLE}{NO_NAME}\p{{Lu}}[\p{{L}}'’-]*\p{{Ll}}(?:\s(?:(?:van|von|de|der|den|da|di|del|la|le|bin|al|el|zu)\s){{0,2}}{NO_NAME}(?:\p{{Lu}}\.|\p{{Lu}}[\p{{L}}'’-]*\p{{Ll}})){{1,3}})(?!\w)(?<!['’]s)"
CHILD = (
    r"(?:step|grand|god|foster\s)?(?:son|daughter|boys?|girls?|lad|lass|child|kid|baby|toddler|twins?|eldest|oldest|youngest|middle one|"
    r"nephew|niece|little one|teen(?:ager)?|children|newborn|kiddo|lo|dd|ds|sohn|tochter|kind|patient|pupil)"
)
FULL_NAME = (
    rf"\b{CHILD}['’s]*(?:\sin\slaw)?,?\s?(?:\(?\d{{1,2}}\)?,?\s)?(?:\s?(?:full\s)?name(?:['’]?s|\sis)?:?\s|\s?is\s(?:called|named)?\s?|\s?was\s(?:called|named)\s|\s?(?:called|named|heißt)\s|\s?[:(–-]+\s?)?(?P<private>{NAME})",
    rf"\b(?:called|named|name is|name['’]s|full name:?|name:|heißt)\s(?P<private>{NAME})",
    rf"\b(?-i:[Ll]ittle|[Bb]aby|[Yy]oung)\s(?P<private>{NAME})",
    rf"(?P<private>{NAME})(?:\s?[,(–-]+\s?|\s)(?:is\s)?(?:(?:(?:who is|who['’]s|he is|she is)\s)?(?:my|our|his|her|their)\s(?:\w+\s)?{CHILD}\b|aged?\s\d|\(?\d{{1,2}}\s?(?:y(?:ea)?rs?|yo|y/o|months?|mths?|[),])|class\s\d|in (?:year|class|grade)\s|year\s\d|grade\s\d|born\b|dob\b|d\.o\.b)",
)

PATTERNS = (
    ("mail address", "Gives a mail address.", MAIL),
    ("record number", "Gives the number of a record, a patient or an insurance.", RECORD),
    ("birth date", "Gives a date of birth.", BIRTH),
    ("postal address", "Gives a postal address.", ADDRESS),
    ("school", "Names a school.", SCHOOL),
    ("full name of a child", "Gives what looks like a child's full name.", FULL_NAME),
)
COMPILED = [(kind, reason, [regex.compile(one, I | V1) for one in many]) for kind, reason, many in PATTERNS]

HINTS = {
    # What a text must hold for the patterns to be worth their time.
    "mail address": regex.compile(
        r"@|[\[({<]\s?at\s?[\])}>]|\sdot\s|\bat (?:gmail|hotmail|yahoo|outlook|icloud|gmx|web|aol)\b", I
    ),
    "record number": regex.compile(r"\d"),
    "birth date": regex.compile(r"\d"),
    "postal address": regex.compile(r"\d|(?:Cottage|House|Farm|Lodge|Court|Villa)\b"),
}

DIGITS = regex.compile(
    r"(?<![\w.,/+-])(?:\+\s?|\(\+?)?\d(?:(?: ?[-/()–] ?| |\.|\) ?[-(]? ?)?\d){6,15}(?![\w]|[.,/-]\d)"
)
PHONE_FORMS = regex.compile(
    r"\+\s?\d[\d\s()./-]{6,22}|\(?0\d{1,5}\)?[\s./-]{0,3}\d[\d\s./-]{4,14}|(?:1[\s.-]?)?\(?[2-9]\d{2}\)?[\s.-]{1,2}\d{3}[\s.-]\d{4}"
)
PHONE_WORD = regex.compile(
    r"\b(?:tel|telephone|phone|call|ring|text|txt|sms|whatsapp|mobile|mob|cell|landline|fax|handy|telefon|number is|my number)\b"
    r"[^.!?\n\d]{0,25}$",
    I,
)
NO_PHONE = regex.compile(
    rf"{DATE}|(?:19|20)\d\d\s?[-/]\s?(?:19|20)?\d\d|\d{{1,3}}(?:[ .]000)+|[\d\s]{{0,4}}\d{{1,3}}(?: \d{{3}}){{2}}",
    I | V1,
)
REGIONS = ("GB", "US", "DE", "FR", "IN", "AU", "IE", "AT", "CH", "PL")


def find(text, also=lambda text: ()):
    """The privacy Findings in a text. `also` yields those of the publisher's rules.

    They are complete in the sense that removing them leaves nothing that would be found: where removing one brings out
    another, that one is among them.
    """
    found, spans = [], []
    for _ in range(ROUNDS):
        shown, origin = blank(text, spans)
        fresh = [_moved(each, origin, len(text)) for each in (*_detect(shown), *also(shown))]
        if not fresh:
            break
        found += fresh
        spans += [(each.start, each.end) for each in fresh]
    return found


def blank(text, spans):
    """The text with each span replaced by REMOVED, and for each of its characters the place it comes from."""
    pieces, origin, end = [], [], 0
    for start, stop in joined(text, spans):
        pieces += [text[end:start], REMOVED]
        origin += [*range(end, start), *[(start, stop)] * len(REMOVED)]
        end = stop
    return "".join([*pieces, text[end:]]), [*origin, *range(end, len(text))]


def joined(text, spans):
    """The spans in order, with those that touch or have only space between made one."""
    result = []
    for start, stop in sorted(spans):
        if result and not text[result[-1][1] : start].strip():
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return result


def _moved(finding, origin, length):
    """The finding with its span in the text that `origin` comes from."""
    places = origin[finding.start : finding.end]
    start = min(place if isinstance(place, int) else place[0] for place in places)
    end = max(place + 1 if isinstance(place, int) else place[1] for place in places)
    return Finding(finding.kind, finding.rule, finding.reason, start, min(end, length))


def _detect(text):
    taken = []
    for rule, reason, patterns in COMPILED:
        for match in _matches(rule, patterns, text):
            span = match.span("private") if "private" in match.re.groupindex else match.span()
            if span[0] < span[1] and not (rule == PATTERNS[-1][0] and _overlaps(span, taken)):
                taken.append(span)
                yield Finding("privacy", rule, reason, *span)
    for span in _phones(text):
        if not _overlaps(span, taken):
            yield Finding("privacy", "phone number", "Gives a phone number.", *span)


def _matches(rule, patterns, text):
    """What the patterns find near the hints of a rule, or anywhere where it needs none."""
    windows = _windows(HINTS[rule], text) if rule in HINTS else [(0, len(text))]
    return (match for start, end in windows for pattern in patterns for match in pattern.finditer(text, start, end))


def _windows(hint, text):
    windows = []
    for match in hint.finditer(text):
        start, end = max(0, match.start() - WINDOW), min(len(text), match.end() + WINDOW)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows


def _overlaps(span, taken):
    return any(start < span[1] and span[0] < end for start, end in taken)


def _phones(text):
    for match in DIGITS.finditer(text):
        said = PHONE_WORD.search(text[max(0, match.start() - 40) : match.start()])
        if said or (not NO_PHONE.fullmatch(match[0]) and (PHONE_FORMS.fullmatch(match[0]) or _is_number(match[0]))):
            yield match.span()


def _is_number(digits):
    """Whether a number of some country is written like this, with its prefix."""
    import phonenumbers

    if digits[0] not in "+(0":
        return False
    return any(
        phonenumbers.is_valid_number(match.number)
        for region in REGIONS
        for match in phonenumbers.PhoneNumberMatcher(digits, region)
    )
