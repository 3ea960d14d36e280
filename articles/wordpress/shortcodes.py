"""Turns WordPress's shortcodes into the HTML that they stand for. Pure: text in, text and notes out.

What is no shortcode that we know and does not look like one (`[sic]`, `[...]`) stays as the text it is.
"""

import html
import re

MEDIA = {"embed", "video", "audio", "playlist", "wp_caption"}
SHORTCODE = re.compile(
    r"\[(?P<escaped>\[)?(?P<close>/)?(?P<name>[A-Za-z][\w-]*)(?P<rest>(?:\s+[^\[\]<>]*?)?)\s*/?\](?(escaped)\])"
)
ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")
CAPTION = re.compile(r"\[(?:wp_)?caption\b([^\]]*)\](.*?)\[/(?:wp_)?caption\]", re.DOTALL)
EMBED = re.compile(r"\[(embed|video|audio)\b([^\]]*)\]\s*(https?://[^\s\[<]+)?\s*\[/\1\]", re.IGNORECASE)
PICTURE = re.compile(r"(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?", re.IGNORECASE)


def replace(text, note):
    """The text with HTML in place of its shortcodes. `note` is told, in a few words, of each that was simplified."""
    text = CAPTION.sub(_caption, text)
    text = EMBED.sub(lambda match: _media(match[1], _attributes(match[2]), match[3] or "", note), text)
    return SHORTCODE.sub(lambda match: _other(match, note), text)


def _attributes(text):
    found = ATTRIBUTE.finditer(html.unescape(text).replace("“", '"').replace("”", '"'))
    return {match[1].lower(): match[2] or match[3] or match[4] or "" for match in found}


def _caption(match):
    picture = PICTURE.search(match[2])
    if not picture:
        return match[2]
    words = match[2][: picture.start()] + match[2][picture.end() :]
    words = words.strip() or html.escape(_attributes(match[1]).get("caption", ""))
    return f"\n\n<figure>{picture[0]}<figcaption>{words}</figcaption></figure>\n\n"


def _media(name, attributes, address, note):
    address = address or next((value for value in attributes.values() if value.startswith("http")), "")
    note(f"[{name}]")
    if not address:
        return ""
    link = html.escape(html.unescape(address))
    return f'\n\n<p><a href="{link}">{link}</a></p>\n\n'


def _other(match, note):
    name, attributes = match["name"].lower(), _attributes(match["rest"])
    if match["escaped"]:
        return match[0][1:-1]
    if name == "gallery" and not match["close"]:
        return f'\n\n<gallery ids="{html.escape(attributes.get("ids", attributes.get("include", "")))}"></gallery>\n\n'
    if name in MEDIA:
        return "" if match["close"] else _media(name, attributes, "", note)
    if attributes or match["close"] or "_" in name:
        note(match[0][:80])
        return ""
    return match[0]
