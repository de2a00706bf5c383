"""The admin of the site. Django's autodiscovery imports this package, and these modules register their models."""

from networks.admin import accounts, audit_admin, link_admin, network_admin, page_admin, redirect_admin  # noqa: F401
