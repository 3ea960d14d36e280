"""Mailed and copied links to texts that are not public: to review one, or to read one.

Signed by SECRET_KEY, so they outlive a rotation through the fallbacks. GET changes nothing behind them.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

REVIEW_FOR, PREVIEW_FOR = timedelta(days=60), timedelta(days=14)
"""How long a link can be used."""
_SALTS = {"review": "articles.review", "preview": "articles.preview"}


def review_url(request):
    """For the reviewer who was asked: it leads to this text and to no later one."""
    return _url("review", [request.pk, request.content_hash[:32]])


def preview_url(version):
    """For whoever is to read a version before it is public, as it is at that moment."""
    return _url("preview", version.pk)


def _url(purpose, value):
    token = signing.dumps(value, salt=_SALTS[purpose])
    return settings.SITE_URL + reverse(f"articles:{purpose}", args=[token])


def read_review(token):
    """[primary key, first half of the content hash] of a request, or None when it is not ours or lapsed."""
    return _read("review", token, REVIEW_FOR)


def read_preview(token):
    """The primary key of a version, or None when it is not ours or lapsed."""
    return _read("preview", token, PREVIEW_FOR)


def _read(purpose, token, good_for):
    try:
        return signing.loads(token, salt=_SALTS[purpose], max_age=good_for)
    except signing.BadSignature:
        return None
