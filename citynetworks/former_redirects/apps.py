"""
Django's redirects, which the site no longer has. Early migrations of networks name them, so theirs must be found.

`networks.0007_old_addresses` needs the tables, and `networks.0020_own_old_addresses` drops them. There are no models.
"""

from django.apps import AppConfig


class FormerRedirects(AppConfig):
    name = "citynetworks.former_redirects"
    label = "redirects"
