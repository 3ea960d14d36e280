"""Writes a picture in the formats and widths that pages offer, and reads that list for `<picture>`.

What is written is drawn anew from the pixels, so nothing but pixels reaches a reader: no place, no camera, no
comment. Names hold a hash of the bytes, so an address never changes its content.
"""

import hashlib
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image as Picture
from PIL import ImageOps

WIDTHS = (480, 960, 1600)
FORMATS = {
    "avif": {"quality": 62, "speed": 8},
    "webp": {"quality": 82, "method": 4},
    "jpeg": {"quality": 82, "optimize": True, "progressive": True},
}
"""Format and how to save it, best first; the last one every browser shows."""


def write(file):
    """Write all renditions of an open picture file; a list of {"format", "width", "height", "url"}."""
    with Picture.open(file) as original:
        pixels = ImageOps.exif_transpose(original).convert("RGB")
    widths = [width for width in WIDTHS if width < pixels.width] + [min(pixels.width, WIDTHS[-1])]
    return [_write_one(pixels, width, kind) for kind in FORMATS for width in dict.fromkeys(widths)]


def _write_one(pixels, width, kind):
    height = round(pixels.height * width / pixels.width)
    out = BytesIO()
    pixels.resize((width, height), Picture.Resampling.LANCZOS).save(out, kind, **FORMATS[kind])
    name = f"images/{hashlib.sha256(out.getvalue()).hexdigest()[:20]}.{kind}"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(out.getvalue()))
    return {"format": kind, "width": width, "height": height, "url": default_storage.url(name)}


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


def _of(renditions, kind):
    return [rendition for rendition in renditions if rendition["format"] == kind]
