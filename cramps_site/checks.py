"""System checks for what would otherwise be wrong in silence. Ids: cramps.E001 and up."""

from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, register
from django.http.request import validate_host


@register()
def site_url_is_an_origin(app_configs, **kwargs):
    """Mailed links are made from SITE_URL, so it must be reachable and, in production, private."""
    url = urlsplit(settings.SITE_URL)
    if url.scheme not in ("http", "https") or not url.netloc or url.path or url.query:
        return [Error("SITE_URL must be an address such as https://example.org, without a path.", id="cramps.E001")]
    if url.scheme == "http" and not settings.DEBUG:
        return [Error("SITE_URL must begin with https:// in production.", id="cramps.E002")]
    return []


@register()
def site_url_is_answered(app_configs, **kwargs):
    """Otherwise every mailed link would lead to a refusal."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        return [Error(f"ALLOWED_HOSTS must hold the host of SITE_URL, {host}, without https://.", id="cramps.E006")]
    return []


@register()
def sender_is_an_address(app_configs, **kwargs):
    if "@" not in parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
        return [Error("DEFAULT_FROM_EMAIL must be an address such as 'Cramps <post@example.org>'.", id="cramps.E007")]
    return []


@register()
def hosts_are_named(app_configs, **kwargs):
    """Whatever host a request names would be believed: sign-in would lead there, stored pages would be given for it."""
    if "*" in settings.ALLOWED_HOSTS and not settings.DEBUG:
        return [Error("ALLOWED_HOSTS must name the hosts in production; * lets anybody name one.", id="cramps.E004")]
    return []


@register()
def keys_differ(app_configs, **kwargs):
    """HASH_KEY is never rotated, SECRET_KEY is: one value for both would have to stay for ever."""
    if settings.HASH_KEY in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        return [Error("HASH_KEY and SECRET_KEY must be two different values.", id="cramps.E005")]
    return []


@register()
def country_has_an_emergency_number(app_configs, **kwargs):
    if settings.COUNTRY in settings.EMERGENCY_NUMBERS:
        return []
    known = ", ".join(settings.EMERGENCY_NUMBERS)
    return [Error(f"COUNTRY={settings.COUNTRY} has no emergency number. Known: {known}.", id="cramps.E003")]
