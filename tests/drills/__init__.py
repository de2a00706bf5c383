"""
Drills: what keeps the site in service, done for real and by hand, as `python -m tests.drills NAME`.

They take minutes, so the tests leave them out. Each prints what it does, and what came of it.

    backup      backups and restorations that are killed, find the disk full, or meet a flipped byte
    disk        a disk that can no longer be written under a running server, and then can again
    growth      what a site with very many networks and revisions takes
    install     a wheel in an empty folder, its first page, upgrades that are killed, and the way back
    load        50 editors and 200 readers at once, on SQLite and on PostgreSQL with two servers
    machine     an installation as root on a copy of this machine, which is thrown away
    old_code    the code that landed last, on the database of this version
    servers     several servers, of which one after the other is taken away
"""
