import importlib
import sys

if len(sys.argv) < 2:
    raise SystemExit("Name a drill: python -m tests.drills growth")
importlib.import_module(f"tests.drills.{sys.argv[1]}").main(*sys.argv[2:])
