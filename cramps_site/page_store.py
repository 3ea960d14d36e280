"""Serves finished pages in front of Django, and promises that none of them is old.

    A request that starts more than one second after a commit sees it, in every process.

A view says that its answer is the same for every reader by `articles.stamps.storable`, which sets two headers
that never leave this layer: `X-Page-Stamp: SITE [ARTICLE_ID ARTICLE]`, two counters read before the page was
rendered, and `X-Page-Valid-Until: SECONDS`, the moment at which time alone will change the page. Such an
answer is kept as finished bytes, plain, gzip and brotli, and given to whoever asks for the same scheme, host
and path by GET or HEAD, with no query string and no session. Everything else goes straight to Django.

Why the promise holds. A page's `checked_at` is a moment at which it was right: the clock is read first, the
database afterwards, and for a new page before rendering begins. A request that starts at most a second later
may have the page, because whatever that lacks was committed within the second. Any other request compares the
stamp with the database itself, or waits for the one that does and is then judged by the same rule: a check
that began more than a second before the request does not count. Stamps are compared for equality, so a change
that commits during rendering is a difference.

If the database does not answer, the stored pages are served, and it is asked again after a second.
"""

import hashlib
import logging
import re
import threading
import time
import zlib
from collections import OrderedDict
from contextlib import nullcontext, suppress
from functools import lru_cache
from math import inf

import brotli
from django.conf import settings
from django.db import Error, close_old_connections
from django.utils.http import parse_etags

from cramps_site import request_log

log = logging.getLogger(__name__)

LIMIT = 64 * 1024 * 1024
"""Bytes that the stored pages of one process take, about; the least recently used makes room."""

TRUSTED_FOR = 1.0
"""Seconds for which a page that was right may be served unasked: the promise above."""


class PageStore:
    """A WSGI layer. `current(article_id)` gives the counters of now, to compare stamps with."""

    def __init__(self, app, *, current=None, monotonic=time.monotonic, wall=time.time, limit=LIMIT):
        self._app, self._current, self._limit = app, current or _current, limit
        self._monotonic, self._wall = monotonic, wall
        self._cookie = settings.SESSION_COOKIE_NAME
        self._files = tuple(url for url in (settings.STATIC_URL, settings.MEDIA_URL) if len(url) > 1)
        # Read and reordered without the lock: for the interpreter either is a single step.
        self._pages, self._misses = OrderedDict(), {}
        self._size, self._lock = 0, threading.Lock()
        self._ask_again_at = self._warned_at = -inf

    def __call__(self, environ, start_response):
        started = self._monotonic()
        key = (environ["wsgi.url_scheme"], environ.get("HTTP_HOST"), environ["PATH_INFO"])
        page = self._pages.get(key)
        if not self._is_anybodys(environ) or (page is None and self._is_never_stored(key)):
            return self._django(environ, started).hand_on(environ, start_response, started)
        if page is None:
            return self._miss(key, environ, start_response, started)
        if not self._is_fresh(page, started):
            return self._check(key, page, environ, start_response, started)
        return page.answer(environ, start_response, started, stored=True)

    def _is_anybodys(self, environ):
        return (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and not environ.get("QUERY_STRING")
            and ("HTTP_COOKIE" not in environ or self._cookie not in environ["HTTP_COOKIE"])
        )

    def _is_never_stored(self, key):
        _, host, path = key
        return host is None or path.startswith(self._files)

    # Is the page still right?

    def _is_fresh(self, page, started):
        return started - page.checked_at <= TRUSTED_FOR and self._wall() < page.valid_until

    def _check(self, key, page, environ, start_response, started):
        """Answer with the page if the database confirms it, else a new one. One thread a page does so."""
        with page.lock if page else nullcontext():
            page = self._pages.get(key)
            if page and (self._is_fresh(page, started) or self._is_confirmed(page)):
                self._touch(key)
                return page.answer(environ, start_response, started, stored=True)
            if page:
                return self._render(key, page, environ, start_response, started)
        # It went while this thread waited, or never came: it may be no page for everybody, so nobody waits again.
        return self._render(key, None, environ, start_response, started)

    def _is_confirmed(self, page):
        """True if the database says that the page is right, or says nothing."""
        asked = self._monotonic()
        if asked < self._ask_again_at:
            return True
        stamp = self._ask(page.article_id)
        if stamp is None:
            return True
        if stamp != page.stamp or self._wall() >= page.valid_until:
            return False
        page.checked_at = asked
        return True

    def _ask(self, article_id):
        """The counters of now, or None if the database does not answer."""
        try:
            # Outside Django's request cycle nobody else replaces a connection that is broken or old.
            close_old_connections()
            return self._current(article_id)
        except Error as error:
            self._note_silence(error)
        finally:
            close_old_connections()

    def _note_silence(self, error):
        now = self._monotonic()
        self._ask_again_at = now + TRUSTED_FOR
        if now - self._warned_at >= 1:
            self._warned_at = now
            reason = str(error).partition("\n")[0]
            log.warning("The database does not answer; stored pages are served. (%s)", reason)

    # Rendering

    def _miss(self, key, environ, start_response, started):
        """Render what is not stored. Who asks for it meanwhile waits for that, in case it will be stored."""
        done = threading.Event()
        others = self._misses.setdefault(key, done)
        if others is not done:
            others.wait()
            return self._check(key, self._pages.get(key), environ, start_response, started)
        try:
            return self._render(key, None, environ, start_response, started)
        finally:
            del self._misses[key]
            done.set()

    def _render(self, key, old, environ, start_response, started):
        """Answer with what Django makes of it, and store that if it is for everybody."""
        checked_at = self._monotonic()
        answer = self._django(_plain_get(environ), started)
        page = answer.as_page(environ["PATH_INFO"], checked_at)
        if page is not None:
            self._keep(key, page)
            return page.answer(environ, start_response, started)
        if answer.code >= 500 and old is not None and self._ask(None) is None:
            answer.close()
            return old.answer(environ, start_response, started, stored=True)
        self._forget(key)
        return answer.hand_on(environ, start_response, started)

    def _django(self, environ, started):
        try:
            return Answer(self._app, environ)
        except BaseException:
            request_log.write_for(environ, 500, 0, started)
            raise

    # Room

    def _touch(self, key):
        """Note that the page is read. To the second is enough, so only `_check` does it."""
        # Another thread may just have taken it out.
        with suppress(KeyError):
            self._pages.move_to_end(key)

    def _keep(self, key, page):
        if page.size > self._limit // 4:
            return self._forget(key)
        with self._lock:
            self._take_out(key)
            self._pages[key] = page
            self._size += page.size
            while self._size > self._limit:
                self._size -= self._pages.popitem(last=False)[1].size

    def _forget(self, key):
        if key in self._pages:
            with self._lock:
                self._take_out(key)

    def _take_out(self, key):
        page = self._pages.pop(key, None)
        self._size -= page.size if page else 0


def _current(article_id):
    # Imported late: this module is loaded before Django is set up.
    from articles import stamps

    return stamps.current(article_id)


def _plain_get(environ):
    """The request for the whole page, not for its headers, a part of it, or what the reader has not yet."""
    plain = {**environ, "REQUEST_METHOD": "GET"}
    for name in _CONDITIONS:
        plain.pop(name, None)
    return plain


_CONDITIONS = (
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_IF_RANGE",
    "HTTP_RANGE",
)


class Answer:
    """What Django answers to one request, without the internal headers."""

    def __init__(self, app, environ):
        self.status, self.headers = "500 Internal Server Error", []
        self._stamp = self._valid_until = None
        self._chunks = app(environ, self._start)

    def _start(self, status, headers, exc_info=None):
        internal = {name.lower(): value for name, value in headers if name.lower() in _INTERNAL}
        self._stamp, self._valid_until = map(internal.get, _INTERNAL)
        self.status = status
        self.headers = [(name, value) for name, value in headers if name.lower() not in _INTERNAL]

    @property
    def code(self):
        return int(self.status[:3])

    def hand_on(self, environ, start_response, started):
        start_response(self.status, self.headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            self.close()
            self._chunks = []
        return request_log.logged(environ, self.code, self._chunks, started)

    def close(self):
        getattr(self._chunks, "close", lambda: None)()

    def as_page(self, path, checked_at):
        """The finished page, or None if this answer is not for everybody."""
        try:
            stamp = [int(counter) for counter in self._stamp.split()]
            valid_until = float(self._valid_until or inf)
        except (AttributeError, ValueError):
            return None
        if self.code != 200 or len(stamp) not in (1, 3) or self._is_somebodys():
            return None
        try:
            body = b"".join(self._chunks)
        finally:
            self.close()
        return Page(path, self.headers, body, stamp, valid_until, checked_at)

    def _is_somebodys(self):
        """Whether a header contradicts the stamp, which then should not have been set."""
        headers = {name.lower(): value.lower() for name, value in self.headers}
        varies_on = {name.strip() for name in headers.get("vary", "").split(",")} - {"", "accept-encoding"}
        forbidden = re.search("private|no-store", headers.get("cache-control", ""))
        return bool(varies_on or forbidden or {"set-cookie", "content-encoding"} & headers.keys())


_INTERNAL = ("x-page-stamp", "x-page-valid-until")
_OURS = {"content-length", "content-encoding", "etag", "vary"}
_OF_THE_BODY = {"content-length", "content-encoding", "content-type", "content-language"}


class Page:
    """An answer as finished bytes, and until when and by which stamp it is right."""

    __slots__ = ("_forms", "_path", "article_id", "checked_at", "lock", "size", "stamp", "valid_until")

    def __init__(self, path, headers, body, stamp, valid_until, checked_at):
        site, self.article_id, article = stamp if len(stamp) == 3 else (*stamp, None, None)
        self.stamp, self.valid_until, self.checked_at = (site, article), valid_until, checked_at
        self.lock = threading.Lock()
        self._path = request_log.quoted_path(path)
        headers = [(name, value) for name, value in headers if name.lower() not in _OURS]
        self._forms = {coding: Form(coding, headers, body, self._path) for coding in _ENCODERS}
        for coding, form in self._forms.items():
            if len(form.body) > len(body):
                self._forms[coding] = self._forms["identity"]
        self.size = 4096 + sum(len(form.body) for form in self._forms.values())

    def answer(self, environ, start_response, started, stored=False):
        """Answer GET or HEAD, with 304 to a reader who has these very bytes."""
        form = self._forms[preferred_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))]
        if "HTTP_IF_NONE_MATCH" in environ and form.is_among(environ["HTTP_IF_NONE_MATCH"]):
            return self._without_body("304 Not Modified", form.kept, environ, start_response, started, stored)
        if environ["REQUEST_METHOD"] == "HEAD":
            return self._without_body("200 OK", form.headers, environ, start_response, started, stored)
        start_response("200 OK", form.headers[:])
        request_log.write(form.line, started, stored)
        return [form.body]

    def _without_body(self, status, headers, environ, start_response, started, stored):
        start_response(status, headers[:])
        line = request_log.middle(environ["REQUEST_METHOD"], self._path, int(status[:3]), 0)
        request_log.write(line, started, stored)
        return []


class Form:
    """A page in one content coding: its bytes, its headers, those `kept` by a 304, its line in the log."""

    __slots__ = ("body", "etag", "headers", "kept", "line")

    def __init__(self, coding, headers, body, path):
        self.body = _ENCODERS[coding](body)
        # Over the coded bytes, so that it is strong: another coding, another tag.
        self.etag = f'"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'
        self.headers = [*headers, ("Vary", "Accept-Encoding"), ("ETag", self.etag)]
        self.headers.append(("Content-Length", str(len(self.body))))
        if coding != "identity":
            self.headers.append(("Content-Encoding", coding))
        self.kept = [(name, value) for name, value in self.headers if name.lower() not in _OF_THE_BODY]
        self.line = request_log.middle("GET", path, 200, len(self.body))

    def is_among(self, if_none_match):
        if if_none_match == self.etag:
            return True
        # Compared weakly (RFC 9110, 13.1.2): a proxy that codes anew makes our tag a weak one.
        return any(etag.removeprefix("W/") in ("*", self.etag) for etag in parse_etags(if_none_match))


def _gzip(body):
    # By hand, for gzip's own header would hold the time, and the same page another tag.
    compress = zlib.compressobj(6, wbits=31)
    return compress.compress(body) + compress.flush()


# In the order of our own preference. Made once a page, so it must cost little beside rendering.
_ENCODERS = {
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=5),
    "gzip": _gzip,
    "identity": lambda body: body,
}
_CODING = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=256)
def _preferred_coding(header):
    named = {}
    for part in header.lower().split(","):
        if found := _CODING.fullmatch(part):
            named[found[1].removeprefix("x-")] = float(found[2] or 1)
    # What is not named is as welcome as `*`. A plain answer is given where nothing is (RFC 9110, 12.5.3).
    weights = {coding: named.get(coding, named.get("*", 0)) for coding in _ENCODERS}
    return max(weights, key=weights.get) if any(weights.values()) else "identity"


def preferred_coding(header):
    """br, gzip or identity: which of them an Accept-Encoding header likes best."""
    # What no browser sends is not worth remembering.
    return _preferred_coding(header) if len(header) < 200 else "identity"
