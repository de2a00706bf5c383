"""Runs the attacks: see the package."""

import argparse
import signal
import sys
import time
from collections.abc import Iterable

from tests.hostile import connections, load, proxy, requests, sign_in, texts
from tests.hostile.finding import Finding
from tests.hostile.site import attacked_site

# The one that guesses passwords comes last, for what it has done is remembered.
GROUPS = {
    "connections": connections.attacks,
    "requests": requests.attacks,
    "texts": texts.attacks,
    "load": load.attacks,
    "sign-in": sign_in.attacks,
}
BEHIND_NGINX = "proxy"


def main() -> int:
    names = [*GROUPS, BEHIND_NGINX]
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description="Attack the site.")
    parser.add_argument("--short", action="store_true", help="less of each load, in two minutes at most")
    parser.add_argument("names", nargs="*", help="only these: " + ", ".join(names))
    given = parser.parse_args()
    if unknown := set(given.names) - set(names):
        parser.error(f"There is no {', '.join(sorted(unknown))}.")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    chosen = given.names or names
    began, is_good = time.monotonic(), True
    if direct := [name for name in GROUPS if name in chosen]:
        with attacked_site() as site:
            for name in direct:
                is_good &= told(name, GROUPS[name](site, given.short))
    if BEHIND_NGINX in chosen:
        with attacked_site(**proxy.VARIABLES) as site:
            is_good &= told(BEHIND_NGINX, proxy.attacks(site))
    print(f"\n{time.monotonic() - began:.0f} s")
    return 0 if is_good else 1


def told(name: str, findings: Iterable[Finding]) -> bool:
    """Print what the attacks of a group come to, and return whether each was held."""
    print(f"\n{name}", flush=True)
    is_good = True
    for finding in findings:
        is_good &= finding.is_good
        print(f"  {'held  ' if finding.is_good else 'BROKEN'} {finding.what}")
        print(f"         before: {finding.before}")
        print(f"         now:    {finding.after}", flush=True)
    return is_good


if __name__ == "__main__":
    sys.exit(main())
