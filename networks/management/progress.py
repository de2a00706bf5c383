"""What a command that takes long says meanwhile."""

import time

from django.core.management.base import OutputWrapper

EACH = 10  # seconds between two lines where nobody watches


class Progress:
    """Says how far a command is: in one line on a terminal, in a line now and then in a log."""

    def __init__(self, stream: OutputWrapper, is_shown: bool = True):
        self.stream = stream
        self.is_shown = is_shown
        self.is_terminal = stream.isatty()
        self.said_at = time.monotonic()

    def report(self, done: int, total: int, more: str = "") -> None:
        now = time.monotonic()
        is_due = done == total or now - self.said_at >= (0.1 if self.is_terminal else EACH)
        if not self.is_shown or not is_due:
            return
        self.said_at = now
        end = "\r" if self.is_terminal and done < total else "\n"
        self.stream.write(f"{done} of {total}{more}", style_func=str, ending=end)  # no error, so not in red
        self.stream.flush()
