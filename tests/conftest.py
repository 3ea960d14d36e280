"""How the tests are run: what a class of sentences is, where Chromium and the corpora are, when a skip is a failure.

Nothing here imports playwright, so that every other test runs without it.
"""

import inspect
import os
import shutil
import socket
import unittest
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest

# How long an example takes says more about the machine than about the rule.
hypothesis.settings.register_profile("cramps", deadline=None, max_examples=60)
hypothesis.settings.load_profile("cramps")

IS_CI = os.environ.get("CI") == "true"
POSTGRES = os.environ.get("TEST_DATABASE_URL", "")
CORPORA = Path(os.environ.get("CORPORA") or Path(__file__).resolve().parents[2] / "shared" / "corpora")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NO_CHROMIUM = "no Chromium found (Debian: apt install chromium)"
CHROMIUM_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


def pytest_configure():
    from django.db.models.signals import post_migrate

    post_migrate.connect(make_standing_rows, dispatch_uid="standing rows")


def make_standing_rows(sender, apps=None, **kwargs):
    """Put back what migrations make: tests with real transactions empty every table, which Django tells like this."""
    from django.apps import apps as present

    from comments.standards import make_standards
    from cramps_site.roles import make_groups

    # Told once for each app that has models: after this one, all tables are there.
    if sender.name == "newsletter":
        present.get_model("articles", "Publication").objects.get_or_create(pk=1)
        present.get_model("newsletter", "SendingPolicy").objects.get_or_create(pk=1)
        present.get_model("lib", "Origin").get()
        make_groups(present)
        make_standards(present)


def pytest_sessionstart(session):
    """Say once, instead of in every test, that PostgreSQL is not there."""
    if not POSTGRES:
        return
    url = urlsplit(POSTGRES)
    try:
        if url.hostname:
            socket.create_connection((url.hostname, url.port or 5432), timeout=5).close()
    except OSError:
        pytest.exit(f"No PostgreSQL answers at {url.hostname}:{url.port or 5432}; set TEST_DATABASE_URL.", 1)


def pytest_pycollect_makeitem(collector, name, obj):
    """A class of sentences is any class written in a test module that has a test: `class ApprovingAComment`."""
    if not inspect.isclass(obj) or obj.__module__ != collector.module.__name__ or issubclass(obj, unittest.TestCase):
        return None
    if any(member.startswith("test_") for member in dir(obj)):
        return pytest.Class.from_parent(collector, name=name, obj=obj)
    return None


def pytest_collection_modifyitems(items, config):
    of_the_other = "sqlite_only" if POSTGRES.startswith("postgres") else "postgres_only"
    left_out = [item for item in items if item.get_closest_marker(of_the_other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if not CHROMIUM:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where the whole check runs, a test that must run and was skipped has failed."""
    report = yield
    if IS_CI and report.skipped and must_run(item) and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"With CI=true this test must run. {reason}"
    return report


def must_run(item):
    return bool(
        POSTGRES
        or item.get_closest_marker("browser")
        or item.get_closest_marker("corpus")
        or "corpora" in item.fixturenames
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    """Say in the last lines whether the browser tests ran, because a run without them looks the same."""
    yield
    reports = [report for kind in ("passed", "failed", "skipped") for report in terminalreporter.getreports(kind)]
    browser = [report for report in reports if "browser" in report.keywords]
    ran = sum(report.when == "call" for report in browser)
    if ran:
        terminalreporter.write_line(f"Browser tests: {ran} ran in {CHROMIUM}.")
    elif browser:
        terminalreporter.write_line(
            f"Browser tests: none ran, {NO_CHROMIUM if not CHROMIUM else 'see the reasons above'}."
        )
    else:
        terminalreporter.write_line("Browser tests: none were among these.")


@pytest.fixture(scope="session")
def corpora():
    """The folder of the tests' data."""
    if not CORPORA.is_dir():
        pytest.skip(f"no corpora in {CORPORA} (set CORPORA)")
    return CORPORA


@pytest.fixture(autouse=True)
def nothing_sent_from_here(settings):
    """What one test sent is no part of the next one's database, which would be taken for a restored one."""
    (settings.VAR_DIR / "sending").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """pytest-playwright launches Debian's Chromium. Its loop stays on the thread, which Django takes for async code."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_FLAGS}
