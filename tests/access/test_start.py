"""The site starts only with production's settings complete, and says in a sentence what is missing."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = ("SITE_URL", "SECRET_KEY", "HASH_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "DEFAULT_FROM_EMAIL")

pytestmark = pytest.mark.any_database


@pytest.fixture
def production(tmp_path):
    """All that an operator sets. What is empty counts as missing and keeps a developer's .env out."""
    return {
        "PATH": os.environ["PATH"],
        "DEBUG": "off",
        "SITE_URL": "https://cramps.example",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "HASH_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "cramps.example, www.cramps.example",
        "EMAIL_URL": "smtp+tls://post:secret@mail.cramps.example:587",
        "DEFAULT_FROM_EMAIL": "Cramps <post@cramps.example>",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "LIMITS": "on",
        "STAFF_SECOND_FACTOR": "on",
        "SECRET_KEY_FALLBACKS": "",
        "COUNTRY": "EU",
        "TRUSTED_PROXIES": "",
        "REDIS_URL": "",
    }


def start(environment, *command):
    command = command or ("check", "--deploy", "--fail-level", "WARNING")
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *command], env=environment, capture_output=True, text=True, cwd="/"
    )


def ask(environment, expression):
    """What a setting is with that environment."""
    result = start(environment, "shell", "-v", "0", "-c", f"from django.conf import settings; print({expression})")
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_production_passes_djangos_list_for_deployment(production):
    result = start(production)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "System check identified no issues (0 silenced).\n"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_stops_the_start_with_a_sentence_that_names_it(production, name):
    result = start({**production, name: ""})
    assert result.returncode == 1
    assert result.stderr.startswith(f"The site cannot start. Set {name}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "key"),
    [("SECRET_KEY", "short"), ("SECRET_KEY", "x" * 80), ("SECRET_KEY", "abab" * 20), ("HASH_KEY", "x" * 80)],
)
def test_a_weak_key_stops_the_start_without_being_shown(production, name, key):
    result = start({**production, name: key})
    assert result.returncode == 1
    assert result.stderr.startswith(f"The site cannot start. Set {name} to at least 50 random characters")
    assert key not in result.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SITE_URL": "http://cramps.example"}, "SITE_URL must begin with https://"),
        ({"SITE_URL": "https://cramps.example/blog"}, "SITE_URL must be an address such as"),
        ({"ALLOWED_HOSTS": "cramps.example,*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"SECRET_KEY_FALLBACKS": "weak"}, "SECRET_KEY_FALLBACKS"),
        ({"COUNTRY": "XX"}, "COUNTRY=XX has no emergency number"),
        ({"LIMITS": "off"}, "allowed only with DEBUG on"),
        ({"ALLOWED_HOSTS": "https://cramps.example"}, "ALLOWED_HOSTS must hold the host of SITE_URL, cramps.example"),
        ({"DEFAULT_FROM_EMAIL": "Cramps"}, "DEFAULT_FROM_EMAIL must be an address"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "Set TRUSTED_PROXIES to networks such as"),
        ({"HASH_KEY": "SECRET_KEY"}, "must be two different values"),
    ],
)
def test_what_would_be_wrong_in_silence_is_said(production, change, words):
    if change.get("HASH_KEY") == "SECRET_KEY":
        change = {"HASH_KEY": production["SECRET_KEY"]}
    result = start({**production, **change})
    assert result.returncode == 1
    assert words in result.stderr


def test_unset_means_production(production):
    unset = {name: value for name, value in production.items() if name not in ("DEBUG", "STAFF_SECOND_FACTOR")}
    names = "DEBUG SECURE_SSL_REDIRECT SESSION_COOKIE_SECURE STAFF_SECOND_FACTOR ACCOUNT_EMAIL_VERIFICATION LIMITS_ON"
    found = ask({**unset, "DEBUG": "off"}, f"[getattr(settings, name) for name in {names.split()}]")
    assert found == "[False, True, True, True, 'mandatory', True]"


def test_hosts_may_be_written_with_spaces(production):
    assert ask(production, "settings.ALLOWED_HOSTS") == "['cramps.example', 'www.cramps.example']"


def test_passwords_are_hashed_by_argon2(production):
    expression = "__import__('django.contrib.auth.hashers', fromlist=['x']).make_password('x')[:9]"
    assert ask(production, expression) == "argon2$ar"
