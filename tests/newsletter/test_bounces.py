import mailbox
from datetime import timedelta
from io import StringIO

import hypothesis.strategies as st
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given

from newsletter import bounces, composing, mailboxes, scoring
from newsletter.bounces import Kind, kind_of, read
from newsletter.models import Bounce, Consent, Delivery, Subscriber, Suppression
from newsletter.scoring import forget_bounces
from tests import corpora as vectors
from tests.factories import make_issue, make_staff, make_subscriber
from tests.newsletter.coming_back import bounce, complaint, plain

PARENT = "parent@example.org"


def named(report):
    """The addresses of a report with their kinds."""
    return {finding.address: finding.kind for finding in report.findings}


class TheBounceCorpus:
    @pytest.mark.corpus
    def test_is_recognised_to_at_least_85_per_cent(self, corpora):
        cases = vectors.bounces(corpora)
        missed = [
            name
            for name, (content, addresses, _) in cases.items()
            if {address.lower() for address in named(read(content)) if address} != addresses
        ]
        share = 1 - len(missed) / len(cases)
        print(f"\nBounce corpus: {share:.1%} of {len(cases)} messages recognised; not: {', '.join(missed) or 'none'}")
        assert share >= 0.85

    @pytest.mark.corpus
    def test_has_no_passing_fault_that_counts_as_a_dead_address(self, corpora):
        passing = {name: content for name, (content, _, temporary) in vectors.bounces(corpora).items() if temporary}
        assert len(passing) == 11
        assert [name for name, content in passing.items() if Kind.HARD in named(read(content)).values()] == []

    @pytest.mark.corpus
    def test_has_automatic_replies_of_which_none_counts(self, corpora):
        cases = vectors.bounces(corpora)
        answers = [cases[name][0] for name in ("qmail_08.txt", "groupwise_03.txt")]
        assert [named(read(content)) for content in answers] == [{}, {}]


class ABounce:
    @pytest.mark.parametrize(
        ("status", "diagnostic", "kind"),
        [
            ("5.1.1", "smtp; 550 5.1.1 User unknown", Kind.HARD),
            ("5.0.0", "smtp; 550 No such user here", Kind.HARD),
            ("5.4.4", "Host not found", Kind.HARD),
            ("5.2.2", "smtp; 552 5.2.2 Over quota", Kind.SOFT),
            ("5.0.0", "smtp; 550 The recipient's mailbox is full", Kind.SOFT),
            ("5.1.1", "smtp; 552 Mailbox has exceeded the limit", Kind.SOFT),
            ("4.4.1", "connect to mail.example.org: timed out", Kind.SOFT),
            ("4.1.1", "smtp; 450 User unknown", Kind.SOFT),
            ("5.7.1", "smtp; 550 5.7.1 Blocked as spam", Kind.SOFT),
            ("5.3.4", "smtp; 552 5.3.4 Message too big", Kind.SOFT),
        ],
    )
    def test_is_hard_where_the_address_is_dead_and_soft_otherwise(self, status, diagnostic, kind):
        assert named(read(bounce(status=status, diagnostic=diagnostic))) == {PARENT: kind}

    def test_that_is_only_late_is_told_apart(self):
        assert named(read(bounce(action="delayed", status="4.4.1"))) == {PARENT: Kind.DELAYED}

    def test_that_tells_of_an_arrival_is_none(self):
        report = read(bounce(action="delivered", status="2.0.0"))
        assert (report.findings, report.is_understood) == ((), True)

    def test_tells_which_mail_came_back(self):
        assert read(bounce(message_id="<5.6.abc@cramps.test>")).original == "<5.6.abc@cramps.test>"

    def test_in_eximss_header_is_read(self):
        text = f"This is a permanent error.\n\n  {PARENT}\n    mailbox is full"
        assert named(read(plain(text, X_Failed_Recipients=PARENT))) == {PARENT: Kind.SOFT}

    @pytest.mark.parametrize(
        "text",
        [
            f"<{PARENT}>: user unknown",
            f"The following address had permanent fatal errors:\n\n    {PARENT}\n\n550 No such user",
            f"Sorry, we could not deliver your message to {PARENT}: account disabled",
            f"Ihre Nachricht konnte nicht zugestellt werden.\n\n{PARENT}\n",
            f"It failed.\n\nFinal-Recipient: rfc822; {PARENT}\nAction: failed\nStatus: 5.1.1\n",
            f"There is nobody of that name.\n\n--- Original message ---\nTo: {PARENT}\nFrom: post@cramps.test\n",
        ],
    )
    def test_in_words_alone_is_read(self, text):
        assert named(read(plain(text))) == {PARENT: Kind.HARD}

    def test_with_no_sender_is_read(self):
        text = f"Delivery has failed to these recipients:\n\n{PARENT}\n\nThe address does not exist."
        assert named(read(plain(text, sender="", subject="Failed"))) == {PARENT: Kind.HARD}

    def test_whose_report_is_encoded_against_the_standard_is_read(self):
        fields = b"RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IHBhcmVudEBleGFtcGxlLm9yZwpBY3Rpb246IGZhaWxlZAo="
        content = (
            bounce()
            .split(b"Reporting-MTA")[0]
            .replace(b"message/delivery-status\n", b"message/delivery-status\nContent-Transfer-Encoding: base64\n")
        )
        assert named(read(content + fields + b"\n\n--b--\n")) == {PARENT: Kind.HARD}

    def test_of_a_mail_about_holidays_is_no_automatic_reply(self):
        assert named(read(plain(f"<{PARENT}>: user unknown", subject="Undeliverable: On holiday with cramps")))


class AComplaint:
    def test_is_told_from_a_bounce(self):
        assert named(read(complaint())) == {PARENT: Kind.COMPLAINT}

    @pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
    def test_is_no_report_of_anything_else(self, kind):
        report = read(complaint(kind=kind))
        assert (report.findings, report.is_understood) == ((), True)

    def test_without_the_address_tells_the_mail(self):
        report = read(complaint(told=False, message_id="<7@cramps.test>"))
        assert (named(report), report.original) == ({"": Kind.COMPLAINT}, "<7@cramps.test>")


class AnAutomaticReply:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Auto_Submitted": "auto-replied (vacation)"},
            {"Auto_Submitted": "auto-generated"},
            {"Precedence": "bulk"},
            {"Precedence": "auto_reply"},
            {"X_Autoreply": "yes"},
            {"X_Autorespond": "Re: News"},
            {"subject": "Automatic reply: On holiday with cramps"},
            {"subject": "Out of Office: back in May"},
            {"subject": "Abwesenheitsnotiz"},
            {"subject": "Réponse automatique : News"},
        ],
    )
    def test_is_no_bounce_even_if_it_speaks_of_mail_that_failed(self, headers):
        headers = {"subject": "Re: On holiday with cramps", "sender": f"Jo <{PARENT}>", **headers}
        report = read(plain(f"I am away. Mail to {PARENT} could not be delivered, user unknown.", **headers))
        assert (report.findings, report.ignored) == ((), "an automatic reply")

    def test_of_a_person_is_left_for_a_person(self):
        text = "Your mail of Thursday failed to be displayed on my phone. other@example.org says the same."
        report = read(plain(text, sender=PARENT, subject="Re: Cramps", In_Reply_To="<1@cramps.test>"))
        assert (report.findings, report.is_understood) == ((), False)

    def test_of_a_postmaster_about_another_matter_is_left_for_a_person(self):
        text = "Please add a DKIM record for your domain. Ask other@example.org how."
        assert not read(plain(text, sender="postmaster@example.org", subject="Your domain")).is_understood


PIECES = st.sampled_from(
    [*bounce().splitlines(True), *complaint().splitlines(True), b"--b--\n", b"\n", b"\xff\0", b"=?x?b?"]
)


class Reading:
    @given(st.binary() | st.lists(PIECES | st.binary(max_size=20), max_size=60).map(b"".join))
    def test_never_raises_and_gives_what_a_table_can_hold(self, content):
        for finding in read(content).findings:
            assert len(finding.address) <= 254 and len(finding.reason) <= bounces.LONGEST_REASON
            assert (finding.address + finding.reason).replace(" ", "").isprintable()
            (finding.address + finding.reason).encode()

    @given(st.text())
    def test_a_reason_never_raises(self, said):
        assert kind_of(said) in (Kind.HARD, Kind.SOFT)

    def test_a_huge_message_reads_its_beginning(self):
        assert named(read(bounce() + b"x" * 30_000_000)) == {PARENT: Kind.HARD}

    def test_a_message_nested_without_end_says_nothing(self):
        nest = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
        assert not read(nest).is_understood


@pytest.fixture
def parent(db):
    return make_subscriber(PARENT)


def record(kind=Kind.HARD, *, days_ago=0, address=PARENT, **fields):
    return scoring.record(address, kind, reason="no", at=timezone.now() - timedelta(days=days_ago), **fields)


class Scoring:
    def test_five_days_of_hard_bounces_end_the_sending(self, parent):
        for days_ago in (4, 3, 2, 1):
            record(days_ago=days_ago)
        assert Subscriber.objects.reachable().exists()
        record()
        parent.refresh_from_db()
        assert (parent.bounce_score, bool(parent.bounced_at)) == (5, True)
        assert not Subscriber.objects.reachable().exists()

    def test_many_bounces_of_one_day_count_once(self, parent):
        assert [record(), record(), record(Kind.SOFT)] == [True, False, True]
        parent.refresh_from_db()
        assert parent.bounce_score == 1

    def test_a_full_mailbox_is_no_dead_address(self, parent):
        for days_ago in range(8, -1, -1):
            record(Kind.SOFT, days_ago=days_ago)
        parent.refresh_from_db()
        assert (parent.bounce_score, parent.is_active) == (4.5, True)

    def test_an_old_score_begins_anew(self, parent):
        for days_ago in (12, 11, 10, 9, 1):
            record(days_ago=days_ago)
        parent.refresh_from_db()
        assert (parent.bounce_score, parent.is_active) == (1, True)

    def test_begins_anew_for_who_confirms_again(self, parent):
        for days_ago in (5, 4, 3, 2, 1):
            record(days_ago=days_ago)
        Subscriber.objects.update(bounced_at=None)
        record()
        parent.refresh_from_db()
        assert (parent.bounce_score, parent.is_active) == (1, True)

    def test_what_is_only_late_changes_nothing(self, parent):
        assert not record(Kind.DELAYED)
        assert Bounce.objects.count() == 0

    def test_knows_an_address_in_other_letters(self, parent):
        assert record(address="PARENT@Example.ORG")

    def test_an_unknown_address_changes_nothing(self, parent):
        assert not record(address="stranger@example.org")
        assert not record(Kind.COMPLAINT, address="stranger@example.org")
        assert (Bounce.objects.count(), Suppression.objects.count()) == (0, 0)

    def test_a_complaint_ends_the_subscription_at_once_and_for_good(self, parent):
        assert [record(Kind.COMPLAINT), record(Kind.COMPLAINT)] == [True, False]
        parent.refresh_from_db()
        assert parent.complained_at and parent.left_at
        assert list(Consent.objects.values_list("fact", flat=True)) == ["left"]
        assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINED


class TheIssue:
    def test_that_went_out_last_is_blamed_for_a_while(self, parent):
        older, newer = make_issue(), make_issue()
        for issue, days_ago in ((older, 9), (newer, 2)):
            Delivery.objects.create(
                issue=issue, subscriber=parent, accepted_at=timezone.now() - timedelta(days=days_ago)
            )
        record()
        assert (Bounce.objects.of_issue(older).count(), Bounce.objects.of_issue(newer).count()) == (0, 1)

    def test_is_told_by_the_message_id_of_what_came_back(self, parent):
        older = make_issue()
        delivery = Delivery.objects.create(issue=older, subscriber=parent, accepted_at=timezone.now())
        Delivery.objects.create(issue=make_issue(), subscriber=parent, accepted_at=timezone.now())
        message_id = f"<{composing.message_mark(delivery)}@cramps.test>"
        report = read(bounce("forwarded@elsewhere.example", message_id=message_id))
        assert scoring.record_report(report, find_delivery=composing.delivery_of)
        assert Bounce.objects.of_issue(older).get().subscriber == parent

    def test_tells_who_complained_where_the_address_is_left_out(self, parent):
        delivery = Delivery.objects.create(issue=make_issue(), subscriber=parent, accepted_at=timezone.now())
        report = read(complaint(told=False, message_id=f"<{composing.message_mark(delivery)}@cramps.test>"))
        assert scoring.record_report(report, find_delivery=composing.delivery_of)
        parent.refresh_from_db()
        assert parent.complained_at


def make_maildir(path, *contents):
    box = mailbox.Maildir(path)
    for content in contents:
        box.add(content)
    return str(path)


def make_mbox(path, *contents):
    box = mailbox.mbox(path)
    for content in contents:
        box.add(content)
    box.close()
    return str(path)


class FakeImap:
    """As much of an IMAP server as is asked for."""

    def __init__(self, *contents):
        self.messages = dict(enumerate(contents, 1))
        self.seen = set()

    def __call__(self, host, port, **options):
        return self

    def login(self, user, password):
        self.user = user

    def select(self, folder):
        return "OK", [b"1"]

    def uid(self, command, *arguments):
        if command == "SEARCH":
            return "OK", [" ".join(str(n) for n in self.messages if n not in self.seen).encode()]
        if command == "STORE":
            self.seen.add(int(arguments[0]))
            return "OK", [b""]
        head = b'1 (UID 1 INTERNALDATE "24-Nov-2026 03:00:00 +0000" BODY[]<0> {5}'
        return "OK", [(head, self.messages[int(arguments[0])]), b")"]

    def logout(self):
        pass


def run(location):
    out = StringIO()
    call_command("read_bounces", location, stdout=out)
    return out.getvalue().splitlines()


THREE = (
    bounce(),
    complaint("other@example.org"),
    plain("Hello, this is a question.", sender="jo@example.org", subject="Hi"),
)


@pytest.mark.django_db
class ReadingAMailbox:
    @pytest.mark.parametrize("make", [make_maildir, make_mbox])
    def test_records_what_is_in_it_once_and_leaves_what_it_does_not_understand(self, make, tmp_path, parent):
        location = make(tmp_path / "box", *THREE)
        first, second = run(location), run(location)
        assert {"hard: 1", "complaint: 1", "new and about a subscriber: 1", "not understood: 1"} < set(first)
        assert {"hard: 0", "complaint: 0", "new and about a subscriber: 0", "not understood: 1"} < set(second)
        parent.refresh_from_db()
        assert parent.bounce_score == 1

    def test_by_imap_marks_what_was_read(self, monkeypatch, parent):
        server = FakeImap(*THREE)
        monkeypatch.setattr(mailboxes.imaplib, "IMAP4_SSL", server)
        first, second = (run("imaps://post%40cramps.test@mail.example.org/INBOX") for _ in range(2))
        assert (server.user, server.seen) == ("post@cramps.test", {1, 2})
        assert "hard: 1" in first and "hard: 0" in second and "not understood: 1" in second

    def test_keeps_what_was_read_beside_an_mbox(self, tmp_path, parent):
        location = make_mbox(tmp_path / "box", *THREE)
        run(location)
        assert (len(mailbox.mbox(location)), len(mailbox.mbox(f"{location}.read"))) == (1, 2)

    def test_never_stumbles_over_broken_messages(self, tmp_path, parent):
        location = make_maildir(tmp_path / "box", b"\xff\xfe\0", b"", bounce()[:-300], bounce())
        assert "new and about a subscriber: 1" in run(location)

    def test_that_is_not_there_says_so(self, tmp_path):
        with pytest.raises(CommandError, match="is no maildir"):
            run(str(tmp_path / "nothing"))


def test_the_kinds_of_the_reader_and_of_the_table_are_the_same():
    assert set(Kind) - {Kind.DELAYED} == set(Bounce.Kind.values)


@pytest.mark.django_db
class WhatCameBack:
    def test_is_forgotten_after_half_a_year_and_the_score_is_not(self):
        parent = make_subscriber(bounce_score=3)
        old, new = timezone.now() - timedelta(days=181), timezone.now() - timedelta(days=179)
        for at in (old, new):
            Bounce.objects.create(subscriber=parent, kind="hard", at=at, on=at.date())
        assert forget_bounces() == 1
        assert Bounce.objects.get().at == new
        parent.refresh_from_db()
        assert parent.bounce_score == 3

    @pytest.mark.parametrize(("role", "status"), [("operator", 200), ("editor", 200), ("moderator", 403)])
    def test_is_read_in_the_admin_by_who_may_see_addresses(self, client, role, status):
        bounce = Bounce.objects.create(subscriber=make_subscriber("p@example.org"), kind="soft", on="2026-01-01")
        client.force_login(make_staff(role))
        answer = client.get("/admin/newsletter/bounce/?q=p@example.org")
        assert (answer.status_code, "p@example.org" in answer.text) == (status, status == 200)
        assert client.post(f"/admin/newsletter/bounce/{bounce.pk}/change/", {"kind": "hard"}).status_code == 403
