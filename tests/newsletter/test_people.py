"""One person's rights at the site: to be told what is kept, and to have it erased. By command, for both apps."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from comments.models import Comment
from newsletter import people, subscribing
from newsletter.models import Consent, Subscriber, Suppression
from tests.factories import make_comment, make_contact, make_subscriber

pytestmark = pytest.mark.django_db

ADDRESS = "parent@example.org"


def run(command, *arguments, **options):
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def person():
    subscriber = make_subscriber("Parent@Example.org")
    Consent.objects.create(subscriber=subscriber, fact="confirmed", wording="Yes")
    make_comment(email=ADDRESS, contact=make_contact(email=ADDRESS), body="Warm socks.")
    return subscriber


class Exporting:
    def test_tells_what_both_apps_keep(self, person):
        told = json.loads(run("export_person", "PARENT@example.org"))
        assert told["newsletter"]["subscriber"]["address"] == "Parent@Example.org"
        assert told["newsletter"]["subscriber"]["consents"][0]["wording"] == "Yes"
        assert told["comments"]["comments"][0]["text"] == "Warm socks."

    def test_of_nobody_tells_nothing(self):
        told = json.loads(run("export_person", ADDRESS))
        assert told["newsletter"] == {"subscriber": None, "suppression": None}

    def test_tells_of_a_suppression(self):
        make_subscriber(ADDRESS, confirmed_at=None).deny()
        assert people.export_of(ADDRESS)["suppression"]["reason"] == "Its owner did not ask"


class Erasing:
    def test_shows_what_it_will_do_and_does_it(self, person):
        out = run("erase_person", ADDRESS, yes=True)
        assert out.count("1 subscriptions") == out.count("1 consents") == 2
        assert not Subscriber.objects.exists()
        assert not Comment.objects.exclude(body="").exists()
        assert "Nothing is kept" in run("erase_person", ADDRESS)

    def test_asks_before(self, person, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda question: "no")
        with pytest.raises(CommandError, match="Nothing was erased"):
            run("erase_person", ADDRESS)
        assert Subscriber.objects.exists()
        monkeypatch.setattr("builtins.input", lambda question: "yes")
        run("erase_person", ADDRESS)
        assert not Subscriber.objects.exists()

    def test_keeps_a_suppression_and_makes_none(self, person):
        run("erase_person", ADDRESS, yes=True)
        assert not Suppression.objects.exists()
        make_subscriber(ADDRESS)
        Suppression.objects.create(address_hash=Suppression.hash_of(ADDRESS), reason="complained")
        run("erase_person", ADDRESS, yes=True)
        subscribing.ask(ADDRESS)
        assert subscribing.compose_answer(Subscriber.objects.get().pk) is None
