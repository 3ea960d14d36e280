"""Writes one line of JSON a request, and keeps the tokens of mailed links out of every log.

    {"time":"2026-11-22T06:10:03.123Z","method":"GET","path":"/","status":200,"bytes":5439,"ms":0.04,"stored":true}

`time` is when the answer was ready, in UTC; `bytes` counts its body; `ms` is the time it took here; `stored`
says that the page store had it. There is no address, no query string and no browser in a line, and whatever a
request contains, it stays one line of less than 4 kB.

A line is written to stderr at once, without Python's logging in between. Only where lines come closer together
than CALM they wait for one another, at most PATIENCE, because to each write the interpreter lets go of its lock,
which costs more than the write. A worker that ends writes what is waiting; only one that is killed loses it. No
write is so large that it could be mixed with another process's.
"""

import json
import logging
import multiprocessing.util
import os
import re
import stat
import threading
import time
from collections import deque
from contextlib import suppress
from math import inf

STDERR = 2
PATH_LIMIT = 500
METHOD_LIMIT = 20

CALM, PATIENCE = 0.005, 0.05
"""Seconds: see above."""
ATOMIC, ATOMIC_IN_FILE = 4096, 1 << 20
"""Bytes that are taken in one piece by a pipe (PIPE_BUF on Linux) and, for our purposes, by a file."""

# What follows one of these in an address lets its holder act for somebody. Behind /comments/ a bare number is
# a comment's public number, and in the admin the names of models follow.
_PREFIX = r"""(?ix) (?<![\w-]) (
      (?<!admin/) comments/+ (?! \d+ (?:%(end)s) )
    | (?: review | preview ) /+
    | newsletter/+ (?:confirm|preferences|unsubscribe) /+
    | accounts/+ (?: password/+ reset/+ key | confirm-email ) /+
    )"""
_IN_PATH = re.compile(_PREFIX % {"end": r"/|\Z"} + r"[^/]+")
_IN_TEXT = re.compile(
    # A traceback's file names and the names of templates stay readable.
    _PREFIX % {"end": r"[^\w:.=-]|\Z"} + r"(?! \w+\.html\b) [^/?\#\s\"'<>]+" + r'| File\ "[^"\n]*"'
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
    now = time.monotonic()
    stored = "true" if stored else "false"
    _outbox.put(f'{{"time":"{_utc_now()}",{middle},"ms":{(now - started) * 1000:.2f},"stored":{stored}}}\n', now)


class Outbox:
    """Lines on their way to stderr. Any thread may put one in."""

    def __init__(self):
        # Filled at one end and emptied at the other: either is a single step for the interpreter.
        self._waiting = deque()
        self._last, self._calm = -inf, CALM
        self._called, self._is_called, self._thread = threading.Event(), False, None
        self._starting, self._emptying = threading.Lock(), threading.Lock()

    def put(self, line, now):
        pause, self._last = now - self._last, now
        if pause > self._calm and not self._waiting:
            return _write(line)
        self._waiting.append(line)
        if not self._is_called:
            self._call()

    def _call(self):
        self._is_called = True
        if self._thread is None:
            self._start()
        self._called.set()

    def _start(self):
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_emptying, daemon=True)
                self._thread.start()
                # What atexit registers does not run where a worker of granian ends.
                multiprocessing.util.Finalize(None, self._end, exitpriority=1)

    def _keep_emptying(self):
        while self._called.wait():
            time.sleep(PATIENCE)
            self._called.clear()
            # Said before the lines are taken out, so that whoever comes too late for that calls again.
            self._is_called = False
            self.empty()

    def empty(self):
        """Write what waits. However slow the disk is, only this waits for it."""
        with self._emptying:
            piece, limit = "", _atomic()
            while self._waiting:
                line = self._waiting.popleft()
                if len(piece) + len(line) > limit:
                    _write(piece)
                    piece = ""
                piece += line
            _write(piece)

    def _end(self):
        self._calm = -inf
        self.empty()


def _atomic():
    with suppress(OSError):
        if stat.S_ISREG(os.fstat(STDERR).st_mode):
            return ATOMIC_IN_FILE
    return ATOMIC


def _write(text):
    # A full disk or a closed pipe must not cost the reader the page.
    with suppress(OSError):
        os.write(STDERR, text.encode())


_outbox = Outbox()
flush = _outbox.empty


_second = (0, "")


def _utc_now():
    """The time in ISO 8601. Its text is made once a second: that costs more than the write."""
    global _second
    now = time.time()
    second, text = _second
    if second != int(now):
        second, text = int(now), time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        _second = (second, text)
    return f"{text}.{int((now - second) * 1000):03}Z"


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
    """Takes tokens out of a record's message and traceback, and the request with its cookies off it."""

    def filter(self, record):
        try:
            message = record.getMessage()
        except Exception:
            # Its arguments do not fit the message; they might hold anything.
            message = str(record.msg)
        record.msg, record.args = mask(message), ()
        if record.exc_info:
            record.exc_text = mask(record.exc_text or logging.Formatter().formatException(record.exc_info))
        record.__dict__.pop("request", None)
        return True
