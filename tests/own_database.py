"""A database for tests that start processes of their own."""

import os
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def own_database(folder):
    """The environment of a new, empty database of the run's kind, which other processes can open; gone afterwards."""
    url = os.environ.get("TEST_DATABASE_URL", "")
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)}
    if not url.startswith("postgres"):
        yield {**env, "TEST_DATABASE_URL": f"sqlite:///{folder}/own.sqlite3"}
        return
    import psycopg

    name = f"own_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield {**env, "TEST_DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
