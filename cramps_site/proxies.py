"""Believes what trusted proxies say of a reader, and nobody else.

Behind a proxy every request seems to come from it, over http. If the peer is in one of the trusted networks,
what its `X-Forwarded-For` and `X-Forwarded-Proto` say is put where WSGI has the peer's address and the
scheme. In any case every `X-Forwarded-*` and `Forwarded` header is then taken away, so that nothing further
in can believe a reader's own.
"""

from functools import lru_cache
from ipaddress import ip_address

HOPS = 20
"""So many addresses of a header are looked at, from the right: more proxies in a row nobody has."""


class TrustedProxies:
    """A WSGI layer. `networks` are ip_network objects; without any it only takes the headers away."""

    def __init__(self, app, networks=()):
        self._app, self._networks = app, tuple(networks)
        self._trusts = lru_cache(maxsize=1024)(self._look_up)

    def __call__(self, environ, start_response):
        if self._networks and self._trusts(environ.get("REMOTE_ADDR", "")):
            self._believe(environ)
        _remove_claims(environ)
        return self._app(environ, start_response)

    def _believe(self, environ):
        if "HTTP_X_FORWARDED_FOR" in environ:
            environ["REMOTE_ADDR"] = self._reader(environ["REMOTE_ADDR"], environ["HTTP_X_FORWARDED_FOR"])
        # The last word is the nearest proxy's own.
        scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme

    def _reader(self, peer, header):
        """The right-most address that is not trusted. Garbage ends the search at the address before it."""
        for text in reversed(header.rsplit(",", HOPS)[-HOPS:]):
            address = parse_address(text)
            if address is None:
                return peer
            peer = str(address)
            if not self._trusts(peer):
                return peer
        return peer

    def _look_up(self, text):
        address = parse_address(text)
        return address is not None and any(address in network for network in self._networks)


def parse_address(text):
    """The address in `1.2.3.4`, `1.2.3.4:80`, `::1` or `[::1]:80`, IPv4 within IPv6 as itself; else None."""
    text = text.strip().strip('"')[:60]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _remove_claims(environ):
    for name in ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED"):
        environ.pop(name, None)
    # One search through all names costs a fifth of asking each.
    if "HTTP_X_FORWARDED" in "\n".join(environ):
        for name in [name for name in environ if name.startswith("HTTP_X_FORWARDED")]:
            del environ[name]
