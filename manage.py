#!/usr/bin/env python3
"""Run the project's commands; on its own, say which there are."""

from citynetworks.command_line import main

if __name__ == "__main__":
    main()
