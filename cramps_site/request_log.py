"""Writes one line of JSON a request, and keeps the tokens of mailed links out of every log.

    {"time":"2026-11-22T06:10:03.123Z","method":"GET","path":"/articles/cramps/","status":200,"bytes":5439,"ms":0.04,"stored":true}

`time` is when the answer was ready, in UTC; `bytes` counts its body; `ms` is the time it took here; `stored` says that
the page store had it. There is no address, no query string and no browser in a line, and whatever a request contains,
it stays one line of less than 4 kB.

A line is one write to stderr, without Python's logging in between. So small a write is never mixed with another
process's, and nothing waits in memory to be lost when a worker ends.
"""

import json
import logging
import os
import re
import time

STDERR = 2
PATH_LIMIT = 500
METHOD_LIMIT = 20

# What follows one of these in an address lets its holder act for somebody. Behind /comments/ a bare number is a
# comment's public number, and in the admin the names of models follow.
_BEFORE_TOKEN = r"""(?ix) (?<![\w-]) (
      (?<!admin/) comments/+ (?! \d+ (?:%(end)s) )
    | newsletter/+ (?:confirm|preferences|unsubscribe) /+
    | accounts/+ password/+ reset/+ key/+
    )"""
_IN_PATH = re.compile(_BEFORE_TOKEN % {"end": r"/|\Z"} + r"[^/]+")
_IN_TEXT = re.compile(
    # A traceback's file names and the names of templates stay readable.
    _BEFORE_TOKEN % {"end": r"[^\w:.=-]|\Z"} + r"(?! \w+\.html\b) [^/?\#\s\"'<>]+" + r'| File\ "[^"\n]*"'
)


def mask(text):
    """Free text with `-` in place of every token of a mailed link."""
    return _IN_TEXT.sub(lambda found: f"{found[1]}-" if found[1] else found[0], text)


def quoted_path(path):
    """A request's PATH_INFO as a JSON string: without tokens, ASCII only, at most PATH_LIMIT characters."""
    # A server hands over each byte of a path as one character (PEP 3333).
    text = path[: 8 * PATH_LIMIT].encode("latin-1", "replace").decode("utf-8", "replace")
    return json.dumps(_IN_PATH.sub(r"\1-", text)[:PATH_LIMIT])


def middle(method, quoted, status, size):
    """What a line says between its time and its duration. The page store makes it once a page."""
    return f'"method":{json.dumps(method[:METHOD_LIMIT])},"path":{quoted},"status":{status},"bytes":{size}'


def write(middle, started, stored=False):
    """Write the line of a request that began at `started` (time.monotonic)."""
    text = '{"time":"%s",%s,"ms":%.2f,"stored":%s}\n' % (
        _utc_now(), middle, (time.monotonic() - started) * 1000, "true" if stored else "false",
    )  # fmt: skip
    try:
        os.write(STDERR, text.encode())
    except OSError:
        pass  # A full disk or a closed pipe must not cost the reader the page.


_second = (0, "")


def _utc_now():
    """The time in ISO 8601. The second's text is made once a second: formatting it costs more than the write."""
    global _second
    now = time.time()
    second, text = _second
    if second != int(now):
        second, text = int(now), time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        _second = (second, text)
    return "%s.%03dZ" % (text, (now - second) * 1000)


def logged(environ, status, chunks, started):
    """An answer's body, handed on as it is, whose line is written when it has been sent or given up."""
    if not getattr(chunks, "streaming", True):
        return _at_once(environ, status, chunks, started)
    return _Streamed(environ, status, chunks, started)


def _at_once(environ, status, response, started):
    # Granian sends a list in one piece; Django's response, which is none, it would ask for piece by piece.
    try:
        body = b"".join(response)
    finally:
        response.close()
    write_for(environ, status, len(body), started)
    return [body]


def write_for(environ, status, size, started):
    write(middle(environ["REQUEST_METHOD"], quoted_path(environ["PATH_INFO"]), status, size), started)


class _Streamed:
    def __init__(self, environ, status, chunks, started):
        self._chunks, self._size = chunks, 0
        self._line = lambda: write_for(environ, status, self._size, started)

    def __iter__(self):
        for chunk in self._chunks:
            self._size += len(chunk)
            yield chunk

    def close(self):
        line, self._line = self._line, lambda: None
        try:
            getattr(self._chunks, "close", lambda: None)()
        finally:
            line()


class MaskPaths(logging.Filter):
    """Takes tokens out of a record's message and traceback, and the request with its cookies off the record."""

    def filter(self, record):
        try:
            record.msg, record.args = mask(record.getMessage()), ()
        except Exception:
            record.msg, record.args = mask(str(record.msg)), ()  # Its arguments do not fit: they might hold anything.
        if record.exc_info:
            record.exc_text = mask(record.exc_text or logging.Formatter().formatException(record.exc_info))
        record.__dict__.pop("request", None)
        return True
