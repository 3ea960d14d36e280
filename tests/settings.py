"""The site's settings as the tests want them: production's, over http, hermetic whatever the environment or .env says."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.update(
    DEBUG="off",
    SITE_URL="https://cramps.test",
    SECRET_KEY="tests-only-" + "0123456789abcdef" * 4,
    HASH_KEY="tests-only-" + "fedcba9876543210" * 4,
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1,cramps.test",
    TRUSTED_PROXIES="",
    EMAIL_URL="memorymail://",
    DEFAULT_FROM_EMAIL="Cramps <post@cramps.test>",
    SECRET_KEY_FALLBACKS="",
    REDIS_URL="",
    COUNTRY="EU",
    TIME_ZONE="Europe/Berlin",
    LIMITS="on",
    STAFF_SECOND_FACTOR="off",
    SITE_NAME="Cramps",
    MAIL_WEBHOOKS="",
)
# In memory where the machine allows: the database is a real file, because threads and processes must share it. So is
# the one before there is a test's: one without a file a live server takes for one that it may share.
_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
_scratch = tempfile.mkdtemp(prefix="cramps-tests-", dir=_memory)
atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{_scratch}/none.sqlite3"

from cramps_site.settings import *  # noqa: E402, F403

if "sqlite3" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"{_scratch}/test.sqlite3"}  # noqa: F405
VAR_DIR = Path(os.environ.get("VAR_DIR") or _scratch)
MEDIA_ROOT = f"{_scratch}/media"
MAIL_DIR = f"{_scratch}/mail"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SECURE_SSL_REDIRECT = False
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
