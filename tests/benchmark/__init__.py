"""
The benchmark: how fast the site is, beside the fastest answer there can be and beside what Django does by itself.

    python -m tests.benchmark            measures the pages, and writes networks/docs/benchmark.md
    python -m tests.benchmark edits      ten minutes of load while networks are edited and published

It needs Linux and the load generator wrk.
"""
