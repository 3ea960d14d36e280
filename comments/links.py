"""Private links: a writer's to their comment, and an address's owner's to confirm and to stop.

Signed by SECRET_KEY, so they outlive a rotation through the fallbacks. GET never changes anything behind them.
"""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.urls import reverse

GOOD_FOR = timedelta(days=7)
"""How long a link that confirms or proves something can be used. The others never lapse."""


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


def _signer_for(purpose):
    return (Signer if purpose == "stop_contact" else TimestampSigner)(salt=f"comments.{purpose}", sep=".")


def contact_url(purpose, contact):
    """A mailed link to the page named `purpose` (confirm_contact, stop_contact), for the owner of one address."""
    return _mailed(purpose, contact.pk)


def prove_url(comment):
    return _mailed("prove", comment.pk)


def _mailed(purpose, key):
    return settings.SITE_URL + reverse(f"comments:{purpose}", args=[_signer_for(purpose).sign(str(key))])


def read(purpose, token):
    """The primary key that a mailed token was made for, or None when it is not ours or lapsed."""
    bounds = {} if purpose == "stop_contact" else {"max_age": GOOD_FOR}
    try:
        return int(_signer_for(purpose).unsign(token, **bounds))
    except (BadSignature, ValueError):
        return None
