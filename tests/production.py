"""The project in a process of its own, with the environment of production or another."""

import os
import subprocess
import sys

from tests.processes import ROOT

PRODUCTION = {
    "DJANGO_SECRET_KEY": "e3f1c0aa-a key of production, long enough and with many different letters: XyZ",
    "DJANGO_ALLOWED_HOSTS": "mreze.example.rs, www.mreze.example.rs",
}
OWN_VARIABLES = ("DJANGO_", "DATABASE_", "CACHE_", "LOCALE_", "MEDIA_", "STATIC_")


def run(*arguments, cwd=ROOT, **variables):
    """Run Python in the checkout, with no other variables of the project than those given."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)}
    return subprocess.run(  # noqa: S603
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def setting(expression, **variables):
    """Return what an expression about the settings prints in a process of its own."""
    code = f"from citynetworks import settings; print({expression})"
    result = run("-c", code, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()
