"""
Settings of the project, all from the environment. networks/docs/operations.md lists the variables.

Debug is off by default. `manage.py` turns it on in a checkout that is not configured at all; otherwise the project
refuses to start without its secret key and its hosts.
"""

import re
from pathlib import Path
from urllib.parse import quote

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from citynetworks.environment import (
    cache,
    database,
    env,
    folder,
    hosts,
    site_url,
    switch,
    time_zone,
    whole_number,
)
from citynetworks.labels import localized_verbose_name
from citynetworks.security_contact import contact_uri

BASE_DIR = Path(__file__).resolve().parent.parent
PACKAGE_DIR = Path(__file__).resolve().parent
# The templates and static files are beside this package in a checkout, and inside of it in a wheel (pyproject.toml).
IS_INSTALLED = (PACKAGE_DIR / "templates").is_dir()
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

SECRET_KEY = required("DJANGO_SECRET_KEY", in_development="only-for-development")
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
    "django_prose_editor",
    "networks",
    "citynetworks.former_sites",
    "citynetworks.former_redirects",
]

MIDDLEWARE = [
    "citynetworks.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "networks.page_store.health.HealthMiddleware",
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
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    DATABASE["OPTIONS"] = {
        # WAL lets others read while somebody writes. A transaction takes the write lock at once, so that it cannot
        # fail half-way. Each commit moves the log into the file, unless somebody is reading then; so FULL writes the
        # log to the disk before a save is confirmed, which a power failure could otherwise undo.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds
        **DATABASE.get("OPTIONS", {}),
    }
    if "DATABASE_URL" not in env:
        DATA_DIR.mkdir(exist_ok=True)
else:
    DATABASE.setdefault("CONN_HEALTH_CHECKS", True)
    # Seconds to connect, and milliseconds until the server acknowledges what was sent
    DATABASE["OPTIONS"] = {"connect_timeout": 3, "tcp_user_timeout": 5000, **DATABASE.get("OPTIONS", {})}
# Opening a connection takes as long as several queries, on either database.
DATABASE.setdefault("CONN_MAX_AGE", 60)  # seconds
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": cache("CACHE_URL", default="locmemcache://")}

# How much memory the cached pages may take in each process
PAGE_STORE_MEGABYTES = whole_number("DJANGO_PAGE_STORE_MB", 64, least=0, most=1_000_000)
# Whether each process renders the public pages in the background when it starts, for the first allowed host
FILL_PAGE_STORE = switch("DJANGO_FILL_PAGE_STORE", default=not DEBUG)

# Languages. The URL alone decides; Serbian Latin is never stored but rendered from Cyrillic.

LANGUAGE_CODE = "sr"
LANGUAGES = [("sr", _("Serbian, Cyrillic")), ("sr-latn", _("Serbian, Latin")), ("en", _("English"))]
MODELTRANSLATION_LANGUAGES = ("sr", "en")
MODELTRANSLATION_DEFAULT_LANGUAGE = "sr"
MODELTRANSLATION_BUILD_LOCALIZED_VERBOSE_NAME = localized_verbose_name
FORMAT_MODULE_PATH = ["networks.formats"]
LOCALE_PATHS = [BASE_DIR / "networks" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = time_zone("DJANGO_TIME_ZONE", default="Europe/Belgrade")

# The URL of the site in the identifiers of its data, which do not depend on the host that a request names

NAMED_HOSTS = [host.removeprefix(".").removesuffix(".") for host in ALLOWED_HOSTS if host != "*"]
SITE_URL = site_url(
    "DJANGO_SITE_URL",
    default=f"{'https' if HTTPS else 'http'}://{[*NAMED_HOSTS, 'localhost'][0]}{':8000' if DEBUG else ''}",
)

# The authority of the tag URIs of networks in feeds and data (RFC 4151), such as gradovi.ni.rs,2026

TAG_AUTHORITY = env.str("DJANGO_TAG_AUTHORITY", default="").strip()
if TAG_AUTHORITY and not re.fullmatch(r"[A-Za-z0-9._@-]+,[0-9]{4}(-[0-9]{2}){0,2}", TAG_AUTHORITY):
    raise ImproperlyConfigured("DJANGO_TAG_AUTHORITY must be a host name and a date, such as gradovi.ni.rs,2026.")

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
    "default": {"BACKEND": "citynetworks.uploads.UploadsStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "citynetworks.static_files.StaticFilesStorage"
        )
    },
}

# Errors go to stderr.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "citynetworks.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
