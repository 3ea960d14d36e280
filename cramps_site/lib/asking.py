"""Asks other sites whether a page is still there: politely, and never anybody in our own network.

Every address is resolved here and connected to by number, on each redirect anew, so a name cannot lead to this machine
or its neighbours. A site that refuses us (401, 403, 429) is given the benefit of the doubt. Nothing of a page is read.
"""

import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from threading import Timer
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings

TIMEOUT, DEADLINE = 5, 15
"""Seconds for one step, and for a whole answer however slowly it drips."""
MOST_HOPS = 5
FOR_GOOD, FOR_NOW = {301, 308}, {302, 303, 307}
GONE = {404, 410}
HEAD_REFUSED = {403, 404, 405, 501}
"""Answers that some sites give to HEAD alone: they are asked once more, with GET."""
NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
TLS = ssl.create_default_context()


@dataclass(frozen=True)
class Answer:
    status: int | None = None
    words: str = ""
    """What went wrong, where no answer came."""
    moved_to: str = ""
    """Where the page is now for good, by redirects that all say so."""
    is_unknown: bool = False
    """Whether no site has the name, for sure: not because nobody could be asked just now."""

    @property
    def is_failing(self):
        return self.status is None or self.status in GONE or self.status >= 500

    @property
    def is_gone(self):
        """Whether the page is surely no more there."""
        return self.is_unknown or self.status in GONE


def ask(url):
    """What becomes of who opens an address. Never raises for what a stranger's server does."""
    try:
        return _follow(url)
    except ssl.SSLError as error:
        return Answer(words=f"Its certificate is not valid: {error.reason or 'unknown'}.")
    except TimeoutError:
        return Answer(words="It did not answer in time.")
    except socket.gaierror as error:
        return Answer(words="There is no site of this name.", is_unknown=error.errno in NO_SUCH_NAME)
    except (OSError, HTTPException, ValueError) as error:
        return Answer(words=f"It did not answer: {str(error)[:120] or type(error).__name__}.")


def _follow(url):
    moved_to, is_for_good = "", True
    for _ in range(MOST_HOPS):
        status, location = _knock("HEAD", url)
        if status in HEAD_REFUSED:
            status, location = _knock("GET", url)
        if status not in FOR_GOOD | FOR_NOW or not location:
            return Answer(status, moved_to=moved_to)
        is_for_good = is_for_good and status in FOR_GOOD
        url = urljoin(url, location)
        moved_to = url if is_for_good else moved_to
    return Answer(words="It leads on and on.")


def _knock(method, url):
    """(status, Location or None)."""
    parts = urlsplit(url)
    kind = {"http": _Plain, "https": _Encrypted}.get(parts.scheme)
    if kind is None or not parts.hostname:
        raise ValueError("no address of the web")
    connection = kind(parts.hostname.encode("idna").decode(), parts.port, timeout=TIMEOUT)
    try:
        connection.connect()
        # A server that sends a byte now and then keeps within every timeout.
        watch = Timer(DEADLINE, _hang_up, [connection.sock])
        watch.start()
        try:
            target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
                f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
            )
            connection.request(method, target, headers={"User-Agent": user_agent(), "Accept": "*/*"})
            response = connection.getresponse()
            return response.status, response.getheader("Location")
        finally:
            watch.cancel()
    finally:
        connection.close()


def user_agent():
    return f"{settings.SITE_NAME} link check (+{settings.SITE_URL}/about/)"


def _hang_up(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It has ended by itself.
        return


class _Plain(HTTPConnection):
    def connect(self):
        self.sock = _connect(self.host, self.port, self.timeout)


class _Encrypted(HTTPSConnection):
    def connect(self):
        self.sock = TLS.wrap_socket(_connect(self.host, self.port, self.timeout), server_hostname=self.host)


def _connect(host, port, timeout):
    """A socket to the first public address of a host. OSError where it has none, or none that answers."""
    found = [address[0] for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    public = [address for address in found if is_public(address)]
    if not public:
        raise OSError("its address is not a public one")
    return socket.create_connection((public[0], port), timeout)


def is_public(address):
    """Whether an IP address is one of the whole internet's. The tests' own servers stand on none: they replace this."""
    number = ip_address(address.partition("%")[0])
    number = getattr(number, "ipv4_mapped", None) or number
    return number.is_global and not number.is_multicast
