"""
The site under attack: `python -m tests.hostile`.

Serves the demo's content under the server of production, in processes of its own, attacks it in each way that
`networks/docs/security.md` names, and prints what each attack came to beside what it came to before the site stood
up to it. It speaks to this machine only and ends by itself: in some five minutes, with `--short` in two at most. The
exit code is 1 where an attack went further than it may.
"""
