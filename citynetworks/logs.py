"""Lines of the log: short, and without anything in them that a client could use to write lines of its own."""

import logging

LONGEST = 500  # characters of a message, or of a line of a traceback


def safe(text: str) -> str:
    """Return a text as one line can hold it: what is not printed is escaped, and the end cut off where it is long."""
    line = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[: LONGEST + 1])
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


class LineFormatter(logging.Formatter):
    """What a client sent may stand in any part of a record; a refusal of it is no fault that needs a traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - named by the library
        record.message = safe(record.message)
        return super().formatMessage(record)

    def formatException(self, exc_info) -> str:  # noqa: N802
        # Indented, so that none of them looks like the beginning of a record
        return "\n".join(f"    {safe(line)}" for line in super().formatException(exc_info).splitlines())

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("django.security."):
            record = logging.makeLogRecord({**vars(record), "exc_info": None, "exc_text": None, "stack_info": None})
        return super().format(record)
