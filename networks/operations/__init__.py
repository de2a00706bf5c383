"""Keeping the site in service: what maintainers do by commands, and what monitors ask."""
