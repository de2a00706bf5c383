import os
from pathlib import Path

from citynetworks.command_line import CALLING_FOLDER


def typed_path(value: str) -> Path:
    """Return the path that an argument means where it was typed: `city-networks` works in the folder of the site."""
    return Path(os.environ.get(CALLING_FOLDER, ""), value)
