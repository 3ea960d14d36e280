"""What is wrong with a page of HTML, as sentences. Pure: bytes in, sentences out.

Strictly parsed by html5lib after the standard; and what a parser does not see but a reader meets: names that point to
nothing, headings that leave out a level, pictures without words. vnu says more; tests/access/test_html.py tells how.
"""

import re
from collections import Counter
from itertools import pairwise

import html5lib

HTML = "{http://www.w3.org/1999/xhtml}"
REFERRING = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "form", "headers", "list")
LABELLED = ("input", "select", "textarea")
UNLABELLED_TYPES = ("hidden", "submit", "button", "image", "reset")
NO_ERRORS = ("expected-named-entity",)
"""A lone & is none any more (https://html.spec.whatwg.org/#ambiguous-ampersand-state); html5lib is older than that."""
INTERACTIVE = ("a", "button", *LABELLED, "label", "summary")


def find_problems(page):
    parser = html5lib.HTMLParser(strict=False)
    tree = parser.parse(page)
    for (line, _), code, data in parser.errors:
        if code not in NO_ERRORS:
            yield f"line {line}: {html5lib.constants.E[code] % data}"
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    for rule in (_ids, _references, _labels, _headings, _pictures, _times, _nesting, _head):
        yield from rule(elements)


def kind(element):
    return element.tag.removeprefix(HTML)


def _ids(elements):
    times = Counter(element.get("id") for element in elements if element.get("id") is not None)
    yield from (f"the id {name!r} is given {number} times" for name, number in times.items() if number > 1 or not name)


def _references(elements):
    ids = {element.get("id") for element in elements}
    for element in elements:
        for attribute in REFERRING:
            for name in (element.get(attribute) or "").split():
                if name not in ids:
                    yield f"<{kind(element)} {attribute}> points to {name!r}, which is not there"


def _labels(elements):
    named = {element.get("for") for element in elements if kind(element) == "label"}
    within = {id(inner) for element in elements if kind(element) == "label" for inner in element.iter()}
    for element in elements:
        if kind(element) not in LABELLED or element.get("type") in UNLABELLED_TYPES:
            continue
        if element.get("id") not in named and id(element) not in within and not _says_itself(element):
            yield f"<{kind(element)} name={element.get('name')}> has no label"


def _says_itself(element):
    return any(element.get(name) for name in ("aria-label", "aria-labelledby", "title"))


def _headings(elements):
    levels = [int(kind(element)[1]) for element in elements if kind(element) in ("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1:
        yield f"there are {levels.count(1)} headings of the first level"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"a heading of level {after} follows one of level {before}"


def _pictures(elements):
    yield from (
        f"the picture {element.get('src')} has no alt"
        for element in elements
        if kind(element) == "img" and element.get("alt") is None
    )


def _times(elements):
    for element in elements:
        if re.search(r"\.\d{4,}", element.get("datetime") or ""):
            yield f"the time {element.get('datetime')} has more than three digits of a second"


def _nesting(elements):
    for element in elements:
        if kind(element) in ("a", "button"):
            inner = [kind(child) for child in element.iter() if child is not element and isinstance(child.tag, str)]
            yield from (f"<{child}> stands in <{kind(element)}>" for child in inner if child in INTERACTIVE)


def _head(elements):
    if not elements[0].get("lang"):
        yield "the page does not say its language"
    titles = [element.text for element in elements if element.tag == f"{HTML}title"]
    if len(titles) != 1 or not (titles[0] or "").strip():
        yield "the page has no title"
