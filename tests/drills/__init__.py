"""
Drills: what takes too long for the tests, run by hand as `python -m tests.drills NAME`.

    python -m tests.drills load      50 editors and 200 readers at once, on SQLite and on PostgreSQL
    python -m tests.drills servers   several servers, of which one after the other is taken away
"""
