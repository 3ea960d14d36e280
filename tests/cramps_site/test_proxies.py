"""What proxies say of a reader is believed from trusted networks only, and then nobody further in hears it."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cramps_site.proxies import TrustedProxies, parse_address

NETWORKS = tuple(map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "fd00::/8")))


def seen_behind(networks, remote="127.0.0.1", **headers):
    """The environ that the layer within is given."""
    environ = {
        "REMOTE_ADDR": remote,
        "wsgi.url_scheme": "http",
        **{f"HTTP_{name}": value for name, value in headers.items()},
    }
    seen = []
    TrustedProxies(lambda environ, start_response: seen.append(environ), networks)(environ, None)
    return seen[0]


class ATrustedProxy:
    @pytest.mark.parametrize(
        ("forwarded", "reader"),
        [
            ("203.0.113.7", "203.0.113.7"),
            ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
            ("6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
            ("6.6.6.6,203.0.113.7,10.1.2.3,fd00::9", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("fe80::1%eth0", "fe80::1"),
        ],
    )
    def test_the_reader_is_the_right_most_address_that_is_not_trusted(self, forwarded, reader):
        assert seen_behind(NETWORKS, X_FORWARDED_FOR=forwarded)["REMOTE_ADDR"] == reader

    def test_where_all_addresses_are_trusted_the_first_one_is_the_reader(self):
        assert seen_behind(NETWORKS, X_FORWARDED_FOR="10.0.0.1, 10.0.0.2")["REMOTE_ADDR"] == "10.0.0.1"

    @pytest.mark.parametrize(
        "garbage", ["unknown", "", ",", "6.6.6.6, unknown", "999.1.1.1", "\x00", "<script>", "_hidden"]
    )
    def test_garbage_leaves_the_proxy_as_the_sender(self, garbage):
        assert seen_behind(NETWORKS, X_FORWARDED_FOR=garbage)["REMOTE_ADDR"] == "127.0.0.1"

    def test_garbage_ends_the_search_before_what_a_reader_may_have_written(self):
        assert seen_behind(NETWORKS, X_FORWARDED_FOR="6.6.6.6, unknown, 10.0.0.2")["REMOTE_ADDR"] == "10.0.0.2"

    def test_is_believed_when_it_connects_by_ipv4_within_ipv6(self):
        assert seen_behind(NETWORKS, "::ffff:127.0.0.1", X_FORWARDED_FOR="203.0.113.7")["REMOTE_ADDR"] == "203.0.113.7"

    @pytest.mark.parametrize(
        ("said", "scheme"),
        [
            ("https", "https"),
            ("HTTPS", "https"),
            ("https, http", "http"),
            ("gopher", "http"),
            ("", "http"),
            ("https\x00", "http"),
        ],
    )
    def test_says_whether_the_reader_came_by_https(self, said, scheme):
        assert seen_behind(NETWORKS, X_FORWARDED_PROTO=said)["wsgi.url_scheme"] == scheme

    def test_a_header_of_a_hundred_thousand_hops_is_not_followed_to_its_end(self):
        endless = "6.6.6.6" + ", 10.0.0.1" * 100_000
        assert seen_behind(NETWORKS, X_FORWARDED_FOR=endless)["REMOTE_ADDR"] == "10.0.0.1"


class AnybodyElse:
    @pytest.mark.parametrize(
        ("networks", "remote"), [((), "127.0.0.1"), (NETWORKS, "203.0.113.9"), (NETWORKS, ""), (NETWORKS, "a socket")]
    )
    def test_is_not_believed(self, networks, remote):
        seen = seen_behind(networks, remote, X_FORWARDED_FOR="6.6.6.6", X_FORWARDED_PROTO="https")
        assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == (remote, "http")

    def test_a_server_that_names_no_address_is_not_believed(self):
        environ = {"wsgi.url_scheme": "http", "HTTP_X_FORWARDED_FOR": "6.6.6.6"}
        TrustedProxies(lambda environ, start_response: None, NETWORKS)(environ, None)
        assert environ == {"wsgi.url_scheme": "http"}


@pytest.mark.parametrize("remote", ["127.0.0.1", "203.0.113.9"])
@pytest.mark.parametrize("networks", [(), NETWORKS])
def test_nothing_further_in_sees_a_forwarding_header(networks, remote):
    claims = dict.fromkeys(["FOR", "PROTO", "HOST", "PORT", "SERVER", "PREFIX", "ANYTHING"], "evil.example")
    seen = seen_behind(
        networks, remote, FORWARDED="for=6.6.6.6", **{f"X_FORWARDED_{name}": value for name, value in claims.items()}
    )
    assert not [name for name in seen if "FORWARDED" in name]


def test_other_headers_stay():
    assert seen_behind(NETWORKS, HOST="cramps.test", X_FOO="1") == {
        "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "HTTP_HOST": "cramps.test", "HTTP_X_FOO": "1",
    }  # fmt: skip


@given(st.text(), st.text(), st.text())
def test_whatever_is_sent_is_answered(remote, forwarded, proto):
    for peer in (remote, "127.0.0.1"):
        seen = seen_behind(NETWORKS, peer, X_FORWARDED_FOR=forwarded, X_FORWARDED_PROTO=proto)
        assert seen["wsgi.url_scheme"] in ("http", "https")
        assert seen["REMOTE_ADDR"] == peer or parse_address(seen["REMOTE_ADDR"])
