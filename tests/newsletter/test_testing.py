import socket

import pytest

from cramps_site.lib import asking
from newsletter import checking, testing
from newsletter.models import Issue
from tests import foreign_site
from tests.factories import make_issue, make_staff
from tests.foreign_site import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    with foreign_site.running() as address:
        yield address


@pytest.fixture
def public(monkeypatch):
    """Our own network counts as the internet."""
    monkeypatch.setattr(asking, "is_public", lambda address: True)


def make_draft(*links, **fields):
    introduction = "Warm socks help. " + " ".join(f"[There]({link})" for link in links)
    return make_issue(**{"introduction": introduction, "frozen_at": None, **fields})


def outcome_of(issue):
    """(the mail, the links found dead)"""
    test = testing.send_test(issue, to=make_staff("editor", email="editor@cramps.test"))
    letter = testing.compose_test(test.pk)
    test.refresh_from_db()
    return letter.message(), test.dead_links


class ATest:
    def test_counts_as_seen_once_its_mail_is_made_and_for_what_that_says(self):
        issue = make_draft()
        test = testing.send_test(issue, to=make_staff("editor"))
        assert any("on its way" in each for each in checking.problems(issue))
        Issue.objects.update(introduction="Cold feet.")
        testing.compose_test(test.pk)
        assert any("Nobody has seen it" in each for each in checking.problems(issue))
        issue.refresh_from_db()
        assert not any("Nobody has seen it" in each for each in checking.problems(issue))

    def test_goes_to_the_member_of_staff_as_the_issue_stands(self):
        issue = make_draft(subject="Socks")
        issue.introduction = "Cold feet."
        issue.save()
        message, _ = outcome_of(issue)
        assert message["To"] == "editor@cramps.test"
        assert "Socks" in message["Subject"]
        assert "Cold feet." in str(message)

    def test_has_links_to_the_newsletters_page_where_the_recipients_own_would_be(self, settings):
        message, _ = outcome_of(make_draft())
        assert f"{settings.SITE_URL}/newsletter/>" in message["List-Unsubscribe"]
        assert "/newsletter/unsubscribe/" not in str(message)
        assert "/newsletter/preferences/" not in str(message)


class LinksToOtherSites:
    @pytest.mark.parametrize("status", [404, 410])
    def test_that_are_gone_are_named_and_kept(self, site, public, status):
        issue = make_draft(f"{site}/{status}", f"{site}/200")
        assert outcome_of(issue)[1] == [f"{site}/{status}"]
        assert any(f"{site}/{status} did not answer" in sentence for sentence in checking.problems(issue))

    def test_to_a_site_that_nobody_has_are_named(self, monkeypatch):
        def unknown(*args, **options):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(asking.socket, "getaddrinfo", unknown)
        assert outcome_of(make_draft("http://nobody.example/"))[1] == ["http://nobody.example/"]

    def test_are_not_called_gone_while_no_name_can_be_looked_up(self, monkeypatch):
        def down(*args, **options):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        monkeypatch.setattr(asking.socket, "getaddrinfo", down)
        assert outcome_of(make_draft("http://nobody.example/"))[1] == []

    @pytest.mark.parametrize("status", [403, 429, 500])
    def test_that_refuse_us_are_given_the_benefit_of_the_doubt(self, site, public, status):
        assert outcome_of(make_draft(f"{site}/{status}"))[1] == []
        assert Site.seen

    def test_that_take_long_are_given_the_benefit_of_the_doubt(self, public, monkeypatch):
        monkeypatch.setattr(asking, "TIMEOUT", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            assert outcome_of(make_draft(f"http://127.0.0.1:{silent.getsockname()[1]}/"))[1] == []

    def test_are_never_asked_for_in_our_own_network(self, site):
        assert outcome_of(make_draft(f"{site}/404"))[1] == []
        assert Site.seen == []
