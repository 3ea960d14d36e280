"""Judges how much a comment looks like spam, from nothing but what this site's own moderators decided before.

Pure: text in, probability and reasons out; no database, no network. What was learned is *counts* (in how many spam and
in how many approved comments a feature occurred), so that learning adds, unlearning subtracts exactly, and what two
processes learned adds up, in any order. Features are bucket numbers: no word or name can be read out of them, though
one that is guessed can be tried.

The score is naive Bayes in families (words, pairs of words, pieces of four characters, shape, sender): in each, the
log-odds of the features that occur are added and divided by the root of their number, so that a long comment is no
surer than a short one; smoothing pulls a feature towards the share of all comments, so that what was never seen says
nothing. Spam and approved comments are taken to be equally likely beforehand.

To add a trait that one can see from afar, add it to `traits_of`. Any change to what `features_of` gives makes all that
was stored useless: raise LAYOUT, and learn again from the decisions.
"""

import html
import re
import struct
import unicodedata
import zlib
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import exp, log, sqrt
from operator import add, sub

LAYOUT = b"spam1"
FIRST, LAST = 2_000, 500
"""How many characters of a long text are read, from its beginning and from its end."""

WORDS, PAIRS, PIECES, SHAPE, SENDER = range(5)
REGION = 1 << 15
FAMILY = (WORDS, WORDS, PAIRS, PAIRS, PIECES, PIECES, SHAPE, SENDER)
"""The family of each region of buckets."""
START = tuple(FAMILY.index(family) * REGION for family in range(5))
SIZE = tuple(FAMILY.count(family) * REGION for family in range(5))
BUCKETS = len(FAMILY) * REGION
TEXTS = BUCKETS + len(SIZE)
"""After the buckets, each family's total stands in the arrays, and last the number of texts."""

# Chosen by cross-validation over files of comments and over text messages, see tests/benchmarks/bench_spam.py.
WEIGHT = (0.4, 0.6, 0.4, 0.4, 0.2)
SMOOTHING, DOUBT, LENGTH, FEW = 0.4, 0.75, 0.5, 3
"""Texts taken for seen beforehand; how many texts halve the trust in a feature seen as often (Robinson); how much of
spam's being longer is taken out again; how many texts of the rarer kind halve the trust in the whole."""
TELLING = 0.7
"""The log-odds from which a feature is worth a word to a moderator: twice as frequent in spam."""
REASONS = 4

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
DIGIT = re.compile(r"\d")
NO_MAIL = r"\s@<>\"(),:;"
MAIL = re.compile(rf'(?:"[^"\n]{{1,64}}"|(?<![^{NO_MAIL}])[^{NO_MAIL}]++)@[^{NO_MAIL}]+')
LINK = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|(?<![a-z0-9-])[a-z0-9-]++\s?\.\s?(?:com|net|org|info|ru|tk|co|uk|de|me|tv|ly|be|gl)\b\S*"
)
MARK = "\ue000"
"""Of the private use area: begins what stands for a link or a mail address, and is taken out of every text."""
LINK_MARK, MAIL_MARK = f"{MARK}link", f"{MARK}mail"
TOKEN = re.compile(rf"{LINK_MARK}|{MAIL_MARK}|[^\W_]+(?:'[^\W_]+)*")
LONG_DRAWN = re.compile(r"(.)\1{2,}")
DRAWN = re.compile(r"(.)\1{3}")


@dataclass(frozen=True)
class Verdict:
    probability: float
    """0 to 1; 0.5 where nothing is known."""
    reasons: tuple[str, ...] = ()
    """For a moderator, most telling first; none for a text that looks like no spam."""


class Counts:
    """In how many spam and in how many approved texts each feature occurred."""

    def __init__(self):
        self._spam, self._ham = (array("i", bytes(4 * (TEXTS + 1))) for _ in range(2))
        self._scale = None

    @property
    def spam(self):
        """How many spam texts were learned."""
        return self._spam[TEXTS]

    @property
    def ham(self):
        """How many approved texts were learned."""
        return self._ham[TEXTS]

    def learn(self, features, *, spam):
        """Add one text: what `features_of` gave for it."""
        self._count(features, spam, 1)

    def unlearn(self, features, *, spam):
        """Take one text away again, exactly as it was added."""
        self._count(features, spam, -1)

    def _count(self, features, spam, step):
        counts = self._spam if spam else self._ham
        for bucket in features:
            counts[bucket] += step
            counts[BUCKETS + FAMILY[bucket // REGION]] += step
        counts[TEXTS] += step
        self._scale = None

    def __add__(self, other):
        return self._combine(add, other)

    def __sub__(self, other):
        """What was learned since `other`. It may be negative, and can be added to any counts."""
        return self._combine(sub, other)

    def _combine(self, operation, other):
        result = Counts()
        result._spam = array("i", map(operation, self._spam, other._spam))
        result._ham = array("i", map(operation, self._ham, other._ham))
        return result

    def __eq__(self, other):
        return isinstance(other, Counts) and self._spam == other._spam and self._ham == other._ham

    __hash__ = None

    def pack(self):
        """All of it as bytes, for machines of the same byte order."""
        return LAYOUT + zlib.compress(self._spam.tobytes() + self._ham.tobytes(), 1)

    @classmethod
    def unpack(cls, packed):
        """The counts that were packed. ValueError for anything else, or if they were packed in another layout."""
        try:
            numbers = zlib.decompress(bytes(packed).removeprefix(LAYOUT))
        except zlib.error as error:
            raise ValueError("These are no counts of this layout.") from error
        counts, half = cls(), 4 * (TEXTS + 1)
        if len(numbers) != 2 * half:
            raise ValueError("These are no counts of this layout.")
        counts._spam, counts._ham = array("i", numbers[:half]), array("i", numbers[half:])
        return counts

    def probability(self, features):
        """How likely a text with these features (sorted) is spam, 0 to 1."""
        scale, score = self.scale(), 0.0
        edges = [*(bisect_left(features, start) for start in START), len(features)]
        for weight, (first, end) in zip(WEIGHT, pairwise(edges), strict=True):
            score += weight * sum(map(scale.__getitem__, features[first:end])) / sqrt(end - first or 1)
        return logistic(scale.certainty * (score - scale.length))

    def scale(self):
        """The log-odds of every bucket, worked out when first asked for and kept until something is learned."""
        if self._scale is None:
            self._scale = Scale(self._spam, self._ham)
        return self._scale


class Scale(dict):
    """bucket -> log-odds for spam; 0 where nothing is known."""

    def __init__(self, spam, ham):
        self._spam, self._ham = spam, ham
        texts = max(spam[TEXTS], 0), max(ham[TEXTS], 0)
        self._share = (texts[0] + 1) / (sum(texts) + 2)
        self._base = log(self._share / (1 - self._share))
        # One kind alone tells nothing: every word would speak for it.
        self.certainty = min(texts) / (min(texts) + FEW)
        self.length = LENGTH * sum(self._length(family, *texts) for family in (WORDS, PAIRS, PIECES, SHAPE))

    def __missing__(self, bucket):
        spam, ham = self._spam[bucket], self._ham[bucket]
        odds = self[bucket] = self._odds(max(spam, 0), max(ham, 0)) if spam or ham else 0.0
        return odds

    def _odds(self, spam, ham):
        seen, pull = spam + ham, SMOOTHING * self._share
        return (log((spam + pull) / (ham + SMOOTHING - pull)) - self._base) * seen / (seen + DOUBT)

    def repeated(self, bucket):
        """The log-odds of a bucket that came in two spam texts or more, else 0: one text's words are chance."""
        return self[bucket] if self._spam[bucket] > 1 else 0.0

    def _length(self, family, spam_texts, ham_texts):
        """How far spam's being longer (or shorter) would shift the family's sum: its features came more often."""
        spam = (max(self._spam[BUCKETS + family], 0) + 1) / (spam_texts + 1)
        ham = (max(self._ham[BUCKETS + family], 0) + 1) / (ham_texts + 1)
        return WEIGHT[family] * log(spam / ham) * sqrt(sqrt(spam * ham))


def judge(counts, text, name="", address_domain=""):
    """The verdict on one comment. Never raises, whatever the text."""
    reading = Reading(text)
    probability = counts.probability(features_in(reading, name, address_domain))
    return Verdict(probability, reasons_in(reading, counts, name) if probability > 0.5 else ())


def explain(counts, text, name=""):
    """Up to four reasons in plain words why a text looks like spam, most telling first.

    They quote words of the text that came in two spam texts or more, but never the writer's name, a mail address or a
    part of a word."""
    return reasons_in(Reading(text), counts, name)


def reasons_in(reading, counts, name):
    scale = counts.scale()
    if not scale.certainty:
        return ()
    found = [(scale[bucket_of_trait(trait)], reason) for trait, reason in reading.traits if reason]
    found += phrases_in(reading, scale, hidden=set(Reading(name).words))
    found = sorted((one for one in found if one[0] >= TELLING), key=lambda one: -one[0])
    return tuple(dict.fromkeys(reason for _, reason in found))[:REASONS]


def phrases_in(reading, scale, hidden):
    """(log-odds, phrase in quotation marks): pairs that speak for spam, joined where they overlap, and lone words."""
    words, keys = reading.words, reading.keys
    shown = [word[0] != MARK and word not in hidden and len(word) <= 30 for word in words]
    pairs = [
        scale.repeated(bucket_of(PAIRS, f"{keys[at]} {keys[at + 1]}")) if shown[at] and shown[at + 1] else 0.0
        for at in range(len(words) - 1)
    ]
    quoted = set()
    for first, last in runs(pairs):
        quoted.update(range(first, last + 2))
        yield max(pairs[first : last + 1]), f"“{' '.join(words[first : last + 2])}”"
    for at, word in enumerate(words):
        if shown[at] and at not in quoted and len(word) > 2:
            yield scale.repeated(bucket_of(WORDS, keys[at])), f"“{word}”"


def runs(pairs):
    """(first, last) of the most telling pairs in a row, at most three, each in one run only; the best first."""
    free = {at for at, odds in enumerate(pairs) if odds >= TELLING}
    for _ in range(REASONS):
        if not free:
            return
        first = last = max(free, key=lambda at: (pairs[at], -at))
        while last - first < 2 and (free & {first - 1, last + 1}):
            ahead = max(free & {first - 1, last + 1}, key=lambda at: pairs[at])
            first, last = min(first, ahead), max(last, ahead)
        free -= set(range(first - 1, last + 2))
        yield first, last


class Reading:
    """A text as the filter reads it: `text` without tricks, `flat` on one line, `words` in lower case, the `keys` that
    they are counted as, and its `traits`."""

    def __init__(self, text):
        if len(text) > FIRST + LAST:
            text = f"{text[:FIRST]}\n{text[-LAST:]}"
        text = text.encode("utf-8", "replace").decode().strip("\ufeff \n")
        self.text = clean(text)
        self.hidden = not text.isascii() and bool(INVISIBLE.search(text))
        lower = self.text.lower().replace("’", "'").replace(MARK, " ")
        self.flat = " ".join(lower.split())
        marked = MAIL.sub(f" {MAIL_MARK} ", lower) if "@" in lower else lower
        linked = LINK.sub(f" {LINK_MARK} ", marked) if "." in marked or "://" in marked else marked
        self.words = TOKEN.findall(linked)
        self.drawn = LONG_DRAWN.search(lower)
        self.keys = keys_of(self.words, self.drawn)
        self.traits = traits_of(self)


def clean(text):
    """The text with its entities, line breaks and look-alike characters made plain, and without invisible ones."""
    text = BREAK.sub("\n", html.unescape(text)) if "&" in text or "<" in text else text
    if text.isascii():
        return text
    # This one character would become eighteen.
    text = INVISIBLE.sub("", text).replace("\ufdfa", " ")
    return unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode()[: FIRST + LAST]


def features_of(text, name="", address_domain=""):
    """What one text adds to the counts: sorted bucket numbers, each once. Of an address only the domain is read."""
    return features_in(Reading(text), name, address_domain)


def features_in(reading, name, address_domain):
    found = {bucket_of(WORDS, key) for key in reading.keys}
    found.update(bucket_of(PAIRS, pair) for pair in map(" ".join, pairwise(["^", *reading.keys, "$"])))
    found.update(pieces_of(reading.flat))
    found.update(bucket_of_trait(trait) for trait, _ in reading.traits)
    found.update(bucket_of(SENDER, trait) for trait in sender_of(name, address_domain))
    return tuple(sorted(found))


def keys_of(words, drawn):
    """What words are counted as: numbers by their length, `soooo` as `soo`."""
    keys = [LONG_DRAWN.sub(r"\1\1", word) for word in words] if drawn else words
    return [f"#{len(key)}" if key.isdecimal() else key for key in keys]


def pieces_of(flat):
    """The buckets of every four characters in a row."""
    encoded = f" {flat} ".encode("utf-32-le")
    start, size, crc32 = START[PIECES], SIZE[PIECES], zlib.crc32
    return {start + crc32(encoded[at : at + 16]) % size for at in range(0, max(len(encoded) - 12, 4), 4)}


def bucket_of(family, feature):
    return START[family] + zlib.crc32(feature.encode()) % SIZE[family]


@lru_cache(1024)
def bucket_of_trait(trait):
    return bucket_of(SHAPE, trait)


def sender_of(name, address_domain):
    traits = [f"name {word}" for word in Reading(name).words] if name else []
    return [*traits, f"domain {Reading(address_domain).flat}"] if address_domain else traits


def traits_of(reading):
    """What one sees of a text from afar: (trait, what to call it to a moderator or "" if it is nothing to name)."""
    text, words = reading.text, reading.words
    links, mails = words.count(LINK_MARK), words.count(MAIL_MARK)
    letters = sum(map(str.isalpha, text))
    capitals = 4 * sum(map(str.isupper, text)) // letters if letters > 8 else -1
    digits, cries = len(DIGIT.findall(text)), text.count("!")
    repeated = len(words) - len(set(words))
    pictures = 0 if text.isascii() else sum(char > "\u2000" for char in text)
    money = any(sign in text for sign in "$£€")
    return [
        (f"words {len(words).bit_length()}", ""),
        (f"characters {len(text).bit_length()}", ""),
        (f"links {min(links, 3)}", some(links, "link")),
        (f"mails {min(mails, 2)}", some(mails, "mail address", "mail addresses")),
        (f"capitals {capitals}", "written in capitals" if capitals >= 2 else ""),
        (f"cries {steps(cries)}", some(cries, "exclamation mark")),
        (f"questions {min(text.count('?'), 2)}", ""),
        (f"digits {min(digits.bit_length(), 5)}", some(digits, "digit")),
        (f"lines {min(text.count(chr(10)), 3)}", ""),
        (f"pictures {min(pictures.bit_length(), 3)}", "emoji or unusual characters" if pictures > 1 else ""),
        (f"repeated {min(repeated.bit_length(), 4)}", "repeated words" if repeated > 3 else ""),
        (f"dots {min(text.count('.').bit_length(), 3)}", ""),
        (f"money {money}", "a currency sign" if money else ""),
        (f"at {'@' in text}", ""),
        (f"drawn {bool(reading.drawn and DRAWN.search(text))}", ""),
        (f"hidden {reading.hidden}", "invisible characters" if reading.hidden else ""),
        (f"begins {text[:1].isupper()}", ""),
        (f"ends {'a' if text[-1:].isalnum() else text[-1:]}", ""),
    ]


def some(number, noun, plural=""):
    """`1 link`, `2 links`, or nothing for none."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}" if number else ""


def steps(number):
    return number if number < 4 else number.bit_length() + 2


def logistic(score):
    return 1 / (1 + exp(-score)) if score > -700 else 0.0


def pack_features(features):
    """The bucket numbers as bytes, four each."""
    return struct.pack(f"<{len(features)}I", *features)


def unpack_features(packed):
    return struct.unpack(f"<{len(packed) // 4}I", packed)
