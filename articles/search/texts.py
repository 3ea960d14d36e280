"""Makes of a version what is looked through: plain text, as readers see it. Pure."""

import re
from html.parser import HTMLParser

from articles.search.words import WORD, fold

LONGEST = 200_000
"""Characters of a body that are looked through. PostgreSQL refuses to index much longer ones."""

BLOCKS = set("blockquote br div h2 h3 h4 hr li ol p pre section table td th tr ul".split())
UNREAD = {"sup"}
"""Elements whose text nobody looks for: the numbers of citations."""


def fields_of(version):
    """The texts of a `SearchEntry`."""
    texts = {"title": version.title, "summary": version.summary, "body": plain(version.html)[:LONGEST]}
    texts = {name: _readable(text) for name, text in texts.items()}
    return {**texts, "also": " ".join(_unaccented(" ".join(texts.values())))}


def plain(html):
    """The words of a rendered body, its blocks set off by a full stop or a dot in the middle."""
    reader = _Reader()
    reader.feed(html.replace("{emergency_number}", "the emergency number"))
    reader.close()
    blocks = (" ".join(block.split()) for block in "".join(reader.parts).split("\n"))
    return _joined(filter(None, blocks))


def _joined(blocks):
    text = ""
    for block in blocks:
        text += (" " if text.endswith((".", ":", "!", "?")) else " · ") + block if text else block
    return text


def _readable(text):
    """Without control characters: two of them mark what was found (`articles.search.snippets`)."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)


def _unaccented(text):
    """The words with accents, without them: who types "Barre" looks for "Barré"."""
    accented = {word for word in WORD.findall(text) if not word.isascii()}
    return sorted({fold(word) for word in accented})


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.parts, self.unread = [], 0

    def handle_starttag(self, tag, attrs):
        self.unread += tag in UNREAD
        self._break_at(tag)

    def handle_endtag(self, tag):
        self.unread -= tag in UNREAD
        self._break_at(tag)

    def handle_data(self, data):
        # A line break within a paragraph is none.
        if not self.unread:
            self.parts.append(data.replace("\n", " "))

    def _break_at(self, tag):
        if tag in BLOCKS:
            self.parts.append("\n")
