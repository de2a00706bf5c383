"""The site for a server of the tests: under this name, it starts without the checks that production's files pass."""

from citynetworks.wsgi import application

__all__ = ["application"]
