"""Lines of the log: short, and without anything in them that a client could use to write lines of its own."""

import logging
import re

LONGEST = 500  # characters of a message, or of a line of a traceback
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def safe(text: str) -> str:
    """Return a line with its control characters escaped, cut where it is too long."""
    text = CONTROL.sub(lambda character: repr(character[0])[1:-1], text[: LONGEST + 1])
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


class LineFormatter(logging.Formatter):
    """What a client sent may stand in any part of a record; a refusal of it is no fault that needs a traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - named by the library
        record.message = safe(record.message)
        return super().formatMessage(record)

    def formatException(self, exc_info) -> str:  # noqa: N802
        return "\n".join(map(safe, super().formatException(exc_info).splitlines()))

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("django.security."):
            record = logging.makeLogRecord({**vars(record), "exc_info": None, "exc_text": None, "stack_info": None})
        return super().format(record)
