"""
Somebody who reads a page again and again: `python -m tests.hostile.reader PORT PATH SECONDS`.

A program of its own, so that what it measures does not wait for other threads of the attack. It prints its figures
as JSON, in milliseconds.
"""

import http.client
import json
import sys
import time

PAUSE = 0.01  # seconds from a response to the next request


def main(port: str, path: str, seconds: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
    times, errors, deadline = [], 0, time.monotonic() + float(seconds)
    while (began := time.monotonic()) < deadline:
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            errors += response.status != 200
        except OSError:
            errors += 1
            connection.close()
        times.append(time.monotonic() - began)
        time.sleep(PAUSE)
    times.sort()
    figures = {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100], "slowest": times[-1]}
    print(
        json.dumps({name: 1000 * value for name, value in figures.items()} | {"errors": errors, "count": len(times)})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
