"""Hands many messages to a mail server over connections that stay open, and knows of each what became of it.

smtplib speaks; ours is only the order of the steps, so that the ledger can be written between them. A parcel is offered
(MAIL, RCPT, DATA) until the server says go ahead; then the message follows but for its last line, without which the
server forgets it when the line breaks; then `start` commits which messages were accepted and which are about to be
sent, for all lines at once; then their ends follow. Only between an end and the server's answer is a doubt: one message
a line.

Commands that the server announces it takes together (RFC 2920) are sent together, behind the message before. No fault
of the server's escapes `hand_over`, but for Unreachable: there is no line left.
"""

import re
import smtplib
import socket
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

import idna
from django.conf import settings
from django.core.mail import get_connection

GO_AHEAD, REFUSAL, CLOSING = 354, 400, 421
MOST_REOPENED = 3
"""How often in a row a line that breaks is opened again."""


class Unreachable(Exception):
    """No connection to the mail server can be opened, or all break at once: nobody's mail in particular is at fault."""


class Refused(Exception):
    """The server's answer to one message."""

    def __init__(self, code, words):
        self.code = code
        super().__init__(f"{code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}")

    @property
    def is_passing(self):
        return 400 <= self.code < 500


class HungUp(Refused):
    """The line broke, or made no sense, after the server knew for whom the message is: which may be why."""

    def __init__(self, words):
        super().__init__(CLOSING, f"The mail server hung up before the message. {words}".strip())


class Broken(Exception):
    """The line broke before the server knew for whom the message is."""


class Doubt(Exception):
    """The line broke after the message and before the answer."""


@dataclass(frozen=True)
class Parcel:
    """One message for one person."""

    key: int
    sender: str
    recipient: str
    content: object
    """A function that gives the finished message as bytes, lines ending in CRLF."""


class Line:
    """One connection to the mail server."""

    def __init__(self):
        self.smtp, self.offered = None, None
        self.begin_anew()

    def begin_anew(self):
        """Forget what went wrong on this line before."""
        self.reopened, self.trouble = 0, "The mail server breaks every connection."

    def open(self):
        """Connect, secure and sign in as the settings say. Raises Unreachable."""
        if self.smtp is not None:
            return
        if self.reopened > MOST_REOPENED:
            raise Unreachable(self.trouble)
        self.reopened += 1
        # A new one each time: of one that failed nobody knows how far it came.
        backend = get_connection()
        try:
            backend.open()
            backend.connection.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"The mail server was not reached: {error}") from error
        self.smtp = backend.connection
        # The end of a message is short, and must not wait until the server has acknowledged the rest.
        self.smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.takes_many = self.smtp.has_extn("pipelining")

    def close(self):
        """Say goodbye if anybody listens. Never raises."""
        if self.smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.smtp.quit()
        self.hang_up()

    def hang_up(self):
        """Break the line without a word: amid a message the server would take it for a part of that."""
        if self.smtp is not None:
            self.smtp.close()
        self.smtp = None

    def offer(self, parcel):
        self.offered = parcel
        if self.takes_many:
            self._send(b"".join(_offer(parcel)))

    def ask(self):
        """Read the answers to the offer, up to the server's "go ahead". Raises Refused or Broken."""
        mail, *others = _offer(self.offered)
        self._ask_for_itself(mail)
        refused = None
        for command in others:
            if not self.takes_many:
                self._send(command, HungUp)
            code, words = self._answer(HungUp)
            if refused and code == GO_AHEAD:
                # It refused the only recipient and goes ahead all the same (RFC 2920, 3.1): there is nothing to say.
                self._send(b".\r\n", HungUp)
                self._answer(HungUp)
            elif code >= REFUSAL:
                refused = refused or Refused(code, words)
                if not self.takes_many:
                    self._send(b"RSET\r\n", HungUp)
                    self._answer(HungUp)
                    break
        if refused:
            self.reopened = 0
            raise refused
        if code != GO_AHEAD:
            self.hang_up()
            raise HungUp(f"The mail server said {code} instead of {GO_AHEAD}.")

    def _ask_for_itself(self, mail):
        """The answer to MAIL is about us and not about the recipient: a server that refuses it takes nobody's mail."""
        if not self.takes_many:
            self._send(mail)
        try:
            code, words = self._answer(HungUp if self.takes_many else Broken)
        except HungUp:
            raise
        except Refused as closing:
            raise Broken(str(closing)) from closing
        if code >= REFUSAL:
            self.hang_up()
            self.reopened, self.trouble = MOST_REOPENED + 1, f"The mail server takes no mail: {Refused(code, words)}"
            raise Broken(self.trouble)

    def prepare(self):
        """Make the message while the server thinks."""
        if self.offered:
            content = self.offered.content().replace(b"\r\n.", b"\r\n..")
            self.content = content if content.endswith(b"\r\n") else content + b"\r\n"

    def begin(self):
        """Send the message but for its end, without which the server forgets it. Raises HungUp."""
        self._send(self.content, HungUp)

    def end(self, following):
        """Send the end of the message, and with it the offer of the parcel that follows. Raises Doubt."""
        end = [b".\r\n", *(_offer(following) if following and self.takes_many else ())]
        self.offered = following
        self._send(b"".join(end), Doubt)

    def receipt(self):
        """Read the answer to the message. Raises Refused or Doubt."""
        code, words = self._answer(Doubt)
        self.reopened = 0
        if code >= REFUSAL:
            raise Refused(code, words)

    def _send(self, command, fault=Broken):
        try:
            self.smtp.send(command)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.hang_up()
            raise fault(str(error)) from error

    def _answer(self, fault):
        try:
            code, words = self.smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self.hang_up()
            raise fault(str(error)) from error
        if code < 0:
            self.hang_up()
            raise fault("The mail server's answer is none.")
        if code == CLOSING:
            self.hang_up()
            raise Refused(code, words)
        return code, words


_lines = []


def lines(count):
    """So many lines of this process, each kept open from one call to the next."""
    while len(_lines) < count:
        _lines.append(Line())
    for line in _lines:
        line.begin_anew()
    return _lines[:count]


def close_lines():
    """Say goodbye where there is nothing to send for now."""
    while _lines:
        _lines.pop().close()


def _offer(parcel):
    return (
        f"MAIL FROM:<{parcel.sender}>\r\n".encode("ascii"),
        f"RCPT TO:<{parcel.recipient}>\r\n".encode("ascii"),
        b"DATA\r\n",
    )


def is_used():
    """Whether mail leaves by SMTP, and not into files or through a provider's interface."""
    return settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"


def envelope(address):
    """A bare address with its domain in the form that mail servers read. Raises ValueError for what none can read."""
    local, _, domain = address.rpartition("@")
    written = address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"
    if not PLAIN.fullmatch(written):
        raise ValueError("no mail server reads this address")
    return written


PLAIN = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
"""Printable ASCII without space or angle brackets: nothing that ends a command, or begins another."""


def hand_over(parcels, lines, *, start, refuse, doubt, still_ours=set, seconds=None):
    """Send parcels over open lines; the keys of those that were left when so many seconds had passed.

    `start(accepted, next)` takes keys, commits both facts and returns the set of those that may be started; where one
    may not, `still_ours(keys)` is asked which of the waiting ones may. `refuse(key, refused)` records an answer;
    `doubt(key)` is told of a message whose fate is unknown. What was not started when Unreachable is raised is still
    the caller's.
    """
    round_ = Round(parcels, lines, start, refuse, doubt, still_ours)
    round_.run(time.monotonic() + seconds if seconds else float("inf"))
    return [parcel.key for parcel in round_.waiting]


class Round:
    """All lines in step: while one commit is made, nothing is on its way that it does not cover."""

    def __init__(self, parcels, lines, start, refuse, doubt, still_ours):
        self.waiting, self.lines = deque(parcels), lines
        self.start, self.refuse, self.doubt, self.still_ours = start, refuse, doubt, still_ours
        self.accepted, self.handed, self.trouble = [], {}, None

    def run(self, until):
        self.until = until
        try:
            while self._offer():
                for line in self.lines:
                    line.prepare()
                wanted = [line for line in self.lines if self._reads(line)]
                self._hand_over([line for line in wanted if self._begins(line)])
        finally:
            for line in self.lines:
                if line.offered or line in self.handed:
                    # Answers that nobody read would be taken for those to the next round.
                    line.hang_up()
                    line.offered = None
            self._commit([])

    def _next(self):
        return self.waiting.popleft() if self.waiting and time.monotonic() < self.until else None

    def _offer(self):
        """Give every line without a parcel the next one. False if there is nothing left to do or to read."""
        for line in self.lines:
            try:
                while not line.offered and (parcel := self._next()):
                    self._offer_to(line, parcel)
            except Unreachable as trouble:
                self.trouble = trouble
        busy = bool(self.handed) or any(line.offered for line in self.lines)
        if self.waiting and not busy and time.monotonic() < self.until:
            raise self.trouble
        return busy

    def _offer_to(self, line, parcel):
        line.offered = parcel
        try:
            line.open()
            line.offer(parcel)
        except Broken:
            self._put_back(line)
        except Unreachable:
            self._put_back(line)
            raise

    def _reads(self, line):
        """Read the answers to the message handed over and to the parcel offered: whether the server waits for that."""
        if line in self.handed and not self._is_received(line, self.handed.pop(line)):
            return False
        return bool(line.offered) and self._is_wanted(line)

    def _is_received(self, line, parcel):
        """Whether the line goes on after the message."""
        try:
            line.receipt()
        except Refused as refused:
            self.refuse(parcel.key, refused)
        except Doubt:
            self.doubt(parcel.key)
        else:
            self.accepted.append(parcel.key)
        if line.smtp is None:
            self._put_back(line)
        return line.smtp is not None

    def _is_wanted(self, line):
        parcel = line.offered
        try:
            line.ask()
        except Refused as refused:
            self.refuse(parcel.key, refused)
        except Broken:
            self._put_back(line)
        else:
            return True
        line.offered = None
        return False

    def _begins(self, line):
        """Whether the message is on its way. The server reads it while the commit is made that allows its end."""
        try:
            line.begin()
        except HungUp as refused:
            self.refuse(line.offered.key, refused)
            line.offered = None
            return False
        return True

    def _hand_over(self, wanted):
        """Commit what is known, then end the messages that the commit has started."""
        started = self._commit([line.offered.key for line in wanted])
        if len(started) < len(wanted):
            self._let_go()
        for line in wanted:
            parcel = line.offered
            if parcel.key not in started:
                # The server waits for the end of a message that nobody is to get, and only this tells it so.
                line.hang_up()
                line.begin_anew()
                line.offered = None
                continue
            try:
                line.end(self._next())
                self.handed[line] = parcel
            except Doubt:
                self.doubt(parcel.key)
                self._put_back(line)

    def _let_go(self):
        """Somebody left or stopped it all: what is no longer ours is not offered."""
        ours = self.still_ours({parcel.key for parcel in self.waiting})
        self.waiting = deque(parcel for parcel in self.waiting if parcel.key in ours)

    def _commit(self, following):
        started = self.start(self.accepted, following) if self.accepted or following else set()
        self.accepted = []
        return started

    def _put_back(self, line):
        """What a broken line had been offered goes to the next one."""
        if line.offered:
            self.waiting.appendleft(line.offered)
        line.offered = None
