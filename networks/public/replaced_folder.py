"""A folder of files that is written anew as a whole: until all is there, what was there before stays."""

import ctypes
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

# Of Linux: renameat2(2)
CURRENT_FOLDER, EXCHANGE = -100, 2


class NotReplaceable(Exception):
    """There is something at the place of the folder that is not ours to replace."""


@contextmanager
def replaced_folder(folder: Path, marker: str) -> Iterator[Path]:
    """
    Give an empty folder, which takes the place of `folder` if the block ends without an exception.

    `marker` is the name of a file that the block writes, by which the next run knows the folder for one of ours. Only
    such a folder, or an empty one, is replaced: else NotReplaceable is raised. OSError is as the system has it.
    """
    folder = folder.resolve()
    check(folder, marker)
    remove_leftovers(folder, marker)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".new", dir=folder.parent))
    # Held as long as this process lives, so that another can tell a folder that is written from one left behind.
    lock = os.open(new, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        new.chmod(0o777 & ~umask())
        yield new
        check(folder, marker)  # once more: it took a while
        take_the_place(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)  # what was written so far, or what has been replaced
        os.close(lock)


def check(folder: Path, marker: str) -> None:
    if not folder.exists() or (folder / marker).is_file():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise NotReplaceable(folder)


def remove_leftovers(folder: Path, marker: str) -> None:
    """Remove what a run that was killed has left beside the folder."""
    for path in folder.parent.glob(f".{escape(folder.name)}.*.new"):
        with suppress(BlockingIOError, FileNotFoundError, NotReplaceable):  # another run is writing it, or it is gone
            check(path, marker)
            lock = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


def umask() -> int:
    """Return which rights this process gives nobody. It can only be read by being set."""
    os.umask(mask := os.umask(0o077))
    return mask


def take_the_place(new: Path, folder: Path) -> None:
    """Put a folder in the place of another, which then stands at the path of the new one."""
    if not folder.exists():
        new.rename(folder)
    elif not exchange(new, folder):
        aside = new.with_suffix(".old")
        folder.rename(aside)
        try:
            new.rename(folder)
        except OSError:
            aside.rename(folder)
            raise
        aside.rename(new)


def exchange(first: Path, second: Path) -> bool:
    """Let two folders change places in one step; say whether that could be done, which not every system can."""
    try:
        renameat2 = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError):
        return False
    return renameat2(CURRENT_FOLDER, os.fsencode(first), CURRENT_FOLDER, os.fsencode(second), EXCHANGE) == 0
