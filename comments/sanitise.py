"""Removes tags and keeps words: what a reader typed becomes plain text, once, when it comes in.

bleach alone takes `38<temp and pulse>90 call doctor` for a tag and leaves `3890 call doctor`: a lost `<` can invert a
dose. So a `<` that begins no complete tag of a real HTML element is kept as the character it is; what bleach then sees
is unambiguous. The result is plain text and must only ever be autoescaped, never marked safe.

Call it after the length check: the work grows with the square of the text in the worst case.

`sanitise` never raises, whatever the text, and a text without tags comes back as it was sent (newlines become \\n,
characters are composed to NFC, control characters go).
"""

import html
import re
import unicodedata
from dataclasses import dataclass

import bleach

LINE_BREAKING = set(
    "address article aside blockquote br center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre search section summary table tr ul".split()
)
ELEMENTS = LINE_BREAKING | set(
    "a abbr acronym applet area audio b base basefont bdi bdo bgsound big blink body button canvas caption cite "
    "code col colgroup command data datalist del dfn em embed font frame frameset head html i iframe image img "
    "input ins isindex kbd keygen label legend link listing map mark marquee math menuitem meta meter multicol "
    "nextid nobr noembed noframes noscript object optgroup option output param picture plaintext portal progress "
    "q rb rp rt rtc ruby s samp script select slot small source spacer span strike strong style sub sup svg tbody "
    "td template textarea tfoot th thead time title track tt u var video wbr xml xmp".split()
)
"""Every element that HTML has or had, and the roots of the two languages that live inside it (WHATWG HTML, sections 4
and 16.2)."""

TAG = re.compile(
    r"""<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>(?=[\s/>])(?:[^<>"']|"[^"]*"|'[^']*')*+)>""",
)
SILENT = re.compile(r"<(script|style)(?=[\s/>])[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
CONTROL = {code: None for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\n\t"}
BARE_WORDS = re.compile(r"^\s+[^\s=/]+(?:\s+[^\s=]+)*\s*$")


@dataclass(frozen=True)
class Sanitised:
    text: str
    """Plain text: what will appear."""
    removed: bool = False
    """Whether anything that was typed is gone, other than a tag that became a line break."""
    swallowed_words: bool = False
    """Whether a tag looks like words (`<i feel sick>`), so that keeping it as text is worth offering."""


def clean_characters(text):
    """Composed (NFC), with \\n for every kind of line end and without control characters or lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(CONTROL)
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))


def sanitise(text, keep_words=False):
    """What remains of `text` without its tags. With `keep_words` a tag that looks like words stays as text."""
    marks = {"removed": False, "swallowed": False}
    without_silent = SILENT.sub("", text := clean_characters(text))
    marks["removed"] = without_silent != text

    def judge(match):
        name, rest = match["name"].lower(), match["rest"]
        if name not in ELEMENTS:
            return html.escape(match[0], quote=False)
        if not match["close"] and BARE_WORDS.match(rest):
            marks["swallowed"] = True
            if keep_words:
                return html.escape(match[0], quote=False)
        if name in LINE_BREAKING and not rest.strip(" \t\n/"):
            return "\n"
        marks["removed"] = True
        # Any element is handed over as a span: no parser's rules for tables or scripts can then move or swallow words.
        return f"<{match['close']}span>"

    escaped = _escape_outside_tags(without_silent, judge)
    words = html.unescape(strip_tags(escaped))
    return Sanitised(words.strip() if marks["removed"] else words.strip("\n"), marks["removed"], marks["swallowed"])


def strip_tags(escaped):
    """The escaped text without the tags in it: the one place where the library does its work."""
    return bleach.clean(escaped, tags=set(), strip=True, strip_comments=True)


def _escape_outside_tags(text, judge):
    """The text with everything escaped but the tags, of which `judge` makes what bleach shall see."""
    pieces, end = [], 0
    for match in TAG.finditer(text):
        pieces += [html.escape(text[end : match.start()], quote=False), judge(match)]
        end = match.end()
    return "".join([*pieces, html.escape(text[end:], quote=False)])


def sanitise_line(text):
    """One line of plain text, such as a name: no tags, no line ends, no space around it."""
    return " ".join(sanitise(text).text.split())
