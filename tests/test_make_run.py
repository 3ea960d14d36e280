"""What `make run` promises, as far as it can be seen without starting the site."""

import json
import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import time

import environment
import pytest
import run

pytestmark = pytest.mark.any_database


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A folder with lock files, where building and installing only take notes."""
    venv = tmp_path / ".venv"
    for name, value in (("VENV", venv), ("PYTHON", venv / "bin/python"), ("STAMP", venv / "installed.json")):
        monkeypatch.setattr(environment, name, value)
    for lock in environment.LOCKS:
        (tmp_path / lock).write_text(f"{lock} of today")
    notes = []

    def build():
        notes.append("build")
        shutil.rmtree(venv, ignore_errors=True)
        (venv / "bin").mkdir(parents=True)
        (venv / "lib").mkdir()
        (venv / "lib/library.py").touch()
        environment.PYTHON.symlink_to(sys.executable)

    monkeypatch.setattr(environment, "build", build)
    monkeypatch.setattr(environment, "install", lambda lock: notes.append(lock.name))

    def ensure(lock="requirements.txt"):
        notes.clear()
        environment.ensure(lock, root=tmp_path)
        return notes

    return ensure


class TheEnvironment:
    def test_nothing_yet_is_built_and_installed(self, house):
        assert house() == ["build", "requirements.txt"]

    def test_a_finished_install_is_left_alone(self, house):
        house()
        assert house() == []

    def test_another_lock_is_installed_on_top(self, house, tmp_path):
        house()
        (tmp_path / "requirements.txt").write_text("of tomorrow")
        assert house() == ["requirements.txt"]

    def test_what_the_tests_need_serves_the_site_as_well(self, house):
        house("requirements-dev.txt")
        assert house("requirements.txt") == house("requirements-prod.txt") == []

    def test_what_the_site_needs_does_not_serve_the_tests(self, house):
        house()
        assert house("requirements-dev.txt") == ["requirements-dev.txt"]

    @pytest.mark.parametrize("stamp", ["", "{", "[]", "{}", '{"made": 1, "files": "x", "locks": 3}'])
    def test_a_broken_stamp_leads_to_a_new_install(self, house, stamp):
        house()
        environment.STAMP.write_text(stamp)
        assert house() == ["build", "requirements.txt"]

    def test_an_interrupted_install_is_begun_anew(self, house, monkeypatch):
        def interrupted(lock):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(environment, "install", interrupted)
            house()
        assert house() == ["build", "requirements.txt"]

    def test_a_half_deleted_one_is_built_anew(self, house):
        house()
        (environment.VENV / "lib/library.py").unlink()
        assert house() == ["build", "requirements.txt"]

    def test_one_whose_python_is_gone_is_built_anew(self, house):
        house()
        environment.PYTHON.unlink()
        environment.PYTHON.symlink_to("/nowhere/python3")
        assert house() == ["build", "requirements.txt"]

    def test_one_of_another_python_or_place_is_built_anew(self, house):
        house()
        environment.STAMP.write_text(
            json.dumps({**json.loads(environment.STAMP.read_text()), "made": "Python 3.9 in /old"})
        )
        assert house() == ["build", "requirements.txt"]


class WhatStopsTheStart:
    def test_a_python_without_venv_says_what_to_install(self):
        with pytest.raises(SystemExit, match="apt install python3-venv"):
            environment.check_python(find_module=lambda name: None if name == "ensurepip" else object())

    def test_an_old_python_says_which_is_needed(self):
        with pytest.raises(SystemExit, match=r"This is Python 3\.9, and the site needs 3\.11 or newer"):
            environment.check_python(version=(3, 9, 2))

    def test_no_network_is_one_sentence_that_names_the_package(self):
        pip = "WARNING: Retrying ...\nERROR: No matching distribution found for bleach==6.2.0\n"
        assert environment.why_not_installed(pip).startswith("Could not fetch bleach==6.2.0. Check the network")

    def test_a_port_in_use_names_another(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SystemExit, match="`PORT=8001 make run`"):
            run.check_port(str(taken.getsockname()[1]))

    @pytest.mark.parametrize("port", ["0", "70000", "http", "-1", "²"])
    def test_a_port_that_is_none_is_refused(self, port):
        with pytest.raises(SystemExit, match="must be a number from 1 to 65535"):
            run.settled({"PORT": port})

    def test_a_database_that_cannot_be_read_is_never_replaced(self, tmp_path, monkeypatch):
        monkeypatch.setattr(run, "ROOT", tmp_path)
        database = tmp_path / "db.sqlite3"
        database.write_text("not a database, and yet somebody's")
        with pytest.raises(SystemExit, match=r"db\.sqlite3 cannot be read"):
            run.has_tables(database)


class TheFileOfVariables:
    def test_is_private_and_turns_development_on(self, tmp_path):
        path = tmp_path / ".env"
        run.write_env_file(path)
        values = run.read_env_file(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (values["DEBUG"], values["ALLOWED_HOSTS"]) == ("on", "127.0.0.1,localhost")
        assert len({values["SECRET_KEY"], values["HASH_KEY"]}) == 2
        assert min(len(values["SECRET_KEY"]), len(values["HASH_KEY"])) >= 50

    def test_is_never_overwritten(self, tmp_path):
        path = tmp_path / ".env"
        path.write_text("DEBUG=off")
        run.write_env_file(path)
        assert path.read_text() == "DEBUG=off"

    def test_is_read_with_quotes_exports_and_comments(self, tmp_path):
        path = tmp_path / ".env"
        path.write_text("# PORT=1\n\nexport PORT='8005'\nSITE_URL=\"https://example.org\"\nEMPTY=\n")
        assert run.read_env_file(path) == {"PORT": "8005", "SITE_URL": "https://example.org", "EMPTY": ""}


class TheVariablesOfTheSite:
    def test_links_lead_to_the_port_that_was_asked_for(self):
        assert run.settled({"DEBUG": "on", "PORT": "8001"})["SITE_URL"] == "http://localhost:8001"

    def test_an_address_that_was_set_stays(self):
        assert run.settled({"DEBUG": "on", "SITE_URL": "https://example.org"})["SITE_URL"] == "https://example.org"

    def test_production_is_given_no_address(self):
        assert "SITE_URL" not in run.settled({"DEBUG": "off"})

    @pytest.mark.parametrize(
        ("env", "needed"),
        [
            ({}, False),
            ({"DATABASE_URL": "sqlite:////tmp/x"}, False),
            ({"DATABASE_URL": "postgres://host/x"}, True),
            ({"REDIS_URL": "redis://host"}, True),
        ],
    )
    def test_servers_bring_packages_of_their_own(self, env, needed):
        assert run.needs_prod(env) is needed

    def test_the_sign_ins_are_shown_in_development_only(self):
        env = run.settled({})
        assert "cramps-demo" in run.welcome({**env, "DEBUG": "on"})
        assert "cramps-demo" not in run.welcome({**env, "DEBUG": "off"})


class TheFirstRun:
    @pytest.fixture
    def commands(self, tmp_path, monkeypatch):
        """The management commands that were called, each leaving a row in the database that it was given."""
        for name in ("VAR", "DATABASE", "DRAFT", "MIGRATED"):
            monkeypatch.setattr(run, name, tmp_path / getattr(run, name).relative_to(run.ROOT))
        names = []

        def manage(env, name, *arguments):
            names.append(name)
            path = env.get("DATABASE_URL", f"sqlite:///{run.DATABASE}").removeprefix("sqlite:///")
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS django_migrations (id INTEGER PRIMARY KEY, app, name)")
            connection.close()

        monkeypatch.setattr(run, "manage", manage)
        return names

    def test_fills_the_database_and_the_second_does_nothing(self, commands):
        run.prepare({"DEBUG": "on"})
        assert commands == ["migrate", "createcachetable", "demo"]
        run.prepare({"DEBUG": "on"})
        assert len(commands) == 3

    def test_when_interrupted_is_made_again(self, commands, monkeypatch):
        def interrupted(env, name, *arguments):
            manage(env, name)
            if name == "demo":
                raise KeyboardInterrupt

        manage = run.manage
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(run, "manage", interrupted)
            run.prepare({"DEBUG": "on"})
        assert not run.DATABASE.exists()
        run.prepare({"DEBUG": "on"})
        assert run.has_tables(run.DATABASE)
        assert not run.DRAFT.exists()

    def test_is_over_once_there_is_a_database(self, commands):
        run.VAR.mkdir()
        with sqlite3.connect(run.DATABASE) as connection:
            connection.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app, name)")
        connection.close()
        run.prepare({"DEBUG": "on"})
        assert commands == ["migrate", "createcachetable"]

    def test_leaves_a_database_of_ones_own_without_demo_content(self, commands, tmp_path):
        run.prepare({"DEBUG": "on", "DATABASE_URL": f"sqlite:///{tmp_path}/own.sqlite3"})
        assert commands == ["migrate", "createcachetable"]

    def test_in_production_has_no_demo_content(self, commands):
        run.prepare({"DEBUG": "off"})
        assert "demo" not in commands

    def test_a_restored_database_is_migrated(self, commands):
        run.prepare({"DEBUG": "on"})
        with sqlite3.connect(run.DATABASE) as connection:
            connection.execute("INSERT INTO django_migrations VALUES (1, 'articles', '0001_older')")
        connection.close()
        commands.clear()
        run.prepare({"DEBUG": "on"})
        assert commands == ["migrate", "createcachetable"]


class Stopping:
    def test_leaves_nothing_of_a_child_or_of_its_children(self, monkeypatch):
        monkeypatch.setattr(run, "ignore_signals", lambda: None)
        monkeypatch.setattr(run, "PATIENCE", 0.5)
        deaf = "trap '' TERM; sleep 600 & echo $!; wait"
        child = environment.start(["bash", "-c", deaf], stdout=subprocess.PIPE, text=True)
        grandchild = int(child.stdout.readline())
        run.stop([child])
        assert child.poll() is not None
        assert ends(grandchild)

    def test_a_child_that_ends_by_itself_is_named(self):
        child = environment.start(["false"])
        child.wait()
        with pytest.raises(SystemExit, match=r"The worker ended by itself \(status 1\)"):
            run.check_alive({"The worker": child})

    def test_an_interrupted_step_ends_its_program(self, monkeypatch):
        started = []
        communicate = subprocess.Popen.communicate

        def interrupted(process):
            started.append(process)
            raise KeyboardInterrupt

        monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            environment.call(["sleep", "600"])
        monkeypatch.setattr(subprocess.Popen, "communicate", communicate)
        assert started[0].returncode == -9


def ends(pid, seconds=5):
    """Whether a process is gone, or is no more than an entry that init will clear, within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.02)
    return False
