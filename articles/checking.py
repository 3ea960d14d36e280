"""Says what keeps a text from readers, each in a sentence with its line. Pure but for what it is told of the site.

A draft may have any of these; it is published by a person only without them (`Version.publish`). Imports keep their own
checks. To add a rule, write a generator and name it in `find_problems`.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from markdown_it.rules_block.table import escapedSplit

from articles import care_cards, figures, rendering

CITATION = re.compile(r"\[\^(\d{1,3}|\?)\]")
FILE_NAME = re.compile(
    r"^\S+\.(?:jpe?g|png|gif|webp|avif|heic|tiff?)$|^(?:IMG|DSC|DSCN|PXL|image)[-_ ]?\d+$", re.IGNORECASE
)
LONGEST_SUMMARY = LONGEST_CORRECTION = 300


@dataclass(frozen=True)
class Problem:
    message: str
    line: int | None = None
    """Of the body, counted from 1; None where it is about another field."""
    field: str = "body"

    def __str__(self):
        return f"Line {self.line}: {self.message}" if self.line else self.message


@dataclass(frozen=True)
class Surroundings:
    """What the rules must know of the site. Without it, every address leads somewhere and every picture exists."""

    leads_nowhere: callable = lambda path: False
    """Whether nobody can read anything at a path of this site."""
    has_image: callable = lambda pk: True
    site_url: str = ""


def find_problems(texts, sources, around=Surroundings()):
    """Every reason why this may not be published. `texts` are fields by name, `sources` dicts of `Source` fields."""
    body = texts["body"]
    tokens, env = rendering.parse(body)
    found = [Problem(problem.message, problem.line) for problem in care_cards.find_problems(body)]
    found += _headings(tokens)
    found += _links(tokens, env["ids"], around)
    found += _images(tokens, around)
    found += _tables(tokens, body)
    found += _citations(body, len(sources))
    return [*_fields(texts), *sorted(found, key=lambda problem: problem.line), *_sources(sources)]


def _fields(texts):
    if not texts["title"].strip():
        yield Problem("The title is missing.", field="title")
    if not texts["summary"].strip():
        yield Problem("The summary is missing: it stands below the title and in search results.", field="summary")
    if len(texts["summary"]) > LONGEST_SUMMARY:
        yield Problem(
            f"The summary has {len(texts['summary'])} characters: {LONGEST_SUMMARY} at most.", field="summary"
        )
    if len(texts.get("correction", "")) > LONGEST_CORRECTION:
        yield Problem(f"The correction is longer than {LONGEST_CORRECTION} characters.", field="correction")
    if FILE_NAME.match(texts.get("lead_image_alt", "").strip()):
        yield Problem(
            "What the picture above the text shows is a file's name: say it in words.", field="lead_image_alt"
        )
    if not texts["body"].strip():
        yield Problem("The text is empty.", field="body")


def _headings(tokens):
    """No level may be left out: who listens to a page goes from heading to heading."""
    before = 1
    for opened, inline in pairwise(tokens):
        if opened.type != "heading_open":
            continue
        level, line = int(opened.tag[1]), opened.map[0] + 1
        if not inline.content.strip():
            yield Problem("this heading has no words.", line)
        elif level > before + 1:
            yield Problem(f"this heading leaves out a level: write {'#' * (before + 1)} before it.", line)
        before = level


def _links(tokens, ids, around):
    for line, token in _inline(tokens, "link_open"):
        address = token.attrGet("href")
        if reason := _wrong_with(address, ids, around):
            yield Problem(f"the link to “{address}” {reason}", line)


def _wrong_with(address, ids, around):
    if address in ("", "url", "https://", "http://"):
        return "leads nowhere: give its address."
    parts = urlsplit(address)
    if not parts.path and parts.fragment and not parts.netloc:
        return "" if parts.fragment in ids else "leads to no heading of this text."
    if parts.scheme in ("mailto", "tel"):
        return ""
    if (address.startswith("/") and not parts.netloc) or _is_on(parts, around.site_url):
        return "leads to nothing that readers can open on this site." if around.leads_nowhere(parts.path) else ""
    return "" if parts.scheme in ("http", "https") and parts.netloc else "must begin with https:// or with /."


def _is_on(parts, site_url):
    own = urlsplit(site_url)
    return bool(own.netloc) and (parts.scheme, parts.netloc) == (own.scheme, own.netloc)


def _images(tokens, around):
    for line, token in _inline(tokens, "image"):
        image = figures.ADDRESS.fullmatch(token.attrGet("src") or "")
        if not image:
            yield Problem("a picture must come from the library: ![what it shows](image:NUMBER).", line)
        elif not around.has_image(int(image[1])):
            yield Problem(f"the library has no picture {image[1]}.", line)
        if FILE_NAME.match(token.content.strip()):
            yield Problem(f"“{token.content}” is a file's name: say what the picture shows.", line)


def _tables(tokens, body):
    """Where a row has more cells than the head, Markdown drops them without a word."""
    lines = body.splitlines()
    for table in tokens:
        if table.type != "table_open":
            continue
        first, end = table.map
        columns = _cells(lines[first])
        for number in range(first + 2, end):
            if (cells := _cells(lines[number])) > columns:
                yield Problem(
                    f"this row has {cells} cells and the table {columns} columns: readers miss the last.", number + 1
                )


def _cells(row):
    """How many cells Markdown finds in a line: bars at its ends are none between two."""
    cells = escapedSplit(row.strip(" >\t"))
    return len(cells) - (cells[0] == "") - (len(cells) > 1 and cells[-1] == "")


def _citations(body, sources):
    for number, words in enumerate(body.splitlines(), 1):
        for match in CITATION.finditer(words):
            if match[1] == "?":
                yield Problem("the source that is cited here was taken out: cite another one, or delete [^?].", number)
            elif not 0 < int(match[1]) <= sources:
                yield Problem(f"[^{match[1]}] cites a source that is not there: there are {sources}.", number)


def _sources(sources):
    for number, source in enumerate(sources, 1):
        if not source["title"].strip():
            yield Problem(f"Source {number} has no title.", field="sources")
        if source["url"] and not _is_web_address(source["url"]):
            yield Problem(
                f"The address of source {number} must be a whole one, such as https://www.nhs.uk/.", field="sources"
            )


def _is_web_address(url):
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        return False
    return True


def _inline(tokens, kind):
    """(line, token) of all inline tokens of a kind."""
    for block in tokens:
        line = block.map[0] + 1 if block.type == "inline" and block.map else 0
        for child in block.children or [] if line else []:
            if child.type == kind:
                yield line, child
            line += child.type in ("softbreak", "hardbreak")
