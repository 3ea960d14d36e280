"""Somebody else's site, on this machine: it answers with the status that its paths name."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site(BaseHTTPRequestHandler):
    """Answers /404 with 404, /301/x with a redirect to /x, and notes who asked."""

    seen = []

    def do_HEAD(self):
        self.seen.append((self.command, self.path, self.headers["User-Agent"]))
        first, _, rest = self.path.strip("/").partition("/")
        if first == "no-head":
            first = "405" if self.command == "HEAD" else "200"
        self.send_response(int(first or 200))
        if first.startswith("3"):
            self.send_header("Location", rest if rest.startswith("http") else f"/{rest}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *args):
        return


@contextmanager
def running():
    """The address of such a site, by which nobody has asked yet."""
    Site.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
