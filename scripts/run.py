"""`make run`: from a fresh clone, or from yesterday's, to a site that answers.

It brings .venv/, .env and var/ up to date, starts the site (granian) and its worker (`manage.py work`), and stays
until it is stopped or one of the two ends. Each step may be interrupted anywhere; the next start does it again. The
first database is made beside its place and moved there once it is complete, so one in var/ is always a whole one.
"""

import contextlib
import hashlib
import http.client
import os
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time

from environment import (
    PYTHON,
    ROOT,
    call,
    check_python,
    end_on_signals,
    ensure,
    ignore_signals,
    last_line,
    one_at_a_time,
    say,
    start,
)

ENV_FILE = ROOT / ".env"
VAR = ROOT / (os.environ.get("VAR_DIR") or "var")
DATABASE = VAR / "db.sqlite3"
DRAFT = VAR / "first-run.sqlite3"
MIGRATED = VAR / "migrated"
LOG = VAR / "start.log"
PATIENCE = 5  # seconds between asking a child to end and ending it


def main():
    end_on_signals()
    parent, children = os.getppid(), {}
    try:
        with one_at_a_time():
            check_python()
            write_env_file()
            env = settled({**read_env_file(), **os.environ})
            check_port(env["PORT"])
            ensure("requirements-prod.txt" if needs_prod(env) else "requirements.txt")
            prepare(env)
            children["The site"] = start(serve_command(env), env=env)
            children["The worker"] = start([PYTHON, "manage.py", "work"], env=env)
            wait_for_answer(children, int(env["PORT"]))
        say(welcome(env))
        watch(children, parent)
    except KeyboardInterrupt:
        say("\nStopping ...")
    finally:
        stop(children.values())


# The environment


def write_env_file(path=ENV_FILE):
    """Write what development needs, once. A file that is there is never touched."""
    if path.exists():
        return
    half = path.with_name(".env.half")
    half.unlink(missing_ok=True)
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(
            "# Written once by `make run` for development. The environment wins over it.\n"
            f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
            f"HASH_KEY={secrets.token_urlsafe(50)}\n"
            "DEBUG=on\n"
            "ALLOWED_HOSTS=127.0.0.1,localhost\n"
        )
    half.replace(path)


def read_env_file(path=ENV_FILE):
    """The variables of .env, as plainly as `make run` needs them; the settings read it with django-environ."""
    lines = re.findall(r"^\s*(?:export\s+)?(\w+)=(.*?)\s*$", path.read_text(), re.MULTILINE)
    return {name: value.strip("'\"") for name, value in lines}


def settled(env):
    """The environment of the site and its worker, with the defaults of `make run` and sound numbers."""
    env = {**env, "PORT": env.get("PORT") or "8000", "WORKERS": env.get("WORKERS") or "2"}
    for name, largest in (("PORT", 65535), ("WORKERS", 64)):
        if not (env[name].isdecimal() and 1 <= int(env[name]) <= largest):
            sys.exit(f"{name}={env[name]} does not work: it must be a number from 1 to {largest}.")
    if is_debug(env):
        env["SITE_URL"] = env.get("SITE_URL") or f"http://localhost:{env['PORT']}"
    return env


def is_debug(env):
    return env.get("DEBUG", "").lower() in ("on", "true", "1", "yes", "y", "ok")


def needs_prod(env):
    """PostgreSQL and Redis bring packages of their own."""
    return bool(env.get("REDIS_URL")) or not env.get("DATABASE_URL", "sqlite").startswith("sqlite")


def check_port(port):
    """Stop with a sentence if the port cannot be had. (granian would share it with another granian.)"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except PermissionError:
            sys.exit(f"Port {port} is not allowed here. Take one above 1023: `PORT=8001 make run`.")
        except OSError:
            other = 8001 if int(port) != 8001 else 8002
            sys.exit(f"Port {port} is in use, perhaps by another `make run`. Take another: `PORT={other} make run`.")


# The data


def prepare(env):
    """Bring the database up to date. The first one in var/ is filled with the demo content."""
    VAR.mkdir(parents=True, exist_ok=True)
    if env.get("DATABASE_URL"):
        migrate(env)
    elif not has_tables(DATABASE):
        first_run(env)
    elif not MIGRATED.exists() or MIGRATED.read_text() != fingerprint():
        migrate(env)
        MIGRATED.write_text(fingerprint())
    if not is_debug(env):
        manage(env, "collectstatic", "--noinput")


def first_run(env):
    """Make the database beside its place, and put it there when it is complete."""
    say(f"First run: making the database and the demo content in {shown(VAR)}/ ...")
    remove_database(DRAFT)
    draft = {**env, "DATABASE_URL": f"sqlite:///{DRAFT}"}
    migrate(draft)
    if is_debug(env):
        manage(draft, "demo")
    with contextlib.closing(sqlite3.connect(DRAFT)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    remove_database(DATABASE)
    DRAFT.replace(DATABASE)
    MIGRATED.write_text(fingerprint())


def remove_database(path):
    """With its side files: SQLite would replay a stale -wal into the next database of that name."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def migrate(env):
    manage(env, "migrate", "--no-input")
    manage(env, "createcachetable")


def manage(env, *arguments):
    """Run a management command without a word, or stop with its last one."""
    status, output = call([PYTHON, "manage.py", *arguments], env=env)
    if status:
        LOG.write_text(output)
        sys.exit(f"{last_line(output)}.\n(`manage.py {arguments[0]}` failed; see {shown(LOG)} for the whole.)")


def shown(path):
    return os.path.relpath(path, ROOT)


def has_tables(database):
    return bool(database.exists() and rows(database, "SELECT 1 FROM sqlite_master LIMIT 1"))


def fingerprint():
    """Changes with whatever could make `migrate` do something: our migrations, the libraries', or the database."""
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("*/migrations/*.py"), ROOT / "cramps_site/settings.py", ROOT / "requirements.txt"]):
        digest.update(str(path).encode() + path.read_bytes())
    digest.update(repr(rows(DATABASE, "SELECT app, name FROM django_migrations ORDER BY id")).encode())
    return digest.hexdigest()


def rows(database, query):
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=20)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.Error as error:
        sys.exit(f"{shown(database)} cannot be read ({error}). Restore a backup, or move it away.")


# The site and its worker


def serve_command(env):
    """granian. Each of its threads may hold a database connection: left to itself it would open up to 256 a worker."""
    granian = [PYTHON, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--log-level", "error"]
    place = ["--host", "127.0.0.1", "--port", env["PORT"]]
    size = ["--workers", env["WORKERS"], "--blocking-threads", "8", "--workers-kill-timeout", "3"]
    return [*granian, *place, *size, "cramps_site.wsgi:application"]


def wait_for_answer(children, port, seconds=60):
    """Return once the site answers a request, whatever the answer is."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        check_alive(children)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            return connection.getresponse().close()
        time.sleep(0.05)
    sys.exit(f"The site did not answer within {seconds} seconds, so it was stopped.")


def check_alive(children):
    for name, child in children.items():
        if child.poll() is not None:
            sys.exit(f"{name} ended by itself (status {child.returncode}), so all was stopped. See above for why.")


def watch(children, parent):
    """Stay until a child ends by itself, or until whoever started us is gone."""
    while os.getppid() == parent:
        check_alive(children)
        time.sleep(0.2)


def stop(children):
    """End every child within PATIENCE seconds, and whatever it started itself."""
    ignore_signals()
    for child in children:
        child.terminate()
    until = time.monotonic() + PATIENCE
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0, until - time.monotonic()))
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def welcome(env):
    url = f"http://localhost:{env['PORT']}"
    lines = ["", f"  {url}", ""]
    if is_debug(env):
        lines.append(
            f"  Staff:   {url}/admin/ as editor, moderator, reviewer, writer, operator or admin, password cramps-demo"
        )
    if is_debug(env) and env.get("DATABASE_URL"):
        lines.append("           (in a database of your own once you ran `.venv/bin/python manage.py demo`)")
    lines.append("  Mails:   " + ("where EMAIL_URL says" if env.get("EMAIL_URL") else f"in {shown(VAR)}/mail/"))
    lines.append("  Stop it: Ctrl-C")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
