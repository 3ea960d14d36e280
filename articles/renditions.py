"""Writes a picture in the formats and widths that pages offer, and reads that list for `<picture>`.

Names hold a hash of the bytes, so an address never changes its content.
"""

import hashlib
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image as Picture

WIDTHS = (480, 960, 1600)
FORMATS = {
    "avif": {"quality": 62, "speed": 8},
    "webp": {"quality": 82, "method": 2},
    "jpeg": {"quality": 82, "optimize": True, "progressive": True},
}
"""Format and how to save it, best first; the last one every browser shows. Measured on the demo's pictures: AVIF is
three quarters of WebP at speed 8 and larger than it at 9; WebP takes half the time at method 2 for 7 % more bytes."""


def write(pixels):
    """Write all renditions of an RGB picture, none wider than it; {"format", "width", "height", "name", "url"} each."""
    scaled = [_scale(pixels, width) for width in sorted({min(width, pixels.width) for width in WIDTHS})]
    return [_write_one(picture, kind) for kind in FORMATS for picture in scaled]


def _scale(pixels, width):
    if width == pixels.width:
        return pixels
    height = max(1, round(pixels.height * width / pixels.width))
    return pixels.resize((width, height), Picture.Resampling.LANCZOS)


def _write_one(picture, kind):
    out = BytesIO()
    picture.save(out, kind, **FORMATS[kind])
    name = f"images/{hashlib.sha256(out.getvalue()).hexdigest()[:20]}.{kind}"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(out.getvalue()))
    url = default_storage.url(name)
    return {"format": kind, "width": picture.width, "height": picture.height, "name": name, "url": url}


def names(renditions):
    """Where the storage has them."""
    return [rendition["name"] for rendition in renditions if "name" in rendition]


def sources(renditions):
    return [
        {"type": f"image/{kind}", "srcset": ", ".join(f"{r['url']} {r['width']}w" for r in _of(renditions, kind))}
        for kind in FORMATS
    ]


def fallback(renditions):
    pictures = _of(renditions, "jpeg")
    return pictures[len(pictures) // 2]["url"] if pictures else ""


def thumbnail(renditions):
    pictures = _of(renditions, "jpeg")
    return pictures[0]["url"] if pictures else ""


def widest(renditions):
    """The largest picture that every program shows, as its rendition; None where there is none."""
    return max(_of(renditions, "jpeg"), key=lambda rendition: rendition["width"], default=None)


def _of(renditions, kind):
    return [rendition for rendition in renditions if rendition["format"] == kind]
