"""
Reading the settings from environment variables.

A wrong value raises ImproperlyConfigured with a message that says what to write. The message does not repeat the
values of DATABASE_URL and CACHE_URL, because they may contain a password.
"""

import re
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import environ
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

env = environ.Env()

SWITCHES = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}

# A host name, with a dot before it for all of its subdomains, or an IPv6 address, or * for every host
HOST = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?|\[[0-9A-Fa-f:.]+\]|\*")

SITE_URL = re.compile(r"https?://([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")

SENTRY_DSN = re.compile(r"https?://[0-9A-Za-z]+(:[0-9A-Za-z]+)?@[0-9A-Za-z.:-]+/([0-9A-Za-z/_-]*/)?[0-9]+")

# What Django's caches import only when they are first used
CACHE_PACKAGES = {"RedisCache": "redis", "PyMemcacheCache": "pymemcache", "PyLibMCCache": "pylibmc"}
# What S3 accepts as the name of a bucket
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")


def switch(name: str, default: bool) -> bool:
    """Return a variable that is on or off."""
    value = env.str(name, default="on" if default else "off").strip().lower()
    if value not in SWITCHES:
        raise ImproperlyConfigured(f"{name} is “{value}”. Write on or off.")
    return SWITCHES[value]


def whole_number(name: str, default: int, *, least: int, most: int) -> int:
    """Return a variable that is a whole number between two limits."""
    value = env.str(name, default=str(default)).strip()
    if not re.fullmatch(r"[0-9]{1,12}", value) or not least <= int(value) <= most:
        raise ImproperlyConfigured(
            f"{name} is “{value}”. Write a whole number of at least {least} and at most {most}, such as {default}."
        )
    return int(value)


def host() -> str:
    """Return the IP address that the server listens at unless it is told another."""
    value = env.str("DJANGO_HOST", default="127.0.0.1").strip()
    try:
        return str(ip_address(value))
    except ValueError as error:
        raise ImproperlyConfigured(
            f"DJANGO_HOST is “{value}”. Write an IP address of this machine, such as 127.0.0.1, or 0.0.0.0 for all."
        ) from error


def port() -> int:
    """Return the port that the server listens at unless it is told another."""
    return whole_number("DJANGO_PORT", 8000, least=1, most=65_535)


def folder(name: str, default: Path) -> str:
    """Return the absolute path of a folder. It must not be empty, which would mean the current directory."""
    value = env.str(name, default=str(default)).strip()
    if not value:
        raise ImproperlyConfigured(
            f"{name} is empty. Write the path of a folder, such as {default}, or leave it out."
        )
    return str(Path(value).absolute())


def secret_file(name: str) -> str:
    """
    Return what stands in the file that the variable with _FILE at its end names; empty if that is not set.

    A file can be readable for one user alone, while the environment of a process is handed down to others.
    """
    path = env.str(f"{name}_FILE", default="").strip()
    if not path:
        return ""
    if env.str(name, default="").strip():
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Leave one of them out.")
    try:
        value = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read. Write the path of a file with nothing but the secret."
        ) from error
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty. Write the secret into it.")
    return value


def hosts(name: str, value: str) -> list[str]:
    """Return the host names in the value of a variable, which are separated by commas."""
    names = [host.strip() for host in value.split(",")]
    for host in names:
        if not HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"{name} has “{host}” in it. Write host names in ASCII with commas in between, without https:// and "
                "without a port, such as mreze.example.rs,www.mreze.example.rs."
            )
    return names


def site_url(name: str, default: str) -> str:
    """Return a variable that holds the URL of the site, without a path or a slash at the end."""
    value = env.str(name, default=default).strip().removesuffix("/")
    if not SITE_URL.fullmatch(value):
        raise ImproperlyConfigured(
            f"{name} is “{value}”. Write the scheme and the host of the site, such as https://mreze.example.rs."
        )
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's configuration of the database that a variable names."""
    return database_at(env.str(name, default=default), name)


def database_at(url: str, name: str) -> dict[str, Any]:
    """Return Django's configuration of the database at a URL; errors say that `name`, which holds it, is wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it warns about raises an error below
            config = env.db_url_config(url)
        is_known = config.get("ENGINE") in ENGINES and config["NAME"]
    except ValueError:  # such as a port that is not a number
        is_known = False
    # Two slashes in place of three mean a database in memory, which is lost when the site stops.
    if not is_known or config["NAME"] == ":memory:" != url.removeprefix("sqlite://"):
        raise ImproperlyConfigured(
            f"{name} is not understood. Write sqlite:////folder/db.sqlite3 or postgres://user:password@host/name, "
            "where special characters of the password are percent-encoded."
        )
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            # WAL lets others read while somebody writes. A transaction takes the write lock at once, so that it
            # cannot fail half-way. Each commit moves the log into the file, unless somebody is reading then; so FULL
            # writes the log to the disk before a save is confirmed, which a power failure could otherwise undo.
            # A search looks through all of a table, which the usual 2 MB of a connection do not hold. To map the file
            # into memory would do too, but then an error of the disk ends the process.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1; "
            "PRAGMA cache_size=-8192;",  # kilobytes
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,  # seconds
            **config.get("OPTIONS", {}),
        }
    else:
        config.setdefault("CONN_HEALTH_CHECKS", True)
        # Seconds to connect, and milliseconds until the server acknowledges what was sent
        config["OPTIONS"] = {"connect_timeout": 3, "tcp_user_timeout": 5000, **config.get("OPTIONS", {})}
    # Opening a connection takes as long as several queries, on either database.
    config.setdefault("CONN_MAX_AGE", 60)  # seconds
    return config


def cache(name: str, default: str) -> dict[str, Any]:
    """Return Django's configuration of the cache that a variable names."""
    try:
        configuration = env.cache_url(name, default=default)
    except (ImproperlyConfigured, ValueError) as error:
        raise ImproperlyConfigured(
            f"{name} is not understood. Write locmemcache:// or redis://host:6379/0."
        ) from error
    # Django itself would start, and fail with the first request that needs the cache.
    for backend, package in CACHE_PACKAGES.items():
        if configuration["BACKEND"].endswith(backend) and find_spec(package) is None:
            raise ImproperlyConfigured(
                f"{name} needs the Python package {package}, which is not installed. Run pip install {package}, or "
                "write locmemcache://."
            )
    if configuration["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
        configuration["BACKEND"] = "citynetworks.redis_cache.RedisCache"
    return configuration


def texts(name: str) -> list[str]:
    """Return the texts in a variable, which are separated by commas."""
    return [text for each in env.str(name, default="").split(",") if (text := each.strip())]


def secret(name: str) -> str:
    """Return a variable that holds a token, or nothing."""
    value = env.str(name, default="").strip()
    if value and not re.fullmatch(r"[!-~]{20,200}", value):
        raise ImproperlyConfigured(
            f"{name} must be 20 to 200 ASCII characters without spaces. `openssl rand -hex 32` makes such a token."
        )
    return value


def email_addresses(name: str) -> list[str]:
    """Return the e-mail addresses in a variable, which are separated by commas."""
    addresses = texts(name)
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError as error:
            raise ImproperlyConfigured(
                f"{name} has “{address}” in it. Write e-mail addresses with commas in between."
            ) from error
    return addresses


def email(name: str) -> dict[str, Any]:
    """Return Django's settings of the mail server that a variable names."""
    try:
        config = env.email_url(name)
    except (ImproperlyConfigured, ValueError):
        config = {}
    if config.get("EMAIL_BACKEND", "").endswith("smtp.EmailBackend") and not config["EMAIL_HOST"]:
        config = {}
    if not config:
        raise ImproperlyConfigured(
            f"{name} is not understood. Write smtp+tls://user:password@mail.example.rs:587, where special characters "
            "of the password are percent-encoded; smtp+ssl:// for port 465."
        )
    return config


def sentry_dsn(name: str) -> str:
    """Return where a variable says that errors are sent, or nothing."""
    value = env.str(name, default="").strip()
    if value and not SENTRY_DSN.fullmatch(value):
        raise ImproperlyConfigured(f"{name} is not understood. Write https://key@host/project, as Sentry shows it.")
    if value and find_spec("sentry_sdk") is None:
        raise ImproperlyConfigured(
            f"{name} needs the Python package sentry-sdk, which is not installed. Run pip install sentry-sdk, or "
            f"leave {name} out."
        )
    return value


def choice(name: str, options: Sequence[str]) -> str:
    """Return a variable that is one of some words, of which the first is the default."""
    value = env.str(name, default=options[0]).strip().lower()
    if value not in options:
        raise ImproperlyConfigured(f"{name} is “{value}”. Write {' or '.join(options)}.")
    return value


def uploads(name: str) -> dict[str, Any]:
    """Return Django's configuration of the storage of uploads: a folder, or the bucket that a variable names."""
    value = env.str(name, default="folder").strip()
    if value == "folder":
        return {"BACKEND": "citynetworks.uploads.UploadsStorage"}
    url = urlsplit(value)
    options = dict(parse_qsl(url.query, keep_blank_values=True))
    is_known = url.scheme == "s3" and BUCKET.fullmatch(url.netloc) and not url.path and not url.fragment
    if (
        not is_known
        or not {*options} <= {"endpoint", "region"}
        or not SITE_URL.fullmatch(options.get("endpoint", "https://s3.example.org"))
        or not re.fullmatch(r"[a-z0-9-]+", options.get("region", "eu-central-1"))
    ):
        raise ImproperlyConfigured(
            f"{name} is not understood. Write folder, or s3:// and the name of a bucket, such as "
            "s3://networks?endpoint=https://s3.example.org&region=eu-central-1, whose keys are in AWS_ACCESS_KEY_ID "
            "and AWS_SECRET_ACCESS_KEY."
        )
    if not (find_spec("storages") and find_spec("boto3")):
        raise ImproperlyConfigured(f"{name} needs the extra s3: pip install 'city-networks[s3]'")
    return {
        "BACKEND": "citynetworks.s3_uploads.S3UploadsStorage",
        "OPTIONS": {
            "bucket_name": url.netloc,
            "endpoint_url": options.get("endpoint"),
            "region_name": options.get("region"),
        },
    }


def sessions(name: str) -> str:
    """Return the engine of Django's sessions: in the database, or also in the cache, which is asked first."""
    value = env.str(name, default="database").strip()
    engines = {"database": "db", "cache": "cached_db"}
    if value not in engines:
        raise ImproperlyConfigured(f"{name} is “{value}”. Write database or cache.")
    return f"django.contrib.sessions.backends.{engines[value]}"


def time_zone(name: str, default: str) -> str:
    """Return the name of a time zone."""
    value = env.str(name, default=default).strip()
    try:
        ZoneInfo(value)
    except (KeyError, OSError, ValueError) as error:
        raise ImproperlyConfigured(
            f"{name} is “{value}”, which is no time zone. Write a name such as Europe/Belgrade."
        ) from error
    return value


# What a language of the site is: readers choose it; it is no longer offered, but its texts are kept; or its texts are
# gone, too, and its URLs only redirect.
OFFERED, RETIRED, DROPPED = "offered", "retired", "dropped"


def site_languages(name: str, default: str) -> dict[str, str]:
    """
    Return the languages that texts are written in, in the order in which they are shown, and what each of them is.

    The variable has their codes, with commas in between: sr,en,hu. One that is not offered any more has a word behind
    it: hu:retired or hu:dropped.
    """
    languages: dict[str, str] = {}
    for entry in env.str(name, default=default).split(","):
        code, _colon, state = (part.strip().lower() for part in entry.partition(":"))
        state = state or OFFERED
        if state not in (OFFERED, RETIRED, DROPPED):
            raise ImproperlyConfigured(
                f"{name} says “{entry.strip()}”. Write {code}, {code}:retired or {code}:dropped."
            )
        if code in languages:
            raise ImproperlyConfigured(f"{name} names the language “{code}” twice.")
        if problem := "" if code == "sr" else language_problem(code):
            raise ImproperlyConfigured(f"{name} has “{code}” in it. {problem}")
        languages[code] = state
    if next(iter(languages)) != "sr" or languages["sr"] != OFFERED:
        raise ImproperlyConfigured(f"{name} must begin with sr: the other languages are translated from Serbian.")
    if languages.get("en") not in (OFFERED, RETIRED):
        raise ImproperlyConfigured(
            f"{name} lacks en, whose texts are part of every database of this product. "
            "Write en, or en:retired if readers should not be offered English any more."
        )
    return languages


def language_problem(code: str) -> str:
    """Return why texts cannot be written in a language, as a sentence; empty if they can."""
    known = LANG_INFO.get(code, {})
    if "name" not in known or not re.fullmatch("[a-z]{2,3}", code) or code == "id":
        return "Write the code of a language that Django knows, of two or three letters, such as hu."
    if code in ("sr", "hr", "bs"):
        return "It has the words of Serbian, which the site has in both scripts."
    if known["bidi"]:
        return "It is written from right to left, for which the pages are not made."
    return ""
