"""A mail server for tests that counts, and misbehaves where it is asked to.

    with MailServer() as server:        # on server.port; pipelining=False: it takes one command at a time
        ...
    server.received                     # {recipient: how often a whole message for it was taken}

The recipient's name chooses the fault, as STEP-FAULT before a dot, such as `rcpt-451.7@example.org`: at the step rcpt,
data (the command) or message (its end) the server answers with that number, `drop`s the line or `hang`s. Once a
recipient is in `healed` its fault is gone. `at_step(step, recipient)` is called before each answer.

It runs on threads of this process, so that whatever process it serves can be killed.
"""

import socket
import socketserver
import ssl
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress

from django.test import override_settings

from cramps_site.lib import smtp

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@contextmanager
def mail_server(**settings):
    """A mail server of our own, to which all mail goes. EMAIL_... settings are given in small letters."""
    mine = {name: settings.pop(name) for name in list(settings) if name.startswith("email_")}
    with MailServer(**settings) as server:
        to_it = {"email_backend": SMTP, "email_host": "127.0.0.1", "email_port": server.port, **mine}
        with override_settings(**{name.upper(): value for name, value in to_it.items()}):
            try:
                yield server
            finally:
                smtp.close_lines()


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, *, pipelining=True, tls=None, sign_in=None, port=0):
        super().__init__(("127.0.0.1", port), Conversation)
        self.port = self.server_address[1]
        self.pipelining, self.tls, self.sign_in = pipelining, tls, sign_in
        self.greeting, self.answers_to_mail = b"220 ready", []
        self.received, self.messages, self.signed_in = Counter(), {}, 0
        self.healed = set()
        self.lines_opened = 0
        self.sessions = set()
        self.lock = threading.Lock()
        self.at_step = lambda step, recipient: None

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    def __exit__(self, *problem):
        self.shutdown()
        self.server_close()
        for session in list(self.sessions):
            with suppress(OSError):
                session.shutdown(socket.SHUT_RDWR)
        self.thread.join()

    def handle_error(self, request, client_address):
        """A line that breaks is what these tests are about."""

    def take(self, recipient, message):
        with self.lock:
            self.received[recipient] += 1
            self.messages[recipient] = message


class Hung(Exception):
    pass


class Conversation(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    rbufsize = 1 << 16

    def handle(self):
        self.server.sessions.add(self.request)
        with self.server.lock:
            self.server.lines_opened += 1
        try:
            self.converse()
        except (OSError, Hung):
            pass
        finally:
            self.server.sessions.discard(self.request)
            with suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)

    def converse(self):
        self.recipient, self.secured = "", False
        self.say(self.server.greeting)
        if not self.server.greeting.startswith(b"2"):
            return
        while line := self.rfile.readline():
            verb, _, rest = line.strip().partition(b" ")
            if getattr(self, verb.decode().lower())(rest) is False:
                return

    def say(self, words):
        self.wfile.write(words + b"\r\n")

    def ehlo(self, rest):
        extensions = [b"test", b"8BITMIME"]
        if self.server.pipelining:
            extensions.append(b"PIPELINING")
        if self.server.tls and not self.secured:
            extensions.append(b"STARTTLS")
        if self.server.sign_in is not None:
            extensions.append(b"AUTH PLAIN LOGIN")
        self.say(b"".join(b"250-" + each + b"\r\n" for each in extensions[:-1]) + b"250 " + extensions[-1])

    def starttls(self, rest):
        self.say(b"220 go on")
        try:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        except (OSError, ssl.SSLError):
            return False
        self.setup()
        self.secured = True

    def auth(self, rest):
        if not self.server.sign_in:
            self.say(b"535 5.7.8 authentication failed")
            return
        self.server.signed_in += 1
        self.say(b"235 welcome")

    def mail(self, rest):
        self.recipient = ""
        answer = self.server.answers_to_mail.pop(0) if self.server.answers_to_mail else b"250 ok"
        if answer == b"drop":
            return False
        self.say(answer)
        return not answer.startswith(b"421")

    def rcpt(self, rest):
        self.recipient = rest[rest.index(b"<") + 1 : rest.index(b">")].decode()
        return self.answer("rcpt", b"250 ok")

    def data(self, rest):
        if not self.recipient:
            self.say(b"503 nobody to send to")
            return None
        went_on = self.answer("data", b"354 go ahead")
        if went_on is not True:
            return went_on
        message = self.read_message()
        if message is None:
            return False
        fault = self.fault("message")
        if not fault.isdigit():
            self.server.take(self.recipient, message)
        return self.answer("message", b"250 taken")

    def read_message(self):
        """Up to the single dot; None if the line broke before."""
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                return None
            lines.append(line.removeprefix(b".") if line.startswith(b".") else line)
        return b"".join(lines)

    def fault(self, step):
        if self.recipient in self.server.healed:
            return ""
        at, _, fault = self.recipient.partition("@")[0].partition(".")[0].partition("-")
        return fault if at == step else ""

    def answer(self, step, words):
        """True: it went well. None: it was refused. False: the line is to be broken."""
        self.server.at_step(step, self.recipient)
        fault = self.fault(step)
        if not fault:
            self.say(words)
            return True
        if fault == "hang":
            time.sleep(3)
            raise Hung
        if fault == "drop":
            return False
        self.say(f"{fault} 4.3.2 as you wished".encode())
        if step != "message":
            self.recipient = ""
        return False if fault == "421" else None

    def rset(self, rest):
        self.recipient = ""
        self.say(b"250 ok")

    def quit(self, rest):
        self.say(b"221 bye")
        return False
