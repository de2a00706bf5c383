"""
Reading the settings from environment variables.

A wrong value raises ImproperlyConfigured with a message that says what to write. The message does not repeat the
values of DATABASE_URL and CACHE_URL, because they may contain a password.
"""

import re
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

SWITCHES = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}

# A host name, with a dot before it for all of its subdomains, or an IPv6 address, or * for every host
HOST = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?|\[[0-9A-Fa-f:.]+\]|\*")

SITE_URL = re.compile(r"https?://([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")

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


def folder(name: str, default: Path) -> str:
    """Return the absolute path of a folder. It must not be empty, which would mean the current directory."""
    value = env.str(name, default=str(default)).strip()
    if not value:
        raise ImproperlyConfigured(
            f"{name} is empty. Write the path of a folder, such as {default}, or leave it out."
        )
    return str(Path(value).absolute())


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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it warns about raises an error below
            config = env.db_url(name, default=default)
        is_known = config.get("ENGINE") in ENGINES and config["NAME"]
    except ValueError:  # such as a port that is not a number
        is_known = False
    # Two slashes in place of three mean a database in memory, which is lost when the site stops.
    if not is_known or config["NAME"] == ":memory:" != env.str(name, default="").removeprefix("sqlite://"):
        raise ImproperlyConfigured(
            f"{name} is not understood. Write sqlite:////folder/db.sqlite3 or postgres://user:password@host/name, "
            "where special characters of the password are percent-encoded."
        )
    return config


def cache(name: str, default: str) -> dict[str, Any]:
    """Return Django's configuration of the cache that a variable names."""
    try:
        config = env.cache_url(name, default=default)
    except (ImproperlyConfigured, ValueError) as error:
        raise ImproperlyConfigured(
            f"{name} is not understood. Write locmemcache:// or redis://host:6379/0."
        ) from error
    if config["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
        config["BACKEND"] = "citynetworks.redis_cache.RedisCache"
    return config


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
