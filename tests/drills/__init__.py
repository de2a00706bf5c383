"""
Drills: what keeps the site in service, done for real and by hand, as `python -m tests.drills NAME`.

They take minutes, so the tests leave them out. Each prints what it does, and what came of it.
"""
