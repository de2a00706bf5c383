"""
Work that takes long, with a page that says how far it is.

The page is sent while the work is done, so it needs neither JavaScript nor a second request, whichever server process
would answer that. The work is a generator: it yields how many entries are done, and returns the HTML of the outcome.
"""

import logging
import time
from collections.abc import Generator, Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import get_language, gettext, override

logger = logging.getLogger(__name__)

Work = Generator[int, None, str]

# Where the page is cut into what is sent before the work and what after it
MARK = "<!--progress-->"
INTERVAL = 0.5  # seconds between two lines


def finish(work: Work) -> str:
    """Do all of the work, and return its outcome."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value


def progress_response(request: HttpRequest, context: dict, work: Work, total: int = 0) -> StreamingHttpResponse:
    """
    Return a page that does the work while it is sent. `total` is how many entries there are, 0 if that is not known.

    When the client goes away, the generator is closed: a transaction in it is rolled back.
    """
    page = render_to_string("admin/networks/revised/progress.html", {**context, "mark": MARK}, request)
    before, after = page.split(MARK)
    response = StreamingHttpResponse(progress_lines(before, work, after, total, get_language()))
    # GZipMiddleware would keep the lines back until there are enough to be compressed, and nginx until the end.
    response.headers["Content-Encoding"] = "identity"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def progress_lines(before: str, work: Work, after: str, total: int, language: str) -> Iterator[str]:
    yield f'{before}<div class="progress" role="status">'
    last = time.monotonic()
    with override(language):
        try:
            while True:
                done = next(work)
                if time.monotonic() - last > INTERVAL:
                    last = time.monotonic()
                    yield format_html("<p>{}</p>\n", progress_text(done, total))
        except StopIteration as stop:
            outcome = stop.value
        except Exception:
            logger.exception("Work with a progress page failed")
            text = gettext("Something went wrong, and nothing was changed. Try again later.")
            outcome = format_html('<p class="errornote">{}</p>', text)
        finally:
            work.close()
    yield f"</div>{outcome}{after}"


def progress_text(done: int, total: int) -> str:
    if total:
        return gettext("{done} of {total}").format(done=done, total=total)
    return gettext("{done} done").format(done=done)
