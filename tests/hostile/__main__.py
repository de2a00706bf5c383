"""Runs the attacks: see the package."""

import argparse
import signal
import sys
import time

from tests.hostile import connections, load, proxy, sign_in
from tests.hostile.site import attacked_site


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description="Attack the site.")
    parser.add_argument("--short", action="store_true", help="less of each load, in two minutes at most")
    parser.add_argument("names", nargs="*", help="only these: " + ", ".join(GROUPS))
    given = parser.parse_args()
    if unknown := set(given.names) - set(GROUPS):
        parser.error(f"There is no {', '.join(sorted(unknown))}.")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    began, is_good = time.monotonic(), True
    for name in given.names or GROUPS:
        print(f"\n{name}", flush=True)
        with attacked_site(**(proxy.VARIABLES if name == "proxy" else {})) as site:
            for finding in GROUPS[name](site, given.short):
                is_good &= finding.is_good
                mark = "held  " if finding.is_good else "BROKEN"
                print(
                    f"  {mark} {finding.what}\n         before: {finding.before}\n         now:    {finding.after}",
                    flush=True,
                )
    print(f"\n{time.monotonic() - began:.0f} s")
    return 0 if is_good else 1


GROUPS = {
    "connections": lambda site, short: connections.attacks(site),
    "sign-in": lambda site, short: sign_in.attacks(site),
    "proxy": lambda site, short: proxy.attacks(site),
    "load": load.attacks,
}


if __name__ == "__main__":
    sys.exit(main())
