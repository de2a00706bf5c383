"""The sitemap: every public page, in each language that it is written in."""

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from networks.languages import codes, language_tag
from networks.models import Network, Page
from networks.reading import Reader


class PublicSitemap(Sitemap):
    i18n = True
    alternates = True

    def get_urls(self, *args, **kwargs):
        urls = super().get_urls(*args, **kwargs)
        for url in urls:
            # Not by Sitemap.x_default, which cuts "/sr/" out of the address of a network that is called so.
            default = next(item for item in url["alternates"] if item["lang_code"] == settings.LANGUAGE_CODE)
            for alternate in url["alternates"]:
                alternate["lang_code"] = language_tag(alternate["lang_code"])
            url["alternates"].append({"location": default["location"], "lang_code": "x-default"})
        return urls


class ListSitemap(PublicSitemap):
    """Pages that are no rows, each by the name of its address."""

    def items(self):
        return [
            "public:index",
            "public:timeline",
            "public:changes",
            "public:open_data",
        ]

    def location(self, item):
        return reverse(item)


class RowSitemap(PublicSitemap):
    model = None
    reading = None

    def items(self):
        return self.model.objects.published()

    def get_languages_for_item(self, item):
        reading = getattr(Reader(), self.reading)(item)
        return [code for code in codes() if reading.is_available_in(code)]

    def lastmod(self, item):
        return item.changed_at


class NetworkSitemap(RowSitemap):
    model = Network
    reading = "network"


class PageSitemap(RowSitemap):
    model = Page
    reading = "page"


SITEMAPS = {"list": ListSitemap, "networks": NetworkSitemap, "pages": PageSitemap}
