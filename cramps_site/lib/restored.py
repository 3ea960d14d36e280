"""Keeps a restored or copied database from sending: what waits in it may have gone out long ago.

Each machine that sends keeps a file in VAR_DIR that names the database and the row it last began to send. A database
that does not know of that row is an older copy; one that has sent before and finds no such file is a copy elsewhere. On
PostgreSQL, where several machines may send and new ones may join, the server itself tells as well: a database that was
dumped and restored, or wound back, has another fingerprint than it remembers.

Whoever is in doubt asks: a random question in the file and in the database, which only a press in the admin answers
(`declare_live`). No backup can hold the answer to a question that was asked after it. See docs/decisions/0006.
"""

import json
import logging
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cramps_site.lib.ledger import LedgerRow
from cramps_site.lib.models import LiveQuestion, Origin, OutgoingMail

log = logging.getLogger(__name__)

SIZE = 512
"""One sector: a disk writes it whole or not at all."""
SYNC_EVERY = 1.0
"""Seconds. A killed process loses nothing of the file; a power cut loses so much of it."""

ELSEWHERE = "This database has sent mail before, but not from here: it may be a copy."
OLDER = "A mail went out from here of which this database knows nothing: it was put back from an older copy."
ANOTHER_SERVER = "This database was restored, or its server was: it may be an older copy."


@dataclass
class Mark:
    """What this machine remembers of the database: which it was, and which row it last began to send."""

    identity: str
    model: str = ""
    key: int = 0
    at: str = ""
    question: str = ""

    def is_known(self):
        """Whether the database knows that the row was begun then, by whatever became of it since."""
        if not self.model:
            return True
        model, at = apps.get_model(self.model), datetime.fromisoformat(self.at)
        facts = {"started_at", "accepted_at", "failed_at", "skipped_at", "doubt_settled_at", "due_at"}
        names = facts & {field.name for field in model._meta.fields}
        row = model.objects.filter(pk=self.key).values(*names).first() or {}
        return any(moment and moment >= at for moment in row.values())


def wait(at=None):
    """What this machine waits for before it may send: a LiveQuestion, or None when it may. Ask it before each batch."""
    origin, mark = Origin.get(), _read()
    if mark and mark.question:
        question = _asked(mark, at)
        if not question.answered_at:
            return _tell(question)
        mark = Mark(origin.identity)
        _write(mark)
    if because := _doubt(origin, mark):
        return _ask(origin, because, at)
    if mark is None or mark.identity != origin.identity:
        _write(Mark(origin.identity))
    _file.sync()
    _file.identity, _file.asks = origin.identity, False
    return None


def note(model, key, at):
    """Remember that a row was begun at a moment or later. Call it between the commit that says so and the sending.

    Nothing is remembered while a question is open: what the staff needs to sign in must not answer it."""
    if not _file.asks:
        _file.put(Mark(_file.identity, model._meta.label, key, at.isoformat()))


def declare_live(*, by, at=None):
    """Answer all that is asked: this is the live site. False if nothing is.

    What waited while it was asked may have gone out already: such mails are in doubt from now on."""
    at = at or timezone.now()
    with transaction.atomic():
        asked = LiveQuestion.objects.filter(answered_at=None)
        first = asked.order_by("asked_at").values_list("asked_at", flat=True).first()
        if not asked.update(answered_at=at, answered_by=by):
            return False
        Origin.objects.filter(pk=1).update(fingerprint=Origin.read_fingerprint())
        waited = OutgoingMail.objects.open().filter(started_at=None, due_at__lt=first)
        waited.update(started_at=first, claimed_at=first)
    return True


def _doubt(origin, mark):
    """Why this may not be the database that sent last, or None."""
    if origin.fingerprint != Origin.read_fingerprint():
        return ANOTHER_SERVER
    if mark is None or mark.identity != origin.identity:
        return None if origin.fingerprint else _sent_from_elsewhere(origin)
    return None if mark.is_known() else OLDER


def _sent_from_elsewhere(origin):
    begun = Q(started_at__isnull=False) | Q(accepted_at__isnull=False)
    if not any(model.objects.filter(begun).exists() for model in LedgerRow.__subclasses__()):
        return None
    # Another worker of this machine may have begun meanwhile.
    mark = _read()
    return ELSEWHERE if mark is None or mark.identity != origin.identity else None


def _ask(origin, because, at):
    mark = Mark(origin.identity, question=uuid4().hex)
    _write(mark)
    return _tell(_asked(mark, at, because))


def _tell(question):
    """Say once in each process what it waits for."""
    _file.asks = True
    if question.code != _file.told:
        log.warning("nothing is sent: %s Answer in the admin, under “Sending policy”.", question.because)
        _file.told = question.code
    return question


def _asked(mark, at, because=ELSEWHERE):
    """The question in the database, where it is put again if that was restored meanwhile."""
    place = f"{socket.gethostname()}, {settings.VAR_DIR}"
    defaults = {"because": because, "place": place, "asked_at": at or timezone.now()}
    return LiveQuestion.objects.get_or_create(code=mark.question, defaults=defaults)[0]


def _path():
    return settings.VAR_DIR / "sending"


def _read():
    """The Mark of this machine, or None where there is none that can be read."""
    with suppress(OSError, ValueError, TypeError):
        return Mark(**json.loads(_path().read_bytes()))


def _write(mark):
    """Put the file whole, and on the disk."""
    _file.close()
    path = _path()
    new = path.with_suffix(f".{os.getpid()}")
    with open(new, "wb") as file:
        file.write(_bytes(mark))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _bytes(mark):
    return json.dumps(vars(mark)).encode().ljust(SIZE)


class File:
    """The file while a batch is sent: written in place for every message, without waiting for the disk."""

    def __init__(self):
        self.descriptor, self.synced_at, self.is_synced = None, 0, True
        self.identity, self.asks, self.told = "", False, ""

    def put(self, mark):
        if self.descriptor is None:
            self.descriptor = os.open(_path(), os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(self.descriptor, _bytes(mark), 0)
        self.is_synced = False
        if time.monotonic() - self.synced_at > SYNC_EVERY:
            self._sync()

    def sync(self):
        if not self.is_synced:
            self._sync()
        self.close()

    def _sync(self):
        os.fdatasync(self.descriptor)
        self.synced_at, self.is_synced = time.monotonic(), True

    def close(self):
        if self.descriptor is not None:
            os.close(self.descriptor)
        self.descriptor, self.is_synced = None, True


_file = File()
