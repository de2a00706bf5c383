"""What a test needs on the machine beside Python's packages."""

import os
from typing import NoReturn

import pytest


def is_missing(what: str) -> NoReturn:
    """Skip the test, because something is not on this machine. In CI it must be."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}; in CI it must be")
    pytest.skip(what)
