"""The least that an application can do: one answer to all, from the file that BENCHMARK_ANSWER names."""

import json
import os
from pathlib import Path

answer = json.loads(Path(os.environ["BENCHMARK_ANSWER"]).read_text())
STATUS = answer["status"]
HEADERS = [(name, value) for name, value in answer["headers"]]
BODY = answer["body"].encode("latin-1")
PARTS = [BODY] if BODY else []


def application(environ, start_response):
    start_response(STATUS, HEADERS)
    return PARTS
