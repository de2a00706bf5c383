"""
Drills: what takes too long for the tests, run by hand as `python -m tests.drills NAME`.

    python -m tests.drills growth    what a site with very many networks and revisions takes
"""
