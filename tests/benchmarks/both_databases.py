"""Gives a benchmark an empty SQLite database and an empty PostgreSQL one of its own, the second where
TEST_DATABASE_URL is (PostgreSQL on this machine unless set). Both are gone afterwards."""

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"


def on_both(benchmark, step="measure"):
    """Run `BENCHMARK STEP` in a process of its own for each database. `benchmark` is the path of its file."""
    for name, env in environments(Path(benchmark).stem):
        print(f"-- {name}", flush=True)
        subprocess.run([sys.executable, benchmark, step], env=env, cwd=ROOT, check=True)


def environments(name):
    """("SQLite", its environment), then the same for PostgreSQL; `name` tells apart who runs at once."""
    with tempfile.TemporaryDirectory() as folder:
        yield "SQLite", _environment(folder, f"sqlite:///{folder}/bench.sqlite3")
        with _on_postgres(name) as url:
            yield "PostgreSQL", _environment(folder, url)


def _environment(folder, url):
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE_URL": url,
        "PYTHONPATH": str(ROOT),
        "VAR_DIR": str(folder),
    }


@contextmanager
def _on_postgres(name):
    """The address of an empty database beside the one that was named."""
    import psycopg

    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{POSTGRES.rpartition('/')[0]}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
