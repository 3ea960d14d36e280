"""Turns the HTML of a WordPress post into the Markdown of an article. Pure: text in, `Converted` out.

No word is lost: what is no element of HTML (`38<temp`) stays as it was typed, and every element that an article cannot
have is made into words or a link and named in `notes`. Only scripts, styles and the settings of blocks go without a
trace in the text. `to_markdown` never raises, whatever the text.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, NavigableString, Tag
from django.utils.html import strip_tags
from markdownify import MarkdownConverter

from articles.wordpress import shortcodes

BLOCKS = set(
    "address article aside blockquote center dd details div dl dt fieldset figcaption figure footer form gallery h1 h2 "
    "h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre search section summary table tbody td tfoot th thead tr ul "
    "iframe video audio object".split()
)
INLINE = set(
    "a abbr acronym applet area audio b base basefont bdi bdo big blink body br button canvas caption cite code col "
    "colgroup data datalist del dfn dir em embed font frame frameset head html i image img input ins kbd label legend "
    "link map mark marquee math meta meter nobr noembed noframes noscript object optgroup option output param picture "
    "plaintext portal progress q rb rp rt rtc ruby s samp script select slot small source span strike strong style sub "
    "sup svg template textarea time title track tt u var video wbr xml xmp path g circle rect line polygon polyline "
    "defs use desc".split()
)
TAG = re.compile(r"""<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>(?:[\s/](?:[^<>"']|"[^"]*"|'[^']*')*+)?)>""")
BARE_WORDS = re.compile(r"^\s+[^\s=/]+(?:\s+[^\s=]+)+\s*$")
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
BLOCK = re.compile(r"^\s*wp:([\w/-]+)(.*?)(/?)\s*$", re.DOTALL)
SILENT = "script style template noscript head title svg math".split()
LINKED = {"iframe": "src", "embed": "src", "video": "src", "audio": "src", "object": "data", "source": "src"}
FORMS = "form input select textarea button option label fieldset legend datalist output".split()
STRUCK = "del s strike".split()
CONTAINERS = "div blockquote section article aside main header footer center details td th li dd form fieldset".split()
RAISED = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
SCHEMES = ("http://", "https://", "mailto:", "tel:", "/")
CONTROL = {code: None for code in [*range(0x20), 0x7F] if chr(code) not in "\n\t"}
FENCE = re.compile(r"^([ \t]*)(:{3,})", re.MULTILINE)
PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:\?.*)?$", re.IGNORECASE)


@dataclass
class Converted:
    text: str
    """Markdown."""
    notes: Counter = field(default_factory=Counter)
    """What was simplified, in a few words, and how often."""


@dataclass(frozen=True)
class Surroundings:
    """What lies around a text."""

    picture: callable = lambda address: None
    """The number of the library's picture of a file at an address, or None."""
    link: callable = lambda address: address
    """Where what lay at an address lies now."""
    gallery: callable = lambda ids: []
    """(address, alternative text, caption) of attachments."""


def to_markdown(text, surroundings=None):
    """The `Converted` of a post's HTML."""
    surroundings, notes = surroundings or Surroundings(), Counter()
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(CONTROL)
    is_blocks = "<!-- wp:" in text
    try:
        prepared = shortcodes.replace(_drop_comments(_keep_words(text), notes), lambda what: notes.update([what]))
        soup = BeautifulSoup(prepared, "html.parser")
        _simplify(soup, surroundings, notes)
        if not is_blocks:
            _find_paragraphs(soup)
        made = _Converter(surroundings, notes).convert_soup(soup)
    except RecursionError:
        # Elements nested a thousand deep: nobody wrote that, and its words are kept.
        notes["elements nested too deep"] += 1
        made = _escape(html.unescape(strip_tags(text)))
    return Converted(_tidy(made), notes)


def words_of(text):
    """What a reader reads of a short piece of HTML, in one line."""
    return " ".join(BeautifulSoup(_keep_words(text), "html.parser").get_text(" ").split())


def _keep_words(text):
    """The text with every `<` escaped that begins no tag and no comment."""

    def judge(match):
        is_tag = match["name"].lower() in BLOCKS | INLINE and (match["close"] or not BARE_WORDS.match(match["rest"]))
        return match[0] if is_tag else html.escape(match[0], quote=False)

    pieces, end = [], 0
    for match in re.finditer(rf"{COMMENT.pattern}|{TAG.pattern}", text, re.DOTALL):
        pieces += [_escape_signs(text[end : match.start()])]
        pieces += [match[0] if match[0].startswith("<!--") else judge(match)]
        end = match.end()
    return "".join([*pieces, _escape_signs(text[end:])])


def _escape_signs(text):
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _drop_comments(text, notes):
    def drop(match):
        words = match[1].strip()
        if block := BLOCK.match(match[1]):
            # A block that closes itself is filled in by WordPress: there is nothing of it in the text.
            if block[3]:
                notes[f"block {block[1]}"] += 1
        elif words == "nextpage":
            notes["page break"] += 1
        return "\n\n" if words in ("more", "nextpage") or words.startswith("more ") else ""

    return COMMENT.sub(drop, text)


# Elements


def _simplify(soup, surroundings, notes):
    for element in soup.find_all(SILENT):
        notes[element.name] += 1
        element.decompose()
    for element in soup.find_all("gallery"):
        _show_gallery(soup, element, surroundings)
    for element in soup.find_all(True):
        if element.parent is None:
            continue
        if element.name in LINKED:
            _link(soup, element, LINKED[element.name], notes)
        elif element.name in FORMS:
            _spell_out(element, notes)
        elif element.name in STRUCK:
            notes["struck out text"] += 1
            _surround(element, "[struck out: ", "]")
        elif element.name in ("sup", "sub"):
            _raise(element, notes)
        elif element.name == "q":
            _surround(element, "“", "”")
        elif element.name in ("td", "th") and (
            element.get("colspan", "1") != "1" or element.get("rowspan", "1") != "1"
        ):
            notes["joined table cells"] += 1
        elif element.name in ("dt", "summary"):
            element.name = "p"
            _embolden(soup, element)
        elif element.name == "dd":
            element.name = "div"
    for element in soup.find_all("figure"):
        _caption(soup, element)
    for element in soup.find_all("a"):
        _unlink(element)


def _show_gallery(soup, element, surroundings):
    for address, alt, caption in surroundings.gallery(re.findall(r"\d+", element.get("ids", ""))):
        figure = soup.new_tag("figure")
        figure.append(soup.new_tag("img", src=address, alt=alt))
        if caption:
            figure.append(words := soup.new_tag("figcaption"))
            words.string = words_of(caption)
        element.insert_before(figure)
    element.decompose()


def _link(soup, element, attribute, notes):
    """What plays elsewhere becomes a link to there."""
    notes[element.name] += 1
    source = element.find("source")
    address = element.get(attribute) or (source.get("src") if source else None)
    if element.find_parent("a"):
        element.unwrap()
        return
    if address and _is_safe(address):
        address = f"https:{address}" if address.startswith("//") else address
        link = soup.new_tag("a", href=address)
        link.string = address
        paragraph = soup.new_tag("p")
        paragraph.append(link)
        element.insert_before(paragraph)
    element.unwrap()


def _spell_out(element, notes):
    notes[element.name] += 1
    if element.name == "input" and element.get("type") not in ("hidden", "password"):
        element.insert_before(f" {element.get('placeholder') or element.get('value') or ''} ")
    element.unwrap()


def _surround(element, before, after):
    element.insert(0, NavigableString(before))
    element.append(NavigableString(after))
    element.unwrap()


def _raise(element, notes):
    """10<sup>3</sup> must not become 103."""
    words, signs = element.get_text(), RAISED if element.name == "sup" else LOWERED
    if words and all(ord(sign) in signs for sign in words):
        element.replace_with(words.translate(signs))
        return
    notes["raised or lowered text"] += 1
    _surround(element, "^(" if element.name == "sup" else "_(", ")")


def _embolden(soup, element):
    strong = soup.new_tag("strong")
    for child in list(element.contents):
        strong.append(child.extract())
    element.append(strong)


def _caption(soup, figure):
    """The caption of one picture goes with it; of several, it is a paragraph below them."""
    caption, pictures = figure.find("figcaption"), figure.find_all("img")
    if caption and len(pictures) == 1:
        pictures[0]["data-caption"] = " ".join(caption.get_text().split())
        caption.decompose()
    elif caption:
        caption.name = "p"
    for picture in pictures:
        if not picture.find_parent(["td", "th", "li"]):
            picture.wrap(soup.new_tag("p"))
    figure.name = "div"


def _unlink(link):
    """A picture that leads to its own file leads nowhere now; so does a script."""
    address = (link.get("href") or "").strip()
    is_own_picture = link.find("img") and not link.get_text().strip() and PICTURE_FILE.search(address)
    if is_own_picture or link.find(["p", "div"]) or not _is_safe(address):
        link.unwrap()


def _is_safe(address):
    return address.strip().lower().startswith(SCHEMES)


# Paragraphs


def _find_paragraphs(soup):
    """In a text of the classic editor an empty line ends a paragraph, and a line end is a line break."""
    for container in [soup, *soup.find_all(CONTAINERS)]:
        if container is soup or "\n\n" in container.get_text():
            _paragraphs_of(soup, container)
    for text in soup.find_all(string=re.compile(r"\S\s*\n|\n\s*\S")):
        if not text.find_parent(["pre", "code", "table"]):
            _break_lines(soup, text)


def _paragraphs_of(soup, container):
    run = None
    for node in list(container.contents):
        if isinstance(node, Tag) and (node.name in BLOCKS or node.find(list(BLOCKS))):
            run = None
            continue
        pieces = re.split(r"\n\s*\n", node) if type(node) is NavigableString else [node]
        for number, piece in enumerate(pieces):
            if number:
                run = None
            if not (isinstance(piece, Tag) or piece.strip() or run is not None):
                continue
            if run is None:
                node.insert_before(run := soup.new_tag("p"))
            run.append(NavigableString(piece) if isinstance(piece, str) else piece.extract())
        if not isinstance(node, Tag):
            node.extract()


def _break_lines(soup, text):
    is_first, is_last = text.previous_sibling is None, text.next_sibling is None
    words = str(text)
    words = words.lstrip("\n") if is_first or _is_break(text.previous_sibling) else words
    words = words.rstrip("\n") if is_last or _is_break(text.next_sibling) else words
    for number, line in enumerate(words.split("\n")):
        if number:
            text.insert_before(soup.new_tag("br"))
        text.insert_before(NavigableString(line))
    text.extract()


def _is_break(node):
    return isinstance(node, Tag) and (node.name == "br" or node.name in BLOCKS)


# Markdown


def _escape(text):
    return _Converter(Surroundings(), Counter()).escape(text, set())


class _Converter(MarkdownConverter):
    def __init__(self, surroundings, notes):
        super().__init__(
            heading_style="atx",
            bullets="-",
            newline_style="backslash",
            escape_misc=True,
            table_infer_header=True,
            autolinks=False,
        )
        self.surroundings, self.notes = surroundings, notes

    def convert_img(self, el, text, parent_tags):
        alt, caption = (" ".join((el.get(name) or "").split()) for name in ("alt", "data-caption"))
        address = (el.get("src") or el.get("data-src") or "").strip()
        number = self.surroundings.picture(address)
        if number is not None:
            title = ' "' + caption.replace("\\", "\\\\").replace('"', '\\"') + '"' if caption else ""
            return f"![{self.escape(alt, parent_tags)}](image:{number}{title})"
        self.notes["picture not at hand"] += 1
        words = self.escape(f"Picture: {alt or caption or address.rpartition('/')[2]}", parent_tags)
        if not el.find_parent("a") and address.startswith(("http://", "https://")):
            words = f"[{words}]({_target(address)})"
        return words + (f" {self.escape(caption, parent_tags)}" if caption and alt else "")

    def convert_a(self, el, text, parent_tags):
        address = (el.get("href") or "").strip()
        if not text.strip():
            return text
        before, after = " " * (text[0] == " "), " " * (text[-1] == " ")
        return f"{before}[{text.strip()}]({_target(self.surroundings.link(address))}){after}"

    def convert_h1(self, el, text, parent_tags):
        return self.convert_hN(2, el, text, parent_tags)


def _target(address):
    """An address as Markdown takes it, whatever signs it holds."""
    address = re.sub(r"\s", "%20", address)
    return re.sub(r"[()<>\\]", lambda match: f"%{ord(match[0]):02X}", address)


def _tidy(text):
    """No run of empty lines, and nothing that would be taken for a care card."""
    text = FENCE.sub(r"\1\\\2", text)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()
