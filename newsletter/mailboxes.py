"""Reads the mailbox that what comes back is delivered to: a maildir, an mbox file, or one on an IMAP server.

A message that was understood is marked and never read again: as seen in a maildir and by IMAP, and by being moved to a
second file, named `.read`, beside an mbox. One that was not stays as it is, so that a person finds it. To read another
kind of mailbox, write a class that is closed when done, and has `unread` and `done`, and choose it in `open_mailbox`.
"""

import imaplib
import mailbox
import ssl
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils import timezone

from newsletter import bounces, composing, scoring

ANSWERS_WITHIN = 30
"""Seconds that an IMAP server is given."""


@dataclass
class Outcome:
    """What was in a mailbox."""

    found: Counter = field(default_factory=Counter)
    """How many findings there were of each kind, and how many messages were ignored."""
    recorded: int = 0
    """How many findings were about a subscriber and new."""
    unread: list = field(default_factory=list)
    """Messages that were not understood, by their name in the mailbox."""


def read_bounces(location):
    """Record what a mailbox tells. Raises OSError or imaplib.IMAP4.error if it cannot be opened."""
    outcome = Outcome()
    with closing(open_mailbox(location)) as box:
        for name, content, arrived_at in box.unread():
            report = bounces.read(content)
            if report.is_understood:
                recorded = scoring.record_report(report, at=arrived_at, find_delivery=composing.delivery_of)
                outcome.recorded += len(recorded)
                outcome.found.update([finding.kind.value for finding in report.findings] or ["ignored"])
                box.done(name)
            else:
                outcome.unread.append(name)
    return outcome


def open_mailbox(location):
    if location.startswith("imaps://"):
        return Imap(urlsplit(location))
    path = Path(location)
    if (path / "cur").is_dir():
        return Maildir(path)
    if path.is_file():
        return Mbox(path)
    raise FileNotFoundError(f"{location} is no maildir, no mbox file and no imaps:// address.")


class Maildir:
    """https://cr.yp.to/proto/maildir.html: seen is an S behind the colon of a name, which is renamed in one step."""

    def __init__(self, path):
        self.path = path

    def unread(self):
        files = [file for folder in ("new", "cur") for file in (self.path / folder).glob("[!.]*")]
        for file in sorted(files, key=lambda file: file.name):
            if "S" not in file.name.partition(":2,")[2]:
                arrived_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                yield str(file.relative_to(self.path)), _beginning(file), arrived_at

    def done(self, name):
        file = self.path / name
        base, _, flags = file.name.partition(":2,")
        file.rename(self.path / "cur" / f"{base}:2,{''.join(sorted(set(flags + 'S')))}")

    def close(self):
        pass


class Mbox:
    """One file, locked while it is read. What was read is first written to the file beside it, then taken out."""

    def __init__(self, path):
        self.box = mailbox.mbox(path, create=False)
        try:
            self.box.lock()
        except mailbox.ExternalClashError as error:
            raise PermissionError(f"{path} is locked by another program.") from error
        self.read = mailbox.mbox(f"{path}.read")

    def unread(self):
        for key in list(self.box.iterkeys()):
            yield key, self.box.get_bytes(key), timezone.now()

    def done(self, name):
        self.read.add(self.box.get_bytes(name, from_=True))
        self.box.remove(name)

    def close(self):
        self.read.close()
        self.box.close()


class Imap:
    """An IMAP server, over TLS. The password is BOUNCE_MAILBOX_PASSWORD of the environment."""

    def __init__(self, url):
        context = ssl.create_default_context()
        self.server = imaplib.IMAP4_SSL(url.hostname, url.port or 993, ssl_context=context, timeout=ANSWERS_WITHIN)
        self.server.login(unquote(url.username or ""), settings.BOUNCE_MAILBOX_PASSWORD)
        folder = unquote(url.path).strip("/") or "INBOX"
        answer, why = self.server.select('"{}"'.format(folder.replace("\\", "\\\\").replace('"', '\\"')))
        if answer != "OK":
            raise FileNotFoundError(f"The mailbox {folder} cannot be opened: {why}")

    def unread(self):
        _, (numbers,) = self.server.uid("SEARCH", None, "UNSEEN")
        for number in (numbers or b"").decode().split():
            _, data = self.server.uid("FETCH", number, f"(INTERNALDATE BODY.PEEK[]<0.{bounces.LARGEST}>)")
            found = next((part for part in data if isinstance(part, tuple)), None)
            if found:
                yield number, found[1], _arrival(found[0])

    def done(self, name):
        self.server.uid("STORE", name, "+FLAGS", r"(\Seen)")

    def close(self):
        self.server.logout()


def _beginning(file):
    """As much of a file as is ever looked at; nothing where it may not be read."""
    try:
        with file.open("rb") as content:
            return content.read(bounces.LARGEST)
    except OSError:
        return b""


def _arrival(answer):
    """When a message came, by what an IMAP server says beside it."""
    moment = imaplib.Internaldate2tuple(answer)
    return datetime(*moment[:6]).astimezone() if moment else timezone.now()
