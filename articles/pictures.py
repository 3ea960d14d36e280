"""The one door for pictures: bytes of a stranger's making in, pixels out, or a sentence that says what to do.

What a file is, its first bytes say: names and types that a browser sends count for nothing. Nothing of the file itself
is kept or served. What readers get is drawn anew from the pixels, so no place, no camera, no hidden archive and no
script that a file may carry along with its picture ever reaches anybody.
"""

import hashlib
import warnings
from io import BytesIO

from django.core.exceptions import ValidationError
from PIL import Image as Picture
from PIL import ImageCms, ImageOps

LARGEST_FILE = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""Enough for any camera that a publisher's photographs come from; three bytes each once they are unpacked."""
LARGEST_SIDE = 3200
"""Pixels of the longer side that are kept: twice what the widest rendition needs."""
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
PAPER = "white"
"""What shows where a picture is transparent."""

TOO_HEAVY = f"This file is larger than {LARGEST_FILE // 1024 // 1024} MB. Save the picture smaller and choose it again."
TOO_LARGE = (
    f"This picture has more than {MOST_PIXELS // 1_000_000} million pixels. Save it smaller and choose it again."
)
NO_PICTURE = (
    "This file is no picture that can be read here. Save it as JPEG, PNG, WebP or AVIF and choose it again; drawings "
    "(SVG), documents and HEIC have to be exported first."
)
BROKEN = "This picture is damaged: a part of the file is missing or wrong. Export it again, or take another copy."


def read(file):
    """The pixels (mode RGB, upright, sRGB) of an open file. ValidationError with a sentence for what is no picture."""
    if file.size > LARGEST_FILE:
        raise ValidationError(TOO_HEAVY)
    file.seek(0)
    with warnings.catch_warnings():
        # Our own limit is lower than the one at which Pillow begins to warn.
        warnings.simplefilter("ignore", Picture.DecompressionBombWarning)
        picture = _open(file)
        if picture.width * picture.height > MOST_PIXELS:
            raise ValidationError(TOO_LARGE)
        return _draw(picture)


def _open(file):
    """The picture with its size known and nothing unpacked yet."""
    try:
        return Picture.open(file, formats=FORMATS)
    except Picture.DecompressionBombError as error:
        raise ValidationError(TOO_LARGE) from error
    except Exception as error:  # Decoders of hostile bytes fail in whatever way they fail: none of it is ours.
        raise ValidationError(NO_PICTURE) from error


def _draw(picture):
    try:
        # A JPEG can be unpacked at a half or a quarter of its size, which is where the time goes.
        picture.draft(None, (LARGEST_SIDE, LARGEST_SIDE))
        picture.load()
        picture = ImageOps.exif_transpose(picture)
        picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Picture.Resampling.LANCZOS)
        picture = _flatten(_to_srgb(picture))
        # A picture carries the remarks of its file along, and Pillow would write them again.
        return Picture.frombytes("RGB", picture.size, picture.tobytes())
    except Exception as error:  # As above: a truncated file alone raises four different kinds.
        raise ValidationError(BROKEN) from error


def _to_srgb(picture):
    """The picture in the colours that screens show without being told."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK"):
        return picture
    try:
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except ImageCms.PyCMSError:
        # A profile that is wrong: the colours are taken as they are.
        return picture


def _flatten(picture):
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    paper = Picture.new("RGBA", picture.size, PAPER)
    return Picture.alpha_composite(paper, picture).convert("RGB")


def digest(pixels):
    """SHA-256 (hex) by which one picture is known, whatever file it came in."""
    return hashlib.sha256(repr(pixels.size).encode() + pixels.tobytes()).hexdigest()


def master(pixels):
    """What is kept of a picture: its pixels as WebP without loss of anything that is seen. Bytes."""
    out = BytesIO()
    pixels.save(out, "webp", quality=92, method=2)
    return out.getvalue()
