"""
Settings of the project, all from the environment. networks/docs/operations.md lists the variables.

Debug is off by default. `manage.py` turns it on in a checkout that is not configured at all; otherwise the project
refuses to start without its secret key and its hosts.
"""

import re
from pathlib import Path
from urllib.parse import quote

import django
from csp.constants import NONCE, NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from citynetworks.command_line import IS_INSTALLED
from citynetworks.environment import (
    DROPPED,
    OFFERED,
    cache,
    choice,
    database,
    email,
    email_addresses,
    env,
    folder,
    host,
    hosts,
    port,
    secret,
    secret_file,
    sentry_dsn,
    sessions,
    site_languages,
    site_url,
    switch,
    texts,
    time_zone,
    uploads,
    whole_number,
)
from citynetworks.labels import localized_verbose_name
from citynetworks.security_contact import contact_uri

BASE_DIR = Path(__file__).resolve().parent.parent
PACKAGE_DIR = Path(__file__).resolve().parent
FILES_DIR = PACKAGE_DIR if IS_INSTALLED else BASE_DIR
# The default folder of the database and other files that the site writes, outside of the installed packages
DATA_DIR = (Path.cwd() if IS_INSTALLED else BASE_DIR) / ".data"

DEBUG = switch("DJANGO_DEBUG", default=False)


def required(name: str, in_development: str) -> str:
    """Return the environment variable, or the value for development; refuse to start production without it."""
    value = env.str(name, default=in_development if DEBUG else "").strip()
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Production needs it; networks/docs/operations.md says what it holds. "
            "To work on a checkout without configuration, use manage.py or set DJANGO_DEBUG=on."
        )
    return value


# Security

SECRET_KEY = secret_file("DJANGO_SECRET_KEY") or required("DJANGO_SECRET_KEY", in_development="only-for-development")
if len(SECRET_KEY) < 50 and not DEBUG:
    raise ImproperlyConfigured("DJANGO_SECRET_KEY is too short to be secret. It needs at least 50 random characters.")
ALLOWED_HOSTS = hosts(
    "DJANGO_ALLOWED_HOSTS", required("DJANGO_ALLOWED_HOSTS", in_development="localhost,127.0.0.1,[::1]")
)

HTTPS = switch("DJANGO_HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^health/"]  # monitors request it from the process itself
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True  # the admin's scripts request the token
if HTTPS:
    # Browsers accept cookies of these names from this host only, and over HTTPS.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
SESSION_COOKIE_AGE = whole_number("DJANGO_SESSION_HOURS", 8, least=1, most=8760) * 60 * 60  # without use
# For this time, a browser that has opened the site over HTTPS refuses HTTP. The default is only a day, because that
# cannot be undone, not even when the certificate fails.
SECURE_HSTS_SECONDS = whole_number("DJANGO_HSTS_SECONDS", 24 * 60 * 60, least=0, most=2 * 366 * 24 * 60 * 60)
if not HTTPS:
    SECURE_HSTS_SECONDS = 0
HOST, PORT = host(), port()  # for citynetworks.server, and for whoever asks it on this machine
BEHIND_PROXY = switch("DJANGO_BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    # The site cannot know whether all other hosts of the city's domain use HTTPS, so HSTS is for its own host.
    "security.W005",
    "security.W021",
]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURITY_CONTACT = contact_uri(env.str("DJANGO_SECURITY_CONTACT", default=""))
CSRF_FAILURE_VIEW = "networks.admin.site.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF],
        # The nonce is only in the header of pages that use it, for the import map of the rich-text editor.
        "script-src": [SELF, NONCE],
        "style-src": [
            SELF,
            # The one style element that the rich-text editor adds to the page
            "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='",
        ],
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# It binds each session to the second factor of its account.
AUTHENTICATION_BACKENDS = ["networks.admin.second_factor.Backend"]
# networks.admin.sign_in throttles wrong codes together with wrong passwords.
OTP_TOTP_THROTTLE_FACTOR = 0
OTP_STATIC_THROTTLE_FACTOR = 0

# How many days the audit log keeps who has signed in, and what was done with accounts
AUDIT_DAYS = whole_number("DJANGO_AUDIT_DAYS", 365, least=1, most=36_500)

# Application

INSTALLED_APPS = [
    "modeltranslation",  # before the admin, as its documentation asks
    "networks.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_prose_editor",
    "networks",
    "citynetworks.former_sites",
    "citynetworks.former_redirects",
]

MIDDLEWARE = [
    "citynetworks.middleware.RequestIdMiddleware",
    "citynetworks.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "networks.operations.health.HealthMiddleware",
    "citynetworks.static_files.StaticFilesMiddleware",
    "citynetworks.uploads.UploadsMiddleware",
    "citynetworks.middleware.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "citynetworks.middleware.SchedulesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # In place of LocaleMiddleware, which reads a cookie and varies by Accept-Language
    "citynetworks.middleware.URLLanguageMiddleware",
    "citynetworks.middleware.OldAddressesMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "citynetworks.middleware.VersionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "citynetworks.urls"
SITE_ID = 1  # for an early migration alone: see citynetworks/former_sites/apps.py
WSGI_APPLICATION = "citynetworks.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [FILES_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

FORM_RENDERER = "citynetworks.form_renderer.FormRenderer"

# Data

DATABASES = {"default": database("DATABASE_URL", default=f"sqlite:///{quote(str(DATA_DIR / 'db.sqlite3'))}")}
DATABASE = DATABASES["default"]
if DATABASE["ENGINE"] == "django.db.backends.sqlite3" and "DATABASE_URL" not in env:
    DATA_DIR.mkdir(exist_ok=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": cache("CACHE_URL", default="locmemcache://")}
SESSION_ENGINE = sessions("DJANGO_SESSIONS")
if SESSION_ENGINE.endswith("cached_db") and CACHES["default"]["BACKEND"] != "citynetworks.redis_cache.RedisCache":
    # The memory of one process would know nothing of who has signed out in another.
    raise ImproperlyConfigured(
        "DJANGO_SESSIONS is cache, which needs a cache for all processes. Set CACHE_URL to redis://host:6379/0."
    )

# How much memory the cached pages may take in each process
PAGE_STORE_MEGABYTES = whole_number("DJANGO_PAGE_STORE_MB", 64, least=0, most=1_000_000)
# Whether each process renders the public pages in the background when it starts, for the first allowed host
FILL_PAGE_STORE = switch("DJANGO_FILL_PAGE_STORE", default=not DEBUG)

# Languages. The URL alone decides; Serbian Latin is never stored but rendered from Cyrillic.

LANGUAGE_CODE = "sr"
SITE_LANGUAGES = site_languages("DJANGO_LANGUAGES", default="sr,en")
OFFERED_LANGUAGES = [code for code, state in SITE_LANGUAGES.items() if state == OFFERED]
LANGUAGES = [
    ("sr", _("Serbian, Cyrillic")),
    ("sr-latn", _("Serbian, Latin")),
    *((code, _(LANG_INFO[code]["name"])) for code in OFFERED_LANGUAGES[1:]),
]
# Those whose columns there are. networks/models/language_columns.py lets them follow those of English.
MODELTRANSLATION_LANGUAGES = tuple(code for code, state in SITE_LANGUAGES.items() if state != DROPPED)
MODELTRANSLATION_DEFAULT_LANGUAGE = "sr"
MODELTRANSLATION_BUILD_LOCALIZED_VERBOSE_NAME = localized_verbose_name
FORMAT_MODULE_PATH = ["networks.formats"]
SITE_LOCALE = folder("LOCALE_ROOT", default=DATA_DIR / "locale")  # the catalogues of languages that it has added
LOCALE_PATHS = [BASE_DIR / "networks" / "locale", SITE_LOCALE]
USE_I18N = True
USE_TZ = True
TIME_ZONE = time_zone("DJANGO_TIME_ZONE", default="Europe/Belgrade")

# The URL of the site in the identifiers of its data, which do not depend on the host that a request names

NAMED_HOSTS = [host.removeprefix(".").removesuffix(".") for host in ALLOWED_HOSTS if host != "*"]
SITE_URL = site_url(
    "DJANGO_SITE_URL",
    default=f"{'https' if HTTPS else 'http'}://{[*NAMED_HOSTS, 'localhost'][0]}{':8000' if DEBUG else ''}",
)

# The authority of the tag URIs of networks in feeds and data (RFC 4151), such as mreze.example.rs,2026

TAG_AUTHORITY = env.str("DJANGO_TAG_AUTHORITY", default="").strip()
if TAG_AUTHORITY and not re.fullmatch(r"[A-Za-z0-9._@-]+,[0-9]{4}(-[0-9]{2}){0,2}", TAG_AUTHORITY):
    raise ImproperlyConfigured("DJANGO_TAG_AUTHORITY must be a host name and a date, such as mreze.example.rs,2026.")

# The country of the city, as an ISO 3166-1 alpha-3 code, for the data catalogue

COUNTRY = env.str("DJANGO_COUNTRY", default="SRB").strip()
if not re.fullmatch(r"[A-Z]{3}", COUNTRY):
    raise ImproperlyConfigured("DJANGO_COUNTRY must be the three capital letters of a country, such as SRB.")

# How many days after it was verified a membership is due to be verified again

VERIFICATION_DAYS = whole_number("DJANGO_VERIFICATION_DAYS", 365, least=1, most=36_500)

# Static files and uploads

# The form of a network has some 30 inputs for a line of each kind, and takes 100 lines of each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
# citynetworks.request_limits accepts no larger body, so no upload is written to the temporary folder.
FILE_UPLOAD_MAX_MEMORY_SIZE = 22 * 1024 * 1024  # bytes
DATA_UPLOAD_MAX_NUMBER_FILES = 250  # Browsers send an empty file for each line of a document.
STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ROOT = FILES_DIR / "static" / "root"  # files at the root of the site, such as /favicon.ico
STATICFILES_DIRS = [FILES_DIR / "static"]
STATIC_ROOT = folder("STATIC_ROOT", default=DATA_DIR / "static")
MEDIA_URL = "/media/"
MEDIA_ROOT = folder("MEDIA_ROOT", default=DATA_DIR / "media")
STORAGES = {
    "default": uploads("MEDIA_STORAGE"),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "citynetworks.static_files.StaticFilesStorage"
        )
    },
}

# Health: who may read the words of /health/full/, and which of its probes do not count

HEALTH_TOKEN = secret("DJANGO_HEALTH_TOKEN")
SILENCED_PROBES = texts("DJANGO_SILENCED_PROBES")

# Error reports, by mail and to Sentry. None are sent unless these are set.

ADMIN_ADDRESSES = email_addresses("DJANGO_ADMINS")
# Django 6 takes addresses, and Django 5 pairs of a name and an address.
ADMINS = ADMIN_ADDRESSES if django.VERSION >= (6,) else [(address, address) for address in ADMIN_ADDRESSES]
EMAIL_TIMEOUT = 10  # seconds, for which a request that failed waits for the mail server at most
if "EMAIL_URL" in env:
    globals().update(email("EMAIL_URL"))
elif ADMINS:
    raise ImproperlyConfigured(
        "DJANGO_ADMINS is set, but EMAIL_URL is not. Write the mail server, such as "
        "smtp+tls://user:password@mail.example.rs:587."
    )
SERVER_EMAIL = DEFAULT_FROM_EMAIL = (
    email_addresses("DJANGO_EMAIL_FROM") or ADMIN_ADDRESSES or ["webmaster@localhost"]
)[0]
EMAIL_SUBJECT_PREFIX = "[City Networks] "
SENTRY_DSN = sentry_dsn("SENTRY_DSN")

# The log goes to stderr.

SLOW_QUERY_MS = whole_number("DJANGO_SLOW_QUERY_MS", 0, least=0, most=3_600_000)
SLOW_REQUEST_MS = whole_number("DJANGO_SLOW_REQUEST_MS", 0, least=0, most=3_600_000)
LOG_HANDLERS = ["console", "reports"] if ADMINS else ["console"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "citynetworks.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "citynetworks.logs.JSONFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": choice("DJANGO_LOG_FORMAT", ("text", "json")),
        },
        "reports": {"class": "citynetworks.logs.ReportHandler", "level": "ERROR"},
    },
    "root": {"handlers": LOG_HANDLERS, "level": "WARNING"},
    "loggers": {"django": {"handlers": LOG_HANDLERS, "level": "INFO", "propagate": False}},
}
