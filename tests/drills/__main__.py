"""Runs one drill, or with `--help` says what it does: see the package."""

import sys
from importlib import import_module
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"Name one of the drills: {', '.join(NAMES)}.")
    name = sys.argv.pop(1)
    sys.argv[0] = f"python -m tests.drills {name}"
    drill = import_module(f"tests.drills.{name}")
    sys.exit(print(drill.__doc__.strip()) if sys.argv[1:] == ["--help"] else drill.main())
