"""A list from elsewhere only ever adds people who agreed, and says beforehand what it will do."""

import csv
import re
import time
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from newsletter import admin_lists, exporting, importing
from newsletter.importing import Fate, Skip, Unreadable
from newsletter.models import Consent, Subscriber, Suppression
from tests.factories import make_staff, make_subscriber, make_topic

pytestmark = pytest.mark.django_db

HEADER = "email,topics,frequency,confirmed_at,consent"
AGREED = '2024-03-31,"Form on the old site: yes, write to me"'


def listed(*lines, header=HEADER):
    return "\n".join([header, *lines]).encode()


def imported(*lines, **options):
    """The Report of an import, which the dry run before it foresaw."""
    data = listed(*lines, **options)
    before = list(Subscriber.objects.order_by("pk").values())
    foreseen = importing.run(data, dry_run=True)
    assert list(Subscriber.objects.order_by("pk").values()) == before
    report = importing.run(data, dry_run=False)
    assert report == foreseen
    return report


def numbers(report):
    return {fate.value: number for fate, number in report.lines if number}


def words(report, fate=Fate.INVALID):
    return [outcome.words for outcome in report.outcomes[fate]]


def suppress(address):
    Suppression.objects.create(address_hash=Suppression.hash_of(address), reason="denied")


class AList:
    def test_brings_new_people_with_their_choices_and_their_consent(self):
        topic = make_topic(slug="sleep")
        assert numbers(imported(f"Ada@Example.org,sleep,each,{AGREED}", f"jo@example.org,,,{AGREED}")) == {"new": 2}
        ada, jo = Subscriber.objects.order_by("pk")
        assert (ada.email, ada.normalised, ada.frequency) == ("Ada@Example.org", "ada@example.org", "each")
        assert (list(ada.topics.all()), jo.frequency, ada.is_active, jo.is_active) == ([topic], "weekly", True, True)
        consent = ada.consents.get()
        assert (consent.fact, consent.wording) == ("imported", "Form on the old site: yes, write to me")
        assert consent.at == ada.confirmed_at
        assert timezone.localdate(consent.at).isoformat() == "2024-03-31"

    def test_shows_what_it_changes(self):
        sleep, sport = make_topic(slug="sleep"), make_topic(slug="sport")
        known = make_subscriber("jo@example.org")
        known.topics.set([sleep])
        report = imported(f'jo@example.org,"sport, sleep",each,{AGREED}')
        assert words(report, Fate.CHANGED) == ["topics: sleep → sport, sleep; frequency: weekly → each"]
        assert set(known.topics.all()) == {sleep, sport}

    def test_says_nothing_by_what_it_leaves_empty(self):
        known = make_subscriber("jo@example.org", frequency="each", paused_until=timezone.now())
        known.topics.set([make_topic()])
        assert numbers(imported("jo@example.org,,,,")) == {"unchanged": 1}
        assert numbers(imported("jo@example.org", header="email")) == {"unchanged": 1}
        assert known.topics.count() == 1

    def test_leaves_the_consent_of_who_gave_it_here(self):
        known = make_subscriber("jo@example.org")
        imported(f"jo@example.org,,each,{AGREED}")
        assert not known.consents.exists()

    def test_twice_changes_nothing_the_second_time(self):
        make_topic(slug="sleep")
        lines = [f"ada@example.org,sleep,each,{AGREED}", f"jo@example.org,,,{AGREED}"]
        imported(*lines)
        assert numbers(imported(*lines)) == {"unchanged": 2}
        assert Consent.objects.count() == 2

    @pytest.mark.parametrize("other", ["ADA@BÜCHER.example", "ada@xn--bcher-kva.example"])
    def test_knows_one_person_in_two_lines(self, other):
        report = imported(f"ada@bücher.example,,,{AGREED}", f"{other},,each,{AGREED}")
        assert numbers(report) == {"new": 1, "skipped": 1}
        assert report.reasons == {Skip.REPEATED: 1}

    def test_knows_one_person_in_two_blocks(self, monkeypatch):
        monkeypatch.setattr(importing, "BLOCK", 1)
        assert numbers(imported(*[f"ada@example.org,,,{AGREED}"] * 3)) == {"new": 1, "skipped": 2}

    def test_confirms_who_asked_here_and_had_agreed_there(self):
        make_subscriber("jo@example.org", confirmed_at=None)
        assert numbers(imported(f"jo@example.org,,,{AGREED}")) == {"changed": 1}
        assert Subscriber.objects.active().get().consents.get().fact == "imported"

    def test_writes_to_nobody(self, mailoutbox):
        from cramps_site.lib.models import OutgoingMail

        imported(f"jo@example.org,,,{AGREED}")
        assert not OutgoingMail.objects.exists()


class WhoSaidNo:
    def test_stays_suppressed(self):
        suppress("jo@example.org")
        report = imported(f"JO@example.org,,,{AGREED}")
        assert report.reasons == {Skip.SUPPRESSED: 1}
        assert not Subscriber.objects.exists()
        assert Suppression.objects.count() == 1

    @pytest.mark.parametrize(
        ("fact", "reason"),
        [("left_at", Skip.LEFT), ("bounced_at", Skip.BOUNCED), ("complained_at", Skip.COMPLAINED)],
    )
    def test_is_not_brought_back(self, fact, reason):
        known = make_subscriber("jo@example.org", **{fact: timezone.now()})
        assert imported(f"jo@example.org,,each,{AGREED}").reasons == {reason: 1}
        known.refresh_from_db()
        assert (known.is_active, known.frequency) == (False, "weekly")

    def test_is_left_out_where_the_list_says_so(self):
        report = imported(f"jo@example.org,left,{AGREED}", header="email,state,confirmed_at,consent")
        assert report.reasons == {Skip.ENDED_THERE: 1}

    def test_and_who_never_confirmed_is_left_out(self):
        make_subscriber("asked@example.org", confirmed_at=None)
        assert imported("jo@example.org,,,,yes", "asked@example.org,,,,yes").reasons == {Skip.NOT_CONFIRMED: 2}
        assert not Subscriber.objects.active().exists()


class ALine:
    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            (f"nobody,,,{AGREED}", "no mail address"),
            (f",sleep,,{AGREED}", "address is missing"),
            (f"{'a' * 250}@example.org,,,{AGREED}", "too long"),
            (f'"jo@example.org\r\nBcc: x@example.org",,,{AGREED}', "line break"),
            (f'"jo@example.org\n",,,{AGREED}', "line break"),
            (f'"jo@example.org,x@example.org",,,{AGREED}', "no mail address"),
            (f"Jo <jo@example.org>,,,{AGREED}", "no mail address"),
            (f"jo@example.org,gone,,{AGREED}", "no topic 'gone'. Known are: sleep."),
            (f"jo@example.org,,daily,{AGREED}", "write each or weekly"),
            ("jo@example.org,,,31.3.2024,yes", "write it like 2024-03-31"),
            ("jo@example.org,,,2024-02-31,yes", "write it like 2024-03-31"),
            ("jo@example.org,,,2999-01-01,yes", "Nobody can have confirmed"),
            ("jo@example.org,,,0001-01-01,yes", "Nobody can have confirmed"),
            ("jo@example.org,,,2024-03-31,", "consent is missing"),
            ("jo@example.org,,,2024-03-31,y\0es", "belong in no text"),
            (f"jo@example.org,,,{AGREED},more", "more cells"),
        ],
    )
    def test_that_cannot_be_is_named_with_a_sentence_and_the_rest_goes_on(self, line, sentence):
        make_topic(slug="sleep")
        report = imported(line, f"ada@example.org,,,{AGREED}")
        assert numbers(report) == {"new": 1, "invalid": 1}
        [outcome] = report.outcomes[Fate.INVALID]
        assert sentence in outcome.words
        assert not re.search(r"[\r\n]", outcome.email)
        assert Subscriber.objects.get().email == "ada@example.org"

    def test_is_counted_as_in_an_editor(self):
        assert imported(f"ada@example.org,,,{AGREED}", "", "nobody").outcomes[Fate.INVALID][0].line == 4


class AFile:
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_is_read_with_each_separator_mark_and_line_end(self, separator, mark, end):
        rows = [["Email ", "confirmed_at", "consent"], ["jo@bücher.example", "2024-03-31 18:00", "yes"]]
        data = (mark + end.join(separator.join(row) for row in rows)).encode()
        assert numbers(importing.run(data, dry_run=False)) == {"new": 1}

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "must name the columns"),
            (b"name,address\nJo,jo@example.org", "one of them must be email"),
            ("email,consent\njo@example.org,ja, für immer".encode("latin-1"), r"not UTF-8 \(line 2\)"),
            ("email\njo@example.org".encode("utf-16"), "UTF-16"),
            (b"email,email\nx,y", "there twice"),
            (b'email,consent\njo@example.org,"not closed\nada@example.org,', "quotation marks"),
            (b'email\n"' + b"x" * 200_000 + b'"', "quotation marks"),
        ],
    )
    def test_that_cannot_be_read_says_why(self, data, sentence):
        with pytest.raises(Unreadable, match=sentence):
            importing.run(data, dry_run=False)

    def test_may_have_more_columns(self):
        report = imported(f"Jo,jo@example.org,{AGREED}", header="name,email,confirmed_at,consent")
        assert (report.unknown, numbers(report)) == (["name"], {"new": 1})

    def test_meets_somebody_who_subscribes_meanwhile(self, monkeypatch):
        apply, calls = importing.Block.apply, []

        def late(block):
            calls.append(block)
            if len(calls) == 1:
                make_subscriber("jo@example.org")
            apply(block)

        monkeypatch.setattr(importing.Block, "apply", late)
        # What the stranger did is taken back with the block's own transaction: the second attempt meets nobody.
        assert numbers(importing.run(listed(f"jo@example.org,,,{AGREED}"), dry_run=False)) == {"new": 1}
        assert (len(calls), Subscriber.objects.count()) == (2, 1)


NOISE = st.text(max_size=30) | st.sampled_from(["=1+1", '"', "\r", "\0", "a@b.example\r\nBcc: x@y.org"])
CELLS = {
    "email": st.sampled_from(["never@example.org", "NEVER@Example.org", "gone@example.org", "jo@example.org"]),
    "topics": st.sampled_from(["", "sleep"]),
    "frequency": st.sampled_from(["", "each", "weekly"]),
    "confirmed_at": st.sampled_from(["2024-03-31", "2024-03-31T18:00Z"]),
    "consent": st.just("yes"),
    "state": st.sampled_from(["", "confirmed", "left"]),
}
LIKELY = st.tuples(*CELLS.values())
UNLIKELY = st.tuples(*(cell | NOISE for cell in CELLS.values()))
NOISY = st.lists(LIKELY | UNLIKELY | st.lists(NOISE, max_size=8), max_size=8)


class Noise:
    def ran(self, data):
        try:
            foreseen = importing.run(data, dry_run=True)
        except Unreadable:
            foreseen = None
        try:
            report = importing.run(data, dry_run=False)
        except Unreadable:
            report = None
        assert foreseen == report
        active = set(Subscriber.objects.active().values_list("normalised", flat=True))
        assert not active & {"never@example.org", "gone@example.org"}
        assert not any(re.search(r"[\s,]", address) for address in active if '"' not in address)
        assert Suppression.covers("never@example.org")
        for subscriber in Subscriber.objects.active():
            assert subscriber.consents.exclude(wording="").exists()

    @pytest.fixture(autouse=True)
    def said_no(self):
        make_topic(slug="sleep")
        suppress("never@example.org")
        make_subscriber("gone@example.org", left_at=timezone.now())

    @given(NOISY)
    def test_in_cells_never_raises_nor_brings_back_who_said_no(self, rows):
        out = StringIO()
        csv.writer(out).writerows([CELLS, *rows])
        self.ran(out.getvalue().encode("utf-8", "surrogatepass"))

    @given(st.binary(max_size=200) | NOISY.map(lambda rows: "\n".join(",".join(row) for row in rows).encode()))
    def test_in_bytes_never_raises_nor_brings_back_who_said_no(self, data):
        for start in (b"", b"email\n", b"\xef\xbb\xbfemail;confirmed_at;consent\n"):
            self.ran(start + data)


class AnExport:
    def read(self, subscribers=None):
        text = "".join(exporting.lines(Subscriber.objects.all() if subscribers is None else subscribers))
        return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))

    def test_holds_what_an_import_reads(self):
        sleep, sport = make_topic(slug="sleep"), make_topic(slug="sport")
        subscriber = make_subscriber("jo@example.org", frequency="each")
        subscriber.topics.set([sleep, sport])
        Consent.objects.create(subscriber=subscriber, fact="confirmed", wording="Yes")
        make_subscriber("gone@example.org", left_at=timezone.now())
        rows = self.read()
        assert [row["state"] for row in rows] == ["confirmed", "left"]
        assert (rows[0]["topics"], rows[0]["consent"]) == ("sleep,sport", "Yes")
        data = "".join(exporting.lines(Subscriber.objects.all())).encode()
        Subscriber.objects.all().delete()
        assert numbers(importing.run(data, dry_run=False)) == {"new": 1, "skipped": 1}
        again = Subscriber.objects.get()
        assert (again.email, again.frequency, again.topics.count()) == ("jo@example.org", "each", 2)
        assert abs(again.confirmed_at - subscriber.confirmed_at).total_seconds() < 1

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "'="])
    def test_runs_no_formula(self, start):
        wording = f"{start}cmd|'/C calc'!A0"
        Consent.objects.create(subscriber=make_subscriber(), fact="confirmed", wording=wording)
        [row] = self.read()
        assert row["consent"] == f"'{wording}"
        assert exporting.restore(row["consent"]) == wording

    def test_runs_no_formula_in_an_address_either(self):
        make_subscriber("=1+1@example.org")
        make_subscriber("jo@example.org")
        assert [row["email"] for row in self.read()] == ["'=1+1@example.org", "jo@example.org"]

    @given(st.text(max_size=10))
    def test_gives_back_every_text(self, text):
        assert exporting.restore(exporting.defuse(text)) == text
        assert not re.match(r"[=+\-@\t\r]", exporting.defuse(text))


class TheAdmin:
    IMPORT, PROCESS, EXPORT = (
        f"/admin/newsletter/subscriber/{step}/" for step in ("import", "process_import", "export")
    )

    @pytest.fixture
    def client(self, settings, tmp_path):
        settings.VAR_DIR = tmp_path
        client = Client()
        client.force_login(make_staff("admin"))
        return client

    def upload(self, client, data):
        file = SimpleUploadedFile("list.csv", data, "text/csv")
        return client.post(self.IMPORT, {"import_file": file, "format": "0", "resource": "0"})

    def confirm(self, client, page):
        return client.post(self.PROCESS, page.context["confirm_form"].initial)

    def test_shows_what_would_happen_then_does_it(self, client):
        data = listed(f"ada@example.org,,,{AGREED}", "nobody", f"ADA@example.org,,,{AGREED}")
        page = self.upload(client, data)
        assert not Subscriber.objects.exists()
        assert "no mail address" in page.text and "the same person stands further up" in page.text
        done = self.confirm(client, page)
        assert done.context["result"].report == page.context["result"].report
        assert Subscriber.objects.get().is_active
        assert "1 new" in LogEntry.objects.get().change_message

    def test_keeps_the_file_only_until_it_is_imported(self, client, tmp_path):
        page = self.upload(client, listed(f"ada@example.org,,,{AGREED}"))
        [file] = (tmp_path / "imports").iterdir()
        assert (file.stat().st_mode & 0o777, (tmp_path / "imports").stat().st_mode & 0o777) == (0o600, 0o700)
        self.confirm(client, page)
        assert not file.exists()
        again = self.confirm(client, page)
        assert again["Location"] == self.IMPORT
        assert "choose it again" in client.get(self.IMPORT).text

    def test_deletes_a_file_that_nobody_came_back_for(self, client, tmp_path, monkeypatch):
        self.upload(client, listed(f"ada@example.org,,,{AGREED}"))
        later = time.time() + 2 * 60 * 60
        monkeypatch.setattr(admin_lists.time, "time", lambda: later)
        self.upload(client, listed(f"jo@example.org,,,{AGREED}"))
        assert len(list((tmp_path / "imports").iterdir())) == 1

    @pytest.mark.parametrize("name", ["../db.sqlite3", "/etc/passwd", "0" * 31, "0" * 32, "x"])
    def test_reads_no_other_file(self, client, name):
        form = {"import_file_name": name, "original_file_name": "x", "format": "0"}
        assert client.post(self.PROCESS, form)["Location"] == self.IMPORT

    @pytest.mark.parametrize(
        ("data", "sentence"), [(b"\xff\xfee", "UTF-16"), (b"name\n", "must be email"), (b"", "empty")]
    )
    def test_says_what_is_wrong_with_a_file(self, client, data, sentence):
        page = self.upload(client, data)
        assert sentence in page.text
        assert "Import it" not in page.text

    def test_takes_twenty_megabytes_and_says_what_to_do_with_more(self, client):
        line = f"ada@example.org,,,{AGREED}\n".encode()
        empty = b" " * 100_000 + b"\n"
        data = listed("") + line + empty * 199
        assert "What would happen" in self.upload(client, data).text
        assert "larger than 20 MB" in self.upload(client, data + empty * 15).text

    def test_names_no_address_in_its_log(self, client):
        subscriber = make_subscriber("parent@example.org")
        client.post(f"/admin/newsletter/subscriber/{subscriber.pk}/delete/", {"post": "yes"})
        assert not Subscriber.objects.exists()
        assert all("parent" not in entry.object_repr for entry in LogEntry.objects.all())

    def test_gives_the_list_out_and_notes_to_whom(self, client):
        make_subscriber("jo@example.org")
        make_subscriber("gone@example.org", left_at=timezone.now())
        assert "2 subscribers" in client.get(self.EXPORT).text
        assert not LogEntry.objects.exists()
        answer = client.post(f"{self.EXPORT}?state=confirmed")
        text = answer.getvalue().decode("utf-8-sig")
        assert "jo@example.org" in text and "gone" not in text
        assert LogEntry.objects.get().change_message == "Exported the list."

    def test_finds_people_by_state_topic_frequency_and_address(self, client):
        topic = make_topic()
        make_subscriber("jo@example.org", frequency="each").topics.add(topic)
        make_subscriber("ada@example.org", left_at=timezone.now())
        for query in ("state=left", "q=ada", "frequency__exact=weekly", "state=none&q=ada@"):
            text = client.get(f"/admin/newsletter/subscriber/?{query}").text
            assert ("ada@example.org" in text, "jo@example.org" in text) == (True, False), query
        assert "jo@example.org" in client.get(f"/admin/newsletter/subscriber/?topics__id__exact={topic.pk}").text

    @pytest.mark.parametrize("role", ["writer", "reviewer", "moderator", "editor"])
    def test_keeps_whole_lists_from_every_role(self, role):
        client = Client()
        client.force_login(make_staff(role))
        assert {client.get(url).status_code for url in (self.IMPORT, self.EXPORT)} == {403}


class TheCommand:
    @pytest.fixture
    def file(self, tmp_path):
        file = tmp_path / "list.csv"
        file.write_bytes(listed(f"ada@example.org,,,{AGREED}", *["nobody"] * 25))
        return file

    def run(self, *arguments, **options):
        out = StringIO()
        call_command("import_subscribers", *arguments, stdout=out, **options)
        return out.getvalue()

    def test_says_the_same_as_it_does(self, file):
        foreseen = self.run(file, dry_run=True)
        assert not Subscriber.objects.exists()
        done = self.run(file)
        assert foreseen.splitlines()[1:] == done.splitlines()[1:]
        assert "  new: 1" in done and "  invalid: 25" in done
        assert Subscriber.objects.get().is_active

    def test_lists_a_few_or_all(self, file):
        assert "... and 5 more" in self.run(file)
        assert self.run(file, verbosity=2).count("line ") == 25

    def test_says_what_is_wrong_with_the_file(self, tmp_path):
        with pytest.raises(CommandError, match="No such file"):
            self.run(tmp_path / "none.csv")
        (tmp_path / "bad.csv").write_bytes(b"\xff\xfe")
        with pytest.raises(CommandError, match="UTF-16"):
            self.run(tmp_path / "bad.csv")
