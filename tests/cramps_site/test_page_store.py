"""Stored pages: what is stored, what is given from the store, and how long a page may be believed."""

import gzip
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError

from cramps_site import page_store
from cramps_site.page_store import PageStore, preferred_coding

# The store closes broken connections, which the tests' own would be taken for.
pytestmark = pytest.mark.django_db

BODY = b"<h1>Night cramps</h1>" + b"<p>What helps.</p>" * 200


class Site:
    """A site of one article behind a store: the tests turn its clocks and change its text."""

    def __init__(self, **options):
        self.now, self.wall = 1000.0, 1_800_000_000.0
        self.stamp, self.stamp_sent, self.body = (1, 1), None, BODY
        self.headers, self.status, self.valid_until = [], "200 OK", None
        self.rendered, self.asked, self.seen = 0, 0, []
        self.during_rendering = self.during_asking = lambda: None
        self.store = PageStore(
            self.django, current=self.current, monotonic=lambda: self.now, wall=lambda: self.wall, **options
        )

    def django(self, environ, start_response):
        self.rendered += 1
        self.seen.append(environ)
        site, article = self.stamp
        body = self.body
        self.during_rendering()
        headers = [("Content-Type", "text/html"), ("Content-Length", str(len(body))), *self.headers]
        headers.append(("X-Page-Stamp", f"{site} 7 {article}" if self.stamp_sent is None else self.stamp_sent))
        if self.valid_until:
            headers.append(("X-Page-Valid-Until", str(self.valid_until)))
        start_response(self.status, headers)
        return [body]

    def current(self, article_id):
        self.asked += 1
        stamp = self.stamp
        self.during_asking()
        return stamp

    def change(self, body):
        """Commit a change of the article."""
        self.body, self.stamp = body, (self.stamp[0], self.stamp[1] + 1)

    def get(self, path="/articles/night-cramps/", method="GET", **environ):
        request = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "wsgi.url_scheme": "https", "HTTP_HOST": "cramps.test",
        }  # fmt: skip
        return Reply(self.store, {**request, **environ})


class Reply:
    def __init__(self, store, environ):
        chunks = store(environ, self._start)
        self.body = b"".join(chunks)
        getattr(chunks, "close", lambda: None)()

    def _start(self, status, headers, exc_info=None):
        self.status, self.headers = int(status[:3]), {name.lower(): value for name, value in headers}
        assert len(self.headers) == len(headers), "a header was sent twice"


@pytest.fixture(autouse=True)
def no_log(monkeypatch):
    monkeypatch.setattr(page_store.request_log, "write", lambda *line: None)


@pytest.fixture
def site():
    return Site()


class APage:
    def test_is_rendered_once_for_all_readers(self, site):
        assert [site.get().body for _ in range(3)] == [BODY] * 3
        assert site.rendered == 1

    def test_never_shows_its_stamp(self, site):
        site.valid_until = site.wall + 60
        for reply in (site.get(), site.get(), site.get(QUERY_STRING="a=b"), site.get(method="POST")):
            assert not [name for name in reply.headers if name.startswith("x-page")]

    @pytest.mark.parametrize("other", [{"wsgi.url_scheme": "http"}, {"HTTP_HOST": "cramps.test:8000"}, {"path": "/"}])
    def test_is_stored_for_its_scheme_host_and_path_alone(self, site, other):
        site.get()
        site.get(**other)
        assert site.rendered == 2

    @pytest.mark.parametrize(
        "request_",
        [
            {"QUERY_STRING": "page=2"},
            {"method": "POST"},
            {"method": "PUT"},
            {"HTTP_COOKIE": f"a=b; {settings.SESSION_COOKIE_NAME}=1"},
            {"path": "/static/css/site.css"},
            {"path": "/media/a.jpg"},
        ],
    )
    def test_is_neither_stored_for_nor_given_to_any_other_request(self, site, request_):
        for _ in range(2):
            site.get(**request_)
        assert site.rendered == 2
        site.get(path=request_.get("path", "/articles/night-cramps/"))
        site.get(**request_)
        assert site.rendered >= 3
        assert site.seen[-1]["REQUEST_METHOD"] == request_.get("method", "GET")

    def test_reaches_readers_with_a_cookie_of_somebody_else(self, site):
        site.get()
        assert site.get(HTTP_COOKIE="_tracker=1").body == BODY
        assert site.rendered == 1

    @pytest.mark.parametrize(
        "status", ["404 Not Found", "301 Moved Permanently", "500 Internal Server Error", "206 Partial Content"]
    )
    def test_is_stored_only_if_it_is_a_success(self, site, status):
        site.status = status
        assert site.get().status == int(status[:3])
        site.get()
        assert site.rendered == 2

    @pytest.mark.parametrize(
        "header",
        [
            ("Set-Cookie", "a=b"),
            ("Vary", "Cookie"),
            ("Vary", "Accept-Encoding, Cookie"),
            ("Cache-Control", "private"),
            ("Cache-Control", "max-age=0, no-store"),
            ("Content-Encoding", "gzip"),
        ],
    )
    def test_is_not_stored_if_a_header_says_that_it_is_somebodys(self, site, header):
        site.headers = [header]
        assert site.get().headers[header[0].lower()] == header[1]
        site.get()
        assert site.rendered == 2

    @pytest.mark.parametrize("stamp", ["", "x", "1 2", "1 2 3 4", "1.5"])
    def test_is_not_stored_under_a_stamp_that_cannot_be_read(self, site, stamp):
        site.stamp_sent = stamp
        assert [site.get().body, site.get().body] == [BODY, BODY]
        assert site.rendered == 2

    def test_without_a_host_is_djangos_matter(self, site):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.url_scheme": "http"}
        assert [Reply(site.store, environ).body for _ in range(2)] == [BODY, BODY]
        assert site.rendered == 2


class APageThatIsNotStoredYet:
    def ask_together(self, site, number):
        """The answers to requests that all come while the first of them is being rendered."""
        started, going_on = threading.Event(), threading.Event()

        def first():
            site.during_rendering = site.during_others
            started.set()
            going_on.wait(5)

        site.during_rendering = first
        with ThreadPoolExecutor(number) as pool:
            replies = [pool.submit(site.get) for _ in range(number)]
            started.wait(5)
            time.sleep(0.1)
            going_on.set()
            return [reply.result(10) for reply in replies]

    def test_is_rendered_once_for_all_who_come_meanwhile(self, site):
        site.during_others = lambda: None
        assert [reply.body for reply in self.ask_together(site, 8)] == [BODY] * 8
        assert site.rendered == 1

    def test_and_never_will_be_holds_nobody_up_twice(self, site):
        site.headers = [("Cache-Control", "no-store")]
        side_by_side = threading.Barrier(7)
        site.during_others = lambda: side_by_side.wait(5)
        assert [reply.body for reply in self.ask_together(site, 8)] == [BODY] * 8
        assert site.rendered == 8

    def test_holds_nobody_up_when_rendering_broke(self, site):
        def broken():
            site.during_rendering = lambda: None
            raise RuntimeError

        site.during_rendering = broken
        with pytest.raises(RuntimeError):
            site.get()
        assert site.get().body == BODY


class TheCodings:
    @pytest.mark.parametrize(
        ("accepts", "coding"),
        [
            ("", "identity"),
            ("gzip", "gzip"),
            ("gzip, deflate, br, zstd", "br"),
            ("GZIP;Q=1.0", "gzip"),
            ("x-gzip", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("br;q=0.5, gzip;q=0.8", "gzip"),
            ("gzip;q=0", "identity"),
            ("gzip;q=0.000, br;q=0", "identity"),
            ("*", "br"),
            ("br;q=0, *", "gzip"),
            ("*;q=0", "identity"),
            ("gzip, *;q=0", "gzip"),
            ("identity, *;q=0", "identity"),
            ("identity;q=1, gzip;q=0.5", "identity"),
            ("identity;q=0, gzip;q=0.1", "gzip"),
            ("gzip;q=0.001", "gzip"),
            ("deflate, zstd", "identity"),
            ("gzip ; q = 0.5 , br ; q = 0.4", "gzip"),
            ("gzip;q=nonsense", "identity"),
            ("gzip;q=2", "identity"),
            (",;=,\x00", "identity"),
            ("gzip" * 100_000, "identity"),
        ],
    )
    def test_are_chosen_as_the_reader_likes(self, accepts, coding):
        assert preferred_coding(accepts) == coding

    @pytest.mark.parametrize(("accepts", "decode"), [("", bytes), ("gzip", gzip.decompress), ("br", brotli.decompress)])
    def test_all_hold_the_same_page_with_its_true_length(self, site, accepts, decode):
        for reply in (site.get(HTTP_ACCEPT_ENCODING=accepts), site.get(HTTP_ACCEPT_ENCODING=accepts)):
            assert decode(reply.body) == BODY
            assert reply.headers.get("content-encoding", "") == accepts
            assert reply.headers["content-length"] == str(len(reply.body))
            assert reply.headers["vary"] == "Accept-Encoding"
            assert reply.headers["content-type"] == "text/html"

    def test_each_has_its_own_strong_tag(self, site):
        tags = {site.get(HTTP_ACCEPT_ENCODING=coding).headers["etag"] for coding in ("", "gzip", "br")}
        assert len(tags) == 3
        assert all(tag.startswith('"') for tag in tags)

    def test_two_processes_give_the_same_page_the_same_tag(self, site):
        for coding in ("", "gzip", "br"):
            here, there = site.get(HTTP_ACCEPT_ENCODING=coding), Site().get(HTTP_ACCEPT_ENCODING=coding)
            assert here.headers["etag"] == there.headers["etag"]

    def test_a_page_that_coding_makes_longer_is_sent_plain(self, site):
        site.body = b"ok"
        reply = site.get(HTTP_ACCEPT_ENCODING="gzip, br")
        assert reply.body == b"ok"
        assert "content-encoding" not in reply.headers


class ReadersWhoHaveThePage:
    @pytest.mark.parametrize("stored", [True, False])
    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"a", W/{} , "b"', "*"])
    def test_are_told_so_without_a_body(self, site, stored, form):
        etag = Site().get().headers["etag"]
        if stored:
            site.get()
        reply = site.get(HTTP_IF_NONE_MATCH=form.format(etag))
        assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", etag)
        assert not {"content-length", "content-type", "content-encoding"} & reply.headers.keys()

    def test_keep_being_told_how_to_treat_it(self, site):
        site.headers = [("Cache-Control", "public, max-age=0"), ("Content-Security-Policy", "default-src 'none'")]
        reply = site.get(HTTP_IF_NONE_MATCH=site.get().headers["etag"])
        assert reply.headers["cache-control"] == "public, max-age=0"
        assert reply.headers["vary"] == "Accept-Encoding"

    @pytest.mark.parametrize("etag", ['"other"', "", "garbage", '"', "W/", "," * 1000])
    def test_get_the_new_one_if_it_is_another(self, site, etag):
        site.get()
        assert site.get(HTTP_IF_NONE_MATCH=etag).status == 200

    def test_in_one_coding_do_not_have_it_in_another(self, site):
        etag = site.get(HTTP_ACCEPT_ENCODING="gzip").headers["etag"]
        assert site.get(HTTP_IF_NONE_MATCH=etag, HTTP_ACCEPT_ENCODING="br").status == 200


class AskingForTheHeaders:
    @pytest.mark.parametrize("stored", [True, False])
    def test_gives_those_of_the_page_and_no_body(self, site, stored):
        expected = Site().get(HTTP_ACCEPT_ENCODING="gzip").headers
        if stored:
            site.get()
        reply = site.get(method="HEAD", HTTP_ACCEPT_ENCODING="gzip")
        assert (reply.status, reply.body, reply.headers) == (200, b"", expected)

    def test_first_stores_the_whole_page(self, site):
        site.get(
            method="HEAD",
            HTTP_IF_NONE_MATCH='"x"',
            HTTP_IF_MODIFIED_SINCE="Sat, 29 Oct 2044 19:43:31 GMT",
            HTTP_RANGE="bytes=0-1",
        )
        assert site.get().body == BODY
        assert site.rendered == 1
        assert site.seen[0]["REQUEST_METHOD"] == "GET"
        assert not {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"} & site.seen[0].keys()

    def test_of_what_cannot_be_stored_gives_no_body_either(self, site):
        site.headers = [("Cache-Control", "no-store")]
        reply = site.get(method="HEAD")
        assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", str(len(BODY)))


class ACheck:
    def test_leaves_no_broken_or_old_connection_to_itself_or_to_the_next(self, site, monkeypatch):
        done = []
        monkeypatch.setattr(page_store, "close_old_connections", lambda: done.append("tidied"))
        site.get()
        site.during_asking = lambda: done.append("asked")
        site.now += 2
        site.get()
        assert done == ["tidied", "asked", "tidied"]

    def test_asks_for_the_counters_of_the_pages_own_article(self, site):
        site.get()
        site.store._current = lambda article_id: site.stamp if article_id == 7 else (0, 0)
        site.now += 2
        assert (site.get().body, site.rendered) == (BODY, 1)


class WithinASecondOfACheck:
    def test_the_database_is_not_asked(self, site):
        site.get()
        site.now += 1.0
        site.get()
        assert site.asked == 0

    def test_after_it_the_database_is_asked_once(self, site):
        site.get()
        site.now += 1.01
        for _ in range(5):
            site.get()
        assert (site.asked, site.rendered) == (1, 1)


class AChange:
    def test_shows_to_whoever_comes_more_than_a_second_later(self, site):
        site.get()
        site.change(b"new")
        site.now += 1.01
        assert site.get().body == b"new"

    @pytest.mark.parametrize("stamp", [(2, 1), (1, 2), (1, 0), (0, 1), (1, None)])
    def test_of_either_counter_in_either_direction_makes_the_page_anew(self, site, stamp):
        site.get()
        site.body, site.stamp = b"new", stamp
        site.now += 1.01
        assert site.get().body == b"new"

    def test_that_commits_during_rendering_shows_a_second_later(self, site):
        site.during_rendering = lambda: site.change(b"new")
        assert site.get().body == BODY
        site.during_rendering = lambda: None
        site.now += 1.01
        assert site.get().body == b"new"

    def test_during_a_rendering_of_three_seconds_shows_at_once_afterwards(self, site):
        def slowly():
            site.change(b"new")
            site.now += 3

        site.during_rendering = slowly
        site.get()
        site.during_rendering = lambda: None
        assert site.get().body == b"new"

    def test_that_commits_during_a_slow_check_shows_a_second_later(self, site):
        site.get()
        site.now += 1.01
        site.during_asking = lambda: (site.change(b"new"), setattr(site, "now", site.now + 0.9))
        assert site.get().body == BODY
        site.during_asking = lambda: None
        site.now += 0.11
        assert site.get().body == b"new"

    def test_that_takes_the_page_away_takes_it_out_of_the_store(self, site):
        site.get()
        site.change(b"gone")
        site.status = "404 Not Found"
        site.now += 1.01
        assert site.get().status == 404
        site.store._current = unreachable
        assert site.get().status == 404

    def test_that_makes_the_page_personal_takes_it_out_of_the_store(self, site):
        site.get()
        site.change(b"new")
        site.headers = [("Cache-Control", "no-store")]
        site.now += 1.01
        site.get()
        site.get()
        assert site.rendered == 3


class ASlowCheck:
    """While one thread asks the database, and it takes its time."""

    @pytest.fixture
    def checking(self, site):
        """A thread that is asking, `release` lets it end; the site's clock stands 1.01 s after the page's check."""
        site.get()
        site.now += 1.01
        site.asking, site.release = threading.Event(), threading.Event()
        site.during_asking = lambda: (site.asking.set(), site.release.wait(5))
        with ThreadPoolExecutor(4) as site.pool:
            site.first = site.pool.submit(site.get)
            assert site.asking.wait(5)
            site.during_asking = lambda: None
            yield site
            site.release.set()

    def test_is_waited_for_by_whoever_may_not_have_the_page_unchecked(self, checking):
        other = checking.pool.submit(checking.get)
        with pytest.raises(TimeoutError):
            other.result(0.1)
        checking.release.set()
        assert other.result(5).body == BODY
        assert checking.asked == 1

    def test_does_not_count_for_a_request_that_starts_a_second_after_it_began(self, checking):
        checking.change(b"new")
        checking.now += 1.01
        late = checking.pool.submit(checking.get)
        checking.release.set()
        assert checking.first.result(5).body == BODY
        assert late.result(5).body == b"new"

    def test_of_one_page_holds_up_no_other_page(self, checking):
        checking.get("/")
        checking.now += 1.01
        assert checking.pool.submit(checking.get, "/").result(5).status == 200

    def test_followed_by_rendering_makes_the_page_once_for_all_who_wait(self, site):
        site.get()
        site.change(b"new")
        site.now += 1.01
        started = threading.Barrier(8)
        with ThreadPoolExecutor(8) as pool:
            bodies = [
                future.result(5).body
                for future in [pool.submit(lambda: (started.wait(5), site.get())[1]) for _ in range(8)]
            ]
        assert bodies == [b"new"] * 8
        assert site.rendered == 2


class TimeAlone:
    def test_ends_a_page_at_its_moment_although_nothing_was_changed(self, site):
        site.valid_until = site.wall + 0.5
        site.get()
        site.body, site.valid_until = b"the scheduled version", None
        site.wall += 0.49
        assert site.get().body == BODY
        site.wall += 0.01
        assert site.get().body == b"the scheduled version"
        assert site.get().body == b"the scheduled version"
        assert site.rendered == 2

    def test_ends_it_at_its_moment_just_after_a_check(self, site):
        site.valid_until = site.wall + 5
        site.get()
        site.now, site.wall = site.now + 4.9, site.wall + 4.9
        site.get()
        site.body, site.wall = b"new", site.wall + 0.1
        assert site.get().body == b"new"

    def test_keeps_nothing_whose_moment_has_passed(self, site):
        site.valid_until = site.wall - 1
        site.get()
        site.get()
        assert site.rendered == 2


def unreachable(article_id):
    raise OperationalError("no route to host")


class WithoutADatabase:
    @pytest.mark.parametrize("error", [OperationalError, InterfaceError])
    def test_stored_pages_are_served(self, site, error):
        def silent(article_id):
            raise error

        site.get()
        site.store._current = silent
        site.now += 60
        assert site.get().body == BODY
        assert site.rendered == 1

    def test_stored_pages_are_served_beyond_their_moment(self, site):
        site.valid_until = site.wall + 1
        site.get()
        site.store._current = unreachable
        site.now, site.wall = site.now + 60, site.wall + 60
        assert site.get().body == BODY

    def test_a_page_whose_rendering_fails_is_served_from_the_store(self, site):
        site.get()
        site.change(b"Server Error")
        site.status = "500 Internal Server Error"
        site.during_rendering = lambda: setattr(site.store, "_current", unreachable)
        site.now += 1.01
        assert (site.get().status, site.rendered) == (200, 2)

    def test_an_error_that_is_our_own_is_shown(self, site):
        site.get()
        site.change(b"Server Error")
        site.status = "500 Internal Server Error"
        site.now += 1.01
        assert site.get().status == 500

    def test_it_is_asked_again_after_a_second_and_the_change_shows(self, site):
        site.get()
        site.store._current = unreachable
        site.now += 2
        site.get()
        site.store._current = site.current
        site.change(b"new")
        site.now += 0.99
        assert site.get().body == BODY
        site.now += 0.02
        assert site.get().body == b"new"

    def test_there_is_one_warning_a_second(self, site, caplog):
        together = threading.Barrier(4)

        def silent(article_id):
            together.wait(5)
            raise OperationalError

        paths = [f"/{number}/" for number in range(4)]
        list(map(site.get, paths))
        site.store._current = silent
        site.now += 2
        with caplog.at_level(logging.WARNING), ThreadPoolExecutor(4) as pool:
            list(pool.map(site.get, paths))
            list(pool.map(site.get, paths))
        assert len(caplog.records) == 1


class Room:
    def test_the_least_recently_read_page_makes_room(self):
        site = Site(limit=20 * len(BODY))
        for name in "ab":
            site.get(f"/{name}/")
        for name in "cdefghijkl":
            site.get(f"/{name}/")
            site.now += 1.01
            site.get("/a/")
        assert site.rendered == 12
        site.get("/b/")
        assert site.rendered == 13

    def test_is_never_exceeded_and_never_lost(self):
        site = Site(limit=100_000)
        for number in range(200):
            site.get(f"/{number % 60}/")
        site.change(BODY * 2)
        site.now += 2
        site.get(f"/{number % 60}/")
        assert 0 < site.store._size <= 100_000
        assert site.store._size == sum(page.size for page in site.store._pages.values())
        site.status = "404 Not Found"
        site.now, site.stamp = site.now + 2, (9, 9)
        for number in range(60):
            site.get(f"/{number}/")
        assert site.store._size == 0

    def test_a_page_larger_than_a_quarter_of_it_is_not_stored(self):
        site = Site(limit=4 * len(BODY))
        assert [site.get().body, site.get().body] == [BODY, BODY]
        assert site.rendered == 2


class AThousandRounds:
    """Approving in the middle of rendering, with readers on eight threads and a clock that they cannot see."""

    def test_a_reader_who_comes_a_second_after_the_commit_sees_the_change(self):
        site, late = Site(limit=10**9), []
        tick = threading.Lock()

        def commit_during_rendering():
            # One commit a round, in the middle of whatever is being rendered at that moment.
            with tick:
                if site.pending:
                    site.pending = False
                    site.committed = (site.stamp[1] + 1, site.now)
                    site.change(str(site.stamp[1] + 1).encode())

        site.pending, site.committed = False, (1, site.now)
        site.body = b"1"
        site.during_rendering = commit_during_rendering
        with ThreadPoolExecutor(8) as pool:
            for number in range(1000):
                site.pending = True
                list(pool.map(lambda _: site.get(), range(8)))
                commit_during_rendering()
                site.now += (0.3, 0.7, 1.01)[number % 3]
                list(pool.map(lambda _: site.get(), range(2)))
                site.now = max(site.now, site.committed[1] + 1.01)
                seen = [int(reply.body) for reply in pool.map(lambda _: site.get(), range(4))]
                late += [version for version in seen if version < site.committed[0]]
        assert site.committed[0] == 1001
        assert late == []
