"""
Run a script in a process of its own, with limits on its memory and time, because what it reads may be hostile.

This file is also what runs in that process: it sets the limits, and then runs the script.
"""

import runpy
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from threading import Timer


class ProcessFailed(Exception):
    """The process was ended by one of the limits, or the script by an exception or with a status other than 0."""


def output_lines(
    script: Path, *arguments: str, content: bytes, memory: int, work: int, longest_wait: float
) -> Generator[bytes, None, None]:
    """
    Yield the lines that a Python script writes. It reads all of `content` from its standard input before it writes.

    `memory` is in bytes, `work` in seconds of processor time, `longest_wait` in seconds. Raise ProcessFailed.
    """
    process = subprocess.Popen(  # noqa: S603 - our own scripts
        [sys.executable, "-P", __file__, str(memory), str(work), str(script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    timer = Timer(longest_wait, process.kill)
    timer.start()
    try:
        with process:
            try:
                process.stdin.write(content)  # type: ignore[union-attr]  # a pipe
                process.stdin.close()  # type: ignore[union-attr]
            except BrokenPipeError:
                raise ProcessFailed from None
            yield from process.stdout  # type: ignore[misc]
        if process.returncode:
            raise ProcessFailed
    finally:
        timer.cancel()
        process.kill()


def main(memory: str, work: str, script: str, *arguments: str) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (int(memory), int(memory)))
        resource.setrlimit(resource.RLIMIT_CPU, (int(work), int(work)))
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
