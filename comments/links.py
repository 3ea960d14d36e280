"""The private link of a comment's writer. Signed by SECRET_KEY, so it outlives a rotation through the fallbacks."""

from django.core.signing import BadSignature, Signer
from django.urls import reverse


def _signer():
    return Signer(salt="comments.status")


def status_token(comment):
    return _signer().sign(str(comment.pk)).replace(":", "-", 1)


def status_url(comment):
    return reverse("comments:status", args=[status_token(comment)])


def read_token(token):
    """The primary key that a token was made for, or None."""
    try:
        return int(_signer().unsign(token.replace("-", ":", 1)))
    except (BadSignature, ValueError):
        return None
