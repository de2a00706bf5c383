"""Django's sites, which the redirects need. There is one, at whichever host it is asked."""

from django.conf import settings
from django.contrib.sites.apps import SitesConfig
from django.core.exceptions import ImproperlyConfigured


class OneSiteConfig(SitesConfig):
    """
    The site of a request has the host of the request.

    Django would name the domain that is stored in a row of its own, which begins as an example and is nothing that
    staff should have to know. Sitemaps, feeds and the admin all ask here.
    """

    def ready(self):
        from django.contrib.sites.models import SiteManager

        super().ready()
        SiteManager.get_current = site_of_request


def site_of_request(manager, request=None):
    """Return the one site, by the host of the request. The row with its number only holds the redirects together."""
    if request is None:
        raise ImproperlyConfigured("The host of the site is known from a request only.")
    host = request.get_host()
    return manager.model(pk=settings.SITE_ID, domain=host, name=host)
