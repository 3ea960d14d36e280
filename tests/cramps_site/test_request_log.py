"""One line a request, whatever is in it, and no token of a mailed link in any log."""

import http.client
import json
import logging
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cramps_site import request_log
from cramps_site.page_store import PageStore
from cramps_site.request_log import MaskPaths, mask, quoted_path

TOKEN = "17-Zq3_canary:1tYx0A-b_9"


@pytest.fixture(autouse=True)
def nothing_waiting():
    """No line of another test is still to be written."""
    request_log.flush()
    yield
    request_log.flush()


@pytest.fixture
def logged(capfd):
    """Answer one request through the page store and give its log line, read back from JSON."""

    def ask(path="/", method="GET", app=None, **environ):
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "wsgi.url_scheme": "https",
            "HTTP_HOST": "cramps.test",
            **environ,
        }
        chunks = PageStore(app or hello)(environ, lambda status, headers, exc_info=None: None)
        for _ in chunks:
            pass
        getattr(chunks, "close", lambda: None)()
        return only_line(capfd)

    return ask


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def only_line(capfd):
    request_log.flush()
    text = capfd.readouterr().err
    assert text.count("\n") == 1
    assert text.endswith("}\n")
    assert text.isascii()
    assert len(text) < 4096
    return json.loads(text)


class ARequest:
    def test_leaves_one_line_that_says_what_was_asked_and_answered(self, logged):
        line = logged("/articles/night-cramps/")
        assert line.keys() == {"time", "method", "path", "status", "bytes", "ms", "stored"}
        assert (line["method"], line["path"], line["status"], line["bytes"]) == (
            "GET",
            "/articles/night-cramps/",
            200,
            5,
        )
        assert line["stored"] is False
        assert 0 <= line["ms"] < 1000
        assert line["time"].endswith("Z")

    def test_leaves_neither_address_nor_query_nor_browser_nor_cookie(self, logged, capfd):
        canaries = {"REMOTE_ADDR": "203.0.113.77", "QUERY_STRING": "q=canary", "HTTP_USER_AGENT": "canary", "HTTP_REFERER": "canary", "HTTP_COOKIE": "a=canary"}  # fmt: skip
        line = logged("/search/", **canaries)
        assert "canary" not in str(line)
        assert "203.0.113.77" not in str(line)

    def test_that_django_did_not_survive_leaves_its_line_too(self, capfd):
        def broken(environ, start_response):
            raise RuntimeError

        with pytest.raises(RuntimeError):
            PageStore(broken)({"REQUEST_METHOD": "POST", "PATH_INFO": "/x", "wsgi.url_scheme": "https"}, None)
        assert only_line(capfd)["status"] == 500

    def test_whose_answer_is_streamed_is_counted_when_it_was_sent(self, logged):
        def streaming(environ, start_response):
            start_response("200 OK", [])
            return (b"x" * 1000 for _ in range(3))

        assert logged(app=streaming)["bytes"] == 3000

    def test_whose_reader_went_away_leaves_its_line_and_closes_the_answer(self, capfd):
        closed = []

        class Endless:
            def __iter__(self):
                while True:
                    yield b"xx"

            def close(self):
                closed.append(True)

        def app(environ, start_response):
            start_response("200 OK", [])
            return Endless()

        chunks = PageStore(app)(
            {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.url_scheme": "https"}, lambda *args: None
        )
        next(iter(chunks))
        chunks.close()
        chunks.close()
        assert closed
        assert only_line(capfd)["bytes"] == 2

    def test_is_answered_although_the_log_cannot_be_written(self, monkeypatch):
        monkeypatch.setattr(request_log, "STDERR", 9999)
        environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.url_scheme": "https"}
        chunks = PageStore(hello)(environ, lambda status, headers: None)
        assert b"".join(chunks) == b"hello"
        chunks.close()

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(method=st.text(max_size=50), path=st.binary(max_size=2000))
    def test_leaves_one_line_whatever_is_in_it(self, logged, method, path):
        line = logged("/" + path.decode("latin-1"), method)
        assert line["status"] == 200

    @pytest.mark.parametrize(
        "path",
        ['/"},{"status":200', "/a\nb\r\n{}", "/\x00\x1b[31m", "/\u2028", "/caf\xc3\xa9", "/" + "\x7f\xff" * 50_000],
    )
    def test_cannot_break_the_line(self, logged, path):
        assert logged(path)["status"] == 200


class ATokenInAPath:
    @pytest.mark.parametrize(
        ("path", "masked"),
        [
            (f"/comments/{TOKEN}/", "/comments/-/"),
            (f"/comments/{TOKEN}/erase/", "/comments/-/erase/"),
            (f"/comments/{TOKEN}", "/comments/-"),
            ("/comments/12\ncanary/", "/comments/-/"),
            ('/comments/a "canary/', "/comments/-/"),
            (f"//comments//{TOKEN}/", "//comments//-/"),
            (f"/Comments/{TOKEN}/", "/Comments/-/"),
            (f"/newsletter/confirm/{TOKEN}/", "/newsletter/confirm/-/"),
            (f"/newsletter/preferences/{TOKEN}/", "/newsletter/preferences/-/"),
            (f"/newsletter/unsubscribe/{TOKEN}/", "/newsletter/unsubscribe/-/"),
            (f"/accounts/password/reset/key/{TOKEN}/", "/accounts/password/reset/key/-/"),
            (f"/accounts/confirm-email/{TOKEN}/", "/accounts/confirm-email/-/"),
            ("/comments/" + "canary" * 5000, "/comments/-"),
        ],
    )
    def test_is_masked(self, path, masked):
        assert json.loads(quoted_path(path)) == masked

    @pytest.mark.parametrize(
        "path",
        [
            "/comments/12/",
            "/comments/12/report/",
            "/articles/night-cramps/comments/2/",
            "/articles/x/comments/",
            "/newsletter/issues/may/",
            "/admin/comments/comment/12/change/",
            "/newsletter/confirm/",
            "/accounts/confirm-email/",
        ],
    )
    def test_what_is_public_stays(self, path):
        assert json.loads(quoted_path(path)) == path


class ARecordOfPythonsLogging:
    def handled(self, *args, **kwargs):
        """What a handler with the filter writes of a record."""
        record = logging.getLogger("x").makeRecord("x", logging.ERROR, "x.py", 1, *args, **kwargs)
        assert MaskPaths().filter(record)
        return logging.Formatter().format(record), record

    def test_loses_the_token_of_its_message_and_of_its_arguments(self):
        text, _ = self.handled(f"Not Found: /comments/{TOKEN}/", (), None)
        assert text == "Not Found: /comments/-/"
        text, _ = self.handled("%s: https://cramps.test%s", ("Gone", f"/newsletter/confirm/{TOKEN}/"), None)
        assert text == "Gone: https://cramps.test/newsletter/confirm/-/"

    def test_whose_arguments_do_not_fit_is_masked_all_the_same(self):
        text, _ = self.handled(f"%d /comments/{TOKEN}/", (f"/comments/{TOKEN}/",), None)
        assert "canary" not in text

    def test_loses_the_token_of_a_traceback_and_keeps_its_files(self):
        try:
            raise ValueError(f"/newsletter/unsubscribe/{TOKEN}/ and 'comments/{TOKEN}/'")
        except ValueError:
            text, _ = self.handled("failed", (), sys.exc_info())
        assert "canary" not in text
        assert "test_request_log.py" in text

    def test_loses_the_request_with_its_cookies(self):
        _, record = self.handled("failed", (), None, extra={"request": object(), "status_code": 500})
        assert not hasattr(record, "request")
        assert record.status_code == 500

    def test_about_a_template_or_a_file_stays_readable(self):
        for text in ("comments/comment_list.html", '  File "/srv/comments/views.py", line 3', "/comments/12/"):
            assert mask(text) == text


class ManyLines:
    def test_from_many_threads_stay_whole(self, capfd):
        middle = request_log.middle("GET", quoted_path("/articles/night-cramps/"), 200, 5)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: request_log.write(middle, 0), range(5000)))
        request_log.flush()
        lines = capfd.readouterr().err.splitlines()
        assert len(lines) == 5000
        assert all(json.loads(line)["status"] == 200 for line in lines)

    def test_are_written_in_pieces_that_a_pipe_takes_whole(self, monkeypatch):
        written = []
        monkeypatch.setattr(request_log.os, "write", lambda fd, piece: written.append(piece))
        reading, pipe = os.pipe()
        monkeypatch.setattr(request_log, "STDERR", pipe)
        for number in range(1000):
            request_log.write(request_log.middle("GET", quoted_path("/" + "x" * (number % 500)), 200, 5), 0)
        request_log.flush()
        assert b"".join(written).count(b"\n") == 1000
        assert all(len(piece) <= 4096 and piece.endswith(b"\n") for piece in written if piece)
        assert len(written) < 300
        os.close(reading)
        os.close(pipe)

    def test_wait_for_one_another_less_than_a_tenth_of_a_second(self, capfd):
        middle = request_log.middle("GET", quoted_path("/"), 200, 5)
        for _ in range(10):
            request_log.write(middle, 0)
        written = 0
        for _ in range(100):
            time.sleep(0.05)
            written += capfd.readouterr().err.count("\n")
            if written == 10:
                break
        assert written == 10
        assert request_log.PATIENCE < 0.1

    def test_far_apart_do_not_wait(self, capfd):
        for _ in range(3):
            time.sleep(0.01)
            request_log.write(request_log.middle("GET", quoted_path("/"), 200, 5), 0)
            assert capfd.readouterr().err.count("\n") == 1

    def test_are_all_there_when_a_worker_has_ended(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--log-level", "error"]
        with (tmp_path / "log").open("wb") as log:
            server = subprocess.Popen([*command, f"{__name__}:logged_hello"], stdout=log, stderr=log)
        for _ in range(200):
            time.sleep(0.05)
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port))):
                break
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            for _ in range(300):
                connection.request("GET", "/")
                connection.getresponse().read()
        server.terminate()
        server.wait(20)
        assert (tmp_path / "log").read_text().count('"path":"/"') == 300


def logged_hello(environ, start_response):
    return PageStore(hello)(environ, start_response)
