"""The whole site as its users meet it: granian with the page store, the worker, the demo content, a real browser."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE = """
from django.core.management import call_command
for command in ("migrate", "createcachetable", "demo"):
    call_command(command, verbosity=0)
"""


class Site:
    """A running site: `url`, and the mails that it sent as readable files in `mail_dir`."""

    def __init__(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.mail_dir = folder / "mail"
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DEBUG": "on",
            "LIMITS": "off",
            "VAR_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "SITE_URL": self.url,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "EMAIL_URL": "filemail://",
            "REDIS_URL": "",
            "TRUSTED_PROXIES": "",
        }

    def manage(self, *arguments):
        """What a command prints."""
        command = [sys.executable, "manage.py", *arguments]
        run = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        return run.stdout

    def start(self):
        server = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--port", str(self.port)]
        commands = [[*server, "cramps_site.wsgi:application"], [sys.executable, "manage.py", "work", "--pause", "0.2"]]
        self.processes = [
            subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
            )
            for command in commands
        ]
        self.wait_until(self.answers)

    def answers(self):
        try:
            return urllib.request.urlopen(f"{self.url}/readyz", timeout=2).status == 200
        except OSError:
            return False

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)

    def mail_to(self, address):
        """The text of the newest mail to an address, once it has come."""
        found = self.wait_until(lambda: sorted(self.mail_dir.glob(f"*{address}*.txt")))
        return found[-1].read_text("utf-8")

    def link_in(self, mail, kind):
        return re.search(rf"{self.url}/newsletter/{kind}/[^\s>]+", mail)[0]

    def wait_until(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while not (result := condition()):
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.05)
        return result


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    site.manage("shell", "--verbosity", "0", "-c", MAKE)
    site.start()
    yield site
    site.stop()


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def has_javascript(request):
    return request.param == "with JavaScript"


@pytest.fixture
def reader(browser, has_javascript):
    """A page in a fresh browser profile."""
    context = browser.new_context(java_script_enabled=has_javascript)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def signed_in(browser, site):
    """A function that gives the cookies of the named member of the demo staff, who signs in once."""

    @cache
    def sign_in(username):
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{site.url}/admin/")
        page.locator("input[name=login]").fill(username)
        page.locator("input[name=password]").fill("cramps-demo")
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(f"{site.url}/admin/**")
        cookies = context.storage_state()
        context.close()
        return cookies

    return sign_in


@pytest.fixture
def staff_page(browser, has_javascript, signed_in):
    """A function that gives a page in a fresh profile in which the named member of the demo staff is signed in."""
    contexts = []

    def open_page(username):
        contexts.append(browser.new_context(java_script_enabled=has_javascript, storage_state=signed_in(username)))
        contexts[-1].set_default_timeout(20_000)
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()
