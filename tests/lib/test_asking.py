import socket

import pytest

from cramps_site.lib import asking
from cramps_site.lib.asking import ask
from tests import foreign_site
from tests.foreign_site import Site


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(asking, "is_public", lambda address: True)
    with foreign_site.running() as address:
        yield address


@pytest.fixture
def silent(monkeypatch):
    """A server that takes a connection and says nothing."""
    monkeypatch.setattr(asking, "is_public", lambda address: True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


class AskingForAPage:
    @pytest.mark.parametrize(
        ("path", "status", "is_failing"),
        [("200", 200, False), ("404", 404, True), ("410", 410, True), ("500", 500, True), ("403", 403, False),
         ("429", 429, False), ("no-head", 200, False)],
    )  # fmt: skip
    def test_tells_what_is_gone_from_what_refuses_us(self, site, path, status, is_failing):
        answer = ask(f"{site}/{path}")
        assert (answer.status, answer.is_failing) == (status, is_failing)

    def test_says_who_asks_and_where_to_complain(self, site, settings):
        ask(f"{site}/200")
        assert Site.seen == [("HEAD", "/200", f"{settings.SITE_NAME} link check (+{settings.SITE_URL}/about/)")]

    def test_follows_redirects_and_tells_those_for_good(self, site):
        assert ask(f"{site}/301/308/200").moved_to == f"{site}/200"
        assert ask(f"{site}/302/200") == asking.Answer(200)

    def test_gives_up_on_a_circle(self, site):
        assert ask(f"{site}/301/301/301/301/301/301/200").is_failing

    def test_waits_no_longer_than_it_says(self, silent, monkeypatch):
        monkeypatch.setattr(asking, "TIMEOUT", 0.2)
        assert ask(f"http://{silent}/").words == "It did not answer in time."

    def test_hangs_up_on_who_drips(self, monkeypatch):
        monkeypatch.setattr(asking, "is_public", lambda address: True)
        monkeypatch.setattr(asking, "DEADLINE", 0.3)
        with socket.create_server(("127.0.0.1", 0)) as server:
            answer = ask(f"http://127.0.0.1:{server.getsockname()[1]}/")
        assert answer.is_failing

    def test_does_not_trust_a_wrong_certificate(self, site):
        assert ask(site.replace("http:", "https:")).is_failing

    @pytest.mark.parametrize(
        "url", ["ftp://example.org/", "file:///etc/passwd", "http://", "http://[x/", "http://a:x/"]
    )
    def test_never_raises(self, url):
        assert ask(url).is_failing


class OurOwnNetwork:
    @pytest.mark.parametrize(
        "address",
        ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "172.16.0.1", "100.64.0.1", "0.0.0.0", "::1",
         "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "224.0.0.1"],
    )  # fmt: skip
    def test_is_not_public(self, address):
        assert not asking.is_public(address)

    @pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
    def test_is_not_the_internet(self, address):
        assert asking.is_public(address)

    def test_is_never_connected_to_under_any_name(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1"):
                assert ask(f"http://{host}:{server.getsockname()[1]}/").is_failing
            server.settimeout(0.1)
            with pytest.raises(TimeoutError):
                server.accept()

    def test_is_not_reached_by_a_redirect(self, site, monkeypatch):
        first = iter([True])
        monkeypatch.setattr(asking, "is_public", lambda address: next(first, False))
        assert "not a public one" in ask(f"{site}/301/200").words
        assert len(Site.seen) == 1
