"""
Log lines: short, and escaped so that no client can forge other lines.

With DJANGO_LOG_FORMAT=json each is an object on a line of its own, without personal data: no IP address, no user
name, nothing that somebody typed. Error reports, by mail or to Sentry, say no more than that.
"""

import json
import logging
import re
import secrets
import time
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from django.utils.log import AdminEmailHandler

from citynetworks import __version__

LONGEST = 500  # characters of a message, or of a line of a traceback
MOST_FRAMES = 30  # of a traceback in an object, the innermost ones

# The request that this thread works on
current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)

# Exceptions whose messages are about disks, networks and servers, and never about a row
ABOUT_MACHINES = (OSError, OperationalError, InterfaceError)

# What a proxy may send as X-Request-ID. nginx makes 32 hexadecimal digits, others UUIDs.
REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}")

# What follows in a path opens something to whoever knows it, also where it was mistyped and leads nowhere. In a
# message such a path is the last thing.
SECRET_PATH = re.compile(r"(/(?:preview|confirm|choose-password)/).+?(/?)$", re.DOTALL)

slow_queries = logging.getLogger("citynetworks.slow_queries")


def new_request_id() -> str:
    """Return an identifier short enough to be read out on the telephone."""
    return secrets.token_hex(5)


class Personal(str):
    """An argument of a log message that is personal data. Only the text format of the log shows it."""

    __slots__ = ()


def without_secrets(text: str) -> str:
    """Return a path, or a message, without the tokens of links that open something."""
    return SECRET_PATH.sub(r"\1…\2", text)


def one_line(text: str) -> str:
    """Return a text with its unprintable characters escaped, and truncated."""
    line = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[: LONGEST + 1])
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


class LineFormatter(logging.Formatter):
    """Escape each line, because all parts may contain what a client sent. Refused requests get no traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - named by the library
        record.message = one_line(without_secrets(record.message))
        request = request_of(record)
        identifier = f" [{request.request_id}]" if request else ""
        return super().formatMessage(record) + identifier

    def formatException(self, exc_info) -> str:  # noqa: N802
        # Indented, so that no line looks like the beginning of a record
        return "\n".join(f"    {one_line(line)}" for line in super().formatException(exc_info).splitlines())

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("django.security."):
            record = logging.makeLogRecord({**vars(record), "exc_info": None, "exc_text": None, "stack_info": None})
        return super().format(record)


class JSONFormatter(logging.Formatter):
    """Write a record as a JSON object on one line, by `described`."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(described(record), ensure_ascii=False)


def described(record: logging.LogRecord) -> dict[str, Any]:
    """
    Return what may be told of a log record to anybody who looks after the site.

    Of an exception that is its class, and where it happened: its message may quote what somebody typed. Only those of
    the system and of the connection to the database are told.
    """
    moment = datetime.fromtimestamp(record.created, UTC)
    told: dict[str, Any] = {
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname,
        "logger": record.name,
        "message": one_line(impersonal_message(record)),
    }
    request = request_of(record)
    if request is not None:
        told["request_id"] = request.request_id
        told["method"] = one_line(request.method or "")
        told["path"] = one_line(path_of(request))
        told["milliseconds"] = milliseconds_of(request)
    if (status := getattr(record, "status_code", None)) is not None:
        told["status"] = status
    if record.exc_info and record.exc_info[0] is not None and not record.name.startswith("django.security."):
        told["exception"] = record.exc_info[0].__qualname__
        if issubclass(record.exc_info[0], ABOUT_MACHINES):
            told["reason"] = one_line(str(record.exc_info[1]).partition("\n")[0])
        frames = traceback.extract_tb(record.exc_info[2])[-MOST_FRAMES:]
        told["traceback"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return told


def impersonal_message(record: logging.LogRecord) -> str:
    """Return the message of a record without personal data, and without the tokens of links."""
    if record.name.startswith("django.security."):  # its messages quote headers of the request
        return f"Refused: {record.name.removeprefix('django.security.')}"
    if isinstance(record.args, tuple) and any(isinstance(each, Personal) for each in record.args):
        shown = ("…" if isinstance(each, Personal) else each for each in record.args)
        return without_secrets(str(record.msg) % tuple(shown))
    return without_secrets(record.getMessage())


def request_of(record: logging.LogRecord) -> HttpRequest | None:
    """Return the request that a record belongs to, if it came through RequestIdMiddleware."""
    request = getattr(record, "request", None)
    if not isinstance(request, HttpRequest):
        request = current_request.get()
    return request if hasattr(request, "request_id") else None


def path_of(request: HttpRequest) -> str:
    """Return the path of a request, without its query string and without tokens. It need not lead anywhere."""
    return without_secrets(request.path)


def milliseconds_of(request: HttpRequest) -> int:
    """Return for how long a request has been worked on."""
    return round((time.monotonic() - request.started_at) * 1000)


# Slow queries


def watch_queries() -> None:
    """Log each query that takes longer than the settings say, on every connection that is opened from now on."""
    if settings.SLOW_QUERY_MS:
        connection_created.connect(watch_connection, dispatch_uid="slow_queries")


def watch_connection(connection, **kwargs) -> None:
    if log_if_slow not in connection.execute_wrappers:  # which outlive the connection
        connection.execute_wrappers.append(log_if_slow)


def log_if_slow(execute, sql, params, many, context):
    """Execute a query, and log its SQL, in which placeholders stand for the values."""
    started_at = time.monotonic()
    try:
        return execute(sql, params, many, context)
    finally:
        took = (time.monotonic() - started_at) * 1000
        if took >= settings.SLOW_QUERY_MS:
            slow_queries.warning("A query took %d ms: %s", took, sql)


# Error reports


class ReportHandler(AdminEmailHandler):
    """Mail an error to DJANGO_ADMINS, as `described` tells of it, and the same one not again for an hour."""

    PAUSE = 60 * 60  # seconds
    MOST_KINDS = 100  # of errors within that time; what comes after is in the log alone

    def __init__(self) -> None:
        super().__init__()
        self.reported_at: dict[tuple, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        told = described(record)
        kind = (told["logger"], record.msg, told.get("exception"), *told.get("traceback", [])[-1:])
        now = time.monotonic()
        self.reported_at = {each: at for each, at in self.reported_at.items() if now - at < self.PAUSE}
        if kind in self.reported_at or len(self.reported_at) >= self.MOST_KINDS:
            return
        self.reported_at[kind] = now
        lines = [f"{name}: {value}" for name, value in told.items() if name != "traceback"]
        lines += ["traceback:", *(f"    {frame}" for frame in told.get("traceback", ()))]
        lines.append(f"version: {__version__}")
        lines.append("What the exception said, if it is not here, stands in the text format of the log.")
        self.send_mail(f"{told['level']}: {told['message']}"[:200], "\n".join(lines), fail_silently=True)


def start_sentry() -> None:
    """Send errors to Sentry, if the settings name where."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk  # an optional extra, which the settings have looked for

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=__version__,
        before_send=without_personal_data,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=0,
        server_name="",
    )


def without_personal_data(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """Return an event of Sentry with no more of the request than method and path, and no message of an exception."""
    kept = {name: event[name] for name in KEPT_BY_SENTRY if name in event}
    for exception in event.get("exception", {}).get("values", ()):
        exception["value"] = ""
    if isinstance(record := hint.get("log_record"), logging.LogRecord):
        kept["message"] = one_line(impersonal_message(record))
    request = current_request.get()
    if request is not None:
        kept["request"] = {"method": request.method, "url": path_of(request)}
        kept["tags"] = {"request_id": request.request_id}
    return kept


KEPT_BY_SENTRY = (
    *("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "sdk", "exception"),
    *("type", "modules"),
)
