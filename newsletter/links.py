"""The personal links of a subscriber. GET never changes anything: mail scanners press every link.

Leaving works for years: its token never lapses and outlives a rotation of SECRET_KEY through the fallbacks. A
confirmation is good for one ask and seven days.
"""

from datetime import timedelta
from functools import cache

from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.urls import reverse

from cramps_site.lib import email

CONFIRM_WITHIN = timedelta(days=7)


def _confirm():
    return TimestampSigner(salt="newsletter.confirm", sep=".")


def _leave():
    return _signer("newsletter.unsubscribe", settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def _preferences():
    return _signer("newsletter.preferences", settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@cache
def _signer(salt, key, *fallbacks):
    return Signer(salt=salt, sep=".", key=key, fallback_keys=fallbacks)


def confirm_token(subscriber):
    return _confirm().sign(f"{subscriber.pk}-{_ask_number(subscriber)}")


def read_confirm_token(token):
    """(primary key, ask) that a token was made for, or None when it is not ours or lapsed."""
    try:
        key, ask = _confirm().unsign(token, max_age=CONFIRM_WITHIN).split("-")
        return int(key), int(ask)
    except (BadSignature, ValueError):
        return None


def is_for_last_ask(subscriber, ask):
    """Whether a confirmation link is the newest one: an older one must not bring back who has left since."""
    return _ask_number(subscriber) == ask


def _ask_number(subscriber):
    return int(subscriber.asked_at.timestamp()) if subscriber.asked_at else 0


def unsubscribe_token(subscriber):
    return _leave().sign(str(subscriber.pk))


def read_unsubscribe_token(token):
    """The primary key that a token was made for, or None when it is not ours."""
    try:
        return int(_leave().unsign(token))
    except (BadSignature, ValueError):
        return None


def preferences_token(subscriber):
    return _preferences().sign(str(subscriber.pk))


def read_preferences_token(token):
    """The primary key that a token was made for, or None when it is not ours."""
    try:
        return int(_preferences().unsign(token))
    except (BadSignature, ValueError):
        return None


def confirm_url(subscriber):
    return _address("newsletter:confirm", settings.SITE_URL).format(confirm_token(subscriber))


def unsubscribe_url(subscriber):
    return _address("newsletter:unsubscribe", settings.SITE_URL).format(unsubscribe_token(subscriber))


def preferences_url(subscriber):
    return _address("newsletter:preferences", settings.SITE_URL).format(preferences_token(subscriber))


@cache
def _address(name, site_url):
    """The address of a personal page, with {} for the token: made once, because an issue needs it for everybody."""
    return site_url + reverse(name, args=["TOKEN"]).replace("TOKEN", "{}")


def list_headers(leave_url):
    """The headers by which mail programs show a button to leave."""
    return email.list_headers("newsletter", f"{settings.SITE_NAME} newsletter", leave_url)
