"""
What one rendering of the list costs, in a process of its own without any server: prints it as JSON.

With the argument "page" it prints the page instead.
"""

import json
import statistics
import sys
import time
from wsgiref.util import setup_testing_defaults

TIMES = 10
LONGEST = 5  # seconds; where a rendering is very slow, fewer must do
FEWEST = 2


def render(application, path="/"):
    """Return the body that a WSGI application answers with, uncompressed."""
    environ = {"HTTP_HOST": "127.0.0.1", "PATH_INFO": path, "HTTP_ACCEPT_ENCODING": "identity"}
    setup_testing_defaults(environ)
    begun = []
    response = application(environ, lambda status, headers, exc_info=None: begun.append(status))
    try:
        body = b"".join(response)
    finally:
        response.close()
    if begun != ["200 OK"]:
        raise RuntimeError(f"{path} is answered with {begun}")
    return body


def measured(application):
    """Return the processor time of one rendering in milliseconds, the middle of many, and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(2):
        body = render(application)
    end, times = time.monotonic() + LONGEST, []
    while len(times) < FEWEST or (len(times) < TIMES and time.monotonic() < end):
        began = time.process_time()
        render(application)
        times.append(time.process_time() - began)
    time.sleep(1.1)  # so that what the site asks once a second, for plans that are due, is always among them
    with CaptureQueriesContext(connection) as queries:
        render(application)
    return {
        "milliseconds": statistics.median(times) * 1000,
        "queries": len(queries),
        "kilobytes": len(body) / 1024,
    }


if __name__ == "__main__":
    from tests.benchmark.django_alone import application

    if sys.argv[1:] == ["page"]:
        sys.stdout.write(render(application).decode())
    else:
        json.dump(measured(application), sys.stdout)
