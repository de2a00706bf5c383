"""Log lines: short, and escaped so that no client can forge other lines."""

import logging

LONGEST = 500  # characters of a message, or of a line of a traceback


def one_line(text: str) -> str:
    """Return a text with its unprintable characters escaped, and truncated."""
    line = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[: LONGEST + 1])
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


class LineFormatter(logging.Formatter):
    """Escape each line, because all parts may contain what a client sent. Refused requests get no traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - named by the library
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def formatException(self, exc_info) -> str:  # noqa: N802
        # Indented, so that no line looks like the beginning of a record
        return "\n".join(f"    {one_line(line)}" for line in super().formatException(exc_info).splitlines())

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("django.security."):
            record = logging.makeLogRecord({**vars(record), "exc_info": None, "exc_text": None, "stack_info": None})
        return super().format(record)
