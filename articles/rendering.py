"""Turns the Markdown of a version into the HTML that the public reads. Pure: text in, `Rendered` out.

Raw HTML in the text is shown as text. What comes out passes bleach once more, the one door for article HTML: whatever
a Markdown plugin may do, only the elements listed here reach a reader.

Beside CommonMark and tables the text may hold care cards (`articles.care_cards`) and citations: `[^2]` points to the
second of the version's sources.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest

import bleach
from django.utils.html import escape
from django.utils.text import slugify
from markdown_it import MarkdownIt
from mdit_py_plugins.container import container_plugin

from articles import care_cards, figures

WORDS_PER_MINUTE = 220
"""A little below the average of 238 for silent reading of English non-fiction (Brysbaert 2019, doi
10.1016/j.jml.2019.104047)."""

ELEMENTS = set(
    "a blockquote br code div em figcaption figure h2 h3 h4 hr img li mark ol p picture pre section source span "
    "strong sup table tbody td th thead tr ul".split()
)
ATTRIBUTES = {
    "a": ["href", "title", "id", "aria-label"],
    "div": ["class", "tabindex", "role", "aria-label"],
    "h2": ["id"],
    "h3": ["id"],
    "h4": ["id"],
    "mark": ["class", "title"],
    "img": ["src", "alt", "loading", "decoding", "width", "height"],
    "ol": ["start"],
    "section": ["class", "aria-labelledby"],
    "source": ["type", "srcset", "sizes"],
    "span": ["class"],
    "td": ["class"],
    "th": ["class", "scope"],
}
# A wide table scrolls by itself, with the keyboard too.
TABLE_OPEN = '<div class="table-scroll" role="region" tabindex="0" aria-label="Table"><table>\n'
# The contents are a numbered list already.
NUMBER = re.compile(r"^\d+[.)]\s+")
PROTOCOLS = {"http", "https", "mailto", "tel"}
RESERVED_IDS = {"main", "comments", "sources", "about-the-author", "leave-a-comment", "stay-updated", "contents"}


@dataclass
class Rendered:
    html: str
    headings: list = field(default_factory=list)
    """The table of contents: {"id": ..., "text": ...} for each section, in order."""
    words: int = 0

    @property
    def minutes(self):
        return max(1, round(self.words / WORDS_PER_MINUTE))


def render(text, *, images=None, annotate=None):
    """The HTML, table of contents and word count of a version's Markdown.

    `images` are the pictures that it may show (articles.figures): {number: Image}. `annotate` may put marks into the
    parsed text before it is written, for a page that only its writer sees."""
    tokens, env = parse(text, images)
    if annotate:
        annotate(tokens)
    page = _parser().renderer.render(tokens, _parser().options, env)
    html = bleach.clean(page, tags=ELEMENTS, attributes=ATTRIBUTES, protocols=PROTOCOLS)
    return Rendered(html, _contents(env), len(re.findall(r"\w+", text)))


def parse(text, images=None):
    """(tokens, what was gathered on the way: headings, cards, all ids) of a version's Markdown."""
    env = {"ids": set(RESERVED_IDS), "headings": [], "cards": [], "images": images or {}}
    return _parser().parse(text, env), env


def _contents(env):
    """The sections, and the way to the first danger signs where no section of that name leads there."""
    headings, cards = env["headings"], env["cards"]
    if cards and not any(care_cards.IMPORTED_HEADING.match(heading["text"]) for heading in headings):
        headings.insert(cards[0]["after"], {"id": cards[0]["id"], "text": "When to seek care"})
    return headings


@cache
def _parser():
    parser = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    parser.inline.ruler.before("link", "citation", _citation)
    parser.core.ruler.push("outline", _outline)
    figures.use(parser)
    for level in care_cards.LEVELS:
        parser.use(container_plugin, level, render=_render_card, validate=_is_card(level))
    parser.add_render_rule("table_open", lambda *args: TABLE_OPEN)
    parser.add_render_rule("table_close", lambda *args: "</table></div>\n")
    return parser


def _is_card(level):
    return lambda words, *args: care_cards.read_opening(words)[0] == level


def _citation(state, silent):
    """`[^2]` becomes a raised link to the second source."""
    match = re.compile(r"\[\^(\d{1,3})\]").match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        token = state.push("html_inline", "", 0)
        token.content = f'<sup><a href="#source-{match[1]}" aria-label="Source {match[1]}">{match[1]}</a></sup>'
    state.pos = match.end()
    return True


def _outline(state):
    """Give every heading and card an id, and write the table of contents into the environment."""
    for token, following in zip_longest(state.tokens, state.tokens[1:]):
        if token.type == "heading_open":
            # The title is the page's only h1.
            token.tag = f"h{min(max(int(token.tag[1]), 2), 4)}"
            words = "".join(child.content for child in following.children if child.type in ("text", "code_inline"))
            token.attrSet("id", _unique_id(words, state.env["ids"]))
            if token.tag == "h2":
                state.env["headings"].append({"id": token.attrGet("id"), "text": NUMBER.sub("", words)})
        elif token.type == "heading_close":
            token.tag = f"h{min(max(int(token.tag[1]), 2), 4)}"
        elif token.type.startswith("container_") and token.nesting == 1:
            level, heading = care_cards.read_opening(token.info)
            token.meta = {"level": level, "heading": heading, "id": _unique_id(heading, state.env["ids"])}
            token.meta["after"] = len(state.env["headings"])
            if care_cards.IMPORTED_HEADING.match(heading):
                state.env["headings"].append({"id": token.meta["id"], "text": heading})
            else:
                state.env["cards"].append(token.meta)


def _unique_id(words, taken):
    base = candidate = slugify(words)[:60] or "section"
    number = 2
    while candidate in taken:
        candidate, number = f"{base}-{number}", number + 1
    taken.add(candidate)
    return candidate


def _render_card(renderer, tokens, index, options, env):
    token = tokens[index]
    if token.nesting == -1:
        return "</section>\n"
    card = token.meta
    prefix = f'<span class="visually-hidden">{care_cards.LEVELS[card["level"]]}: </span>'
    return (
        f'<section class="care-card care-card--{card["level"]}" aria-labelledby="{card["id"]}">'
        f'<h2 id="{card["id"]}">{prefix}{escape(card["heading"])}</h2>\n'
    )
