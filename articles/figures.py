"""Pictures of the library in a text: `![what it shows](image:12 "a caption")`, or `![](image:12)` for mere decoration.

Pure: the pictures are given, by their numbers. A picture in a paragraph of its own becomes a figure with its caption
and credit; between words it stays between them. What the library does not have, or lies elsewhere, is left out.
"""

import re

from django.utils.html import escape

ADDRESS = re.compile(r"image:(\d{1,18})")
NAMED = re.compile(rf"\]\(\s*<?{ADDRESS.pattern}")
SIZES = "(min-width: 46em) 684px, calc(100vw - 44px)"
"""How wide the column of an article is: see frontend/scss/site/_page.scss."""


def named_in(text):
    """The numbers of all pictures that a text may show."""
    return {int(number) for number in NAMED.findall(text)}


def use(parser):
    """Teach a markdown-it parser these pictures. It takes them from `env["images"]`: {number: Image}."""
    parser.core.ruler.push("figures", _set_apart)
    parser.add_render_rule("image", _render)


def _set_apart(state):
    """Take away the paragraph around a picture that stands alone: a figure may not stand in one."""
    for opened, inline, closed in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if opened.type == "paragraph_open" and [child.type for child in inline.children or ()] == ["image"]:
            opened.hidden = closed.hidden = True
            inline.children[0].meta["alone"] = True


def _render(renderer, tokens, index, options, env):
    token = tokens[index]
    address = ADDRESS.fullmatch(token.attrGet("src") or "")
    image = address and env["images"].get(int(address[1]))
    if not image:
        return ""
    alt = renderer.renderInlineAsText(token.children, options, env)
    picture = _picture(image, alt)
    return _figure(picture, token.attrGet("title"), image.credit) if token.meta.get("alone") else picture


def _picture(image, alt):
    sources = "".join(
        f'<source type="{source["type"]}" srcset="{escape(source["srcset"])}" sizes="{SIZES}">'
        for source in image.sources
    )
    size = f'width="{image.width}" height="{image.height}"'
    img = f'<img src="{escape(image.fallback)}" alt="{escape(alt)}" {size} loading="lazy" decoding="async">'
    return f"<picture>{sources}{img}</picture>"


def _figure(picture, caption, credit):
    words = " ".join(f'<span class="{kind}">{escape(text)}</span>' for kind, text in _below(caption, credit))
    return f"<figure>{picture}{f'<figcaption>{words}</figcaption>' if words else ''}</figure>\n"


def _below(caption, credit):
    return [(kind, text) for kind, text in (("caption", caption), ("credit", credit)) if text]
