"""The site's settings, and the only place where the environment is read.

What is unset means production: the start stops with a sentence that says what to set. `make run` writes what
development needs into `.env`, which is read beneath the environment.
"""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)


def required(name, purpose, development):
    """The variable's value. In production a missing one stops the start; with DEBUG on `development` stands in."""
    value = env.str(name, default="") or (development if DEBUG else "")
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {purpose}. (For development run `make run`, which writes .env.)")
    return value


def required_key(name, purpose):
    key = required(name, purpose, development=f"development-only-{name}-" + "0123456789" * 4)
    if not DEBUG and (len(key) < 50 or len(set(key)) < 5):
        raise ImproperlyConfigured(f"Set {name} to at least 50 random characters: {purpose}.")
    return key


# Who we are

SITE_NAME = env.str("SITE_NAME", default="Cramps")
SITE_URL = required(
    "SITE_URL", "the address readers type, such as https://example.org", "http://localhost:8000"
).rstrip("/")
SECRET_KEY = required_key("SECRET_KEY", "it signs sessions and links")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
HASH_KEY = required_key("HASH_KEY", "it keys the hashes of senders and suppressed addresses, and is never changed")
ALLOWED_HOSTS = required("ALLOWED_HOSTS", "the host names this site answers to, with commas", "127.0.0.1,localhost")
ALLOWED_HOSTS = [host.strip() for host in ALLOWED_HOSTS.split(",")]
try:
    TRUSTED_PROXIES = tuple(map(ip_network, env.list("TRUSTED_PROXIES", default=[])))
except ValueError as error:
    raise ImproperlyConfigured(f"Set TRUSTED_PROXIES to networks such as 10.0.0.0/8, with commas: {error}.") from None

# Which number a parent dials, by country: the European number serves from any phone in the Union.
EMERGENCY_NUMBERS = {
    "EU": "112",
    "GB": "999",
    "IE": "112",
    "US": "911",
    "CA": "911",
    "AU": "000",
    "NZ": "111",
    "CH": "144",
    "IN": "112",
    "ZA": "112",
}
POISON_NUMBERS = {
    "GB": "111",
    "IE": "01 809 2166",
    "US": "1 800 222 1222",
    "CA": "1 844 764 7669",
    "AU": "13 11 26",
    "NZ": "0800 764 766",
    "CH": "145",
    "IN": "1800 116 117",
    "ZA": "0861 555 777",
}
"""Poison information, where the whole country has one number."""
CRISIS_NUMBERS = {
    "EU": "116 123",
    "GB": "116 123",
    "IE": "116 123",
    "US": "988",
    "CA": "988",
    "AU": "13 11 14",
    "NZ": "1737",
    "CH": "143",
    "IN": "14416",
    "ZA": "0800 567 567",
}
"""Somebody to talk to for who thinks of harming themselves."""
COUNTRY = env.str("COUNTRY", default="EU")

# The house

INSTALLED_APPS = [
    "cramps_site.apps.SiteConfig",
    "cramps_site.lib",
    "articles",
    "comments",
    "newsletter",
    "crispy_forms",
    "crispy_bootstrap5",
    "import_export",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "cramps_site.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # The headers stand above whatever may answer by itself.
    "cramps_site.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "cramps_site.lib.limits.MethodLimitMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cramps_site.lib.limits.BodyLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "articles.moving.OldAddressMiddleware",
]

ROOT_URLCONF = "cramps_site.urls"
WSGI_APPLICATION = "cramps_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cramps_site.context.site",
            ],
        },
    }
]
CRISPY_TEMPLATE_PACK = CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_FAIL_SILENTLY = not DEBUG

# Data

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = 600
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: an acknowledged write survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Only the limits of staff sign-in live in the cache; in the database they hold for every worker.
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        # So many that nobody pushes another's count out by making new ones.
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    )
}

MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Mail

MAIL_DIR = VAR_DIR / "mail"
EMAIL_URL = required(
    "EMAIL_URL", "the mail server, such as smtp+tls://user:password@mail.example.org:587", "filemail://"
)
vars().update(env.email_url_config(EMAIL_URL))
if EMAIL_BACKEND.endswith("filebased.EmailBackend"):  # noqa: F821 set by the line above
    EMAIL_BACKEND = "cramps_site.lib.mail_files.EmailBackend"
EMAIL_TIMEOUT = 20
# How long a worker may hold what it claimed. Longer than a batch takes; what a killed worker held waits as long.
LEASE = timedelta(seconds=env.int("LEASE", default=600))
DEFAULT_FROM_EMAIL = required(
    "DEFAULT_FROM_EMAIL", "the sender of our mail, such as 'Cramps <post@example.org>'", "Cramps <post@localhost>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# What comes back of our mail

BOUNCE_MAILBOX_PASSWORD = env.str("BOUNCE_MAILBOX_PASSWORD", default="")
WEBHOOK_KEYS = {
    # By which setting of django-anymail's a provider proves who it is: a signature, or a password in the address.
    "brevo": "WEBHOOK_SECRET",
    "mailersend": "MAILERSEND_SIGNING_SECRET",
    "mailgun": "MAILGUN_WEBHOOK_SIGNING_KEY",
    "mailjet": "WEBHOOK_SECRET",
    "mailtrap": "MAILTRAP_TRACKING_SECRET",
    "mandrill": "MANDRILL_WEBHOOK_KEY",
    "postal": "POSTAL_WEBHOOK_KEY",
    "postmark": "WEBHOOK_SECRET",
    "resend": "WEBHOOK_SECRET",
    "sendgrid": "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY",
    "sparkpost": "WEBHOOK_SECRET",
    "unisender_go": "UNISENDER_GO_API_KEY",
}
MAIL_WEBHOOKS = env.list("MAIL_WEBHOOKS", default=[])
ANYMAIL = {name: value for name in set(WEBHOOK_KEYS.values()) if (value := env.str(f"ANYMAIL_{name}", default=""))}
for _provider in MAIL_WEBHOOKS:
    if _provider not in WEBHOOK_KEYS:
        raise ImproperlyConfigured(f"Set MAIL_WEBHOOKS to some of {', '.join(WEBHOOK_KEYS)}, with commas.")
    if not ANYMAIL.get(WEBHOOK_KEYS[_provider]):
        raise ImproperlyConfigured(
            f"Set ANYMAIL_{WEBHOOK_KEYS[_provider]}: it shows that it is {_provider} who tells us what became of our mail."
        )
if ANYMAIL.get("WEBHOOK_SECRET", "x:y").count(":") != 1:
    raise ImproperlyConfigured("Set ANYMAIL_WEBHOOK_SECRET to a name and a password, with a colon between them.")

# Staff sign-in

AUTHENTICATION_BACKENDS = ["cramps_site.staff.OneHashBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=not DEBUG)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "cramps_site.staff.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Whoever sets up a second factor has shown more than a password: that the account's mail reaches them.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if STAFF_SECOND_FACTOR else "none"
# An address that no account has gets the same answer on the page, and no mail.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
MFA_TOTP_ISSUER = SITE_NAME

# Cookies, for staff alone: a reader is given none by any GET.

SECURE_COOKIES = not DEBUG
SESSION_COOKIE_NAME = "__Host-session" if SECURE_COOKIES else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_COOKIES else "csrf"
CSRF_FAILURE_VIEW = "cramps_site.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Headers

SECURE_SSL_REDIRECT = not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 2 * 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
# The headers that need no setting are in cramps_site.headers.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Limits

LIMITS_ON = env.str("LIMITS", default="on") != "off"
if not LIMITS_ON and not DEBUG:
    raise ImproperlyConfigured("LIMITS=off lifts the posting limits and is allowed only with DEBUG on.")
PUBLIC_BODY_LIMIT = 64 * 1024
WEBHOOK_BODY_LIMIT = 1024 * 1024
COMMENTS_PER_PAGE = 50

# Words and time

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Berlin")
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "cramps_site.formats"

# Logs: one line a request is written by cramps_site.request_log; here only what went wrong.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask_paths": {"()": "cramps_site.request_log.MaskPaths"}},
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["mask_paths"]},
        "none": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "django.request": {"level": "ERROR"},
        "django.security": {"handlers": ["none"], "propagate": False},
        # It tells of each stranger's broken message; newsletter.bounces says which were not understood.
        "flufl.bounce": {"handlers": ["none"], "propagate": False},
        "django.security.csrf": {"handlers": ["none"], "propagate": False},
    },
}
