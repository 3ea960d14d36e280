"""Reads a document that is to become an article: plain text or Markdown in, a `Document` out.

What cannot be read raises `Unreadable` with file, line and reason; what had to be decided or was left out is in the
document's `notes`. Nothing here touches the database, and only `read` opens a file. Plain text is understood by
`articles.plain_text`, the furniture of a copied page by `articles.furniture`; the Markdown of an .md file is taken as
it is. To read another field of the front matter, add it to `Document` and to `_read_fields`.
"""

import datetime
import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from django.utils.html import strip_tags
from django.utils.text import slugify
from frontmatter.default_handlers import YAMLHandler

from articles import care_cards, furniture, plain_text
from articles.furniture import Line
from articles.rendering import render

SUFFIXES = (".txt", ".md")
LARGEST = 1_000_000
"""Bytes. The longest articles of medical journals have a tenth of it."""
LARGEST_FRONT_MATTER = 64_000
FIELDS = "title slug summary author topics image image_alt published reviewer reviewed sources".split()
BOUNDARY = re.compile(r"-{3,}\s*")
LONGEST_TITLE = 200
TITLE = re.compile(r"#\s+\S.*")
UNDERLINE = re.compile(r"(=+|-+)\s*")
HTML = re.compile(r"</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|<!--", re.IGNORECASE)
PICTURE = re.compile(r"!\[[^\[\]]*\]\((?!/)")
CITATION = re.compile(r"\[\^(\d{1,3})\]")


class Unreadable(Exception):
    """Why a document cannot become an article: sentences, each with the line that it is about (0: no one line)."""

    def __init__(self, *problems, name=""):
        self.problems, self.name = problems, name

    def __str__(self):
        return "\n".join(f"{self.name}{f', line {line}' if line else ''}: {reason}" for line, reason in self.problems)


@dataclass
class Document:
    name: str
    title: str
    body: str
    """Markdown."""
    hash: str
    """SHA-256 (hex) of the text, whatever its encoding and line ends."""
    path: Path | None = None
    disclaimer: str = ""
    author: str = ""
    job_title: str = ""
    slug: str = ""
    summary: str = ""
    topics: list = field(default_factory=list)
    image: str = ""
    image_alt: str = ""
    picture: Path | None = None
    """The file of its picture, where that is known and need not be looked for by `image`."""
    published: datetime.date | None = None
    """A day, or the very moment."""
    reviewer: str = ""
    reviewed: datetime.date | None = None
    sources: list = field(default_factory=list)
    """{"title", "publisher", "url", "read_on"} for each."""
    lines: dict = field(default_factory=dict)
    """The line of the file on which a field, the title or (of Markdown) the body begins."""
    notes: list = field(default_factory=list)
    """(line, sentence) for everything that was left out or is in doubt; line 0 is about no one line."""

    @property
    def key(self):
        """What stays the same when the document is changed: the slug that it names, else the name of its file."""
        return (self.slug or Path(self.name).stem)[:120]

    def wrong(self, name, reason):
        """The error about one of its fields."""
        return Unreadable((self.lines.get(name, 0), reason), name=self.name)


def read(path):
    """The `Document` in a file. Raises `Unreadable`."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        notes = []
        document = parse(decode(data, notes), path.name, notes)
    except OSError as error:
        raise Unreadable((0, f"cannot be opened: {error.strerror}."), name=str(path)) from error
    except Unreadable as error:
        error.name = str(path)
        raise
    document.name, document.path = str(path), path
    return document


def decode(data, notes):
    """The text of a file's bytes, with \\n for every kind of line end. Raises `Unreadable`."""
    if len(data) > LARGEST:
        raise Unreadable((0, f"is larger than {LARGEST // 1_000_000} MB."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable((0, "is UTF-16. Save it as UTF-8."))
    if b"\0" in data:
        raise Unreadable((data.count(b"\n", 0, data.index(b"\0")) + 1, "holds a NUL byte, so it is no text."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = _decode_windows(data, error.start, notes)
    return "\n".join(_readable(line, number, notes) for number, line in enumerate(text.splitlines(), 1))


def _decode_windows(data, position, notes):
    """The text as Windows-1252, which a file is that is not UTF-8 in any place."""
    line, byte = data.count(b"\n", 0, position) + 1, data[position]
    if not data.decode("utf-8-sig", "ignore").isascii():
        raise Unreadable((line, f"byte {byte:#04x} is not UTF-8, and the rest is. Save the file as UTF-8."))
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start]
        raise Unreadable((line, f"byte {byte:#04x} is neither UTF-8 nor Windows-1252.")) from error
    notes.append((line, "is not UTF-8 and was read as Windows-1252: are accents and quotation marks right?"))
    return text


def _readable(line, number, notes):
    """The line with a space for each control character."""
    codes = {char for char in line if char != "\t" and unicodedata.category(char) == "Cc"}
    if codes:
        names = ", ".join(f"{ord(code):#04x}" for code in sorted(codes))
        notes.append((number, f"holds control characters, which became spaces ({names})"))
    if "\N{REPLACEMENT CHARACTER}" in line:
        notes.append((number, "holds �: a character was lost before the document came here"))
    return line.translate({ord(code): " " for code in codes})


def parse(text, name, notes=()):
    """The `Document` that a text is; the name's ending says whether it is Markdown. Raises `Unreadable`."""
    document = Document(name, "", "", hashlib.sha256(text.encode()).hexdigest(), notes=list(notes))
    lines = [Line(number, line) for number, line in enumerate(text.split("\n"), 1)]
    try:
        if name.lower().endswith(".md"):
            _read_markdown(document, lines)
        else:
            _read_plain(document, lines)
        _check(document)
    except Unreadable as error:
        error.name = name
        raise
    document.notes.sort()
    return document


# Plain text


def _read_plain(document, lines):
    title = _first_words(document, lines)
    _set_title(document, title, title.text.strip())
    body, tail = _split_tail(document, [line for line in lines if line.number > title.number])
    text = plain_text.to_markdown(body)
    document.body = text.body
    document.notes += text.notes
    _keep_disclaimer(document, [*text.disclaimer, *tail.disclaimer])
    for line in body:
        if "{emergency_number}" in line.text:
            document.notes.append((line.number, "“{emergency_number}” is shown as the number of the site's country"))


def _first_words(document, lines):
    """The first line with words in it."""
    for line in lines:
        if any(char.isalnum() for char in line.text):
            return line
        if line.text.strip():
            document.notes.append((line.number, f"left out: “{line.text.strip()}”"))
    raise Unreadable((0, "is empty."))


def _set_title(document, line, words):
    if len(words) > LONGEST_TITLE:
        reason = f"is taken as the title, and is {len(words)} characters long. At most {LONGEST_TITLE} are a title."
        raise Unreadable((line.number, reason))
    document.title, document.lines["title"] = words, line.number


def _split_tail(document, lines):
    """The lines of the text, and the furniture below them, with a note for each line that is left out."""
    tail = furniture.find_tail(lines)
    body = [line for line in lines if not tail.begins or line.number < tail.begins]
    box = [] if document.author else tail.box
    document.author, document.job_title = [*(furniture.bare(line.text) for line in box), document.author, ""][:2]
    left_out = [line for line in tail.dropped + tail.box if line not in box]
    document.notes += [(line.number, f"left out: “{line.text.strip()}”") for line in left_out]
    for line in body:
        if furniture.section_of(line.text):
            why = "kept, though it looks like a part of the page and not of the text: what follows it is no such part"
            document.notes.append((line.number, why))
    return body, tail


def _keep_disclaimer(document, paragraphs):
    """Keep the document's own disclaimer, given as `Line`s, for its place below the article."""
    if paragraphs:
        document.disclaimer = "\n\n".join(line.text.strip() for line in paragraphs)
        why = "the closing disclaimer, shown below the article in place of the site's own"
        document.notes.append((paragraphs[0].number, why))


# Markdown


def _read_markdown(document, lines):
    lines = _take_heading(document, _take_front_matter(document, lines))
    body, tail = _split_tail(document, lines)
    body, closing = _split_disclaimer(document, body)
    below = [Line(line.number, furniture.bare(line.text)) for line in tail.disclaimer]
    _keep_disclaimer(document, [*closing, *below])
    while body and not body[0].text.strip():
        body = body[1:]
    document.body = "\n".join(line.text for line in body).rstrip()
    document.lines["body"] = body[0].number if body else 0
    _doubt_markdown(document, body)


def _take_heading(document, lines):
    """The lines with blank ones for the title: that is the first # heading, or else the first line."""
    heading = next((line for line in lines if TITLE.fullmatch(line.text)), None)
    if document.title:
        repeats_it = heading and _words_of(heading.text) == document.title
        return _blank(lines, {heading.number} if repeats_it else set())
    heading = heading or _first_words(document, lines)
    _set_title(document, heading, _words_of(heading.text))
    underline = {line.number for line in lines if line.number == heading.number + 1 and UNDERLINE.fullmatch(line.text)}
    return _blank(lines, {heading.number} | underline)


def _blank(lines, numbers):
    return [Line(line.number, "") if line.number in numbers else line for line in lines]


def _words_of(markdown):
    """The words of a line without its Markdown."""
    return html.unescape(strip_tags(render(markdown[: 2 * LONGEST_TITLE]).html)).strip()


def _split_disclaimer(document, lines):
    """The lines without the paragraph at their end if it is a disclaimer in plain words, and this as `Line`s."""
    end = max((index for index, line in enumerate(lines, 1) if line.text.strip()), default=0)
    begin = max((index for index, line in enumerate(lines[:end], 1) if not line.text.strip()), default=0)
    words = furniture.bare(" ".join(line.text.strip() for line in lines[begin:end]))
    if not furniture.is_disclaimer(words):
        return lines, []
    if plain_text.escape(words) != words:
        document.notes.append(
            (lines[begin].number, "a disclaimer with Markdown in it, kept in the text beside the site's own")
        )
        return lines, []
    return lines[:begin], [Line(lines[begin].number, words)]


def _doubt_markdown(document, lines):
    for line in lines:
        if HTML.search(line.text):
            document.notes.append((line.number, "HTML is shown as text: use Markdown"))
        if PICTURE.search(line.text):
            document.notes.append((line.number, "a picture that readers will not see: it does not lie on this site"))
        for number in CITATION.findall(line.text):
            if not 0 < int(number) <= len(document.sources):
                document.notes.append((line.number, f"[^{number}] points to no source of the front matter"))


# Front matter


def _take_front_matter(document, lines):
    """Read the fields between two lines of dashes at the top; the lines below them."""
    if not BOUNDARY.fullmatch(lines[0].text):
        return lines
    end = next((index for index, line in enumerate(lines) if index and BOUNDARY.fullmatch(line.text)), None)
    if end is None:
        raise Unreadable((1, "the front matter is never closed: put --- on a line of its own after it."))
    fields = _load(lines[1:end])
    for line in lines[1:end]:
        name = line.text.partition(":")[0].strip()
        document.lines.setdefault(name, line.number) if line.text[:1].isalpha() else None
    _read_fields(document, fields)
    return lines[end + 1 :]


def _load(lines):
    """The fields of the front matter, a dict."""
    text = "\n" + "\n".join(line.text for line in lines)
    if len(text) > LARGEST_FRONT_MATTER:
        raise Unreadable((1, f"the front matter is longer than {LARGEST_FRONT_MATTER // 1000} kB."))
    try:
        # The parser in Python: the one in C crashes on brackets nested by the thousand.
        fields = YAMLHandler().load(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or (
            "nested too deeply" if isinstance(error, RecursionError) else error
        )
        raise Unreadable((mark.line + 1 if mark else 1, f"the front matter is no valid YAML: {reason}.")) from error
    if not isinstance(fields or {}, dict):
        raise Unreadable((2, "the front matter must be lines such as “title: Night cramps”."))
    return fields or {}


def _read_fields(document, fields):
    for name in fields:
        if name not in FIELDS:
            document.notes.append((document.lines.get(name, 1), f"left out: the field “{str(name)[:40]}” is not known"))
    for name in ("title", "slug", "summary", "author", "image", "image_alt", "reviewer"):
        setattr(document, name, _text(document, name, fields.get(name)))
    for name in ("published", "reviewed"):
        setattr(document, name, _day(document, name, fields.get(name)))
    topics = fields.get("topics") or []
    topics = [topics] if isinstance(topics, str) else topics
    document.topics = [_text(document, "topics", topic) for topic in _list(document, "topics", topics)]
    document.sources = [_source(document, source) for source in _list(document, "sources", fields.get("sources") or [])]


def _text(document, name, value):
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise document.wrong(name, f"“{name}” must be text; put it in quotation marks.")
    return " ".join(str(value).split())


def _day(document, name, value):
    if isinstance(value, datetime.datetime):
        value = value.date()
    if value is not None and not isinstance(value, datetime.date):
        raise document.wrong(name, f"“{name}” must be a day such as 2026-03-31.")
    return value


def _list(document, name, value):
    if not isinstance(value, list):
        raise document.wrong(name, f"“{name}” must be a list.")
    return value


def _source(document, fields):
    if not isinstance(fields, dict) or not fields.get("title"):
        raise document.wrong("sources", "each source needs at least a “title”.")
    texts = {name: _text(document, "sources", fields.get(name)) for name in ("title", "publisher", "url")}
    return {**texts, "read_on": _day(document, "sources", fields.get("read"))}


# Both


def _check(document):
    """Raise `Unreadable` for what would make no article."""
    if not document.body.strip():
        raise Unreadable((document.lines["title"], "has a title and no text below it."))
    first = document.lines.get("body")
    problems = care_cards.find_problems(document.body)
    if problems:
        raise Unreadable(*((problem.line + first - 1 if first else 0, problem.message) for problem in problems))
    if slugify(document.slug) != document.slug:
        raise document.wrong("slug", f"“{document.slug}” is no slug: use small letters, digits and hyphens.")
