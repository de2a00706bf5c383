"""Progress of long commands."""

import time

from django.core.management.base import OutputWrapper

INTERVAL = 10  # seconds between two lines in a log


class Progress:
    """Writes how far a command is: on a terminal in one line that is overwritten, in a log every INTERVAL seconds."""

    def __init__(self, stream: OutputWrapper, is_shown: bool = True):
        self.stream = stream
        self.is_shown = is_shown
        self.is_terminal = stream.isatty()
        self.reported_at = time.monotonic()

    def report(self, done: int, total: int, more: str = "") -> None:
        """Write "{done} of {total}{more}" if it is time for it."""
        now = time.monotonic()
        is_due = done == total or now - self.reported_at >= (0.1 if self.is_terminal else INTERVAL)
        if not self.is_shown or not is_due:
            return
        self.reported_at = now
        end = "\r" if self.is_terminal and done < total else "\n"
        self.stream.write(f"{done} of {total}{more}", style_func=str, ending=end)  # not in red, as it is no error
        self.stream.flush()
