"""How fast readers get an article with fifty comments: requests a second, beside the same server saying hello.

    .venv/bin/python tests/benchmarks/bench_article_page.py        (needs wrk; Debian: apt-get install wrk)

Both are granian with the arguments below. The one answers with the very bytes and headers of the article's page from a
constant; the other is the site in production settings, which compares stamps, negotiates the coding and writes its log
to a file. They are measured in turn, several times, because a machine's speed drifts more than they differ. Then, past
the store: what rendering the page costs.
"""

import http.client
import json
import os
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATH = "/articles/night-cramps/"
ROUNDS, SECONDS = 5, 5
AIM, QUERIES = 0.7, 7
GRANIAN = ["--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "2", "--blocking-threads", "8"]
HEADERS = {"Accept-Encoding": "gzip", "X-Forwarded-Proto": "https", "Host": "cramps.test"}


def main():
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: it makes the requests. On Debian: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        env = environment(Path(folder))
        prepare(env)
        hello_port, site_port = free_port(), free_port()
        stack.enter_context(serving("cramps_site.wsgi:application", site_port, env))
        keep_answer(site_port, env)
        stack.enter_context(serving("bench_article_page:hello", hello_port, env))
        compare(hello_port, site_port)
        subprocess.run([sys.executable, __file__, "rendering"], env=env, cwd=ROOT, check=True)


# From the store


def compare(hello_port, site_port):
    rounds = []
    for number in range(1, ROUNDS + 1):
        hello, site = load(hello_port), load(site_port)
        rounds.append({"hello": hello, "site": site, "ratio": site["rate"] / hello["rate"]})
        print(f"round {number}: hello {hello['rate']:,.0f}/s, site {site['rate']:,.0f}/s, {rounds[-1]['ratio']:.2f}")
    for name in ("hello", "site"):
        rate, late = (statistics.median(each[name][figure] for each in rounds) for figure in ("rate", "late"))
        print(f"{name:5}  {rate:9,.0f} requests/s  99th percentile {late:.2f} ms  (medians)")
    ratio = statistics.median(each["ratio"] for each in rounds)
    print(f"site / hello: {ratio:.2f} (aim: {AIM} or more)")


def load(port):
    headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", "-c16", f"-d{SECONDS}s", "--latency", *headers, f"http://127.0.0.1:{port}{PATH}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"wrk met errors:\n{text}")
    late, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    return {"rate": rate, "late": float(late) * {"us": 0.001, "ms": 1, "s": 1000}[unit]}


def keep_answer(port, env):
    """Write down the site's answer, which the hello-world gives too."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", PATH, headers=HEADERS)
    answer = connection.getresponse()
    body = answer.read()
    headers = [(name, value) for name, value in answer.getheaders() if name not in ("server", "date")]
    connection.close()
    assert answer.status == 200
    assert dict(headers)["content-encoding"] == "gzip"
    Path(env["ANSWER"]).with_suffix(".json").write_text(json.dumps(headers))
    Path(env["ANSWER"]).write_bytes(body)
    print(f"The page: {len(body):,} bytes of gzip.")


def make_hello():
    body = Path(os.environ["ANSWER"]).read_bytes()
    headers = [tuple(pair) for pair in json.loads(Path(os.environ["ANSWER"]).with_suffix(".json").read_text())]

    def hello(environ, start_response):
        start_response("200 OK", headers)
        return [body]

    return hello


if os.environ.get("ANSWER") and __name__ != "__main__" and Path(os.environ["ANSWER"]).exists():
    hello = make_hello()


# The site


def environment(folder):
    """Production's environment, with a database and static files of its own."""
    (folder / "bench_settings.py").write_text(
        f"from cramps_site.settings import *\nSTATIC_ROOT = {str(folder / 'static')!r}\nMEDIA_ROOT = {str(folder / 'media')!r}\n"
    )
    keys = {name: secrets.token_urlsafe(50) for name in ("SECRET_KEY", "HASH_KEY")}
    return os.environ | keys | {
        "DJANGO_SETTINGS_MODULE": "bench_settings",
        "PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT, ROOT / "tests" / "benchmarks"))),
        "DEBUG": "off",
        "SITE_URL": "https://cramps.test",
        "ALLOWED_HOSTS": "cramps.test",
        "EMAIL_URL": "memorymail://",
        "DEFAULT_FROM_EMAIL": "post@cramps.test",
        "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "ANSWER": str(folder / "answer"),
        "LOG": str(folder / "requests.log"),
    }  # fmt: skip


def prepare(env):
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], env=env, cwd=ROOT, check=True)
    subprocess.run([sys.executable, __file__, "article"], env=env, cwd=ROOT, check=True)


def make_article_with_comments():
    from tests.factories import make_article, make_comment

    text = "\n\n".join(f"## Heading {number}\n\n" + "Stretch the calf slowly and hold it. " * 12 for number in range(6))
    article = make_article(slug="night-cramps", body=text)
    for number in range(50):
        make_comment(article=article, name=f"Parent {number}", body="Warm socks helped us at night. " * 4).approve(
            by=None
        )


def measure_rendering():
    """The article's view without the store: queries, and the median time through Django's test client."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "cramps.test"})

    def ask():
        assert client.get(PATH, secure=True).status_code == 200

    ask()
    with CaptureQueriesContext(connection) as captured:
        ask()
    # Counted at once: the next request empties the list.
    queries = len(captured)
    times = []
    for _ in range(100):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    print(f"Rendering: {queries} queries (at most {QUERIES}), median {statistics.median(times) * 1000:.1f} ms")


@contextmanager
def serving(app, port, env):
    with open(env["LOG"], "ab") as log:
        command = [sys.executable, "-m", "granian", *GRANIAN, "--port", str(port), app]
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log)
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def inside_django(task):
    import django

    django.setup()
    {"article": make_article_with_comments, "rendering": measure_rendering}[task]()


if __name__ == "__main__":
    inside_django(sys.argv[1]) if len(sys.argv) > 1 else main()
