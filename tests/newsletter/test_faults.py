"""Mail servers that misbehave. Whatever they do: sent + failed + in doubt + skipped = recipients."""

import ssl
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from cramps_site.lib.ledger import BACK_OFF, LEASE
from newsletter import sending
from newsletter.models import Delivery, SendingPolicy
from tests.mail_server import mail_server
from tests.newsletter.issues import fresh, make_ready, make_subscribers, states, work, work_through

pytestmark = pytest.mark.django_db
AT_EACH = ("rcpt", "data", "message")


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def server(request):
    with mail_server(pipelining=request.param, email_timeout=0.3) as server:
        yield server


@pytest.fixture(params=[1, 3])
def connections(request):
    return request.param


def send(*names, policy=None):
    """An issue to these and to ten good addresses around them, once the worker has done what it can for now."""
    good = [f"good-{number}" for number in range(5)]
    people = [f"{name}@example.org" for name in (*good, *names, *(f"{each}-too" for each in good))]
    make_subscribers(*people)
    issue = make_ready(policy={"pause_above": 100, **(policy or {})})
    work()
    return issue


def good_ones(issue):
    return {state for address, state in states(issue).items() if address.startswith("good")}


def row(issue, name):
    return issue.deliveries.get(subscriber__email=f"{name}@example.org")


class AServerThatRefusesOne:
    @pytest.mark.parametrize("step", AT_EACH)
    def test_for_good_is_recorded_in_its_words(self, server, connections, step):
        issue = send(f"{step}-550", policy={"connections": connections})
        assert row(issue, f"{step}-550").failed_at
        assert row(issue, f"{step}-550").error == "550 4.3.2 as you wished"
        assert good_ones(issue) == {"accepted"}
        assert fresh(issue).sent_at

    @pytest.mark.parametrize("step", AT_EACH)
    @pytest.mark.parametrize("code", [421, 451, 452])
    def test_for_now_is_asked_again_later(self, server, step, code):
        with time_machine.travel(timezone.now(), tick=False) as clock:
            issue = send(f"{step}-{code}")
            assert states(issue)[f"{step}-{code}@example.org"] == "waiting"
            assert good_ones(issue) == {"accepted"}
            server.healed.add(f"{step}-{code}@example.org")
            clock.shift(BACK_OFF[0] - timedelta(seconds=1))
            assert work() == 0
            clock.shift(timedelta(seconds=1))
            assert work() == 1
        assert set(states(issue).values()) == {"accepted"}
        assert fresh(issue).sent_at
        assert set(server.received.values()) == {1}

    def test_for_now_and_always_is_asked_six_times_and_has_failed(self, server):
        asked = []
        server.at_step = lambda step, recipient: recipient.startswith("rcpt") and asked.append(timezone.now())
        with time_machine.travel(timezone.now(), tick=False) as clock:
            issue = send("rcpt-451")
            work_through(clock)
        assert row(issue, "rcpt-451").failed_at
        assert len(asked) == len(BACK_OFF) + 1
        waits = [later - earlier for earlier, later in pairwise(asked)]
        assert all(wait >= back_off for wait, back_off in zip(waits, BACK_OFF, strict=True))
        assert fresh(issue).sent_at


class AServerThatHangsUp:
    @pytest.mark.parametrize("step", ["rcpt", "data"])
    @pytest.mark.parametrize("fault", ["drop", "hang"])
    def test_before_the_message_leaves_no_doubt(self, server, connections, step, fault):
        name = f"{step}-{fault}"
        with time_machine.travel(timezone.now(), tick=False) as clock:
            issue = send(name, policy={"connections": connections})
            assert good_ones(issue) == {"accepted"}
            assert "hung up before the message" in row(issue, name).error
            server.healed.add(f"{name}@example.org")
            clock.shift(BACK_OFF[0])
            work()
        assert set(states(issue).values()) == {"accepted"}
        assert set(server.received.values()) == {1}

    @pytest.mark.parametrize("fault", ["drop", "hang"])
    def test_after_the_message_leaves_that_one_in_doubt(self, server, connections, fault):
        name = f"message-{fault}"
        with time_machine.travel(timezone.now(), tick=False) as clock:
            issue = send(name, policy={"connections": connections})
            assert good_ones(issue) == {"accepted"}
            clock.shift(LEASE + timedelta(seconds=1))
            work()
            assert list(Delivery.objects.in_doubt()) == [row(issue, name)]
        assert fresh(issue).sent_at
        assert server.received[f"{name}@example.org"] == 1

    def test_on_everybody_stops_after_a_few_and_says_so(self, server):
        people = [f"rcpt-drop.{number}@example.org" for number in range(20)]
        make_subscribers(*people)
        issue = make_ready()
        work()
        assert set(states(issue).values()) == {"waiting"}
        assert issue.deliveries.filter(faults__gt=0).count() <= 4
        assert "breaks every connection" in SendingPolicy.get().trouble

    def test_between_two_batches_is_called_again(self, server, monkeypatch):
        monkeypatch.setattr("newsletter.sending.BATCH", 4)
        server.at_step = lambda step, recipient: step == "message" and hang_up_later(server)
        assert good_ones(send()) == {"accepted"}
        assert len(server.received) == 10
        assert set(server.received.values()) == {1}


def hang_up_later(server):
    """Close the line as a server does that is told to stop: with 421 at the next MAIL."""
    if len(server.received) % 4 == 0:
        server.answers_to_mail.append(b"421 4.3.2 restarting")


class AServerThatTakesNobodysMail:
    def check(self, issue, trouble):
        """Nobody's row has a fault; all wait a minute, and the staff can read why."""
        policy = SendingPolicy.get()
        assert set(states(issue).values()) == {"waiting"}
        assert not issue.deliveries.exclude(faults=0, started_at=None).exists()
        assert trouble in policy.trouble
        assert policy.trouble_at
        assert policy.free_at > timezone.now()

    @pytest.mark.parametrize("answer", [b"421 4.3.2 overloaded", b"451 4.7.1 slow down", b"530 5.7.0 sign in first"])
    def test_at_mail(self, server, answer):
        server.answers_to_mail = [answer] * 100
        issue = send()
        self.check(issue, "breaks every connection" if answer.startswith(b"421") else answer.decode())

    @pytest.mark.parametrize("greeting", [b"421 4.3.2 overloaded", b"554 go away", b"nonsense"])
    def test_at_its_door(self, server, greeting):
        server.greeting = greeting
        self.check(send(), "not reached")

    def test_because_it_is_not_there(self, settings):
        with mail_server() as server:
            server.shutdown()
            server.server_close()
            self.check(send(), "Connection refused")

    def test_because_it_does_not_know_us(self, settings):
        with mail_server(sign_in=False, email_host_user="post", email_host_password="wrong") as server:
            self.check(send(), "535")
        assert server.received == {}

    def test_because_its_certificate_is_not_to_be_trusted(self, tls):
        with mail_server(tls=tls, email_use_tls=True) as server:
            self.check(send(), "CERTIFICATE_VERIFY_FAILED")
        assert server.received == {}

    def test_because_it_cannot_encrypt(self):
        with mail_server(email_use_tls=True, sign_in=True, email_host_user="post", email_host_password="pw") as server:
            self.check(send(policy={"connections": 4}), "STARTTLS")
        assert server.received == {}
        assert server.signed_in == 0

    def test_gets_it_once_it_does(self, server):
        server.answers_to_mail = [b"451 4.7.1 slow down"]
        with time_machine.travel(timezone.now(), tick=False) as clock:
            issue = send()
            clock.shift(timedelta(seconds=59))
            assert work() == 0
            clock.shift(timedelta(seconds=1))
            assert work() == 10
        assert set(states(issue).values()) == {"accepted"}
        assert not SendingPolicy.get().trouble

    def test_has_a_certificate_that_can_be_trusted_after_all(self, tls, monkeypatch):
        """The test's own doubt: that it is the certificate which is refused, and nothing else."""
        trusting = ssl.create_default_context(cafile=tls.file)
        monkeypatch.setattr("ssl.create_default_context", lambda: trusting)
        sign_in = {"sign_in": True, "email_host_user": "post", "email_host_password": "right"}
        with mail_server(tls=tls, email_use_tls=True, email_host="localhost", **sign_in) as server:
            issue = send()
        assert set(states(issue).values()) == {"accepted"}
        assert server.signed_in == 1


class AnIssueAmidAllOfThem:
    def test_leaves_nobody_out(self, server, connections):
        faults = [f"{step}-{fault}" for step in AT_EACH for fault in ("421", "451", "452", "550", "drop")]
        people = [f"{each}.{number}@example.org" for number in range(4) for each in [*faults, "good"]]
        left, *_ = make_subscribers(*people)
        with time_machine.travel(timezone.now(), tick=False) as clock:
            issue = make_ready(policy={"connections": connections, "pause_above": 100})
            sending.freeze(issue)
            left.leave()
            work_through(clock)
            in_doubt = Delivery.objects.in_doubt().count()
        count = Counter(states(issue).values())
        assert count["accepted"] + count["failed"] + count["skipped"] + in_doubt == len(people)
        assert count == {"accepted": 4, "failed": 4 * 14 - 1, "skipped": 1, "started": 4}
        assert fresh(issue).sent_at
        # What drops after the message was told of it once; nobody else got anything twice.
        assert set(server.received.values()) == {1}
        assert len(server.received) == 8


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A server's side of TLS with a certificate that it signed itself, which lies in `file`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.file = str(file)
    return context
